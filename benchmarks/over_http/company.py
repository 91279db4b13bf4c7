"""The company that both stacks serve: how it is set up, and its customers and accounts, `things` of each.

Customers are registered and have a response and a field; accounts have the class DEFAULT. Numbers count from 0.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from uuid import uuid4

from aggregates.account.account import Account
from aggregates.aggregate import Aggregate
from aggregates.customer.events import BusinessFieldEdited, ResponseSelected
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class.commands import define_class
from aggregates.profile_class.profile_class import DEFAULT, ProfileClass
from aggregates.setup.commands import define_category, define_response
from aggregates.use_case import Request
from benchmarks.progress import Progress
from cli.wiring import record_what_exists_from_the_start
from store.application import Dossier

CATEGORY: Final = 1
CATEGORY_DESCRIPTION: Final = "Favourite colour"
RESPONSES: Final = {f"C{number}": f"Colour {number}" for number in range(12)}
FIELD: Final = "city"
FIELD_LABEL: Final = "City"
CITY: Final = "Vienna"
CLASSES: Final = tuple(f"CLASS-{number}" for number in range(12))
OPTIONS: Final[dict[str, Any]] = {
    "collector": "EU-1",
    "allow_discount": True,
    "payment_terms": "NET 30",
    "credit_check": True,
    "send_statements": True,
}
AMOUNTS: Final[dict[str, Any]] = {
    "USD": {"credit_limit": "10000", "minimum_statement": "5", "interest": {"rate": "1.5"}},
    "EUR": {"credit_limit": "9000"},
}
NAME: Final = "Ann Waller"
START: Final = date(2026, 1, 1)
ANSWERED: Final = date(2026, 6, 1)
"""From this day on there are the response and the field."""
DAYS: Final = tuple(f"2026-{month:02}-{day:02}" for month in range(2, 11) for day in (1, 11, 21))
"""Days for which is asked: some before the response and the field, some after."""
PUT_EVENTS: Final = 4_000


def origin() -> Origin:
    """The origin of everything that is set up."""
    cause = uuid4()
    return Origin(actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause)


def set_up(dossier: Dossier) -> None:
    """Records the definitions."""
    record_what_exists_from_the_start(dossier)
    define_category(dossier, _request(dossier), code=CATEGORY, description=CATEGORY_DESCRIPTION)
    for response, description in RESPONSES.items():
        define_response(dossier, _request(dossier), code=CATEGORY, response=response, description=description)
    for name in CLASSES:
        define_class(
            dossier, _request(dossier), name=name, description="Of the benchmark", options=OPTIONS, amounts=AMOUNTS
        )


def fill(dossier: Dossier, things: int) -> None:
    """Stores the customers and accounts."""
    default = dossier.load(ProfileClass, DEFAULT)
    assert default is not None
    facts: list[Fact] = []
    progress = Progress("customers and accounts", things)
    for number in range(things):
        for aggregate in _things(dossier.company, number, default):
            facts.extend(aggregate.collect_events())
        if len(facts) >= PUT_EVENTS:
            dossier.put(facts)
            facts = []
            progress.show(number)
    dossier.put(facts)


def _things(company: str, number: int, default: ProfileClass) -> Iterator[Aggregate]:
    ours, name = origin(), str(number)
    customer = CustomerProfile.new(company, name)
    customer.register(ours, number=name, name=NAME, days=Days(START))
    response = next(iter(RESPONSES))
    customer.record(
        ResponseSelected,
        ours,
        number=name,
        category=CATEGORY,
        category_description=CATEGORY_DESCRIPTION,
        response=response,
        response_description=RESPONSES[response],
        by_default=False,
        effective_from=ANSWERED,
    )
    customer.record(
        BusinessFieldEdited,
        ours,
        number=name,
        field=FIELD,
        label=FIELD_LABEL,
        is_personal=False,
        cleared=False,
        value=CITY,
        effective_from=ANSWERED,
    )
    account = Account.new(company, name)
    account.open(ours, number=name, customer=name, start=START, default=default)
    yield from (customer, account)


def _request(dossier: Dossier) -> Request:
    return Request(origin(), dossier.today())

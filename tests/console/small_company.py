"""The company of the journeys: three profile categories, their mappings, the controls, two customers with their fields, and an account
with a site and the profile classes of prompt and late payers. Customer 1001 has the answer that the drawer asks 1002 for.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final
from uuid import uuid4

from aggregates.account.commands import create_site, open_account
from aggregates.customer.commands import confirm_drawer, register_customer
from aggregates.fact import Origin, Role, Source
from aggregates.interaction.field_edits import edit_fields
from aggregates.profile_class.commands import define_class
from aggregates.setup.commands import define_category, define_response, map_category, set_control
from aggregates.setup.controls import AGENTS_START, K87, L37, L51, YES
from aggregates.use_case import Outcome, Request
from store.application import Dossier

ACTOR: Final = "demo"
CUSTOMER: Final = "1001"

_CATEGORIES: Final = (
    (1, "Age", True, "age_band"),
    (2, "Homeowner", False, "homeowner"),
    (3, "Favourite colour", False, "favourite_colour"),
)
_RESPONSES: Final = (
    (1, (("A1", "18-29"), ("A2", "30-39"), ("A3", "40-49"), ("A4", "50-64"), ("A5", "65+"))),
    (2, (("OWN", "Owns"), ("RENT", "Rents"))),
    (3, (("RED", "Red"), ("GREEN", "Green"), ("BLUE", "Blue"))),
)
_DEFAULT: Final = (3, "BLUE")
_CONTROLS: Final = ((L37, "INTERACT"), (L51, YES), (K87, YES), (AGENTS_START, YES))
_CUSTOMERS: Final = ((CUSTOMER, "Ada Byron", "A1001"), ("1002", "Grace Hopper", "G1002"))
_FIELDS: Final = (
    (CUSTOMER, {"first_name": "Ada", "last_name": "Byron", "date_of_birth": "1815-12-10", "city": "London"}),
    ("1002", {"first_name": "Grace", "last_name": "Hopper", "city": "New York"}),
)

ACCOUNT: Final = "A-7"
SITE: Final = "S-1"
_CLASSES: Final = (
    (
        "Prompt payers",
        "Pay on time",
        {"collector": "EAST", "allow_discount": True, "discount_grace_days": 5, "payment_terms": "2/10 NET 30"},
        {"USD": {"credit_limit": "50000", "interest": {"rate": "0.5"}}},
    ),
    (
        "Late payers",
        "Pay late, and are charged for it",
        {"collector": "EAST", "allow_discount": False, "late_charges": True, "payment_terms": "NET 10"},
        {"USD": {"credit_limit": "5000", "interest": {"rate": "2.5"}}},
    ),
)

_Step = Callable[[Dossier, Request], Outcome]


def set_up(dossier: Dossier) -> None:
    """Takes every step."""
    for step in _steps():
        step(dossier, Request(_origin(), dossier.today()))


def _origin() -> Origin:
    cause = uuid4()
    return Origin(
        actor=ACTOR,
        role=Role.ADMINISTRATOR,
        source=Source.CLI,
        reason="Demo company",
        correlation_id=cause,
        causation_id=cause,
    )


def _steps() -> Iterator[_Step]:
    for code, description, required, _attribute in _CATEGORIES:
        yield partial(define_category, code=code, description=description, required=required, position=code)
    for code, responses in _RESPONSES:
        for position, (response, words) in enumerate(responses, start=1):
            default = (code, response) == _DEFAULT
            yield partial(
                define_response, code=code, response=response, description=words, default=default, position=position
            )
    for code, _description, _required, attribute in _CATEGORIES:
        yield partial(map_category, code=code, attribute=attribute)
    for control, value in _CONTROLS:
        yield partial(set_control, code=control, value=value)
    for number, name, alternate in _CUSTOMERS:
        yield partial(register_customer, number=number, name=name, alternate_number=alternate)
    for number, values in _FIELDS:
        yield partial(edit_fields, number=number, fields=values)
    for name, description, options, amounts in _CLASSES:
        yield partial(define_class, name=name, description=description, options=options, amounts=amounts)
    yield partial(open_account, account=ACCOUNT, customer=CUSTOMER)
    yield partial(create_site, account=ACCOUNT, site=SITE)
    yield partial(confirm_drawer, number=CUSTOMER, responses={1: "A2"})

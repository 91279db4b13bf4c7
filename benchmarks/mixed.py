"""Mixed events for folding: what a company with a contact file, a call centre and accounts records, in turns over its customers."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from uuid import uuid4

from aggregates.account.account import Account
from aggregates.customer.events import BusinessFieldEdited, CustomerRegistered, ResponseSelected
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.interaction.interaction import Interaction
from aggregates.profile_class.profile_class import ProfileClass
from benchmarks.contacts import COLUMNS, person
from store.application import Dossier

TURNS: Final = 9
"""Turns over all customers; with the calls and accounts of some, a customer has about twelve events."""
EVENTS_PER_CUSTOMER: Final = 12
PUT_EVENTS: Final = 4_000
_START: Final = date(2020, 1, 1)
_PERSONAL: Final = frozenset({"first_name", "last_name", "date_of_birth"})


def store_mixed(application: Dossier, events: int) -> int:
    """Stores about this many events; returns the log's end."""
    batch: list[Fact] = []
    for fact in _facts(application.company, max(events // EVENTS_PER_CUSTOMER, 1)):
        batch.append(fact)
        if len(batch) == PUT_EVENTS:
            application.put(batch)
            batch = []
    application.put(batch)
    return application.log_of_facts.max_notification_id() or 0


def origin() -> Origin:
    """The origin of one command."""
    cause = uuid4()
    return Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)


def _facts(company: str, customers: int) -> Iterator[Fact]:
    profile_class = ProfileClass.new(company, "BENCH")
    options = {"collector": "EU-1", "allow_discount": True, "payment_terms": "N30", "credit_check": True}
    profile_class.define(origin(), name="BENCH", description="Bench", active=True, options=options, amounts={})
    yield from profile_class.collect_events()
    chance = random.Random(7)
    profiles = [_registered(company, number) for number in range(customers)]
    for turn in range(TURNS):
        for number, customer in enumerate(profiles):
            _act(customer, turn, chance)
            yield from customer.collect_events()
            if turn == 1 and number % 3 == 0:
                yield from _call(company, customer.number)
            if turn == 2 and number % 2 == 0:
                yield from _account(company, customer.number, profile_class, chance)


def _registered(company: str, number: int) -> CustomerProfile:
    """A customer whom a row of a contact file brought."""
    customer = CustomerProfile.new(company, f"{number}")
    fields = dict(zip(list(COLUMNS.values())[1:], person(number), strict=True))
    customer.record(
        CustomerRegistered,
        origin(),
        number=f"{number}",
        name=" ".join(person(number)[:2]).strip() or f"{number}",
        upload="bench",
        row=number + 1,
        values={field: value for field, value in fields.items() if value and field not in _PERSONAL},
        personal_values={field: value for field, value in fields.items() if value and field in _PERSONAL},
        effective_from=_START,
    )
    return customer


def _act(customer: CustomerProfile, turn: int, chance: random.Random) -> None:
    """One change in each turn: a response in most, an edit in two, a name in one."""
    first = _START + timedelta(chance.randrange(1_000))
    if turn in (3, 6):
        personal = turn == 6
        customer.record(
            BusinessFieldEdited,
            origin(),
            number=customer.number,
            field="last_name" if personal else "city",
            label="Last name" if personal else "City",
            is_personal=personal,
            cleared=False,
            value=None if personal else f"town {turn}",
            personal_value=f"waller {turn}" if personal else None,
            effective_from=first,
        )
    elif turn == 7:
        customer.rename(origin(), name=f"Ann Waller {turn}", days=Days(first))
    else:
        customer.record(
            ResponseSelected,
            origin(),
            number=customer.number,
            category=1 + turn % 3,
            category_description="Age",
            response=f"A{turn % 5}",
            response_description="30-39",
            by_default=False,
            effective_from=first,
        )


def _call(company: str, number: str) -> Iterator[Fact]:
    interaction = Interaction.new(company, f"call-{number}")
    interaction.start(origin(), interaction=f"call-{number}", customer=number, agent="ann")
    interaction.end(origin())
    interaction.close(origin())
    yield from interaction.collect_events()


def _account(company: str, number: str, profile_class: ProfileClass, chance: random.Random) -> Iterator[Fact]:
    account = Account.new(company, f"A-{number}")
    account.open(origin(), number=f"A-{number}", customer=number, start=_START, default=profile_class)
    account.assign(origin(), profile_class, Days(_START + timedelta(chance.randrange(1, 1_000))))
    yield from account.collect_events()

"""The customers of the demo company, with a year of answers and fields: five people and seven firms, all invented."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aggregates.customer.commands import add_alternate_number, confirm_drawer, register_customer, rename_customer
from aggregates.interaction.field_edits import edit_fields
from cli.local.demo.company import TRADING_NAME
from cli.local.demo.steps import BILLING_DESK, BILLING_SYSTEM, RECORDS, Calendar, Chain, Step, step


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as first registered, and the responses of the first call, if there was one."""

    number: str
    name: str
    alternate_number: str
    fields: Mapping[str, str]
    responses: Mapping[int, str] = field(default_factory=dict)


_CUSTOMERS: Final = (
    Customer(
        "1001",
        "Imogen Tarrant",
        "P1001",
        {
            "first_name": "Imogen",
            "last_name": "Tarrant",
            "address": "14 Sluice Lane",
            "date_of_birth": "1987-04-19",
            "city": "Harrow Bend",
            "phone": "+12025550101",
            "e_mail": "imogen.tarrant@example.com",
        },
    ),
    Customer(
        "1002",
        "Rufus Penhallow",
        "P1002",
        {"first_name": "Rufus", "last_name": "Penhallow", "address": "3 Kiln Row", "city": "Millrace"},
        {1: "A4", 2: "OWN"},
    ),
    Customer(
        "1003",
        "Saoirse Whitcombe",
        "P1003",
        {
            "first_name": "Saoirse",
            "last_name": "Whitcombe",
            "address": "88 Ferry Street, Flat 6",
            "city": "Tolland Bay",
        },
        {1: "A2", 2: "RENT", 3: "GREEN"},
    ),
    Customer(
        "1004",
        "Tobias Anandkerr",
        "P1004",
        {"first_name": "Tobias", "last_name": "Anandkerr", "address": "Upper Quillon Farm", "city": "Blackmere"},
        {1: "A3", 2: "OWN", 3: "RED"},
    ),
    Customer(
        "1005",
        "Wilhelmina Obuyade",
        "P1005",
        {"first_name": "Wilhelmina", "last_name": "Obuyade", "address": "27 Kiln Row", "city": "Millrace"},
        {1: "A5", 2: "OWN"},
    ),
    Customer("1006", "Hartwell & Finch Bakery", "B1006", {TRADING_NAME: "Hartwell & Finch", "city": "Harrow Bend"}),
    Customer("1007", "Kestrelmoor Cold Storage", "B1007", {TRADING_NAME: "Kestrelmoor", "city": "Tolland Bay"}),
    Customer("1008", "Millrace Textiles", "B1008", {TRADING_NAME: "Millrace Textiles", "city": "Millrace"}),
    Customer("1009", "Saint Orrin's Hospital", "B1009", {TRADING_NAME: "Saint Orrin's", "city": "Harrow Bend"}),
    Customer("1010", "Blackmere County Council", "B1010", {TRADING_NAME: "Blackmere County", "city": "Blackmere"}),
    Customer("1011", "Tolland Bay Hotel", "B1011", {TRADING_NAME: "The Bay", "city": "Tolland Bay"}),
    Customer("1012", "Quillon Data Centres", "B1012", {TRADING_NAME: "Quillon", "city": "Blackmere"}),
)
_REFUSED_NAME: Final = "Quillon Data Centres - Blackmere Campus and Northern Region Wholesale Services"
"""Longer than an attribute of Customer Engagement's simulator may be, so that its delivery becomes a dead letter."""


def customers(calendar: Calendar) -> Iterator[Chain]:
    """Yields each customer with what happened to it since."""
    later: dict[str, tuple[Step, ...]] = {
        "1002": (_answer("1002", {3: "RED"}, calendar, -120, "Asked on the phone"),),
        "1003": (_answer("1003", {2: "OWN"}, calendar, 21, "Buys the flat; completion is booked"),),
        "1004": (
            _answer("1004", {1: "A4"}, calendar, -330, "Correction: the year of birth was misheard"),
            _edit("1004", {"city": "Harrow Bend"}, calendar, -75, "Moved house"),
        ),
        "1006": (_number("1006", "HF77", "Number of the new till system"),),
        "1011": (_rename("1011", "Tolland Bay Hotels Group", calendar, -180, "Took over two more hotels"),),
        "1012": (_edit("1012", {TRADING_NAME: _REFUSED_NAME}, calendar, 0, "As in the new contract"),),
    }
    for customer in _CUSTOMERS:
        steps = (*_first_steps(customer, calendar), *later.get(customer.number, ()))
        yield Chain(f"customer/{customer.number}", steps)


def _first_steps(customer: Customer, calendar: Calendar) -> Iterator[Step]:
    yield step(
        register_customer,
        number=customer.number,
        name=customer.name,
        alternate_number=customer.alternate_number,
        effective_from=calendar.day(-400),
        actor=BILLING_SYSTEM,
        reason="Taken over from the billing system",
    )
    yield _edit(customer.number, customer.fields, calendar, -400, "From the supply contract")
    if customer.responses:
        yield _answer(customer.number, customer.responses, calendar, -360, "Asked on the welcome call")


def _answer(number: str, responses: Mapping[int, str], calendar: Calendar, first: int, reason: str) -> Step:
    when = calendar.when(first)
    return step(confirm_drawer, number=number, responses=responses, when=when, actor=BILLING_DESK, reason=reason)


def _edit(number: str, fields: Mapping[str, Any], calendar: Calendar, first: int, reason: str) -> Step:
    when = calendar.when(first)
    return step(edit_fields, number=number, fields=fields, when=when, actor=RECORDS, reason=reason)


def _number(number: str, alternate_number: str, reason: str) -> Step:
    return step(
        add_alternate_number,
        number=number,
        alternate_number=alternate_number,
        primary=True,
        actor=BILLING_DESK,
        reason=reason,
    )


def _rename(number: str, name: str, calendar: Calendar, first: int, reason: str) -> Step:
    when = calendar.when(first)
    return step(rename_customer, number=number, name=name, when=when, actor=RECORDS, reason=reason)

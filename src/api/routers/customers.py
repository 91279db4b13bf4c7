"""`/v1/customers`: register, read, rename, alternate numbers, history and differences between two points."""

from functools import partial
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from aggregates.customer import commands
from aggregates.customer.numbers import AlternateNumberNotFoundError
from aggregates.customer.profile import CustomerProfile
from aggregates.customer.unmasking import UNMASKERS, Unmasking
from api.http import request_context
from api.parameters.histories import FILES, Asked
from api.parameters.paths import ALTERNATE_NUMBER, NUMBER
from api.parameters.points import From, To, two_views
from api.parameters.reading import READ_MODEL, AnswerSource, Explain, Read, Reading
from api.parameters.shapes import AlternateNumber, Body, CustomerName, CustomerNumber, DatedBody, Day, Reason
from api.parameters.writing import UNCHANGED, WriteAnswer, Writing
from api.routing.auth import FACT_READERS, PROFILE_READERS, PROFILE_WRITERS, GuardedRoute, allow
from api.routing.redirects import LEADS_ON
from projections.answers.differences import DIFFED, Diff, diff
from projections.answers.explained_customers import explained_customer, explained_numbers
from projections.customers import models
from projections.customers import queries as customers
from projections.customers.models import Customer
from projections.customers.replay import merged_with
from projections.history.models import HistoryEntry
from projections.reading.paging import Page
from projections.reading.questions import json_of
from projections.reading.view import View
from projections.tables.names import customer_asked, no_customer

router: Final = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=GuardedRoute)
NO_NUMBERS: Final = "No data to display"
"""The message of rule 1.14 for an empty list."""


class NewCustomer(Body):
    """A customer to be registered, with a first alternate number where there is one."""

    number: CustomerNumber
    name: CustomerName
    alternate_number: AlternateNumber | None = None
    effective_from: Day | None = None
    reason: Reason | None = None


class Rename(DatedBody):
    """Another name, by default from today on, open-ended; `keep_later` ends it before the next later-dated name."""

    name: CustomerName


class NewAlternateNumber(Body):
    """An alternate number, unique in the company (rule 1.14). The first one is primary."""

    alternate_number: AlternateNumber
    primary: bool = False
    reason: Reason | None = None


class MakePrimary(Body):
    """Makes the number the primary one; the old one stays in the list."""

    primary: Literal[True]
    reason: Reason | None = None


class AlternateNumbers(BaseModel):
    """The alternate numbers of a customer; `message` when there are none."""

    items: list[models.AlternateNumber]
    next_cursor: None = None
    message: str | None = None


@router.post("", status_code=201, response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def register_customer(write: Writing, body: NewCustomer) -> Response:
    """Registers a customer; the number is fixed for life."""
    outcome = await write.run(
        commands.register_customer,
        write.ask(body.reason, creates=True),
        number=body.number,
        name=body.name,
        alternate_number=body.alternate_number,
        effective_from=body.effective_from,
    )
    return write.done(outcome, location=f"/v1/customers/{body.number}")


@router.get("/{number}", response_model=Customer, dependencies=[allow(PROFILE_READERS)], responses=LEADS_ON)
async def read_customer(
    read: Reading, number: NUMBER, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """A customer's number, name, alternate numbers, and the numbers of those merged into it."""
    if explain or source != READ_MODEL:
        return await read.in_thread(_read, read, number, explain, source)
    answered = await read.ask(customers.CUSTOMER, **customer_asked(read.services.dossier.company, number))
    content = customers.customer_content(answered)
    if content is None:
        raise no_customer(number)
    return read.answer(json_of(content), answered.seen, version=content["version"])


def _read(read: Read, number: str, explain: bool, source: str) -> Response:
    """Answers from the log, or with explanations."""
    things = partial(merged_with, number=number)
    with read.asked("customers", explain=explain, source=source, things=things) as view:
        customer = _customer(view, number)
        customer = explained_customer(view, customer) if explain else customer
        return read.answer(customer, view, version=customer.version)


@router.patch("/{number}", response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)], responses=LEADS_ON)
async def rename_customer(write: Writing, number: NUMBER, body: Rename) -> Response:
    """Renames a customer."""
    outcome = await write.run(
        commands.rename_customer,
        write.ask(body.reason),
        number=number,
        name=body.name,
        when=body.when,
    )
    return write.done(outcome)


@router.get(
    "/{number}/alternate-numbers",
    response_model=AlternateNumbers,
    dependencies=[allow(PROFILE_READERS)],
    responses=LEADS_ON,
)
def list_alternate_numbers(read: Reading, number: NUMBER, explain: Explain = False) -> Response:
    """The alternate numbers of a customer, former ones included."""
    with read.asked("customers", explain=explain) as view:
        customer = _customer(view, number)
        items = customer.alternate_numbers
        items = explained_numbers(view, number, items) if explain else items
        numbers = AlternateNumbers(items=items, message=None if items else NO_NUMBERS)
        return read.answer(numbers, view, version=customer.version)


@router.post(
    "/{number}/alternate-numbers",
    status_code=201,
    response_model=WriteAnswer,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=LEADS_ON | UNCHANGED,
)
async def add_alternate_number(write: Writing, number: NUMBER, body: NewAlternateNumber) -> Response:
    """Adds an alternate number (rule 1.14)."""
    outcome = await write.run(
        commands.add_alternate_number,
        write.ask(body.reason),
        number=number,
        alternate_number=body.alternate_number,
        primary=body.primary,
    )
    return write.done(outcome, location=f"/v1/customers/{number}/alternate-numbers/{body.alternate_number}")


@router.get(
    "/{number}/alternate-numbers/{alternate_number}",
    response_model=models.AlternateNumber,
    dependencies=[allow(PROFILE_READERS)],
    responses=LEADS_ON,
)
def read_alternate_number(
    read: Reading, number: NUMBER, alternate_number: ALTERNATE_NUMBER, explain: Explain = False
) -> Response:
    """One alternate number of a customer."""
    with read.asked("customers", explain=explain) as view:
        customer = _customer(view, number)
        number_read = next((item for item in customer.alternate_numbers if item.number == alternate_number), None)
        if number_read is None:
            raise AlternateNumberNotFoundError(f"Customer {number} has no alternate number {alternate_number}.")
        [number_read] = explained_numbers(view, number, [number_read]) if explain else [number_read]
        return read.answer(number_read, view, version=customer.version)


@router.patch(
    "/{number}/alternate-numbers/{alternate_number}",
    response_model=WriteAnswer,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=LEADS_ON,
)
async def make_alternate_number_primary(
    write: Writing, number: NUMBER, alternate_number: ALTERNATE_NUMBER, body: MakePrimary
) -> Response:
    """Makes an alternate number the primary one (rule 1.14)."""
    outcome = await write.run(
        commands.make_alternate_number_primary, write.ask(body.reason), number=number, alternate_number=alternate_number
    )
    return write.done(outcome)


@router.delete(
    "/{number}/alternate-numbers/{alternate_number}",
    response_model=WriteAnswer,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=LEADS_ON,
)
async def remove_alternate_number(write: Writing, number: NUMBER, alternate_number: ALTERNATE_NUMBER) -> Response:
    """Removes an alternate number from the list; it may be used again."""
    outcome = await write.run(
        commands.remove_alternate_number, write.ask(), number=number, alternate_number=alternate_number
    )
    return write.done(outcome)


@router.get(
    "/{number}/history",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def read_history(read: Reading, asked: Asked, number: NUMBER) -> Response:
    """Every event of a customer: who, when, why, effective dates; also of one that was merged into another (rule 6.1)."""
    with read.view("customers", "history") as view:
        if not customers.is_known(view, number):
            raise no_customer(number)
        return asked.answer(read, view, kind=CustomerProfile.KIND, key=number)


@router.get(
    "/{number}/unmaskings",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(FACT_READERS, stream=True)],
)
def read_unmaskings(read: Reading, asked: Asked, number: NUMBER) -> Response:
    """Everybody to whom masked values of a customer were shown, or who was refused an edit of one: who, when, which fields (rule 5.2)."""
    with read.view("customers", "history") as view:
        if not customers.is_known(view, number):
            raise no_customer(number)
        return asked.answer(read, view, kind=Unmasking.KIND, key=number)


@router.get("/{number}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)], responses=LEADS_ON)
def read_diff(request: Request, read: Reading, number: NUMBER, from_: From, to: To = None) -> Response:
    """The differences in a customer between two points of (`valid_at`, `known_at`), such as `2026-01-01@2026-02-01T00:00:00Z`.

    To callers who may not see masked values, a masked value that was set again counts as different, even if it is the same (rule 5.2).
    """
    hide = request_context.of(request.scope).role not in UNMASKERS
    with two_views(read, from_, to, *DIFFED) as (before, after):
        differences = diff(before, after, number, hide=hide)
        if differences is None:
            raise no_customer(number)
        return read.answer(differences, after)


def _customer(view: View, number: str) -> Customer:
    customer = customers.customer(view, number)
    if customer is None:
        raise no_customer(number)
    return customer

"""Use cases of a customer profile. Each loads what it needs, lets the profile decide, and stores its facts."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from aggregates import texts
from aggregates.customer.profile import (
    AlternateNumberInUseError,
    CustomerNotFoundError,
    CustomerProfile,
    alternate_number_text,
    customer_number,
)
from aggregates.effective import Days
from aggregates.use_case import Claim, ClaimTakenError, FactStore, Outcome, Request, command

ALTERNATE_NUMBERS: Final = "alternate_number"
"""Scope of the claims that keep alternate numbers unique in the company (rule 1.14)."""


def _customer(store: FactStore, request: Request, number: str) -> CustomerProfile:
    customer = store.load(CustomerProfile, number)
    if customer is None:
        raise CustomerNotFoundError(f"Customer {number} does not exist.")
    customer.expect(request.expected_version)
    return customer


def _keep_claiming(store: FactStore, request: Request, customer: CustomerProfile, numbers: list[str]) -> Outcome:
    try:
        return store.keep(request, customer, claims=[Claim(ALTERNATE_NUMBERS, number) for number in numbers])
    except ClaimTakenError as taken:
        raise AlternateNumberInUseError(
            f"Alternate number {taken.claim.key} is already in use.", field="alternate_number"
        ) from taken


@command
def register_customer(
    store: FactStore,
    request: Request,
    *,
    number: str,
    name: str,
    alternate_number: str | None = None,
    effective_from: date | None = None,
) -> Outcome:
    """Registers a customer, with a first alternate number where one is given."""
    faults = texts.Faults()
    days = Days(request.today)
    with faults:
        days = Days(effective_from or request.today)
    numbers: list[str] = []
    with faults:
        numbers = [] if alternate_number is None else [alternate_number_text(alternate_number)]
    with faults:
        number = customer_number(number)
    customer = store.load(CustomerProfile, number) or CustomerProfile.new(store.company, number)
    customer.expect(request.expected_version)
    with faults:
        customer.register(request.origin, number=number, name=name, days=days)
    named = {fault.field: fault for fault in faults.found}
    faults.found = list(named.values())
    faults.raise_any()
    for one in numbers:
        customer.add_alternate_number(request.origin, one, primary=True)
    return _keep_claiming(store, request, customer, numbers)


@command
def rename_customer(
    store: FactStore,
    request: Request,
    *,
    number: str,
    name: str,
    effective_from: date | None = None,
    effective_to: date | None = None,
) -> Outcome:
    """Gives a customer another name, by default from today on, open-ended."""
    customer = _customer(store, request, number)
    faults = texts.Faults()
    days = Days(request.today)
    with faults:
        days = Days(effective_from or request.today, effective_to)
    with faults:
        customer.rename(request.origin, name=name, days=days)
    faults.raise_any()
    return store.keep(request, customer)


@command
def add_alternate_number(
    store: FactStore, request: Request, *, number: str, alternate_number: str, primary: bool = False
) -> Outcome:
    """Adds an alternate number, unique in the company (rule 1.14)."""
    customer = _customer(store, request, number)
    alternate_number = alternate_number_text(alternate_number)
    customer.add_alternate_number(request.origin, alternate_number, primary=primary)
    return _keep_claiming(store, request, customer, [alternate_number])


@command
def make_alternate_number_primary(store: FactStore, request: Request, *, number: str, alternate_number: str) -> Outcome:
    """Makes one of the customer's alternate numbers the primary one."""
    customer = _customer(store, request, number)
    customer.make_primary(request.origin, alternate_number_text(alternate_number))
    return store.keep(request, customer)


@command
def remove_alternate_number(store: FactStore, request: Request, *, number: str, alternate_number: str) -> Outcome:
    """Takes an alternate number off the customer's list; it may be used again."""
    customer = _customer(store, request, number)
    alternate_number = alternate_number_text(alternate_number)
    customer.remove_alternate_number(request.origin, alternate_number)
    return store.keep(request, customer, releases=[Claim(ALTERNATE_NUMBERS, alternate_number)])


@command
def confirm_drawer(
    store: FactStore,
    request: Request,
    *,
    number: str,
    responses: Mapping[int, str | None],
    effective_from: date | None = None,
    effective_to: date | None = None,
    keep_later: bool = False,
) -> Outcome:
    """OK in the profile drawer (rules 1.5-1.9, 1.15), by default from today on, open-ended."""
    customer = _customer(store, request, number)
    setup = store.setup()
    faults = texts.Faults()
    days = Days(request.today)
    with faults:
        days = Days(effective_from or request.today, effective_to)
    with faults:
        customer.confirm_drawer(
            request.origin,
            answers=responses,
            categories=setup.categories,
            days=days,
            dated=effective_from is not None or effective_to is not None,
            keep_later=keep_later,
        )
    faults.raise_any()
    return store.keep(request, customer, decided_on=setup)

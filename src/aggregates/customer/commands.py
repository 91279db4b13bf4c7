"""Use cases of a customer profile. Each loads what it needs, lets the profile decide, and stores its facts."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from aggregates import texts
from aggregates.customer.impact import InForce, check_impact
from aggregates.customer.merging import MergeError, check_not_merged, is_absorbed
from aggregates.customer.numbers import AlternateNumberInUseError, alternate_number_text, customer_number
from aggregates.customer.profile import CustomerNotFoundError, CustomerProfile
from aggregates.effective import FROM_TODAY, When
from aggregates.errors import ConflictError, InvalidError
from aggregates.fact import Origin, Source
from aggregates.setup.catalogue import SetupStore
from aggregates.use_case import Claim, ClaimTakenError, FactStore, Outcome, Request, StaleDecisionError, command

ALTERNATE_NUMBERS: Final = "alternate_number"
"""Scope of the claims that keep alternate numbers unique in the company (rule 1.14)."""


class CustomerErasedError(ConflictError):
    """The personal data of the customer were erased; nothing is recorded about it any more (rule 5.1)."""


class CustomerNotDefinedError(InvalidError):
    """A command names a customer that there is not."""


def customer_or_survivor(store: FactStore, number: str) -> CustomerProfile | None:
    """The customer with this number, or the survivor that it was merged into (rule 6.1); `None` when there is none."""
    customer = store.load(CustomerProfile, number)
    while customer is not None and customer.merges.survivor is not None:
        customer = store.load(CustomerProfile, customer.merges.survivor)
    return customer


def changeable_customer(store: FactStore, number: str) -> CustomerProfile:
    """The customer with this number. Raises `CustomerNotFoundError`, `MergedAwayError`, `CustomerErasedError`."""
    customer = _standing_customer(store, number)
    _check_not_erased(customer)
    return customer


def _standing_customer(store: FactStore, number: str) -> CustomerProfile:
    """The customer with this number, erased or not. Raises `CustomerNotFoundError`, `MergedAwayError`."""
    customer = store.load(CustomerProfile, number)
    if customer is None:
        raise CustomerNotFoundError(f"Customer {number} does not exist.")
    check_not_merged(customer)
    return customer


def _check_not_erased(customer: CustomerProfile, field: str | None = None) -> None:
    if customer.erased:
        raise CustomerErasedError(
            f"The personal data of customer {customer.number} were erased. Its profile can be read, and not changed.",
            field=field,
        )


def _customer(store: FactStore, request: Request, number: str) -> CustomerProfile:
    customer = changeable_customer(store, number)
    customer.expect(request.expected_versions)
    return customer


def _keep_claiming(store: FactStore, request: Request, customer: CustomerProfile, numbers: list[str]) -> Outcome:
    try:
        return store.keep(request, customer, claims=[Claim(ALTERNATE_NUMBERS, number) for number in numbers])
    except ClaimTakenError as error:
        raise AlternateNumberInUseError(
            f"Alternate number {error.claim.key} is already in use.", field="alternate_number"
        ) from error


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
    days = When(effective_from).days(faults, request.today)
    numbers: list[str] = []
    with faults:
        numbers = [] if alternate_number is None else [alternate_number_text(alternate_number)]
    with faults:
        number = customer_number(number)
    customer = store.load(CustomerProfile, number) or CustomerProfile.new(store.company, number)
    customer.expect(request.expected_versions)
    with faults:
        customer.register(request.origin, number=number, name=name, days=days)
    faults.errors = faults.last_of_each_field()
    faults.raise_any()
    for alternate in numbers:
        customer.add_alternate_number(request.origin, alternate, primary=True)
    return _keep_claiming(store, request, customer, numbers)


@command
def rename_customer(
    store: FactStore,
    request: Request,
    *,
    number: str,
    name: str,
    when: When = FROM_TODAY,
) -> Outcome:
    """Gives a customer another name, by default from today on, open-ended."""
    customer = _customer(store, request, number)
    faults = texts.Faults()
    days = when.days(faults, request.today)
    with faults:
        customer.rename(request.origin, name=name, days=days, keep_later=when.keep_later)
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
    """Takes an alternate number off the customer's list, also off that of an erased customer; it may be used again."""
    customer = _standing_customer(store, number)
    customer.expect(request.expected_versions)
    alternate_number = alternate_number_text(alternate_number)
    customer.remove_alternate_number(request.origin, alternate_number)
    return store.keep(request, customer, releases=[Claim(ALTERNATE_NUMBERS, alternate_number)])


@command
def confirm_drawer(
    store: SetupStore,
    request: Request,
    *,
    number: str,
    responses: Mapping[int, str | None],
    when: When = FROM_TODAY,
) -> Outcome:
    """OK in the profile drawer (rules 1.5-1.9, 1.15), by default from today on, open-ended."""
    customer = _customer(store, request, number)
    setup, before = store.setup(), InForce.of(customer)
    faults = texts.Faults()
    days = when.days(faults, request.today)
    with faults:
        customer.confirm_drawer(
            request.origin,
            answers=responses,
            categories=setup.categories,
            days=days,
            dated=when.dated,
            keep_later=when.keep_later,
        )
    faults.raise_any()
    check_impact(request.origin.impact, customer, before, setup)
    return store.keep(request, customer, decided_on=setup.position)


@command
def merge_customers(
    store: SetupStore,
    request: Request,
    *,
    number: str,
    other: str,
    survivor: str | None = None,
    survivor_named: bool = True,
) -> Outcome:
    """Merges `other` into `number`; unless the survivor is named, the older of the two survives (rule 6.1).

    The `survivor` may be named as one of the two. The facts are stored as from a merge (rule 0.2). Records nothing when `other` is
    merged into `number` already.
    """
    if survivor not in {None, number, other}:
        raise MergeError("The survivor must be one of the two.", field="survivor")
    customer, merged = _customer(store, request, number), _other_customer(store, other)
    if merged.merges.survivor == customer.number:
        return store.keep(request, customer)
    if survivor == merged.number or (survivor is None and not survivor_named and _is_younger(customer, merged)):
        customer, merged = merged, customer
    setup, before = store.setup(), InForce.of(customer)
    customer.absorb(_as_merge(request.origin), merged, setup.fields)
    check_impact(request.origin.impact, customer, before, setup)
    return store.keep(request, customer, others=[merged], decided_on=setup.position)


@command
def unmerge_customers(store: SetupStore, request: Request, *, number: str, other: str) -> Outcome:
    """Undoes the merge of `other` into `number` (rule 6.1)."""
    customer, merged = _customer(store, request, number), _other_customer(store, other)
    setup, before = store.setup(), InForce.of(customer)
    customer.release(_as_merge(request.origin), merged, setup.fields, _also_merged(store, customer, other))
    check_impact(request.origin.impact, customer, before, setup)
    return store.keep(request, customer, others=[merged], decided_on=setup.position)


@command
def erase_customer(store: FactStore, request: Request, *, number: str) -> Outcome:
    """Erases the personal data of a customer, and of all who were merged into it: they are the same person (rule 5.1).

    The keys are destroyed in the transaction of the facts that say so. Records nothing for whom it was done before.
    """
    customer = _standing_customer(store, number)
    customer.expect(request.expected_versions)
    merged = _all_merged(store, customer)
    for erased in (customer, *merged):
        erased.erase(request.origin)
    return store.keep(request, customer, others=merged, erases=[erased.id for erased in (customer, *merged)])


def _all_merged(store: FactStore, survivor: CustomerProfile) -> list[CustomerProfile]:
    """The customers that are merged into the survivor, directly or through others."""
    merged = _also_merged(store, survivor, survivor.number)
    return [customer for other in merged for customer in (other, *_all_merged(store, other))]


def _other_customer(store: FactStore, other: str) -> CustomerProfile:
    customer = store.load(CustomerProfile, other)
    if customer is None:
        raise CustomerNotDefinedError(f"Customer {other} does not exist.", field="other")
    _check_not_erased(customer, "other")
    return customer


def _also_merged(store: FactStore, survivor: CustomerProfile, other: str) -> list[CustomerProfile]:
    """The customers that are merged into the survivor directly, but for `other`, in the order of their merges.

    They do not change while the merge stands, so they need not be verified when the decision is stored.
    """
    loaded = [store.load(CustomerProfile, number) for number in survivor.merges.absorbed if number != other]
    merged = [customer for customer in loaded if customer is not None and is_absorbed(survivor, customer)]
    if len(merged) < len(loaded):
        raise StaleDecisionError("A merged customer in memory is older than its merge.")
    return merged


def _as_merge(origin: Origin) -> Origin:
    return origin.model_copy(update={"source": Source.MERGE})


def _is_younger(customer: CustomerProfile, other: CustomerProfile) -> bool:
    if customer.registered_at is None or other.registered_at is None:
        raise StaleDecisionError("When they were registered is in the log, but not in memory.")
    return customer.registered_at > other.registered_at

"""Saving in the widget: an agent edits business fields during a call and its wrap-up, an administrator at any time (rules 3.4-3.7)."""

from collections.abc import Collection, Mapping
from typing import Any

from aggregates import texts
from aggregates.customer.commands import changeable_customer, customer_or_survivor
from aggregates.customer.impact import InForce, check_impact
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import FROM_TODAY, When
from aggregates.interaction.interaction import Interaction
from aggregates.setup.catalogue import SetupStore
from aggregates.use_case import FactStore, Outcome, Request, command


@command
def edit_fields(
    store: SetupStore,
    request: Request,
    *,
    number: str,
    fields: Mapping[str, Any],
    interaction: str | None = None,
    when: When = FROM_TODAY,
) -> Outcome:
    """Save in the widget (rules 3.4-3.7, 3.9). The expected version is compared field by field: others do not conflict.

    The interaction must be open at the moment of storing: one that ends or is closed meanwhile has the edit decided anew (rule 3.5).
    """
    customer = changeable_customer(store, number)
    seen_version = _seen_version(customer, request.expected_versions)
    setup, call = store.setup(), _open_interaction(store, request, customer, interaction)
    before, faults = InForce.of(customer), texts.Faults()
    days = when.days(faults, request.today)
    with faults:
        customer.edit_fields(
            request.origin,
            fields,
            setup.fields,
            days,
            dated=when.dated,
            keep_later=when.keep_later,
            seen_version=seen_version,
            interaction=None if call is None else call.key,
            zone=setup.controls.zone,
        )
    faults.raise_any()
    check_impact(request.origin.impact, customer, before, setup)
    return store.keep(request, customer, decided_on=setup.position, relied_on=() if call is None else (call,))


def _seen_version(customer: CustomerProfile, versions: Collection[int] | None) -> int | None:
    """The latest of the versions that the caller names, as far as they can have been seen. Raises `StaleVersionError` where none can."""
    if versions is None:
        return None
    past = [version for version in versions if version <= customer.version]
    if not past:
        customer.expect(versions)
    return max(past)


def _open_interaction(
    store: FactStore, request: Request, customer: CustomerProfile, interaction: str | None
) -> Interaction | None:
    """The interaction that was named, if it is open and this caller's with this customer, or with one whose merges led to it."""
    call = None if interaction is None else store.load(Interaction, interaction)
    if call is None or not call.open_for(call.customer, request.origin.actor):
        return None
    called_customer = customer_or_survivor(store, call.customer)
    return call if called_customer is not None and called_customer.number == customer.number else None

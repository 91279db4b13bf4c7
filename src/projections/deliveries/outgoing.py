"""What a customer's fact changes that other systems may be told: one change for each category or field, and its days (rule 4.2).

Used by the read model `deliveries` when it decides, and again when a personal value is looked up that the read model does not hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from aggregates.customer.events import (
    BusinessFieldEdited,
    BusinessFieldsUploaded,
    CustomerMerged,
    CustomerRegistered,
    CustomerUnmerged,
    CustomerValuesPutBack,
    Held,
    ResponseCleared,
    ResponseSelected,
)
from aggregates.customer.fields import taken_values
from aggregates.fact import Erased, Fact
from aggregates.setup.mappings import category_source, field_source

CHANGING: Final = frozenset(
    fact.TOPIC
    for fact in (
        ResponseSelected,
        ResponseCleared,
        CustomerRegistered,
        BusinessFieldEdited,
        BusinessFieldsUploaded,
        CustomerMerged,
        CustomerUnmerged,
        CustomerValuesPutBack,
    )
)
"""Topics of the facts that may change something that goes out."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One change: what it is of (`category:7`, `field:city`), from when to when, and the new value, `None` when there is none.

    `personal`: the value is one that is sealed wherever it is kept.
    """

    mapped: str
    value: str | None
    effective_from: date
    effective_to: date | None
    personal: bool = False


def changes_of(fact: Fact) -> tuple[Outgoing, ...]:
    """The changes of a fact, always in the same order; none for a fact that changes nothing that goes out."""
    match fact:
        case ResponseSelected():
            changes = [Outgoing(category_source(fact.category), fact.response, fact.effective_from, fact.effective_to)]
        case ResponseCleared():
            changes = [Outgoing(category_source(fact.category), None, fact.effective_from, fact.effective_to)]
        case BusinessFieldEdited():
            changes = [_edited(fact)]
        case CustomerRegistered() | BusinessFieldsUploaded():
            changes = sorted(_row(fact), key=_order)
        case CustomerMerged() | CustomerUnmerged() | CustomerValuesPutBack():
            changes = sorted(_merge(fact), key=_order)
        case _:
            changes = []
    return tuple(changes)


def delivery_id(fact: Fact, mapped: str, effective_from: date) -> UUID:
    """The id of one change, its idempotency key: the event id, or, for facts that may bring several changes, one derived from it."""
    if isinstance(fact, ResponseSelected | ResponseCleared | BusinessFieldEdited):
        return fact.event_id
    return uuid5(fact.event_id, f"{mapped}/{effective_from}")


def _edited(fact: BusinessFieldEdited) -> Outgoing:
    value = fact.personal_value if fact.is_personal else fact.value
    personal = fact.is_personal and not fact.cleared
    days = (fact.effective_from, fact.effective_to)
    return Outgoing(field_source(fact.field), None if fact.cleared else value, *days, personal)


def _row(fact: CustomerRegistered | BusinessFieldsUploaded) -> Iterator[Outgoing]:
    """Yields the changes of an upload's row, without the days on which an edit has precedence (rule 3.10)."""
    for key, value, personal, days in taken_values(fact):
        yield Outgoing(field_source(key), value, days.first, days.last, personal)


def _merge(fact: CustomerMerged | CustomerUnmerged | CustomerValuesPutBack) -> Iterator[Outgoing]:
    """Yields the changes of a merge, of its undoing, or of the values that reappear after that (rule 6.1)."""
    for category, answers in fact.responses.items():
        yield from _outgoing(category_source(category), answers)
    fields: list[tuple[Mapping[str, Sequence[Held]], bool]] = [(fact.fields, False), (_personal_of_merge(fact), True)]
    for values, personal in fields:
        for key, dated_values in values.items():
            yield from _outgoing(field_source(key), dated_values, personal=personal)


def _personal_of_merge(fact: CustomerMerged | CustomerUnmerged | CustomerValuesPutBack) -> Mapping[str, Sequence[Held]]:
    match fact:
        case CustomerMerged():
            return _personal(fact.personal_fields_taken)
        case CustomerValuesPutBack():
            return _personal(fact.personal_fields_put_back)
    return {}


def _outgoing(mapped: str, dated_values: Sequence[Held], *, personal: bool = False) -> Iterator[Outgoing]:
    for dated_value in dated_values:
        yield Outgoing(mapped, dated_value.value, dated_value.effective_from, dated_value.effective_to, personal)


def _personal(values: Any) -> Mapping[str, Any]:
    """Personal values by field; once their key is destroyed, not even the fields are known."""
    return {} if values is None or isinstance(values, Erased) else values


def _order(change: Outgoing) -> tuple[str, date]:
    return change.mapped, change.effective_from

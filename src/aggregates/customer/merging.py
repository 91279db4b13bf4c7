"""Merging duplicates and undoing it: which values the survivor takes, and what comes to light when they go (rule 6.1).

Of each field and category the survivor's own value holds where it is set, on other days that of the earliest merge that still stands and
has one. Facts carry what changes; a customer that was merged in is as it was then, so what it would bring is asked of itself. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from aggregates.aggregate import Decision
from aggregates.customer.events import (
    CustomerMerged,
    CustomerMergedAway,
    CustomerUnmerged,
    CustomerValuesPutBack,
    Held,
    PutBack,
)
from aggregates.customer.fields import MERGED, FieldValues
from aggregates.customer.layers import LayerValue, Uncovered, left_since, uncover, uncovered_part
from aggregates.customer.parts import parts
from aggregates.customer.responses import Responses
from aggregates.effective import Days, Timeline, Version
from aggregates.errors import ConflictError, InvalidError
from aggregates.fact import Erased
from aggregates.field.field import FieldDefinition

Layer = Timeline[LayerValue]


class MergedAwayError(ConflictError):
    """The customer with this `number` was merged into another; `survivor` is the number to go on with."""

    def __init__(self, number: str, survivor: str) -> None:
        super().__init__(f"Customer {number} was merged into {survivor}.")
        self.number, self.survivor = number, survivor


class MergeError(InvalidError):
    """These two cannot be merged, or this merge cannot be undone."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A merge that stands: the version of the survivor that it made, and its cause, which the facts of both customers share."""

    version: int
    cause: UUID


@dataclass(frozen=True, slots=True)
class Merges:
    """The merges of a customer that stand: into another, and of others into this one."""

    survivor: str | None = None
    """The number of the customer that this one was merged into, `None` while it stands for itself."""
    cause: UUID | None = None
    """The cause of the merge into the survivor."""
    absorbed: Mapping[str, Absorbed] = field(default_factory=dict)
    """Customers that are merged into this one directly, by number, in the order of their merges."""

    def after_merge(self, event: CustomerMerged) -> "Merges":
        """The merges with another customer taken in; the further events of one merge change nothing."""
        merge = Absorbed(event.originator_version, event.origin.causation_id)
        return replace(self, absorbed={**self.absorbed, event.other: self.absorbed.get(event.other, merge)})

    def after_unmerge(self, event: CustomerUnmerged) -> "Merges":
        """Returns the merges without the one that was undone."""
        absorbed = {number: merge for number, merge in self.absorbed.items() if number != event.other}
        return replace(self, absorbed=absorbed)

    def after_leaving(self, event: CustomerMergedAway) -> "Merges":
        """The merges since this customer went into another."""
        return replace(self, survivor=event.survivor, cause=event.origin.causation_id)

    def after_return(self) -> "Merges":
        """Returns the merges after this customer was brought back."""
        return replace(self, survivor=None, cause=None)


class Mergeable(Protocol):
    """What a decision about a merge looks at of each customer."""

    number: str
    fields: FieldValues
    responses: Responses
    merges: Merges


def check_not_merged(customer: Mergeable) -> None:
    """Raises `MergedAwayError` for a customer that went into another."""
    if customer.merges.survivor is not None:
        raise MergedAwayError(customer.number, customer.merges.survivor)


def is_absorbed(survivor: Mergeable, other: Mergeable) -> bool:
    """Returns whether the other customer is as it was merged into the survivor."""
    merge = survivor.merges.absorbed.get(other.number)
    return merge is not None and (other.merges.survivor, other.merges.cause) == (survivor.number, merge.cause)


def decide_merge(survivor: Mergeable, other: Mergeable, definitions: Mapping[str, FieldDefinition]) -> list[Decision]:
    """The survivor's facts of a merge: a field or category gets the other's values on the days on which it has none."""
    if other.number == survivor.number:
        raise MergeError("A customer cannot be merged with itself.", field="other")
    check_not_merged(other)
    check_not_merged(survivor)
    free_fields = {
        key: uncovered_part(survivor.fields.in_force.get(key, Timeline()), values)
        for key, values in sorted(other.fields.in_force.items())
    }
    fields = {
        key: [_dated_value(version.days, version.content.value) for version in values]
        for key, values in free_fields.items()
        if values and not any(isinstance(version.content.value, Erased) for version in values)
    }
    free_responses = {
        category: uncovered_part(survivor.responses.in_force.get(category, Timeline()), values)
        for category, values in sorted(other.responses.in_force.items())
    }
    responses = {
        category: [_dated_value(version.days, version.content) for version in values]
        for category, values in free_responses.items()
        if values
    }
    groups = {**_by_kind(fields, definitions, "personal_fields_taken"), "responses": responses}
    return [Decision(CustomerMerged, {"other": other.number, **part}) for part in parts(groups)]


def decide_unmerge(
    survivor: Mergeable,
    other: Mergeable,
    definitions: Mapping[str, FieldDefinition],
    still_merged: Sequence[Mergeable],
) -> list[Decision]:
    """Returns the survivor's facts when a merge is undone: the values that it brought go, and the values that they covered reappear.

    `still_merged` are the other customers that are merged into the survivor directly, in the order of their merges.
    """
    if other.number not in survivor.merges.absorbed or other.merges.survivor != survivor.number:
        raise MergeError(f"Customer {other.number} is not merged into {survivor.number}.", field="other")
    fields = {
        key: uncover(days, _field_layers(survivor, key, still_merged))
        for key, days in _fields_of(survivor, other.number)
    }
    responses = {
        category: uncover(days, _response_layers(survivor, category, still_merged))
        for category, days in _responses_of(survivor, other.number)
    }
    emptied = {"fields": _emptied(fields), "responses": _emptied(responses)}
    decisions = [Decision(CustomerUnmerged, {"other": other.number, **part}) for part in parts(emptied)]
    put_back = _by_kind(_put_back(fields), definitions, "personal_fields_put_back")
    put_back["responses"] = _put_back(responses)
    if any(put_back.values()):
        decisions += [Decision(CustomerValuesPutBack, {"other": other.number, **part}) for part in parts(put_back)]
    return decisions


def _fields_of(survivor: Mergeable, number: str) -> Iterable[tuple[str, list[Days]]]:
    """The fields, and days, whose value in force the merge of this customer brought."""
    for key, values in sorted(survivor.fields.in_force.items()):
        if days := [version.days for version in values if version.content.brought_by == number]:
            yield key, days


def _responses_of(survivor: Mergeable, number: str) -> Iterable[tuple[int, list[Days]]]:
    """The categories, and days, whose response the merge of this customer brought."""
    for category, numbers in sorted(survivor.responses.merged_in.items()):
        if days := [version.days for version in numbers if version.content == number]:
            yield category, days


def _field_layers(survivor: Mergeable, key: str, still_merged: Sequence[Mergeable]) -> list[Layer]:
    """The customer's own values of a field, then those that each merge brings."""
    own_values = survivor.fields.own_values(key)
    edits = survivor.fields.edited.get(key, ())
    blanks = Timeline(tuple(Version(edit.days, edit.content.version) for edit in edits if edit.content.value is None))
    return [
        _layer((version.days, LayerValue(version.content.value, version.content.source)) for version in own_values),
        *(
            _merged_layer(
                survivor,
                customer.number,
                ((version.days, version.content.value) for version in customer.fields.in_force.get(key, ())),
                blanks,
            )
            for customer in still_merged
        ),
    ]


def _response_layers(survivor: Mergeable, category: int, still_merged: Sequence[Mergeable]) -> list[Layer]:
    """The responses that merges bring. The customer's own answers are in force already, wherever there are any."""
    blanks = survivor.responses.blanks.get(category, Timeline())
    return [
        _merged_layer(
            survivor,
            customer.number,
            ((version.days, version.content) for version in customer.responses.in_force.get(category, ())),
            blanks,
        )
        for customer in still_merged
    ]


def _merged_layer(survivor: Mergeable, number: str, values: Iterable[tuple[Days, str]], blanks: Timeline[int]) -> Layer:
    """Returns the values that the customer of this number brings, without those that a later blank of the survivor took away."""
    layer = _layer((days, LayerValue(value, MERGED, number)) for days, value in values)
    return left_since(layer, blanks, survivor.merges.absorbed[number].version)


def _layer(values: Iterable[tuple[Days, LayerValue]]) -> Layer:
    """These values without those that are erased."""
    return Timeline(tuple(Version(days, value) for days, value in values if not isinstance(value.value, Erased)))


def _by_kind(values: Mapping[str, Any], definitions: Mapping[str, FieldDefinition], personal: str) -> dict[str, Any]:
    """Returns the values of fields in two groups: `fields`, and under the name `personal` those of personal or undefined fields."""
    personal_keys = {key for key in values if key not in definitions or definitions[key].personal}
    return {
        "fields": {key: dated_values for key, dated_values in values.items() if key not in personal_keys},
        personal: {key: dated_values for key, dated_values in values.items() if key in personal_keys},
    }


def _emptied(uncovered: Mapping[Any, Uncovered[LayerValue]]) -> dict[Any, list[Held]]:
    """The days on which nothing holds any more."""
    return {key: [_dated_value(days) for days in part.empty] for key, part in uncovered.items() if part.empty}


def _put_back(uncovered: Mapping[Any, Uncovered[LayerValue]]) -> dict[Any, list[PutBack]]:
    """The values that hold instead."""
    return {
        key: [
            PutBack(
                effective_from=version.days.first,
                effective_to=version.days.last,
                value=version.content.value,
                source=version.content.source,
                brought_by=version.content.brought_by,
            )
            for version in part.values
        ]
        for key, part in uncovered.items()
        if part.values
    }


def _dated_value(days: Days, value: str | None = None) -> Held:
    return Held(effective_from=days.first, effective_to=days.last, value=value)

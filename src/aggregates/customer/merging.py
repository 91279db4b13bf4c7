"""Merging duplicates and undoing it: which values the survivor takes, and what comes to light when they go (rule 6.1).

Of each field and category the survivor's own value holds where it is set, on other days that of the earliest merge that still stands and
has one. Facts carry what changes; a customer that was merged in is as it was then, so what it would bring is asked of itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from aggregates.aggregate import applies
from aggregates.customer.events import (
    CustomerBroughtBack,
    CustomerMerged,
    CustomerMergedAway,
    CustomerUnmerged,
    CustomerValuesPutBack,
    Held,
    PutBack,
)
from aggregates.customer.fields import MERGED, BusinessFields, FieldValue
from aggregates.customer.layers import LayerValue, Uncovered, lacking, left_since, uncover
from aggregates.customer.parts import Groups, parts
from aggregates.customer.responses import ProfileResponses
from aggregates.effective import Days, Timeline, Version
from aggregates.errors import ConflictError, InvalidError
from aggregates.fact import Erased, Fact, Origin
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


class Merging(BusinessFields, ProfileResponses):
    """The part of a customer that takes another in, or goes into another."""

    KIND: ClassVar[str]

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.registered_at: datetime | None = None
        self.survivor: str | None = None
        self.merged_by: UUID | None = None
        """The cause of the merge into the survivor."""
        self.absorbed: dict[str, Absorbed] = {}
        """Customers that are merged into this one directly, by number, in the order of their merges."""

    # Decisions

    def absorb(self, origin: Origin, other: "Merging", definitions: Mapping[str, FieldDefinition]) -> None:
        """Takes the other customer in: a field or category gets the other's values on the days on which it has none here."""
        if other.number == self.number:
            raise MergeError("A customer cannot be merged with itself.", field="other")
        other.check_not_merged()
        self.check_not_merged()
        free = {key: lacking(self.fields.get(key, Timeline()), line) for key, line in sorted(other.fields.items())}
        taken = {
            key: [_held(one.days, one.content.value) for one in line]
            for key, line in free.items()
            if line and not any(isinstance(one.content.value, Erased) for one in line)
        }
        answers = {
            code: lacking(self.responses.get(code, Timeline()), line) for code, line in sorted(other.responses.items())
        }
        responses = {code: [_held(one.days, one.content) for one in line] for code, line in answers.items() if line}
        groups = {**_by_kind(taken, definitions, "personal_fields_taken"), "responses": responses}
        self._record_parts(CustomerMerged, origin, other, groups)
        other.record(CustomerMergedAway, origin, number=other.number, survivor=self.number)

    def release(
        self,
        origin: Origin,
        other: "Merging",
        definitions: Mapping[str, FieldDefinition],
        standing: Sequence["Merging"],
    ) -> None:
        """Undoes the merge: the values that it brought and that still stand go, and what they covered comes to light.

        `standing` are the other customers that are merged into this one directly, in the order of their merges.
        """
        if other.number not in self.absorbed or other.survivor != self.number:
            raise MergeError(f"Customer {other.number} is not merged into {self.number}.", field="other")
        fields = {key: uncover(days, self._field_layers(key, standing)) for key, days in self._fields_of(other)}
        answers = {
            code: uncover(days, self._response_layers(code, standing)) for code, days in self._responses_of(other)
        }
        self._record_parts(
            CustomerUnmerged, origin, other, {"fields": _emptied(fields), "responses": _emptied(answers)}
        )
        found, responses = _found(fields), _found(answers)
        if found or responses:
            groups = {**_by_kind(found, definitions, "personal_fields_put_back"), "responses": responses}
            self._record_parts(CustomerValuesPutBack, origin, other, groups)
        other.record(CustomerBroughtBack, origin, number=other.number, survivor=self.number)

    def check_not_merged(self) -> None:
        """Raises `MergedAwayError` for a customer that went into another."""
        if self.survivor is not None:
            raise MergedAwayError(self.number, self.survivor)

    def is_absorbed(self, other: "Merging") -> bool:
        """True when the other customer is as it was merged into this one."""
        merge = self.absorbed.get(other.number)
        return merge is not None and (other.survivor, other.merged_by) == (self.number, merge.cause)

    def _record_parts(self, fact: type[Fact], origin: Origin, other: "Merging", groups: Groups) -> None:
        for part in parts(groups):
            self.record(fact, origin, number=self.number, other=other.number, **part)

    def _fields_of(self, other: "Merging") -> Iterable[tuple[str, list[Days]]]:
        """The fields, and days, whose value in force the other customer's merge brought."""
        for key, line in sorted(self.fields.items()):
            if days := [one.days for one in line if one.content.brought_by == other.number]:
                yield key, days

    def _responses_of(self, other: "Merging") -> Iterable[tuple[int, list[Days]]]:
        """The categories, and days, whose response the other customer's merge brought."""
        for code, line in sorted(self.responses_taken.items()):
            if days := [one.days for one in line if one.content == other.number]:
                yield code, days

    def _field_layers(self, key: str, standing: Sequence["Merging"]) -> list[Layer]:
        own = ((one.days, LayerValue(one.content.value, one.content.source)) for one in self.own_values(key))
        edits = self.edited.get(key, ())
        blanks = Timeline(tuple(Version(one.days, one.content.version) for one in edits if one.content.value is None))
        lines = ((one, one.fields.get(key, ())) for one in standing)
        brought = [self._layer(one, ((held.days, held.content.value) for held in line), blanks) for one, line in lines]
        return [_layer(own), *brought]

    def _response_layers(self, code: int, standing: Sequence["Merging"]) -> list[Layer]:
        """The responses that merges bring. The customer's own answers are in force already, wherever there are any."""
        blanks = self.blanks.get(code, Timeline())
        lines = ((one, one.responses.get(code, ())) for one in standing)
        return [self._layer(one, ((held.days, held.content) for held in line), blanks) for one, line in lines]

    def _layer(self, other: "Merging", line: Iterable[tuple[Days, str]], blanks: Timeline[int]) -> Layer:
        """The values that the other customer brings, as far as no blank of this one's took them away since."""
        layer = _layer((days, LayerValue(value, MERGED, other.number)) for days, value in line)
        return left_since(layer, blanks, self.absorbed[other.number].version)

    # What the facts say

    @applies(CustomerMerged)
    def _merged(self, event: CustomerMerged) -> None:
        for key, held in {**event.fields, **_personal(event.personal_fields_taken)}.items():
            for one in held:
                self._hold(event, key, _days(one), FieldValue(one.value or "", MERGED, event.event_id, event.other))
        for code, held in event.responses.items():
            for one in held:
                self._hold_response(code, one, event.other)
        self.absorbed.setdefault(event.other, Absorbed(event.originator_version, event.origin.causation_id))

    @applies(CustomerUnmerged)
    def _unmerged(self, event: CustomerUnmerged) -> None:
        for key, held in event.fields.items():
            for one in held:
                self._hold(event, key, _days(one), None)
        for code, held in event.responses.items():
            for one in held:
                self._hold_response(code, one, None)
        self.absorbed.pop(event.other, None)

    @applies(CustomerValuesPutBack)
    def _put_back(self, event: CustomerValuesPutBack) -> None:
        for key, held in {**event.fields, **_personal(event.personal_fields_put_back)}.items():
            for one in held:
                value = FieldValue(one.value or "", one.source, event.event_id, one.brought_by)
                self._hold(event, key, _days(one), value)
        for code, held in event.responses.items():
            for one in held:
                self._hold_response(code, one, one.brought_by)

    def _hold_response(self, code: int, held: Held, brought_by: str | None) -> None:
        """The response holds on its days, and whose merge brought it; none of both where there is no value."""
        days, line, taken = (
            _days(held),
            self.responses.get(code, Timeline()),
            self.responses_taken.get(code, Timeline()),
        )
        self.responses[code] = line.splice(days, held.value).timeline
        self.responses_taken[code] = taken.splice(days, brought_by).timeline

    @applies(CustomerMergedAway)
    def _merged_away(self, event: CustomerMergedAway) -> None:
        self.survivor, self.merged_by = event.survivor, event.origin.causation_id

    @applies(CustomerBroughtBack)
    def _brought_back(self, event: CustomerBroughtBack) -> None:
        del event
        self.survivor = self.merged_by = None


def _layer(line: Iterable[tuple[Days, LayerValue]]) -> Layer:
    """These values without those that are erased."""
    return Timeline(tuple(Version(days, of) for days, of in line if not isinstance(of.value, Erased)))


def _by_kind(values: Mapping[str, Any], definitions: Mapping[str, FieldDefinition], personal: str) -> dict[str, Any]:
    """The values of fields in two groups: `fields`, and under this name those of personal ones, or of fields that nobody knows."""
    sealed = {key for key in values if key not in definitions or definitions[key].personal}
    return {
        "fields": {key: held for key, held in values.items() if key not in sealed},
        personal: {key: held for key, held in values.items() if key in sealed},
    }


def _emptied(uncovered: Mapping[Any, Uncovered[LayerValue]]) -> dict[Any, list[Held]]:
    return {key: [_held(days) for days in one.empty] for key, one in uncovered.items() if one.empty}


def _found(uncovered: Mapping[Any, Uncovered[LayerValue]]) -> dict[Any, list[PutBack]]:
    return {key: [_put_back(version) for version in one.found] for key, one in uncovered.items() if one.found}


def _put_back(version: Version[LayerValue]) -> PutBack:
    days, of = version.days, version.content
    return PutBack(
        effective_from=days.first, effective_to=days.last, value=of.value, source=of.source, brought_by=of.brought_by
    )


def _held(days: Days, value: str | None = None) -> Held:
    return Held(effective_from=days.first, effective_to=days.last, value=value)


def _days(held: Held) -> Days:
    return Days(held.effective_from, held.effective_to)


def _personal(values: Any) -> Mapping[str, Any]:
    """Personal values by field; none once their key is destroyed, which hides the fields, too."""
    return {} if isinstance(values, Erased) else values

"""Merging duplicates and undoing it: which values the survivor takes, and what is taken back (rule 6.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from aggregates.aggregate import applies
from aggregates.customer.events import (
    CustomerBroughtBack,
    CustomerMerged,
    CustomerMergedAway,
    CustomerUnmerged,
    Held,
)
from aggregates.customer.fields import MERGED, BusinessFields, FieldValue
from aggregates.effective import Days, Timeline
from aggregates.errors import ConflictError, InvalidError
from aggregates.fact import Erased, Origin
from aggregates.field.field import FieldDefinition

T = TypeVar("T")


class MergedAwayError(ConflictError):
    """The customer with this `number` was merged into another; `survivor` is the number to go on with."""

    def __init__(self, number: str, survivor: str) -> None:
        super().__init__(f"Customer {number} was merged into {survivor}.")
        self.number, self.survivor = number, survivor


class MergeError(InvalidError):
    """These two cannot be merged, or this merge cannot be undone."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What a merge brought: its event, and the fields and categories of which something was taken."""

    event_id: UUID
    fields: tuple[str, ...]
    responses: tuple[int, ...]


class Merging(BusinessFields):
    """The part of a customer that takes another in, or goes into another."""

    KIND: ClassVar[str]
    responses: dict[int, Timeline[str]]
    responses_taken: dict[int, Timeline[UUID]]

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.registered_at: datetime | None = None
        self.survivor: str | None = None
        self.absorbed: dict[str, Absorbed] = {}

    # Decisions

    def absorb(self, origin: Origin, other: "Merging", definitions: Mapping[str, FieldDefinition]) -> None:
        """Takes the other customer in: a field or category gets the other's values on the days on which it has none here."""
        if other.number == self.number:
            raise MergeError("A customer cannot be merged with itself.", field="other")
        other.check_not_merged()
        self.check_not_merged()
        lacking = {key: _lacking(self.fields.get(key), held) for key, held in sorted(other.fields.items())}
        taken = {
            key: [_held(one.days, one.content.value) for one in held]
            for key, held in lacking.items()
            if held and not any(isinstance(one.content.value, Erased) for one in held)
        }
        personal = {key for key in taken if key not in definitions or definitions[key].personal}
        answers = {code: _lacking(self.responses.get(code), held) for code, held in sorted(other.responses.items())}
        responses = {code: [_held(one.days, one.content) for one in held] for code, held in answers.items() if held}
        self.record(
            CustomerMerged,
            origin,
            number=self.number,
            other=other.number,
            fields={key: held for key, held in taken.items() if key not in personal},
            personal_fields_taken={key: held for key, held in taken.items() if key in personal},
            responses=responses,
        )
        other.record(CustomerMergedAway, origin, number=other.number, survivor=self.number)

    def release(self, origin: Origin, other: "Merging") -> None:
        """Undoes the merge: what was taken then and still stands is taken back; what was set since stays."""
        absorbed = self.absorbed.get(other.number)
        if absorbed is None or other.survivor != self.number:
            raise MergeError(f"Customer {other.number} is not merged into {self.number}.", field="other")
        fields = {
            key: [
                _held(one.days)
                for one in self.fields.get(key, Timeline())
                if (one.content.source, one.content.event_id) == (MERGED, absorbed.event_id)
            ]
            for key in absorbed.fields
        }
        responses = {
            code: [
                _held(one.days)
                for one in self.responses_taken.get(code, Timeline())
                if one.content == absorbed.event_id
            ]
            for code in absorbed.responses
        }
        self.record(
            CustomerUnmerged,
            origin,
            number=self.number,
            other=other.number,
            fields={key: held for key, held in fields.items() if held},
            responses={code: held for code, held in responses.items() if held},
        )
        other.record(CustomerBroughtBack, origin, number=other.number, survivor=self.number)

    def check_not_merged(self) -> None:
        """Raises `MergedAwayError` for a customer that went into another."""
        if self.survivor is not None:
            raise MergedAwayError(self.number, self.survivor)

    # What the facts say

    @applies(CustomerMerged)
    def _merged(self, event: CustomerMerged) -> None:
        personal: Any = event.personal_fields_taken
        taken = {**event.fields, **({} if isinstance(personal, Erased) else personal)}
        for key, held in taken.items():
            for one in held:
                self._hold(event, key, _days(one), FieldValue(one.value or "", MERGED, event.event_id))
        for code, held in event.responses.items():
            for one in held:
                line, brought = self.responses.get(code, Timeline()), self.responses_taken.get(code, Timeline())
                self.responses[code] = line.supersede(_days(one), one.value or "")
                self.responses_taken[code] = brought.supersede(_days(one), event.event_id)
        self.absorbed[event.other] = Absorbed(event.event_id, tuple(taken), tuple(event.responses))

    @applies(CustomerUnmerged)
    def _unmerged(self, event: CustomerUnmerged) -> None:
        for key, held in event.fields.items():
            for one in held:
                self._hold(event, key, _days(one), None)
        for code, held in event.responses.items():
            for one in held:
                self.responses[code] = self.responses.get(code, Timeline()).clear(_days(one))
                self.responses_taken[code] = self.responses_taken.get(code, Timeline()).clear(_days(one))
        del self.absorbed[event.other]

    @applies(CustomerMergedAway)
    def _merged_away(self, event: CustomerMergedAway) -> None:
        self.survivor = event.survivor

    @applies(CustomerBroughtBack)
    def _brought_back(self, event: CustomerBroughtBack) -> None:
        del event
        self.survivor = None


def _lacking(mine: Timeline[T] | None, theirs: Timeline[T]) -> Timeline[T]:
    """What they have on days on which I have nothing: mine wins where it is set."""
    for one in mine or ():
        theirs = theirs.clear(one.days)
    return theirs


def _held(days: Days, value: str | None = None) -> Held:
    return Held(effective_from=days.first, effective_to=days.last, value=value)


def _days(held: Held) -> Days:
    return Days(held.effective_from, held.effective_to)

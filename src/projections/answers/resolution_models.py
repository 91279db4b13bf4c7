"""What past answers are compared by, and the answers about them: see `resolutions`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from aggregates.account.place import Place
from aggregates.account.resolving import Level
from projections.history.models import Cause
from projections.tables.plain import PlainValue

_Day = date


class CompareOutcome(StrEnum):
    """What became of one question."""

    SAME = "same"
    DIFFERS = "differs"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Question:
    """What applied to a transaction at `place` on a day, as known then. `row` is the number that the answer is given under."""

    row: int
    place: Place
    date: date
    known_at: datetime


class RowFault(BaseModel):
    """What is wrong with a row."""

    model_config = ConfigDict(frozen=True)

    field: str | None = Field(description="The column or member that is wrong; `null`: the row as a whole.")
    message: str = Field(description="What is wrong with it, in a sentence.")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is no question."""

    row: int
    errors: Sequence[RowFault]


class ResolutionDifference(BaseModel):
    """A value that is another one today than then; `null` where it is not set."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(description="Its path, such as `options.tolerance_percent` or `amounts.EUR.credit_limit`.")
    label: str = Field(description="What a form calls it.")
    before: PlainValue | None = Field(description="The value that was answered then.")
    after: PlainValue | None = Field(description="The value that is answered today.")
    before_level: Level | None = Field(description="The level that the value came from then.")
    after_level: Level | None = Field(description="The level that the value comes from today.")
    event_ids: list[UUID] = Field(description="The events at which it changed since then, in the order of the log.")


class ComparedResolution(BaseModel):
    """The answer to one row: whether the same values apply today as were answered then, and which events made the difference.

    About a place that was not known then, nothing was answered: all values before are `null`. `refused`: see `errors`.
    """

    model_config = ConfigDict(frozen=True)

    row: int = Field(description="The number of the row's line in what was sent, from 1.")
    outcome: CompareOutcome = Field(description="What became of the row.")
    account: str | None = Field(None, description="The account; `null` where the row could not be read.")
    site: str | None = Field(None, description="The site; `null` where the row names none or could not be read.")
    date: _Day | None = Field(None, description="The date of the transaction; `null` where the row could not be read.")
    known_at: datetime | None = Field(
        None, description="The instant at which it was answered; `null` where the row could not be read."
    )
    differences: list[ResolutionDifference] = Field([], description="The values that differ.")
    events: list[Cause] = Field([], description="The events that made them differ, in the order of the log.")
    more_events: bool = Field(
        default=False, description="Whether there were so many that the earliest of these events are left off."
    )
    errors: list[RowFault] = Field([], description="What is wrong with the row.")

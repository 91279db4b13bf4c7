"""What the read model `history` answers with."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from projections.tables.plain import PlainValue

ChangedTo = PlainValue | list[str] | None
"""A value before or after a change, as JSON has it."""


class InForce(BaseModel):
    """Days, both inclusive, on which what an event says about some things is in force; `effective_to` `None`: from then on.

    `about` names them: `name`, `responses.<category>`, `fields.<key>`, `profile`, `options`, `controls.<code>`.
    """

    model_config = ConfigDict(frozen=True)

    effective_from: date
    effective_to: date | None
    about: list[str]


class Superseded(InForce):
    """Days on which it is not any more, and the later event that superseded it there: `by`."""

    by: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of one event. `superseded_by`: the first later event that superseded a part of it and is about all that it is about."""

    superseded_by: UUID | None
    in_force: list[InForce]
    superseded: list[Superseded]


class ValueChange(BaseModel):
    """A value that an event changed, and of one with effective dates, on which days. What it says again, as it was, is no change."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(
        description="The value, such as `fields.city`, `options.tolerance_percent`, `responses.1` or `description`."
    )
    effective_from: date | None = Field(
        description="The first day on which it changed; `null` where it has no effective dates."
    )
    effective_to: date | None = Field(
        description="The last day on which it changed; `null` where that is open or it has no effective dates."
    )
    before: ChangedTo = Field(description="The value before; `null` where there was none.")
    after: ChangedTo = Field(description="The value afterwards; `null` where there is none.")


class HistoryEntry(BaseModel):
    """One event. `version` is the one that it made.

    `changes` are the values before and after (rule 0.1), masked where their field is, then or now; of an erased customer they read as
    erased. `data` is all that the event says.

    `in_force` are the days on which what it says is in force at the given instant, `superseded` its other days, each with the later
    event that superseded it there (rule 2.22). `superseded_by` is the first of those events; what is about several business fields is
    superseded by what is about all of them.

    `back_dated`: it holds from a day before the one on which it was recorded, in the company's time zone (rule 0.4).
    """

    model_config = ConfigDict(frozen=True)

    position: int
    event_id: UUID
    kind: str = Field(description="The kind of thing that it is about, such as `customer`.")
    key: str = Field(description="The one of that kind, such as a customer number.")
    topic: str
    version: int
    recorded_at: datetime
    actor: str
    role: str
    source: str
    reason: str | None
    correlation_id: UUID
    causation_id: UUID = Field(
        description="The id of its cause: of the request or job, the same for all events of one command."
    )
    caused_by: UUID | None = Field(
        description="The event that is its cause, such as the arrival of the file whose row it took; `null` where a request is."
    )
    caused: list[UUID] = Field(
        description="The first ten events of which it is the cause; the filter `causation_id` finds all of them."
    )
    effective_from: date | None
    effective_to: date | None
    back_dated: bool
    superseded_by: UUID | None
    in_force: list[InForce]
    superseded: list[Superseded]
    changes: list[ValueChange]
    data: dict[str, Any]


class FoundEvent(BaseModel):
    """An event that was found by its id. `kind` and `key` are those of its history."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID = Field(description="Its id.")
    position: int = Field(description="Its position in the log.")
    topic: str = Field(description="What it says, such as `customer.renamed`.")
    kind: str = Field(description="What it is about: the family of its topic, such as `customer`.")
    key: str = Field(description="Which one of that kind, such as a customer number.")
    recorded_at: datetime = Field(description="When it was recorded.")


class Cause(BaseModel):
    """An event that made something differ: who recorded it, when and why."""

    model_config = ConfigDict(frozen=True)

    event_id: UUID = Field(description="Its id.")
    position: int = Field(description="Its position in the log.")
    topic: str = Field(description="What it says, such as `account.profile_updated`.")
    recorded_at: datetime = Field(description="When it was recorded.")
    actor: str = Field(description="Who recorded it.")
    role: str = Field(description="The role of who recorded it.")
    source: str = Field(description="The way by which it came.")
    reason: str | None = Field(description="Why; `null` where no reason was given.")

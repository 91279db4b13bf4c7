"""What made a value so: the event, and the way by which it came. One shape for every read at two clocks (rules 0.1, 0.2, 2.13, 2.18).

Answers that can be explained derive from `Explainable`; `answers.explanations` finds out what is in them.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from projections.tables.plain import PlainValue

Told = PlainValue | list[str] | None
"""A value as JSON has it."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class ByUpload(_Model):
    """The row of a contact file that brought a value (rule 3.2)."""

    upload: str = Field(description="The id of the upload.")
    file: str | None = Field(description="The name of the file; `null` where its arrival is not known.")
    row: int = Field(description="The row of the file, counted from 1.")
    column: str | None = Field(
        description="The column, as the mapping writes it; `null` where the row has none for it."
    )
    mapping: str | None = Field(description="The name of the saved mapping; `null` where the upload named none.")
    mapping_version: int | None = Field(description="The version of that mapping when the file came in.")


class DuringInteraction(_Model):
    """The call, or its wrap-up, in which an agent gave a value (rule 3.4)."""

    interaction: str = Field(description="The id of the interaction.")
    agent: str = Field(description="The agent.")
    customer: str = Field(description="The customer of the call, merged into another since or not.")
    started_at: datetime = Field(description="When the call began.")
    saw: Told = Field(
        description="The value that the agent saw: a save is refused where the field was changed since (rule 3.7)."
    )


class OfProfileClass(_Model):
    """Where a value of a profile comes from: a version of its class, or a change on the account or site (rules 2.7-2.9, 2.16)."""

    level: Literal["site", "account", "system"] = Field(description="The level that sets the value.")
    origin: Literal["class", "here"] | None = Field(
        description="From the class, or set here; `null` for a system option."
    )
    profile_class: str | None = Field(description="The class; `null` for a system option.")
    class_version: int | None = Field(description="The version of the class; `null` for a system option.")
    class_event_id: UUID | None = Field(
        description="The id of the event that made this version of the class; `null` where the value is not of the class."
    )
    propagated: bool = Field(
        description="Whether a run of this version wrote the value into an existing profile (rule 2.16)."
    )


class LostValue(_Model):
    """A value of a customer that was merged into this one, in whose place another holds (rule 6.1)."""

    customer: str = Field(description="The number of the customer that was merged.")
    value: str = Field(description="The value that the customer had, masked where its field is.")


class OfMerge(_Model):
    """The side of a merge that a value comes from, and what the others would have brought (rule 6.1)."""

    side: Literal["survivor", "other"] = Field(description="Whether the value is the survivor's own.")
    brought_by: str | None = Field(
        description="The number of the customer whose merge brought the value; `null` where it is the survivor's own."
    )
    lost: list[LostValue] = Field(description="The values of the others, which do not hold.")


class Explanation(_Model):
    """The event that made a value so, and the way by which it came: an upload, an interaction, a class, a merge, or none of them."""

    event_id: UUID = Field(description="The id of the event.")
    position: int = Field(description="Its position in the log.")
    topic: str = Field(description="What it says, such as `customer.field_edited`.")
    version: int = Field(description="The version that it made of what it is about.")
    recorded_at: datetime = Field(description="When it was recorded.")
    effective_from: date | None = Field(
        description="The first day for which it said so; `null` where it has no effective dates."
    )
    effective_to: date | None = Field(
        description="The last day for which it said so; `null` where that is open, or it has no effective dates."
    )
    back_dated: bool = Field(description="Whether it holds from a day before the one on which it was recorded.")
    actor: str = Field(description="Who did it.")
    role: str = Field(description="The role in which it was done.")
    source: str = Field(description="The way by which it was sent.")
    reason: str | None = Field(description="Why it was done; `null` where no reason was given.")
    correlation_id: UUID = Field(description="The id that ties together what belongs together.")
    changed: bool = Field(description="Whether it changed the value; `false` where it said again what held before.")
    before: Told = Field(
        description="The value before, masked where its field is; `null` where there was none, or it is said again."
    )
    upload: ByUpload | None = Field(description="The row of a file that brought it; `null` where none did.")
    interaction: DuringInteraction | None = Field(description="The call in which it was given; `null` outside a call.")
    profile_class: OfProfileClass | None = Field(description="Of a profile or a system option, where it comes from.")
    merge: OfMerge | None = Field(
        description="The side of a merge that it comes from; `null` where no merge is concerned."
    )


Explanations = dict[str, Explanation]
"""By the path of the value, as histories name it: `name`, `responses.1`, `fields.city`, `options.collector`, `controls.K87`."""


class Explainable(_Model):
    """An answer whose values can be explained."""

    explanations: Explanations | None = Field(
        None,
        exclude_if=lambda explanations: explanations is None,
        description="What made each value so, by path as in histories; only with `explain=true`.",
    )

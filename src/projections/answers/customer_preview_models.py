"""What a preview of a change of a customer answers with: see `customer_preview`."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from projections.answers.differences import Difference
from projections.answers.impact import DayRange, Impact, Model, PreviewPast

MOST_CHANGES: Final = 200
"""Changes that an answer holds."""
MOST_DELIVERIES: Final = 100
"""Deliveries that an answer holds."""


class PreviewChange(Difference, DayRange):
    """A value that would be recorded, on days on which one value, or none, holds now. It may be the same value.

    `field` is `fields.<key>` (masked values as `••••`) or `responses.<category>` (response codes, with their descriptions).
    """


class ImpactDelivery(Model):
    """A delivery that Customer Engagement has, and that says of some days what would not hold on them any more."""

    delivery_id: UUID = Field(description="The delivery, as `/v1/deliveries` names it.")
    field: str = Field(description="The path of the value that was sent: `fields.<key>` or `responses.<category>`.")
    attribute: str = Field(description="The attribute that it was sent as.")
    sent_at: datetime = Field(description="When it was accepted.")
    days: list[DayRange] = Field(description="The days of which it would say something else than what holds.")


class CustomerImpact(Impact):
    """The answers that would differ if the change were made. A change that follows may carry the digest."""

    deliveries: list[ImpactDelivery] = Field(
        description=f"Deliveries that were sent and would differ, the oldest first: the first {MOST_DELIVERIES}. What was sent again"
        " since counts in its place."
    )
    deliveries_left_off: int = Field(description="How many deliveries there are besides.")


class CustomerPreviewRead(Model):
    """The effect that a change of a customer's fields and responses would have. Nothing of it is recorded."""

    number: str = Field(description="Customer number.")
    version: int = Field(description="Version of the customer that this was decided on.")
    today: date = Field(description="The business day that it was decided on.")
    changed: bool = Field(description="Whether the change would record anything.")
    changes: list[PreviewChange] = Field(
        description=f"What would be recorded, with what holds on the days now: the first {MOST_CHANGES}."
    )
    changes_left_off: int = Field(description="How many changes there are besides.")
    past: PreviewPast | None = Field(description="The days in the past; `null`: none.")
    impact: CustomerImpact | None = Field(
        None, description="The answers that would differ; `null` where it was not asked for."
    )


class MergePreviewRead(CustomerPreviewRead):
    """The effect that a merge would have on the survivor, whose `number` this is. Nothing of it is recorded.

    `version` is that of the customer in the path, whoever survives.
    """

    survivor: str = Field(description="Number of the customer who would stay.")
    merged_away: str = Field(description="Number of the customer whose number would lead to the survivor.")

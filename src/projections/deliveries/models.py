"""What the read model `deliveries` answers with."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Status = Literal["waiting", "sent", "not_sent", "dead"]


class Decision(BaseModel):
    """Whether and as what one change is forwarded. `value` is `None` when there is none any more, or it is `personal`.

    `delivery_id` is its idempotency key; `place` its place among those of the event. `not_sent_reason` is `None` exactly when it is
    to be sent; then there is an `attribute`. Several changes of one event that are not sent are separated by spaces in `mapped`.
    """

    model_config = ConfigDict(frozen=True)

    delivery_id: UUID
    event_id: UUID
    position: int
    place: int
    number: str
    mapped: str
    attribute: str | None
    value: str | None
    personal: bool
    effective_from: date
    effective_to: date | None
    not_sent_reason: str | None
    recorded_at: datetime


class Delivery(BaseModel):
    """What became of one change. `reason` says why it was not sent, or why it is dead; `at`: when it came to this status.

    `delivery_id` names its dead letter, too; it is the event's id, unless one event may bring several changes. `mapped` is what was
    changed: `category:<code>` or `field:<key>`. The value of a `personal` field is not shown here. `value` is the one that was recorded:
    where its dead letter was `corrected`, the `corrected_value` is sent in its place.
    """

    model_config = ConfigDict(frozen=True)

    delivery_id: UUID
    event_id: UUID
    position: int
    number: str
    mapped: list[str]
    attribute: str | None
    value: str | None
    personal: bool
    corrected: bool
    corrected_value: str | None
    effective_from: date
    status: Status
    reason: str | None
    attempts: int
    at: datetime

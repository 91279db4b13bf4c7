"""Rows of the log: what is handed in (`NewEvent`) and what comes back (`RecordedEvent`), and the digest that chains them."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, cast
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from aggregates.setup.catalogue import FAMILIES

NO_DIGEST: Final = b""
"""The previous digest of an aggregate's first event."""
COLUMNS: Final = (
    "originator_id, originator_version, topic, state, position, event_id, recorded_at, correlation_id, previous_digest"
)
"""Columns of table `events`, in the order of `RecordedEvent`'s fields."""
SETUP_EVENTS: Final = "split_part(topic, '.', 1) IN ({})".format(", ".join(f"'{family}'" for family in FAMILIES))
"""Condition of the index `events_of_setup`."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class NewEvent(StoredEvent):
    """An event on its way into the log. `new_key` is the wrapped personal key that must be stored with it, if any."""

    event_id: UUID
    correlation_id: UUID
    new_key: bytes | None = None

    @property
    def uuid(self) -> UUID:
        """The id of its aggregate."""
        return cast("UUID", self.originator_id)


@dataclass(frozen=True)
class RecordedEvent(Notification):
    """An event of the log; `id` is its position."""

    event_id: UUID
    recorded_at: datetime
    correlation_id: UUID
    previous_digest: bytes

    @property
    def uuid(self) -> UUID:
        """The id of its aggregate."""
        return cast("UUID", self.originator_id)


_FIELDS: Final = tuple(field.name for field in fields(RecordedEvent))


def new_event(values: dict[str, Any]) -> NewEvent:
    """The event with these values for all of its fields; why it is made so: see `recorded_event`."""
    event = object.__new__(NewEvent)
    object.__setattr__(event, "__dict__", values)
    return event


def recorded_event(row: tuple[Any, ...]) -> RecordedEvent:
    """The event in a row of `COLUMNS`. Every event that is read passes here: setting nine frozen fields singly takes five times as long."""
    event = object.__new__(RecordedEvent)
    object.__setattr__(event, "__dict__", dict(zip(_FIELDS, row, strict=True)))
    return event


def digest(previous: bytes, event: NewEvent | RecordedEvent, recorded_at: datetime) -> bytes:
    """SHA-256 over everything an event says and over the digest before it: a changed row breaks every later digest."""
    since = recorded_at - _EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    ids = event.uuid.bytes + event.event_id.bytes + event.correlation_id.bytes
    numbers = b"%d/%d/" % (event.originator_version, microseconds)
    return sha256(b"".join((previous, ids, numbers, event.topic.encode(), b"\0", event.state))).digest()


def digest_of(event: RecordedEvent) -> bytes:
    """The digest of a recorded event."""
    return digest(event.previous_digest, event, event.recorded_at)

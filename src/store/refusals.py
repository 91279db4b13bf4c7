"""Messages that Kafka refused for good (table of migration 10): while one is open, the later messages of its key wait (rule 4.3).

The relay writes here, through the connection that holds its lock; the command line reads, and asks for one to be sent again or to be
skipped. The events are in the log: what waits is every later event of the same aggregate up to the relay's position.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from aggregates.errors import ConflictError, NotFoundError
from store.database import Row
from store.events import COLUMNS, RecordedEvent, recorded_event
from store.log import RELAY
from store.outcomes import printable

MOST_REFUSALS: Final = 500
"""A page."""
CHANNEL: Final = "relay"
"""Tells the relay that something was asked for."""
Wish = Literal["sending", "skipping"]
"""The state that an operator's request gives a refusal."""

_REFUSAL: Final = """
    position, event_id, originator_id, type, key, bytes, reason, refused_at, attempts, state, requested_by, requested_at, settled_at,
    CASE WHEN settled_at IS NULL THEN (
        SELECT count(*) FROM events AS later WHERE later.originator_id = refused.originator_id AND later.position > refused.position
        AND later.position <= (SELECT position FROM tracking WHERE follower = %(follower)s)
    ) ELSE 0 END AS waiting
"""
_REFUSE: Final = """
    INSERT INTO refused_messages (position, event_id, originator_id, type, key, bytes, reason) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (position) DO UPDATE SET bytes = excluded.bytes, reason = excluded.reason, refused_at = clock_timestamp(),
    attempts = refused_messages.attempts + 1, state = 'refused', settled_at = NULL
"""
_LATER: Final = f"""
    SELECT {COLUMNS} FROM events WHERE originator_id = %s AND position >= %s AND position <= %s ORDER BY position LIMIT %s
"""


class RefusalNotFoundError(NotFoundError):
    """Kafka has not refused the message of this event."""


class RefusalSettledError(ConflictError):
    """The message was sent or skipped already."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused message. `waiting`: later events of its key that wait for it."""

    position: int
    event_id: UUID
    originator_id: UUID
    type: str
    key: str
    bytes: int
    reason: str
    refused_at: datetime
    attempts: int
    state: Literal["refused", "sending", "skipping", "sent", "skipped"]
    requested_by: str | None
    requested_at: datetime | None
    settled_at: datetime | None
    waiting: int


def refusals(connection: Connection[Row], after: int = 0, *, settled: bool = False) -> list[Refusal]:
    """Up to `MOST_REFUSALS` refused messages after a position, in order; also the `settled` ones if asked."""
    condition = "" if settled else "AND settled_at IS NULL"
    return _select(connection, f"position > %(after)s {condition} ORDER BY position LIMIT {MOST_REFUSALS}", after=after)


def refusal(connection: Connection[Row], event_id: UUID) -> Refusal:
    """The refused message of an event. Raises `RefusalNotFoundError`."""
    for message in _select(connection, "event_id = %(event_id)s", event_id=event_id):
        return message
    raise RefusalNotFoundError(f"Kafka has not refused the message of event {event_id}.")


def requested(connection: Connection[Row]) -> list[Refusal]:
    """The refused messages that are to be sent again, or skipped, in order."""
    return _select(connection, "state IN ('sending', 'skipping') ORDER BY position")


def _select(connection: Connection[Row], condition: str, **values: Any) -> list[Refusal]:
    with connection.cursor(row_factory=class_row(Refusal)) as cursor:
        cursor.execute(
            f"SELECT {_REFUSAL} FROM refused_messages AS refused WHERE {condition}", {"follower": RELAY, **values}
        )
        return cursor.fetchall()


def count(connection: Connection[Row]) -> int:
    """Returns the number of keys that wait for a refused message."""
    row = connection.execute("SELECT count(*) FROM refused_messages WHERE settled_at IS NULL").fetchone()
    return row[0] if row else 0


def ask(connection: Connection[Row], event_id: UUID, by: str, wish: Wish) -> Refusal:
    """Asks the relay to send a refused message again, or to skip it, and then to send what waits for it.

    Raises:
        RefusalNotFoundError, RefusalSettledError: see there.
    """
    if refusal(connection, event_id).settled_at is not None:
        raise RefusalSettledError(f"The message of event {event_id} was settled already.")
    connection.execute(
        "UPDATE refused_messages SET state = %s, requested_by = %s, requested_at = clock_timestamp()"
        " WHERE event_id = %s AND settled_at IS NULL",
        [wish, by, event_id],
    )
    connection.execute("SELECT pg_notify(%s, '')", [f"dossier_{_schema(connection)}_{CHANNEL}"])
    return refusal(connection, event_id)


def _schema(connection: Connection[Row]) -> str:
    row = connection.execute("SELECT current_schema()").fetchone()
    return str(row[0]) if row else ""


def try_all_again(connection: Connection[Row]) -> None:
    """Marks all open refusals to be sent again, since a restarted relay may have other limits or read more."""
    connection.execute("UPDATE refused_messages SET state = 'sending' WHERE state = 'refused'")


def refuse(connection: Connection[Row], event: RecordedEvent, key: bytes, size: int, reason: str) -> None:
    """Writes down that the message of an event was refused; its key waits from now on."""
    values = [event.id, event.event_id, event.uuid, event.topic, key.decode(), size, printable(reason)]
    connection.execute(_REFUSE, values)


def settle(connection: Connection[Row], settled: Refusal) -> None:
    """Writes down that what was asked for is done; its key waits no longer."""
    state = "skipped" if settled.state == "skipping" else "sent"
    connection.execute(
        "UPDATE refused_messages SET state = %s, settled_at = clock_timestamp() WHERE position = %s",
        [state, settled.position],
    )


def blocked(connection: Connection[Row]) -> set[UUID]:
    """Aggregates whose messages wait for a refused one."""
    return {id_ for (id_,) in connection.execute("SELECT originator_id FROM refused_messages WHERE settled_at IS NULL")}


def events_of(
    connection: Connection[Row], originator_id: UUID, first: int, last: int, limit: int
) -> Sequence[RecordedEvent]:
    """Up to `limit` events of an aggregate from one position to another, both inclusive, in order."""
    return [recorded_event(row) for row in connection.execute(_LATER, [originator_id, first, last, limit], binary=True)]

"""How the forwarder writes down what became of each sending (tables of migration 3; read through `store.deliveries`).

Every write may come twice and counts once: what was sent stays sent, and a dead letter is renewed only by a resend. Each function
runs in the caller's transaction.
"""

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from store.database import Row
from store.deliveries import LETTER, DeadLetter, Sending

LONGEST_REASON: Final = 2_000
"""Characters kept of a reason."""
KEPT_MESSAGE_BYTES: Final = 65_536
"""Bytes kept of a message that nobody could read; the dead-letter topic has all of it."""


def printable(reason: str) -> str:
    """The reason as any table or header takes it: of bounded length, without null characters and lone surrogates."""
    return reason[:LONGEST_REASON].replace("\0", "").encode("utf-8", "replace").decode()


def lock_customer(connection: Connection[Row], number: str) -> None:
    """Waits for, and holds to the end of the transaction, the right to send values of one customer.

    A resend and the sending of a later value of the same customer never overlap, in whichever processes they are.
    """
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('dossier/' || current_schema() || '/send/' || %s, 0))", [number]
    )


def record_sent(connection: Connection[Row], sending: Sending, attempts: int) -> None:
    """The value was accepted after this many requests."""
    _record(connection, sending, "sent", attempts, None)


def record_resent(connection: Connection[Row], sending: Sending, attempts: int) -> None:
    """The value of a dead letter was accepted after this many further requests."""
    record_sent(connection, sending, attempts)
    connection.execute(
        "UPDATE dead_letters SET state = 'resent', attempts = attempts + %s, resent_at = clock_timestamp()"
        " WHERE event_id = %s AND state <> 'resent'",
        [attempts, sending.event_id],
    )


def record_dead(
    connection: Connection[Row], sending: Sending, attempts: int, reason: str, status_code: int | None
) -> None:
    """The value was refused, or failed to the last try: its outcome is dead, and its dead letter is made or renewed."""
    _record(connection, sending, "dead", attempts, reason)
    connection.execute(
        "INSERT INTO dead_letters (event_id, number, attribute, value, effective_from, effective_to, position,"
        " reason, status_code, attempts, personal) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (event_id) DO UPDATE SET state = 'dead', reason = excluded.reason,"
        " status_code = excluded.status_code, attempts = dead_letters.attempts + excluded.attempts,"
        " died_at = clock_timestamp() WHERE dead_letters.state = 'resending'",
        [
            sending.event_id,
            sending.number,
            sending.attribute,
            None if sending.personal else sending.value,
            sending.effective_from,
            sending.effective_to,
            sending.position,
            printable(reason),
            status_code,
            attempts,
            sending.personal,
        ],
    )


def _record(
    connection: Connection[Row], sending: Sending, status: Literal["sent", "dead"], attempts: int, reason: str | None
) -> None:
    connection.execute(
        "INSERT INTO delivery_outcomes (event_id, status, attempts, reason, number, attribute, position)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (event_id) DO UPDATE SET status = excluded.status,"
        " attempts = delivery_outcomes.attempts + excluded.attempts, reason = excluded.reason, at = clock_timestamp()"
        " WHERE delivery_outcomes.status = 'dead'",
        [
            sending.event_id,
            status,
            attempts,
            reason and printable(reason),
            sending.number,
            sending.attribute,
            sending.position,
        ],
    )


def record_unreadable(connection: Connection[Row], event_id: UUID, source: str, reason: str, message: bytes) -> None:
    """Keeps a message that could not be read; `source` is its topic, partition and offset, from which `event_id` is derived."""
    connection.execute(
        "INSERT INTO dead_letters (event_id, reason, attempts, source, message) VALUES (%s, %s, 0, %s, %s)"
        " ON CONFLICT (event_id) DO NOTHING",
        [event_id, printable(reason), source, message[:KEPT_MESSAGE_BYTES]],
    )


def take_resend(connection: Connection[Row], passed_over: Sequence[UUID] = ()) -> DeadLetter | None:
    """The oldest dead letter that is to be sent again, `None` when there is none."""
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        cursor.execute(
            f"SELECT {LETTER} FROM dead_letters WHERE state = 'resending' AND event_id <> ALL(%s)"
            " ORDER BY position LIMIT 1",
            [list(passed_over)],
        )
        return cursor.fetchone()

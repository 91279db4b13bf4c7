"""The outcome of each forwarding, and the dead letters that can be corrected and sent again (rules 4.4, 4.5).

The API and the command line read here and ask for a resend; the forwarder writes through `store.outcomes`. Outcomes are not facts:
they are not in the log and no rebuild touches them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import EllipsisType
from typing import Final, Literal
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from aggregates.errors import ConflictError, InvalidError, NotFoundError
from store.database import Row

LONGEST_VALUE: Final = 1_000
"""Characters of a corrected value."""
MOST_LETTERS: Final = 500
"""Dead letters a page."""

LETTER: Final = (
    "event_id, letter, number, attribute, value, effective_from, effective_to, position, reason, status_code, attempts,"
    " died_at, state, corrected, corrected_value, forced, resend_requested_by, resend_requested_at, resent_at, source, personal"
)
"""Columns of table `dead_letters`, in the order of `DeadLetter`'s fields."""
_SUPERSEDED: Final = """
    SELECT event_id FROM delivery_outcomes
    WHERE status = 'sent' AND number = %s AND attribute = %s AND position > %s ORDER BY position DESC LIMIT 1
"""


class DeadLetterNotFoundError(NotFoundError):
    """There is no dead letter for this event."""


class NotResendableError(ConflictError):
    """The dead letter is on its way already, was sent already, or has nothing that could be sent."""


class SupersededError(ConflictError):
    """A later value of the same customer and attribute was sent already: sending this one would bring the old value back."""


class CorrectedValueError(InvalidError):
    """The corrected value cannot be sent."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The outcome of one event's forwarding."""

    event_id: UUID
    status: Literal["sent", "dead"]
    attempts: int
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Sending:
    """One value on its way to Customer Engagement. `value` is `None` when the attribute is cleared.

    `event_id` is the id of the change: that of its event, or one derived from it where an event brings several changes. A `personal`
    value is kept nowhere on the way.
    """

    event_id: UUID
    number: str
    attribute: str
    value: str | None
    effective_from: date
    effective_to: date | None
    position: int
    personal: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A forwarding that died; `letter` is its place in the list. Without a `number` it is a message nobody could read.

    `event_id` is that of the `Sending`. A `personal` value is not in it, and is looked up in the log when it is sent again.
    """

    event_id: UUID
    letter: int
    number: str | None
    attribute: str | None
    value: str | None
    effective_from: date | None
    effective_to: date | None
    position: int | None
    reason: str
    status_code: int | None
    attempts: int
    died_at: datetime
    state: Literal["dead", "resending", "resent"]
    corrected: bool
    corrected_value: str | None
    forced: bool
    resend_requested_by: str | None
    resend_requested_at: datetime | None
    resent_at: datetime | None
    source: str | None
    personal: bool

    @property
    def sending(self) -> Sending | None:
        """The change to send, with its corrected value where it has one; `None` when there is nothing that could be sent."""
        if self.number is None or self.attribute is None or self.effective_from is None or self.position is None:
            return None
        value = self.corrected_value if self.corrected else self.value
        return Sending(
            self.event_id,
            self.number,
            self.attribute,
            value,
            self.effective_from,
            self.effective_to,
            self.position,
            self.personal,
        )


# Reading


def outcome(connection: Connection[Row], event_id: UUID) -> Delivered | None:
    """The outcome of an event, `None` while it has none."""
    with connection.cursor(row_factory=class_row(Delivered)) as cursor:
        cursor.execute(
            "SELECT event_id, status, attempts, reason, at FROM delivery_outcomes WHERE event_id = %s", [event_id]
        )
        return cursor.fetchone()


def outcomes(connection: Connection[Row], event_ids: Sequence[UUID]) -> dict[UUID, Delivered]:
    """The outcomes of many events by id; events without one are left out."""
    with connection.cursor(row_factory=class_row(Delivered)) as cursor:
        cursor.execute(
            "SELECT event_id, status, attempts, reason, at FROM delivery_outcomes WHERE event_id = ANY(%s)",
            [list(event_ids)],
        )
        return {delivered.event_id: delivered for delivered in cursor}


def dead_letters(
    connection: Connection[Row],
    limit: int = 100,
    after: int = 0,
    *,
    state: str | None = None,
    reason: str | None = None,
) -> list[DeadLetter]:
    """Up to `limit` (at most one more than `MOST_LETTERS`) dead letters after the letter with this number, in order of dying.

    Only those in one state, or with one reason, where given.
    """
    chosen = {"letter > %s": after, "state = %s": state, "reason = %s": reason}
    conditions = {condition: value for condition, value in chosen.items() if value is not None}
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        cursor.execute(
            f"SELECT {LETTER} FROM dead_letters WHERE {' AND '.join(conditions)} ORDER BY letter LIMIT %s",
            [*conditions.values(), min(limit, MOST_LETTERS + 1)],
        )
        return cursor.fetchall()


def dead_letter(connection: Connection[Row], event_id: UUID) -> DeadLetter | None:
    """The dead letter of an event, `None` when it has none."""
    with connection.cursor(row_factory=class_row(DeadLetter)) as cursor:
        cursor.execute(f"SELECT {LETTER} FROM dead_letters WHERE event_id = %s", [event_id])
        return cursor.fetchone()


def superseded_by(connection: Connection[Row], sending: Sending) -> UUID | None:
    """The latest event whose value for the same customer and attribute was sent although it is later than this one."""
    row = connection.execute(_SUPERSEDED, [sending.number, sending.attribute, sending.position]).fetchone()
    return row[0] if row else None


# Asking for a resend


def request_resend(
    connection: Connection[Row],
    event_id: UUID,
    actor: str,
    *,
    value: str | EllipsisType | None = ...,
    force: bool = False,
) -> DeadLetter:
    """Asks the forwarder to send a dead letter again; gives the letter as it stands then (state `resending`).

    `value` corrects what is sent (`None` clears the attribute); left out, the letter is sent as it was, or as last corrected.

    Raises:
        DeadLetterNotFoundError: no such letter.
        NotResendableError: it is on its way, was sent already, or holds nothing that could be sent.
        SupersededError: a later value was sent already, and `force` was not given.
        CorrectedValueError: the value is empty or longer than `LONGEST_VALUE`, or the letter is of a personal field.
    """
    _check_value(value)
    with connection.transaction():
        connection.execute("SELECT 1 FROM dead_letters WHERE event_id = %s FOR UPDATE", [event_id])
        letter = dead_letter(connection, event_id)
        _check_resendable(connection, letter, event_id, force=force)
        if isinstance(value, str) and letter is not None and letter.personal:
            raise CorrectedValueError("A personal value is corrected at the customer, not here.", field="value")
        connection.execute(
            "UPDATE dead_letters SET state = 'resending', forced = %s, resend_requested_by = %s,"
            " resend_requested_at = clock_timestamp() WHERE event_id = %s",
            [force, actor, event_id],
        )
        if not isinstance(value, EllipsisType):
            connection.execute(
                "UPDATE dead_letters SET corrected = true, corrected_value = %s WHERE event_id = %s", [value, event_id]
            )
        connection.execute("SELECT pg_notify('dossier_' || current_schema() || '_resend', %s)", [str(event_id)])
        requested = dead_letter(connection, event_id)
    if requested is None:
        raise DeadLetterNotFoundError(f"There is no dead letter for event {event_id}.")
    return requested


def _check_value(value: str | EllipsisType | None) -> None:
    if isinstance(value, str) and not 1 <= len(value) <= LONGEST_VALUE:
        raise CorrectedValueError(f"The value must have 1 to {LONGEST_VALUE} characters.", field="value")


def _check_resendable(connection: Connection[Row], letter: DeadLetter | None, event_id: UUID, *, force: bool) -> None:
    if letter is None:
        raise DeadLetterNotFoundError(f"There is no dead letter for event {event_id}.")
    if letter.state == "resending":
        raise NotResendableError("This dead letter is being sent again already.")
    if letter.state == "resent":
        raise NotResendableError("This dead letter was sent again already.")
    sending = letter.sending
    if sending is None:
        raise NotResendableError("This message could not be read: it holds nothing that could be sent.")
    later = None if force else superseded_by(connection, sending)
    if later is not None:
        raise SupersededError(
            f"A later value of {sending.attribute} was sent for customer {sending.number} already (event {later})."
        )

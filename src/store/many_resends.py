"""Dead letters by reason, and the resend of many of them at once (rule 4.4). See `store.deliveries` for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from aggregates.errors import ConflictError
from store.database import Row

MOST_REASONS: Final = 100
"""Reasons in an answer."""
MOST_RESENT: Final = 100_000
"""Dead letters that are sent again at once."""
MOST_REFUSALS: Final = 100
"""Dead letters that are named where they cannot be sent again."""

_REASONS: Final = """
    SELECT reason, count(*) AS dead, count(*) FILTER (WHERE number IS NULL) AS unreadable,
           min(died_at) AS first_died_at, max(died_at) AS last_died_at, sum(count(*)) OVER ()::bigint AS total
    FROM dead_letters WHERE state = 'dead' GROUP BY reason ORDER BY dead DESC, reason LIMIT %s
"""
_CHOSEN: Final = """
    SELECT event_id FROM dead_letters
    WHERE state = 'dead' AND (reason = %(reason)s::text OR event_id = ANY(%(event_ids)s::uuid[]))
    ORDER BY letter FOR UPDATE
"""
_SUPERSEDED: Final = """
    EXISTS (
        SELECT FROM delivery_outcomes AS later
        WHERE later.status = 'sent' AND later.number = letter.number AND later.attribute = letter.attribute
          AND later.position > letter.position
    )
"""
_REQUEST: Final = f"""
    UPDATE dead_letters AS letter
    SET state = 'resending', forced = %(force)s, resend_requested_by = %(actor)s, resend_requested_at = clock_timestamp()
    WHERE event_id = ANY(%(chosen)s) AND number IS NOT NULL AND (%(force)s OR NOT {_SUPERSEDED})
"""
_REFUSALS: Final = """
    SELECT event_id, number IS NULL FROM dead_letters
    WHERE event_id = ANY(%(chosen)s) AND state = 'dead' ORDER BY letter LIMIT %(most)s
"""


class CountChangedError(ConflictError):
    """The dead letters that were chosen are not as many as the caller saw. `count` is their number now."""

    def __init__(self, seen: int, count: int) -> None:
        super().__init__(f"You saw {seen:,}, but there are {count:,} now. Nothing was sent again.", field="count")
        self.count = count


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, the number of dead letters that have it, and when the first and the last of them died.

    `unreadable` of them hold nothing that could be sent; `total` is the number of dead letters with whatever reason.
    """

    reason: str
    dead: int
    unreadable: int
    first_died_at: datetime
    last_died_at: datetime
    total: int


@dataclass(frozen=True, slots=True)
class Requested:
    """How many resends were requested and refused, and why the first `MOST_REFUSALS` of the latter were."""

    requested: int
    refused: int
    refusals: Sequence[tuple[UUID, str]]


def reasons(connection: Connection[Row]) -> list[Reason]:
    """Returns the `MOST_REASONS` reasons that most dead letters have, the most frequent first. What was sent again is not counted."""
    with connection.cursor(row_factory=class_row(Reason)) as cursor:
        return cursor.execute(_REASONS, [MOST_REASONS]).fetchall()


def request_resends(
    connection: Connection[Row],
    actor: str,
    *,
    seen: int,
    reason: str | None = None,
    event_ids: Sequence[UUID] = (),
    force: bool = False,
) -> Requested:
    """Requests that the dead letters with this reason, or of these events, are sent again as they were, or as last corrected.

    Those that hold nothing to send, and those whose attribute has a later value that was sent, stay dead; `force` sends the latter, too.
    Raises `CountChangedError` where there are not `seen` of them; then nothing is requested.
    """
    with connection.transaction():
        rows = connection.execute(_CHOSEN, {"reason": reason, "event_ids": list(event_ids)}).fetchall()
        if len(rows) != seen:
            raise CountChangedError(seen, len(rows))
        parameters: dict[str, Any] = {"chosen": [event_id for (event_id,) in rows], "force": force, "actor": actor}
        requested = connection.execute(_REQUEST, parameters).rowcount
        refused = connection.execute(_REFUSALS, {**parameters, "most": MOST_REFUSALS}).fetchall()
        connection.execute("SELECT pg_notify('dossier_' || current_schema() || '_resend', '')")
    return Requested(requested, seen - requested, [(event_id, _why(unreadable)) for event_id, unreadable in refused])


def _why(unreadable: bool) -> str:
    if unreadable:
        return "This message could not be read: it holds nothing that could be sent."
    return "A later value of the attribute was sent for this customer already."

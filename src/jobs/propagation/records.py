"""The outcome of a propagation for each profile, and how far it has come (tables of migrations 5 and 14; rule 2.17).

An outcome is written in the transaction of the event of its profile, and a profile has one at most: so every profile is changed exactly
once, whatever died when. Facts about a propagation itself are in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import class_row

from store.append import Statement
from store.database import Row
from store.events import COLUMNS, RecordedEvent, recorded_event

BEFORE_ALL: Final = ("", "")
"""The account and site before those of every profile."""
LONGEST_ERROR: Final = 2_000
"""Characters kept of an error."""
_INSERT: Final = """
    INSERT INTO propagation_outcomes (propagation, account, site, holder, outcome, reason, event_id, changes, later_dated)
    SELECT %b::uuid, * FROM unnest(
        %b::text[], %b::text[], %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::text[], %b::integer[]
    )
"""
_UNFINISHED: Final = f"""
    SELECT {COLUMNS} FROM events AS started
    WHERE topic = 'propagation.started' AND NOT EXISTS (
        SELECT FROM events AS finished
        WHERE finished.originator_id = started.originator_id AND finished.topic = 'propagation.finished'
    ) ORDER BY position
"""
_RUN: Final = """
    INSERT INTO propagation_runs (propagation, profiles) VALUES (%s, %s)
    ON CONFLICT (propagation) DO UPDATE SET profiles = excluded.profiles
"""
_FAILED: Final = """
    INSERT INTO propagation_runs (propagation, error, failed_at) VALUES (%s, %s, clock_timestamp())
    ON CONFLICT (propagation) DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at
"""
_RECORDED_AFTER: Final = """
    SELECT event_id FROM events WHERE originator_id = ANY (%s) AND event_id = ANY (%s) AND position > (
        SELECT position FROM events WHERE originator_id = %s AND originator_version = %s
    )
"""


@dataclass(frozen=True, slots=True)
class ProfileOutcome:
    """The outcome of a propagation for one profile; `site` is `''` for the account's own. Fields as the columns of the table.

    `changes` is JSON, a list with an object for each value; it and `later_dated` are `None` in rows that are older than these columns.
    """

    account: str
    site: str
    holder: UUID
    outcome: str
    reason: str | None
    event_id: UUID | None
    changes: str | None
    later_dated: int | None


_FIELDS: Final = tuple(field.name for field in fields(ProfileOutcome))


@dataclass(frozen=True, slots=True)
class Run:
    """The row of a run. `profiles`: how many it concerns, `None` until they are counted. `error`: why it failed, while it does."""

    profiles: int | None
    error: str | None
    failed_at: datetime | None


NOT_BEGUN: Final = Run(None, None, None)


def unfinished(connection: Connection[Row]) -> list[RecordedEvent]:
    """Returns the start events of propagations that are not finished, the oldest first."""
    return [recorded_event(row) for row in connection.execute(_UNFINISHED, binary=True)]


def writing(propagation: UUID, outcomes: Sequence[ProfileOutcome]) -> list[Statement]:
    """Returns the statements that write outcomes, to go with their events; a profile that has one already is an integrity error."""
    columns = ([getattr(outcome, name) for outcome in outcomes] for name in _FIELDS)
    return [(_INSERT, [propagation, *columns])]


def done(
    connection: Connection[Row], propagation: UUID, first: tuple[str, str], last: tuple[str, str]
) -> set[tuple[str, str]]:
    """Returns the profiles from `first` to `last`, both inclusive, that have an outcome: account, and site or `''`."""
    rows = connection.execute(
        "SELECT account, site FROM propagation_outcomes"
        " WHERE propagation = %s AND (account, site) >= (%s, %s) AND (account, site) <= (%s, %s)",
        [propagation, *first, *last],
    )
    return {(account, site) for account, site in rows}


def counts(connection: Connection[Row], propagation: UUID) -> dict[str, int]:
    """Returns how many profiles have each outcome; outcomes that no profile has are left out."""
    return dict(
        connection.execute(
            "SELECT outcome, count(*) FROM propagation_outcomes WHERE propagation = %s GROUP BY outcome", [propagation]
        ).fetchall()
    )


def reasons(connection: Connection[Row], propagation: UUID) -> list[tuple[str, str, int]]:
    """Returns each outcome and reason with the number of profiles, the most frequent first."""
    return connection.execute(
        "SELECT outcome, reason, count(*) FROM propagation_outcomes WHERE propagation = %s AND reason IS NOT NULL"
        " GROUP BY outcome, reason ORDER BY 3 DESC, 1, 2",
        [propagation],
    ).fetchall()


def report(
    connection: Connection[Row], propagation: UUID, limit: int, after: tuple[str, str], outcome: str | None = None
) -> list[ProfileOutcome]:
    """Returns up to `limit` outcomes after this account and site, in their order; with an `outcome`, only those."""
    condition, values = sql.SQL(""), list[Any]([propagation, *after])
    if outcome is not None:
        condition = sql.SQL(" AND outcome = %s")
        values.append(outcome)
    query = sql.SQL(
        "SELECT {} FROM propagation_outcomes"
        " WHERE propagation = %s AND (account, site) > (%s, %s){} ORDER BY account, site LIMIT %s"
    ).format(sql.SQL(", ").join(map(sql.Identifier, _FIELDS)), condition)
    with connection.cursor(row_factory=class_row(ProfileOutcome)) as cursor:
        return cursor.execute(query, [*values, limit]).fetchall()


def run(connection: Connection[Row], propagation: UUID) -> Run:
    """Returns the row of a run."""
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        cursor.execute("SELECT profiles, error, failed_at FROM propagation_runs WHERE propagation = %s", [propagation])
        return cursor.fetchone() or NOT_BEGUN


def set_profiles(connection: Connection[Row], propagation: UUID, profiles: int) -> None:
    """Writes down how many profiles a propagation concerns."""
    connection.execute(_RUN, [propagation, profiles])


def set_error(connection: Connection[Row], propagation: UUID, error: str) -> None:
    """Writes down why a propagation failed."""
    connection.execute(_FAILED, [propagation, error.replace("\0", " ")[:LONGEST_ERROR]])


def clear_error(connection: Connection[Row], propagation: UUID) -> None:
    """Writes down that a propagation that had failed makes progress again."""
    connection.execute(
        "UPDATE propagation_runs SET error = NULL, failed_at = NULL WHERE propagation = %s AND error IS NOT NULL",
        [propagation],
    )


def recorded_after(
    connection: Connection[Row], holders: Sequence[UUID], event_ids: Sequence[UUID], since: tuple[UUID, int]
) -> set[UUID]:
    """Returns those of the events of some accounts and sites that were recorded after an event, given by its aggregate and version."""
    rows = connection.execute(_RECORDED_AFTER, [list(holders), list(event_ids), *since])
    return {event_id for (event_id,) in rows}

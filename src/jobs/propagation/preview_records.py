"""How far previews of many profiles have come (table of migration 14). Rows may be lost at any time: the preview is then made again."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection

from store.database import Row

KEPT_S: Final = 600
"""Seconds for which a preview is kept from its beginning."""
_READ: Final = """
    SELECT known_at, position, account, site, complete, counts FROM propagation_previews
    WHERE propagation = %s AND run_date = %s AND include_later = %s
      AND begun_at > clock_timestamp() - make_interval(secs => %s)
"""
_FORGET: Final = "DELETE FROM propagation_previews WHERE begun_at <= clock_timestamp() - make_interval(secs => %s)"
_WRITE: Final = """
    INSERT INTO propagation_previews
        (propagation, run_date, include_later, known_at, position, account, site, complete, counts)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (propagation, run_date, include_later) DO UPDATE SET
        begun_at = CASE WHEN propagation_previews.known_at = excluded.known_at THEN propagation_previews.begun_at
                        ELSE excluded.begun_at END,
        known_at = excluded.known_at, position = excluded.position, account = excluded.account, site = excluded.site,
        complete = excluded.complete, counts = excluded.counts
"""

Key = tuple[UUID, date, bool]
"""The id of a propagation, the run date, and whether later-dated versions are included."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a preview has come: the instant it is of, the position of the read model, the last profile counted, and its counts.

    The instant is `None` before the first profile is looked at.
    """

    known_at: datetime | None
    position: int
    place: tuple[str, str]
    complete: bool
    counts: dict[str, Any]


def read(connection: Connection[Row], key: Key) -> Progress | None:
    """Returns how far a preview has come; `None` if it was not begun, or too long ago."""
    row = connection.execute(_READ, [*key, KEPT_S]).fetchone()
    if row is None:
        return None
    known_at, position, account, site, complete, counts = row
    return Progress(known_at, position, (account, site), complete, orjson.loads(counts))


def write(connection: Connection[Row], key: Key, progress: Progress) -> None:
    """Keeps how far a preview has come, and forgets those begun too long ago."""
    connection.execute(_FORGET, [KEPT_S])
    counts = orjson.dumps(progress.counts).decode()
    place = [progress.known_at, progress.position, *progress.place, progress.complete, counts]
    connection.execute(_WRITE, [*key, *place])

"""Positions of the log by instants. `recorded_at` has no index: it rises with the position, so the log is halved until one event is left.

Walking back from the end instead takes as long as there are events since: in a log of millions, seconds for an instant long past.
"""

from datetime import datetime
from typing import Final

from psycopg import Connection

from store.database import Row

_LAST: Final = """
    WITH RECURSIVE span (low, high) AS (
        (
            SELECT CASE WHEN recorded_at <= %(instant)s THEN position ELSE 0 END, position FROM events
            ORDER BY position DESC LIMIT 1
        )
        UNION ALL
        SELECT CASE WHEN middle.is_recorded THEN middle.position ELSE low END,
            CASE WHEN middle.is_recorded THEN high ELSE (low + high + 1) / 2 - 1 END
        FROM span CROSS JOIN LATERAL (
            SELECT position, recorded_at <= %(instant)s AS is_recorded FROM events
            WHERE position >= (low + high + 1) / 2 ORDER BY position LIMIT 1
        ) AS middle
        WHERE low < high
    )
    SELECT low FROM span WHERE low = high
"""


def last_position(connection: Connection[Row], instant: datetime) -> int:
    """Returns the position of the last event that was recorded until an instant; 0 where there is none."""
    row = connection.execute(_LAST, {"instant": instant}).fetchone()
    return row[0] if row else 0

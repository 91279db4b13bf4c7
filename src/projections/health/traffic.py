"""What moves through an installation, for operators who watch it: events a second, feeds, deliveries by status.

Read by a `VitalsReader` on its connection. Each reading costs the same however long the history is: what cannot change any more is counted
once and remembered.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from store.database import Row
from store.log import RELAY

MOST_COUNTED: Final = 10_000
"""Waiting deliveries beyond this are not counted."""
RATE_S: Final = 10
RATE_EVENTS: Final = 2_000
"""The rate is that of the last `RATE_S` seconds, or of the last so many events where they came faster."""
CHUNK: Final = 100_000
"""Log positions whose deliveries are counted by one statement."""
COUNTING_S: Final = 0.5
"""Seconds after which counting rests until the next reading."""

_RATE: Final = """
    SELECT count(*) FILTER (WHERE age_s < %(seconds)s), count(*) = %(events)s AND max(age_s) < %(seconds)s, max(age_s)
    FROM (
        SELECT greatest(extract(epoch FROM clock_timestamp() - recorded_at), 0.001)::float8 AS age_s FROM events
        WHERE position > (SELECT coalesce(max(position), 0) FROM events) - %(events)s
    ) AS recent
"""
_FEEDS: Final = """
    SELECT split_part(follower, '/', 1) AS consumer, count(*) AS partitions, min(position) AS position,
           greatest((SELECT coalesce(max(position), 0) FROM events) - min(position), 0) AS lag, max(moved_at) AS moved_at
    FROM tracking WHERE follower <> %s GROUP BY 1 ORDER BY 1
"""
_PLACE: Final = "SELECT generation, position FROM projections WHERE name = 'deliveries'"
_WAITING: Final = """
    SELECT count(*), min(position), max(age_s) FROM (
        SELECT position, extract(epoch FROM clock_timestamp() - recorded_at)::float8 AS age_s
        FROM deliveries AS change
        WHERE position > %(done)s AND not_sent_reason IS NULL
          AND NOT EXISTS (SELECT FROM delivery_outcomes WHERE event_id = change.delivery_id)
        ORDER BY position LIMIT %(most)s
    ) AS waiting
"""
_COUNT: Final = """
    SELECT count(*), count(not_sent_reason) FROM deliveries WHERE position > %s AND position <= %s
"""
_DEAD: Final = "SELECT count(*) FROM dead_letters WHERE number IS NOT NULL AND state <> 'resent'"
_LETTERS: Final = """
    SELECT count(*) FILTER (WHERE state = 'dead') AS dead, count(*) FILTER (WHERE state = 'resending') AS resending,
           count(*) FILTER (WHERE state = 'resent') AS resent
    FROM dead_letters
"""


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """How far a consumer that is fed from the log itself is: the position that all of its partitions have reached."""

    consumer: str
    partitions: int
    position: int
    lag: int
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Deliveries without an outcome, `MOST_COUNTED` at most, and the age of the oldest in seconds. `first` is the position of its event."""

    waiting: int
    oldest_s: float
    first: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """Deliveries by status. `sent` is `None` where more wait than are counted."""

    waiting: Waiting
    sent: int | None
    not_sent: int
    dead: int


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """Dead letters by state, unreadable messages included."""

    dead: int
    resending: int
    resent: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """All of it. `deliveries` is `None` while they are being counted for the first time, or cannot be asked now."""

    events_per_s: float
    feeds: Sequence[FeedPlace]
    letters: LetterCounts
    deliveries: DeliveryCounts | None


class TrafficReader:
    """Reads the traffic of one company, again and again. Not to be shared between threads."""

    def __init__(self) -> None:
        self._generation = 0
        """Of the read model of deliveries; what is remembered of one is forgotten with the next."""
        self._done = 0
        """Position up to which every delivery has an outcome."""
        self._counted = (0, 0, 0)
        """Position up to which deliveries are counted, their number, and the number of those that are not sent."""

    def read(self, connection: Connection[Row], *, deliveries: bool) -> Traffic:
        """Reads it now; `deliveries` is whether their read model can be asked. Raises `psycopg.Error`."""
        with connection.cursor(row_factory=class_row(FeedPlace)) as cursor:
            feeds = cursor.execute(_FEEDS, [RELAY]).fetchall()
        letters = LetterCounts(*connection.execute(_LETTERS).fetchone() or (0, 0, 0))
        counts = self._deliveries(connection) if deliveries else None
        return Traffic(_events_per_s(connection), feeds, letters, counts)

    def waiting(self, connection: Connection[Row]) -> Waiting | None:
        """Counts the deliveries that wait; `None` while a rebuild has the table locked."""
        try:
            return self._waiting(connection)
        except psycopg.errors.LockNotAvailable:
            return None

    def _waiting(self, connection: Connection[Row]) -> Waiting:
        """Counts from the first delivery that waited the last time, so that a long history costs nothing."""
        generation, position = connection.execute(_PLACE).fetchone() or (0, 0)
        if generation != self._generation:
            self._generation, self._done, self._counted = generation, 0, (0, 0, 0)
        count = connection.execute(_WAITING, {"done": self._done, "most": MOST_COUNTED}).fetchone()
        waiting, first, oldest_s = count or (0, None, None)
        self._done = position if first is None else first - 1
        return Waiting(waiting, max(oldest_s or 0.0, 0.0), first)

    def _deliveries(self, connection: Connection[Row]) -> DeliveryCounts | None:
        """Counts in one snapshot, so that the counts add up."""
        try:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                waiting = self._waiting(connection)
                all_counted = self._count(connection)
                (dead,) = connection.execute(_DEAD).fetchone() or (0,)
        except psycopg.errors.LockNotAvailable:
            return None
        if not all_counted:
            return None
        _, changes, not_sent = self._counted
        sent = max(changes - not_sent - waiting.waiting - dead, 0) if waiting.waiting < MOST_COUNTED else None
        return DeliveryCounts(waiting, sent, not_sent, dead)

    def _count(self, connection: Connection[Row]) -> bool:
        """Counts the deliveries that were not counted yet, a chunk at a time. Returns whether all of them are counted."""
        _, end = connection.execute(_PLACE).fetchone() or (0, 0)
        rests_at = time.monotonic() + COUNTING_S
        position, changes, not_sent = self._counted
        while position < end and time.monotonic() < rests_at:
            until = min(position + CHUNK, end)
            more, more_not_sent = connection.execute(_COUNT, [position, until]).fetchone() or (0, 0)
            position, changes, not_sent = until, changes + more, not_sent + more_not_sent
            self._counted = position, changes, not_sent
        return bool(position >= end)


def _events_per_s(connection: Connection[Row]) -> float:
    parameters = {"seconds": RATE_S, "events": RATE_EVENTS}
    recent, all_recent, oldest_s = connection.execute(_RATE, parameters).fetchone() or (0, False, None)
    return float(round(recent / (oldest_s if all_recent else RATE_S), 1))

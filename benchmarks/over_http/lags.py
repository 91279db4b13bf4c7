"""How late everything is that follows the log, looked at many times a second while saves go on."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from psycopg import Connection, sql

from store.application import Dossier
from store.log import RELAY

EVERY_S: Final = 0.1
PEER_EVERY_S: Final = 0.02
ENGAGEMENT: Final = "Customer Engagement"
_LAGS: Final = """
    SELECT name, coalesce(1000 * extract(epoch FROM clock_timestamp() - next.recorded_at), 0)::float8
    FROM (SELECT name, position FROM projections UNION ALL SELECT follower, position FROM tracking WHERE follower = %s) AS followers
    LEFT JOIN events AS next ON next.position = followers.position + 1
"""
_SAVED_AT: Final = (
    "SELECT delivery_id::text, recorded_at FROM deliveries WHERE position > %s AND not_sent_reason IS NULL"
)


class Lags:
    """The lags of a step, in milliseconds, by the name of what follows."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[float]] = {}

    def add(self, lags: Mapping[str, float]) -> None:
        """Takes one look."""
        for name, lag_ms in lags.items():
            self.by_name.setdefault(name, []).append(lag_ms)

    def percentile(self, name: str, percent: int) -> float:
        """A percentile of one of them."""
        lags = sorted(self.by_name[name])
        return lags[len(lags) * percent // 100]

    def worst(self, percent: int) -> tuple[str, float]:
        """The name with the highest percentile, and that percentile."""
        percentiles = {name: self.percentile(name, percent) for name in self.by_name}
        name = max(percentiles, key=percentiles.__getitem__)
        return name, percentiles[name]


@contextmanager
def watching(look: Callable[[], Mapping[str, float]], every_s: float) -> Iterator[Lags]:
    """Looks from a thread of its own until the block ends."""
    lags, ended = Lags(), threading.Event()

    def watch() -> None:
        while not ended.wait(every_s):
            lags.add(look())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lags
    finally:
        ended.set()
        thread.join()


@contextmanager
def our_look(dossier: Dossier) -> Iterator[Callable[[], dict[str, float]]]:
    """What looks at every read model and the relay: the age of the oldest event that each of them has not yet."""
    with closing(dossier.database.connect()) as connection:
        yield lambda: dict(connection.execute(_LAGS, [RELAY]).fetchall())


def engagement_lags(dossier: Dossier, journal: Path, after: int) -> list[float]:
    """Milliseconds from each save after this position to its arrival at Customer Engagement, for those that have arrived."""
    with dossier.database.connection() as connection:
        saved_at = dict(connection.execute(_SAVED_AT, [after]).fetchall())
    arrived = [orjson.loads(line) for line in _lines(journal)]
    return [
        1_000 * (_instant(entry["at"]) - saved_at[entry["key"]].timestamp())
        for entry in arrived
        if entry["key"] in saved_at
    ]


def waiting_deliveries(dossier: Dossier, journal: Path, after: int) -> int:
    """How many changes after this position have not arrived at Customer Engagement."""
    with dossier.database.connection() as connection:
        keys = {key for key, _ in connection.execute(_SAVED_AT, [after]).fetchall()}
    return len(keys - {orjson.loads(line)["key"] for line in _lines(journal)})


class PeerLook:
    """Looks at the library's read model: since when the log is longer than what it has. The library does not store when it stored."""

    def __init__(self, connection: Connection[Any], schema: str) -> None:
        self._connection = connection
        [table] = _tracking_tables(connection, schema)
        self._tracking = sql.Identifier(schema, table)
        self._events = sql.Identifier(schema, "peer_events")
        self._ends: deque[tuple[float, int]] = deque()

    def place(self) -> tuple[int, int]:
        """The position of the read model and the end of the log."""
        query = sql.SQL(
            "SELECT (SELECT coalesce(max(notification_id), 0) FROM {}), (SELECT coalesce(max(notification_id), 0) FROM {})"
        )
        place = self._connection.execute(query.format(self._tracking, self._events)).fetchone()
        assert place is not None
        return int(place[0]), int(place[1])

    def __call__(self) -> dict[str, float]:
        """The lag of the read model now."""
        now, (position, end) = time.monotonic(), self.place()
        if not self._ends or self._ends[-1][1] < end:
            self._ends.append((now, end))
        while self._ends and self._ends[0][1] <= position:
            self._ends.popleft()
        return {"its read model": 1_000 * (now - self._ends[0][0]) if self._ends else 0.0}

    def begin_at_the_end(self) -> None:
        """Lets the read model begin after what is in the log now."""
        query = "INSERT INTO {} VALUES ('peer', %s) ON CONFLICT (application_name) DO UPDATE SET notification_id = %s"
        _, end = self.place()
        self._connection.execute(sql.SQL(query).format(self._tracking), [end, end])


def _tracking_tables(connection: Connection[Any], schema: str) -> Sequence[str]:
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_name LIKE '%%tracking'"
    return [name for (name,) in connection.execute(query, [schema]).fetchall()]


def _lines(journal: Path) -> list[bytes]:
    content = journal.read_bytes() if journal.exists() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

"""One process at a time: an advisory lock on a connection of its own; the others stand by and take over when it goes away.

What the leader stores, it stores through this connection: when the connection is lost the lock is lost with it, and so is the
right to move a position.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from psycopg import Connection, sql

from store.database import Database, Row
from store.heartbeats import Progress
from store.stopping import Stop

STANDBY_S: Final = 0.5
"""Seconds between two tries of a standby."""


@dataclass(frozen=True, slots=True)
class Leader:
    """The right to do something alone, and the connection that has it."""

    connection: Connection[Row]


@contextmanager
def leading(database: Database, name: str, stop: Stop, progress: Progress) -> Iterator[Leader | None]:
    """Waits until no other process in this schema leads `name`; yields `None` when `stop` is set before.

    Raises:
        OperationalError: the database cannot be reached.
    """
    with closing(database.connect()) as connection:
        attempt = sql.SQL("SELECT pg_try_advisory_lock({})").format(database.lock_key(name))
        while not stop.is_set():
            if connection.execute(attempt).fetchone() == (True,):
                yield Leader(connection)
                return
            progress.mark("standby")
            stop.wait(STANDBY_S)
        yield None

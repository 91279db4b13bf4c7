"""One process at a time: an advisory lock on a connection of its own; the others stand by and take over when it goes away.

What the leader stores, it stores through this connection: when the connection is lost the lock is lost with it, and so is the
right to move a position.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import psycopg
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
        while not stop.is_set():
            with exclusive(connection, database.lock_key(name)) as taken:
                if taken:
                    yield Leader(connection)
                    return
            progress.mark("standby")
            stop.wait(STANDBY_S)
        yield None


@contextmanager
def exclusive(connection: Connection[Row], lock: sql.Composed) -> Iterator[bool]:
    """Takes an advisory lock unless somebody has it, and yields whether it was taken.

    It is released at the end; a connection that closes leaves it taken until the server has noticed, which may be some moments later.
    """
    taken = connection.execute(sql.SQL("SELECT pg_try_advisory_lock({})").format(lock)).fetchone() == (True,)
    try:
        yield taken
    finally:
        if taken:
            with suppress(psycopg.Error):  # a connection that is lost has no locks
                connection.execute(sql.SQL("SELECT pg_advisory_unlock({})").format(lock))

"""One company's PostgreSQL schema: pooled connections for reading, separate connections for holding locks and listening.

Every failure to reach the server surfaces as `eventsourcing.persistence.OperationalError`, which the API answers with 503 and
Retry-After. Nothing has to be restarted when the server comes back: broken connections are replaced on the next use. While the
server is away, callers are refused at once, and a connection is tried for every `RETRY_S`, so that an outage ends for us within
`RETRY_S` of its end, however long it was.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection, Connection, IsolationLevel, sql
from psycopg_pool import ConnectionPool, PoolTimeout

from store.outage_log import POSTGRESQL
from store.outages import UnreachableError, described, is_outage

CONNECT_TIMEOUT_S: Final = 3
POOL_TIMEOUT_S: Final = 3.0
"""Seconds to wait for a connection while all are in use."""
AWAY_TIMEOUT_S: Final = 0.25
"""Seconds to wait for a connection while none can be made."""
RETRY_S: Final = 0.5
"""Seconds between two tries for a connection while none can be made."""
POOL_SIZE: Final = 12
STATEMENT_TIMEOUT_MS: Final = 60_000
UNACKNOWLEDGED_MS: Final = 9_000
"""Milliseconds that what was sent may stay unacknowledged: keepalives do not notice a machine that vanishes with a statement under way."""

Row = tuple[Any, ...]


class Database:
    """The schema of one company on one server. `url` is any libpq connection string; PostgreSQL 15 or later."""

    def __init__(self, url: str, schema: str, pool_size: int = POOL_SIZE) -> None:
        self.url = url
        self.schema = schema
        # The pool's own back-off doubles up to minutes: it gives up at once instead, and makes the next try when one is asked for.
        self._pool: ConnectionPool[Connection[Row]] = ConnectionPool(
            url,
            kwargs=self._arguments(),
            min_size=1,
            max_size=pool_size,
            configure=self._note_back,
            reconnect_timeout=0.0,
            reconnect_failed=self._note_failed,
            open=False,
            name=f"dossier-{schema}",
        )
        self._opened = False
        self._lent: set[Connection[Row]] = set()
        self._failed_at: float | None = None
        """When the last try for a connection failed; `None` when it did not."""

    def _arguments(self, schemas: tuple[str, ...] = ()) -> dict[str, Any]:
        path = ", ".join(f'"{name}"' for name in (*schemas, self.schema, "public"))
        # The server, too, must notice that a client's machine is gone: its transaction may hold the append lock.
        alive = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
        alive += f" -c tcp_user_timeout={UNACKNOWLEDGED_MS}"
        options = f"-c search_path={path} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC {alive}"
        return {
            "options": options.replace(", ", ","),
            "autocommit": True,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": f"dossier/{self.schema}",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": UNACKNOWLEDGED_MS,
        }

    @contextmanager
    def connection(self) -> Iterator[Connection[Row]]:
        """A pooled connection in autocommit mode, for short reads."""
        if not self._opened:
            self._opened = True
            self._pool.open(wait=False)
        patience_s = self._patience_s()
        tried_at = time.monotonic()
        try:
            with self._pool.connection(patience_s) as connection:
                self._lent.add(connection)
                tried_at = time.monotonic()
                try:
                    yield connection
                finally:
                    self._lent.discard(connection)
        except psycopg.Error as error:
            if not is_outage(error):
                raise
            if not isinstance(error, PoolTimeout):
                self._replace_broken()
            raise UnreachableError(described(error), tried_at) from error

    @contextmanager
    def snapshot(self) -> Iterator[Connection[Row]]:
        """A pooled connection in one read-only transaction: several statements that see the same state."""
        with self.connection() as connection:
            connection.autocommit = False
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            try:
                yield connection
                connection.rollback()
            finally:
                if not connection.closed:
                    connection.rollback()
                    connection.isolation_level = None
                    connection.read_only = None
                    connection.autocommit = True

    def connect(self, *, autocommit: bool = True, schemas: tuple[str, ...] = ()) -> Connection[Row]:
        """A connection of one's own; `schemas` come before the company's on the search path."""
        tried_at = time.monotonic()
        try:
            connection = psycopg.connect(self.url, **{**self._arguments(schemas), "autocommit": autocommit})
        except psycopg.OperationalError as error:
            raise UnreachableError(described(error), tried_at) from error
        POSTGRESQL.over()
        return connection

    async def connect_waiting(self) -> AsyncConnection[Row]:
        """`connect` for an event loop."""
        tried_at = time.monotonic()
        try:
            connection = await AsyncConnection.connect(self.url, **self._arguments())
        except psycopg.OperationalError as error:
            raise UnreachableError(described(error), tried_at) from error
        POSTGRESQL.over()
        return connection

    def lock_key(self, name: str) -> sql.Composed:
        """SQL for the advisory lock number of this name in this schema."""
        return sql.SQL("hashtextextended({}, 0)").format(sql.Literal(f"dossier/{self.schema}/{name}"))

    def channel(self, name: str) -> str:
        """The NOTIFY channel of this name in this schema."""
        return f"dossier_{self.schema}_{name}"

    def close(self) -> None:
        """Closes the pooled connections."""
        self._pool.close()

    def _patience_s(self) -> float:
        """Returns how long to wait for a connection. Raises `OperationalError` between two attempts while the database is away."""
        failed_at = self._failed_at
        if failed_at is None or self._lent or self._pool.get_stats()["pool_available"]:
            return POOL_TIMEOUT_S
        if time.monotonic() - failed_at < RETRY_S:
            raise UnreachableError("The database cannot be reached: a try for a connection has just failed", failed_at)
        return AWAY_TIMEOUT_S

    def _note_back(self, _connection: Connection[Row]) -> None:
        self._failed_at = None
        POSTGRESQL.over()

    def _note_failed(self, _pool: ConnectionPool[Connection[Row]]) -> None:
        self._failed_at = time.monotonic()

    def _replace_broken(self) -> None:
        try:
            self._pool.check()
        except psycopg.Error:
            return

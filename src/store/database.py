"""One company's PostgreSQL schema: pooled connections for reading, own connections for whoever holds a lock or listens.

Every failure to reach the server surfaces as `eventsourcing.persistence.OperationalError`, which the API answers with 503 and
Retry-After. Nothing has to be restarted when the server comes back: broken connections are replaced on the next use.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Connection, IsolationLevel, sql
from psycopg_pool import ConnectionPool

from store.outages import described, is_outage

CONNECT_TIMEOUT_S: Final = 3
POOL_TIMEOUT_S: Final = 3.0
POOL_SIZE: Final = 12
STATEMENT_TIMEOUT_MS: Final = 60_000

Row = tuple[Any, ...]


class Database:
    """The schema of one company on one server. `url` is any libpq connection string; PostgreSQL 15 or later."""

    def __init__(self, url: str, schema: str) -> None:
        self.url = url
        self.schema = schema
        self._pool: ConnectionPool[Connection[Row]] = ConnectionPool(
            url,
            kwargs=self._arguments(),
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_TIMEOUT_S,
            open=False,
            name=f"dossier-{schema}",
        )
        self._opened = False

    def _arguments(self, schemas: tuple[str, ...] = ()) -> dict[str, Any]:
        path = ", ".join(f'"{name}"' for name in (*schemas, self.schema, "public"))
        # The server, too, must notice that a client's machine is gone: its transaction may hold the append lock.
        alive = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
        options = f"-c search_path={path} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC {alive}"
        return {
            "options": options.replace(", ", ","),
            "autocommit": True,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": f"dossier/{self.schema}",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        }

    @contextmanager
    def connection(self) -> Iterator[Connection[Row]]:
        """A pooled connection in autocommit mode, for short reads."""
        if not self._opened:
            self._opened = True
            self._pool.open(wait=False)
        try:
            with self._pool.connection() as connection:
                yield connection
        except psycopg.Error as error:
            if not is_outage(error):
                raise
            self._replace_broken()
            raise OperationalError(described(error)) from error

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
        try:
            return psycopg.connect(self.url, **{**self._arguments(schemas), "autocommit": autocommit})
        except psycopg.OperationalError as error:
            raise OperationalError(described(error)) from error

    def lock_key(self, name: str) -> sql.Composed:
        """SQL for the advisory lock number of this name in this schema."""
        return sql.SQL("hashtextextended({}, 0)").format(sql.Literal(f"dossier/{self.schema}/{name}"))

    def channel(self, name: str) -> str:
        """The NOTIFY channel of this name in this schema."""
        return f"dossier_{self.schema}_{name}"

    def version(self) -> str:
        """The server's version, such as `18.6`."""
        with self.connection() as connection:
            return str(connection.info.parameter_status("server_version"))

    def close(self) -> None:
        """Closes the pooled connections."""
        self._pool.close()

    def _replace_broken(self) -> None:
        try:
            self._pool.check()
        except psycopg.Error:
            return

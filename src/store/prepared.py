"""A statement that the event loop waits for: prepared once, on a connection of its own, which no thread is held for.

One execution at a time. A lost connection fails the one under way, and the next one connects anew; while the server is away, callers are
refused at once, and a connection is tried for every `RETRY_S`.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import psycopg
from psycopg import Connection
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

from store.database import AWAY_TIMEOUT_S, RETRY_S, Database, Row
from store.outages import UnreachableError, described, is_outage

_NAME: Final = b"prepared"
_SETTINGS: Final = """
    SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = on;
    SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off; SET enable_bitmapscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off
"""
"""The plan is made once, perhaps while tables are small: all there is to choose from are probes of indexes. A statement that reads
committed has a snapshot from after it holds its tables, so that a swap of them comes before or after it, never between."""
_AWAY: Final = "The database cannot be reached: a try for a connection has just failed"


class Prepared:
    """A statement with parameters in text format. Used on one event loop; `close` ends its connection."""

    def __init__(self, database: Database, statement: str) -> None:
        self._database = database
        self._statement = statement.encode()
        self._loop = asyncio.get_running_loop()
        self._connection: Connection[Row] | None = None
        self._socket = -1
        self._connecting: asyncio.Future[Connection[Row]] | None = None
        self._failed_at: float | None = None
        self._sent_at = 0.0
        self._answer: asyncio.Future[list[Row]] | None = None
        self._result: PGresult | None = None

    async def connect(self) -> None:
        """Connects and prepares the statement, where that is not so. Raises `UnreachableError`, `psycopg.Error`."""
        if self._connection is not None:
            return
        failed_at = self._failed_at
        if self._connecting is None:
            if failed_at is not None and time.monotonic() - failed_at < RETRY_S:
                raise UnreachableError(_AWAY, failed_at)
            self._connecting = asyncio.ensure_future(asyncio.to_thread(self._opened))
        patience_s = None if failed_at is None else AWAY_TIMEOUT_S
        await asyncio.wait([self._connecting], timeout=patience_s)
        if not self._connecting.done():
            raise UnreachableError(_AWAY, failed_at or 0.0)
        connecting, self._connecting = self._connecting, None
        try:
            self._connection = connecting.result()
        except Exception as error:
            self._failed_at = time.monotonic() if is_outage(error) else None
            raise
        self._failed_at = None
        self._socket = self._connection.pgconn.socket
        self._loop.add_reader(self._socket, self._read)

    def send(self, arguments: Sequence[bytes]) -> asyncio.Future[list[Row]]:
        """Sends the arguments to the server and returns its rows to come; they fail with `UnreachableError` or `psycopg.Error`."""
        answer = self._answer = self._loop.create_future()
        self._sent_at = time.monotonic()
        try:
            if self._connection is None:
                raise UnreachableError("The connection was lost", self._sent_at)
            self._connection.pgconn.send_query_prepared(_NAME, arguments, result_format=Format.BINARY)
            self._flush()
        except (psycopg.Error, UnreachableError) as error:
            self._end(error)
        return answer

    def close(self) -> None:
        """Ends the connection, and fails what is under way."""
        if self._connecting is not None and self._connecting.done() and not self._connecting.exception():
            self._connecting.result().close()
        self._end(UnreachableError("The connection was closed", time.monotonic()))

    def _opened(self) -> Connection[Row]:
        connection = self._database.connect()
        try:
            connection.execute(_SETTINGS)
            result = connection.pgconn.prepare(_NAME, self._statement)
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)
            connection.pgconn.nonblocking = 1
        except BaseException:
            connection.close()
            raise
        return connection

    def _flush(self) -> None:
        """Sends what is left to send, as the socket takes it."""
        if self._connection is None:
            return
        server = self._connection.pgconn
        try:
            if server.flush():
                self._loop.add_writer(self._socket, self._flush)
            else:
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self._end(error)

    def _read(self) -> None:
        """Takes what the server has sent: an answer, or while none is awaited, its goodbye."""
        if self._connection is None:
            return
        server = self._connection.pgconn
        try:
            server.consume_input()
            if self._answer is None and server.status != ConnStatus.BAD:
                return
            while not server.is_busy():
                result = server.get_result()
                if result is None:
                    self._settle(self._connection)
                    return
                self._result = self._result or result
        except psycopg.Error as error:
            self._end(error)

    def _settle(self, connection: Connection[Row]) -> None:
        result, self._result = self._result, None
        if result is None or connection.pgconn.status == ConnStatus.BAD:
            self._end(psycopg.OperationalError("The server closed the connection"))
        elif result.status != ExecStatus.TUPLES_OK:
            self._end(psycopg.errors.error_from_result(result))
        elif self._answer is not None:
            answer, self._answer = self._answer, None
            rows = Transformer(connection)
            rows.set_pgresult(result)
            if not answer.cancelled():
                answer.set_result(rows.load_rows(0, result.ntuples, tuple))

    def _end(self, error: Exception) -> None:
        """Ends the connection after an error, whatever it was: the next execution has a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._socket)
                self._loop.remove_writer(self._socket)
            connection.close()
        answer, self._answer, self._result = self._answer, None, None
        if answer is None or answer.done() or self._loop.is_closed():
            return
        if isinstance(error, psycopg.Error) and is_outage(error):
            lost = UnreachableError(described(error), self._sent_at)
            lost.__cause__ = error
            error = lost
        answer.set_exception(error)

"""The connection through which a process stores, and reads what it needs for that.

The server checks each append on its own (`append`), under the append lock of the company. Positions are counted under the lock:
position order is commit order, and a reader never meets a gap that fills later. The unique constraints stay as the last line of
defence: if one fires, the group is stored one by one.

When the connection is lost, its session is ended first, so that what was sent to it has taken effect or never will; then the
outcome is looked up by one's own event ids, before anything is answered. Only when the server stays away is the answer
`OutcomeUnknownError`.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError
from psycopg import AsyncConnection, generators, sql, waiting
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from store import append as appends
from store.append import Append
from store.database import Database, Row
from store.events import COLUMNS, SETUP_EVENTS
from store.keys import ERASED
from store.outages import described, is_outage

LOCK_TIMEOUT_MS: Final = 10_000
IDLE_TIMEOUT_MS: Final = 10_000
"""How long the server lets a transaction with the append lock stand still, for instance because this machine is frozen."""
SESSION_ENDED_MS: Final = 5_000
"""How long to wait for the end of a session whose connection is lost."""
WAKE_S: Final = 1.0
"""Seconds after which a wait looks whether something was overheard."""
_THIS_SESSION: Final = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_SESSION: Final = "FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"
_LOAD: Final = f"""
    SELECT {COLUMNS}, CASE WHEN originator_version = 1 THEN (
        SELECT coalesce(wrapped, '') FROM personal_keys WHERE subject = originator_id
    ) END AS wrapped, is_setup FROM (
        (SELECT {COLUMNS}, false AS is_setup FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT * FROM events WHERE originator_id = wanted.id ORDER BY originator_version OFFSET 0
        ) AS events)
        UNION ALL
        (SELECT {COLUMNS}, true FROM events WHERE {SETUP_EVENTS} AND position > $2::bigint)
    ) AS needed ORDER BY position
"""


class OutcomeUnknownError(OperationalError):
    """The server went away while storing and did not come back: stored or not, repeat with the same idempotency key."""


class Committer:
    """Stores groups of appends through a connection of its own. Used by one task at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: AsyncConnection[Row] | None = None
        self._session: Row = ()
        """Process and start of the server's side of the connection."""
        self._erased: list[UUID] = []
        self._is_locked = False
        self._is_new = False
        """Whether the connection was made since `erased` was called last: what was told before it was not heard."""

    async def erased(self) -> list[UUID] | None:
        """Returns the aggregates that were erased since it was asked last; `None` where that is not known."""
        connection = await self._connected()
        while (notification := connection.pgconn.notifies()) is not None:
            self._erased.append(UUID(notification.extra.decode()))
        erased, self._erased = self._erased, []
        is_new, self._is_new = self._is_new, False
        return None if is_new else erased

    async def load(self, ids: Collection[UUID], position: int) -> list[Row]:
        """Returns the events of aggregates, and those of the setup after a position, in order: their columns, with the first event of an
        aggregate its key, and whether it is of the setup. The key is empty where it was destroyed, `None` where there is none.
        """
        connection = await self._connected()
        result = await self._call(connection, b"load", [appends.uuids(ids), position.to_bytes(8, "big")])
        rows = Transformer(connection)
        rows.set_pgresult(result)
        return rows.load_rows(0, result.ntuples, tuple)

    async def read(self, query: str, values: Sequence[Any]) -> list[Row]:
        """Returns the rows of a query."""
        cursor = await (await self._connected()).execute(query.encode(), values, binary=True)
        return await cursor.fetchall()

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Nobody else stores before what is stored in the context is committed, at its end."""
        connection = await self._connected()
        lock = sql.SQL("SELECT pg_advisory_xact_lock({})").format(self._database.lock_key("append"))
        try:
            async with connection.transaction():
                self._is_locked = True
                await connection.execute(lock)
                yield
        finally:
            self._is_locked = False

    async def store(self, group: Sequence[Append]) -> None:
        """Stores the appends durably, unless it is `locked`, and sets the `positions` of each, or its `error`.

        Errors are `IntegrityError`: a version or the idempotency key was taken meanwhile; `ClaimTakenError`: a claim belongs to another
        owner; `OperationalError`: the server cannot be reached. Nothing was stored with these. `OutcomeUnknownError`: see there.

        Raises an error after which nothing that is `locked` can be stored.
        """
        doubtful: set[UUID] = set()
        for has_more, run in groupby(group, lambda append: bool(append.along)):
            for part in ([append] for append in run) if has_more else [list(run)]:
                await self._store(part, doubtful)

    async def _store(self, group: Sequence[Append], doubtful: set[UUID]) -> None:
        """Stores what is about nothing `doubtful`: what refused appends of earlier groups were about."""
        for append in group:
            if not doubtful.isdisjoint(append.subjects()):
                append.error = appends.doubtful()
        clear = [append for append in group if append.error is None]
        try:
            if clear:
                await self._transact(await self._connected(), clear)
        except Exception as error:
            connection = self._connection
            if self._is_locked and connection and connection.pgconn.transaction_status != TransactionStatus.INTRANS:
                raise
            if len(clear) > 1 and connection is not None and not connection.closed and not is_outage(error):
                for append in clear:
                    await self._store([append], doubtful)
            else:
                await self.settle_failure(clear, error)
        doubtful.update(*(append.subjects() for append in group if append.error is not None))

    async def _transact(self, connection: AsyncConnection[Row], group: Sequence[Append]) -> None:
        if not group[0].along:
            appends.settle(group, await self._call(connection, appends.NAME, appends.arguments(group)))
            return
        async with connection.transaction():
            appends.settle(group, await self._call(connection, appends.NAME, appends.arguments(group)))
            for statement, values in group[0].along if group[0].error is None else ():
                await connection.execute(statement.encode(), values)

    async def settle_failure(self, group: Sequence[Append], error: Exception) -> None:
        """Tells each append why it was not stored, or looks up whether it was, when the connection was lost."""
        connection, session = self._connection, self._session
        if connection is None or not connection.closed:
            for append in group:
                append.positions, append.recorded_at, append.error = (), None, refusal(error)
            return
        try:
            connection = await self._connected()
            await connection.execute(f"SELECT pg_terminate_backend(pid, {SESSION_ENDED_MS}) {_SESSION}", session)
            if await (await connection.execute(f"SELECT {_SESSION}", session)).fetchone() is not None:
                raise psycopg.OperationalError("The session that was lost does not end.")
            for append in group:
                is_stored = await appends.find_stored(connection, append)
                append.error = None if is_stored else OperationalError(f"Nothing was stored. {described(error)}")
        except (psycopg.Error, OperationalError):
            self.close()
            for append in group:
                append.error = OutcomeUnknownError("The database went away while storing: stored or not, repeat it.")

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.pgconn.finish()
            self._connection = None

    async def _call(self, connection: AsyncConnection[Row], name: bytes, arguments: Sequence[bytes]) -> PGresult:
        """Returns the result of a prepared statement, in binary format."""
        connection.pgconn.send_query_prepared(name, arguments, [1] * len(arguments), 1)
        [result] = await waiting.wait_async(generators.execute(connection.pgconn), connection.pgconn.socket, WAKE_S)
        return appends.checked(result)

    async def _connected(self) -> AsyncConnection[Row]:
        """Returns the connection, a new one where the server has closed the last. Raises `OperationalError`."""
        if self._connection is not None and (self._is_locked or _is_open(self._connection)):
            return self._connection
        self.close()
        connection = await self._database.connect_waiting()
        try:
            await connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            await connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}")
            # Plans are made once, so they may not rest on how few events there were by then.
            await connection.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
            connection.add_notify_handler(lambda notification: self._erased.append(UUID(notification.payload)))
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._database.channel(ERASED))))
            appends.prepare(connection.pgconn)
            appends.checked(connection.pgconn.prepare(b"load", _LOAD.encode()), ExecStatus.COMMAND_OK)
            self._session = await (await connection.execute(_THIS_SESSION)).fetchone() or ()
        except psycopg.Error:
            connection.pgconn.finish()
            raise
        self._connection, self._is_new = connection, True
        return connection


def _is_open(connection: AsyncConnection[Row]) -> bool:
    """Returns whether the server has not closed an idle connection, as far as this machine has heard."""
    try:
        connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return not connection.closed


def refusal(error: Exception) -> Exception:
    """Returns why nothing was stored."""
    if is_outage(error):
        return OperationalError(f"Nothing was stored. {described(error)}")
    return IntegrityError(str(error)) if isinstance(error, psycopg.IntegrityError) else error

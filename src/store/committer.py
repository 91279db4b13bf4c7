"""Group commit: one thread a process takes whatever is waiting and stores it in one PostgreSQL transaction; a lone writer
stores in its own.

The server checks each append on its own (`append`), under the append lock of the company. Positions are counted under the lock:
position order is commit order, and a reader never meets a gap that fills later. The unique constraints stay as the last line of
defence: if one fires, the group is stored one by one.

When the connection is lost, its session is ended first, so that what was sent to it has taken effect or never will; then the
outcome is looked up by one's own event ids, before anything is answered. Only when the server stays away is the answer
`OutcomeUnknownError`.
"""

import queue
import select
import threading
import time
from typing import Final

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError
from psycopg import Connection

from store import append as appends
from store.append import Append
from store.database import Database, Row
from store.outages import described, is_outage

MOST_APPENDS: Final = 512
MOST_EVENTS: Final = 8_000
MOST_WAITING: Final = 10_000
WAIT_S: Final = 30.0
LOCK_TIMEOUT_MS: Final = 10_000
IDLE_TIMEOUT_MS: Final = 10_000
"""How long the server lets a transaction with the append lock stand still, for instance because this machine is frozen."""
GATHER_S: Final = 0.0015
"""How long a transaction waits for commands that are being decided at this moment: fewer, larger ones cost less than they delay."""
SESSION_ENDED_MS: Final = 5_000
"""How long to wait for the end of a session whose connection is lost."""
_THIS_SESSION: Final = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_SESSION: Final = "FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"


class OutcomeUnknownError(OperationalError):
    """The server went away while storing and did not come back: stored or not, repeat with the same idempotency key."""


class Committer:
    """Stores the appends of many threads. Its own thread starts with the first append; `close` ends it."""

    def __init__(self, database: Database) -> None:
        self.deciding = 0
        """Commands under way that will hand something in; kept by `Log.deciding`."""
        self._database = database
        self._queue: queue.SimpleQueue[Append | None] = queue.SimpleQueue()
        self._connection: Connection[Row] | None = None
        self._session: Row = ()
        """Process and start of the server's side of the connection."""
        self._turn = threading.Lock()
        self._last_group = 1
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def commit(self, append: Append) -> Append:
        """Stores the append durably and gives it back with its positions, in the order of its events.

        Raises:
            IntegrityError: an event's version or the idempotency key was taken meanwhile; nothing was stored.
            ClaimTakenError: a claim belongs to another owner; nothing was stored.
            OperationalError: the server cannot be reached; nothing was stored.
            OutcomeUnknownError: the server went away while storing.
        """
        if not self._store_here(append):
            self._hand_over(append)
        if append.error is not None:
            raise append.error
        return append

    def _store_here(self, append: Append) -> bool:
        """Stores at once, in the caller's thread, when no other thread is storing or about to: a lone writer need not change threads."""
        if self.deciding > 1 or self._last_group > 1 or not self._turn.acquire(blocking=False):
            return False
        try:
            if not self._queue.empty():
                return False
            self._store([append])
        finally:
            self._turn.release()
        return True

    def _hand_over(self, append: Append) -> None:
        if self._queue.qsize() > MOST_WAITING:
            raise OperationalError("Too many changes are waiting to be stored.")
        self._start()
        append.done.acquire()
        self._queue.put(append)
        if not append.done.acquire(timeout=WAIT_S):
            raise OutcomeUnknownError(f"No answer from the log within {WAIT_S:.0f} s.")

    def close(self) -> None:
        """Stores what is waiting, then ends the thread."""
        with self._starting:
            if self._thread is not None:
                self._queue.put(None)
                self._thread.join(WAIT_S)
                self._thread = None
        with self._turn:
            self._disconnect()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="dossier-committer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        ended = False
        while not ended and (first := self._queue.get()) is not None:
            with self._turn:
                if self.deciding > self._queue.qsize() + 1:
                    time.sleep(GATHER_S)
                group, ended = self._gather(first)
                self._last_group = len(group)
                self._store(group)
            for append in group:
                append.done.release()

    def _gather(self, first: Append) -> tuple[list[Append], bool]:
        group, events = [first], len(first.events)
        while len(group) < MOST_APPENDS and events < MOST_EVENTS:
            try:
                append = self._queue.get_nowait()
            except queue.Empty:
                break
            if append is None:
                return group, True
            group.append(append)
            events += len(append.events)
        return group, False

    def _store(self, group: list[Append]) -> None:
        connection: Connection[Row] | None = None
        try:
            connection = self._connected()
            self._transact(connection, group)
        except Exception as error:  # noqa: BLE001  (the thread outlives any fault; the caller at fault gets it)
            if connection is not None and connection.closed:
                self._after_loss(group, error)
            elif connection is None or len(group) == 1 or is_outage(error):
                _refuse(group, error)
            else:
                self._store_singly(group)

    def _store_singly(self, group: list[Append]) -> None:
        for append in group:
            self._store([append])

    def _transact(self, connection: Connection[Row], group: list[Append]) -> None:
        if not any(append.along for append in group):
            appends.store(connection, group)
        elif len(group) > 1:
            self._store_singly(group)
        else:
            with connection.transaction():
                appends.store(connection, group)
                for statement, values in group[0].along if group[0].error is None else ():
                    connection.execute(statement.encode(), values)

    def _after_loss(self, group: list[Append], error: Exception) -> None:
        """Looks up whether the group was stored when the connection was lost, or reports that this is unknown."""
        session = self._session
        try:
            connection = self._connected()
            connection.execute(f"SELECT pg_terminate_backend(pid, {SESSION_ENDED_MS}) {_SESSION}", session)
            if connection.execute(f"SELECT {_SESSION}", session).fetchone() is not None:
                raise psycopg.OperationalError("The session that was lost does not end.")
            for append in group:
                append.error = None
                if not appends.find_stored(connection, append):
                    append.error = OperationalError(f"Nothing was stored. {described(error)}")
        except (psycopg.Error, OperationalError):
            self._disconnect()
            for append in group:
                append.error = OutcomeUnknownError("The database went away while storing: stored or not, repeat it.")

    def _connected(self) -> Connection[Row]:
        """Returns the connection, a new one where the server has closed the last. Raises `OperationalError`."""
        if self._connection is not None and _is_open(self._connection):
            return self._connection
        self._disconnect()
        connection = self._database.connect()
        try:
            connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}")
            appends.prepare(connection)
            self._session = connection.execute(_THIS_SESSION).fetchone() or ()
        except psycopg.Error:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _is_open(connection: Connection[Row]) -> bool:
    """Returns whether the server has not closed an idle connection, as far as this machine has heard."""
    if connection.closed:
        return False
    ready = select.poll()
    ready.register(connection.pgconn.socket, select.POLLIN)
    if ready.poll(0):
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            return False
    return not connection.closed


def _refuse(group: list[Append], error: Exception) -> None:
    """Tells each append why nothing was stored."""
    for append in group:
        append.positions, append.recorded_at = (), None
        if is_outage(error):
            append.error = OperationalError(f"Nothing was stored. {described(error)}")
        else:
            append.error = IntegrityError(str(error)) if isinstance(error, psycopg.IntegrityError) else error

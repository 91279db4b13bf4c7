"""Group commit: one thread a process takes whatever is waiting and stores it in one PostgreSQL transaction; a lone writer
stores in its own.

The transaction takes the append lock of the company, reads the head of the log under it, and admits or refuses each append on its
own (`admission`). Positions are counted under the lock: position order is commit order, and a reader never meets a gap that
fills later. The unique constraints stay as the last line of defence: if one fires, the group is stored one by one.

When the connection dies around COMMIT, the outcome is looked up under the lock, by one's own event ids, before anything is
answered; only when the server stays away is the answer `OutcomeUnknownError`.
"""

import queue
import threading
import time
from typing import Final

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError
from psycopg import Connection

from store.admission import Append, admit
from store.append import AppendStatements
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


class OutcomeUnknownError(OperationalError):
    """The server went away while storing and did not come back: stored or not, repeat with the same idempotency key."""


class Committer:
    """Stores the appends of many threads. Its own thread starts with the first append; `close` ends it."""

    def __init__(self, database: Database) -> None:
        self.deciding = 0
        """Commands under way that will hand something in; kept by `Log.deciding`."""
        self._database = database
        self._statements = AppendStatements(database)
        self._queue: queue.SimpleQueue[Append | None] = queue.SimpleQueue()
        self._connection: Connection[Row] | None = None
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
        try:
            self._transact(group)
        except Exception as error:  # noqa: BLE001  (the thread outlives any fault; the caller at fault gets it)
            if isinstance(error, psycopg.Error) and is_outage(error):
                self._after_loss(group, error)
                return
            self._disconnect()
            if len(group) == 1:
                group[0].error = IntegrityError(str(error)) if isinstance(error, psycopg.IntegrityError) else error
                return
            for append in group:
                append.error, append.positions = None, ()
                self._store([append])

    def _transact(self, group: list[Append]) -> None:
        connection = self._connected()
        with connection.pipeline():
            head = self._statements.read_head(connection, group)
            admitted = [append for append in group if admit(append, head)]
            if admitted:
                self._statements.write(connection, admitted)
                connection.commit()
            else:
                connection.rollback()

    def _after_loss(self, group: list[Append], error: psycopg.Error) -> None:
        """Looks up whether the group was stored when the connection died, or reports that this is unknown."""
        self._disconnect()
        for append in group:
            if append.error is None and append.recorded_at is None:
                append.error = OperationalError(f"Nothing was stored. {described(error)}")
        attempted = [append for append in group if append.error is None]
        if not attempted:
            return
        try:
            connection = self._connected()
            for append in attempted:
                if not self._statements.was_stored(connection, append):
                    append.error = OperationalError(f"Nothing was stored. {described(error)}")
            connection.rollback()
        except psycopg.Error:
            self._disconnect()
            for append in attempted:
                append.error = OutcomeUnknownError("The database went away while storing: stored or not, repeat it.")

    def _connected(self) -> Connection[Row]:
        if self._connection is None:
            try:
                connection = self._database.connect(autocommit=False)
            except OperationalError as error:
                raise psycopg.OperationalError(str(error)) from error
            connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}")
            connection.commit()
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

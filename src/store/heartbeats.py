"""Who runs: every task of a long-running process says twice a second that it gets on (table `processes`).

A loop marks its `Progress` on each turn, which costs nothing. The `Heart` of its process, a thread with a connection of its own, writes
down twice a second those tasks whose mark is fresh: a loop that hangs leaves no mark and its row grows old, and a process that was killed
or stopped writes nothing at all. Ages are taken by the database's clock, so machines need not agree on the time. The heart raises
nothing: while the database is away it tries again at each beat.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import uuid4

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Connection
from psycopg.rows import class_row

from store.database import Database, Row

BEAT_S: Final = 0.5
ABSENT_S: Final = 3.0
"""Seconds without a beat after which a task does not run: five beats may be late, as on a busy machine."""
PATIENCE_S: Final = 2.5
"""Seconds that a loop may take for one turn unless it has asked for more."""
START_S: Final = 20.0
"""Seconds that a task may take until its first turn."""
PURGE_EVERY_S: Final = 60.0
LONGEST_REASON: Final = 300
"""Characters."""
STATEMENT_TIMEOUT_MS: Final = 3_000

TaskState = Literal["starting", "standby", "active", "waiting", "ended"]

_BEAT: Final = """
    INSERT INTO processes (instance, task, process, host, pid, state, reason)
    SELECT %(instance)s, task, %(process)s, %(host)s, %(pid)s, state, reason
    FROM unnest(%(tasks)s::text[], %(states)s::text[], %(reasons)s::text[]) AS beat (task, state, reason)
    ON CONFLICT (instance, task) DO UPDATE
    SET state = excluded.state, reason = excluded.reason, beat_at = clock_timestamp(),
        since = CASE WHEN processes.state = excluded.state THEN processes.since ELSE clock_timestamp() END
"""
_END: Final = "UPDATE processes SET state = 'ended', reason = NULL, beat_at = clock_timestamp() WHERE instance = %s"
_PURGE: Final = """
    DELETE FROM processes AS old
    WHERE beat_at < clock_timestamp() - interval '1 day'
       OR beat_at < clock_timestamp() - interval '1 minute'
          AND EXISTS (SELECT FROM processes AS newer WHERE newer.task = old.task AND newer.beat_at > old.beat_at)
"""
_LIST: Final = """
    SELECT task, process, host, pid, state, reason, started_at, since,
           extract(epoch FROM clock_timestamp() - beat_at)::float8 AS silent_s
    FROM processes ORDER BY process, task, beat_at DESC
"""


@dataclass(frozen=True, slots=True)
class Task:
    """One row: a task of a process as it was last seen. `silent_s`: seconds since it got on."""

    task: str
    process: str
    host: str
    pid: int
    state: TaskState
    reason: str | None
    started_at: datetime
    since: datetime
    silent_s: float

    @property
    def runs(self) -> bool:
        """Returns whether the task runs, or is on standby."""
        return self.state != "ended" and self.silent_s < ABSENT_S


class Progress:
    """The marks that a loop leaves. Safe to share between threads."""

    def __init__(self) -> None:
        self._mark: tuple[TaskState, str | None] = ("starting", None)
        self._obstacle: Callable[[], str | None] = lambda: None
        self._good_until = time.monotonic() + START_S

    def mark(self, state: TaskState = "active", reason: str | None = None, *, patience_s: float = PATIENCE_S) -> None:
        """Records that the loop is alive and will mark again within `patience_s`; `reason` is why it waits, free of personal values."""
        self._good_until = time.monotonic() + patience_s
        self._mark = (state, reason and _one_line(reason))

    def watch(self, obstacle: Callable[[], str | None]) -> None:
        """Asks `obstacle` at each beat why the task waits although its loop gets on; `None` when it does not."""
        self._obstacle = obstacle

    def extend(self, patience_s: float) -> None:
        """Records that the loop is alive as before and will mark again within `patience_s`."""
        self._good_until = time.monotonic() + patience_s

    def state(self) -> tuple[TaskState, str | None] | None:
        """Returns state and reason; `None` when the loop has not marked in time."""
        if time.monotonic() >= self._good_until:
            return None
        obstacle = self._obstacle() if self._mark[0] == "active" else None
        return self._mark if obstacle is None else ("waiting", _one_line(obstacle))


class Heart:
    """Writes down the beats of one process."""

    def __init__(self, database: Database, process: str, tasks: Mapping[str, Progress]) -> None:
        self._database = database
        self._tasks = dict(tasks)
        self._identity = {"instance": uuid4(), "process": process, "host": socket.gethostname(), "pid": os.getpid()}
        self._connection: Connection[Row] | None = None
        self._ended = threading.Event()
        self._purge_at = 0.0

    def run(self) -> None:
        """Writes heartbeats until `end` was called; then records that the tasks have ended."""
        while not self._ended.is_set():
            self._attempt(self._beat)
            self._ended.wait(BEAT_S)
        self._attempt(lambda connection: connection.execute(_END, [self._identity["instance"]]))
        self._close()

    def end(self) -> None:
        """Lets `run` return."""
        self._ended.set()

    def _attempt(self, act: Callable[[Connection[Row]], object]) -> None:
        try:
            act(self._connected())
        except (psycopg.Error, OperationalError):
            self._close()

    def _beat(self, connection: Connection[Row]) -> None:
        beats = [(name, *mark) for name, progress in self._tasks.items() if (mark := progress.state()) is not None]
        if beats:
            tasks, states, reasons = (list(column) for column in zip(*beats, strict=True))
            connection.execute(_BEAT, {**self._identity, "tasks": tasks, "states": states, "reasons": reasons})
        if time.monotonic() >= self._purge_at:
            connection.execute(_PURGE)
            self._purge_at = time.monotonic() + PURGE_EVERY_S

    def _connected(self) -> Connection[Row]:
        if self._connection is None:
            self._connection = self._database.connect()
            self._connection.execute("SET synchronous_commit = off")
            self._connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def beating(database: Database, process: str, tasks: Mapping[str, Progress]) -> Iterator[None]:
    """Writes down the beats of these tasks, by name, while the block runs."""
    heart = Heart(database, process, tasks)
    thread = threading.Thread(target=heart.run, name="heart", daemon=True)
    thread.start()
    try:
        yield
    finally:
        heart.end()
        thread.join(STATEMENT_TIMEOUT_MS / 1_000)


def tasks(connection: Connection[Row]) -> list[Task]:
    """Every task that has a row, the last seen of a name first."""
    with connection.cursor(row_factory=class_row(Task)) as cursor:
        return cursor.execute(_LIST).fetchall()


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:LONGEST_REASON]

"""The read models that one `Runner` keeps up to date: where each is, whether this process leads it, and how it is doing."""

import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from psycopg import Connection, sql

from projections.engine import positions
from projections.engine.faults import is_outage
from projections.engine.positions import Place
from projections.engine.single import Single, folding_connection
from store import outages
from store.database import Database, Row
from store.heartbeats import PATIENCE_S, Progress, TaskState
from store.outage_log import tell_waiting
from store.stopping import Stop

BATCH_PATIENCE_S: Final = 10.0
"""How long a batch may take before its runner counts as one that hangs."""
RETRY_S: Final = 0.5
"""How long one rests after an outage that is its own."""


class Lane:
    """A thread that catches one read model up by itself, so that the others do not wait for it.

    It ends at the log's end, or by a fault. An outage, such as a statement that takes too long, it waits for.
    """

    def __init__(self, database: Database, single: Single, progress: Progress) -> None:
        self._database = database
        self._single = single
        self._progress = progress
        self._stop = Stop()
        self.fault: Exception | None = None
        """Why it ended, if not at the log's end."""
        self._thread = threading.Thread(target=self._run, name=f"{single.name} catches up", daemon=True)
        self._thread.start()

    def has_ended(self) -> bool:
        """Returns whether it has."""
        return not self._thread.is_alive()

    def end(self) -> None:
        """Ends it after the batch under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(folding_connection(self._database)) as connection:
                    self._catch_up(connection)
                return
            except Exception as error:  # noqa: BLE001  (whatever it is, the runner deals with it)
                if not outages.is_outage(error):
                    self.fault = error
                    return
                tell_waiting(error, f"Read model {self._single.name}")
                self._progress.mark("waiting", outages.reason(error))
                self._stop.wait(RETRY_S)

    def _catch_up(self, connection: Connection[Row]) -> None:
        try:
            self._single.catch_up(connection, self._stop, lambda: self._progress.mark(patience_s=BATCH_PATIENCE_S))
        except Exception as error:
            if is_outage(error, connection):  # also what is not one by its kind, on a connection that was lost
                raise outages.UnreachableError(outages.described(error), time.monotonic()) from error
            raise


@dataclass(slots=True, eq=False)
class Member:
    """A read model of a runner."""

    single: Single
    progress: Progress
    is_led: bool = False
    """Whether this process is the one that folds it."""
    place: Place | None = None
    """Where it is, as far as this process knows."""
    rests_until: float = 0.0
    """When it is tried again, by the monotonic clock."""
    lane: Lane | None = None
    """Catches it up."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.single.name

    @property
    def is_ready(self) -> bool:
        """Returns whether the runner may fold it now."""
        return self.is_led and self.lane is None and self.rests_until <= time.monotonic()

    def rest(self, seconds: float) -> None:
        """Leaves it alone for so long; where it is is looked up afterwards."""
        self.place = None
        self.rests_until = time.monotonic() + seconds

    def end_lane(self) -> None:
        """Ends its thread, if it has one."""
        if self.lane is not None:
            self.lane.end()
            self.lane = None


class MembersProgress(Progress):
    """The marks of a runner, which are those of all its read models, but for those that catch up in threads of their own."""

    def __init__(self, members: Sequence[Member]) -> None:
        super().__init__()
        self._members = members

    def mark(self, state: TaskState = "active", reason: str | None = None, *, patience_s: float = PATIENCE_S) -> None:
        """See `Progress`. A read model that another process leads is on standby."""
        for member in self._members:
            if member.lane is None:
                is_standby = state == "active" and not member.is_led
                member.progress.mark("standby" if is_standby else state, reason, patience_s=patience_s)

    def extend(self, patience_s: float) -> None:
        """See `Progress`."""
        for member in self._members:
            if member.lane is None:
                member.progress.extend(patience_s)


def lead(connection: Connection[Row], database: Database, members: Iterable[Member]) -> None:
    """Takes the lead of those of these read models that no process leads; it is lost with the connection."""
    for member in members:
        if not member.is_led:
            lock = database.lock_key(positions.runner(member.name))
            taken = connection.execute(sql.SQL("SELECT pg_try_advisory_lock({})").format(lock)).fetchone()
            member.is_led = taken == (True,)

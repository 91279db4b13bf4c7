"""How queries reach the read models: as of two clocks, at a position that is far enough, in one consistent view.

The API and the command line open a `View` and hand it to the query functions of the read models. Promises: what a view shows was
folded from the whole log up to its position; it shows nothing that was recorded after `known_at`, and everything until then, so
that the same question has the same answer for ever (rule 0.3); a rebuild that swaps tables meanwhile is not noticed. A caller
that must not wait in a thread reads `without_waiting`, and asks again once `reached` is true (see `heard_by`).
"""

import copy
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime
from typing import Final, Self

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg import Connection, sql

from aggregates.clocks import AsOf, Clocks
from projections.engine import positions
from projections.engine.projection import Projection
from projections.engine.states import ProjectionState, states
from projections.reading.places import NOTHING_KNOWN, PLACE, Reached, not_installed, reached
from projections.reading.view import KnownAtError, View
from store.application import Dossier
from store.database import Database, Row
from store.heartbeats import Progress
from store.log import SETTLED_MS
from store.serving import keep_serving
from store.stopping import Stop

WAIT_S: Final = 2.0
"""The longest that a read waits for a position."""
POLL_S: Final = 0.5
"""How often positions are looked up while no signal comes."""
UNAIDED_POLL_S: Final = 0.02
"""The same while nothing listens for signals: before `start`, after `close`."""
UNSETTLED_MS: Final = 100
"""As `SETTLED_MS`, for callers that do not wait in a thread."""
IN_THE_FUTURE: Final = "The instant of knowledge must not lie in the future."

_NEWEST: Final = """
    SELECT coalesce(last.recorded_at, now.instant), greatest(last.recorded_at, now.instant)
    FROM (SELECT clock_timestamp()) AS now (instant)
    LEFT JOIN LATERAL (SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1) AS last ON true
"""
_POSITIONS: Final = "SELECT name, position FROM projections"
_PLACES: Final = f"SELECT {PLACE} FROM projections WHERE name = ANY(%s)"


class ReadModels:
    """The read models of one company, for reading; `projections` are those that may be asked. Safe to share between threads."""

    def __init__(self, dossier: Dossier, projections: Sequence[Projection]) -> None:
        self.projections = projections
        self._dossier = dossier
        self._database = dossier.database
        self._tables = {projection.name: projection.tables for projection in projections}
        self._definitions = {projection.name: projection.definition() for projection in projections}
        self._positions: dict[str, int] = {}
        self._moved = threading.Condition()
        self._ended = Stop()
        self._thread: threading.Thread | None = None
        self._listeners: Counter[Callable[[], None]] = Counter()
        self._wait_s: float | None = None
        self._settled = NOTHING_KNOWN, 0
        """An instant, and the position of the last event until then: there will be no other one (rule 0.3)."""

    def without_waiting(self) -> Self:
        """Returns the same read models with a `view` that raises `BehindError` instead of waiting."""
        read_models = copy.copy(self)
        read_models._wait_s = 0.0
        return read_models

    def start(self) -> None:
        """Begins to listen for positions, so that waiting for one is prompt."""
        self._thread = threading.Thread(target=self._listen, name="dossier-read-models", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @contextmanager
    def view(
        self,
        *names: str,
        valid_at: date | None = None,
        known_at: datetime | None = None,
        position: int | None = None,
    ) -> Iterator[View]:
        """Opens the read models of these names, once all of them are at least at `position`; waits at most `WAIT_S` for that.

        Without `valid_at` it is today in the company's time zone; without `known_at`, what the read models know: the
        instant until which everything is in all of them. A naive `known_at` is UTC.

        Raises:
            BehindError: a read model is still behind, or has stopped before the position.
            KnownAtError: `known_at` lies in the future.
            NotInstalledError: tables are missing or were made by another version, as after an upgrade until they are rebuilt.
            UnsettledError: what was recorded until `known_at` is not certain yet; ask again.
            OperationalError: the database cannot be reached.
        """
        deadline = time.monotonic() + (WAIT_S if self._wait_s is None else self._wait_s)
        valid_at = valid_at or self._dossier.today()
        known_at = known_at.replace(tzinfo=UTC) if known_at and known_at.tzinfo is None else known_at
        needed, settled = position or 0, known_at is None
        while True:
            self._await(names, needed, deadline)
            with self._database.snapshot() as connection:
                there = self._open(connection, names)
                settled = settled or self.has_all(there, known_at)
                if settled and there.position >= needed:
                    of = (self._dossier.fact_mapper.keys, self._dossier.company)
                    yield View(*of, Clocks(valid_at, known_at or there.until), there.position, connection)
                    return
            if not settled and known_at is not None:
                needed, settled = max(needed, self.settled(known_at)), True
            elif there.stopped_before(needed) or time.monotonic() >= deadline:
                raise there.behind(needed)

    def reached(self, names: Sequence[str], position: int) -> bool:
        """Returns whether these read models have reached the position, as far as this process has heard."""
        return all(self._positions.get(name, -1) >= position for name in names)

    @contextmanager
    def heard_by(self, moved: Callable[[], None]) -> Iterator[None]:
        """Calls `moved`, from any thread, when a position has risen, at most `POLL_S` later even where a signal is lost."""
        with self._moved:
            self._listeners[moved] += 1
        try:
            yield
        finally:
            with self._moved:
                self._listeners[moved] -= 1
                self._listeners += Counter()  # forgets whom nobody asks for any more

    def states(self) -> list[ProjectionState]:
        """Returns the state of each read model, by name. Raises `OperationalError`."""
        return states(self._database)

    def _open(self, connection: Connection[Row], names: Sequence[str]) -> Reached:
        """Locks the tables, then looks how far they are: a swap comes before both or after the whole view, never between.

        The lock is the first statement because the transaction's snapshot is taken by the first one that reads: with a
        snapshot from before a swap, the new tables would be read without their latest rows.
        """
        tables = [sql.Identifier(table) for name in names for table in self._tables[name]]
        try:
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(tables)))
        except psycopg.errors.UndefinedTable as error:
            raise not_installed(names) from error
        return self.learn(names, connection.execute(_PLACES, [list(names)], binary=True).fetchall())

    def learn(self, names: Sequence[str], rows: Sequence[Row]) -> Reached:
        """Returns how far these read models are, of their `PLACE` in `projections`, and keeps it in mind. Raises `NotInstalledError`."""
        there = reached(names, rows, self._definitions)
        self._learn({place[0]: place[1] for place in there.places})
        return there

    def settled(self, known_at: datetime) -> int:
        """Returns the position that answers for `known_at` must have reached. Raises `KnownAtError`, `UnsettledError`."""
        within_ms = SETTLED_MS if self._wait_s is None else UNSETTLED_MS
        position = self._dossier.log_of_facts.settled(as_known_at(self._database, known_at), within_ms=within_ms)
        if known_at > self._settled[0]:
            self._settled = known_at, position
        return position

    def has_all(self, there: Reached, known_at: datetime | None) -> bool:
        """Returns whether read models are known to have everything that was recorded until an instant, or until theirs."""
        if known_at is None or known_at <= there.until:
            return True
        instant, position = self._settled
        return known_at <= instant and there.position >= position

    def _await(self, names: Sequence[str], needed: int, deadline: float) -> None:
        """Waits until the positions heard of are far enough, or it is time to look them up."""
        pause = POLL_S if self._thread is not None else UNAIDED_POLL_S
        timeout = min(pause, deadline - time.monotonic())
        with self._moved:
            if self._positions.keys() >= set(names):
                self._moved.wait_for(lambda: self.reached(names, needed), max(timeout, 0))

    def _learn(self, positions: dict[str, int]) -> None:
        with self._moved:
            risen = {name: position for name, position in positions.items() if not self.reached([name], position)}
            self._positions.update(risen)
            self._moved.notify_all()
            listeners = list(self._listeners)
        if risen:
            for moved in listeners:
                moved()

    def _listen(self) -> None:
        keep_serving(
            "read models",
            lambda: nullcontext(self._hear),
            self._ended,
            Progress(),
            database=self._database,
            channels=(positions.PROJECTED,),
        )

    def _hear(self, notices: Sequence[str]) -> float:
        """Learns the positions in the notices; without notices, looks them up if anybody waits, since notices may be lost.

        A pool that is busy for long must not end the listening: what is signalled meanwhile is what the waiting reads need.
        """
        if notices:
            pairs = [notice.rpartition(" ") for notice in notices]
            self._learn({name: int(position) for name, _, position in pairs})
        elif self._listeners:
            with suppress(OperationalError), self._database.connection() as connection:
                self._learn(dict(connection.execute(_POSITIONS).fetchall()))
        return POLL_S


def clocks_of_log(dossier: Dossier, as_of: AsOf) -> Clocks:
    """The clocks of an answer from the log: today in the company's time zone where no day is named, and see `as_known_at`."""
    known_at = as_known_at(dossier.database, as_of.known_at)
    return Clocks(as_of.valid_at or dossier.today(), known_at)


def as_known_at(database: Database, known_at: datetime | None) -> datetime:
    """Returns the instant of an answer from the log: the requested one, else that of the last event, so that the answer stays the same.

    Events may lie ahead of the database's clock, when it was ahead itself and was set back: what is in the log is known, whatever
    the clock says. Raises `KnownAtError` for an instant that is after both.
    """
    last, newest = _last_and_newest(database)
    if known_at is not None and known_at > newest:
        raise KnownAtError(IN_THE_FUTURE, field="known_at")
    return known_at or last


def newest_instant(database: Database) -> datetime:
    """Returns the latest instant that a question may name: now, or that of the last event where it lies ahead of the clock."""
    return _last_and_newest(database)[1]


def _last_and_newest(database: Database) -> tuple[datetime, datetime]:
    with database.connection() as connection:
        return connection.execute(_NEWEST).fetchone() or (NOTHING_KNOWN, NOTHING_KNOWN)

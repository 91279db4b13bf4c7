"""Keeps read models up to date: one `Runner` for each, one of them active in all processes together, the others standing by.

Promises: an event has its effect exactly once, because a batch's rows and the position they stand for are committed
together; order is the log's; an event that cannot be folded stops its own read model only, and is named in `projections`; an outage
of the database is waited for. To recover a read model that stopped: mend its code or the key it misses; it tries again by itself.
To make one anew: `rebuild`.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Final

from psycopg import Connection, sql

from projections.engine import positions
from projections.engine.faults import Fault, explain, is_outage
from projections.engine.folding import Batch, BatchReader, fold
from projections.engine.positions import Place
from projections.engine.projection import Projection
from store import outages
from store.application import Dossier
from store.database import Database, Row
from store.heartbeats import Progress
from store.leadership import Leader
from store.serving import Faults, Step, keep_serving
from store.stopping import Stop

POLL_S: Final = 1.0
"""How long a lost signal of the log can delay a read model."""
STOPPED_POLL_S: Final = 5.0
"""How long a stopped read model rests before it tries its event again."""
BATCH_PATIENCE_S: Final = 10.0
"""How long a batch may take before its runner counts as one that hangs."""

_INSTALL: Final = """
    INSERT INTO projections (name, shape, topics, tables) VALUES (%s, %s, %s, %s) ON CONFLICT (name) DO NOTHING
"""
_log = logging.getLogger(__name__)


class ProjectionStoppedError(Exception):
    """A read model cannot go on; the text names the event or what else is wrong."""


def install(connection: Connection[Row], classes: Sequence[type[Projection]]) -> None:
    """Makes the tables of each of these read models that has none, and its row in `projections`. Called under the migrations' lock.

    Tables made by an earlier definition are left as they are: their read model stops until it is rebuilt. Where only topics have come or
    gone, it goes on unless it has passed an event of one of them.
    """
    for projection in classes:
        name, definition = projection.name, projection.definition()
        installed = connection.execute(
            _INSTALL, [name, definition.shape, list(definition.topics), list(projection.tables)]
        )
        if installed.rowcount:
            connection.execute(projection.ddl.encode())
        else:
            positions.take_topics(connection, name, definition)


def folding_connection(database: Database, *, schemas: tuple[str, ...] = ()) -> Connection[Row]:
    """A connection set up for writing read models."""
    connection = database.connect(schemas=schemas)
    set_up_for_folding(connection)
    return connection


def set_up_for_folding(connection: Connection[Row]) -> None:
    """Sets a connection up for writing read models."""
    # Rows and position are lost together in a crash of the server, and the same events are folded again: no need to wait for
    # the disk. Tables grow under a running connection: a plan made while they were empty must not be kept.
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.execute("SET jit = off")


class _ReadModelFaults(Faults):
    """Faults of a read model: what is not the database's rests longer, because the same event is tried again."""

    def delay_s(self, error: Exception, count: int) -> float:
        """See `Faults`."""
        return super().delay_s(error, count) if outages.is_outage(error) else STOPPED_POLL_S

    def tell(self, name: str, error: Exception, delay_s: float) -> str | None:
        """See `Faults`. A read model that stopped does not wait: table `projections` has the reason."""
        if outages.is_outage(error):
            return super().tell(name, error, delay_s)
        _log.error("%s stopped: %s", name, error)
        return None


class Runner:
    """Keeps one read model of one company up to date."""

    def __init__(self, dossier: Dossier, projection: Projection, progress: Progress | None = None) -> None:
        self._database = dossier.database
        self._projection = projection
        self._reader = BatchReader(dossier, projection)
        self._progress = progress or Progress()
        self._position = 0

    def run(self, stop: Stop) -> None:
        """Follows the log until `stop` is set (noticed at once), or is on standby while another runner is active."""
        keep_serving(
            f"Read model {self._projection.name}",
            partial(self._term, stop),
            stop,
            self._progress,
            database=self._database,
            lock=positions.runner(self._projection.name),
            channels=("log",),
            faults=_ReadModelFaults(),
        )

    def catch_up(self, connection: Connection[Row], stop: Stop) -> int:
        """Folds everything there is and returns the position it reached. Only the active runner of the read model may do so.

        Raises:
            ProjectionStoppedError: an event cannot be folded; everything before it is.
            OperationalError, psycopg.OperationalError: the database cannot be reached.
        """
        while True:
            self._progress.mark(patience_s=BATCH_PATIENCE_S)
            place = self._place(connection)
            batch = None if stop.is_set() else self._read(connection, place.position)
            if batch is None:
                break
            fault = self._store(connection, place, batch)
            if fault is not None:
                raise ProjectionStoppedError(str(fault))
        if place.stopped:
            positions.move(connection, self._database, self._projection.name, place.position, None)
        return place.position

    def _term(self, stop: Stop, leader: Leader) -> AbstractContextManager[Step]:
        set_up_for_folding(leader.connection)
        return nullcontext(partial(self._step, stop, leader.connection))

    def _step(self, stop: Stop, connection: Connection[Row], ends: Sequence[str]) -> float:
        """Folds what is new; `ends` of the log that are folded already need no look at it."""
        if not ends or max(map(int, ends)) > self._position:
            self._position = self.catch_up(connection, stop)
        return POLL_S

    def _read(self, connection: Connection[Row], after: int) -> Batch | None:
        try:
            return self._reader.next(connection, after)
        except Exception as error:
            if not outages.is_outage(error):
                positions.stop(connection, self._database, self._projection.name, explain(error, private=False))
            raise

    def _place(self, connection: Connection[Row]) -> Place:
        name = self._projection.name
        place = positions.place(connection, name)
        if place.definition != self._projection.definition():
            error = f"The tables of {name} were made by another version; run dossier rebuild {name}."
            positions.stop(connection, self._database, name, error)
            raise ProjectionStoppedError(error)
        return place

    def _store(self, connection: Connection[Row], place: Place, batch: Batch) -> Fault | None:
        try:
            return self._transact(connection, place, batch, cautious=batch.fault is not None)
        except Exception as error:
            if is_outage(error, connection):
                raise
            return self._transact(connection, place, batch, cautious=True)

    def _transact(self, connection: Connection[Row], place: Place, batch: Batch, *, cautious: bool) -> Fault | None:
        """Folds a batch into the tables it was read for; does nothing when a rebuild has put others in their place."""
        name = self._projection.name
        lock = positions.tables_lock(self._database, name)
        with connection.transaction():
            connection.execute(sql.SQL("SELECT pg_advisory_xact_lock_shared({})").format(lock))
            if positions.place(connection, name) != place:
                return None
            fault = fold(connection, self._projection, batch, cautious=cautious)
            if fault is None:
                positions.move(connection, self._database, name, batch.end, batch.recorded_at)
            else:
                positions.stop(connection, self._database, name, fault.error, fault)
        return fault

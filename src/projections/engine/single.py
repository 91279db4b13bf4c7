"""One read model by itself: where it is, its next batches, and what becomes of an event that it cannot be folded over.

Used by `runner` for a read model that is behind the others or has a fault, by tests, and wherever one is caught up in the caller's thread.
"""

from collections.abc import Callable
from typing import Final

from psycopg import Connection, sql

from projections.engine import positions
from projections.engine.faults import Fault, ProjectionStoppedError, explain, is_outage
from projections.engine.folding import Batch, BatchReader, fold, uncollected
from projections.engine.positions import Place
from projections.engine.projection import Projection
from store import outages
from store.application import Dossier
from store.database import Database, Row
from store.stopping import Stop

PROBES_ONLY: Final = "; ".join(
    f"SET LOCAL enable_{plan} = off" for plan in ("seqscan", "bitmapscan", "hashjoin", "mergejoin")
)
"""Until the transaction ends: a table that grows while it is folded has no statistics to plan by, and every row is reached by a probe."""


def folding_connection(
    database: Database, *, schemas: tuple[str, ...] = (), keeps_plans: bool = True
) -> Connection[Row]:
    """Returns a connection set up for writing read models; plans of statements are kept unless a transaction says otherwise."""
    connection = database.connect(schemas=schemas)
    # Rows and position are lost together in a crash of the server, and the same events are folded again: no need to wait for
    # the disk. Tables grow under a running connection: a plan made while they were empty is kept only where few events are folded,
    # which costs more to plan than to do; all there is to choose from then are probes of indexes.
    plans = "force_generic_plan" if keeps_plans else "force_custom_plan"
    connection.execute(f"SET synchronous_commit = off; SET plan_cache_mode = {plans}; SET jit = off")
    connection.execute(PROBES_ONLY.replace("SET LOCAL", "SET"))
    return connection


class Single:
    """One read model of one company."""

    def __init__(self, dossier: Dossier, projection: Projection) -> None:
        self.projection = projection
        self.name = projection.name
        self._database: Database = dossier.database
        self._reader = BatchReader(dossier, projection)

    def catch_up(self, connection: Connection[Row], stop: Stop, mark: Callable[[], None] = lambda: None) -> int:
        """Folds everything there is and returns the position it reached; `mark` is called before each batch.

        Raises:
            ProjectionStoppedError: an event cannot be folded; everything before it is.
            OperationalError, psycopg.OperationalError: the database cannot be reached.
        """
        while True:
            mark()
            place = self.place(connection)
            with uncollected():
                batch = None if stop.is_set() else self._read(connection, place.position)
                if batch is None:
                    break
                self.store(connection, place, batch)
        self.clear(connection, place)
        return place.position

    def place(self, connection: Connection[Row]) -> Place:
        """Returns where it is. Raises `ProjectionStoppedError` where its tables are another version's."""
        place = positions.place(connection, self.name)
        if place.definition != self.projection.definition():
            error = f"The tables of {self.name} were made by another version; run dossier rebuild {self.name}."
            positions.stop(connection, self._database, self.name, error)
            raise ProjectionStoppedError(error)
        return place

    def store(self, connection: Connection[Row], place: Place, batch: Batch) -> None:
        """Folds a batch into the tables it was read for; does nothing where they were swapped meanwhile.

        Raises: see `catch_up`.
        """
        if batch.fault is None:
            try:
                self._transact(connection, place, batch)
            except Exception as error:
                if is_outage(error, connection):
                    raise
            else:
                return
        fault = self._transact_cautiously(connection, place, batch)
        if fault is not None:
            raise ProjectionStoppedError(str(fault))

    def clear(self, connection: Connection[Row], place: Place) -> None:
        """Lets a read model that had stopped, and has nothing left to fold, run."""
        if place.stopped:
            positions.move(connection, self._database, self.name, place.position, None)

    def _read(self, connection: Connection[Row], after: int) -> Batch | None:
        try:
            return self._reader.next(connection, after)
        except Exception as error:
            if not outages.is_outage(error):
                positions.stop(connection, self._database, self.name, explain(error, private=False))
            raise

    def _transact(self, connection: Connection[Row], place: Place, batch: Batch) -> None:
        with connection.transaction():
            self._hold_tables(connection)
            if positions.advance(connection, self._database, {self.name: place}, batch.end, batch.recorded_at):
                fold(connection, self.projection, batch, cautious=False)

    def _transact_cautiously(self, connection: Connection[Row], place: Place, batch: Batch) -> Fault | None:
        with connection.transaction():
            self._hold_tables(connection)
            if positions.place(connection, self.name, locked=True) != place:
                return None
            fault = fold(connection, self.projection, batch, cautious=True)
            if fault is None:
                positions.move(connection, self._database, self.name, batch.end, batch.recorded_at)
            else:
                positions.stop(connection, self._database, self.name, fault.error, fault)
        return fault

    def _hold_tables(self, connection: Connection[Row]) -> None:
        lock = positions.tables_lock(self._database, self.name)
        connection.execute(sql.SQL("SELECT pg_advisory_xact_lock_shared({})").format(lock))

"""Makes a read model anew from the whole log: new tables beside the ones that are read, caught up, swapped in one transaction.

The two can be compared first, row by row; then they are swapped on demand only. Called by `dossier rebuild` and the API. Readers notice
nothing but the swap, and never go back: the new tables are at least as far as the old ones, which are kept up to date by their runner
meanwhile. One rebuild of a read model at a time. A rebuild that was killed leaves a schema behind that nobody reads; the next one removes
it and begins again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
from psycopg import Connection, sql

from aggregates.errors import ConflictError
from projections.engine import positions
from projections.engine.comparison import OnDifference, compare
from projections.engine.faults import is_outage
from projections.engine.folding import Batch, BatchReader, cut, fold, uncollected
from projections.engine.projection import Projection
from projections.engine.single import folding_connection
from store.application import Dossier
from store.database import STATEMENT_TIMEOUT_MS, Row
from store.leadership import exclusive

SWAP_WITHIN: Final = 1_000
"""Events that may be missing when a swap is tried; they are folded while the read model's runner waits."""
RUNNER_WAIT_MS: Final = 10_000
"""How long a swap waits for the runner's batch under way."""
FIRST_READERS_WAIT_MS: Final = 250
LONGEST_READERS_WAIT_MS: Final = 3_000
"""How long a swap waits for readers, and lets later readers wait; above a second, PostgreSQL ends a vacuum for it."""
SWAP_PAUSE_S: Final = 0.1
MOST_SWAPS: Final = 40

_BEGIN: Final = """
    UPDATE projections
    SET rebuild_position = 0, rebuild_target = coalesce((SELECT max(position) FROM events), 0),
        rebuild_started_at = clock_timestamp()
    WHERE name = %s
"""
_PROGRESS: Final = """
    UPDATE projections
    SET rebuild_position = %s, rebuild_target = (SELECT max(position) FROM events)
    WHERE name = %s
    RETURNING rebuild_target
"""
_END: Final = """
    UPDATE projections SET rebuild_position = NULL, rebuild_target = NULL, rebuild_started_at = NULL WHERE name = %s
"""
_NEXT_GENERATION: Final = """
    UPDATE projections SET generation = generation + 1, shape = %s, topics = %s, tables = %s WHERE name = %s
"""
_NOT_YET: Final = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
)
"""What a swap that somebody is in the way of is refused with."""

Progress = Callable[[int, int], None]
"""Called after every batch with the position reached and the position of the log's end."""


class RebuildUnderWayError(ConflictError):
    """Another rebuild of this read model is at work."""


class RebuildFailedError(Exception):
    """The new tables could not be completed; the old ones are as they were."""


class NotComparableError(RebuildFailedError):
    """The tables in use cannot be compared with new ones."""


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did."""

    name: str
    position: int
    """The position at which the tables were swapped."""
    generation: int
    duration_s: float
    swaps_tried: int
    differences: int | None = None
    """Rows that differed; `None` where the tables were not compared."""
    swapped: bool = True


def rebuild(
    dossier: Dossier,
    projection: Projection,
    progress: Progress,
    on_difference: OnDifference | None = None,
    *,
    swap: bool = True,
) -> RebuildReport:
    """Makes a read model anew and swaps it in, where that is wanted. Every row that differs is reported to `on_difference` before.

    Raises:
        RebuildUnderWayError: another one is at work on this read model.
        RebuildFailedError: an event cannot be folded, or readers never let go of the old tables.
        NotComparableError: the tables in use are of another version.
        OperationalError, psycopg.OperationalError: the database went away. Start again.
    """
    rebuilding = Rebuild(dossier, projection, progress)
    with rebuilding.begun() as connection:
        return rebuilding.finish(connection, on_difference, swaps=swap)


class _TooFarError(Exception):
    """So many events came meanwhile that the runner should not wait while they are folded."""


class Rebuild:
    """A rebuild of one read model."""

    def __init__(self, dossier: Dossier, projection: Projection, progress: Progress) -> None:
        self._database = dossier.database
        self._projection = projection
        self._name = projection.name
        self._progress = progress
        self._schema = f"{self._database.schema}__{projection.name}"
        self._new = [sql.Identifier(self._schema, table) for table in projection.tables]
        self._reader = BatchReader(dossier, projection)
        self._started = time.monotonic()
        self._position = 0
        self._recorded_at: datetime | None = None

    @contextmanager
    def begun(self) -> Iterator[Connection[Row]]:
        """Makes the new tables, and yields the connection that fills them. They are dropped where they cannot be completed."""
        with (
            closing(folding_connection(self._database, schemas=(self._schema,), keeps_plans=False)) as connection,
            exclusive(connection, positions.rebuild_lock(self._database, self._name)) as taken,
        ):
            if not taken:
                raise RebuildUnderWayError(f"Read model {self._name} is being rebuilt already.")
            try:
                self._begin(connection)
                yield connection
            except (RebuildFailedError, RebuildUnderWayError):  # the latter of another that was to be made with it
                self.give_up(connection)
                raise

    def finish(
        self, connection: Connection[Row], on_difference: OnDifference | None = None, *, swaps: bool = True
    ) -> RebuildReport:
        """Folds what is left, compares and swaps where that is wanted."""
        differences = None if on_difference is None else self._compare(connection, on_difference)
        tried = self._build(connection) if swaps else self.give_up(connection)
        generation, duration_s = positions.place(connection, self._name).generation, time.monotonic() - self._started
        return RebuildReport(self._name, self._position, generation, duration_s, tried, differences, swapped=swaps)

    def _begin(self, connection: Connection[Row]) -> None:
        """Makes the new tables, in a schema of their own so that they have the names that they will keep."""
        schema = sql.Identifier(self._schema)
        with connection.transaction():
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            connection.execute(self._projection.ddl.encode())
            self._check_tables(connection)
            connection.execute(_BEGIN, [self._name])

    def _check_tables(self, connection: Connection[Row]) -> None:
        """Raises when a new table is missing: the fold would write to the table in use instead."""
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [self._schema])
        new_tables = sorted(row[0] for row in rows)
        if new_tables != sorted(self._projection.tables):
            raise RebuildFailedError(f"The definition of {self._name} makes other tables than it names: {new_tables}.")

    def _build(self, connection: Connection[Row]) -> int:
        """Catches up and swaps; gives the number of attempts it took."""
        for attempt in range(MOST_SWAPS):
            self._catch_up(connection)
            if attempt == 0:
                # Fresh tables have no statistics: without them the first reads after the swap would be planned blindly.
                connection.execute(sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(self._new)))
            if self._swap(connection, min(FIRST_READERS_WAIT_MS << attempt, LONGEST_READERS_WAIT_MS)):
                return attempt + 1
            time.sleep(SWAP_PAUSE_S)
        raise RebuildFailedError(f"Readers did not let go of the tables of {self._name} in {MOST_SWAPS} attempts.")

    def _catch_up(self, connection: Connection[Row]) -> None:
        """Folds all that is in the log into the new tables."""
        more = True
        while more:
            with uncollected():
                batch = self._reader.next(connection, self._position)
                more = batch is not None
                if batch is not None:
                    self.fold(connection, batch)

    def _compare(self, connection: Connection[Row], on_difference: OnDifference) -> int:
        """Reports the rows that differ, and returns how many do."""
        while (place := self._comparable(connection)).position - self._position > SWAP_WITHIN:
            self._fold_until(connection, place)
        with positions.runner_held(connection, self._database, self._name) as holding:
            self._fold_until(connection, self._comparable(connection))
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                self._comparable(connection)
                holding.close()  # the snapshot is taken: the runner goes on
                schemas = self._database.schema, self._schema
                return compare(connection, self._projection, *schemas, on_difference)

    def _comparable(self, connection: Connection[Row]) -> positions.Place:
        """Returns where the tables in use are. Raises `NotComparableError`."""
        place = positions.place(connection, self._name)
        if place.definition != self._projection.definition():
            raise NotComparableError(f"The tables of {self._name} were made by another version: rebuild it.")
        return place

    def _fold_until(self, connection: Connection[Row], place: positions.Place) -> None:
        """Folds into the new tables what the tables in use have, and no more."""
        while self._position < place.position and (batch := self._reader.next(connection, self._position)):
            self.fold(connection, batch if batch.end <= place.position else cut(batch, place))

    def fold(self, connection: Connection[Row], batch: Batch) -> None:
        """Folds a batch into the new tables. Raises `RebuildFailedError`."""
        try:
            target = self._transact(connection, batch, cautious=False)
        except Exception as error:
            if isinstance(error, RebuildFailedError) or is_outage(error, connection):
                raise
            target = self._transact(connection, batch, cautious=True)
        self._position, self._recorded_at = batch.end, batch.recorded_at
        self._progress(batch.end, target)

    def _transact(self, connection: Connection[Row], batch: Batch, *, cautious: bool) -> int:
        """Folds a batch into the new tables and gives the position of the log's end."""
        with connection.transaction():
            fault = fold(connection, self._projection, batch, cautious=cautious)
            if fault is not None:
                raise RebuildFailedError(f"Read model {self._name} cannot be folded over {fault}")
            row = connection.execute(_PROGRESS, [batch.end, self._name]).fetchone()
        return row[0] if row else batch.end

    def _swap(self, connection: Connection[Row], readers_wait_ms: int) -> bool:
        """Puts the new tables in place of the old ones; `False` when somebody is in the way or too much is missing.

        The order of locks: first the runner's batches, so that both table sets stand still; then what is missing is
        folded; the readers' tables last and for a moment only. Views lock the tables of a read model in the same order.
        """
        try:
            with connection.transaction():
                self._hold_runner(connection)
                old = positions.place(connection, self._name)
                reached = self._fold_missing(connection, old.position)
                self._hold_readers(connection, old.tables, readers_wait_ms)
                self._replace(connection, old.tables, *reached)
        except (*_NOT_YET, _TooFarError):
            return False
        self._position = reached[0]
        return True

    def _hold_runner(self, connection: Connection[Row]) -> None:
        lock = positions.tables_lock(self._database, self._name)
        connection.execute(f"SET LOCAL lock_timeout = {RUNNER_WAIT_MS}")
        connection.execute(sql.SQL("SELECT pg_advisory_xact_lock({})").format(lock))

    def _fold_missing(self, connection: Connection[Row], target: int) -> tuple[int, datetime | None]:
        """Folds what the old tables have and the new ones have not; gives the new place."""
        position, recorded_at = self._position, self._recorded_at
        while position < target and (batch := self._reader.next(connection, position)):
            if batch.end - self._position > SWAP_WITHIN:
                raise _TooFarError
            fault = fold(connection, self._projection, batch, cautious=True)
            if fault is not None:
                raise RebuildFailedError(f"Read model {self._name} cannot be folded over {fault}")
            position, recorded_at = batch.end, batch.recorded_at
        return position, recorded_at

    def _hold_readers(self, connection: Connection[Row], old: Sequence[str], wait_ms: int) -> None:
        """Locks the new tables, which only a vacuum may be at, then the old ones; waits for all together."""
        tables = [*self._new, *(sql.Identifier(self._database.schema, table) for table in old)]
        connection.execute(f"SET LOCAL statement_timeout = {wait_ms}")
        connection.execute(sql.SQL("LOCK TABLE {}").format(sql.SQL(", ").join(tables)))
        connection.execute(f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}")

    def _replace(self, connection: Connection[Row], old: Sequence[str], position: int, at: datetime | None) -> None:
        schema, building = sql.Identifier(self._database.schema), sql.Identifier(self._schema)
        dropped = sql.SQL(", ").join(sql.Identifier(self._database.schema, table) for table in old)
        connection.execute(sql.SQL("DROP TABLE {}").format(dropped))
        for table in self._new:
            connection.execute(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(table, schema))
        connection.execute(sql.SQL("DROP SCHEMA {}").format(building))
        definition, tables = self._projection.definition(), list(self._projection.tables)
        connection.execute(_NEXT_GENERATION, [definition.shape, list(definition.topics), tables, self._name])
        connection.execute(_END, [self._name])
        positions.move(connection, self._database, self._name, position, at)

    def give_up(self, connection: Connection[Row]) -> int:
        """Drops the new tables; returns the number of swaps, none."""
        with connection.transaction():
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(self._schema)))
            connection.execute(_END, [self._name])
        return 0

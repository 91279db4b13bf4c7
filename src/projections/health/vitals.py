"""What health is judged by, read in one go: the log's end, every read model, every process, the relay, what waits for Customer Engagement.

`judgement` says what it means. A `VitalsReader` has a connection of its own, so that neither a busy pool nor a lock on it is taken for
a database that is away. It also lets PostgreSQL write a small temporary file: reading alone would not notice that the disk is full.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.rows import class_row, dict_row

from projections.engine.projection import Definition, Projection
from projections.engine.states import ProjectionState, states_of
from store import heartbeats, schema
from store.database import Database, Row
from store.heartbeats import Task
from store.log import RELAY

STATEMENT_TIMEOUT_MS: Final = 2_000
LOCK_TIMEOUT_MS: Final = 500
"""The swap of a rebuild locks its tables for longer; then the number of waiting deliveries is not known this time."""
MOST_COUNTED: Final = 10_000
"""Waiting deliveries beyond this are not counted."""

_PROBE: Final = "SELECT count(*) FROM generate_series(1, 20000)"
"""Does not fit into the smallest `work_mem`, so it is written to disk: some 300 KB."""
_NUMBERS: Final = """
    SELECT coalesce(max(position), 0) AS log_position,
           (SELECT count(*) FROM refused_messages WHERE settled_at IS NULL) AS refused_messages,
           (SELECT count(*) FROM dead_letters WHERE state <> 'resent') AS dead_letters,
           (SELECT count(*) FROM uploads WHERE NOT over AND error IS NOT NULL) AS failed_uploads,
           (SELECT count(*) FROM propagation_runs WHERE error IS NOT NULL) AS failed_propagations,
           current_setting('transaction_read_only')::boolean AS read_only
    FROM events
"""
_RELAY: Final = """
    SELECT relay.position, relay.moved_at, end_of_log.position - relay.position AS lag,
           coalesce(greatest(extract(epoch FROM clock_timestamp() - next.recorded_at), 0), 0)::float8 AS lag_s
    FROM tracking AS relay
    CROSS JOIN (SELECT coalesce(max(position), 0) FROM events) AS end_of_log (position)
    LEFT JOIN events AS next ON next.position = relay.position + 1
    WHERE relay.follower = %s
"""
_WAITING: Final = """
    SELECT count(*) AS waiting, min(position) AS first, max(age_s) AS oldest_s FROM (
        SELECT position, extract(epoch FROM clock_timestamp() - recorded_at)::float8 AS age_s
        FROM deliveries AS change
        WHERE position > %(done)s AND not_sent_reason IS NULL
          AND NOT EXISTS (SELECT FROM delivery_outcomes WHERE event_id = change.delivery_id)
        ORDER BY position LIMIT %(most)s
    ) AS waiting
"""
_DEFINITIONS: Final = """
    SELECT name, shape, topics, (SELECT bool_and(to_regclass(quote_ident(found)) IS NOT NULL) FROM unnest(tables) AS found) AS complete
    FROM projections
"""


class NotMigratedError(Exception):
    """The tables are not those of this version."""


@dataclass(frozen=True, slots=True)
class RelayPlace:
    """How far the relay is. `lag_s`: age of the oldest event that is not on the bus."""

    position: int
    moved_at: datetime
    lag: int
    lag_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Deliveries without an outcome, `MOST_COUNTED` at most, and the age of the oldest in seconds."""

    waiting: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """All of it, as of one moment.

    `outdated` are read models whose tables were made by another version, `missing` those without tables; `relay` is `None` when it never
    ran, `waiting` when the read model of deliveries cannot be asked now.
    """

    log_position: int
    states: Sequence[ProjectionState]
    outdated: frozenset[str]
    missing: frozenset[str]
    tasks: Sequence[Task]
    relay: RelayPlace | None
    waiting: Waiting | None
    refused_messages: int
    dead_letters: int
    failed_uploads: int
    failed_propagations: int
    read_only: bool


class VitalsReader:
    """Reads the vitals of one company, again and again. Not to be shared between threads."""

    def __init__(self, database: Database, projections: Iterable[Projection | type[Projection]]) -> None:
        self._database = database
        self._connection: Connection[Row] | None = None
        self._definitions = {projection.name: projection.definition() for projection in projections}
        self._migrations = frozenset(migration.number for migration in schema.migrations())
        self._done = (0, 0)
        """Generation of the read model of deliveries, and the position up to which every delivery has an outcome."""

    def read(self) -> Vitals:
        """Reads them now.

        Raises:
            NotMigratedError: the tables are not those of this version.
            OperationalError, psycopg.Error: the database cannot be used; see `outages.reason`.
        """
        try:
            return self._read(self._connected())
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Closes the connection; the next reading makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection[Row]:
        if self._connection is None:
            self._connection = self._database.connect()
            self._connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
            self._connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            self._connection.execute("SET work_mem = '64kB'")
        return self._connection

    def _read(self, connection: Connection[Row]) -> Vitals:
        _check_migrated(connection, self._migrations)
        connection.execute(_PROBE)
        states = states_of(connection, self._database.schema)
        outdated, missing = self._shaped(connection)
        return Vitals(
            states=states,
            outdated=outdated,
            missing=missing,
            tasks=heartbeats.tasks(connection),
            relay=_relay(connection),
            waiting=None if "deliveries" in outdated | missing else self._waiting(connection, states),
            **_numbers(connection),
        )

    def _shaped(self, connection: Connection[Row]) -> tuple[frozenset[str], frozenset[str]]:
        """Read models made by another version, and those without tables."""
        made_by: dict[str, Definition] = {}
        for name, shape, topics, complete in connection.execute(_DEFINITIONS):
            if complete:
                made_by[name] = Definition(bytes(shape), tuple(topics))
        missing = self._definitions.keys() - made_by
        outdated = {
            name for name, definition in self._definitions.items() if made_by.get(name, definition) != definition
        }
        return frozenset(outdated), frozenset(missing)

    def _waiting(self, connection: Connection[Row], states: Sequence[ProjectionState]) -> Waiting | None:
        """Counts from the first delivery that waited the last time, so that a long history costs nothing."""
        place = next(state for state in states if state.name == "deliveries")
        done = self._done[1] if self._done[0] == place.generation else 0
        try:
            row = connection.execute(_WAITING, {"done": done, "most": MOST_COUNTED}).fetchone()
        except psycopg.errors.LockNotAvailable:
            return None
        waiting, first, oldest_s = row or (0, None, None)
        self._done = (place.generation, place.position if first is None else first - 1)
        return Waiting(waiting, max(oldest_s or 0.0, 0.0))


def _check_migrated(connection: Connection[Row], needed: frozenset[int]) -> None:
    try:
        applied = {number for (number,) in connection.execute("SELECT number FROM migrations")}
    except psycopg.errors.UndefinedTable:
        raise NotMigratedError("The database has no tables of Dossier yet.") from None
    if needed - applied:
        raise NotMigratedError("The tables of the database are those of an earlier version.")


def _numbers(connection: Connection[Row]) -> Mapping[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_NUMBERS).fetchone() or {}


def _relay(connection: Connection[Row]) -> RelayPlace | None:
    with connection.cursor(row_factory=class_row(RelayPlace)) as cursor:
        return cursor.execute(_RELAY, [RELAY]).fetchone()

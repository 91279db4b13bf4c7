"""What health is judged by, read in one go: the log's end, every read model, every process, the relay, what waits for Customer Engagement.

`judgement` says what it means. A `VitalsReader` has a connection of its own, so that neither a busy pool nor a lock on it is taken for
a database that is away. It also lets PostgreSQL write a small temporary file: reading alone would not notice that the disk is full.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.rows import class_row, dict_row

from projections.engine.projection import Definition, Projection
from projections.engine.states import ProjectionState, states_of
from projections.health.traffic import Traffic, TrafficReader, Waiting
from store import heartbeats, schema
from store.database import Database, Row
from store.heartbeats import Task
from store.log import RELAY

STATEMENT_TIMEOUT_MS: Final = 2_000
LOCK_TIMEOUT_MS: Final = 500
"""The swap of a rebuild locks its tables for longer; then the number of waiting deliveries is not known this time."""

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
class Vitals:
    """All of it, as of one moment.

    `outdated` are read models whose tables were made by another version, `missing` those without tables; `relay` is `None` when it never
    ran, `waiting` when the read model of deliveries cannot be asked now. `traffic` is there where it was asked for.
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
    traffic: Traffic | None = None


class VitalsReader:
    """Reads the vitals of one company, again and again. Not to be shared between threads."""

    def __init__(self, database: Database, projections: Iterable[Projection | type[Projection]]) -> None:
        self._database = database
        self._connection: Connection[Row] | None = None
        self._definitions = {projection.name: projection.definition() for projection in projections}
        self._migrations = frozenset(migration.number for migration in schema.migrations())
        self._traffic = TrafficReader()

    def read(self) -> Vitals:
        """Reads them now.

        Raises:
            NotMigratedError: the tables are not those of this version.
            OperationalError, psycopg.Error: the database cannot be used; see `outages.reason`.
        """
        return self._on_connection(self._read)

    def read_with_traffic(self) -> Vitals:
        """Reads them now, and what moves. Raises what `read` raises."""
        return self._on_connection(self._read_with_traffic)

    def close(self) -> None:
        """Closes the connection; the next reading makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _on_connection(self, read: Callable[[Connection[Row]], Vitals]) -> Vitals:
        try:
            return read(self._connected())
        except Exception:
            self.close()
            raise

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
            waiting=None if "deliveries" in outdated | missing else self._traffic.waiting(connection),
            **_numbers(connection),
        )

    def _read_with_traffic(self, connection: Connection[Row]) -> Vitals:
        vitals = self._read(connection)
        return replace(vitals, traffic=self._traffic.read(connection, deliveries=vitals.waiting is not None))

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

"""Table `projections`: how far each read model has come, why it stopped, and how its rebuild is doing.

The engine and the rebuild write it, always in the transaction of the rows that a position stands for; `read_models` reads it. Nothing
here is lost by emptying a row: a read model at position 0 with empty tables is folded again from the whole log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from psycopg import Connection, sql

from projections.engine.faults import Fault
from store.database import Database, Row

PROJECTED: Final = "projected"
"""Channel that tells how far a read model has come: "name position"."""

_MOVE: Final = """
    WITH moved AS (
        UPDATE projections
        SET position = %s, recorded_at = greatest(recorded_at, %s), state = 'running',
            failed_position = NULL, failed_event = NULL, failed_topic = NULL, error = NULL, failed_at = NULL
        WHERE name = %s
        RETURNING name, position
    )
    SELECT pg_notify(%s, name || ' ' || position) FROM moved
"""
_STOP: Final = """
    WITH moved AS (
        UPDATE projections
        SET position = coalesce(%(end)s, position), recorded_at = greatest(recorded_at, %(until)s), state = 'stopped',
            failed_at = CASE WHEN (failed_position, error) IS NOT DISTINCT FROM (%(failed)s::bigint, %(error)s::text)
                             THEN failed_at ELSE clock_timestamp() END,
            failed_position = %(failed)s, failed_event = %(event)s, failed_topic = %(topic)s, error = %(error)s
        WHERE name = %(name)s
        RETURNING name, position
    )
    SELECT pg_notify(%(channel)s, name || ' ' || position) FROM moved
"""


class NotInstalledError(Exception):
    """A read model has no tables of this version: `dossier migrate` or `dossier rebuild` was not run."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read model is. `recorded_at`: everything recorded until then is in it; `None` before its first event."""

    position: int
    recorded_at: datetime | None
    generation: int
    shape: bytes
    tables: Sequence[str]
    stopped: bool


def place(connection: Connection[Row], name: str) -> Place:
    """Where a read model is now. Raises `NotInstalledError`."""
    row = connection.execute(
        "SELECT position, recorded_at, generation, shape, tables, state = 'stopped' FROM projections WHERE name = %s",
        [name],
        binary=True,
    ).fetchone()
    if row is None:
        raise NotInstalledError(f"Read model {name} has no tables; run dossier migrate.")
    return Place(*row)


def move(connection: Connection[Row], database: Database, name: str, position: int, at: datetime | None) -> None:
    """Stores how far a read model has come, takes back that it stopped, and tells readers once this is committed."""
    connection.execute(_MOVE, [position, at, name, database.channel(PROJECTED)])


def stop(connection: Connection[Row], database: Database, name: str, error: str, fault: Fault | None = None) -> None:
    """Stores why a read model stopped: before an event, having folded everything up to it, or without one.

    Events of one commit share their `recorded_at`, so what is complete ends just before the one of the fault. Since when it
    stands still is kept while the reason stays the same.
    """
    connection.execute(
        _STOP,
        {
            "name": name,
            "error": error,
            "end": fault.position - 1 if fault else None,
            "until": fault.recorded_at - timedelta(microseconds=1) if fault else None,
            "failed": fault.position if fault else None,
            "event": fault.event_id if fault else None,
            "topic": fault.topic if fault else None,
            "channel": database.channel(PROJECTED),
        },
    )


def runner(name: str) -> str:
    """Gives the name of the advisory lock of the one active runner of a read model."""
    return f"runner/{name}"


def rebuild_lock(database: Database, name: str) -> sql.Composed:
    """Advisory lock of the one rebuild of a read model."""
    return database.lock_key(f"rebuild/{name}")


def tables_lock(database: Database, name: str) -> sql.Composed:
    """Advisory lock held shared by a batch being written and alone by a swap: no batch is half in tables that go away."""
    return database.lock_key(f"tables/{name}")


def take(connection: Connection[Row], lock: sql.Composed) -> bool:
    """Takes an advisory lock for as long as the connection lives, unless somebody has it."""
    row = connection.execute(sql.SQL("SELECT pg_try_advisory_lock({})").format(lock)).fetchone()
    return row == (True,)

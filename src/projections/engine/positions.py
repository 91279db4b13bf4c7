"""Table `projections`: how far each read model has come, why it stopped, and how its rebuild is doing.

The engine and the rebuild write it, always in the transaction of the rows that a position stands for; `read_models` reads it. Nothing
here is lost by emptying a row: a read model at position 0 with empty tables is folded again from the whole log.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from psycopg import Connection, sql

from projections.engine.faults import Fault
from projections.engine.projection import Definition
from store.database import Database, Row

PROJECTED: Final = "projected"
"""Channel that tells how far a read model has come: "name position"."""

_MOVED: Final = """
    position = %(end)s, recorded_at = greatest(model.recorded_at, %(until)s), state = 'running',
    failed_position = NULL, failed_event = NULL, failed_topic = NULL, error = NULL, failed_at = NULL
"""
_MOVE: Final = f"""
    WITH moved AS (
        UPDATE projections AS model SET {_MOVED} WHERE name = %(name)s RETURNING name, position
    )
    SELECT pg_notify(%(channel)s, name || ' ' || position) FROM moved
"""
_ADVANCE: Final = f"""
    WITH moved AS (
        UPDATE projections AS model SET {_MOVED}
        FROM unnest(%(names)s::text[], %(generations)s::integer[], %(topics)s::text[]) AS known (name, generation, topics)
        WHERE model.name = known.name AND model.position = %(after)s AND model.generation = known.generation
          AND array_to_string(model.topics, ' ') = known.topics
          AND pg_try_advisory_xact_lock_shared(
              hashtextextended('dossier/' || current_schema() || '/tables/' || model.name, 0))
        RETURNING model.name, model.position
    )
    SELECT name, pg_notify(%(channel)s, name || ' ' || position), set_config('plan_cache_mode', %(plans)s, true) FROM moved
"""
"""An UPDATE that meets a row which a swap has just changed looks at it again: a statement has no older view of it than of the lock."""
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
_HOLD_TABLES: Final = """
    SELECT pg_advisory_xact_lock(hashtextextended('dossier/' || current_schema() || '/tables/' || %s, 0))
"""
"""`tables_lock`, in the schema of the connection; `_ADVANCE` shares it."""
_TAKE_TOPICS: Final = """
    UPDATE projections AS model SET topics = %(topics)s
    WHERE name = %(name)s AND shape = %(shape)s AND topics <> %(topics)s AND NOT EXISTS (
        SELECT FROM events
        WHERE position <= model.position AND (topic = ANY(model.topics)) <> (topic = ANY(%(topics)s))
    )
"""


_PLACE: Final = """
    SELECT position, recorded_at, generation, shape, topics, tables, state = 'stopped' FROM projections WHERE name = %s
"""


class NotInstalledError(Exception):
    """A read model has no tables of this version: `dossier migrate` or `dossier rebuild` was not run."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read model is. `recorded_at`: everything recorded until then is in it; `None` before its first event."""

    position: int
    recorded_at: datetime | None
    generation: int
    definition: Definition
    tables: Sequence[str]
    stopped: bool

    def moved(self, position: int, until: datetime) -> "Place":
        """Returns the place at a later position."""
        recorded_at = until if self.recorded_at is None else max(self.recorded_at, until)
        return replace(self, position=position, recorded_at=recorded_at, stopped=False)


def place(connection: Connection[Row], name: str, *, locked: bool = False) -> Place:
    """Returns the current place of a read model; until the transaction ends nobody else changes it if `locked`.

    Raises `NotInstalledError`.
    """
    row = connection.execute(_PLACE + (" FOR NO KEY UPDATE" if locked else ""), [name], binary=True).fetchone()
    if row is None:
        raise NotInstalledError(f"Read model {name} has no tables; run dossier migrate.")
    position, recorded_at, generation, shape, topics, tables, stopped = row
    return Place(position, recorded_at, generation, Definition(shape, tuple(topics)), tables, stopped)


def take_topics(connection: Connection[Row], name: str, definition: Definition) -> None:
    """Takes over the topics of this version for a read model whose tables are those of this version, unless it has passed an event of a
    topic that only one of the two versions folds. Where topics differ it reads the log: to be called without a statement timeout."""
    connection.execute(_HOLD_TABLES, [name])
    connection.execute(_TAKE_TOPICS, {"name": name, "shape": definition.shape, "topics": list(definition.topics)})


def move(connection: Connection[Row], database: Database, name: str, position: int, at: datetime | None) -> None:
    """Stores the position that a read model has reached, clears the reason of a stop, and notifies readers on commit."""
    connection.execute(_MOVE, {"name": name, "end": position, "until": at, "channel": database.channel(PROJECTED)})


def advance(
    connection: Connection[Row],
    database: Database,
    places: Mapping[str, Place],
    end: int,
    until: datetime,
    *,
    keeps_plans: bool = False,
) -> frozenset[str]:
    """Moves read models that are at the same position, by name, to the position `end`; returns the names of those that it moved.

    Left out are those that are not where and what they were, and those whose tables are being swapped. Until the transaction ends the
    others' tables are not, and nobody else moves them; plans of statements are kept in it if `keeps_plans`.
    """
    known = list(places.values())
    moved = connection.execute(
        _ADVANCE,
        {
            "names": list(places),
            "generations": [place.generation for place in known],
            "topics": [" ".join(place.definition.topics) for place in known],
            "after": known[0].position,
            "end": end,
            "until": until,
            "channel": database.channel(PROJECTED),
            "plans": "force_generic_plan" if keeps_plans else "force_custom_plan",
        },
    )
    return frozenset(name for name, *_ in moved)


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
    """Returns the name of the advisory lock of the one active runner of a read model."""
    return f"runner/{name}"


def rebuild_lock(database: Database, name: str) -> sql.Composed:
    """Returns the name of the advisory lock of the one rebuild of a read model."""
    return database.lock_key(f"rebuild/{name}")


def tables_lock(database: Database, name: str) -> sql.Composed:
    """Advisory lock held shared by a batch being written and alone by a swap: no batch is half in tables that go away."""
    return database.lock_key(f"tables/{name}")


@contextmanager
def runner_held(connection: Connection[Row], database: Database, name: str) -> Iterator[ExitStack]:
    """Lets the runner of a read model wait before its next batch, until the stack that is yielded is closed."""
    lock = tables_lock(database, name)
    connection.execute(sql.SQL("SELECT pg_advisory_lock({})").format(lock))
    with ExitStack() as holding:
        holding.callback(connection.execute, sql.SQL("SELECT pg_advisory_unlock({})").format(lock))
        yield holding

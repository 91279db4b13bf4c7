"""How each read model is doing, for operators: position, lag, why it stopped, whether anybody works on it."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict

from store.database import Database, Row

_STATES: Final = sql.SQL("""
    WITH held AS MATERIALIZED (
        SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    SELECT name, position, greatest(coalesce((SELECT max(position) FROM events), 0) - position, 0) AS lag,
           coalesce(greatest(extract(epoch FROM clock_timestamp() - (
               SELECT recorded_at FROM events WHERE events.position = projections.position + 1)), 0), 0)::float8 AS lag_s,
           recorded_at, generation, state,
           hashtextextended({runner} || name, 0) IN (SELECT key FROM held) AS active,
           failed_position, failed_event, failed_topic, error, failed_at,
           rebuild_position, rebuild_target, rebuild_started_at,
           hashtextextended({rebuild} || name, 0) IN (SELECT key FROM held) AS rebuild_active
    FROM projections ORDER BY name
""")


class ProjectionState(BaseModel):
    """How one read model is doing."""

    model_config = ConfigDict(frozen=True)

    name: str
    position: int
    lag: int
    """Events of the log that are not folded yet."""
    lag_s: float
    """Seconds that the oldest of them has waited; 0 when there is none."""
    recorded_at: datetime | None
    """Everything recorded until then is in it; `None` before its first event."""
    generation: int
    """Counts its table sets: one more with every rebuild."""
    state: Literal["running", "stopped"]
    active: bool
    """Whether a runner works on it now; a stopped one rests between its attempts."""
    failed_position: int | None
    failed_event: UUID | None
    failed_topic: str | None
    error: str | None
    failed_at: datetime | None
    """Since when it has stood still for this reason."""
    rebuild_position: int | None
    """How far the tables being built have come; `None`: none are."""
    rebuild_target: int | None
    """The log's end when last looked at."""
    rebuild_started_at: datetime | None
    rebuild_active: bool
    """Whether a rebuild is at work; if not while there is a `rebuild_position`, it was killed and may be started again."""


def states(database: Database) -> list[ProjectionState]:
    """Returns the state of each read model, by name. Raises `OperationalError`."""
    with database.connection() as connection:
        return states_of(connection, database.schema)


def states_of(connection: Connection[Row], schema: str) -> list[ProjectionState]:
    """Returns the state of each read model through a connection to this schema."""
    prefix = f"dossier/{schema}"
    query = _STATES.format(runner=sql.Literal(f"{prefix}/runner/"), rebuild=sql.Literal(f"{prefix}/rebuild/"))
    with connection.cursor(row_factory=class_row(ProjectionState)) as cursor:
        return cursor.execute(query).fetchall()

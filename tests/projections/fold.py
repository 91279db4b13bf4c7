"""Helpers for tests of read models: fold the log as the engine does, read at two clocks, and fold it again in batches of any size."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from conftest import TODAY
from projections.catalogue import projections
from projections.engine.projection import LoggedFact, Projection
from projections.reading.read_models import ReadModels
from projections.reading.view import View
from read_models import fold_log
from store.application import Dossier
from store.log import read as read_log

EVERYTHING = 100_000


def now_known(dossier: Dossier) -> datetime:
    """The instant at which the last event was recorded."""
    [last] = dossier.log_of_facts.select_notifications(dossier.log_of_facts.max_notification_id(), 1)
    return last.recorded_at  # type: ignore[attr-defined, no-any-return]


@contextmanager
def reading(dossier: Dossier, *names: str, valid_at: date = TODAY, known_at: datetime | None = None) -> Iterator[View]:
    """A view of read models that have folded everything."""
    for projection in projections(dossier):
        if projection.name in names:
            fold_log(dossier, projection)
    with (
        closing(ReadModels(dossier, projections(dossier))) as models,
        models.view(*names, valid_at=valid_at, known_at=known_at) as view,
    ):
        yield view


def log(dossier: Dossier, projection: Projection) -> list[LoggedFact]:
    """Every fact that the projection is folded from, as it is handed over."""
    with dossier.database.connection() as connection:
        events = read_log(connection, 0, EVERYTHING, topics=sorted(projection.topics))
    return [LoggedFact(event.id, dossier.fact_mapper.to_domain_event(event)) for event in events]


def folded_in(
    dossier: Dossier,
    projection: Projection,
    seen: Sequence[LoggedFact],
    sizes: Sequence[int],
    sealed: Sequence[str] = ("name", "personal"),
) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each table after folding in batches of these sizes (the last one again and again), then nothing of it is kept.

    Sealed columns are left out: sealing the same value twice never gives the same bytes.
    """
    with dossier.database.connect(autocommit=False) as connection:
        connection.execute(f"TRUNCATE {', '.join(projection.tables)}")
        start, batches = 0, list(sizes)
        while start < len(seen):
            size = batches.pop(0) if len(batches) > 1 else batches[0]
            projection.fold(connection, seen[start : start + size])
            start += size
        rows = {table: _rows(connection, table, sealed) for table in projection.tables}
        connection.rollback()
    return rows


def _rows(connection: Connection[tuple[Any, ...]], table: str, sealed: Sequence[str]) -> list[tuple[Any, ...]]:
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum", [table]
        )
        if name not in sealed
    ]
    shown = ", ".join(f"{name}::text" for name in columns)
    return sorted(connection.execute(f"SELECT {shown} FROM {table}").fetchall(), key=str)


def in_any_batches(dossier: Dossier, name: str) -> list[dict[str, list[tuple[Any, ...]]]]:
    """The rows of a read model after folding everything one by one, in uneven batches, and all at once."""
    [projection] = [one for one in projections(dossier) if one.name == name]
    seen = log(dossier, projection)
    assert len({one.fact.TOPIC for one in seen}) > 1
    return [folded_in(dossier, projection, seen, sizes) for sizes in ([1], [2, 5, 1, 3], [EVERYTHING])]

"""Writes a long history into `history` in minutes: the events of its first days are folded, and PostgreSQL copies what the fold wrote.

Positions of copies are whole blocks later, so that marks are copied as they are, but for those of first effective days. A test compares
what is written here with what the fold makes of the events of all copies.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from psycopg import Connection

from aggregates.customer.profile import CustomerProfile
from aggregates.setup.category import ProfileCategory
from benchmarks.long_history.events import Shape, facts, field_definitions, key_of
from benchmarks.progress import Progress
from projections.engine.projection import LoggedFact
from projections.history.fold import HistoryProjection
from projections.history.marks import BLOCK, Bits, day_marks, packed, unpacked
from projections.history.tables import DAYS, MARKS, MEMBERS
from store.application import Dossier
from store.database import Row

LARGE: Final = ("history", DAYS, MARKS)
"""The tables that have rows of every event."""
_FOLDED_AT_ONCE: Final = 8_000
_SETTINGS: Final = """
    SET synchronous_commit = off; SET statement_timeout = 0; SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'
"""
_UNLOGGED: Final = "; ".join(f"ALTER TABLE {table} SET UNLOGGED" for table in LARGE)
_FOLDED: Final = "; ".join(f"CREATE TEMP TABLE folded_{table} AS TABLE {table}" for table in LARGE)
_COPY_HISTORY: Final = f"""
    INSERT INTO history ({", ".join(MEMBERS)}, data, personal)
    SELECT position + %(events)s, md5(event_id::text || %(copy)s::text)::uuid, kind, later.key, topic, version,
        recorded_at + make_interval(days => %(days)s), actor, role, source, reason, later.cause, later.cause,
        effective_from + %(days)s, effective_to + %(days)s, back_dated,
        overlay(data PLACING later.key FROM position(event.key IN data)), personal
    FROM folded_history AS event CROSS JOIN LATERAL (
        SELECT (event.key::integer + %(things)s)::text AS key, md5(correlation_id::text || %(copy)s::text)::uuid AS cause OFFSET 0
    ) AS later
    WHERE position >= {BLOCK}
"""
_COPY_DAYS: Final = f"""
    INSERT INTO {DAYS} (position, holder, family, subjects, first, last, superseded_by)
    SELECT position + %(events)s, later.holder, family, subjects,
        CASE WHEN starts_with(family, '=') THEN first ELSE first + %(days)s END, last + %(days)s, superseded_by + %(events)s
    FROM folded_{DAYS} AS part
    JOIN unnest(%(folded_holders)s::uuid[], %(holders)s::uuid[]) AS later (folded, holder) ON later.folded = part.holder
"""
_COPY_MARKS: Final = f"""
    INSERT INTO {MARKS} (mark, block, places) SELECT mark, block + %(blocks)s, places
    FROM folded_{MARKS} WHERE block > 0 AND NOT starts_with(mark, 'from ')
"""
_DAY_MARKS: Final = f"SELECT block, substr(mark, 6)::date, places FROM folded_{MARKS} WHERE mark ~ '^from .{{10}}$'"
_INSERT_MARKS: Final = f"COPY {MARKS} (mark, block, places) FROM STDIN"
_INSERT_KEYS: Final = "COPY personal_keys (subject, wrapped) FROM STDIN"
_CONSTRAINTS: Final = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('p', 'u') AND conrelid = ANY (%s::text[]::regclass[])
"""
_INDEXES: Final = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) AND indrelid = ANY (%s::text[]::regclass[])
"""


def fill(dossier: Dossier, shape: Shape) -> None:
    """Writes the rows of all events, in tables without a write-ahead log, and keys of their customers."""
    with dossier.database.connect() as connection:
        connection.execute(_SETTINGS.encode())
        connection.execute(_UNLOGGED.encode())
        fold(dossier, connection, field_definitions(dossier.company))
        fold(dossier, connection, facts(dossier.company, shape))
        connection.execute(_FOLDED.encode())
        days_by_block = _days_by_block(connection)
        with without_indexes(connection, LARGE):
            progress = Progress("history", shape.events)
            for copy in range(shape.copies):
                progress.show(copy * shape.events_a_copy)
                _store_keys(connection, dossier, shape, copy)
                if copy:
                    _copy(connection, dossier.company, shape, copy)
                    _copy_day_marks(connection, shape, copy, days_by_block)
        connection.execute("VACUUM (ANALYZE)")  # as the server does by itself after so many rows


def fold(dossier: Dossier, connection: Connection[Row], logged_facts: Iterator[LoggedFact]) -> None:
    """Folds events into `history`."""
    projection = HistoryProjection(dossier.fact_mapper.keys, dossier.company)
    while batch := list(islice(logged_facts, _FOLDED_AT_ONCE)):
        with connection.transaction():
            projection.fold(connection, batch)


def _copy(connection: Connection[Row], company: str, shape: Shape, copy: int) -> None:
    parameters = {
        "copy": copy,
        "events": copy * shape.events_a_copy,
        "blocks": copy * shape.blocks,
        "days": copy * shape.days,
        "things": copy * shape.customers_a_copy,
        "folded_holders": _holders(company, shape, 0),
        "holders": _holders(company, shape, copy),
    }
    for statement in (_COPY_HISTORY, _COPY_DAYS, _COPY_MARKS):
        connection.execute(statement.encode(), parameters)


def _holders(company: str, shape: Shape, copy: int) -> list[UUID]:
    """The ids of a copy's customers and categories."""
    numbers = [key_of(shape, copy, place) for place in range(shape.customers_a_copy)]
    return [kind.id_of(company, number) for kind in (CustomerProfile, ProfileCategory) for number in numbers]


def _days_by_block(connection: Connection[Row]) -> dict[int, list[tuple[date, Bits]]]:
    """By block, the first effective days of the events that were folded, and the places of those that have them."""
    days: dict[int, list[tuple[date, Bits]]] = {}
    for block, day, places in connection.execute(_DAY_MARKS.encode(), binary=True):
        days.setdefault(block, []).append((day, unpacked(places)))
    return days


def _copy_day_marks(
    connection: Connection[Row], shape: Shape, copy: int, days_by_block: dict[int, list[tuple[date, Bits]]]
) -> None:
    later = timedelta(days=copy * shape.days)
    with connection.cursor().copy(_INSERT_MARKS.encode()) as rows:
        for block, days in days_by_block.items():
            places: dict[str, Bits] = {}
            for day, bits in days:
                for mark in day_marks(day + later):
                    places[mark] = places.get(mark, 0) | bits
            for mark, bits in places.items():
                rows.write(f"{mark}\t{block + copy * shape.blocks}\t\\\\x{packed(bits).hex()}\n")


def _store_keys(connection: Connection[Row], dossier: Dossier, shape: Shape, copy: int) -> None:
    keys = dossier.fact_mapper.keys
    with connection.cursor().copy(_INSERT_KEYS) as rows:
        for place in range(shape.customers_a_copy):
            customer = CustomerProfile.id_of(dossier.company, key_of(shape, copy, place))
            _, wrapped = keys.fresh(customer)
            rows.write(f"{customer}\t\\\\x{wrapped.hex()}\n")


@contextmanager
def without_indexes(connection: Connection[Row], tables: Sequence[str]) -> Iterator[None]:
    """Takes the indexes of these tables away, and makes them anew at the end, in a fraction of the time that each row would take."""
    constraints = connection.execute(_CONSTRAINTS, [list(tables)]).fetchall()
    indexes = connection.execute(_INDEXES, [list(tables)]).fetchall()
    for table, name, _ in constraints:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    progress = Progress("indexes", len(constraints) + len(indexes))
    statements = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in constraints]
    for done, statement in enumerate([*statements, *(definition for _, definition in indexes)]):
        progress.show(done)
        connection.execute(statement.encode())

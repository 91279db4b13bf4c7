"""100 events of a long history by every filter, and by the pairs that are asked for most: milliseconds at p50, newest first.

The rows of `history` are written directly, 500,000 of them, because folding so many events takes long; `FULL=1` makes it 10 million. A page
is read as the API reads it, with values before and after.
"""

import os
import random
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg import Connection

from aggregates.clocks import Clocks
from aggregates.customer.profile import CustomerProfile
from api.parameters.histories import ndjson_lines
from api.parameters.shapes import MOST_A_PAGE
from benchmarks.progress import Progress
from benchmarks.rows import ROUNDS, Row, below
from benchmarks.servers import environment
from projections.history.filters import Filters
from projections.history.marks import BACK_DATED, day_marks, fold_marks, mark_of, word_marks
from projections.history.models import HistoryEntry
from projections.history.queries import history
from projections.history.tables import DAYS, MASKS, MEMBERS
from projections.reading.view import View
from projections.tables.superseding import copied
from store.application import Dossier
from store.database import Row as Record

EVENTS: Final = 10_000_000 if os.environ.get("FULL") else 500_000
STEP: Final = 20_000
TURNS: Final = 15
PAGE: Final = 100
BOUND_MS: Final = 10.0
STREAMED: Final = 100_000
MOST_GROWN_MB: Final = 20.0
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FIELDS: Final = [f"note_{number}" for number in range(30)]
_ACTORS: Final = [f"agent-{number}" for number in range(200)]
_ROLES: Final = ("agent",) * 8 + ("administrator", "integrator")
_SOURCES: Final = ("ui",) * 5 + ("upload",) * 4 + ("api",)
_WORDS: Final = [f"word{number}" for number in range(5_000)]
_RARE: Final = "rare"
_CUSTOMERS: Final = EVENTS // 10
_DEFINITION: Final = '{"code":7,"description":"Age","required":true,"position":1,"active":true}'
_COPY: Final = f"COPY history ({', '.join(MEMBERS)}, data, personal) FROM STDIN"
_OPEN_FIELDS: Final = f"""
    INSERT INTO {MASKS.table} (field, masked, personal, valid, known)
    SELECT field, false, false, daterange('0001-01-01', NULL), tstzrange('2020-01-01', 'infinity')
    FROM unnest(%(fields)s::text[]) AS field
"""
_COPY_KEYS: Final = "COPY personal_keys (subject, destroyed_at) FROM STDIN"
"""These customers are erased, so that nothing has to be sealed; their fields are not personal."""
_COPY_DAYS: Final = f"COPY {DAYS} (position, holder, family, subjects, first, last, superseded_by) FROM STDIN"


def run(url: str) -> list[Row]:
    """A row for each filter and pair."""
    with (
        Dossier(environment(url)) as dossier,
        closing(dossier.database.connect(autocommit=False)) as connection,
    ):
        _fill(connection, dossier.company)
        view = View(connection, dossier.fact_mapper.keys, dossier.company, _clocks(), EVENTS)
        correlation = connection.execute("SELECT correlation_id FROM history WHERE position = %s", [EVENTS // 2])
        searches = _searches((correlation.fetchone() or (uuid4(),))[0])
        rows = [_row(name, _median(view, filters)) for _ in range(ROUNDS) for name, filters in searches.items()]
        return [*rows, _grown(view)]


def _row(name: str, ours: float) -> Row:
    return below(f"history, {PAGE} of {EVENTS:,} events by {name}", "ms, p50", ours, BOUND_MS)


def _grown(view: View) -> Row:
    """How much more memory a file of many events takes, made page by page as the API makes it; once, since it stays with the process."""

    def pages() -> Iterator[list[HistoryEntry]]:
        cursor: str | None = None
        for _ in range(STREAMED // MOST_A_PAGE):
            page = history(view, Filters(), MOST_A_PAGE, cursor)
            yield page.items
            cursor = page.next_cursor

    lines = ndjson_lines(pages())
    next(lines)
    before = _resident_mb()
    for _ in lines:
        pass
    grown = _resident_mb() - before
    return below(f"history, file of {STREAMED:,} events, memory grows by", "MB", grown, MOST_GROWN_MB)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def _clocks() -> Clocks:
    return Clocks(date(2026, 6, 1), _recorded_at(EVENTS))


def _recorded_at(position: int) -> datetime:
    return _BEGINNING + timedelta(seconds=position * 2)


def _median(view: View, filters: Filters) -> float:
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        history(view, filters, PAGE, newest_first=True)
        times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(times)


def _searches(correlation: UUID) -> dict[str, Filters]:
    middle = _recorded_at(EVENTS // 2)
    march: Mapping[str, Any] = {"effective_from": date(2025, 3, 1), "effective_to": date(2025, 3, 31)}
    customer: Mapping[str, Any] = {"kind": "customer", "key": "77"}
    field, actor = ("fields.note_3",), "agent-7"
    return {
        "nothing": Filters(),
        "customer": Filters(**customer),
        "kind": Filters(kind="category"),
        "actor": Filters(actor=actor),
        "rare actor": Filters(actor=_RARE),
        "role": Filters(role="integrator"),
        "source": Filters(source="api"),
        "topic": Filters(topic="category.changed"),
        "field": Filters(fields=field),
        "recorded between": Filters(recorded_from=middle, recorded_to=middle + timedelta(hours=3)),
        "effective between": Filters(**march),
        "back-dated": Filters(back_dated=True),
        "word of the reason": Filters(reason="word77"),
        "correlation id": Filters(correlation_id=correlation),
        "actor and recorded": Filters(actor=actor, recorded_from=middle, recorded_to=middle + timedelta(days=9)),
        "topic and recorded": Filters(topic="category.changed", recorded_to=middle),
        "field and recorded": Filters(fields=field, recorded_to=middle),
        "actor and topic": Filters(actor=actor, topic="category.changed"),
        "actor and field": Filters(actor=actor, fields=field),
        "rare actor and rare topic": Filters(actor=_RARE, topic="category.changed"),
        "customer and actor": Filters(**customer, actor=actor),
        "customer and field": Filters(**customer, fields=field),
        "back-dated and actor": Filters(back_dated=True, actor=actor),
        "back-dated and effective": Filters(back_dated=True, **march),
        "source and topic": Filters(source="api", topic="category.changed"),
    }


def _fill(connection: Connection[Record], company: str) -> None:
    connection.execute("SET synchronous_commit = off")
    connection.execute(_OPEN_FIELDS.encode(), {"fields": _FIELDS})
    chance = random.Random(1)
    with connection.cursor().copy(_COPY_KEYS) as copy:
        for number in range(_CUSTOMERS):
            copy.write(f"{CustomerProfile.id_of(company, number)}\t2026-01-01\n")
    progress = Progress("history", EVENTS)
    for start in range(1, EVENTS + 1, STEP):
        progress.show(start)
        lines, days = [], []
        positions: dict[str, list[int]] = {}
        for position in range(start, min(start + STEP, EVENTS + 1)):
            row, marks, field = _event(position, chance)
            lines.append("\t".join(map(copied, row)) + "\n")
            days.append(f"{position}\t{uuid4()}\tfields\t{field}\t{row[13]}\t\\N\t\\N\n")
            for mark in marks:
                positions.setdefault(mark, []).append(position)
        for statement, text in ((_COPY, lines), (_COPY_DAYS, days)):
            with connection.cursor().copy(statement.encode()) as copy:
                copy.write("".join(text))
        fold_marks(connection, positions)
        connection.commit()
    connection.execute("ANALYZE")
    connection.commit()


def _event(position: int, chance: random.Random) -> tuple[tuple[Any, ...], Iterator[str], str]:
    """An edit of a field: its row, its marks, and the field. One in a hundred counts as something else."""
    field = chance.choice(_FIELDS)
    topic = "customer.field_edited" if chance.random() > 0.01 else "category.changed"
    actor = chance.choice(_ACTORS) if chance.random() > 0.0001 else _RARE
    role, source = chance.choice(_ROLES), chance.choice(_SOURCES)
    reason = " ".join(chance.sample(_WORDS, 3)) if chance.random() < 0.2 else None
    recorded_at, correlation = _recorded_at(position), uuid4()
    first = recorded_at.date() - timedelta(days=chance.choice((*[0] * 9, chance.randrange(900))))
    back_dated = first < recorded_at.date()
    kind = topic.partition(".")[0]
    edit = f'{{"number":"1","field":"{field}","is_personal":false,"cleared":false,"value":"x"}}'
    data = edit if kind == "customer" else _DEFINITION
    key = str(chance.randrange(_CUSTOMERS))
    about = (position, uuid4(), kind, key, topic, 1, recorded_at, actor, role, source, reason)
    row = (*about, correlation, correlation, first, None, back_dated, data, None)
    return row, _marks(row, field), field


def _marks(row: tuple[Any, ...], field: str) -> Iterator[str]:
    names = ("kind", "topic", "actor", "role", "source")
    yield from (mark_of(name, row[MEMBERS.index(name)]) for name in names)
    yield mark_of("field", f"fields.{field}")
    yield from day_marks(row[13])
    if row[10] is not None:
        yield from word_marks(row[10])
    if row[15]:
        yield BACK_DATED

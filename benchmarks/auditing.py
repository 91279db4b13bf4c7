"""100 events of a long history by every filter, and by the pairs that are asked for most: milliseconds at p50, newest first.

The history has 600,000 events, with `FULL=1` 10 million (see `long_history`). A page is read as the API reads it, with values before and
after.
"""

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from aggregates.clocks import Clocks
from api.parameters.histories import ndjson_lines
from api.parameters.shapes import MOST_A_PAGE
from benchmarks.long_history.events import RARE, Shape, key_of
from benchmarks.long_history.filling import fill
from benchmarks.rows import ROUNDS, Row, below
from benchmarks.servers import dossier
from projections.history.filters import Filters
from projections.history.models import HistoryEntry
from projections.history.queries import history
from projections.reading.view import View

SHAPE: Final = Shape(days=5, blocks_a_day=10, copies=49 if os.environ.get("FULL") else 3)
TURNS: Final = 15
PAGE: Final = 100
BOUND_MS: Final = 10.0
STREAMED: Final = 100_000
MOST_GROWN_MB: Final = 20.0


def run(url: str) -> list[Row]:
    """A row for each filter and pair."""
    with dossier(url) as application:
        fill(application, SHAPE)
        with closing(application.database.connect(autocommit=False)) as connection:
            view = View(application.fact_mapper.keys, application.company, clocks(SHAPE), SHAPE.end, connection)
            filters_by_name = searches(view, SHAPE)
            rows = [_row(name, _median(view, each)) for _ in range(ROUNDS) for name, each in filters_by_name.items()]
            return [*rows, _grown(view)]


def _row(name: str, ours: float) -> Row:
    return below(f"history, {PAGE} of {SHAPE.events:,} events by {name}", "ms, p50", ours, BOUND_MS)


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


def clocks(shape: Shape) -> Clocks:
    """The last day of a history, all of which is known."""
    return Clocks(shape.recorded_at(shape.end).date(), shape.recorded_at(shape.end))


def _median(view: View, filters: Filters) -> float:
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        history(view, filters, PAGE, newest_first=True)
        times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(times)


def searches(view: View, shape: Shape) -> dict[str, Filters]:
    """The filters by their names. What is asked for lies in the middle of the history."""
    position = shape.end // 2
    middle = shape.recorded_at(position)
    month: Mapping[str, Any] = {
        "effective_from": middle.date() - timedelta(days=300),
        "effective_to": middle.date() - timedelta(days=270),
    }
    customer: Mapping[str, Any] = {"kind": "customer", "key": f"{key_of(shape, shape.copies // 2, 77)}"}
    actor = "agent-3"  # has as many of these edits and changes as most
    field, topic = ("fields.note_3",), "category.changed"
    correlation = view.connection.execute("SELECT correlation_id FROM history WHERE position = %s", [position])
    return {
        "nothing": Filters(),
        "customer": Filters(**customer),
        "kind": Filters(kind="category"),
        "actor": Filters(actor=actor),
        "rare actor": Filters(actor=RARE),
        "role": Filters(role="integrator"),
        "source": Filters(source="api"),
        "topic": Filters(topic=topic),
        "field": Filters(fields=field),
        "recorded between": Filters(recorded_from=middle, recorded_to=middle + timedelta(hours=3)),
        "effective between": Filters(**month),
        "back-dated": Filters(back_dated=True),
        "word of the reason": Filters(reason="word77"),
        "correlation id": Filters(correlation_id=next(correlation)[0]),
        "actor and recorded": Filters(actor=actor, recorded_from=middle, recorded_to=middle + timedelta(days=9)),
        "topic and recorded": Filters(topic=topic, recorded_to=middle),
        "field and recorded": Filters(fields=field, recorded_to=middle),
        "actor and topic": Filters(actor=actor, topic=topic),
        "actor and field": Filters(actor=actor, fields=field),
        "rare actor and rare topic": Filters(actor=RARE, topic=topic),
        "customer and actor": Filters(**customer, actor=actor),
        "customer and field": Filters(**customer, fields=field),
        "back-dated and actor": Filters(back_dated=True, actor=actor),
        "back-dated and effective": Filters(back_dated=True, **month),
        "source and topic": Filters(source="api", topic=topic),
    }

"""A rebuild of every read model over tens of thousands of events, while reads continue.

DOSSIER_REBUILD_EVENTS sets how many there are, for a longer run.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

import pytest

from aggregates.customer.events import ResponseSelected
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, event_id
from aggregates.use_case import Request
from conftest import TODAY
from projections import catalogue
from projections.engine.rebuild import rebuild
from projections.history.filters import Filters
from projections.history.queries import history
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store.application import Dossier

EVENTS: Final = int(os.environ.get("DOSSIER_REBUILD_EVENTS", "12000"))
CUSTOMERS: Final = EVENTS // 10
PUT_EVENTS: Final = 4_000
PAUSE_S: Final = 0.02
"""Seconds between two reads, which would slow the rebuild down otherwise: both are in one process."""
SEALED: Final = ("name", "personal")
"""Columns that are sealed: sealing the same value twice never gives the same bytes."""


@dataclass
class Watch:
    """Reads one after another, and what they met."""

    reads: int = 0
    failures: list[str] = field(default_factory=list)
    backwards: int = 0


def stored(dossier: Dossier, origin: Origin) -> int:
    """Registers the customers and stores responses in turns; gives the log's end."""
    facts: list[Fact] = []
    for number in range(CUSTOMERS):
        customer = CustomerProfile.new(dossier.company, str(number))
        customer.register(origin, number=str(number), name=f"Ann {number}", days=Days(date(2020, 1, 1)))
        facts.extend(customer.collect_events())
    for turn in range(EVENTS - CUSTOMERS):
        facts.append(selected(dossier.company, origin, str(turn % CUSTOMERS), 2 + turn // CUSTOMERS))
    for start in range(0, len(facts), PUT_EVENTS):
        dossier.put(facts[start : start + PUT_EVENTS])
    return dossier.log_of_facts.max_notification_id() or 0


def selected(company: str, origin: Origin, number: str, version: int) -> ResponseSelected:
    """A response of a customer, a little later-dated each time."""
    customer = CustomerProfile.id_of(company, number)
    return ResponseSelected(
        originator_id=customer,
        originator_version=version,
        event_id=event_id(origin.causation_id, customer, version),
        company=company,
        origin=origin,
        number=number,
        category=1 + version % 3,
        category_description="Age",
        response=f"A{version % 5}",
        response_description="30-39",
        by_default=False,
        effective_from=date(2020, 1 + version % 12, 1 + version % 28),
    )


def digests(dossier: Dossier, tables: tuple[str, ...]) -> dict[str, Any]:
    """Rows and a digest of all of them, of each table, sealed columns left out."""
    found = {}
    with dossier.database.connection() as connection:
        for table in tables:
            columns = connection.execute(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL(%s)",
                [table, list(SEALED)],
            ).fetchone()
            assert columns is not None
            found[table] = connection.execute(
                f"SELECT count(*), md5(string_agg(line, E'\\n' ORDER BY line))"
                f" FROM (SELECT ({columns[0]})::text AS line FROM {table}) AS lines"
            ).fetchone()
    return found


@contextmanager
def watching(dossier: Dossier) -> Iterator[Watch]:
    """Reads history and drawer in a thread for as long as the block runs."""
    watch, stop = Watch(), threading.Event()

    def read(models: ReadModels) -> None:
        last = 0
        while not stop.wait(PAUSE_S):
            try:
                with models.view("history", valid_at=TODAY) as view:
                    assert history(view, Filters(kind="customer", key="7"), 10).items
                    watch.backwards += view.position < last
                    last = max(last, view.position)
                with models.view(*names(dossier), valid_at=TODAY):
                    watch.reads += 1
            except Exception as error:  # noqa: BLE001  (whatever it is, the read failed)
                watch.failures.append(repr(error))

    with closing(ReadModels(dossier, catalogue.projections(dossier))) as models:
        thread = threading.Thread(target=read, args=(models,))
        thread.start()
        try:
            yield watch
        finally:
            stop.set()
            thread.join(30)


def names(dossier: Dossier) -> list[str]:
    """Of all read models."""
    return [projection.name for projection in catalogue.projections(dossier)]


@pytest.mark.timeout(900)
def test_every_read_model_is_rebuilt_to_the_same_rows_while_reads_go_on(
    dossier: Dossier, ask: Callable[..., Request], figures: Callable[[str], None]
) -> None:  # rules 0.3, 2.20
    events = stored(dossier, ask(cause=uuid4()).origin)
    told = [f"{events:,} events, {datetime.now(UTC):%H:%M:%S}"]
    before = {}
    for projection in catalogue.projections(dossier):
        began = time.perf_counter()
        fold_log(dossier, projection)
        told.append(f"{projection.name} caught up at {events / (time.perf_counter() - began):,.0f} events/s")
        before[projection.name] = digests(dossier, projection.tables)
    with watching(dossier) as watch:
        for projection in catalogue.projections(dossier):
            began = time.perf_counter()
            report = rebuild(dossier, projection, lambda _position, _target: None)
            told.append(f"{projection.name} rebuilt at {events / (time.perf_counter() - began):,.0f} events/s")
            assert report.position == events
            assert digests(dossier, projection.tables) == before[projection.name]
    assert watch.failures == []
    assert watch.backwards == 0
    assert watch.reads > 0
    figures("; ".join(told) + f"; {watch.reads:,} reads meanwhile, none failed or went back")

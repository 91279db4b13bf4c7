"""All read models together: catch-up over mixed events, one event through all of them, reading one's own write, and a rebuild.

Processor time is that of this process and of its PostgreSQL backends: whatever else the machine does disturbs it little.
"""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import psycopg

from aggregates.customer.events import ResponseSelected
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import event_id
from benchmarks.mixed import origin, store_mixed
from benchmarks.over_http.cores import on_one_core
from benchmarks.rows import Row, at_least
from benchmarks.servers import BIN, dossier, process_environment, running
from projections import catalogue
from projections.engine.rebuilding_all import rebuild_all
from projections.engine.runner import Runner
from projections.engine.single import folding_connection
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.stopping import Stop

EVENTS: Final = 60_000
SINGLE_EVENTS: Final = 300
READS: Final = 300
WARM_UP: Final = 30
READ_MODEL: Final = "drawer"
GOAL: Final = 7.0
REBUILD_GOAL: Final = 1.4
MOST_US: Final = 110.0
"""Microseconds of processor time an event."""
MOST_EVENT_MS: Final = 4.0
MOST_READ_MS: Final = 8.0
MOST_LATE_READ_MS: Final = 25.0
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_BACKENDS: Final = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@dataclass
class Spent:
    """What a block took, in seconds."""

    wall_s: float = 0.0
    processor_s: float = 0.0


def run(url: str, peer: float) -> list[Row]:
    """Rows for all read models; `peer` is the rate of the library's runner for its one."""
    with dossier(url) as application, closing(folding_connection(application.database)) as connection:
        runner = Runner(application, *catalogue.projections(application))
        stored = store_mixed(application, EVENTS)
        with spending(url) as catching_up:
            runner.catch_up(connection, Stop())
        with application.database.connect() as analyzing:
            analyzing.execute("VACUUM ANALYZE")  # as the server does by itself in time
        times = [_through_all(application, runner, connection, number) for number in range(SINGLE_EVENTS)]
        times = times[WARM_UP:]
        waits = _own_writes(url, application)
        rebuild = rebuilt(url, application)
    us = catching_up.processor_s / stored * 1e6
    return [
        at_least(
            "catch-up, all together, mixed events (peer: one)", "events/s", stored / catching_up.wall_s, peer, GOAL
        ),
        _bounded("catch-up, all together, processor time an event", "µs", us, MOST_US),
        _bounded("one event through all read models, p50", "ms", statistics.median(times), MOST_EVENT_MS),
        _bounded("read-your-write in process, p50", "ms", statistics.median(waits), MOST_READ_MS),
        _bounded("read-your-write in process, p99", "ms", statistics.quantiles(waits, n=100)[-1], MOST_LATE_READ_MS),
        rebuild,
    ]


def rebuilt(url: str, application: Dossier) -> Row:
    """The row for a rebuild of all read models, on the cores of this machine and on one of them."""
    events = application.log_of_facts.max_notification_id() or 0
    rate = events / _rebuild_s(application)
    with on_one_core(url):
        on_one = events / _rebuild_s(application)
    return at_least("rebuild of all, two threads (peer: on one core)", "events/s", rate, on_one, REBUILD_GOAL)


def _rebuild_s(application: Dossier) -> float:
    began = time.perf_counter()
    for _ in rebuild_all(application, catalogue.projections(application), lambda _position, _target: None):
        pass
    return time.perf_counter() - began


@contextmanager
def spending(url: str) -> Iterator[Spent]:
    """Measures a block: its time, and the processor time of this process and of the server's backends meanwhile."""
    spent, backends = Spent(), _backends(url)
    began, began_here = time.perf_counter(), time.process_time()
    with psycopg.connect(url, autocommit=True) as connection:
        yield spent
        spent.wall_s = time.perf_counter() - began
        after = {pid: _processor_s(pid) for (pid,) in connection.execute(_BACKENDS)}
    spent.processor_s = time.process_time() - began_here
    spent.processor_s += sum(used - backends.get(pid, 0.0) for pid, used in after.items())


def _backends(url: str) -> dict[int, float]:
    with psycopg.connect(url, autocommit=True) as connection:
        return {pid: _processor_s(pid) for (pid,) in connection.execute(_BACKENDS)}


def _processor_s(pid: int) -> float:
    """Returns the processor time of a process, as Linux tells it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def _through_all(application: Dossier, runner: Runner, connection: psycopg.Connection, number: int) -> float:
    """Returns the milliseconds from a recorded event to its being in all read models."""
    application.put([_selected(application, number)])
    began = time.perf_counter()
    runner.catch_up(connection, Stop())
    return (time.perf_counter() - began) * 1e3


def _own_writes(url: str, application: Dossier) -> list[float]:
    """Milliseconds from an acknowledged write to having read it, while `dossier project` runs."""
    waits = []
    with (
        running([str(BIN / "dossier"), "project"], process_environment(url, application.company)),
        closing(ReadModels(application, catalogue.projections(application))) as reads,
    ):
        reads.start()
        for number in range(WARM_UP + READS):
            [position] = application.put([_selected(application, SINGLE_EVENTS + number)])
            began = time.perf_counter()
            while not _reads(reads, position):
                pass
            waits.append((time.perf_counter() - began) * 1e3)
    return waits[WARM_UP:]


def _reads(reads: ReadModels, position: int) -> bool:
    with reads.view(READ_MODEL, position=position) as view:
        return view.position >= position


def _selected(application: Dossier, number: int) -> ResponseSelected:
    """A response of another customer each time."""
    customer = CustomerProfile.id_of(application.company, f"{number}")
    cause = origin()
    version = len(application.log_of_facts.select_events(customer)) + 1
    return ResponseSelected(
        originator_id=customer,
        originator_version=version,
        event_id=event_id(cause.causation_id, customer, version),
        company=application.company,
        origin=cause,
        number=f"{number}",
        category=1 + number % 3,
        category_description="Age",
        response="A1",
        response_description="30-39",
        by_default=False,
        effective_from=date(2024, 1, 1) + timedelta(number % 300),
    )


def _bounded(name: str, unit: str, value: float, most: float) -> Row:
    return Row(name, unit, round(value, 2), None, None, f"<= {most:g} {unit}", value <= most)

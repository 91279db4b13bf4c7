"""What Prometheus scrapes at `/metrics`: requests by route template and status, latency, and the health of the installation.

Each application has its own registry. Several workers behind one socket count in files of a directory that they share; each worker has a
slot, with files of its own, and a scrape of any worker gives the sum. A worker that is killed leaves its slot to its successor, which goes
on counting from there: no count is lost or falls, and there are never more files than workers. Health comes from the worker that answers.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import prometheus_client.values
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from projections.health.judgement import Health
from projections.health.metrics import families

LATENCIES_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable in which the client library looks for the directory."""
_MOST_SLOTS: Final = 1_000


class SharedCounts:
    """The slot of one worker in the directory in which all workers of a socket count; held for as long as the process lives."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._slot = _slot_in(directory)
        os.environ[_DIRECTORY] = str(directory)
        number = Path(self._slot.name).stem
        prometheus_client.values.ValueClass = prometheus_client.values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]


def _slot_in(directory: Path) -> IO[str]:
    """Returns the lock of the first slot that no living worker has."""
    for number in range(_MOST_SLOTS):
        lock = (directory / f"{number}.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return lock
    raise RuntimeError(f"More than {_MOST_SLOTS} workers count in {directory}.")


class Metrics:
    """The counters of one application, or of all workers of its socket."""

    def __init__(self, company: str, shared: SharedCounts | None = None) -> None:
        self._company = company
        counting = CollectorRegistry()
        self._registries: list[CollectorRegistry] = [counting]
        self._requests = Counter(
            "dossier_http_requests", "Requests answered.", ["method", "route", "status"], registry=counting
        )
        self._seconds = Histogram(
            "dossier_http_request_seconds",
            "Seconds to the end of the answer.",
            ["method", "route"],
            buckets=LATENCIES_S,
            registry=counting,
        )
        if shared is None:
            ProcessCollector(registry=counting)
            PlatformCollector(registry=counting)
        else:
            self._registries = [CollectorRegistry()]
            MultiProcessCollector(self._registries[0], str(shared.directory))  # type: ignore[no-untyped-call]
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request. `route` is a template of ours, so the number of series is bounded."""
        series = self._series.get((method, route, status))
        if series is None:
            series = (self._requests.labels(method, route, status), self._seconds.labels(method, route))
            self._series[(method, route, status)] = series
        series[0].inc()
        series[1].observe(seconds)

    def text(self, health: Health) -> bytes:
        """Returns all metrics in Prometheus' text format."""
        current = CollectorRegistry()
        current.register(Families(self._company, health))
        return b"".join(generate_latest(registry) for registry in (current, *self._registries))


class Families(Collector):
    """Health in Prometheus' families."""

    def __init__(self, company: str, health: Health) -> None:
        self._company = company
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Yields the families; only the first few while the database cannot be used."""
        yield InfoMetricFamily(
            "dossier_process",
            "Which process of which company this is.",
            {"process": "api", "company": self._company},
        )
        yield from families(self._health)

"""What Prometheus scrapes at `/metrics`: requests by route template and status, latency, and the health of the installation.

Each application has its own registry. Several workers behind one socket count in files of a directory that they share, one set of files
a worker's place: one scrape of any of them is the sum. A worker that is killed leaves its place to the next one, which counts on where it
stood, so that nothing is lost, nothing falls, and there are never more files than workers. Health is given once, by whoever answers.
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
"""Where the client library looks for the directory."""
_MOST_PLACES: Final = 1_000


class SharedCounts:
    """The place of one worker in the directory in which all workers of a socket count; held for as long as the process lives."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._place = _place_in(directory)
        os.environ[_DIRECTORY] = str(directory)
        number = Path(self._place.name).stem
        prometheus_client.values.ValueClass = prometheus_client.values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]


def _place_in(directory: Path) -> IO[str]:
    """The lock of the first place that no living worker has."""
    for number in range(_MOST_PLACES):
        lock = (directory / f"{number}.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return lock
    raise RuntimeError(f"More than {_MOST_PLACES} workers count in {directory}.")


class Metrics:
    """The counters of one application, or of all workers of which this is one."""

    def __init__(self, company: str, shared: SharedCounts | None = None) -> None:
        self._company = company
        counting = CollectorRegistry()
        self._shown: list[CollectorRegistry] = [counting]
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
            self._shown = [CollectorRegistry()]
            MultiProcessCollector(self._shown[0], str(shared.directory))  # type: ignore[no-untyped-call]
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request. `route` is a template of ours, so the number of series is bounded."""
        known = self._known.get((method, route, status))
        if known is None:
            known = (self._requests.labels(method, route, status), self._seconds.labels(method, route))
            self._known[(method, route, status)] = known
        known[0].inc()
        known[1].observe(seconds)

    def text(self, health: Health) -> bytes:
        """All of it, in Prometheus' text format."""
        now = CollectorRegistry()
        now.register(Families(self._company, health))
        return b"".join(generate_latest(registry) for registry in (now, *self._shown))


class Families(Collector):
    """Health in Prometheus' families."""

    def __init__(self, company: str, health: Health) -> None:
        self._company = company
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """The families; only the first few while the database cannot be used."""
        yield InfoMetricFamily(
            "dossier_process",
            "Which process of which company this is.",
            {"process": "api", "company": self._company},
        )
        yield from families(self._health)

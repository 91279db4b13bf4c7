"""What Prometheus scrapes at `/metrics`: requests by route template and status, latency, read models' lag, the log's end.

Each application has its own registry. Read models and the log are asked at the scrape, not before.
"""

from collections.abc import Iterator
from typing import Final

from eventsourcing.persistence import OperationalError
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from projections.reading import ReadModels
from store.application import Dossier

LATENCIES_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Positions(Collector):
    """The log's end and each read model's place, read at the scrape; `dossier_database_up` is 0 when they cannot be."""

    def __init__(self, dossier: Dossier, reads: ReadModels) -> None:
        self._dossier = dossier
        self._reads = reads

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("dossier_database_up", "1 when the database answers.")
        try:
            found = list(self._places())
        except OperationalError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield from (up, *found)

    def _places(self) -> Iterator[GaugeMetricFamily]:
        end = GaugeMetricFamily("dossier_log_position", "Position of the last event of the log.")
        end.add_metric([], self._dossier.log_of_facts.max_notification_id() or 0)
        place = GaugeMetricFamily("dossier_projection_position", "Position a read model has reached.", labels=["name"])
        lag = GaugeMetricFamily("dossier_projection_lag", "Events a read model is behind the log.", labels=["name"])
        runs = GaugeMetricFamily("dossier_projection_running", "0 when a read model has stopped.", labels=["name"])
        for state in self._reads.states():
            place.add_metric([state.name], state.position)
            lag.add_metric([state.name], state.lag)
            runs.add_metric([state.name], state.state == "running")
        return iter((end, place, lag, runs))


class Metrics:
    """The counters of one application."""

    def __init__(self, dossier: Dossier, reads: ReadModels) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        process = Info("dossier_process", "Which process of which company this is.", registry=self._registry)
        process.info({"process": "api", "company": dossier.company})
        self._registry.register(_Positions(dossier, reads))
        self._requests = Counter(
            "dossier_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "dossier_http_request_seconds",
            "Seconds to the end of the answer.",
            ["method", "route"],
            buckets=LATENCIES_S,
            registry=self._registry,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request. `route` is a template of ours, so the number of series is bounded."""
        known = self._known.get((method, route, status))
        if known is None:
            known = (self._requests.labels(method, route, status), self._seconds.labels(method, route))
            self._known[(method, route, status)] = known
        known[0].inc()
        known[1].observe(seconds)

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

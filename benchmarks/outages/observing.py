"""Polls `/health/ready`, `/metrics` and `dossier status`, each in its own thread, and records their reports."""

import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import httpx2

from benchmarks.outages.statements import Statements, of_command, of_http, of_metrics
from benchmarks.running.company import Company

READY, STATUS, METRICS = "/health/ready", "dossier status", "/metrics"
EVERY_S: Final = {READY: 1.0, METRICS: 1.0, STATUS: 5.0}
HURRIED_S: Final = {READY: 1.0, METRICS: 1.0, STATUS: 2.0}
"""How often each is asked. A start of `dossier` takes a second of processor: asked every second, it would take half of a small machine
from what is to recover."""
POLL_S: Final = 0.1
ANSWER_S: Final = 5.0
"""Longer than this counts as no answer."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one of the sources said; asked at `at` and answered at `answered`, in seconds of `time.monotonic`."""

    at: float
    answered: float
    statements: Statements


class Observer:
    """Observes one company from `start` until `stop`."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._client = httpx2.Client(timeout=ANSWER_S)
        self._stop_asked = threading.Event()
        self.hurried = threading.Event()
        """While it is set, each source is asked every `HURRIED_S`."""
        self.observations: dict[str, list[Observation]] = {source: [] for source in EVERY_S}
        self._threads = [
            threading.Thread(target=self._observe, args=(source, ask), name=source, daemon=True)
            for source, ask in ((READY, self._ready), (STATUS, self._status), (METRICS, self._metrics))
        ]

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends, after what is under way."""
        self._stop_asked.set()
        for thread in self._threads:
            thread.join()
        self._client.close()

    def wait_for_each(self, times: int) -> None:
        """Returns when each source has been asked so many times."""
        while any(len(observations) < times for observations in self.observations.values()):
            time.sleep(POLL_S)

    def _observe(self, source: str, ask: Callable[[], Statements]) -> None:
        while not self._stop_asked.is_set():
            began = time.monotonic()
            statements = ask()
            self.observations[source].append(Observation(began, time.monotonic(), statements))
            every_s = HURRIED_S if self.hurried.is_set() else EVERY_S
            self._stop_asked.wait(max(0.0, began + every_s[source] - time.monotonic()))

    def _ready(self) -> Statements:
        try:
            answer = self._client.get(f"http://127.0.0.1:{self._company.ports['serve']}/health/ready")
        except httpx2.TransportError as error:
            return frozenset({f"no answer: {type(error).__name__}"})
        return of_http(answer.status_code, answer.text)

    def _status(self) -> Statements:
        try:
            done = self._company.ask("status", "--json")
        except (OSError, subprocess.TimeoutExpired) as error:
            return frozenset({f"no answer: {type(error).__name__}"})
        return of_command(done.returncode, done.stdout, done.stderr)

    def _metrics(self) -> Statements:
        ports = {process: port for process, port in self._company.ports.items() if process != "simulator"}
        with ThreadPoolExecutor(len(ports)) as scrapers:
            return frozenset().union(*scrapers.map(self._scraped, ports.keys(), ports.values()))

    def _scraped(self, process: str, port: int) -> Statements:
        try:
            answer = self._client.get(f"http://127.0.0.1:{port}/metrics")
        except httpx2.TransportError as error:
            return frozenset({f"{process}: no answer: {type(error).__name__}"})
        return of_metrics(process, answer.text)

"""The health of the installation, as this API process sees it: worked out at most twice a second, whoever asks, in a thread of its own.

Callers at the same time share one answer, so that nobody can make the database busy by asking; and neither the worker threads of requests
nor the pool of connections is used, so that neither being busy is taken for a fault. A database that does not answer within `WAIT_S`
is told as such.
"""

import asyncio
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from eventsourcing.persistence import OperationalError

from api.http.logs import FAULTS
from projections.engine.projection import Projection
from projections.health.judgement import Expected, Fault, Health, judge, unusable
from projections.health.vitals import VitalsReader
from store import outages
from store.application import Dossier

KEPT_S: Final = 0.5
"""How old an answer may be."""
WAIT_S: Final = 2.5
SILENT: Final = Health(
    [
        Fault(
            "database",
            f"The database has not answered within {WAIT_S} s.",
            "Look whether PostgreSQL runs and is not stuck. Runbook: PostgreSQL is gone.",
            blocks=True,
        )
    ]
)


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement, and words for operators about what stops nothing."""

    health: Health
    warnings: list[str]


class HealthCheck:
    """Health of one company, shared by all who ask."""

    def __init__(
        self, dossier: Dossier, projections: Iterable[Projection | type[Projection]], expected: Expected
    ) -> None:
        self._dossier = dossier
        self._expected = expected
        self._reader = VitalsReader(dossier.database, projections)
        self._thread = ThreadPoolExecutor(1, "health")
        self._lock = threading.Lock()
        self._known: tuple[float, Report] | None = None
        self._pending: tuple[float, Future[Report]] | None = None

    async def report(self) -> Report:
        """How it is now, at most `KEPT_S` old. Raises nothing."""
        with self._lock:
            if self._known is not None and time.monotonic() < self._known[0]:
                return self._known[1]
            if self._pending is None:
                self._pending = (time.monotonic(), self._thread.submit(self._work_out))
            asked_at, pending = self._pending
        left_s = max(asked_at + WAIT_S - time.monotonic(), 0.0)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(pending)), left_s)
        except TimeoutError:
            return Report(SILENT, [])

    def close(self) -> None:
        """Ends the thread and its connection."""
        self._thread.submit(self._reader.close)
        self._thread.shutdown(wait=False)

    def _work_out(self) -> Report:
        report = self._judged()
        with self._lock:
            self._known = (time.monotonic() + KEPT_S, report)
            self._pending = None
        return report

    def _judged(self) -> Report:
        try:
            health = judge(self._reader.read(), self._expected)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the answer)
            health = unusable(error)
            known = isinstance(error, OperationalError) or outages.is_outage(error)
            FAULTS.warning("not ready", error=str(error) if known else repr(error), why=health.faults[0].why)
            return Report(health, [])
        return Report(health, self._warnings())

    def _warnings(self) -> list[str]:
        """Of the setup, as it is known where it cannot be read anew: a pool with nothing to spare is no fault of the database."""
        try:
            self._dossier.renew_setup()
            return self._dossier.setup().controls.warnings(self._dossier.today())
        except Exception as error:  # noqa: BLE001  (health has been judged already)
            FAULTS.warning("warnings not read", error=repr(error))
            return []

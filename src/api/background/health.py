"""The health of the installation, as this API process sees it: checked at most twice a second, however many ask, in a thread of its own.

Callers at the same time share one answer, so that nobody can make the database busy by asking. Neither the worker threads of requests nor
the connection pool is used, so that their being busy is not taken for a fault. A database that does not answer within `WAIT_S` is
reported as a fault.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from eventsourcing.persistence import OperationalError

from api.http.logs import FAULTS
from projections.engine.projection import Projection
from projections.health.judgement import Expected, Fault, Health, judge, unusable
from projections.health.vitals import Vitals, VitalsReader
from store import outages
from store.application import Dossier

KEPT_S: Final = 0.5
"""Seconds for which an answer is kept."""
WAIT_S: Final = 2.5
SILENT: Final = Health(
    [
        Fault(
            "database",
            f"The database has not answered within {WAIT_S} s.",
            "Check that PostgreSQL is running and not stuck. Runbook: PostgreSQL is down.",
            blocks=True,
        )
    ]
)


@dataclass(frozen=True, slots=True)
class Report:
    """The health, warnings for operators about what stops nothing, and when it was judged."""

    health: Health
    warnings: list[str]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def has_traffic(self) -> bool:
        """True where it has the traffic, too, or nothing at all could be read."""
        return self.health.vitals is None or self.health.vitals.traffic is not None


@dataclass(slots=True, eq=False)
class _Pending:
    """A reading under way. `asked_at` is on the monotonic clock."""

    with_traffic: bool
    asked_at: float = field(default_factory=time.monotonic)
    future: Future[Report] = field(init=False)


class HealthCheck:
    """The health of one company, shared by all who ask."""

    def __init__(
        self, dossier: Dossier, projections: Iterable[Projection | type[Projection]], expected: Expected
    ) -> None:
        self._dossier = dossier
        self._expected = expected
        self._reader = VitalsReader(dossier.database, projections)
        self._thread = ThreadPoolExecutor(1, "health")
        self._lock = threading.Lock()
        self._last: tuple[float, Report] | None = None
        self._pending: _Pending | None = None

    async def report(self) -> Report:
        """Returns the current health, at most `KEPT_S` old. Raises nothing."""
        return await self._current(with_traffic=False)

    async def report_with_traffic(self) -> Report:
        """Returns the current health and what moves, at most `KEPT_S` old. Raises nothing."""
        return await self._current(with_traffic=True)

    async def _current(self, *, with_traffic: bool) -> Report:
        with self._lock:
            if self._last is not None and time.monotonic() < self._last[0]:
                report = self._last[1]
                if report.has_traffic or not with_traffic:
                    return report
            pending = self._pending
            if pending is None or (with_traffic and not pending.with_traffic):
                pending = self._pending = _Pending(with_traffic)
                pending.future = self._thread.submit(self._check, pending)
        left_s = max(pending.asked_at + WAIT_S - time.monotonic(), 0.0)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(pending.future)), left_s)
        except TimeoutError:
            return Report(SILENT, [])

    def close(self) -> None:
        """Ends the thread and its connection."""
        self._thread.submit(self._reader.close)
        self._thread.shutdown(wait=False)

    def _check(self, pending: _Pending) -> Report:
        report = self._judge(self._reader.read_with_traffic if pending.with_traffic else self._reader.read)
        with self._lock:
            self._last = (time.monotonic() + KEPT_S, report)
            if self._pending is pending:
                self._pending = None
        return report

    def _judge(self, read: Callable[[], Vitals]) -> Report:
        try:
            health = judge(read(), self._expected)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the answer)
            health = unusable(error)
            is_outage = isinstance(error, OperationalError) or outages.is_outage(error)
            FAULTS.warning("not ready", error=str(error) if is_outage else repr(error), why=health.faults[0].why)
            return Report(health, [])
        return Report(health, self._warnings())

    def _warnings(self) -> list[str]:
        """Returns the warnings of the setup; none where it cannot be read, since an exhausted pool is not a fault of the database."""
        try:
            self._dossier.renew_setup()
            return self._dossier.setup().controls.warnings(self._dossier.today())
        except Exception as error:  # noqa: BLE001  (health has been judged already)
            FAULTS.warning("warnings not read", error=repr(error))
            return []

"""The part of `dossier work` that runs propagations: finds those that were started and are not finished, and runs each to its end.

One process at a time does this (advisory lock), a standby waits. It looks whenever the log signals that something was recorded, and every
`POLL_S` in any case. An outage of the database is waited for. Any other fault is written down beside the propagation, logged and counted;
those of other classes go on, and this one is tried again after `REST_S`, so that nothing has to be done once the cause is mended.
"""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Final, cast
from uuid import UUID

import structlog
from eventsourcing.persistence import MapperDeserialisationError

from aggregates.profile_class.events import PropagationStarted
from jobs import metrics
from jobs.propagation import records
from jobs.propagation.run import PropagationRun
from projections.reading.read_models import ReadModels
from projections.reading.view import BehindError
from store.application import Dossier
from store.events import RecordedEvent
from store.heartbeats import Progress
from store.leadership import Leader
from store.outages import is_outage
from store.serving import Step, keep_serving
from store.stopping import Stop

LOCK: Final = "work"
"""Name of its lock."""
POLL_S: Final = 1.0
"""Seconds after which it looks for propagations even without a signal."""
SETTLE_S: Final = 0.1
"""Seconds between two looks at a busy log."""
REST_S: Final = 30.0
"""Seconds that a propagation rests after a fault."""
PATIENCE_S: Final = 30.0
"""Seconds for which it is no fault that the read model of accounts is behind."""
CHUNK_PATIENCE_S: Final = 15.0
"""Seconds that a chunk of profiles may take before the task counts as one that hangs."""

_log = structlog.get_logger(__name__)


class PropagationWorker:
    """Runs the propagations of one company."""

    def __init__(
        self, dossier: Dossier, reads: ReadModels, *, rest_s: float = REST_S, progress: Progress | None = None
    ) -> None:
        self._dossier = dossier
        self._reads = reads
        self._rest_s = rest_s
        self._progress = progress or Progress()
        self._resting: dict[UUID, float] = {}
        self._behind_since: dict[UUID, float] = {}

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set. Raises nothing."""
        keep_serving(
            "propagations",
            partial(self._term, stop),
            stop,
            self._progress,
            database=self._dossier.database,
            lock=LOCK,
            channels=("log",),
        )

    def _term(self, stop: Stop, leader: Leader) -> AbstractContextManager[Step]:
        _log.info("work.leads")
        return nullcontext(partial(self._step, stop, leader))

    def _step(self, stop: Stop, leader: Leader, payloads: Sequence[str]) -> float:
        if payloads:
            stop.wait(SETTLE_S)
        self.work(leader, stop)
        return POLL_S

    def work(self, leader: Leader, stop: Stop) -> None:
        """Runs what there is to do now, the oldest first; a change of a class waits for an earlier one of the same class.

        Raises:
            OperationalError: the database cannot be reached; nothing else is raised.
        """
        waiting = records.unfinished(leader.connection)
        metrics.PROPAGATIONS_WAITING.set(len(waiting))
        ids = {started.uuid for started in waiting}
        self._resting = {id_: until for id_, until in self._resting.items() if id_ in ids}
        blocked: set[str] = set()
        for started in waiting:
            name = self._class_of(started)
            rests = self._resting.get(started.uuid, 0.0) > time.monotonic()
            if name in blocked or rests or stop.is_set() or not self._attempt(leader, started, stop):
                blocked.add(name)
        metrics.PROPAGATIONS_FAILED.set(len(self._resting))

    def _class_of(self, started: RecordedEvent) -> str:
        """Returns the name of the class whose change it is; for an event that cannot be read, a name that no other one has."""
        try:
            fact = cast("PropagationStarted", self._dossier.fact_mapper.to_domain_event(started))
        except MapperDeserialisationError:
            return str(started.uuid)
        return fact.profile_class

    def _attempt(self, leader: Leader, started: RecordedEvent, stop: Stop) -> bool:
        """Runs a propagation; returns true if it is finished."""
        try:
            finished = PropagationRun(self._dossier, self._reads, leader, started, self._mark_progress).run(stop)
        except BehindError as error:
            since = self._behind_since.setdefault(started.uuid, time.monotonic())
            if time.monotonic() - since < PATIENCE_S:
                _log.info("propagation.waits", propagation=str(started.uuid), reason=str(error))
                return False
            self._fail(leader, started.uuid, error)
        except Exception as error:
            if is_outage(error):
                raise
            self._fail(leader, started.uuid, error)
        else:
            self._resting.pop(started.uuid, None)
            self._behind_since.pop(started.uuid, None)
            return finished
        return False

    def _mark_progress(self) -> None:
        self._progress.mark(patience_s=CHUNK_PATIENCE_S)

    def _fail(self, leader: Leader, propagation: UUID, error: Exception) -> None:
        self._resting[propagation] = time.monotonic() + self._rest_s
        records.set_error(leader.connection, propagation, str(error) or repr(error))
        _log.error("propagation.failed", propagation=str(propagation), exc_info=error)

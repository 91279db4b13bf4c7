"""The part of `dossier work` that runs uploads: finds those whose file is complete and that are not over, and runs each to its end.

Several processes may do this at once, `dossier upload` among them: an upload belongs to the process that holds its lock. It looks whenever
the log signals that something was recorded, and every `POLL_S` in any case. An outage of the database is waited for. Any other fault is
written down beside the upload, logged and counted; the other uploads go on, and this one is tried again after `REST_S`.
"""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from jobs import metrics
from jobs.pipeline import ContestedError
from jobs.upload import records, staging
from jobs.upload.run import NotReceivedError, TakenOverError, UploadRun
from projections.engine.faults import explain
from store.application import Dossier
from store.heartbeats import Progress
from store.keys import MasterKeyError
from store.leadership import Leader
from store.outages import is_outage
from store.serving import keep_serving
from store.stopping import Stop

POLL_S: Final = 1.0
"""Seconds after which it looks for uploads even without a signal."""
SETTLE_S: Final = 0.1
"""Seconds between two looks at a busy log."""
REST_S: Final = 30.0
"""Seconds that an upload rests after a fault."""
TIDY_S: Final = 300.0
"""Seconds between two looks for files that are of no use any more."""
CHUNK_PATIENCE_S: Final = 15.0
"""Seconds that a chunk of rows may take before the task counts as one that hangs."""

_log = structlog.get_logger(__name__)


class UploadWorker:
    """Runs the uploads of one company."""

    def __init__(self, dossier: Dossier, *, rest_s: float = REST_S, progress: Progress | None = None) -> None:
        self._dossier = dossier
        self._rest_s = rest_s
        self._progress = progress or Progress()
        self._resting: dict[UUID, float] = {}
        self._tidied_at = -TIDY_S

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set. Raises nothing."""
        keep_serving(
            "uploads",
            lambda: nullcontext(partial(self._step, stop)),
            stop,
            self._progress,
            database=self._dossier.database,
            channels=("log",),
        )

    def _step(self, stop: Stop, payloads: Sequence[str]) -> float:
        if payloads:
            stop.wait(SETTLE_S)
        self.work(stop)
        return POLL_S

    def work(self, stop: Stop) -> None:
        """Runs what there is to do now, the oldest first.

        Raises:
            OperationalError: the database cannot be reached; nothing else is raised.
        """
        with self._dossier.database.connection() as connection:
            waiting = staging.waiting(connection)
            if time.monotonic() - self._tidied_at > TIDY_S:
                staging.tidy(connection)
                self._tidied_at = time.monotonic()
        metrics.UPLOADS_WAITING.set(len(waiting))
        self._resting = {upload: until for upload, until in self._resting.items() if upload in waiting}
        for upload in waiting:
            if not stop.is_set() and self._resting.get(upload, 0.0) <= time.monotonic():
                self._attempt(upload, stop)
        metrics.UPLOADS_FAILED.set(len(self._resting))

    def _attempt(self, upload: UUID, stop: Stop) -> None:
        """Runs an upload, unless another process does."""
        with staging.holding(self._dossier.database, upload) as leader:
            if leader is None:
                return
            try:
                finished = UploadRun(self._dossier, leader, upload, self._mark_progress).run(stop)
            except TakenOverError as error:
                _log.info("upload.taken_over", upload=str(upload), reason=str(error))
            except Exception as error:
                if is_outage(error):
                    raise
                self._fail(leader, upload, error)
            else:
                self._resting.pop(upload, None)
                if finished:
                    _log.info("upload.over", upload=str(upload))

    def _mark_progress(self) -> None:
        self._progress.mark(patience_s=CHUNK_PATIENCE_S)

    def _fail(self, leader: Leader, upload: UUID, error: Exception) -> None:
        self._resting[upload] = time.monotonic() + self._rest_s
        reason = _reason_of(error)
        records.set_error(leader.connection, upload, reason)
        _log.error("upload.failed", upload=str(upload), error=reason)


def _reason_of(error: Exception) -> str:
    """Returns the error in words that repeat no value of a row: of one that is not ours, only its kind and place (rule 5.1)."""
    if isinstance(error, ContestedError | NotReceivedError | MasterKeyError):
        return str(error)
    return explain(error, private=True).partition(": ")[0]

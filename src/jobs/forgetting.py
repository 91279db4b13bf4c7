"""The part of `dossier work` that deletes old idempotency keys (rule 0.7). Several processes may do this at once.

It looks every `EVERY_S`, deletes in small statements with a pause between them, and logs the number of keys. An outage of the database is
waited for; nothing has to be done to recover.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from jobs import metrics
from store.database import Database
from store.heartbeats import Progress
from store.idempotency import AT_ONCE, forget_keys
from store.retrying import Retrying
from store.serving import Faults, keep_serving
from store.stopping import Stop

EVERY_S: Final = 600.0
"""Seconds between two looks."""
PAUSE_S: Final = 0.1
"""Seconds between two statements, so that others are served between them."""

RETRYING: Final = Retrying(first_s=1.0, longest_s=60.0)
"""The pauses between two attempts after a fault. They are long because the work is not urgent."""

_log = structlog.get_logger(__name__)


class KeyForgetter:
    """Deletes the old idempotency keys of one company."""

    def __init__(self, database: Database, kept_for: timedelta, progress: Progress | None = None) -> None:
        self._database = database
        self._kept_for = kept_for
        self._progress = progress or Progress()

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set. Raises nothing."""
        term = nullcontext(partial(self._step, stop))
        keep_serving("idempotency keys", lambda: term, stop, self._progress, faults=Faults(RETRYING))

    def _step(self, stop: Stop, _payloads: Sequence[str]) -> float:
        self.forget(stop)
        return EVERY_S

    def forget(self, stop: Stop) -> int:
        """Deletes all that are old enough; returns how many there were. Raises `OperationalError`."""
        forgotten = 0
        while not stop.is_set():
            self._progress.mark()
            with self._database.connection() as connection:
                count = forget_keys(connection, self._kept_for)
            metrics.KEYS_FORGOTTEN.inc(count)
            forgotten += count
            if count < AT_ONCE:
                break
            stop.wait(PAUSE_S)
        if forgotten:
            _log.info("idempotency_keys.forgotten", keys=forgotten, older_than_days=self._kept_for.days)
        return forgotten

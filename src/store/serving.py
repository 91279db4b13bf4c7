"""The loop behind every task of a long-running process: it leads, listens, works, waits, and outlives every fault.

`keep_serving` is run by read models, relay, feeds, resender, worker and uploader, and by all other followers of the log, each in a
thread of its own. A loop serves in terms. A term begins once this process leads (where only one may) and listens (so that nothing that
is signalled later is missed); then one step follows the other, with a wait between them that a signal or `stop` ends at once. A fault
ends the term; after a pause the next one begins. To recover: nothing has to be done.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from typing import Final

from store import outages
from store.database import Database
from store.heartbeats import PATIENCE_S, Progress
from store.leadership import Leader, leading
from store.outage_log import tell_waiting
from store.retrying import RESTARTING, Retrying
from store.signals import Signal
from store.stopping import Stop

STEADY_S: Final = 30.0
"""Seconds without a fault after which the next fault counts as the first."""

_log = logging.getLogger(__name__)

Step = Callable[[Sequence[str]], float]
"""Does what there is to do now. It takes what the signals since the last step said, and gives the seconds for which to wait for the next
signal; 0 when there is more to do."""


class Faults:
    """How the faults of a loop are logged, and when it goes on after one. Who meets other faults than the database's derives from it."""

    patience_s = PATIENCE_S
    """Seconds that the next term may take to begin before the loop counts as one that hangs."""

    def __init__(self, retrying: Retrying = RESTARTING) -> None:
        self._retrying = retrying

    def delay_s(self, error: Exception, count: int) -> float:  # noqa: ARG002  (others depend on the error)
        """Returns the seconds until the loop continues after the `count`-th fault in a row."""
        return self._retrying.delay(count)

    def tell(self, name: str, error: Exception, delay_s: float) -> str | None:
        """Logs a fault of the loop `name`; gives why the loop waits, free of personal values, `None` where it waits for nothing."""
        if outages.is_outage(error):
            tell_waiting(error, name)
            return outages.reason(error)
        _log.error("serving.failed", exc_info=error, extra={"loop": name, "again_in_s": round(delay_s, 2)})
        return f"An unexpected {type(error).__name__}; the log of the process says more."


def keep_serving(
    name: str,
    term: Callable[..., AbstractContextManager[Step]],
    stop: Stop,
    progress: Progress,
    *,
    database: Database | None = None,
    lock: str | None = None,
    channels: Sequence[str] = (),
    faults: Faults | None = None,
) -> None:
    """Serves until `stop` is set, which ends every wait at once. Raises nothing.

    `term` opens what a term needs and gives its step; it is called with the `Leader` where there is a `lock`, without arguments where any
    number of processes may serve at once. `channels` are those whose signals end a wait. `progress` is marked before each step.
    """
    faults, count = faults or Faults(), 0
    while not stop.is_set():
        began = time.monotonic()
        try:
            _serve(term, stop, progress, database=database, lock=lock, channels=channels)
        except Exception as error:  # noqa: BLE001  (whatever it is must not end the process; it is logged, and the loop goes on)
            count = 1 if time.monotonic() - began > STEADY_S else count + 1
            delay_s = faults.delay_s(error, count)
            reason = faults.tell(name, error, delay_s)
            progress.mark("waiting" if reason else "active", reason, patience_s=delay_s + faults.patience_s)
            stop.wait(delay_s)


def _serve(
    term: Callable[..., AbstractContextManager[Step]],
    stop: Stop,
    progress: Progress,
    *,
    database: Database | None,
    lock: str | None,
    channels: Sequence[str],
) -> None:
    """Serves one term."""
    with ExitStack() as opened:
        leaders: list[Leader] = []
        if database is not None and lock is not None:
            leader = opened.enter_context(leading(database, lock, stop, progress))
            if leader is None:
                return
            leaders = [leader]
        wait = _wait
        if database is not None and channels:
            signal = opened.enter_context(closing(Signal(database, *channels)))
            signal.listen()
            wait = signal.wait
        step = opened.enter_context(term(*leaders))
        payloads: Sequence[str] = ()
        while not stop.is_set():
            progress.mark()
            wait_s = step(payloads)
            progress.extend(wait_s + PATIENCE_S)
            payloads = wait(wait_s, stop)


def _wait(timeout_s: float, stop: Stop) -> list[str]:
    """Waits where there are no signals."""
    stop.wait(timeout_s)
    return []

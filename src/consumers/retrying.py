"""When to try again: exponential back-off with jitter, and a loop that outlives every fault of what it serves."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from consumers import metrics
from consumers.kafka_client import is_bus_away
from consumers.reaching import AWAY, KAFKA, NoAnswerError, NotLetInError
from consumers.topics import WeakTopicError
from store import outages
from store.heartbeats import Progress
from store.outage_log import tell_waiting
from store.stopping import Stop

LONGEST_ASKED_S: Final = 300.0
"""Seconds that an answer's Retry-After may make us wait; more is taken as this."""
STEADY_S: Final = 30.0
"""Seconds without a fault after which the next fault counts as the first."""

CONNECT_PATIENCE_S: Final = 15.0
"""Seconds that it may take to connect to the brokers, or to be told that they are away."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retrying:
    """Bounds of trying again, in seconds. `most_attempts` counts the first one too."""

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 60.0
    most_attempts: int = 12

    def delay(self, attempt: int, asked_s: float | None = None) -> float:
        """Seconds to wait after attempt number `attempt` (from 1): half to all of the exponential value, so that the callers
        spread, but not less than the other side asked for."""
        steps = min(attempt - 1, 64)
        full = min(self.longest_s, self.first_s * self.factor**steps)
        jittered = full * random.uniform(0.5, 1.0)  # noqa: S311  (spreads load; no secret)
        return max(jittered, min(asked_s or 0.0, LONGEST_ASKED_S))


RESTARTING: Final = Retrying(first_s=0.2, longest_s=1.0)
"""How a loop that failed is started again: within 1 s of the end of an outage; for ever, whatever `most_attempts` says."""


def keep_serving(
    name: str, serve: Callable[[], None], stop: Stop, progress: Progress, retrying: Retrying = RESTARTING
) -> None:
    """Calls `serve` until it returns with `stop` set; after a fault, again after a pause, which `progress` says why. Raises nothing."""
    faults = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            serve()
        except Exception as error:  # noqa: BLE001  (a fault of database, bus or one event must not end the process)
            faults = 1 if time.monotonic() - started > STEADY_S else faults + 1
            delay_s = retrying.delay(faults)
            metrics.FAULTS.labels(name).inc()
            _tell(name, error, again_in_s=round(delay_s, 2))
            progress.mark("waiting", why(error), patience_s=delay_s + CONNECT_PATIENCE_S)
            stop.wait(delay_s)


def _tell(name: str, error: Exception, *, again_in_s: float) -> None:
    """Logs a fault: that a server is away once for all who wait, and once more when it refuses us for another reason."""
    if outages.is_outage(error):
        tell_waiting(error, name)
    elif is_bus_away(error):
        KAFKA.began(str(error), kind=str(error) if isinstance(error, NotLetInError | WeakTopicError) else "")
    else:
        _log.warning("serving.failed", name=name, error=repr(error), again_in_s=again_in_s)


def why(error: Exception) -> str:
    """Why something is waited for, without a detail that is nobody's business."""
    if outages.is_outage(error):
        return outages.reason(error)
    if isinstance(error, NoAnswerError):
        return f"Kafka is starting, or is not one: {error.args[0]}"
    if isinstance(error, NotLetInError):
        return f"Kafka does not let us in: {error.args[0]}"
    if isinstance(error, WeakTopicError):
        return f"Kafka would keep too few copies: {error}"
    if is_bus_away(error):
        return AWAY
    return f"An unexpected {type(error).__name__}; the log of the process says more."

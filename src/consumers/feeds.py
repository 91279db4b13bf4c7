"""A consumer is a handler and a feed: the same handler is fed from Kafka (`kafka_feed`) or from the log itself (`log_feed`).

Promises of every feed: messages of one partition are handled one after the other, in log order; one key is always in one
partition; progress is stored only after the handler is done with a message, so each is handled at least once; a partition whose
handler asks to wait waits alone. What a partition does is in `Lane`, the same for all feeds: a message is read strictly before anything
else (`consumers.reading`), one of another company goes no further and is counted, one that cannot be read is put aside at once.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from consumers import delivery_metrics, metrics
from consumers.kafka_client import is_bus_away
from consumers.messages import Received
from consumers.reaching import KAFKA
from consumers.reading import ForeignMessageError, Incoming, UnreadableMessageError, read_message
from store.outage_log import tell_waiting
from store.outages import is_not_migrated, is_outage
from store.retrying import Retrying
from store.stopping import Stop

THREADS: Final = 8
"""Handlers at work at the same time in one process."""
RUN_MESSAGES: Final = 50
"""Messages after which a partition lets another one have its thread."""
MOST_WAITING: Final = 500
"""Messages read ahead for one partition."""
MOST_FAULTS: Final = 5
"""Unexpected errors of the handler on one message before the handler must give the message up."""
OUTAGE_S: Final = 1.0
"""Seconds until a message is tried again while the database or the bus is away; for ever."""
FAULT_RETRYING: Final = Retrying(first_s=0.1, longest_s=10.0)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Later:
    """The handler wants the same message again after so many seconds; `attempted` when that counts as an attempt.

    `afresh`: something of it is done, and the attempts at the rest are counted from 1.
    """

    after_s: float
    attempted: bool = True
    afresh: bool = False


class Handler(Protocol):
    """Takes messages from a feed. It meets a message again after a crash, so a repetition must have no further effect."""

    types: frozenset[str]
    """Types it wants; it meets no others."""

    def handle(self, incoming: Incoming, attempt: int) -> Later | None:
        """Handles one message for the `attempt`-th time (from 1); `None` when it is done with."""
        ...

    def give_up(self, incoming: Incoming, reason: str) -> None:
        """Puts a message aside that it cannot handle, so that the next ones can go on. Raises only while a server is away."""
        ...

    def put_aside(self, received: Received, reason: str) -> None:
        """Puts aside a message that cannot be read. Raises only while a server is away."""
        ...


class Feed(Protocol):
    """Where messages come from."""

    def run(self, handler: Handler, stop: Stop) -> None:
        """Feeds the handler until `stop` is set; outlives every fault of servers. Raises nothing."""
        ...


class Lane:
    """One partition: its messages in order, handled one at a time. `done` is the place of the last one that is done with."""

    def __init__(self, name: str, done: int | None = None) -> None:
        self.name = name
        self.done = done
        self._lock = threading.Lock()
        self._waiting: deque[Received] = deque()
        self._busy = False
        self._due = 0.0
        self._attempt = 1
        self._faults = 0
        self._cancelled = False

    @property
    def waiting(self) -> int:
        """Returns the number of messages that are not done."""
        return len(self._waiting)

    def put(self, messages: Iterable[Received]) -> None:
        """Adds messages, in order."""
        with self._lock:
            self._waiting.extend(messages)

    def cancel(self) -> None:
        """Ends the lane after the message that is under way; the rest is forgotten, not done."""
        with self._lock:
            self._cancelled = True

    def begin(self) -> bool:
        """Takes the lane for one worker; whether there is something to do now."""
        with self._lock:
            if self._busy or self._cancelled or not self._waiting or time.monotonic() < self._due:
                return False
            self._busy = True
            return True

    def work(self, handler: Handler, company: str) -> None:
        """Handles messages until there are none, one must wait, or others should have the thread. After `begin` only."""
        for _ in range(RUN_MESSAGES):
            with self._lock:
                received = self._waiting[0] if self._waiting and not self._cancelled else None
            if received is None or not self._settle(received, self._attempted(handler, received, company)):
                break
        with self._lock:
            self._busy = False

    def _attempted(self, handler: Handler, received: Received, company: str) -> Later | None:
        try:
            incoming = read_message(received, company)
        except ForeignMessageError:
            delivery_metrics.FOREIGN.inc()
            return None
        except UnreadableMessageError as error:
            reason = str(error)
            return self._guarded(received, lambda: handler.put_aside(received, reason))
        except Exception as error:  # noqa: BLE001  (what reading has not foreseen must not block the partition either)
            reason = f"The message cannot be read: {error!r}"
            return self._guarded(received, lambda: handler.put_aside(received, reason))
        if incoming.event.type not in handler.types:
            return None
        return self._guarded(
            received,
            lambda: handler.handle(incoming, self._attempt),
            lambda reason: handler.give_up(incoming, reason),
        )

    def _guarded(
        self, received: Received, act: Callable[[], Later | None], give_up: Callable[[str], None] | None = None
    ) -> Later | None:
        """The result of the act. It is tried again while a server is away or not ready, for ever; given up after so many other faults."""
        try:
            return act()
        except Exception as error:  # noqa: BLE001  (one bad message must neither end nor block the partition)
            if is_outage(error) or is_bus_away(error):
                if is_outage(error):
                    tell_waiting(error, f"messages of {self.name}")
                else:
                    KAFKA.began(str(error))
                return Later(OUTAGE_S, attempted=False)
            self._faults += 1
            _log.error("handler.failed", lane=self.name, source=received.source, fault=self._faults, error=repr(error))
            metrics.FAULTS.labels("handler").inc()
            if self._faults >= MOST_FAULTS and give_up is not None and not is_not_migrated(error):
                reason = f"It cannot be handled: {error!r}"
                return self._guarded(received, lambda: give_up(reason))
            return Later(FAULT_RETRYING.delay(self._faults), attempted=False)

    def _settle(self, received: Received, later: Later | None) -> bool:
        """Moves on, or sets when the message is due again; whether to go on now."""
        with self._lock:
            if later is not None:
                self._due = time.monotonic() + later.after_s
                self._attempt = 1 if later.afresh else self._attempt + later.attempted
                return False
            self._waiting.popleft()
            self._attempt, self._faults = 1, 0
            self.done = received.place
            return True


class Lanes:
    """The partitions that a process has now, and the threads that work on them."""

    def __init__(self, name: str, handler: Handler, company: str) -> None:
        self._handler = handler
        self._company = company
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=name)

    def tick(self, lanes: Iterable[Lane]) -> int:
        """Sets workers to every lane that has something to do; gives how many lanes have messages at all."""
        busy = 0
        for lane in lanes:
            busy += lane.waiting > 0
            if lane.begin():
                self._pool.submit(lane.work, self._handler, self._company)
        return busy

    def close(self, lanes: Iterable[Lane]) -> None:
        """Waits until every message under way is done with; the others are left."""
        for lane in lanes:
            lane.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

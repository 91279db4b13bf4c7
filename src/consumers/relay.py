"""The relay: log to Kafka. One is active in a company (advisory lock), a standby waits; run by `dossier relay`.

It sends a window of events, waits for all acknowledgements, then stores its position through the connection that holds the lock. On
the first error it drops the producer, makes a new one and resumes from the stored position, so that nothing is ever skipped:
messages come at least once. Memory is bounded by a window; a broker that is gone delays nobody's save (rule 0.8).
What the brokers refuse for good (`sending`) is written down (`store.refusals`) with the position. From then on the later messages of its
key wait, in the log, and all other keys go on. When it is to be sent again or skipped, or when a relay starts, the key is
caught up in order before anything newer is sent.
To recover: nothing has to be done, it tries for ever; `dossier status` shows how far it is, and what was refused.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from consumers import relay_metrics
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.faults import BusFaults
from consumers.messages import Message, message
from consumers.reaching import check_reachable
from consumers.sending import Sender
from consumers.topics import ensure_topics
from store import refusals
from store.application import Dossier
from store.events import RecordedEvent
from store.heartbeats import Progress
from store.identity import log_id
from store.leadership import Leader
from store.log import RELAY, move, position_of, read
from store.refusals import Refusal
from store.retrying import RESTARTING, Retrying
from store.serving import Step, keep_serving
from store.stopping import Stop

LOCK: Final = "relay"
WINDOW_EVENTS: Final = 1_000
WINDOW_BYTES: Final = 900_000
"""Must stay below `bus.LARGEST_BATCH_BYTES`: even if all of a window goes to one partition, it is one batch."""
POLL_S: Final = 1.0
"""Seconds after which the log is looked at even without a signal."""

ASK_EVERY_S: Final = 2.0
"""Seconds after which a relay with nothing to send asks whether the brokers are there: who sends nothing notices nothing."""

_log = structlog.get_logger(__name__)

Window = list[tuple[RecordedEvent, Message]]


class Relay:
    """Sends the log of one company to the bus."""

    def __init__(
        self,
        dossier: Dossier,
        brokers: Brokers,
        topics: Topics | None = None,
        retrying: Retrying = RESTARTING,
        progress: Progress | None = None,
    ) -> None:
        self._database = dossier.database
        self._mapper = dossier.fact_mapper
        self._brokers = brokers
        self._topics = topics or Topics.of(dossier.company)
        self._retrying = retrying
        self._progress = progress or Progress()
        self._blocked: set[UUID] = set()
        """Aggregates whose messages wait for a refused one."""
        self._log_id = UUID(int=0)
        self._position = 0
        self._ahead: deque[RecordedEvent] = deque()
        """Events after the position that are read already."""
        self._asked_at = 0.0

    def run(self, stop: Stop) -> None:
        """Relays until `stop` is set. Raises nothing."""
        keep_serving(
            "relay",
            partial(self._term, stop),
            stop,
            self._progress,
            database=self._database,
            lock=LOCK,
            channels=("log", refusals.CHANNEL),
            faults=BusFaults(self._retrying),
        )

    @contextmanager
    def _term(self, stop: Stop, leader: Leader) -> Iterator[Step]:
        ensure_topics(self._brokers, self._topics)
        with Sender.opened(self._brokers, self._topics, self._progress) as sender:
            _log.info("relay.started", topic=self._topics.events)
            refusals.try_all_again(leader.connection)
            self._note_blocked(leader)
            self._log_id = log_id(leader.connection)
            self._position = position_of(leader.connection, RELAY) or 0
            self._ahead.clear()
            self._asked_at = time.monotonic()
            yield partial(self._step, leader, sender, stop)

    def _note_blocked(self, leader: Leader) -> None:
        self._blocked = refusals.blocked(leader.connection)
        relay_metrics.RELAY_REFUSED.set(len(self._blocked))

    def _step(self, leader: Leader, sender: Sender, stop: Stop, _payloads: Sequence[str]) -> float:
        """Sends a window; with nothing to send, it looks now and then whether there are brokers."""
        self._settle_requests(leader, sender, self._position, stop)
        self._read_ahead(leader)
        if not self._ahead:
            if time.monotonic() - self._asked_at > ASK_EVERY_S:
                check_reachable(self._brokers)
                self._asked_at = time.monotonic()
            return POLL_S
        window, position = self._window(self._ahead, self._blocked)
        self._store(leader, window, sender.send([outgoing for _, outgoing in window], stop), position)
        self._position = position
        relay_metrics.RELAYED.inc(len(window))
        relay_metrics.RELAY_POSITION.set(position)
        return 0.0

    def _read_ahead(self, leader: Leader) -> None:
        if len(self._ahead) < WINDOW_EVENTS:
            after = self._ahead[-1].id if self._ahead else self._position
            self._ahead.extend(read(leader.connection, after, WINDOW_EVENTS))
            end = leader.connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
            relay_metrics.RELAY_LAG.set((end[0] if end else 0) - self._position)

    def _window(self, ahead: deque[RecordedEvent], blocked: Set[UUID]) -> tuple[Window, int]:
        """Takes the next events: as many as a window holds, at least one. Gives the messages of those that need not wait, and
        the position of the last one taken."""
        window: Window = []
        size = count = position = 0
        while ahead and count < WINDOW_EVENTS:
            event = ahead[0]
            if event.uuid not in blocked:
                outgoing = message(self._mapper, event, self._log_id)
                size += outgoing.size
                if window and size > WINDOW_BYTES:
                    break
                window.append((event, outgoing))
            position = ahead.popleft().id
            count += 1
        return window, position

    def _store(self, leader: Leader, window: Window, reasons: Mapping[int, str], position: int) -> None:
        """Stores the refusals and the position together."""
        with leader.connection.transaction():
            for event, outgoing in window:
                if event.id in reasons:
                    self._refuse(leader, event, outgoing, reasons[event.id])
            move(leader.connection, RELAY, position)
        if reasons:
            self._note_blocked(leader)

    def _refuse(self, leader: Leader, event: RecordedEvent, outgoing: Message, reason: str) -> None:
        refusals.refuse(leader.connection, event, outgoing.key, outgoing.size, reason)
        _log.error(
            "relay.refused", event_id=str(event.event_id), key=outgoing.key.decode(), bytes=outgoing.size, reason=reason
        )

    def _settle_requests(self, leader: Leader, sender: Sender, position: int, stop: Stop) -> None:
        """Catches up the keys whose refused message is to be sent again, or skipped, to the relay's own position."""
        if not self._blocked:
            return
        for refusal in refusals.requested(leader.connection):
            if stop.is_set():
                return
            if self._caught_up(leader, sender, refusal, position, stop):
                refusals.settle(leader.connection, refusal)
                _log.info("relay.caught_up", key=refusal.key, position=position)
        self._note_blocked(leader)

    def _caught_up(self, leader: Leader, sender: Sender, refusal: Refusal, position: int, stop: Stop) -> bool:
        """Sends the waiting events of a key, in order. Returns whether none was refused."""
        for window in self._waiting(leader, refusal, position):
            reasons = sender.send([outgoing for _, outgoing in window], stop)
            for event, outgoing in window:
                if event.id in reasons:
                    with leader.connection.transaction():
                        if event.id != refusal.position:
                            refusals.settle(leader.connection, refusal)
                        self._refuse(leader, event, outgoing, reasons[event.id])
                    return False
        return True

    def _waiting(self, leader: Leader, refusal: Refusal, position: int) -> Iterator[Window]:
        """The events of a key that wait, in windows."""
        after = refusal.position if refusal.state == "skipping" else refusal.position - 1
        while events := refusals.events_of(
            leader.connection, refusal.originator_id, after + 1, position, WINDOW_EVENTS
        ):
            ahead: deque[RecordedEvent] = deque(events)
            while ahead:
                yield self._window(ahead, frozenset())[0]
            after = events[-1].id

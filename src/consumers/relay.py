"""The relay: log to Kafka. One is active in a company (advisory lock), a standby waits; run by `dossier relay`.

It sends a window of events, waits for all acknowledgements, then stores its position through the connection that holds the lock. On
the first error it drops the producer, makes a new one and resumes from the stored position, so that nothing is ever skipped:
messages come at least once. Nothing overtakes within a key either: everything of a window that goes to one partition is one batch,
whatever the client does about retries. Memory is bounded by a window; a broker that is gone delays nobody's save (rule 0.8).
To recover: nothing has to be done, it tries for ever; `relay_state` shows how far it is.
"""

import time
from collections import deque
from threading import Event
from typing import Any, Final

import structlog

from consumers import metrics
from consumers.bus import DELIVERY_TIMEOUT_MS, Topics, ensure_topics, producing
from consumers.kafka_client import KafkaTimeoutError
from consumers.messages import Message, message
from consumers.retrying import RESTARTING, Retrying, keep_serving
from store.application import Dossier
from store.events import RecordedEvent
from store.leadership import Leader, leading
from store.log import move, position_of, read
from store.relaying import FOLLOWER
from store.signals import Signal

LOCK: Final = "relay"
WINDOW_EVENTS: Final = 1_000
WINDOW_BYTES: Final = 900_000
"""Must stay below `bus.LARGEST_BATCH_BYTES`: even if all of a window goes to one partition, it is one batch."""
POLL_S: Final = 1.0
"""Seconds after which the log is looked at even without a signal."""
FLUSH_SLICE_S: Final = 0.5
ACKS_TIMEOUT_S: Final = DELIVERY_TIMEOUT_MS / 1_000 + 10

_log = structlog.get_logger(__name__)


class Relay:
    """Sends the log of one company to the bus."""

    def __init__(
        self, dossier: Dossier, servers: str, topics: Topics | None = None, retrying: Retrying = RESTARTING
    ) -> None:
        self._database = dossier.database
        self._mapper = dossier.fact_mapper
        self._servers = servers
        self._topics = topics or Topics.of(dossier.company)
        self._retrying = retrying

    def run(self, stop: Event) -> None:
        """Relays until `stop` is set. Raises nothing."""
        keep_serving("relay", lambda: self._serve(stop), stop, self._retrying)

    def _serve(self, stop: Event) -> None:
        with leading(self._database, LOCK, stop) as leader:
            if leader is None:
                return
            ensure_topics(self._servers, self._topics)
            signal = Signal(self._database, "log")
            try:
                with producing(self._servers, self._topics.group("relay")) as producer:
                    _log.info("relay.started", topic=self._topics.events)
                    self._follow(leader, producer, signal, stop)
            finally:
                signal.close()

    def _follow(self, leader: Leader, producer: Any, signal: Signal, stop: Event) -> None:
        position = position_of(leader.connection, FOLLOWER) or 0
        ahead: deque[RecordedEvent] = deque()
        while not stop.is_set():
            self._read_ahead(leader, ahead, position)
            window = self._window(ahead)
            if not window:
                signal.wait(POLL_S)
                continue
            self._send(producer, window, stop)
            position = window[-1].position
            move(leader.connection, FOLLOWER, position)
            metrics.RELAYED.inc(len(window))
            metrics.RELAY_POSITION.set(position)

    def _read_ahead(self, leader: Leader, ahead: deque[RecordedEvent], position: int) -> None:
        if len(ahead) < WINDOW_EVENTS:
            ahead.extend(read(leader.connection, ahead[-1].id if ahead else position, WINDOW_EVENTS))
            end = leader.connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
            metrics.RELAY_LAG.set((end[0] if end else 0) - position)

    def _window(self, ahead: deque[RecordedEvent]) -> list[Message]:
        """Takes the next messages: as many as a window holds, at least one where there is one."""
        window: list[Message] = []
        size = 0
        while ahead and len(window) < WINDOW_EVENTS:
            one = message(self._mapper, ahead[0])
            size += one.size
            if window and size > WINDOW_BYTES:
                break
            ahead.popleft()
            window.append(one)
        return window

    def _send(self, producer: Any, window: list[Message], stop: Event) -> None:
        topic = self._topics.events
        acks = [producer.send(topic, value=one.value, key=one.key, headers=one.headers) for one in window]
        _flush(producer, stop)
        for ack in acks:
            if not ack.succeeded():
                raise ack.exception or KafkaTimeoutError("No acknowledgement.")


def _flush(producer: Any, stop: Event) -> None:
    """Waits until every message was acknowledged or given up by the client; `stop` cuts it short. Raises `KafkaTimeoutError`."""
    deadline = time.monotonic() + ACKS_TIMEOUT_S
    while True:
        try:
            producer.flush(timeout=FLUSH_SLICE_S)
        except KafkaTimeoutError:
            if stop.is_set() or time.monotonic() > deadline:
                raise
        else:
            return

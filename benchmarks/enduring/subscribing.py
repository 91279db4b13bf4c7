"""The subscriber of the endurance run: it reads one company's topic from the beginning and drops repetitions, as the contract requires."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson

from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.kafka_client import KafkaConsumer, KafkaError, TopicPartition
from consumers.messages import POSITION_HEADER
from consumers.reaching import check_reachable

POLL_MS: Final = 500
PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it was taken: its key, where it stands in the log, and the event in it."""

    key: str
    position: int
    event: dict[str, Any]


class Subscriber(threading.Thread):
    """Takes each event once: one whose position is not above the last of its key is a repetition, and dropped."""

    def __init__(self, company: str, servers: str) -> None:
        super().__init__(name=f"subscriber of {company}", daemon=True)
        self.taken: list[Told] = []
        self.repetitions = 0
        self.never_taken = 0
        """Messages that were dropped although their event was never taken: out of order."""
        self._topic = Topics.of(company).events
        self._servers = servers
        self._stop_asked = threading.Event()
        self._next: dict[int, int] = {}
        self._last: dict[str, int] = {}
        self._events: set[str] = set()

    @property
    def position(self) -> int:
        """The highest position taken."""
        return max(self._last.values(), default=0)

    def stop(self) -> None:
        """Ends it within a poll."""
        self._stop_asked.set()
        self.join(30)

    def run(self) -> None:
        """Reads until it is stopped, over whatever becomes of the broker."""
        while not self._stop_asked.is_set():
            with suppress(KafkaError, OSError):
                check_reachable(Brokers(self._servers))
                self._read()
            time.sleep(PAUSE_S)

    def _read(self) -> None:
        consumer = KafkaConsumer(
            bootstrap_servers=self._servers, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            partitions = sorted(consumer.partitions_for_topic(self._topic) or ())
            if not partitions:
                return
            consumer.assign([TopicPartition(self._topic, partition) for partition in partitions])
            for partition in partitions:
                consumer.seek(TopicPartition(self._topic, partition), self._next.get(partition, 0))
            while not self._stop_asked.is_set():
                for place, messages in consumer.poll(timeout_ms=POLL_MS).items():
                    for message in messages:
                        self._take(message)
                        self._next[place.partition] = message.offset + 1
        finally:
            consumer.close()

    def _take(self, message: Any) -> None:
        key, event = message.key.decode(), orjson.loads(message.value)
        position = int(dict(message.headers)[POSITION_HEADER])
        if position > self._last.get(key, 0):
            self._last[key] = position
            self._events.add(event["event_id"])
            self.taken.append(Told(key, position, event))
        elif event["event_id"] in self._events:
            self.repetitions += 1
        else:
            self.never_taken += 1

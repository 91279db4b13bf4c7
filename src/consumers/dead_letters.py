"""Where a message goes that cannot be delivered or read: its row, and the dead-letter topic when Kafka is the feed (rule 4.4).

The topic is written before the row and the row before the message is done with, so nothing is lost: a crash in between writes the
topic again, under the same event id.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import Any, Final
from uuid import UUID, uuid5

import structlog

from aggregates.fact import NAMESPACE
from consumers import delivery_metrics, metrics
from consumers.brokers import Brokers
from consumers.bus import Topics, producing
from consumers.kafka_client import KafkaError, KafkaTimeoutError, is_bus_away
from consumers.messages import Received
from consumers.topics import ensure_topics
from store.database import Database
from store.outcomes import printable, record_unreadable
from store.public import instant

LARGEST_VALUE_BYTES: Final = 900_000
"""Bytes of a message that a dead letter repeats: with its headers it must fit into a batch."""
LARGEST_HEADERS_BYTES: Final = 65_536
LARGEST_KEY_BYTES: Final = 1_024
ACKNOWLEDGED_S: Final = 15.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Death:
    """Why a message is dead."""

    reason: str
    attempts: int = 0
    status_code: int | None = None


class DeadLetterTopic:
    """Writes dead letters to the topic; safe to share between threads. Its producer is made when it is first needed."""

    def __init__(self, brokers: Brokers, topics: Topics) -> None:
        self._brokers = brokers
        self._topics = topics
        self._open = ExitStack()
        self._producer: Any = None
        self._lock = Lock()

    def publish(self, received: Received, death: Death) -> None:
        """Writes one dead letter and waits for the acknowledgement.

        What the brokers refuse for good is written without the message itself; what they still refuse is logged and left out, for the
        row in `dead_letters` is what counts. Raises `KafkaError` while they are away; then nothing may be taken as written.
        """
        with self._lock:
            try:
                self._write(received.key, _letter_of(received, death))
            except KafkaError as error:
                if is_bus_away(error):
                    raise
                self._write_without_message(received, death)

    def _write_without_message(self, received: Received, death: Death) -> None:
        try:
            self._write(None, _Letter(None, _headers(received, death), received.source))
        except KafkaError as error:
            if is_bus_away(error):
                raise
            metrics.FAULTS.labels("dead letters").inc()
            _log.error("dead_letter.not_published", source=received.source, error=repr(error))

    def close(self) -> None:
        """Ends the producer."""
        with self._lock:
            self._drop()

    def _write(self, key: bytes | None, letter: "_Letter") -> None:
        try:
            self._send(key, letter)
        except KafkaError:
            self._drop()
            raise

    def _send(self, key: bytes | None, letter: "_Letter") -> None:
        if self._producer is None:
            ensure_topics(self._brokers, self._topics)
            self._producer = self._open.enter_context(producing(self._brokers, self._topics.group("dead-letters")))
        ack = self._producer.send(
            self._topics.dead_letters,
            value=letter.value,
            key=key[:LARGEST_KEY_BYTES] if key else letter.source.encode(),
            headers=letter.headers,
        )
        self._producer.flush(timeout=ACKNOWLEDGED_S)
        if not ack.succeeded():
            raise ack.exception or KafkaTimeoutError("No acknowledgement.")

    def _drop(self) -> None:
        self._producer = None
        self._open.close()


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message of the dead-letter topic."""

    value: bytes | None
    headers: list[tuple[str, bytes]]
    source: str


def _letter_of(received: Received, death: Death) -> _Letter:
    """The message and why it is dead; headers of unusual size are left out."""
    headers = list(received.headers.items())
    if sum(len(name) + len(value) for name, value in headers) > LARGEST_HEADERS_BYTES:
        headers = []
    value = None if received.value is None else received.value[:LARGEST_VALUE_BYTES]
    return _Letter(value, [*headers, *_headers(received, death)], received.source)


def _headers(received: Received, death: Death) -> list[tuple[str, bytes]]:
    headers = {
        "dossierreason": printable(death.reason),
        "dossierstatus": "" if death.status_code is None else str(death.status_code),
        "dossierattempts": str(death.attempts),
        "dossiersource": received.source,
        "dossierdiedat": instant(datetime.now(UTC)),
    }
    return [(name, text.encode()) for name, text in headers.items()]


class DeadLetters:
    """Puts messages aside. `topic` is `None` where the log is the feed: then there are rows only."""

    def __init__(self, database: Database, topic: DeadLetterTopic | None = None) -> None:
        self._database = database
        self._topic = topic

    def announce(self, received: Received, death: Death) -> None:
        """Writes a dead letter to the topic, if there is one. Raises `KafkaError`."""
        if self._topic is not None:
            self._topic.publish(received, death)

    def put_aside(self, received: Received, reason: str) -> None:
        """Keeps a message that could not be read or handled, so that the next ones can be."""
        self.announce(received, Death(reason))
        with self._database.connection() as connection:
            record_unreadable(connection, unreadable_id(received), received.source, reason, received.value or b"")
        delivery_metrics.UNREADABLE.inc()
        _log.error("message.put_aside", source=received.source, reason=reason)

    def close(self) -> None:
        """Ends the topic's producer."""
        if self._topic is not None:
            self._topic.close()


def unreadable_id(received: Received) -> UUID:
    """The id under which an unreadable message is kept: it has none that could be trusted, so it is named by where it lay, and by what
    it was, since a topic that is made anew counts from 0 again."""
    return uuid5(NAMESPACE, f"unreadable/{received.source}/{sha256(received.value or b'').hexdigest()}")

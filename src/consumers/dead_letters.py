"""Where a message goes that cannot be delivered or read: its row, and the dead-letter topic when Kafka is the feed (rule 4.4).

The topic is written before the row and the row before the message is done with, so nothing is lost: a crash in between writes the
topic again, under the same event id.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final
from uuid import UUID, uuid5

import structlog

from aggregates.fact import NAMESPACE
from consumers import metrics
from consumers.bus import Topics, ensure_topics, producing
from consumers.kafka_client import KafkaError, KafkaTimeoutError
from consumers.messages import Received
from store.database import Database
from store.outcomes import record_unreadable
from store.public import instant

LARGEST_VALUE_BYTES: Final = 900_000
"""Bytes of a message that a dead letter repeats: with its headers it must fit into a batch."""
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

    def __init__(self, servers: str, topics: Topics | None = None) -> None:
        self._servers = servers
        self._topics = topics or Topics()
        self._open = ExitStack()
        self._producer: Any = None
        self._lock = Lock()

    def publish(self, received: Received, death: Death) -> None:
        """Writes one dead letter and waits for the acknowledgement. Raises `KafkaError`; then nothing may be taken as written."""
        with self._lock:
            try:
                self._send(received, death)
            except KafkaError:
                self._drop()
                raise

    def close(self) -> None:
        """Ends the producer."""
        with self._lock:
            self._drop()

    def _send(self, received: Received, death: Death) -> None:
        if self._producer is None:
            ensure_topics(self._servers, self._topics)
            self._producer = self._open.enter_context(producing(self._servers, "dossier-dead-letters"))
        headers = [*received.headers.items(), *_headers(received, death)]
        ack = self._producer.send(
            self._topics.dead_letters,
            value=None if received.value is None else received.value[:LARGEST_VALUE_BYTES],
            key=received.key or received.source.encode(),
            headers=headers,
        )
        self._producer.flush(timeout=ACKNOWLEDGED_S)
        if not ack.succeeded():
            raise ack.exception or KafkaTimeoutError("No acknowledgement.")

    def _drop(self) -> None:
        self._producer = None
        self._open.close()


def _headers(received: Received, death: Death) -> list[tuple[str, bytes]]:
    said = {
        "dossierreason": death.reason,
        "dossierstatus": "" if death.status_code is None else str(death.status_code),
        "dossierattempts": str(death.attempts),
        "dossiersource": received.source,
        "dossierdiedat": instant(datetime.now(UTC)),
    }
    return [(name, text.encode()) for name, text in said.items()]


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
        """Keeps a message that nobody could read or handle, so that the next ones can go on."""
        self.announce(received, Death(reason))
        with self._database.connection() as connection:
            record_unreadable(connection, unreadable_id(received), received.source, reason, received.value or b"")
        metrics.UNREADABLE.inc()
        _log.error("message.put_aside", source=received.source, reason=reason)

    def close(self) -> None:
        """Ends the topic's producer."""
        if self._topic is not None:
            self._topic.close()


def unreadable_id(received: Received) -> UUID:
    """The id under which an unreadable message is kept: it has none that could be trusted, so it is named by where it lay."""
    return uuid5(NAMESPACE, f"unreadable/{received.source}")

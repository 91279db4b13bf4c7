"""Sends messages to a topic in order per key, and tells which ones the brokers refuse for good.

Everything of one call that goes to one partition is one batch. A batch with a refused message is refused as a whole, so none of its
messages overtakes another; its messages are then sent one by one, by a new producer. After a refused message the later ones of its
key are not sent. Any other error is raised; what was not acknowledged may have been stored all the same.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Self

from consumers.brokers import Brokers
from consumers.bus import DELIVERY_TIMEOUT_MS, LARGEST_REQUEST_BYTES, Topics, producing
from consumers.kafka_client import (
    InvalidRecordError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from consumers.messages import Message
from store.heartbeats import Progress
from store.stopping import Stop

FLUSH_SLICE_S: Final = 0.5
SLOW_S: Final = 2.0
"""Seconds without an acknowledgement after which somebody is told."""
ACKS_PATIENCE_S: Final = 15.0
"""Seconds that handing messages over may take before the relay counts as one that hangs: longer than the client blocks."""
ACKS_TIMEOUT_S: Final = DELIVERY_TIMEOUT_MS / 1_000 + 10
REFUSALS: Final = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidRecordError)
"""Errors that are about a message, and the same again next time."""


class Sender:
    """A producer of one company's events; not to be shared between threads."""

    def __init__(self, brokers: Brokers, topics: Topics, progress: Progress, topic: str | None = None) -> None:
        self._topic = topic or topics.events
        self._brokers = brokers
        self._progress = progress
        self._topics = topics
        self._open = ExitStack()
        self._producer: Any = None

    @classmethod
    @contextmanager
    def opened(cls, brokers: Brokers, topics: Topics, progress: Progress, topic: str | None = None) -> Iterator[Self]:
        """A sender that is closed at the end; it sends to this topic, by default to that of events. Raises `KafkaError`."""
        sender = cls(brokers, topics, progress, topic)
        sender._renew()
        try:
            yield sender
        finally:
            sender._open.close()

    def send(self, messages: Sequence[Message], stop: Stop) -> Mapping[int, str]:
        """Sends messages and waits for the acknowledgements; gives why which positions were refused.

        Raises:
            KafkaError: anything else went wrong.
        """
        failed = self._send_together(messages, stop)
        reasons: dict[int, str] = {}
        keys: set[bytes] = set()
        for message in failed:
            if message.key in keys:
                continue
            reason = self._send_alone(message, stop)
            if reason is not None:
                reasons[message.position] = reason
                keys.add(message.key)
        return reasons

    def _send_together(self, messages: Sequence[Message], stop: Stop) -> list[Message]:
        """Sends messages; gives those that went with a refused one, in order."""
        if any(message.size > LARGEST_REQUEST_BYTES for message in messages):
            return list(messages)
        self._progress.extend(ACKS_PATIENCE_S)
        acks = [self._put(message) for message in messages]
        _flush(self._producer, stop, self._progress)
        failed = [message for message, ack in zip(messages, acks, strict=True) if _refusal(ack) is not None]
        if failed:
            self._renew()
        return failed

    def _send_alone(self, message: Message, stop: Stop) -> str | None:
        try:
            ack = self._put(message)
        except REFUSALS as error:
            return str(error)
        _flush(self._producer, stop, self._progress)
        refusal = _refusal(ack)
        if refusal is not None:
            self._renew()
            return str(refusal)
        return None

    def _put(self, message: Message) -> Any:
        return self._producer.send(self._topic, value=message.value, key=message.key, headers=message.headers)

    def _renew(self) -> None:
        self._open.close()
        self._producer = self._open.enter_context(producing(self._brokers, self._topics.group("relay")))


def _refusal(ack: Any) -> Exception | None:
    """Returns why a message was refused, `None` when it was acknowledged. Raises any other error."""
    if ack.succeeded():
        return None
    error: Exception = ack.exception or KafkaTimeoutError("No acknowledgement.")
    is_refusal: bool = isinstance(error, REFUSALS)
    if not is_refusal:
        raise error
    return error


def _flush(producer: Any, stop: Stop, progress: Progress) -> None:
    """Waits until every message was acknowledged or given up by the client; `stop` cuts it short. Raises `KafkaTimeoutError`."""
    began = time.monotonic()
    deadline = began + ACKS_TIMEOUT_S
    while True:
        if time.monotonic() - began > SLOW_S:
            progress.mark("waiting", "Kafka does not acknowledge.")
        else:
            progress.mark(patience_s=ACKS_PATIENCE_S)
        try:
            producer.flush(timeout=FLUSH_SLICE_S)
        except KafkaTimeoutError:
            if stop.is_set() or time.monotonic() > deadline:
                raise
        else:
            return

"""Apache Kafka through `kafka-python`: names and shape of our topics, and producers with every setting that matters.

A producer is made for one purpose and thrown away at the first error: after the broker lost its state, an idempotent producer of
this client may never recover. The client's buffer is unbounded, so the sender bounds what is in flight.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from consumers.brokers import Brokers, TopicShape
from consumers.kafka_client import KafkaError, KafkaProducer
from consumers.messages import DEAD_LETTERS_TOPIC, EVENTS_TOPIC, GROUP, PROFILES_TOPIC
from consumers.reaching import check_reachable

LARGEST_BATCH_BYTES: Final = 1_000_000
"""A record batch; below the broker's own bound (`message.max.bytes`, 1,048,588)."""
LARGEST_MESSAGE_BYTES: Final = 16_777_216
"""The limit that our topics are given. An event has 256 KiB at most (`aggregates.fact`); headers and what the public form adds take
less than as much again; events that were stored before there was that bound may be larger."""
LARGEST_REQUEST_BYTES: Final = LARGEST_MESSAGE_BYTES + 1_048_576
LINGER_MS: Final = 10_000
"""Milliseconds that a batch would wait by itself; ours go out with `flush`, all at once."""
REQUEST_TIMEOUT_MS: Final = 10_000
DELIVERY_TIMEOUT_MS: Final = 30_000
"""Milliseconds within which the client retries by itself; then it gives up, and so do we on this producer."""
BLOCK_MS: Final = 10_000
BOOTSTRAP_TIMEOUT_MS: Final = 5_000
RECONNECT_MS: Final = 1_000
METADATA_AGE_MS: Final = 60_000
CLOSE_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of one company on a broker (rule 4.7), and the shape in which its topics are made when they are missing."""

    company: str
    events: str
    dead_letters: str
    shape: TopicShape = field(default_factory=TopicShape)
    profiles: str | None = None

    @classmethod
    def of(cls, company: str, shape: TopicShape | None = None) -> Self:
        """The topics of a company."""
        events, dead_letters = EVENTS_TOPIC.format(company=company), DEAD_LETTERS_TOPIC.format(company=company)
        return cls(company, events, dead_letters, shape or TopicShape(), PROFILES_TOPIC.format(company=company))

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return tuple(name for name in (self.events, self.dead_letters, self.profiles) if name is not None)

    def configs(self, name: str) -> Mapping[str, str]:
        """The settings of a topic that is made: of the profiles', the last message of each key is kept for ever."""
        if name != self.profiles:
            return self.shape.configs()
        return {**TopicShape(min_insync_replicas=self.shape.min_insync_replicas).configs(), "cleanup.policy": "compact"}

    def group(self, consumer: str) -> str:
        """The id of a consumer's group, and of any other client of the company."""
        return GROUP.format(company=self.company, consumer=consumer)


@contextmanager
def producing(brokers: Brokers, client_id: str) -> Iterator[Any]:
    """A producer for as long as nothing fails. Nothing leaves it before `flush`. Raises `KafkaError`."""
    check_reachable(brokers)
    producer = KafkaProducer(
        **brokers.client_options(),
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        compression_type=None,
        batch_size=LARGEST_BATCH_BYTES,
        linger_ms=LINGER_MS,
        max_request_size=LARGEST_REQUEST_BYTES,
        max_in_flight_requests_per_connection=5,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
        max_block_ms=BLOCK_MS,
        bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
        reconnect_backoff_max_ms=RECONNECT_MS,
        metadata_max_age_ms=METADATA_AGE_MS,
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )
    # The client would send the halves of a batch that is too large, and a later message of a key could overtake one that is refused.
    producer._sender._can_split = lambda *_: False
    try:
        yield producer
    finally:
        abandon(producer)


def abandon(producer: Any) -> None:
    """Ends a producer within seconds, whatever it still holds.

    `close` flushes first and raises when that takes too long, with the sending thread still alive; then the thread is told to
    drop everything, and `close` finds nothing left.
    """
    try:
        producer.close(timeout=CLOSE_TIMEOUT_S)
    except KafkaError:
        producer._sender.force_close()
        producer._sender.join(CLOSE_TIMEOUT_S)
        producer.close(timeout=CLOSE_TIMEOUT_S)

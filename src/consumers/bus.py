"""Apache Kafka through `kafka-python`: names and shape of our topics, and producers with every setting that matters said.

A producer is made for one purpose and thrown away at the first error: after the broker lost its state, an idempotent producer of
this client may never recover. The client's buffer is unbounded, so whoever sends bounds what is in flight.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Self

import structlog

from consumers.kafka_client import (
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    KafkaConnectionError,
    KafkaError,
    KafkaProducer,
    TopicAlreadyExistsError,
    is_bus_away,
)
from consumers.messages import DEAD_LETTERS_TOPIC, EVENTS_TOPIC, GROUP

PARTITIONS: Final = 12
REPLICATION: Final = 1
LARGEST_BATCH_BYTES: Final = 1_000_000
"""A record batch; below the broker's own bound (`message.max.bytes`, 1,048,588)."""
LARGEST_MESSAGE_BYTES: Final = 16_777_216
"""The limit that our topics are given. An event has 256 KiB at most (`aggregates.fact`); headers and what the public form adds take
less than as much again; events that were stored before there was that bound may be larger."""
LARGEST_REQUEST_BYTES: Final = LARGEST_MESSAGE_BYTES + 1_048_576
LIMIT: Final = "max.message.bytes"
LIMIT_KNOWN_S: Final = 5.0
"""Seconds within which brokers know a limit that was changed; a message that comes sooner would be refused by the old one."""
LIMIT_POLL_S: Final = 0.05
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
PROBE_S: Final = 3.0
_WHICH_VERSIONS: Final = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""An ApiVersions request (key 18, version 0), which every broker answers."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of one company on a broker (rule 4.7), and the shape in which its topics are made when they are missing."""

    company: str
    events: str
    dead_letters: str
    partitions: int = PARTITIONS
    replication: int = REPLICATION

    @classmethod
    def of(cls, company: str) -> Self:
        """The topics of a company."""
        return cls(company, EVENTS_TOPIC.format(company=company), DEAD_LETTERS_TOPIC.format(company=company))

    def group(self, consumer: str) -> str:
        """The id of a consumer's group, and of any other client of the company."""
        return GROUP.format(company=self.company, consumer=consumer)


def check_reachable(servers: str) -> None:
    """Asks one server after the other which protocol it speaks. Raises `KafkaConnectionError` when none answers.

    To be called before any client is made: a client that finds no broker while it is made leaves a thread and open files behind.
    """
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), PROBE_S) as connection:
            connection.sendall(_WHICH_VERSIONS)
            if connection.recv(len(_WHICH_VERSIONS)):
                return
    raise KafkaConnectionError(f"No broker answers at {servers}.")


def ensure_topics(servers: str, topics: Topics) -> None:
    """Makes the topics that are missing; those that exist stay as they are, but for a lower limit of a message. Raises `KafkaError`."""
    check_reachable(servers)
    admin = KafkaAdminClient(
        bootstrap_servers=servers,
        client_id=topics.group("topics"),
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
        reconnect_backoff_max_ms=RECONNECT_MS,
    )
    try:
        found = set(admin.list_topics())
        for name in {topics.events, topics.dead_letters} - found:
            shape = {"num_partitions": topics.partitions, "replication_factor": topics.replication}
            with suppress(TopicAlreadyExistsError):
                admin.create_topics({name: shape}, wait_for_metadata=True)
        _raise_limits(admin, topics)
    finally:
        admin.close()


def _raise_limits(admin: Any, topics: Topics) -> None:
    """Sees to it that the topics take messages of `LARGEST_MESSAGE_BYTES`; who may not change topics goes on with the limits there are."""
    try:
        if low := _low_limits(admin, topics):
            wanted = {LIMIT: str(LARGEST_MESSAGE_BYTES)}
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in low])
            deadline = time.monotonic() + LIMIT_KNOWN_S
            while _low_limits(admin, topics) and time.monotonic() < deadline:
                time.sleep(LIMIT_POLL_S)
    except KafkaError as error:
        if is_bus_away(error):
            raise
        _log.warning("topics.limit_not_raised", limit=LARGEST_MESSAGE_BYTES, error=repr(error))


def _low_limits(admin: Any, topics: Topics) -> list[str]:
    """The topics whose limit is lower than ours, as far as the broker knows by now."""
    names = (topics.events, topics.dead_letters)
    described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name, [LIMIT]) for name in names])
    limits = {name: config.get(LIMIT, {}).get("value") for name, config in described["topic"].items()}
    return [name for name in names if int(limits.get(name) or 0) < LARGEST_MESSAGE_BYTES]


@contextmanager
def producing(servers: str, client_id: str) -> Iterator[Any]:
    """A producer for as long as nothing fails. Nothing leaves it before `flush`. Raises `KafkaError`."""
    check_reachable(servers)
    producer = KafkaProducer(
        bootstrap_servers=servers,
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

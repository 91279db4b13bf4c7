"""Ensures that a company's topics exist, take messages as large as ours, and keep as many copies as required.

Called before anything is sent or read. Topics that exist stay as they are, but for a limit of a message or a number of copies that is too
low. To recover from a refusal: change the topic as the error says, or the setting; the refused process tries again by itself.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any, Final

import structlog

from consumers.brokers import Brokers
from consumers.bus import (
    BOOTSTRAP_TIMEOUT_MS,
    LARGEST_MESSAGE_BYTES,
    RECONNECT_MS,
    REQUEST_TIMEOUT_MS,
    Topics,
)
from consumers.kafka_client import (
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    KafkaError,
    TopicAlreadyExistsError,
    is_bus_away,
)
from consumers.reaching import KAFKA, check_reachable

LIMIT: Final = "max.message.bytes"
COPIES: Final = "min.insync.replicas"
KNOWN_S: Final = 5.0
"""Seconds within which brokers know a setting that was changed; a message that comes sooner is treated as the old one says."""
POLL_S: Final = 0.05

_log = structlog.get_logger(__name__)


class WeakTopicError(KafkaError):  # type: ignore[misc]
    """A topic acknowledges with fewer copies than was asked for. It may be mended, so it is tried again."""

    retriable = True


def ensure_topics(brokers: Brokers, topics: Topics) -> None:
    """Makes the topics that are missing, and mends those that are there.

    Raises:
        WeakTopicError: a topic cannot keep as many copies as `Topics.shape` says.
        KafkaError: the brokers are away, or refuse.
    """
    check_reachable(brokers)
    admin = KafkaAdminClient(
        **brokers.client_options(),
        client_id=topics.group("topics"),
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
        reconnect_backoff_max_ms=RECONNECT_MS,
    )
    with closing(admin):
        _make_missing(admin, topics)
        _raise(admin, topics, LIMIT, LARGEST_MESSAGE_BYTES)
        if topics.shape.min_insync_replicas is not None:
            _raise(admin, topics, COPIES, topics.shape.min_insync_replicas)
        _check_copies(admin, topics)
    KAFKA.over()


def _make_missing(admin: Any, topics: Topics) -> None:
    for name in set(topics.names) - set(admin.list_topics()):
        shape = {
            "num_partitions": topics.shape.partitions,
            "replication_factor": topics.shape.replication,
            "configs": {**topics.configs(name), LIMIT: str(LARGEST_MESSAGE_BYTES)},
        }
        with suppress(TopicAlreadyExistsError):
            admin.create_topics({name: shape}, wait_for_metadata=True)


def _raise(admin: Any, topics: Topics, setting: str, least: int) -> None:
    """Raises a setting of the topics that is lower; without the permission to change topics, it stays as it is."""

    def low() -> list[str]:
        return [name for name, value in _values(admin, topics, setting).items() if value < least]

    try:
        if names := low():
            changes = [ConfigResource(ConfigResourceType.TOPIC, name, {setting: str(least)}) for name in names]
            admin.alter_configs(changes)
            _wait_until(lambda: not low())
    except KafkaError as error:
        if is_bus_away(error):
            raise
        _log.warning("topics.not_changed", setting=setting, wanted=least, error=repr(error))


def _values(admin: Any, topics: Topics, setting: str) -> Mapping[str, int]:
    """A setting of each topic, the brokers' own where the topic has none, as far as the broker knows by now."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, [setting]) for name in topics.names]
    described = admin.describe_configs(resources, config_filter="all").get("topic", {})
    return {name: int(described.get(name, {}).get(setting, {}).get("value") or 0) for name in topics.names}


def _check_copies(admin: Any, topics: Topics) -> None:
    """Logs how many copies there are of what is acknowledged, and refuses topics that keep fewer than required."""
    replicas = {
        topic["name"]: min((len(partition["replica_nodes"]) for partition in topic["partitions"]), default=0)
        for topic in admin.describe_topics(list(topics.names))
    }
    try:
        in_sync = _values(admin, topics, COPIES)
    except KafkaError as error:
        if is_bus_away(error):
            raise
        _log.warning("topics.copies_unknown", error=repr(error))
        return
    for name in topics.names:
        _check_topic(topics, name, replicas.get(name, 0), in_sync[name])
    _log.info("topics.ready", replicas=replicas, min_insync_replicas=in_sync)


def _check_topic(topics: Topics, name: str, replicas: int, in_sync: int) -> None:
    least = topics.shape.min_insync_replicas or 0
    if in_sync < least:
        raise WeakTopicError(f"{name} has {COPIES} {in_sync}, which KAFKA_MIN_INSYNC_REPLICAS {least} forbids.")
    if replicas < in_sync:
        raise WeakTopicError(f"{name} has {replicas} replicas and {COPIES} {in_sync}: brokers would accept nothing.")
    if replicas < topics.shape.replication:
        _log.warning("topics.fewer_replicas", topic=name, replicas=replicas, wanted=topics.shape.replication)


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + KNOWN_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(POLL_S)

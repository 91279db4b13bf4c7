"""Finds the states on the topic of profiles that are as of a former log, after a restore that lost events (see `store.identity`).

Called by the relay of profiles, once for each further log. It reads the topic from its first message to where it ends at that moment,
as a consumer without a group, and keeps nothing of it in memory.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from consumers.brokers import Brokers
from consumers.bus import BOOTSTRAP_TIMEOUT_MS, LARGEST_MESSAGE_BYTES, RECONNECT_MS, REQUEST_TIMEOUT_MS, Topics
from consumers.kafka_client import KafkaConsumer, TopicPartition
from consumers.messages import LOG_HEADER, key_of
from consumers.profile_states import STATES
from store.stopping import Stop

POLL_MS: Final = 200


def former_states(brokers: Brokers, topics: Topics, log: UUID, stop: Stop) -> Iterator[list[str]]:
    """Yields the profiles whose states are as of another log than this one, a poll at a time; one may come several times.

    Ends early when `stop` is set. Raises `KafkaError`.
    """
    consumer = KafkaConsumer(
        **brokers.client_options(),
        client_id=topics.group("relay"),
        enable_auto_commit=False,
        fetch_max_bytes=LARGEST_MESSAGE_BYTES,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
        reconnect_backoff_max_ms=RECONNECT_MS,
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )
    try:
        numbers = consumer.partitions_for_topic(topics.profiles) or ()
        partitions = [TopicPartition(topics.profiles, number) for number in numbers]
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        while not stop.is_set() and any(consumer.position(partition) < end for partition, end in ends.items()):
            records = [record for batch in consumer.poll(timeout_ms=POLL_MS).values() for record in batch]
            yield [profile for record in records if (profile := _former(record, topics.company, log)) is not None]
    finally:
        consumer.close()


def _former(record: Any, company: str, log: UUID) -> str | None:
    """Returns the profile of a state of another log, `None` for any other message."""
    prefix = key_of(company, "").decode()
    key = (record.key or b"").decode(errors="replace")
    profile = key.removeprefix(prefix)
    if record.value is None or profile == key or profile.partition(":")[0] not in STATES:
        return None
    return profile if dict(record.headers).get(LOG_HEADER) != str(log).encode() else None

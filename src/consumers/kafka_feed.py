"""Feeds a handler from a Kafka topic: one member of a consumer group; start as many processes as there are partitions.

Offsets are committed by hand, after the handler is done (its outcome is stored by then). A partition with enough read ahead is
paused, so the poll loop never stops and the group does not think us dead while one customer's partition waits. What is redelivered after a
rebalance or a crash, the handler meets again. To recover: nothing has to be done. Brokers that are away are waited for with the same
membership (`contact`); a member that was killed keeps its partitions from the others for `SESSION_TIMEOUT_MS`.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

import structlog

from consumers.brokers import Brokers
from consumers.bus import (
    BOOTSTRAP_TIMEOUT_MS,
    LARGEST_MESSAGE_BYTES,
    METADATA_AGE_MS,
    RECONNECT_MS,
    Topics,
)
from consumers.contact import Contact
from consumers.faults import BusFaults
from consumers.feeds import MOST_WAITING, Handler, Lane, Lanes
from consumers.kafka_client import (
    CommitFailedError,
    ConsumerRebalanceListener,
    CooperativeStickyAssignor,
    KafkaConsumer,
    KafkaError,
    KafkaTimeoutError,
    MemberState,
    OffsetAndMetadata,
    RebalanceInProgressError,
    TopicPartition,
    is_bus_away,
)
from consumers.messages import Received
from consumers.topics import ensure_topics
from consumers.undecodable import Undecodable, step_over_undecodable
from store.heartbeats import PATIENCE_S, Progress, TaskState
from store.retrying import RESTARTING, Retrying
from store.serving import Step, keep_serving
from store.stopping import Stop

POLL_RECORDS: Final = 1_000_000
"""More than a fetch can hold, so that a poll takes all of it: this client never gives the rest of a fetch back that it holds when its
partition is paused, nor fetches that partition again after it is resumed. What is read ahead is bounded by bytes instead."""
FETCH_BYTES: Final = LARGEST_MESSAGE_BYTES
PARTITION_FETCH_BYTES: Final = 1_048_576
"""Four times the bound of an event. A larger message of former times comes all the same: brokers give the first batch whole (KIP-74)."""
FETCH_WAIT_MS: Final = 100
POLL_MS: Final = 100
"""Milliseconds of one turn of the loop while nothing comes."""
BUSY_POLL_MS: Final = 10
"""Milliseconds of one turn while a partition is at work or waits."""
SESSION_TIMEOUT_MS: Final = 10_000
"""Milliseconds after which the group gives the partitions of a member that died to others."""
HEARTBEAT_MS: Final = 3_000
MOST_BETWEEN_POLLS_MS: Final = 60_000
REQUEST_TIMEOUT_MS: Final = 10_000
COMMIT_TIMEOUT_MS: Final = 2_000
COMMIT_EVERY_S: Final = 0.2
UNCOMMITTED_S: Final = 15.0
"""Seconds that brokers may be there and still take no commit, as while the group moves to another one; then the member is made anew."""
CLOSE_TIMEOUT_MS: Final = 5_000
TURN_PATIENCE_S: Final = COMMIT_TIMEOUT_MS / 1_000 + PATIENCE_S
"""Seconds that a turn of the loop may take, with a commit and without a look for brokers."""
SETTLE_S: Final = 3.0
"""Seconds that a member in a rebalance waits before it closes; closing in the middle can leave a dead member behind."""

_log = structlog.get_logger(__name__)


class KafkaFeed:
    """One member of the group that feeds one consumer from the events topic of a company."""

    def __init__(
        self,
        brokers: Brokers,
        consumer: str,
        topics: Topics,
        retrying: Retrying = RESTARTING,
        progress: Progress | None = None,
    ) -> None:
        self._brokers = brokers
        self._consumer = topics.group(consumer)
        self._topics = topics
        self._retrying = retrying
        self._progress = progress or Progress()
        self._tried_at = self._committed_at = 0.0
        """When a commit was last tried, and when there was last nothing left to commit."""

    def run(self, handler: Handler, stop: Stop) -> None:
        """See `Feed`."""
        keep_serving(
            f"feed of {self._consumer}",
            partial(self._term, handler),
            stop,
            self._progress,
            faults=BusFaults(self._retrying),
        )

    @contextmanager
    def _term(self, handler: Handler) -> Iterator[Step]:
        ensure_topics(self._brokers, self._topics)
        workers = Lanes(self._consumer, handler, self._topics.company)
        partitions = _Assigned()
        try:
            with self._consuming() as client:
                self._subscribe(client, partitions)
                self._tried_at = self._committed_at = time.monotonic()
                try:
                    yield partial(self._step, client, partitions, workers, Contact(self._brokers, self._progress))
                finally:
                    workers.close(list(partitions.lanes.values()))
                _commit(client, partitions)
        finally:
            workers.close([])

    def _step(
        self, client: Any, partitions: "_Assigned", workers: Lanes, contact: Contact, _payloads: Sequence[str]
    ) -> float:
        """Takes what has come, and commits what is done; the client waits by itself."""
        state: TaskState = "active" if contact.obstacle is None else "waiting"
        self._progress.mark(state, contact.obstacle, patience_s=TURN_PATIENCE_S)
        now = time.monotonic()
        if _turn(client, partitions, workers):
            contact.note_activity()
        contact.watch()
        if contact.obstacle is not None:
            self._committed_at = now
        elif now - self._tried_at > COMMIT_EVERY_S:
            self._tried_at = now
            if _commit(client, partitions):
                self._committed_at = now
            elif now - self._committed_at > UNCOMMITTED_S:
                raise KafkaTimeoutError(f"Nothing could be committed for {UNCOMMITTED_S:.0f} s.")
            else:
                contact.look()
        return 0.0

    def _subscribe(self, client: Any, partitions: "_Assigned") -> None:
        """Subscribes, and waits for what the cluster says of the topic: a member that leads its group without knowing that yet assigns
        no partition to anybody, and nobody notices for `METADATA_AGE_MS`."""
        client.subscribe([self._topics.events], listener=partitions)
        if not client.partitions_for_topic(self._topics.events):
            raise KafkaTimeoutError(f"The topic {self._topics.events} cannot be found.")

    @contextmanager
    def _consuming(self) -> Iterator[Any]:
        client = KafkaConsumer(
            **self._brokers.client_options(),
            client_id=self._consumer,
            group_id=self._consumer,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            partition_assignment_strategy=(CooperativeStickyAssignor,),
            isolation_level="read_committed",
            check_crcs=True,
            max_poll_records=POLL_RECORDS,
            max_poll_interval_ms=MOST_BETWEEN_POLLS_MS,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
            reconnect_backoff_max_ms=RECONNECT_MS,
            metadata_max_age_ms=METADATA_AGE_MS,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        step_over_undecodable(client)
        try:
            yield client
        finally:
            _settle(client)
            client.close(autocommit=False, timeout_ms=CLOSE_TIMEOUT_MS)


class _Assigned(ConsumerRebalanceListener):  # type: ignore[misc]
    """The partitions this member has. Called by the client's own thread, so it only takes and drops lanes."""

    def __init__(self) -> None:
        self.lanes: dict[Any, Lane] = {}
        self.committed: dict[Any, int] = {}

    def on_partitions_assigned(self, assigned: Any) -> None:
        """Opens a lane for each new partition."""
        for partition in assigned:
            if partition not in self.lanes:
                self.lanes[partition] = Lane(f"{partition.topic}/{partition.partition}")

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Drops the lanes; what is not committed is handled again by the next owner."""
        for partition in revoked:
            lane = self.lanes.pop(partition, None)
            self.committed.pop(partition, None)
            if lane is not None:
                lane.cancel()


def _turn(client: Any, partitions: _Assigned, workers: Lanes) -> bool:
    """One look for messages; whether there was anything to do."""
    lanes = dict(partitions.lanes)
    busy = workers.tick(lanes.values())
    polled = client.poll(timeout_ms=BUSY_POLL_MS if busy else POLL_MS)
    for partition, records in polled.items():
        lane = partitions.lanes.get(partition)
        if lane is not None:
            lane.put(_received(record) for record in records)
    _hold_back(client, dict(partitions.lanes))
    workers.tick(list(partitions.lanes.values()))
    return bool(busy or polled)


def _hold_back(client: Any, lanes: dict[Any, Lane]) -> None:
    """Pauses the partitions that have enough read ahead, and goes on with those that have room again."""
    assigned, paused = client.assignment(), client.paused()
    full = {partition for partition, lane in lanes.items() if lane.waiting >= MOST_WAITING}
    if pausing := (full & assigned) - paused:
        client.pause(*pausing)
    if resuming := (paused & assigned) - full:
        client.resume(*resuming)


def _received(record: Any) -> Received:
    headers = {name: value for name, value in record.headers if value is not None}
    source = f"{record.topic}/{record.partition}/{record.offset}"
    received = Received(record.key, record.value, headers, source, record.offset)
    return _undecoded(received, record.value) if isinstance(record.value, Undecodable) else received


def _undecoded(received: Received, value: Undecodable) -> Received:
    """Returns the message with the reason and with all the offsets that it covers."""
    partition, _, last = received.source.rpartition("/")
    source = received.source if value.first == received.place else f"{partition}/{value.first}-{last}"
    return replace(received, value=bytes(value), source=source, undecodable=value.reason)


def _commit(client: Any, partitions: _Assigned) -> bool:
    """Commits what the handler is done with, and says whether the brokers could be asked to. What cannot be committed now is, or is
    handled again, later."""
    done = {
        partition: lane.done
        for partition, lane in dict(partitions.lanes).items()
        if lane.done is not None and lane.done != partitions.committed.get(partition)
    }
    if not done:
        return True
    offsets = {TopicPartition(*partition): OffsetAndMetadata(place + 1, "", -1) for partition, place in done.items()}
    try:
        client.commit(offsets, timeout_ms=COMMIT_TIMEOUT_MS)
    except (CommitFailedError, RebalanceInProgressError) as error:
        _log.info("feed.not_committed", error=repr(error))
        return True
    except KafkaError as error:
        if not is_bus_away(error):
            raise
        return False
    partitions.committed.update(done)
    return True


def _settle(client: Any) -> None:
    """Waits, bounded, for a rebalance that is under way."""
    deadline = time.monotonic() + SETTLE_S
    try:
        while client.group_metadata().state == MemberState.REBALANCING and time.monotonic() < deadline:
            client.pause(*client.assignment())
            client.poll(timeout_ms=POLL_MS)
    except KafkaError as error:
        _log.info("feed.closing_unsettled", error=repr(error))

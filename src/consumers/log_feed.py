"""Feeds a handler from the log itself: the same messages in the same order with the same positions as over Kafka, without Kafka.

Keys are spread over virtual partitions; each has its progress in table `tracking`, under `<consumer>/<partition>`. One process at
a time feeds a consumer (advisory lock), a standby waits. A partition that waits is left behind and read again from where it
stands, so it neither stops the others nor grows in memory.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final
from uuid import UUID
from zlib import crc32

from consumers.brokers import PARTITIONS
from consumers.faults import BusFaults
from consumers.feeds import MOST_WAITING, Handler, Lane, Lanes
from consumers.messages import Received, message
from store.application import Dossier
from store.events import RecordedEvent
from store.heartbeats import Progress
from store.identity import log_id
from store.leadership import Leader
from store.log import move, position_of, read
from store.retrying import RESTARTING, Retrying
from store.serving import Step, keep_serving
from store.stopping import Stop

BATCH_EVENTS: Final = 500
POLL_S: Final = 1.0
"""Seconds after which the log is looked at even without a signal, while nothing waits."""
TICK_S: Final = 0.05
"""Seconds after which the log is looked at while something waits."""
STORE_EVERY_S: Final = 0.2


class _Partition:
    """A lane and how far the log was read for it."""

    def __init__(self, number: int, stored: int) -> None:
        self.number = number
        self.stored = stored
        self.position = stored
        self.lane = Lane(f"log/{number}", stored)

    @property
    def progress(self) -> int:
        """Position up to which nothing is left to do."""
        position = self.position
        return (self.lane.done or 0) if self.lane.waiting else position


class LogFeed:
    """Feeds one consumer from the log. `consumer` names its progress and its lock."""

    def __init__(
        self,
        dossier: Dossier,
        consumer: str,
        *,
        partitions: int = PARTITIONS,
        retrying: Retrying = RESTARTING,
        progress: Progress | None = None,
    ) -> None:
        self._database = dossier.database
        self._mapper = dossier.fact_mapper
        self._company = dossier.company
        self._consumer = consumer
        self._partitions = partitions
        self._retrying = retrying
        self._progress = progress or Progress()
        self._log_id = UUID(int=0)
        self._stored_at = 0.0

    def run(self, handler: Handler, stop: Stop) -> None:
        """See `Feed`."""
        keep_serving(
            f"feed of {self._consumer}",
            partial(self._term, handler),
            stop,
            self._progress,
            database=self._database,
            lock=f"feed/{self._consumer}",
            channels=("log",),
            faults=BusFaults(self._retrying),
        )

    @contextmanager
    def _term(self, handler: Handler, leader: Leader) -> Iterator[Step]:
        self._log_id = log_id(leader.connection)
        stored = [position_of(leader.connection, self._follower(number)) or 0 for number in range(self._partitions)]
        partitions = [_Partition(number, position) for number, position in enumerate(stored)]
        workers = Lanes(f"{self._consumer}-log", handler, self._company)
        try:
            yield partial(self._step, handler, leader, partitions, workers)
        finally:
            workers.close([partition.lane for partition in partitions])
        self._store(leader, partitions)

    def _step(
        self,
        handler: Handler,
        leader: Leader,
        partitions: Sequence[_Partition],
        workers: Lanes,
        _payloads: Sequence[str],
    ) -> float:
        """Reads on, sets workers to what there is, and stores how far they are."""
        more = self._read(leader, partitions, handler)
        busy = workers.tick([partition.lane for partition in partitions])
        if time.monotonic() - self._stored_at > STORE_EVERY_S:
            self._store(leader, partitions)
            self._stored_at = time.monotonic()
        if more:
            return 0.0
        behind = any(partition.progress > partition.stored for partition in partitions)
        return TICK_S if busy or behind else POLL_S

    def _read(self, leader: Leader, partitions: Sequence[_Partition], handler: Handler) -> bool:
        """Reads on for every partition with room, once for all at the same position. Returns whether there was anything."""
        by_position: dict[int, list[_Partition]] = defaultdict(list)
        for partition in partitions:
            if partition.lane.waiting < MOST_WAITING:
                by_position[partition.position].append(partition)
        any_read = False
        for position, group in by_position.items():
            events = read(leader.connection, position, BATCH_EVENTS)
            if events:
                any_read = True
                self._spread(events, {partition.number: partition for partition in group}, handler)
        return any_read

    def _spread(self, events: Sequence[RecordedEvent], group: dict[int, _Partition], handler: Handler) -> None:
        batches: dict[int, list[Received]] = defaultdict(list)
        for event in events:
            if event.topic in handler.types:
                received = self._received(event)
                batches[self._number(received)].append(received)
        for number, partition in group.items():
            partition.lane.put(batches[number])
            partition.position = events[-1].id

    def _received(self, event: RecordedEvent) -> Received:
        outgoing = message(self._mapper, event, self._log_id)
        return Received(
            outgoing.key, outgoing.value, dict(outgoing.headers), f"log/{outgoing.position}", outgoing.position
        )

    def _number(self, received: Received) -> int:
        return crc32(received.key or b"") % self._partitions

    def _store(self, leader: Leader, partitions: Sequence[_Partition]) -> None:
        moved = [
            (partition, progress) for partition in partitions if (progress := partition.progress) > partition.stored
        ]
        if not moved:
            return
        with leader.connection.transaction():
            for partition, progress in moved:
                move(leader.connection, self._follower(partition.number), progress)
        for partition, progress in moved:
            partition.stored = progress

    def _follower(self, number: int) -> str:
        return f"{self._consumer}/{number}"

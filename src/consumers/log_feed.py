"""Feeds a handler from the log itself: the same messages in the same order with the same positions as over Kafka, without Kafka.

Keys are spread over virtual partitions; each has its progress in table `tracking`, under `<consumer>/<partition>`. One process at
a time feeds a consumer (advisory lock), a standby waits. A partition that waits is left behind and read again from where it
stands, so it neither stops the others nor grows in memory.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from consumers.brokers import PARTITIONS
from consumers.feeds import MOST_WAITING, Handler, Lane, Lanes
from consumers.messages import Received, message
from consumers.retrying import RESTARTING, Retrying, keep_serving
from store.application import Dossier
from store.events import RecordedEvent
from store.heartbeats import Progress
from store.leadership import Leader, leading
from store.log import move, position_of, read
from store.signals import Signal
from store.stopping import Stop

BATCH_EVENTS: Final = 500
POLL_S: Final = 1.0
"""Seconds after which the log is looked at even without a signal, while nothing waits."""
TICK_S: Final = 0.05
"""The same while something waits."""
STORE_EVERY_S: Final = 0.2


class _Partition:
    """A lane and how far the log was read for it."""

    def __init__(self, number: int, stored: int) -> None:
        self.number = number
        self.stored = stored
        self.read = stored
        self.lane = Lane(f"log/{number}", stored)

    @property
    def progress(self) -> int:
        """Position up to which nothing is left to do."""
        read = self.read
        return (self.lane.done or 0) if self.lane.waiting else read


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

    def run(self, handler: Handler, stop: Stop) -> None:
        """See `Feed`."""
        keep_serving(
            f"feed of {self._consumer}", lambda: self._serve(handler, stop), stop, self._progress, self._retrying
        )

    def _serve(self, handler: Handler, stop: Stop) -> None:
        with leading(self._database, f"feed/{self._consumer}", stop, self._progress) as leader:
            if leader is None:
                return
            stored = [position_of(leader.connection, self._follower(number)) or 0 for number in range(self._partitions)]
            partitions = [_Partition(number, position) for number, position in enumerate(stored)]
            lanes = [partition.lane for partition in partitions]
            workers = Lanes(f"{self._consumer}-log", handler, self._company)
            signal = Signal(self._database, "log")
            try:
                self._feed(leader, partitions, workers, handler, signal=signal, stop=stop)
            finally:
                signal.close()
                workers.close(lanes)
            self._store(leader, partitions)

    def _feed(
        self,
        leader: Leader,
        partitions: Sequence[_Partition],
        workers: Lanes,
        handler: Handler,
        *,
        signal: Signal,
        stop: Stop,
    ) -> None:
        lanes = [partition.lane for partition in partitions]
        stored_at = time.monotonic()
        while not stop.is_set():
            self._progress.mark()
            found = self._read(leader, partitions, handler)
            busy = workers.tick(lanes)
            if time.monotonic() - stored_at > STORE_EVERY_S:
                self._store(leader, partitions)
                stored_at = time.monotonic()
            if not found:
                behind = any(partition.progress > partition.stored for partition in partitions)
                signal.wait(TICK_S if busy or behind else POLL_S, stop)

    def _read(self, leader: Leader, partitions: Sequence[_Partition], handler: Handler) -> bool:
        """Reads on for every partition with room, once for all that stand at the same position; whether there was anything."""
        standing: dict[int, list[_Partition]] = defaultdict(list)
        for partition in partitions:
            if partition.lane.waiting < MOST_WAITING:
                standing[partition.read].append(partition)
        found = False
        for position, group in standing.items():
            events = read(leader.connection, position, BATCH_EVENTS)
            if events:
                found = True
                self._spread(events, {partition.number: partition for partition in group}, handler)
        return found

    def _spread(self, events: Sequence[RecordedEvent], group: dict[int, _Partition], handler: Handler) -> None:
        batches: dict[int, list[Received]] = defaultdict(list)
        for event in events:
            if event.topic in handler.types:
                received = self._received(event)
                batches[self._number(received)].append(received)
        for number, partition in group.items():
            partition.lane.put(batches[number])
            partition.read = events[-1].id

    def _received(self, event: RecordedEvent) -> Received:
        made = message(self._mapper, event)
        return Received(made.key, made.value, dict(made.headers), f"log/{made.position}", made.position)

    def _number(self, received: Received) -> int:
        return crc32(received.key or b"") % self._partitions

    def _store(self, leader: Leader, partitions: Sequence[_Partition]) -> None:
        moved = [(one, progress) for one in partitions if (progress := one.progress) > one.stored]
        if not moved:
            return
        with leader.connection.transaction():
            for partition, progress in moved:
                move(leader.connection, self._follower(partition.number), progress)
        for partition, progress in moved:
            partition.stored = progress

    def _follower(self, number: int) -> str:
        return f"{self._consumer}/{number}"

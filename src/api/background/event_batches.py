"""The log as HTTP clients read it: batches of encoded events, which all readers share.

The cost grows with the log, not with its readers: a batch is encoded once and kept while it is among the `KEPT_BYTES` that were used last.
That is safe because an event's public form never changes: no personal value is in it, before an erasure or after (see `store.public`).
Batches end at multiples of `BATCH`, so that readers soon share batches, wherever they began. Readers take turns, so that a batch that
many want is made once, and long answers take one of the threads for queries.

Of a long part of the log, the events of some topics are found by the marks of the read model `history`, as far as that is; what is behind
that, and a short part, is read along the log. So rare events of a long log are found at once, and no writer keeps an index of them.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from api.background.following import LogFollowers
from api.background.waiting import QueryThreads
from projections.engine.positions import NotInstalledError
from projections.history.filters import of_topics
from projections.reading.read_models import ReadModels
from projections.reading.view import BehindError
from store.application import Dossier
from store.events import RecordedEvent
from store.log import read
from store.public import PublicEvent, as_json, from_json, public_event

BATCH: Final = 100
"""Positions in a batch."""
ENOUGH_BYTES: Final = 131_072
"""Size of stored events; a batch ends with the event that reaches it."""
KEPT_BYTES: Final = 16 * 1024**2
SPAN: Final = 20_000
"""Positions of which those of some events are read at a time."""
_BYTES_A_SPAN: Final = 192


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a reader wants: of these topics, of one aggregate, of one subject whatever its case; all of them where none is given."""

    topics: tuple[str, ...] = ()
    originator: UUID | None = None
    subject: str | None = None

    @property
    def is_everything(self) -> bool:
        """Returns whether no event is left out."""
        return not self.topics and self.originator is None and self.subject is None


EVERYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Batch:
    """Events as server-sent `messages`. `spans` is where in them the JSON of each event is, `topics` has the topic of each.

    `last` is the position up to which no event is missing that is wanted. Where it is beyond that of the last event, a message without data
    ends `messages`, which clients do not show, but from whose id they go on. `full` is set when a later batch from the same start
    cannot have more events.
    """

    last: int
    messages: bytes
    spans: tuple[tuple[int, int], ...]
    topics: tuple[str, ...]
    full: bool

    def __len__(self) -> int:
        """Returns the number of events."""
        return len(self.spans)

    @property
    def size(self) -> int:
        """The approximate size in memory, in bytes."""
        return len(self.messages) + _BYTES_A_SPAN * (1 + len(self))

    def as_messages(self, most: int = BATCH) -> bytes:
        """Returns up to `most` events as server-sent messages."""
        return self.messages if most >= len(self) else self.messages[: self.spans[most - 1][1] + 2]

    def as_lines(self, most: int = BATCH) -> bytes:
        """Returns up to `most` events as lines of JSON."""
        return b"".join(self.messages[start : end + 1] for start, end in self.spans[:most])

    def events_of(self, family: str) -> Iterator[PublicEvent]:
        """Yields the events of a family of topics, such as `interaction`."""
        for topic, (start, end) in zip(self.topics, self.spans, strict=True):
            if topic.startswith(f"{family}."):
                yield from_json(self.messages[start:end])


class EventBatches:
    """The batches of one application. Used in the event loop."""

    def __init__(self, dossier: Dossier, reads: ReadModels, queries: QueryThreads) -> None:
        self._dossier = dossier
        self._reads = reads
        self._queries = queries
        self._turn = asyncio.Lock()
        self._batches: OrderedDict[int, Batch] = OrderedDict()
        self._bytes = 0

    async def after(self, position: int, known_end: int = 0, wanted: Wanted = EVERYTHING) -> Batch | None:
        """Returns the events after a position, `None` at the log's end. Where some are wanted, there may be none in a batch.

        `known_end` is a position up to which the log is known to go; events after it may be left out. With 0, no recorded event is
        left out. Raises what the database and the mapper raise.
        """
        async with self._turn:
            if not wanted.is_everything:
                return await self._queries.run(lambda: self._select(position, wanted))
            batch = self._batches.get(position)
            if batch is not None and (batch.full or position < known_end <= batch.last):
                self._batches.move_to_end(position)
                await asyncio.sleep(0)  # lets other tasks of the event loop run between two batches
                return batch
            batch = await self._queries.run(lambda: self._read(position))
            if batch is not None:
                self._keep(position, batch)
            return batch

    async def until(self, position: int, followers: LogFollowers, wanted: Wanted = EVERYTHING) -> AsyncIterator[Batch]:
        """Yields the batches after a position, up to the end of the log that its followers know of, or to its end where they know none."""
        while (batch := await self.after(position, followers.position, wanted)) is not None:
            yield batch
            position = batch.last
            if 0 < followers.position <= position:
                return

    def _read(self, after: int) -> Batch | None:
        until = after - after % BATCH + BATCH
        with self._dossier.database.connection() as connection:
            recorded = read(connection, after, BATCH, until=until, enough_bytes=ENOUGH_BYTES)
        if not recorded:
            return None
        full = recorded[-1].id == until or sum(len(event.state) for event in recorded) >= ENOUGH_BYTES
        return self._encoded(recorded, recorded[-1].id, full=full)

    def _select(self, after: int, wanted: Wanted) -> Batch | None:
        """Returns the events that are wanted among those after a position, of which it reads so many at a time."""
        with self._dossier.database.connection() as connection:
            row = connection.execute("SELECT max(position) FROM events").fetchone()
            end = (row[0] if row else None) or 0
        if end <= after:
            return None
        if wanted.originator is None and end - after > SPAN and (batch := self._by_marks(after, wanted)) is not None:
            return batch
        with self._dossier.database.connection() as connection:
            until = end if wanted.originator else min(end, after + SPAN)
            recorded = read(
                connection,
                after,
                BATCH,
                until=until,
                topics=wanted.topics,
                originator=wanted.originator,
                enough_bytes=ENOUGH_BYTES,
            )
        return self._selected(recorded, until, wanted)

    def _by_marks(self, after: int, wanted: Wanted) -> Batch | None:
        """Returns the events that are wanted behind a position, `None` where the marks do not go beyond it or cannot be read."""
        try:
            with self._reads.view("history") as view:
                if view.position <= after:
                    return None
                positions = list(islice(of_topics(view, wanted.topics, after), BATCH))
                recorded = read(view.connection, after, BATCH, positions=positions, enough_bytes=ENOUGH_BYTES)
                return self._selected(recorded, view.position, wanted)
        except (BehindError, NotInstalledError):
            return None

    def _selected(self, recorded: Sequence[RecordedEvent], until: int, wanted: Wanted) -> Batch:
        """Returns what was read of a part of the log that ends with `until`, or with the last event where the batch is full."""
        cut = len(recorded) == BATCH or sum(len(event.state) for event in recorded) >= ENOUGH_BYTES
        return self._encoded(recorded, recorded[-1].id if cut else until, full=cut, subject=wanted.subject)

    def _encoded(
        self, recorded: Sequence[RecordedEvent], last: int, *, full: bool, subject: str | None = None
    ) -> Batch:
        messages, spans, topics, length, end = [], [], [], 0, 0
        log = self._dossier.log_id
        for event in recorded:
            public = public_event(self._dossier.fact_mapper, event)
            if subject is not None and public["profile"].casefold() != subject.casefold():
                continue
            head, data = f"id: {log}/{event.id}\nevent: {event.topic}\ndata: ".encode(), as_json(public)
            messages += [head, data, b"\n\n"]
            spans.append((length + len(head), length + len(head) + len(data)))
            topics.append(event.topic)
            length, end = spans[-1][1] + 2, event.id
        if end < last:
            messages.append(f"id: {log}/{last}\n\n".encode())
        return Batch(last, b"".join(messages), tuple(spans), tuple(topics), full)

    def _keep(self, position: int, batch: Batch) -> None:
        replaced = self._batches.pop(position, None)
        self._bytes += batch.size - (replaced.size if replaced else 0)
        self._batches[position] = batch
        while self._bytes > KEPT_BYTES:
            _, unused = self._batches.popitem(last=False)
            self._bytes -= unused.size

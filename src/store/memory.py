"""What the writer of a process has in memory: aggregates as the log had them or as commands have changed them, and the setup.

It may be behind the log when another process wrote. What was read in the present turn, and not changed since, is known for sure:
refusals, and that nothing changes, are told on that only. What is stored is verified by the log itself.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from aggregates.aggregate import Aggregate
from aggregates.fact import Fact
from aggregates.setup.catalogue import Setup
from aggregates.use_case import Claim
from store.database import Row
from store.events import recorded_event
from store.mapper import FactMapper

MOST_KNOWN: Final = 10_000
"""Aggregates."""
EVENTS_AT_ONCE: Final = 200
"""Events that are folded in one go: a few milliseconds."""
Query = tuple[str, tuple[Any, ...]]
"""SQL and its parameters."""


class MissingError(BaseException):
    """A use case asked for something that has to be read first. Not an `Exception`, so that no use case takes it for a refusal."""

    def __init__(self, ids: Iterable[UUID] = (), query: Query | None = None) -> None:
        super().__init__()
        self.ids, self.query = ids, query


class KnownSetup:
    """The setup as this process has read it last. Safe to share between threads."""

    def __init__(self, company: str) -> None:
        self.now = Setup.empty(company)
        self.is_read = False

    def take(self, facts: Sequence[Fact], since: Setup, position: int) -> None:
        """Takes the events of the setup that were read after that of `since`, the last of them at `position`."""
        renewed = since.after(facts, position) if facts else since
        if renewed.position > self.now.position:
            self.now = renewed
        self.is_read = True


class Memory:
    """The memory of one writer."""

    def __init__(self, mapper: FactMapper, setup: KnownSetup) -> None:
        self.setup = setup
        self._mapper = mapper
        self._aggregates: OrderedDict[UUID, Aggregate | None] = OrderedDict()
        self._keys: dict[UUID, bytes | None] = {}
        """The keys of personal values of known aggregates; `None` for one that is destroyed."""
        self._rows: dict[Query, list[Row]] = {}
        self._certain: set[UUID] = set()
        self._changed: set[UUID | Claim] = set()
        self._is_setup_certain = False

    def begin(self, erased: Collection[UUID] | None) -> None:
        """Begins a turn. `erased` are aggregates whose keys were destroyed; all are forgotten where that is not known."""
        self._rows.clear()
        self._certain.clear()
        self._changed.clear()
        self._is_setup_certain = False
        if erased is None:
            self.clear()
        elif erased:
            self._mapper.keys.forget(erased)
            self.forget(erased)

    def shrink(self) -> None:
        """Forgets the aggregates that were used least recently, where there are too many."""
        while len(self._aggregates) > MOST_KNOWN:
            self.forget([next(iter(self._aggregates))])

    def recall(self, ids: Sequence[UUID]) -> list[Aggregate | None]:
        """Returns aggregates, `None` for one without history. Raises `MissingError`."""
        known = self._aggregates
        missing = [id_ for id_ in ids if id_ not in known]
        if missing:
            raise MissingError(missing)
        for id_ in ids:
            known.move_to_end(id_)
        return [known[id_] for id_ in ids]

    def rows(self, query: Query) -> list[Row]:
        """Returns the rows of a query, as they were in this turn. Raises `MissingError`."""
        try:
            return self._rows[query]
        except KeyError:
            raise MissingError(query=query) from None

    def are_certain(self, ids: Collection[UUID]) -> bool:
        """Returns whether these aggregates, and the setup, were read in this turn."""
        return self._is_setup_certain and self._certain.issuperset(ids)

    def are_waiting(self, looked_at: Collection[UUID | Claim]) -> bool:
        """Returns whether one of these was changed by a command of this turn."""
        return not self._changed.isdisjoint(looked_at)

    def hold_key(self, id_: UUID) -> None:
        """Sees to it that the key of a known aggregate need not be read again to encrypt its next fact."""
        if id_ in self._keys:
            self._mapper.keys.remember(id_, self._keys[id_])

    def keep(self, aggregates: Iterable[Aggregate], claims: Iterable[Claim]) -> None:
        """Keeps aggregates that a command has changed, as later commands are to see them; `claims` are those it makes or releases."""
        self._changed.update(claims)
        for aggregate in aggregates:
            self._aggregates[aggregate.id] = aggregate
            self._certain.discard(aggregate.id)
            self._changed.add(aggregate.id)

    def keep_key(self, id_: UUID) -> None:
        """Takes note that the new key of an aggregate was stored."""
        key = self._mapper.keys.stored(id_)
        if key is not None:
            self._keys[id_] = key

    def forget(self, ids: Iterable[UUID]) -> None:
        """Forgets aggregates."""
        for id_ in ids:
            self._aggregates.pop(id_, None)
            self._keys.pop(id_, None)
            self._certain.discard(id_)

    def forget_changed(self, versions: Mapping[UUID, int]) -> None:
        """Forgets those aggregates that no longer have these versions."""
        for id_, version in versions.items():
            aggregate = self._aggregates.get(id_)
            if aggregate is not None and aggregate.version != version:
                self.forget([id_])

    def clear(self) -> None:
        """Forgets all aggregates."""
        self._aggregates.clear()
        self._keys.clear()
        self._certain.clear()

    async def fill(self, ids: Collection[UUID], since: Setup, rows: Iterable[Row]) -> None:
        """Takes what was read for these aggregates, and what the setup has gained since, with the rows of `Committer.load`.

        Others have their turn on the event loop meanwhile, however long a history is.
        """
        read: dict[UUID, Any] = dict.fromkeys(ids)
        of_setup = []
        for number, (*columns, wrapped, is_setup) in enumerate(rows, 1):
            if number % EVENTS_AT_ONCE == 0:
                await asyncio.sleep(0)
            event = recorded_event(tuple(columns))
            if is_setup:
                of_setup.append(event)
                continue
            if wrapped is not None:
                self._keys[event.uuid] = self._mapper.keys.take(event.uuid, wrapped or None)
            read[event.uuid] = self._mapper.to_domain_event(event).mutate(read[event.uuid])
        self._aggregates |= read
        self._certain.update(ids)
        facts = [self._mapper.to_domain_event(event) for event in of_setup]
        self.setup.take(facts, since, of_setup[-1].id if of_setup else 0)
        self._is_setup_certain = True

    def fill_rows(self, query: Query, rows: list[Row]) -> None:
        """Takes the rows of a query."""
        self._rows[query] = rows

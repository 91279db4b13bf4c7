"""One batch: read from the log, decoded, folded; the parts that the live runner and the rebuild share.

A batch never parts what one transaction of the log recorded, so that a read model is always as of an instant: events of one
commit share their `recorded_at`. An outage is raised, for the caller to retry; the one event at fault for any other error is
found by halving the batch.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import Connection

from aggregates.catalogue import FACTS
from projections.engine.faults import Fault, is_outage, is_private
from projections.engine.positions import Place
from projections.engine.projection import LoggedFact, Projection
from store.application import Dossier
from store.database import Row
from store.events import RecordedEvent
from store.log import read
from store.mapper import FactMapper
from store.outages import OUTAGES

BATCH_EVENTS: Final = 2_000
"""Positions a batch; more only where one commit of the log holds more."""

_END: Final = """
    WITH last AS (
        SELECT position, recorded_at FROM events
        WHERE position > %(after)s AND position <= %(after)s::bigint + %(limit)s ORDER BY position DESC LIMIT 1
    )
    SELECT coalesce(
               (SELECT position - 1 FROM events
                WHERE position > last.position AND recorded_at > last.recorded_at ORDER BY position LIMIT 1),
               (SELECT max(position) FROM events)),
           recorded_at
    FROM last
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is folded in one transaction: the wanted events after position `after`, up to `end` or to `fault`.

    `recorded_at` is the instant of the last event at or before `end`, wanted or not. `fault` is an event that cannot be decoded.
    """

    after: int
    end: int
    recorded_at: datetime
    facts: Sequence[LoggedFact]
    fault: Fault | None


class BatchReader:
    """Reads the batches of one read model.

    It does not read ahead in a thread: decoding needs the interpreter, and so does the fold; measured, the fold lost more by it
    than was won.
    """

    def __init__(self, dossier: Dossier, projection: Projection) -> None:
        self._mapper = dossier.fact_mapper
        self._topics = sorted(projection.topics)
        self._personal = frozenset(topic for topic in self._topics if is_private(FACTS[topic]))

    def next(self, connection: Connection[Row], after: int) -> Batch | None:
        """The batch after a position; `None` at the log's end. Raises `OUTAGES`."""
        row = connection.execute(_END, {"after": after, "limit": BATCH_EVENTS}, binary=True).fetchone()
        if row is None:
            return None
        end, recorded_at = row
        events = read(connection, after, end - after, until=end, topics=self._topics)
        if self._personal:
            self._mapper.keys.preload(event.uuid for event in events if event.topic in self._personal)
        facts, fault = _decoded(self._mapper, events, self._personal)
        return Batch(after, end, recorded_at, facts, fault)


def _decoded(
    mapper: FactMapper, events: Sequence[RecordedEvent], personal: frozenset[str]
) -> tuple[list[LoggedFact], Fault | None]:
    facts: list[LoggedFact] = []
    with _uncollected():
        for event in events:
            try:
                facts.append(LoggedFact(event.id, mapper.to_domain_event(event)))
            except OUTAGES:
                raise
            except Exception as error:  # noqa: BLE001  (whatever is wrong with one event stops before it, visibly)
                return facts, Fault.in_decoding(event, error, private=event.topic in personal)
    return facts, None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Holds back the garbage collector, which would walk the growing batch over and over for cycles that facts do not have."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def cut(batch: Batch, place: Place) -> Batch:
    """Returns the part of a batch up to where another set of tables is, which is the end of a batch, too."""
    fault = batch.fault if batch.fault is not None and batch.fault.position <= place.position else None
    facts = [logged for logged in batch.facts if logged.position <= place.position]
    return Batch(batch.after, place.position, place.recorded_at or batch.recorded_at, facts, fault)


def fold(connection: Connection[Row], projection: Projection, batch: Batch, *, cautious: bool) -> Fault | None:
    """Folds a batch in the caller's transaction; gives the first event at fault, having folded everything before it.

    Not `cautious`, it folds the batch at once, and an error leaves the transaction broken: roll back and come again cautiously.
    Raises `OUTAGES`.
    """
    if cautious:
        return _fold_to_fault(connection, projection, batch.facts) or batch.fault
    if batch.facts:
        projection.fold(connection, batch.facts)
    return batch.fault


def _fold_to_fault(connection: Connection[Row], projection: Projection, facts: Sequence[LoggedFact]) -> Fault | None:
    if not facts:
        return None
    try:
        with connection.transaction():
            projection.fold(connection, facts)
    except Exception as error:
        if is_outage(error, connection):
            raise
        if len(facts) == 1:
            return Fault.in_folding(facts[0], error)
    else:
        return None
    half = len(facts) // 2
    return _fold_to_fault(connection, projection, facts[:half]) or _fold_to_fault(connection, projection, facts[half:])

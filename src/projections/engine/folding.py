"""One batch: read from the log, decoded, folded; the parts that the live runner and the rebuild share.

What is read is decoded once, for however many read models. A batch never parts what one transaction of the log recorded, so that
a read model is always as of an instant: events of one commit share their `recorded_at`. An outage is raised, for the caller to retry;
the one event at fault for any other error is found by halving the batch.
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
from store.events import COLUMNS, RecordedEvent, recorded_event
from store.keys import REMEMBERED_S
from store.mapper import FactMapper
from store.outages import OUTAGES

BATCH_EVENTS: Final = 2_000
"""Positions a batch; more only where one commit of the log holds more."""
FAR_EVENTS: Final = 8_000
"""The same for several read models that are far behind, unless events are large."""
MOST_BATCH_BYTES: Final = 8 * 1024 * 1024
"""Bytes of the stored states of a batch after which the next one is not larger than `BATCH_EVENTS`."""
BATCH_KEYS_S: Final = REMEMBERED_S / 2
"""How long the keys of a batch must be remembered when it is read or folded: each that is forgotten meanwhile would cost a query."""

_NEXT: Final = f"""
    WITH last AS (
        SELECT position, recorded_at FROM events
        WHERE position > %(after)s AND position <= %(after)s::bigint + %(limit)s ORDER BY position DESC LIMIT 1
    ), batch AS MATERIALIZED (
        SELECT coalesce(
                   (SELECT position - 1 FROM events
                    WHERE position > last.position AND recorded_at > last.recorded_at ORDER BY position LIMIT 1),
                   (SELECT max(position) FROM events)) AS batch_end,
               recorded_at AS batch_recorded_at
        FROM last
    )
    SELECT wanted.*, batch_end, batch_recorded_at FROM batch LEFT JOIN LATERAL (
        SELECT {COLUMNS} FROM events
        WHERE position > %(after)s AND position <= batch_end AND topic = ANY(%(topics)s) ORDER BY position
    ) AS wanted ON true
"""
"""MATERIALIZED: or the end of the batch would be looked for at every event of it."""


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


@dataclass(frozen=True, slots=True)
class SharedBatch:
    """What several read models are folded from; `faults` are the events that cannot be decoded. See `Batch`."""

    after: int
    end: int
    recorded_at: datetime
    facts: Sequence[LoggedFact]
    faults: Sequence[Fault]
    is_last: bool
    """Whether nothing was recorded after it when it was read."""

    def of(self, projection: Projection) -> Batch:
        """Returns the part for one of the read models."""
        topics = projection.topics
        facts = [logged for logged in self.facts if logged.fact.TOPIC in topics]
        fault = next((fault for fault in self.faults if fault.topic in topics), None)
        if fault is not None:
            facts = [logged for logged in facts if logged.position < fault.position]
        return Batch(self.after, self.end, self.recorded_at, facts, fault)


class SharedReader:
    """Reads the batches of several read models, and decodes each event once. Only `preload_keys` is for several threads at once."""

    def __init__(self, dossier: Dossier, projections: Sequence[Projection]) -> None:
        self._mapper = dossier.fact_mapper
        self._far_events = FAR_EVENTS if len(projections) > 1 else 0
        self._topics = sorted(frozenset[str]().union(*(projection.topics for projection in projections)))
        self._personal = frozenset(topic for topic in self._topics if is_private(FACTS[topic]))
        self._is_far = False

    def next(self, connection: Connection[Row], after: int, until: int | None = None) -> SharedBatch | None:
        """Returns the batch after a position, up to the end of a commit `until`; `None` at the log's end. Raises `OUTAGES`."""
        most = max(BATCH_EVENTS, self._far_events if self._is_far else 0)
        limit = most if until is None else min(most, until - after)
        rows = connection.execute(
            _NEXT, {"after": after, "limit": limit, "topics": self._topics}, binary=True
        ).fetchall()
        if not rows:
            return None
        *_, end, recorded_at = rows[0]
        events = [recorded_event(row[:-2]) for row in rows if row[0] is not None]
        is_last = until is None and end - after < limit
        self._is_far = not is_last and sum(len(event.state) for event in events) <= MOST_BATCH_BYTES
        if self._personal:
            subjects = (event.uuid for event in events if event.topic in self._personal)
            self._mapper.keys.preload(subjects, for_s=BATCH_KEYS_S)
        facts, faults = _decoded(self._mapper, events, self._personal)
        return SharedBatch(after, end, recorded_at, facts, faults, is_last)

    def preload_keys(self, batch: Batch) -> None:
        """Reads the keys that folding a batch takes if they are not remembered any more, which would cost a query each."""
        personal = [logged.fact.originator_id for logged in batch.facts if logged.fact.TOPIC in self._personal]
        if personal:
            self._mapper.keys.preload(personal, for_s=BATCH_KEYS_S)


class BatchReader:
    """Reads the batches of one read model."""

    def __init__(self, dossier: Dossier, projection: Projection) -> None:
        self._reader = SharedReader(dossier, [projection])
        self._projection = projection

    def next(self, connection: Connection[Row], after: int) -> Batch | None:
        """Returns the batch after a position; `None` at the log's end. Raises `OUTAGES`."""
        batch = self._reader.next(connection, after)
        return None if batch is None else batch.of(self._projection)


def _decoded(
    mapper: FactMapper, events: Sequence[RecordedEvent], personal: frozenset[str]
) -> tuple[list[LoggedFact], list[Fault]]:
    facts: list[LoggedFact] = []
    faults: list[Fault] = []
    with uncollected():
        for event in events:
            try:
                facts.append(LoggedFact(event.id, mapper.to_domain_event(event)))
            except OUTAGES:
                raise
            except Exception as error:  # noqa: BLE001  (whatever is wrong with one event stops before it, visibly)
                faults.append(Fault.in_decoding(event, error, private=event.topic in personal))
    return facts, faults


@contextmanager
def uncollected() -> Iterator[None]:
    """Holds back the garbage collector while a batch is read and folded: it would walk the growing batch over and over for cycles that
    facts and rows do not have. Nests; where several threads hold it back, it may come back for the last of them too early."""
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

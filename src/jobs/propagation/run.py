"""One propagation from its start event to its end (rules 2.16, 2.17).

Profiles are taken in chunks, in the order of their keys. Each chunk's facts and outcomes are stored in one transaction, so whatever dies
when, a profile has both or neither; a profile with an outcome is passed over, so that a run may be repeated as often as it takes.
A profile that a clerk changes meanwhile is decided again on what it has become. While a chunk is stored, the next one is decided.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, cast

import structlog
from eventsourcing.persistence import IntegrityError

from aggregates.account.propagating import Became
from aggregates.fact import Source
from aggregates.profile_class.events import PropagationStarted
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.propagation import Propagation, change_of
from jobs import metrics
from jobs.propagation import records
from jobs.propagation.decide import Decided, Key, Plan, candidates, decide
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.events import RecordedEvent
from store.leadership import Leader
from store.stopping import Stop

CHUNK: Final = 500
"""Profiles a transaction: a clerk's save waits for it, some tens of milliseconds."""
COUNTED_AT_ONCE: Final = 5_000
"""Profiles a page while they are only counted."""
MOST_ATTEMPTS: Final = 20
"""How often one profile is decided before the propagation gives way to whoever keeps changing it."""

_Chunk = tuple[list[Key], Future[None]]
"""Profiles, and the storing of what becomes of them."""

_log = structlog.get_logger(__name__)


class ContestedError(Exception):
    """What a profile becomes cannot be stored, however often it is decided: somebody keeps changing it, or a constraint forbids it."""


class IncompleteError(Exception):
    """There are more, or fewer, outcomes than profiles: the propagation must not be called finished."""


class Propagating:
    """One propagation on its way. `leader` is the right to do it; it is given up with its connection. `getting_on` is called with every
    page of profiles."""

    def __init__(
        self,
        dossier: Dossier,
        reads: ReadModels,
        leader: Leader,
        started: RecordedEvent,
        getting_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._dossier = dossier
        self._reads = reads
        self._leader = leader
        self._getting_on = getting_on
        self._started = started
        self._id = started.uuid
        self._plan = plan_of(dossier, started)
        self._failed = False

    def run(self, stop: Stop) -> bool:
        """Works through the profiles that have no outcome yet; false when `stop` was set before the end.

        Raises:
            BehindError: the read model of accounts has not come far enough.
            OperationalError: the database cannot be reached.
            ContestedError, IncompleteError, MapperDeserialisationError: see there.
        """
        profiles = self._profiles()
        with ThreadPoolExecutor(1, "dossier-propagation") as storing:
            under_way: _Chunk | None = None
            for keys in self._pages(CHUNK):
                if stop.is_set():
                    break
                left = self._left(keys)
                decided = decide(self._dossier, self._plan, left)
                self._settle(under_way)
                under_way = left, storing.submit(self._store, decided)
            self._settle(under_way)
        if stop.is_set():
            return False
        self._finish(profiles)
        return True

    def _pages(self, size: int) -> Iterator[list[Key]]:
        for page in candidates(self._reads, self._plan, self._started.recorded_at, self._started.id, size):
            self._getting_on()
            yield page

    def _profiles(self) -> int:
        """How many profiles it concerns: the same number whenever it is counted."""
        connection = self._leader.connection
        self._failed = records.run(connection, self._id).error is not None
        profiles = sum(len(page) for page in self._pages(COUNTED_AT_ONCE))
        records.count(connection, self._id, profiles)
        _log.info("propagation.begins", propagation=str(self._id), profiles=profiles)
        return profiles

    def _left(self, keys: Sequence[Key]) -> list[Key]:
        """Those that have no outcome yet."""
        if not keys:
            return []
        done = records.done(self._leader.connection, self._id, keys[0], keys[-1])
        return [key for key in keys if key not in done]

    def _settle(self, chunk: "_Chunk | None") -> None:
        """Waits until a chunk is stored. Where somebody changed one of its profiles meanwhile, it is decided again."""
        if chunk is None:
            return
        keys, stored = chunk
        try:
            stored.result()
        except IntegrityError:
            self._in_halves(keys)

    def _in_halves(self, keys: Sequence[Key]) -> None:
        """Tells the profiles that can be stored from the one that somebody changes, which alone is decided until it is stored."""
        left = self._left(keys)
        middle = len(left) // 2
        for half in (left[:middle], left[middle:]) if middle else ():
            try:
                self._store(decide(self._dossier, self._plan, half))
            except IntegrityError:
                self._in_halves(half)
        if left and not middle:
            self._alone(left[0])

    def _alone(self, key: Key) -> None:
        fault: Exception | None = None
        for _ in range(MOST_ATTEMPTS):
            metrics.CONFLICTS.inc()
            try:
                self._store(decide(self._dossier, self._plan, [key]))
            except IntegrityError as error:
                fault = error
            else:
                return
        raise ContestedError(f"The profile of {' '.join(filter(None, key))} cannot be stored: {fault}")

    def _store(self, decided: Decided) -> None:
        """All in one transaction. Raises `IntegrityError` when a profile was changed, or has its outcome, meanwhile."""
        if decided.facts:
            self._dossier.put(decided.facts, along=[records.writing(self._id, decided.outcomes)])
        elif decided.outcomes:
            records.write(self._leader.connection, self._id, decided.outcomes)
        if self._failed:
            records.go_on(self._leader.connection, self._id)
            self._failed = False
        for outcome in Became:
            metrics.PROFILES.labels(outcome.value).inc(sum(one.outcome == outcome for one in decided.outcomes))

    def _finish(self, profiles: int) -> None:
        counts = records.counts(self._leader.connection, self._id)
        if sum(counts.values()) != profiles:
            raise IncompleteError(f"{sum(counts.values())} of {profiles} profiles have an outcome.")
        change = self._plan.change
        found = self._dossier.load(Propagation, Propagation.key(change.name, change.version, self._plan.run))
        if found is None:
            raise IncompleteError("The log does not know that it was started.")
        found.finish(self._plan.origin, **{outcome.value: counts.get(outcome, 0) for outcome in Became})
        with suppress(IntegrityError):  # another worker has finished it
            self._dossier.put(found.collect_events())
        _log.info("propagation.finished", propagation=str(self._id), **counts)


def plan_of(dossier: Dossier, started: RecordedEvent) -> Plan:
    """What a start event asks for. Its events are those of whoever started it, caused by the start event."""
    fact = cast("PropagationStarted", dossier.fact_mapper.to_domain_event(started))
    name = fact.profile_class
    change = change_of(dossier.load(ProfileClass, name), name, fact.applied_version)
    told = {"source": Source.PROPAGATION, "causation_id": fact.event_id}
    return Plan(change, fact.run_date, fact.include_later, fact.origin.model_copy(update=told), fact.run)

"""One propagation from its start event to its end (rules 2.16, 2.17), run by `jobs.propagation.worker`.

Profiles are taken in chunks, in the order of their keys; see `jobs.pipeline` for what happens to a chunk. The outcome of each profile is
stored in the transaction of its fact, and a profile with an outcome is passed over. To recover, run the propagation again, as often as it
takes. The profiles are counted, and the keys of the next ones are read, in threads of their own: the database works while profiles are
decided.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import structlog
from eventsourcing.persistence import IntegrityError

from aggregates.account.propagating import Became
from aggregates.profile_class.propagation import Propagation
from jobs import metrics
from jobs.pipeline import Decision, Pipeline
from jobs.propagation import records
from jobs.propagation.chunks import chunks_of_profiles, read_ahead
from jobs.propagation.decide import Key, decide, plan_of
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.events import RecordedEvent
from store.leadership import Leader
from store.stopping import Stop

CHUNK: Final = 500
"""Profiles a transaction: a clerk's save waits for it, some tens of milliseconds."""
KEYS_AT_ONCE: Final = 5_000
"""Profiles whose keys are read in one page."""

_log = structlog.get_logger(__name__)


class IncompleteError(Exception):
    """There are more, or fewer, outcomes than profiles: the propagation must not be called finished."""


class PropagationRun:
    """Runs one propagation. `leader` is the right to do it, which is lost with its connection. `mark_progress` is called with every page
    of profiles and with every chunk."""

    def __init__(
        self,
        dossier: Dossier,
        reads: ReadModels,
        leader: Leader,
        started: RecordedEvent,
        mark_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._dossier = dossier
        self._reads = reads
        self._leader = leader
        self._started = started
        self._mark_progress = mark_progress
        self._id = started.uuid
        self._plan = plan_of(dossier, started)

    def run(self, stop: Stop) -> bool:
        """Works through the profiles that have no outcome yet; returns false if `stop` was set before the end.

        Raises:
            BehindError: the read model of accounts has not come far enough.
            OperationalError: the database cannot be reached.
            ContestedError, IncompleteError, MapperDeserialisationError: see there.
        """
        with ThreadPoolExecutor(2, "dossier-keys") as executor:
            profiles = executor.submit(self._count_profiles)
            Pipeline(self._dossier, self).run(self._chunks(executor), stop)
        if stop.is_set():
            return False
        self._end(profiles.result())
        return True

    def _count_profiles(self) -> int:
        """Returns how many profiles it concerns: the same number whenever they are counted."""
        profiles = sum(map(len, self._pages()))
        records.set_profiles(self._leader.connection, self._id, profiles)
        _log.info("propagation.begins", propagation=str(self._id), profiles=profiles)
        return profiles

    def _chunks(self, executor: Executor) -> Iterator[list[Key]]:
        for page in read_ahead(executor, self._pages()):
            keys = self._without_outcome(page)
            yield from (keys[first : first + CHUNK] for first in range(0, len(keys), CHUNK))

    def _pages(self) -> Iterator[list[Key]]:
        known_at, position = self._started.recorded_at, self._started.id
        pages = chunks_of_profiles(self._reads, self._plan, known_at=known_at, position=position, size=KEYS_AT_ONCE)
        for keys in pages:
            self._mark_progress()
            yield keys

    def _without_outcome(self, keys: Sequence[Key]) -> list[Key]:
        done = records.done(self._leader.connection, self._id, keys[0], keys[-1])
        return [key for key in keys if key not in done]

    def decide(self, keys: Sequence[Key]) -> Decision:
        """See `Job`."""
        outcomes = decide(self._dossier, self._plan, keys)
        counts = {became.value: sum(row.outcome == became for row in outcomes.rows) for became in Became}
        return Decision(outcomes.facts, records.writing(self._id, outcomes.rows), counts, outcomes.consulted)

    def stored(self, decision: Decision) -> None:
        """See `Job`."""
        self._mark_progress()
        records.clear_error(self._leader.connection, self._id)
        for outcome, count in decision.outcomes.items():
            metrics.PROPAGATION_PROFILES.labels(outcome).inc(count)

    def after_conflict(self, keys: Sequence[Key]) -> Sequence[Key]:
        """See `Job`."""
        if len(keys) == 1:
            metrics.PROPAGATION_CONFLICTS.inc()
        return self._without_outcome(keys)

    def name_of(self, key: Key) -> str:
        """See `Job`."""
        return f"The profile of {' '.join(filter(None, key))}"

    def _end(self, profiles: int) -> None:
        counts = records.counts(self._leader.connection, self._id)
        if sum(counts.values()) != profiles:
            raise IncompleteError(f"{sum(counts.values())} of {profiles} profiles have an outcome.")
        change = self._plan.change
        propagation = self._dossier.load(Propagation, Propagation.key(change.name, change.version, self._plan.run))
        if propagation is None:
            raise IncompleteError("The log has no start event of the propagation.")
        propagation.finish(self._plan.origin, **{became.value: counts.get(became, 0) for became in Became})
        with suppress(IntegrityError):  # another worker has finished it
            self._dossier.put(propagation.collect_events())
        _log.info("propagation.finished", propagation=str(self._id), **counts)

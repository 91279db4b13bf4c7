"""Long work in chunks: each is decided in memory and stored in one transaction, its facts with the rows that say that it is done.

Used by propagations and uploads. Chunks are stored one after the other, in the order in which they come. While one is stored by a thread
of its own, the next one is decided, and decided again where both are about the same aggregates. A chunk of which somebody else has changed
something meanwhile is decided again in halves, down to a single subject, which is decided again until it is stored.

Exactly once: the rows of a job have unique keys, so that a chunk that is stored already is a conflict. To recover, run the job again; it
begins after what is stored. No more than two chunks are in memory.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError
from psycopg import Connection

from aggregates.fact import EventTooLargeError, Fact
from aggregates.use_case import Claim
from store.append import Statement
from store.application import Dossier
from store.database import Row
from store.stopping import Stop

MOST_ATTEMPTS: Final = 20
"""How often a single subject is decided before the job gives up for now."""
CONFLICTS: Final = (IntegrityError, psycopg.IntegrityError, EventTooLargeError)
"""Errors of a chunk that its halves may not have."""


class ContestedError(Exception):
    """A subject cannot be stored, however often it is decided: it is changed all the time, or a constraint forbids it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is stored of some subjects in one transaction: facts, claims with their owners, and rows of the job's own tables.

    `outcomes` counts the subjects by outcome. `consulted` are the ids of the aggregates, and the numbers, that were looked at;
    `setup_position` is the position of the setup that was consulted, if one was.
    """

    facts: Sequence[Fact]
    rows: Sequence[Statement]
    outcomes: Mapping[str, int]
    consulted: AbstractSet[Hashable]
    claims: Sequence[tuple[Claim, UUID]] = ()
    setup_position: int | None = None


S = TypeVar("S")


class Job(Protocol[S]):
    """What a job does with its subjects: profiles, or rows of a file."""

    def decide(self, subjects: Sequence[S]) -> Decision:
        """Decides on subjects as the log has them now, and stores nothing. A single one never makes an event that is too large."""
        ...

    def stored(self, decision: Decision) -> None:
        """Is called when a decision has been stored."""
        ...

    def after_conflict(self, subjects: Sequence[S]) -> Sequence[S]:
        """Returns those that are still to be done, in order, after a decision on all of them could not be stored."""
        ...

    def name_of(self, subject: S) -> str:
        """Returns the subject in words that begin a sentence."""
        ...


@dataclass(frozen=True, slots=True)
class _Pending(Generic[S]):
    """A chunk that is being stored."""

    subjects: Sequence[S]
    decision: Decision
    stored: Future[None]


class Pipeline(Generic[S]):
    """Decides and stores the chunks of one job."""

    def __init__(self, dossier: Dossier, job: Job[S]) -> None:
        self._dossier = dossier
        self._job = job
        self._pending: _Pending[S] | None = None

    def run(self, chunks: Iterable[Sequence[S]], stop: Stop) -> None:
        """Works through the chunks until `stop` is set. However it ends, what was to be stored by then is stored first.

        Raises what the job and its chunks raise, `ContestedError`, and `OperationalError` when the database cannot be reached.
        """
        with ThreadPoolExecutor(1, "dossier-chunk") as executor:
            try:
                for subjects in chunks:
                    if stop.is_set():
                        break
                    if subjects:
                        self._take(subjects, executor)
            finally:
                self._settle()

    def _take(self, subjects: Sequence[S], executor: Executor) -> None:
        """Decides on a chunk while the one before is being stored, then has it stored."""
        decision, before = self._job.decide(subjects), self._pending
        as_decided = self._settle()
        if before is not None and not (as_decided and decision.consulted.isdisjoint(before.decision.consulted)):
            decision = self._job.decide(subjects)
        self._pending = _Pending(subjects, decision, executor.submit(self._store, decision))

    def _settle(self) -> bool:
        """Waits until the pending chunk is stored; returns false if it had to be decided again."""
        pending, self._pending = self._pending, None
        if pending is None:
            return True
        try:
            pending.stored.result()
        except CONFLICTS:
            self._store_in_halves(pending.subjects)
            return False
        self._job.stored(pending.decision)
        return True

    def _store_in_halves(self, subjects: Sequence[S]) -> None:
        """Decides on subjects again after a conflict and stores them, in order."""
        left = self._job.after_conflict(subjects)
        if len(left) == 1:
            self._store_alone(left)
            return
        middle = len(left) // 2
        for half in (left[:middle], left[middle:]) if left else ():
            if self._decide_and_store(half) is not None:
                self._store_in_halves(half)

    def _store_alone(self, subject: Sequence[S]) -> None:
        """Decides on a single subject until it is stored."""
        conflict: Exception | None = None
        for _ in range(MOST_ATTEMPTS):
            conflict = self._decide_and_store(subject)
            if conflict is None or not self._job.after_conflict(subject):
                return
        reason = str(conflict).partition("\n")[0]  # what follows may repeat personal values
        raise ContestedError(f"{self._job.name_of(subject[0])} cannot be stored: {reason}") from conflict

    def _decide_and_store(self, subjects: Sequence[S]) -> Exception | None:
        """Returns the conflict that kept the subjects from being stored, `None` if they are stored."""
        decision = self._job.decide(subjects)
        try:
            self._store(decision)
        except CONFLICTS as conflict:
            return conflict
        self._job.stored(decision)
        return None

    def _store(self, decision: Decision) -> None:
        if decision.facts:
            position = decision.setup_position
            self._dossier.put(decision.facts, owned=decision.claims, decided_on=position, along=decision.rows)
        else:
            with self._dossier.database.connection() as connection:
                write(connection, decision.rows)


def write(connection: Connection[Row], statements: Iterable[Statement]) -> None:
    """Executes statements that no fact goes with, in one transaction."""
    with connection.transaction():
        for statement, values in statements:
            connection.execute(statement.encode(), values)

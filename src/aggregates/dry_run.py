"""`DryRunStore`: lets a use case decide as it would in earnest, and stores nothing of what it would record."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from aggregates.aggregate import Aggregate
from aggregates.fact import Fact
from aggregates.setup.catalogue import Setup, SetupReader
from aggregates.use_case import Claim, Outcome, Request

A = TypeVar("A", bound=Aggregate)


class DryRunStore:
    """A store for one dry run of one use case: it reads what `store` has now. `facts` are those that would be recorded.

    Claims are not checked, and an idempotency key is neither looked up nor kept.
    """

    def __init__(self, store: SetupReader) -> None:
        self.company = store.company
        self.facts: Sequence[Fact] = ()
        self._store = store

    def load(self, kind: type[A], key: str | int) -> A | None:
        """See `FactStore`."""
        return self._store.load(kind, key)

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """See `FactStore`."""
        return self._store.load_many(ids)

    def setup(self) -> Setup:
        """See `SetupReader`."""
        return self._store.setup()

    def decide(self, request: Request, use_case: Callable[["DryRunStore"], Outcome]) -> Outcome:
        """See `FactStore`."""
        del request
        return use_case(self)

    def keep(
        self,
        request: Request,
        aggregate: Aggregate,
        *,
        claims: Sequence[Claim] = (),
        releases: Sequence[Claim] = (),
        decided_on: int | None = None,
        others: Sequence[Aggregate] = (),
        relied_on: Sequence[Aggregate] = (),
        erases: Sequence[UUID] = (),
    ) -> Outcome:
        """Keeps the facts in `facts` only. The version in the outcome is the one that the aggregate has in the store."""
        del request, claims, releases, decided_on, relied_on, erases
        version = aggregate.version - len(aggregate.pending)
        self.facts = [fact for changed in (aggregate, *others) for fact in changed.collect_events()]
        return Outcome(bool(self.facts), version, None)

"""Keeps facts in a list; for use-case tests only. The rules of the real store in few lines: versions, claims, idempotency."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from aggregates.aggregate import Aggregate
from aggregates.customer.commands import ALTERNATE_NUMBERS
from aggregates.customer.events import AlternateNumberAdded
from aggregates.fact import Fact
from aggregates.setup.catalogue import Setup
from aggregates.use_case import Claim, ClaimTakenError, KeyReusedError, Outcome, Request
from scenario import COMPANY, history

RECORDED: Final = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

A = TypeVar("A", bound=Aggregate)


class MemoryStore:
    """A `FactStore` that begins with a history. `meanwhile` holds what others do just before the next saves, one each."""

    company = COMPANY

    def __init__(self, *facts: Fact) -> None:
        self.facts = history(*facts)
        self.before = len(self.facts)
        self.meanwhile: list[Callable[[], object]] = []
        self._claims: dict[Claim, UUID] = {
            Claim(ALTERNATE_NUMBERS, fact.alternate_number): fact.originator_id
            for fact in facts
            if isinstance(fact, AlternateNumberAdded)
        }
        self._outcomes: dict[tuple[str, str], tuple[bytes, Outcome]] = {}

    @property
    def recorded(self) -> list[Fact]:
        """What was stored since the beginning."""
        return self.facts[self.before :]

    def load(self, kind: type[A], key: str | int) -> A | None:
        facts = self._of(kind.id_of(COMPANY, key))
        return kind.from_facts(facts) if facts else None

    def setup(self) -> Setup:
        return Setup.empty(COMPANY).after(self.facts)

    def deciding(self, *, fresh: bool) -> AbstractContextManager[None]:
        return nullcontext()

    def outcome_of(self, request: Request) -> Outcome | None:
        key = request.idempotency
        if key is None or (key.actor, key.key) not in self._outcomes:
            return None
        digest, outcome = self._outcomes[key.actor, key.key]
        if digest != key.digest:
            raise KeyReusedError("This idempotency key was used for something else.")
        return outcome

    def keep(
        self,
        request: Request,
        aggregate: Aggregate,
        *,
        claims: Sequence[Claim] = (),
        releases: Sequence[Claim] = (),
        decided_on: Setup | None = None,
    ) -> Outcome:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        pending = aggregate.collect_events()
        key = request.idempotency
        if key is not None and (key.actor, key.key) in self._outcomes:
            raise IntegrityError("key used meanwhile")
        if len(self._of(aggregate.id)) != aggregate.version - len(pending):
            raise IntegrityError("changed meanwhile")
        for claim in claims:
            if self._claims.get(claim, aggregate.id) != aggregate.id:
                raise ClaimTakenError(claim)
        self._claims |= dict.fromkeys(claims, aggregate.id)
        for claim in releases:
            self._claims.pop(claim, None)
        self.facts.extend(fact.as_recorded(RECORDED) for fact in pending)
        outcome = Outcome(bool(pending), aggregate.version, len(self.facts) if pending else None)
        if key is not None:
            self._outcomes[key.actor, key.key] = (key.digest, outcome)
        return outcome

    def _of(self, id_: UUID) -> list[Fact]:
        return [fact for fact in self.facts if fact.originator_id == id_]

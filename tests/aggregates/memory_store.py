"""A store that keeps facts in a list, for use-case tests only. It implements the real store's rules: versions, claims, idempotency."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from aggregates.aggregate import Aggregate
from aggregates.customer.commands import ALTERNATE_NUMBERS
from aggregates.customer.events import AlternateNumberAdded
from aggregates.errors import DomainError
from aggregates.fact import Fact
from aggregates.interaction.commands import OPEN_INTERACTION
from aggregates.interaction.events import InteractionClosed, InteractionStarted
from aggregates.setup.catalogue import Setup
from aggregates.use_case import (
    MOST_ATTEMPTS,
    BusyError,
    Claim,
    ClaimTakenError,
    KeyReusedError,
    Outcome,
    Request,
    StaleDecisionError,
)
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
        self.fresh = False
        """Whether it is not the first time that the use case is decided."""
        self._claims: dict[Claim, UUID] = {
            Claim(ALTERNATE_NUMBERS, fact.alternate_number): fact.originator_id
            for fact in facts
            if isinstance(fact, AlternateNumberAdded)
        }
        closed = {fact.originator_id for fact in facts if isinstance(fact, InteractionClosed)}
        self._claims |= {
            Claim(OPEN_INTERACTION, fact.agent): fact.originator_id
            for fact in facts
            if isinstance(fact, InteractionStarted) and fact.originator_id not in closed
        }
        self.erased: set[UUID] = set()
        """Whose keys were destroyed."""
        self._outcomes: dict[tuple[str, str], tuple[bytes, Outcome]] = {}

    @property
    def recorded(self) -> list[Fact]:
        """What was stored since the beginning."""
        return self.facts[self.before :]

    def load(self, kind: type[A], key: str | int) -> A | None:
        facts = self._of(kind.id_of(COMPANY, key))
        return kind.from_facts(facts) if facts else None

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        return {id_: Aggregate.from_facts(self._of(id_)) for id_ in ids if self._of(id_)}

    def setup(self) -> Setup:
        return Setup.empty(COMPANY).after(self.facts)

    def decide(self, request: Request, use_case: Callable[[Any], Outcome]) -> Outcome:
        for attempt in range(MOST_ATTEMPTS):
            self.fresh = attempt > 0
            try:
                return use_case(self)
            except ClaimTakenError:
                raise
            except (DomainError, IntegrityError) as error:
                if (done := self.outcome_of(request)) is not None:
                    return done
                if self.fresh and isinstance(error, DomainError):
                    raise
        raise BusyError("Others are changing this at the same moment. Nothing was stored; try again.")

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
        decided_on: int | None = None,
        others: Sequence[Aggregate] = (),
        relied_on: Sequence[Aggregate] = (),
        erases: Sequence[UUID] = (),
    ) -> Outcome:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        pending = [(one, one.collect_events()) for one in (aggregate, *others)]
        key = request.idempotency
        if key is not None and (key.actor, key.key) in self._outcomes:
            raise IntegrityError("key used meanwhile")
        if any(len(self._of(one.id)) != one.version - len(facts) for one, facts in pending):
            raise IntegrityError("changed meanwhile")
        if any(len(self._of(one.id)) != one.version for one in relied_on):
            raise StaleDecisionError("what was consulted was changed meanwhile")
        for claim in claims:
            if self._claims.get(claim, aggregate.id) != aggregate.id:
                raise ClaimTakenError(claim, self._claims[claim])
        self._claims |= dict.fromkeys(claims, aggregate.id)
        for claim in releases:
            if self._claims.get(claim) == aggregate.id:
                del self._claims[claim]
        told = [fact.model_copy(update={"recorded_at": RECORDED}) for _, facts in pending for fact in facts]
        self.facts.extend(told)
        self.erased |= set(erases if told else ())
        outcome = Outcome(bool(told), aggregate.version, len(self.facts) if told else None)
        if key is not None:
            self._outcomes[key.actor, key.key] = (key.digest, outcome)
        return outcome

    def _of(self, id_: UUID) -> list[Fact]:
        return [fact for fact in self.facts if fact.originator_id == id_]

"""A command on its way to the log, and the store that its use case works with (`aggregates.use_case.FactStore`)."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar, cast
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from aggregates.aggregate import Aggregate
from aggregates.errors import DomainError
from aggregates.setup.catalogue import Setup
from aggregates.use_case import Claim, ClaimTakenError, Outcome, Request
from store.append import Append, Statement
from store.database import Row
from store.events import NewEvent
from store.mapper import FactMapper
from store.memory import Memory, MissingError

A = TypeVar("A", bound=Aggregate)
_OWNER = "SELECT owner FROM claims WHERE scope = %s AND key = %s"


class Waiting:
    """Something that is to be stored, and who waits for it. `append` is what the log is to take, if anything."""

    attempts = 0
    is_lost = False
    """Whether the log refused it: others were faster."""
    error: Exception | None = None
    """Why nothing is to be stored."""

    def __init__(self, future: "Future[Any] | asyncio.Future[Any]", append: Append | None = None) -> None:
        self.future = future
        self.append = append

    @property
    def ids(self) -> set[UUID]:
        """The aggregates that it is about."""
        return set() if self.append is None else self.append.subjects()

    @property
    def events(self) -> int:
        """How many events are to be stored."""
        return 0 if self.append is None else len(self.append.events)

    def resolve(self, result: Any, error: Exception | None = None) -> None:
        """Tells whoever waits the result, or the error if there is one, if somebody still waits."""
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class Command(Waiting):
    """One use case for one request. After `run` it has an `append`, an `outcome`, or an `error`; else it is to be run in the next turn."""

    outcome: Outcome | None
    _changed: Sequence[Aggregate]
    _erased: Sequence[UUID]
    _versions: dict[UUID, int]
    _claims: set[Claim]

    def __init__(
        self,
        memory: Memory,
        mapper: FactMapper,
        request: Request,
        use_case: Callable[[Any], Outcome],
        future: "Future[Any] | asyncio.Future[Any]",
    ) -> None:
        super().__init__(future)
        self.company = memory.setup.now.company
        self.request = request
        self._memory = memory
        self._mapper = mapper
        self._use_case = use_case
        self._reset()

    @property
    def ids(self) -> set[UUID]:
        """The aggregates that were looked at or changed."""
        return {*self._versions, *(aggregate.id for aggregate in self._changed)}

    def run(self) -> None:
        """Runs the use case. Raises `MissingError` where something has to be read first.

        A refusal, and that nothing changes, need what the log says now; where that was changed in this turn it is not known yet.
        """
        self._reset()
        try:
            self.outcome = self._use_case(self)
        except Exception as error:  # noqa: BLE001  (whoever waits for the command gets it)
            self.error, self.append = error, None
        except MissingError:
            self._memory.forget_changed(self._versions)
            raise
        if self.events:
            self._memory.keep(self._changed, self._claims)
            return
        is_fault = self.error is not None and not isinstance(self.error, DomainError | IntegrityError)
        is_certain = is_fault or self._memory.are_certain(self.ids)
        self._memory.forget_changed(self._versions)
        if self.request.idempotency is None:
            self.append = None
        if self._memory.are_waiting({*self.ids, *self._claims}):
            self._reset()
        elif not is_certain:
            self._memory.forget(self.ids)
            raise MissingError(self.ids)

    def _reset(self) -> None:
        self.outcome = self.error = self.append = None
        self._changed = self._erased = ()
        self._versions, self._claims = {}, set()

    def stored(self) -> Outcome | None:
        """Returns the outcome once the append is stored, if there was anything to store."""
        outcome, append = self.outcome, self.append
        if outcome is None or append is None or not append.positions:
            return outcome
        for aggregate in self._changed:
            aggregate.changed_at = append.recorded_at
        self._mapper.keys.forget(self._erased)
        self._memory.forget(self._erased)
        return Outcome(outcome.changed, outcome.version, append.positions[-1])

    # What use cases ask of their store: see `FactStore`.

    def decide(self, request: Request, use_case: Callable[["Command"], Outcome]) -> Outcome:
        """See `FactStore`. The command is being decided already."""
        del request
        return use_case(self)

    def load(self, kind: type[A], key: str | int) -> A | None:
        """See `FactStore`."""
        return cast("A | None", self._recall([kind.id_of(self.company, key)])[0])

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """See `FactStore`."""
        return {id_: aggregate for id_, aggregate in zip(ids, self._recall(ids), strict=True) if aggregate is not None}

    def setup(self) -> Setup:
        """See `SetupStore`."""
        if not self._memory.setup.is_read:
            raise MissingError
        return self._memory.setup.now

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Returns the rows of a query, as they are in this turn."""
        return self._memory.rows((query, values))

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
        along: Sequence[Statement] = (),
    ) -> Outcome:
        """See `FactStore`. `along` is written with the facts, of which there must be one."""
        self._claims.update(claims, releases)
        for claim in claims if self.is_lost else ():
            for (owner,) in self.rows(_OWNER, claim.scope, claim.key):
                if owner != aggregate.id:
                    raise ClaimTakenError(claim, owner)
        self._changed, self._erased = (aggregate, *others), erases
        facts = [fact for changed in self._changed for fact in changed.collect_events()]
        for changed in self._changed:
            self._memory.hold_key(changed.id)
        self.append = Append(
            [cast("NewEvent", self._mapper.to_stored_event(fact)) for fact in facts],
            claims,
            releases,
            aggregate.id,
            key=request.idempotency,
            decided_on=decided_on,
            relied_on={other.id: other.version for other in relied_on},
            along=[*along, *self._mapper.keys.destruction(erases)],
            changed=bool(facts),
            version=aggregate.version,
        )
        return Outcome(bool(facts), aggregate.version, None)

    def _recall(self, ids: Sequence[UUID]) -> list[Aggregate | None]:
        aggregates = self._memory.recall(ids)
        for id_, aggregate in zip(ids, aggregates, strict=True):
            self._versions.setdefault(id_, 0 if aggregate is None else aggregate.version)
        return aggregates

"""What every use case shares: the request it serves, what it needs of the store, and what it answers.

A use case is a plain function decorated with `command`: it loads aggregates, asks them to decide, and saves once. It is all or
nothing (rule 0.6), it answers the same again for the same idempotency key, and it decides anew when somebody else's
facts were stored in between, unless the caller said which version it saw (rule 0.7).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from aggregates.aggregate import Aggregate
from aggregates.errors import ConflictError, InvalidError
from aggregates.fact import Origin

MOST_ATTEMPTS: Final = 8
"""How often a use case decides anew before it gives up with `BusyError`."""


class BusyError(ConflictError):
    """Others kept changing the same profile; nothing was stored."""


class KeyReusedError(InvalidError):
    """An idempotency key came again with another body (rule 0.7)."""


class StaleDecisionError(IntegrityError):
    """What a decision consulted may have been changed before it was stored; nothing was stored. Raised by the store."""


class ClaimTakenError(IntegrityError):
    """A key that must be unique across aggregates belongs to another one. Raised by the store; nothing was stored."""

    def __init__(self, claim: "Claim", owner: UUID | None = None) -> None:
        super().__init__(f"{claim.scope} {claim.key} is taken")
        self.claim, self.owner = claim, owner


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that is unique across aggregates within its scope, kept in the transaction of the events that need it."""

    scope: str
    key: str


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key for one write, with the digest of what was asked; keys of different actors never meet."""

    actor: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks and when. `today` is the business day in the company's time zone; `expected_versions` are those that the
    caller decided on, any of which will do; `None` where it did not look.
    """

    origin: Origin
    today: date
    expected_versions: frozenset[int] | None = None
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a use case did. `position` is the log position of its last event, `None` when it recorded nothing (rule 0.5)."""

    changed: bool
    version: int
    position: int | None


A = TypeVar("A", bound=Aggregate)
P = ParamSpec("P")


class Decides(Protocol):
    """What runs use cases: a store, or what decides for one (`store.application.Dossier`)."""

    def decide(self, request: Request, use_case: Callable[[Any], Outcome]) -> Outcome:
        """Runs a use case until what it keeps is stored, and returns its outcome.

        It may be run several times: first on what is remembered, for what is stored is verified where it cannot be raced; what stores
        nothing, a refusal or a lost race is decided again on what the log says now. The outcome is the earlier one where the request's
        idempotency key was used already.

        Raises what the use case raises, `KeyReusedError` for a key that was used with another body, and `BusyError`.
        """
        ...


class FactReader(Protocol):
    """What a decision reads."""

    company: str

    def load(self, kind: type[A], key: str | int) -> A | None:
        """The aggregate, or `None` when it has no history. Within `decide` it may be a little behind."""
        ...

    def load_many(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate]:
        """These aggregates; those without history are left out."""
        ...


class FactStore(Decides, FactReader, Protocol):
    """What use cases need of the store; `store.command.Command` is the one there is."""

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
        """Stores the aggregate's pending facts, claims and the request's outcome in one transaction.

        `others` are further aggregates whose facts go into the same transaction; claims belong to the first one. `decided_on` is
        the position of the setup that the decision consulted, `relied_on` are aggregates that it consulted and did not change: all must
        still be as they were. The keys of personal values of the aggregates `erases` are destroyed in the same transaction (rule 5.1);
        there must be a fact that says so.

        Raises:
            ClaimTakenError: when a claim belongs to another aggregate.
            StaleDecisionError: when the setup, or an aggregate, that the decision consulted is no longer what it was.
            IntegrityError: when the aggregate was changed, or the idempotency key used, meanwhile.
        """
        ...


S = TypeVar("S", bound=FactStore)


def command(
    use_case: Callable[Concatenate[S, Request, P], Outcome],
) -> Callable[Concatenate[Decides, Request, P], Outcome]:
    """Makes a function a use case: answered once per idempotency key, decided anew after a lost race (see `Decides`)."""

    @wraps(use_case)
    def run(store: Decides, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Outcome:
        return store.decide(request, lambda deciding: use_case(deciding, request, *args, **kwargs))

    return run

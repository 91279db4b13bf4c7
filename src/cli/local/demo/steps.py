"""What the demo company is made of: chains of steps, each step one use case."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from aggregates.effective import When
from aggregates.fact import Role, Source
from aggregates.use_case import Request
from store.application import Dossier


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step, and from where."""

    name: str
    role: Role
    source: Source


SET_UP: Final = Actor("demo", Role.ADMINISTRATOR, Source.CLI)
CREDIT_DESK: Final = Actor("credit.desk", Role.ADMINISTRATOR, Source.UI)
BILLING_DESK: Final = Actor("billing.desk", Role.AGENT, Source.UI)
RECORDS: Final = Actor("customer.records", Role.ADMINISTRATOR, Source.UI)
BILLING_SYSTEM: Final = Actor("billing.system", Role.INTEGRATOR, Source.API)
TELEPHONY: Final = Actor("telephony", Role.INTEGRATOR, Source.API)


@dataclass(frozen=True, slots=True)
class Step:
    """One use case, who asks for it, and why."""

    run: Callable[[Dossier, Request], object]
    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps about one subject, in order. The first one creates something that exists only once, so it is refused when that is there.

    The steps are numbered in their idempotency keys: a later release may only append to a chain.
    """

    name: str
    steps: tuple[Step, ...]


def step(
    use_case: Callable[..., object],
    *arguments: Any,
    actor: Actor = SET_UP,
    reason: str = "Demo company",
    **named_arguments: Any,
) -> Step:
    """Returns the step that calls this use case with these arguments."""

    def run(dossier: Dossier, request: Request) -> object:
        return use_case(dossier, request, *arguments, **named_arguments)

    return Step(run, actor, reason)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days counted from the day on which the demo company is set up, so that it always has a past year and a future."""

    today: date

    def day(self, offset: int) -> date:
        """Returns the day so many days after today; before today when the offset is negative."""
        return self.today + timedelta(days=offset)

    def when(self, first: int, last: int | None = None) -> When:
        """Returns the days from one offset to another, both inclusive; open-ended without the latter."""
        return When(self.day(first), None if last is None else self.day(last))

"""The writer: many commands on few customers at once fare as if they had come one after the other, whoever else writes meanwhile."""

import asyncio
import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import pytest
from eventsourcing.persistence import IntegrityError

from aggregates.aggregate import Aggregate
from aggregates.customer import commands as customers
from aggregates.customer.profile import CustomerProfile
from aggregates.errors import DomainError
from aggregates.fact import Fact
from aggregates.setup.catalogue import Setup
from aggregates.setup.commands import define_category, define_response
from aggregates.use_case import Claim, ClaimTakenError, Outcome, Request
from conftest import environment
from store.application import Dossier

Ask = Callable[..., Request]
A = TypeVar("A", bound=Aggregate)
COMMANDS = int(os.environ.get("RACED_COMMANDS", "600"))
WRITERS = 64
CUSTOMERS = ("1001", "1002", "1003")


@dataclass
class Asked:
    """A command, and what became of it. `since` and `until` are the ends of the log around it."""

    request: Request
    use_case: Callable[[Any], Outcome]
    since: int = 0
    until: int = 0
    outcome: Outcome | None = None
    error: str | None = None
    is_explained: bool = False


@dataclass
class Model:
    """The log up to one position, as a store on which use cases can be tried."""

    known_setup: Setup
    aggregates: dict[UUID, Aggregate] = field(default_factory=dict)
    claims: dict[Claim, UUID] = field(default_factory=dict)

    def try_out(self, asked: Asked) -> tuple[Sequence[Fact], str | None, dict[Claim, UUID | None]]:
        """Returns what a command would record now, why it would be refused, and the claims that it would make and release."""
        trial = _Trial(self)
        try:
            asked.use_case(trial)
        except (DomainError, IntegrityError) as error:
            return [], str(error), {}
        return trial.facts, None, trial.claims

    def apply(self, fact: Fact) -> None:
        """Moves on by one fact."""
        self.aggregates[fact.originator_id] = fact.mutate(self.aggregates.get(fact.originator_id))


class _Trial:
    def __init__(self, model: Model) -> None:
        self.company = model.known_setup.company
        self.facts: list[Fact] = []
        self.claims: dict[Claim, UUID | None] = {}
        self._model = model

    def decide(self, request: Request, use_case: Callable[[Any], Outcome]) -> Outcome:
        return use_case(self)

    def load(self, kind: type[A], key: str | int) -> A | None:
        aggregate: Any = self._model.aggregates.get(kind.id_of(self.company, key))
        return None if aggregate is None else aggregate.copy()

    def setup(self) -> Setup:
        return self._model.known_setup

    def keep(
        self, request: Request, aggregate: Aggregate, *, claims: Any = (), releases: Any = (), **_: Any
    ) -> Outcome:
        for claim in claims:
            if self._model.claims.get(claim, aggregate.id) != aggregate.id:
                raise ClaimTakenError(claim, self._model.claims[claim])
        self.facts = list(aggregate.collect_events())
        self.claims = dict.fromkeys(releases, None) | dict.fromkeys(claims, aggregate.id)
        return Outcome(bool(self.facts), aggregate.version, None)


@pytest.fixture
def elsewhere(postgres_url: str, schema: str, dossier: Dossier, ask: Ask) -> Iterator[Dossier]:
    """Another process over the same log, with a category and three customers."""
    define_category(dossier, ask(), code=1, description="Age")
    for response in ("A1", "A2", "A3"):
        define_response(dossier, ask(), code=1, response=response, description=f"Choice {response}")
    for number in CUSTOMERS:
        customers.register_customer(dossier, ask(), number=number, name="Ann")
    with Dossier(environment(postgres_url, schema)) as other:
        yield other


def some_command(chance: random.Random, ask: Ask, number: int) -> Asked:
    """A command on one of the customers; its key is one that another may have, too, where it has one."""
    customer = chance.choice(CUSTOMERS)
    expected = chance.randint(1, 1 + number // 4) if chance.random() < 0.1 else None
    request = ask(actor=f"writer {number}", expected_version=expected)
    alternate = f"N{chance.randint(1, 12)}"
    use_case: Callable[..., Outcome] = chance.choice(
        [
            partial(customers.rename_customer, number=customer, name=f"Ann {chance.randint(1, 5)}"),
            partial(customers.confirm_drawer, number=customer, responses={1: chance.choice(["A1", "A2", "A3", "A9"])}),
            partial(customers.add_alternate_number, number=customer, alternate_number=alternate),
            partial(customers.remove_alternate_number, number=customer, alternate_number=alternate),
        ]
    )
    return Asked(request, lambda store: use_case(store, request))


async def _race(dossier: Dossier, elsewhere: Dossier | None, commands: Sequence[Asked]) -> None:
    """They go through the writer on this loop, but for some that go through that of another process, if there is one."""
    await dossier.log_of_facts.writer.attach()
    loop = asyncio.get_running_loop()
    left = iter(commands)
    end = partial(dossier.log_of_facts.max_notification_id)
    with ThreadPoolExecutor(16) as threads:

        async def write(writer: int) -> None:
            for asked in left:
                asked.since = await loop.run_in_executor(threads, end) or 0
                try:
                    if elsewhere is not None and writer % 4 == 0:
                        asked.outcome = await loop.run_in_executor(
                            threads, elsewhere.decide, asked.request, asked.use_case
                        )
                    else:
                        asked.outcome = await dossier.log_of_facts.writer.submit(asked.request, asked.use_case)
                except DomainError as error:
                    asked.error = str(error)
                asked.until = await loop.run_in_executor(threads, end) or 0

        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    await dossier.log_of_facts.writer.detach()


@pytest.mark.parametrize("is_alone", [True, False], ids=["one process", "two processes"])
def test_racing_commands_fare_as_if_they_came_one_after_the_other(
    dossier: Dossier, elsewhere: Dossier, ask: Ask, *, is_alone: bool
) -> None:  # rules 0.5, 0.6, 0.7, 1.14
    chance = random.Random(64)
    commands = [some_command(chance, ask, number) for number in range(COMMANDS)]
    begun = dossier.log_of_facts.max_notification_id() or 0
    asyncio.run(asyncio.wait_for(_race(dossier, None if is_alone else elsewhere, commands), 300))
    facts = [
        (event.id, dossier.fact_mapper.to_domain_event(event))
        for event in dossier.log_of_facts.select_notifications(1, 100_000)
    ]
    by_cause = {asked.request.origin.causation_id: asked for asked in commands}
    model = Model(dossier.setup())
    waiting = sorted((asked for asked in commands if asked.outcome is None or not asked.outcome.changed), key=_since)
    stored: list[Fact] = []
    for position, fact in facts:
        if position > begun:
            if not stored:
                _explain(model, [asked for asked in waiting if asked.since < position <= asked.until + 1])
                asked = by_cause[fact.origin.causation_id]
                expected, error, claims = model.try_out(asked)
                assert error is None
                stored = list(expected)
                for claim, owner in claims.items():
                    model.claims.pop(claim, None)
                    if owner is not None:
                        model.claims[claim] = owner
            assert stored.pop(0).model_dump(exclude={"recorded_at"}) == fact.model_dump(exclude={"recorded_at"})
            if not stored:
                asked.is_explained = True
                assert asked.outcome == Outcome(True, fact.originator_version, position)
        model.apply(fact)
    _explain(model, [asked for asked in waiting if asked.until >= facts[-1][0]])
    assert [asked for asked in commands if not asked.is_explained] == []
    assert len(facts) - begun > COMMANDS // 10
    assert sum(asked.error is not None for asked in commands) > COMMANDS // 20


def _since(asked: Asked) -> int:
    return asked.since


def _explain(model: Model, waiting: Sequence[Asked]) -> None:
    """Marks the commands without effect that fare now as they were told."""
    for asked in waiting:
        if not asked.is_explained:
            facts, error, _ = model.try_out(asked)
            asked.is_explained = not facts and error == asked.error


async def _together(dossier: Dossier, commands: Sequence[tuple[Request, Callable[[Any], Outcome]]]) -> list[Outcome]:
    writer = dossier.log_of_facts.writer
    await writer.attach()
    outcomes = await asyncio.gather(*(writer.submit(request, use_case) for request, use_case in commands))
    await writer.detach()
    return outcomes


def _renaming(request: Request, name: str) -> tuple[Request, Callable[[Any], Outcome]]:
    return request, lambda store: customers.rename_customer(store, request, number="1001", name=name)


@pytest.mark.usefixtures("elsewhere")
def test_a_repeated_key_is_answered_like_the_first_one_of_the_batch(dossier: Dossier, ask: Ask) -> None:  # rule 0.7
    outcomes = asyncio.run(_together(dossier, [_renaming(ask(key="k1"), "Anna") for _ in range(8)]))
    assert outcomes == [Outcome(True, 2, outcomes[0].position)] * 8


@pytest.mark.usefixtures("elsewhere")
def test_later_commands_of_a_batch_see_what_earlier_ones_recorded(dossier: Dossier, ask: Ask) -> None:
    outcomes = asyncio.run(_together(dossier, [_renaming(ask(), f"Ann {number}") for number in range(20)]))
    assert [outcome.version for outcome in outcomes] == list(range(2, 22))
    events = dossier.log_of_facts.select_events(CustomerProfile.id_of("demo", "1001"), gt=1)
    assert len({event.recorded_at for event in events}) == 1


@pytest.mark.usefixtures("elsewhere")
def test_waiting_on_the_loop_for_the_loop_is_refused(dossier: Dossier, ask: Ask) -> None:
    async def waiting() -> None:
        await dossier.log_of_facts.writer.attach()
        with pytest.raises(RuntimeError, match="use submit"):
            customers.rename_customer(dossier, ask(), number="1001", name="Anna")
        await dossier.log_of_facts.writer.detach()

    asyncio.run(waiting())
    assert customers.rename_customer(dossier, ask(), number="1001", name="Anna").version == 2

"""`Interaction`: on call, wrap-up, closed; one open interaction per agent; what it allows the agent to do (rules 3.4, 3.5)."""

from datetime import date
from typing import Any

import pytest

from aggregates.customer.commands import CustomerNotDefinedError
from aggregates.errors import DomainError, RefusedError
from aggregates.fact import Fact, Role
from aggregates.interaction import commands as interaction
from aggregates.interaction.interaction import (
    AgentBusyError,
    AgentsDoNotStartError,
    AnotherAgentError,
    Interaction,
    InteractionClosedError,
    InteractionExistsError,
    InteractionNotFoundError,
    State,
)
from aggregates.texts import TextError
from aggregates.use_case import Outcome, Request
from field_facts import customer_merged, interaction_closed, interaction_ended, interaction_started, merged_away
from scenario import LONG_AGO, ORIGIN, TODAY, control_set, customer_registered, given, given_no, origin, said, told

from .memory_store import MemoryStore

TELEPHONY = Request(origin("ivr", Role.INTEGRATOR), TODAY)
ANN, BEA = (Request(origin(name), TODAY) for name in ("ann", "bea"))
ALLOWED = control_set("agents_start_interactions", "Yes")
ADA, BOB = customer_registered(), customer_registered("Bob", number="1002")
STARTED, ENDED, CLOSED = interaction_started(), interaction_ended(), interaction_closed()
YESTERDAY, TOMORROW = date(2026, 3, 9), date(2026, 3, 11)
CALL = {"interaction": "I-1", "customer": "1001", "agent": "ann"}
STORY = {
    State.ON_CALL: (STARTED,),
    State.WRAP_UP: (STARTED, ENDED),
    State.CLOSED: (STARTED, ENDED, CLOSED),
}
"""How an interaction comes to each state."""


# States


def test_an_interaction_starts_on_call() -> None:  # rule 3.5
    given_no(Interaction, "I-1").when(lambda it: it.start(ORIGIN, **CALL)).then(STARTED)


@pytest.mark.parametrize("state", State)
def test_an_interaction_goes_from_on_call_to_wrap_up_to_closed(state: State) -> None:  # rule 3.5
    assert list(State) == ["on_call", "wrap_up", "closed"]
    assert told(*STORY[state]).state is state


@pytest.mark.parametrize(
    ("state", "facts"), [(State.ON_CALL, (ENDED,)), (State.WRAP_UP, ())], ids=["on call", "wrap-up"]
)
def test_the_end_of_the_call_begins_its_wrap_up(state: State, facts: tuple[Fact, ...]) -> None:  # rules 3.5, 0.5
    given(*STORY[state]).when(lambda it: it.end(ORIGIN)).then(*facts)


def test_a_closed_interaction_does_not_end_again() -> None:  # rule 3.5
    given(*STORY[State.CLOSED]).when(lambda it: it.end(ORIGIN)).then_refused(
        InteractionClosedError, "Interaction I-1 is closed."
    )


@pytest.mark.parametrize(
    ("state", "facts"), [(State.ON_CALL, (CLOSED,)), (State.WRAP_UP, (CLOSED,)), (State.CLOSED, ())]
)
def test_an_interaction_is_closed_from_either_state(state: State, facts: tuple[Fact, ...]) -> None:  # rules 3.5, 0.5
    given(*STORY[state]).when(lambda it: it.close(ORIGIN)).then(*facts)


@pytest.mark.parametrize("state", State)
def test_an_interaction_is_started_once(state: State) -> None:  # rule 3.5
    given(*STORY[state]).when(lambda it: it.start(ORIGIN, **CALL)).then_refused(
        InteractionExistsError, "Interaction I-1 was started already.", ("interaction",)
    )


def test_the_id_and_the_agent_are_checked_together() -> None:  # rule 3.5
    wrong = {"interaction": "I 1", "customer": "1001", "agent": " "}
    given_no(Interaction, "I 1").when(lambda it: it.start(ORIGIN, **wrong)).then_refused(
        RefusedError,
        "The interaction must have 1 to 60 letters, digits or hyphens. The agent must have 1 to 100 characters.",
        ("interaction", "agent"),
    )
    given_no(Interaction, "I").when(lambda it: it.start(ORIGIN, **CALL | {"interaction": "x" * 61})).then_refused(
        TextError, "The interaction must have 1 to 60 letters, digits or hyphens.", ("interaction",)
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("customer", "agent"), [("1001", "ann"), ("1002", "ann"), ("1001", "bob")])
def test_it_is_open_on_call_and_in_wrap_up_for_its_agent_and_customer(state: State, customer: str, agent: str) -> None:
    # rule 3.4
    is_open = state is not State.CLOSED and (customer, agent) == ("1001", "ann")
    assert told(*STORY[state]).open_for(customer, agent) is is_open


# Use cases


def start(store: MemoryStore, who: Request = TELEPHONY, **of: Any) -> Outcome:
    return interaction.start_interaction(store, who, **CALL | of)


def refusal(store: MemoryStore, who: Request = TELEPHONY, **of: Any) -> DomainError:
    before = len(store.recorded)
    with pytest.raises(DomainError) as refused:
        start(store, who, **of)
    assert len(store.recorded) == before
    return refused.value


def test_the_telephony_side_tells_a_call_from_start_to_close() -> None:  # rule 3.5
    store = MemoryStore(ADA)
    assert start(store, interaction=" I-1 ", agent=" ann ") == Outcome(True, 1, 2)
    for _ in range(2):
        interaction.end_interaction(store, TELEPHONY, interaction="I-1")
    assert interaction.close_interaction(store, TELEPHONY, interaction="I-1").version == 3
    assert interaction.close_interaction(store, TELEPHONY, interaction="I-1") == Outcome(False, 3, None)
    assert said(store.recorded) == said([STARTED, ENDED, CLOSED])


@pytest.mark.parametrize("story", [(), (ENDED,)], ids=["on call", "wrap-up"])
def test_an_agent_has_one_open_interaction_at_a_time(story: tuple[Fact, ...]) -> None:  # rule 3.5
    store = MemoryStore(ADA, BOB, STARTED, *story)
    error: Any = refusal(store, interaction="I-2", customer="1002")
    assert (type(error), str(error)) == (AgentBusyError, "ann has another open interaction, I-1.")
    assert (error.interaction, error.field) == ("I-1", "agent")
    assert start(store, interaction="I-3", agent="bob").changed


def test_a_closed_interaction_frees_its_agent() -> None:  # rule 3.5
    store = MemoryStore(ADA, STARTED)
    interaction.close_interaction(store, TELEPHONY, interaction="I-1")
    assert start(store, interaction="I-2").changed
    assert type(refusal(store, interaction="I-3")) is AgentBusyError


def test_closing_twice_does_not_free_the_agent_of_another_interaction() -> None:  # rule 3.5
    store = MemoryStore(ADA, *STORY[State.CLOSED])
    start(store, interaction="I-2")
    interaction.close_interaction(store, TELEPHONY, interaction="I-1")
    assert type(refusal(store, interaction="I-3")) is AgentBusyError


@pytest.mark.parametrize("verb", [interaction.end_interaction, interaction.close_interaction])
def test_an_interaction_that_does_not_exist_is_not_found(verb: Any) -> None:  # rule 3.5
    with pytest.raises(InteractionNotFoundError, match=r"^Interaction I-9 does not exist\.$"):
        verb(MemoryStore(STARTED), TELEPHONY, interaction="I-9")


def test_everything_wrong_with_a_start_is_named_at_once() -> None:  # rule 3.5
    error = refusal(MemoryStore(ADA), interaction="", customer="9", agent="")
    assert isinstance(error, RefusedError)
    assert [fault.field for fault in error.faults] == ["customer", "interaction", "agent"]
    nobody = refusal(MemoryStore(ADA), interaction="", customer="9", agent=None)
    assert isinstance(nobody, RefusedError)
    assert [fault.field for fault in nobody.faults] == ["customer", "interaction", "agent"]
    error = refusal(MemoryStore(ADA), customer="9")
    assert (type(error), str(error)) == (CustomerNotDefinedError, "Customer 9 does not exist.")


def test_a_call_with_a_number_that_was_merged_away_is_with_the_survivor() -> None:  # rules 3.5, 6.1
    cleo = customer_registered("Cleo", number="1003")
    twice = (merged_away("1002", "1003"), customer_merged("1002", number="1003"), merged_away("1003", "1001"))
    store = MemoryStore(ADA, BOB, cleo, *twice, customer_merged("1003"))
    start(store, customer=" 1002 ")
    assert said(store.recorded) == said([interaction_started(customer="1001")])


# Who tells of them


NOT_ALLOWED: list[Any] = [
    ("never set", ()),
    ("No", (control_set("agents_start_interactions", "No"),)),
    ("from tomorrow on", (control_set("agents_start_interactions", "Yes", TOMORROW),)),
    ("until yesterday", (control_set("agents_start_interactions", "Yes", LONG_AGO, YESTERDAY),)),
]


@pytest.mark.parametrize("facts", [case[1] for case in NOT_ALLOWED], ids=[case[0] for case in NOT_ALLOWED])
def test_an_agent_starts_no_interaction_unless_the_control_says_so(facts: tuple[Fact, ...]) -> None:  # rule 3.5
    error = refusal(MemoryStore(ADA, *facts), ANN)
    assert type(error) is AgentsDoNotStartError
    assert str(error) == (
        "Interactions are started by the telephony side; agents start their own where control agents_start_interactions"
        " says so."
    )


@pytest.mark.parametrize("agent", ["ann", None])
def test_where_the_control_says_so_an_agent_starts_own_interactions(agent: str | None) -> None:  # rule 3.5
    store = MemoryStore(ADA, ALLOWED)
    assert type(refusal(store, BEA, agent="ann")) is AnotherAgentError
    start(store, ANN, agent=agent)
    assert said(store.recorded) == said([STARTED])


@pytest.mark.parametrize("verb", [interaction.end_interaction, interaction.close_interaction])
def test_an_agent_ends_and_closes_own_interactions_whoever_started_them(verb: Any) -> None:  # rule 3.5
    store = MemoryStore(ADA, STARTED)
    with pytest.raises(AnotherAgentError, match=r"^Interaction I-1 is another agent's\.$"):
        verb(store, BEA, interaction="I-1")
    assert verb(store, ANN, interaction="I-1").changed


def test_a_start_that_loses_a_race_with_a_close_goes_through() -> None:  # rule 3.5
    store = MemoryStore(ADA, STARTED)
    store.meanwhile = [lambda: None, lambda: interaction.close_interaction(store, TELEPHONY, interaction="I-1")]
    start(store, interaction="I-2")
    assert said(store.recorded) == said([CLOSED, interaction_started("I-2")])

"""`Interaction`: on call, wrap-up, closed; one open interaction an agent; what it lets the agent do (rules 3.4, 3.5)."""

from typing import Any

import pytest

from aggregates.customer.commands import CustomerNotDefinedError
from aggregates.errors import DomainError, RefusedError
from aggregates.fact import Fact
from aggregates.interaction import commands as interaction
from aggregates.interaction.interaction import (
    AgentBusyError,
    Interaction,
    InteractionClosedError,
    InteractionExistsError,
    InteractionNotFoundError,
    State,
)
from aggregates.texts import TextError
from aggregates.use_case import Outcome, Request
from field_facts import customer_merged, interaction_closed, interaction_ended, interaction_started, merged_away
from scenario import ORIGIN, TODAY, customer_registered, given, given_no, said, told

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
ADA, BOB = customer_registered(), customer_registered("Bob", number="1002")
STARTED, ENDED, CLOSED = interaction_started(), interaction_ended(), interaction_closed()
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


def start(store: MemoryStore, **of: str) -> Outcome:
    return interaction.start_interaction(store, REQUEST, **CALL | of)


def refusal(store: MemoryStore, **of: str) -> DomainError:
    before = len(store.recorded)
    with pytest.raises(DomainError) as refused:
        start(store, **of)
    assert len(store.recorded) == before
    return refused.value


def test_the_telephony_side_tells_a_call_from_start_to_close() -> None:  # rule 3.5
    store = MemoryStore(ADA)
    assert start(store, interaction=" I-1 ", agent=" ann ") == Outcome(True, 1, 2)
    for _ in range(2):
        interaction.end_interaction(store, REQUEST, interaction="I-1")
    assert interaction.close_interaction(store, REQUEST, interaction="I-1").version == 3
    assert interaction.close_interaction(store, REQUEST, interaction="I-1") == Outcome(False, 3, None)
    assert said(store.recorded) == said([STARTED, ENDED, CLOSED])


@pytest.mark.parametrize("story", [(), (ENDED,)], ids=["on call", "wrap-up"])
def test_an_agent_has_one_open_interaction_at_a_time(story: tuple[Fact, ...]) -> None:  # rule 3.5
    store = MemoryStore(ADA, BOB, STARTED, *story)
    error = refusal(store, interaction="I-2", customer="1002")
    assert (type(error), str(error), error.field) == (AgentBusyError, "ann has another open interaction.", "agent")
    assert start(store, interaction="I-3", agent="bob").changed


def test_a_closed_interaction_frees_its_agent() -> None:  # rule 3.5
    store = MemoryStore(ADA, STARTED)
    interaction.close_interaction(store, REQUEST, interaction="I-1")
    assert start(store, interaction="I-2").changed
    assert type(refusal(store, interaction="I-3")) is AgentBusyError


def test_closing_twice_does_not_free_the_agent_of_another_interaction() -> None:  # rule 3.5
    store = MemoryStore(ADA, *STORY[State.CLOSED])
    start(store, interaction="I-2")
    interaction.close_interaction(store, REQUEST, interaction="I-1")
    assert type(refusal(store, interaction="I-3")) is AgentBusyError


@pytest.mark.parametrize("verb", [interaction.end_interaction, interaction.close_interaction])
def test_an_interaction_that_does_not_exist_is_not_found(verb: Any) -> None:  # rule 3.5
    with pytest.raises(InteractionNotFoundError, match=r"^Interaction I-9 does not exist\.$"):
        verb(MemoryStore(STARTED), REQUEST, interaction="I-9")


def test_everything_wrong_with_a_start_is_named_at_once() -> None:  # rule 3.5
    error = refusal(MemoryStore(ADA), interaction="", customer="9", agent="")
    assert isinstance(error, RefusedError)
    assert [fault.field for fault in error.faults] == ["customer", "interaction", "agent"]
    error = refusal(MemoryStore(ADA), customer="9")
    assert (type(error), str(error)) == (CustomerNotDefinedError, "Customer 9 does not exist.")


def test_a_call_with_a_number_that_was_merged_away_is_with_the_survivor() -> None:  # rules 3.5, 6.1
    cleo = customer_registered("Cleo", number="1003")
    twice = (merged_away("1002", "1003"), customer_merged("1002", number="1003"), merged_away("1003", "1001"))
    store = MemoryStore(ADA, BOB, cleo, *twice, customer_merged("1003"))
    start(store, customer=" 1002 ")
    assert said(store.recorded) == said([interaction_started(customer="1001")])

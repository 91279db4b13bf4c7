"""An edit and the end of its call in two processes at once: the edit is stored only if the call is open at that moment (rule 3.5)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregates.customer.commands import register_customer
from aggregates.customer.edits import NoOpenInteractionError
from aggregates.fact import Role
from aggregates.field.commands import define_field
from aggregates.interaction.commands import close_interaction, start_interaction
from aggregates.interaction.field_edits import edit_fields
from aggregates.interaction.interaction import AgentBusyError
from aggregates.use_case import Request
from conftest import environment
from store.application import Dossier

Ask = Callable[..., Request]
ROUNDS = 10
MOST_EDITS = 200
"""That one call lets through before its close is noticed: far more than there can be."""


@pytest.fixture
def elsewhere(postgres_url: str, schema: str, dossier: Dossier, ask: Ask) -> Iterator[Dossier]:
    """Another process over the same log, with customer 1001, whose city agents may edit."""
    given = {"label": "City", "group": "business", "type": "string", "agent_editable": True}
    define_field(dossier, ask(), key="city", members=given)
    register_customer(dossier, ask(), number="1001", name="Ann")
    other = Dossier(environment(postgres_url, schema))
    yield other
    other.close()


def edit(store: Dossier, ask: Ask, city: str, call: str) -> None:
    request = ask(actor="ann", role=Role.AGENT)
    edit_fields(store, request, number="1001", fields={"city": city}, interaction=call)


def start(store: Dossier, ask: Ask, call: str) -> None:
    start_interaction(store, ask(), interaction=call, customer="1001", agent="ann")


def test_a_call_that_another_process_closed_is_closed(dossier: Dossier, elsewhere: Dossier, ask: Ask) -> None:
    # rules 3.4, 3.5
    start(elsewhere, ask, "I-1")
    edit(elsewhere, ask, "Bonn", "I-1")
    close_interaction(dossier, ask(), interaction="I-1")
    with pytest.raises(NoOpenInteractionError):
        edit(elsewhere, ask, "Hull", "I-1")


def test_no_edit_is_stored_after_its_call_was_closed(dossier: Dossier, elsewhere: Dossier, ask: Ask) -> None:
    # rules 3.4, 3.5
    together = threading.Barrier(2)

    def close(call: str) -> None:
        together.wait()
        close_interaction(dossier, ask(), interaction=call)

    def edit_until_closed(call: str) -> int:
        together.wait()
        for turn in range(MOST_EDITS):
            try:
                edit(elsewhere, ask, f"{call} {turn}", call)
            except NoOpenInteractionError:
                return turn
        raise AssertionError("The call was not closed.")

    edits = 0
    with ThreadPoolExecutor(2) as pool:
        for call in (f"I-{turn}" for turn in range(ROUNDS)):
            start(elsewhere, ask, call)
            closing, editing = pool.submit(close, call), pool.submit(edit_until_closed, call)
            closing.result(30)
            edits += editing.result(30)
    closed: set[str] = set()
    stored = 0
    for event in dossier.log_of_facts.select_notifications(1, 100_000):
        if event.topic == "interaction.closed":
            closed.add(dossier.fact_mapper.to_domain_event(event).interaction)
        if event.topic == "customer.field_edited":
            stored += 1
            assert dossier.fact_mapper.to_domain_event(event).interaction not in closed
    assert (len(closed), stored) == (ROUNDS, edits)


def test_a_second_call_is_told_which_one_is_open(dossier: Dossier, elsewhere: Dossier, ask: Ask) -> None:  # rule 3.5
    start(elsewhere, ask, "I-1")
    with pytest.raises(AgentBusyError, match=r"^ann has another open interaction, I-1\.$") as refused:
        start(dossier, ask, "I-2")
    assert refused.value.interaction == "I-1"

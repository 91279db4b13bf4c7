"""Use cases of business fields that reach across aggregates: calls, edits, and what was unmasked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from aggregates.customer import unmasking_commands as unmasking
from aggregates.customer.edits import FieldChangedMeanwhileError, NoOpenInteractionError, NotAgentEditableError
from aggregates.customer.profile import CustomerNotFoundError
from aggregates.customer.unmasking import Unmasking
from aggregates.effective import Days, When
from aggregates.errors import DomainError, InvalidError, RefusedError
from aggregates.fact import Fact, Role
from aggregates.interaction import commands as interaction
from aggregates.interaction.field_edits import edit_fields
from aggregates.setup import commands as setup
from aggregates.use_case import IdempotencyKey, Outcome, Request
from field_facts import (
    customer_merged,
    field_changed,
    field_defined,
    field_edited,
    interaction_closed,
    interaction_ended,
    interaction_started,
    masked_edit_refused,
    masked_shown,
    merged_away,
)
from scenario import ORIGIN, TODAY, customer_registered, given, given_no, origin, said

from .memory_store import MemoryStore

ANN = Request(ORIGIN, TODAY)
BEA = Request(origin("bea"), TODAY)
CARL = Request(origin("carl", Role.ADMINISTRATOR), TODAY)
ADA, BOB = customer_registered(), customer_registered("Bob", number="1002")
DEFINED = (
    field_defined(agent_editable=True),
    field_defined("note", "Note", agent_editable=True),
    field_defined("loan_type", "Loan Type"),
)
ON_CALL = (ADA, BOB, *DEFINED, interaction_started())
LAST_YEAR = Days(date(2025, 1, 1), date(2025, 12, 31))


def edit(store: MemoryStore, request: Request = ANN, *, during: str | None = "I-1", **fields: Any) -> Outcome:
    return edit_fields(store, request, number="1001", fields=fields, interaction=during)


def refusal(store: MemoryStore, ask: Callable[[], Outcome]) -> tuple[type[DomainError], str]:
    """How a command is refused; nothing was stored."""
    with pytest.raises(DomainError) as refused:
        ask()
    assert store.recorded == []
    return type(refused.value), str(refused.value)


# Editing on a call


@pytest.mark.parametrize("story", [(), (interaction_ended(),)], ids=["on call", "wrap-up"])
def test_an_agent_saves_on_a_call_and_in_its_wrap_up(story: tuple[Fact, ...]) -> None:  # rules 3.4, 3.6
    store = MemoryStore(*ON_CALL, *story)
    assert edit(store, city="Bonn") == Outcome(True, 2, len(store.facts))
    assert edit(store, city="Bonn") == Outcome(False, 2, None)
    assert said(store.recorded) == said([field_edited("city", "Bonn", during="I-1")])


NO_CALL: list[Any] = [
    ("another agent's", BEA, "I-1", ()),
    ("closed", ANN, "I-1", (interaction_closed(),)),
    ("not named", ANN, None, ()),
    ("unknown", ANN, "I-9", ()),
    ("with another customer", ANN, "I-2", (interaction_closed(), interaction_started("I-2", "1002"))),
]


@pytest.mark.parametrize(("request_", "during", "story"), [case[1:] for case in NO_CALL], ids=[it[0] for it in NO_CALL])
def test_without_an_open_interaction_of_ones_own_with_this_customer_nothing_is_saved(
    request_: Request, during: str | None, story: tuple[Fact, ...]
) -> None:  # rule 3.4
    store = MemoryStore(*ON_CALL, *story)
    text = "Editing is allowed only during a call or its wrap-up."
    assert refusal(store, lambda: edit(store, request_, during=during, city="Bonn")) == (NoOpenInteractionError, text)


def test_an_agent_never_edits_what_is_not_agent_editable() -> None:  # rule 3.4
    store = MemoryStore(*ON_CALL)
    expected = (NotAgentEditableError, "Loan Type is not agent editable.")
    assert refusal(store, lambda: edit(store, city="Bonn", loan_type="car")) == expected
    store = MemoryStore(*ON_CALL, field_changed(agent_editable=False))
    assert refusal(store, lambda: edit(store, city="Bonn")) == (NotAgentEditableError, "City is not agent editable.")


@pytest.mark.parametrize("during", [None, "I-9", "I-1"])
def test_an_administrator_needs_no_call_and_is_on_none_of_others(during: str | None) -> None:  # rule 3.4
    store = MemoryStore(*ON_CALL)
    edit(store, CARL, during=during, loan_type="car")
    assert said(store.recorded) == said([field_edited("loan_type", "car")])


def test_a_call_with_a_customer_that_is_merged_meanwhile_goes_on_with_the_survivor() -> None:  # rules 3.4, 6.1
    away = (interaction_closed(), interaction_started("I-2", "1002"), customer_merged(), merged_away())
    store = MemoryStore(*ON_CALL, *away)
    edit(store, during="I-2", city="Bonn")
    assert said(store.recorded) == said([field_edited("city", "Bonn", during="I-2")])


def test_a_call_goes_on_with_the_survivor_of_a_chain_of_merges() -> None:  # rules 3.4, 6.1
    chain = (merged_away("1003", "1002"), merged_away("1002", "1001"))
    store = MemoryStore(*ON_CALL, interaction_closed(), interaction_started("I-3", "1003"), *chain)
    edit(store, during="I-3", city="Bonn")
    assert said(store.recorded) == said([field_edited("city", "Bonn", during="I-3")])


def test_two_agents_conflict_in_the_same_field_only() -> None:  # rule 3.7
    store = MemoryStore(*ON_CALL, interaction_started("I-2", agent="bea"))
    seen = [replace(request, expected_versions=frozenset({1})) for request in (ANN, BEA)]
    edit(store, seen[0], city="Bonn")
    edit(store, seen[1], during="I-2", note="late")
    with pytest.raises(FieldChangedMeanwhileError) as refused:
        edit(store, seen[1], during="I-2", city="Köln")
    assert str(refused.value) == "City was changed by ann at 2026-03-10T12:00:00+00:00."
    assert (refused.value.theirs, refused.value.yours, refused.value.field) == ("Bonn", "Köln", "fields.city")
    assert len(store.recorded) == 2


def test_an_edit_that_loses_a_race_for_another_field_goes_through() -> None:  # rules 3.7, 0.6
    store = MemoryStore(*ON_CALL)
    store.meanwhile = [lambda: edit(store, note="late")]
    assert edit(store, replace(ANN, expected_versions=frozenset({1})), city="Bonn").version == 3


def test_an_edit_that_loses_a_race_for_the_same_field_is_refused() -> None:  # rule 3.7
    store = MemoryStore(*ON_CALL)
    store.meanwhile = [lambda: edit(store, city="Köln")]
    with pytest.raises(FieldChangedMeanwhileError):
        edit(store, replace(ANN, expected_versions=frozenset({1})), city="Bonn")
    assert said(store.recorded) == said([field_edited("city", "Köln", during="I-1")])


@pytest.mark.parametrize(
    ("passes", "stored"),
    [(interaction.close_interaction, False), (interaction.end_interaction, True)],
    ids=["closed", "in wrap-up"],
)
def test_an_edit_is_stored_only_if_the_call_is_open_when_it_is(passes: Any, stored: bool) -> None:  # rules 3.4, 3.5
    store = MemoryStore(*ON_CALL)
    store.meanwhile = [lambda: passes(store, CARL, interaction="I-1")]
    if stored:
        assert edit(store, city="Bonn").changed
    else:
        with pytest.raises(NoOpenInteractionError):
            edit(store, city="Bonn")
    edits = [fact for fact in store.recorded if fact.TOPIC == "customer.field_edited"]
    assert said(edits) == said([field_edited("city", "Bonn", during="I-1")] * stored)


def test_a_refused_edit_of_a_masked_field_is_recorded_and_nothing_else_is() -> None:  # rules 3.7, 5.2
    store = MemoryStore(field_defined("phone", "Phone", personal=True, masked=True, agent_editable=True), *ON_CALL)
    edit(store, CARL, during=None, phone="x")
    stale = replace(ANN, expected_versions=frozenset({1}), idempotency=IdempotencyKey("ann", "k", b"d"))
    with pytest.raises(FieldChangedMeanwhileError) as refused:
        edit(store, stale, phone="x")
    unmasking.record_refusal(store, stale, number="1001", refusal=refused.value)
    assert said(store.recorded[1:]) == said([masked_edit_refused("phone")])
    assert store.recorded[1].origin.actor == "ann"
    assert store.outcome_of(stale) is None
    unmasking.record_refusal(store, stale, number="1001", refusal=InvalidError("It is something else."))
    assert len(store.recorded) == 2


def test_wrong_days_and_wrong_fields_are_named_at_once() -> None:  # rules 2.10, 3.9
    store = MemoryStore(*ON_CALL)
    with pytest.raises(RefusedError) as refused:
        edit_fields(
            store,
            ANN,
            number="1001",
            fields={"city": "x" * 501, "zip": "1"},
            interaction="I-1",
            when=When(effective_to=date(2026, 3, 9)),
        )
    assert [fault.field for fault in refused.value.faults] == ["effective_to", "fields.city", "fields.zip"]
    assert store.recorded == []


def test_an_edit_holds_on_the_days_that_are_named() -> None:  # rule 3.11
    store = MemoryStore(*ON_CALL)
    edit_fields(
        store,
        ANN,
        number="1001",
        fields={"city": "Bonn"},
        interaction="I-1",
        when=When(LAST_YEAR.first, LAST_YEAR.last),
    )
    assert said(store.recorded) == said([field_edited("city", "Bonn", LAST_YEAR, during="I-1")])


def test_fields_of_a_customer_that_does_not_exist_cannot_be_edited() -> None:  # rule 0.6
    store = MemoryStore(*DEFINED)
    text = "Customer 1001 does not exist."
    assert refusal(store, lambda: edit(store, CARL, city="Bonn")) == (CustomerNotFoundError, text)


# Unmasking


def test_showing_masked_values_is_recorded_and_leaves_the_customers_version_alone() -> None:  # rule 5.2
    store = MemoryStore(*ON_CALL)
    for _ in range(2):
        unmasking.show_masked(store, CARL, number="1001", fields=["phone", "income"])
    assert said(store.recorded) == said([masked_shown("income", "phone")] * 2)
    assert {fact.origin.actor for fact in store.recorded} == {"carl"}
    assert edit(store, replace(ANN, expected_versions=frozenset({1})), city="Bonn").version == 2


def test_showing_nothing_that_is_masked_records_nothing() -> None:  # rules 5.2, 0.5
    given_no(Unmasking, "1001").when(lambda it: it.show(ORIGIN, "1001", [])).then_nothing()
    given(masked_shown("phone")).when(lambda it: it.show(ORIGIN, "1001", ["phone"])).then(masked_shown("phone"))


def test_defining_a_field_does_not_disturb_the_other_setup() -> None:  # rule 3.1
    store = MemoryStore(*DEFINED)
    setup.define_category(store, CARL, code=7, description="Age")
    assert (list(store.setup().fields), len(store.setup().categories)) == (["city", "note", "loan_type"], 1)

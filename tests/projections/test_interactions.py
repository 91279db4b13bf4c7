"""The read model of interactions: which are open, by agent and customer, as known at a given instant (rules 0.3, 3.5)."""

from collections.abc import Callable
from typing import Any

import pytest

from aggregates.customer.commands import register_customer
from aggregates.errors import InvalidError
from aggregates.interaction.commands import close_interaction, end_interaction, start_interaction
from aggregates.use_case import Request
from projections.interactions.queries import InteractionRead, interaction, interactions
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """I-1 of ann is closed, I-2 of ann on call, I-3 of bob in wrap-up, I-4 of cleo was closed on call."""
    for number in ("1001", "1002"):
        register_customer(dossier, ask(), number=number, name="Ada")
    for key, customer, agent, last in (
        ("I-1", "1001", "ann", "closed"),
        ("I-2", "1002", "ann", ""),
        ("I-3", "1001", "bob", "ended"),
        ("I-4", "1001", "cleo", "closed on call"),
    ):
        start_interaction(dossier, ask(), interaction=key, customer=customer, agent=agent)
        if last in {"closed", "ended"}:
            end_interaction(dossier, ask(), interaction=key)
        if last.startswith("closed"):
            close_interaction(dossier, ask(), interaction=key)
    return dossier


def found(company: Dossier, known_at: Any = None, **asked: Any) -> list[tuple[str, str]]:
    with reading(company, "interactions", known_at=known_at) as view:
        return [(one.interaction, one.state) for one in interactions(view, **asked).items]


def test_interactions_are_listed_the_latest_first(company: Dossier) -> None:  # rule 3.5
    assert found(company) == [("I-4", "closed"), ("I-3", "wrap_up"), ("I-2", "on_call"), ("I-1", "closed")]


def test_they_are_found_by_state_agent_and_customer(company: Dossier) -> None:  # rule 3.5
    by_state: dict[Any, list[str]] = {
        "open": ["I-3", "I-2"],
        "on_call": ["I-2"],
        "wrap_up": ["I-3"],
        "closed": ["I-4", "I-1"],
    }
    for state, keys in by_state.items():
        assert [key for key, _ in found(company, state=state)] == keys
    assert found(company, agent="ann") == [("I-2", "on_call"), ("I-1", "closed")]
    assert found(company, agent="ann", state="open") == [("I-2", "on_call")]
    assert found(company, customer="1001", state="open") == [("I-3", "wrap_up")]
    assert found(company, agent="nobody") == []


def test_they_are_listed_as_they_were_known_and_as_the_log_tells_them(
    company: Dossier, ask: Ask
) -> None:  # rules 0.3, 2.20
    then = now_known(company)
    before = found(company, known_at=then)
    close_interaction(company, ask(), interaction="I-2")
    start_interaction(company, ask(), interaction="I-5", customer="1001", agent="ann")
    assert found(company, known_at=then) == before
    assert found(company, known_at=then, state="open", agent="ann") == [("I-2", "on_call")]
    assert found(company, state="open", agent="ann") == [("I-5", "on_call")]
    for known_at in (then, now_known(company)):
        with reading(company, "interactions", known_at=known_at) as view:
            listed = interactions(view).items
        told = [interaction(company, one.interaction, known_at) for one in listed]
        assert listed == told
        assert all(isinstance(one, InteractionRead) for one in told)


def test_the_list_comes_in_pages(company: Dossier) -> None:
    with reading(company, "interactions") as view:
        keys, cursor = [], None
        while True:
            page = interactions(view, 1, cursor, customer="1001")
            keys += [one.interaction for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        with pytest.raises(InvalidError):
            interactions(view, cursor="nonsense")
    assert keys == ["I-4", "I-3", "I-1"]


def test_folding_in_any_batches_gives_the_same_rows(company: Dossier) -> None:
    one_by_one, uneven, at_once = in_any_batches(company, "interactions")
    assert one_by_one == uneven == at_once
    assert len(at_once["interactions"]) == 4

"""`Propagation`: its start, that it starts only once, and its counts at the end."""

from datetime import date

import pytest

from aggregates.effective import EffectiveDatesError
from aggregates.profile_class.commands import start_propagation
from aggregates.profile_class.profile_class import ApplyTo, ClassChange
from aggregates.profile_class.propagation import (
    MOST_RUNS,
    Propagation,
    PropagationNotFoundError,
    PropagationStartedError,
    TooManyRunsError,
    next_run,
)
from aggregates.use_case import Request
from profile_facts import class_changed, class_defined, propagation_finished, propagation_started, terms
from scenario import COMPANY, ORIGIN, TODAY, given, given_no, said, told

from .memory_store import MemoryStore

LIMIT = "amounts.USD.credit_limit"
FIRST = terms({"USD": {"credit_limit": "100"}})
SECOND = terms({"USD": {"credit_limit": "200"}})
APRIL = date(2026, 4, 1)
CLASS = (class_defined("LATE", FIRST), class_changed("LATE", SECOND, LIMIT, apply_to="unmodified"))
REQUEST = Request(ORIGIN, TODAY)


def test_a_propagation_starts_from_today_on_with_what_was_chosen() -> None:  # rules 2.15, 2.17
    store = MemoryStore(*CLASS)
    assert start_propagation(store, REQUEST, name="late", version=2).changed
    assert said(store.recorded) == said([propagation_started("LATE", apply_to="unmodified", run_date=TODAY)])


def test_a_propagation_knows_its_run_and_whose_it_is() -> None:  # rule 2.17
    run = Propagation.from_facts([propagation_started("LATE", run_date=APRIL, include_later=True)])
    assert (run.profile_class, run.applied_version, run.run_date, run.include_later, run.finished) == (
        "LATE",
        2,
        APRIL,
        True,
        False,
    )
    assert run.origin is not None
    assert run.origin.actor == "bob"


@pytest.mark.parametrize("name", ["LATE", "late"])
def test_a_class_version_is_not_run_while_a_run_is_under_way(name: str) -> None:  # rule 2.17
    store = MemoryStore(*CLASS, propagation_started("LATE", apply_to="unmodified"))
    with pytest.raises(PropagationStartedError, match=r"^Version 2 of LATE is being applied already\.$"):
        start_propagation(store, REQUEST, name=name, version=2)
    assert store.recorded == []


def test_a_class_version_may_be_run_again_once_a_run_has_finished() -> None:  # rule 2.17
    counts = {"changed": 3, "unchanged": 2, "skipped": 1}
    store = MemoryStore(
        *CLASS, propagation_started("LATE", apply_to="unmodified"), propagation_finished("LATE", **counts)
    )
    assert start_propagation(store, REQUEST, name="late", version=2, include_later=True).changed
    second = Propagation.key("LATE", 2, 2)
    [started] = store.recorded
    assert (started.originator_id, started.run) == (Propagation.id_of(COMPANY, second), 2)
    with pytest.raises(PropagationStartedError):
        start_propagation(store, REQUEST, name="LATE", version=2)
    run = store.load(Propagation, second)
    run.finish(ORIGIN, **counts)
    assert run.pending[0].run == 2


def test_the_runs_of_a_class_version_are_bounded() -> None:  # rule 2.17
    finished = told(propagation_started("LATE"), propagation_finished("LATE", changed=0, unchanged=0, skipped=0))
    change = ClassChange("LATE", 2, ApplyTo.ALL, {})
    assert next_run([finished] * (MOST_RUNS - 1), change) == MOST_RUNS
    with pytest.raises(TooManyRunsError, match=r"^Version 2 of LATE was applied 100 times\.$"):
        next_run([finished] * MOST_RUNS, change)


@pytest.mark.parametrize(("name", "version"), [("LATE", 1), ("LATE", 3), ("LATE", 9), ("PROMPT", 2)])
def test_a_version_that_is_for_new_profiles_only_is_not_propagated(name: str, version: int) -> None:  # rule 2.15
    store = MemoryStore(*CLASS, class_changed("LATE", FIRST, LIMIT, apply_to="new"))
    text = f"^Version {version} of {name} changes no existing profiles\\.$"
    with pytest.raises(PropagationNotFoundError, match=text):
        start_propagation(store, REQUEST, name=name, version=version)


def test_a_later_change_may_follow_an_older_one() -> None:  # rule 2.16
    store = MemoryStore(*CLASS, class_changed("LATE", FIRST, LIMIT, apply_to="all"))
    assert start_propagation(store, REQUEST, name="LATE", version=2).changed
    assert start_propagation(store, REQUEST, name="LATE", version=3).changed


def test_a_run_date_outside_the_years_is_refused() -> None:  # rule 0.2
    store = MemoryStore(*CLASS)
    with pytest.raises(EffectiveDatesError, match=r"^A date must lie in the years 0001 to 9998\.$") as refused:
        start_propagation(store, REQUEST, name="LATE", version=2, run_date=date(9999, 1, 1))
    assert (refused.value.field, store.recorded) == ("run_date", [])


def test_a_propagation_finishes_once_with_its_counts() -> None:  # rule 2.17
    counts = {"changed": 3, "unchanged": 2, "skipped": 1}
    started = propagation_started("LATE")
    given(started).when(lambda it: it.finish(ORIGIN, **counts)).then(propagation_finished("LATE", **counts))
    given(started, propagation_finished("LATE", **counts)).when(
        lambda it: it.finish(ORIGIN, changed=0, unchanged=0, skipped=0)
    ).then_nothing()


def test_the_change_that_is_applied_is_the_one_that_the_class_version_made() -> None:  # rule 2.16
    found = told(*CLASS)
    assert found.changes == {2: ClassChange("LATE", 2, ApplyTo.UNMODIFIED, {LIMIT: SECOND.values()[LIMIT]})}
    given_no(Propagation, Propagation.key("LATE", 2)).when(
        lambda it: it.start(ORIGIN, found.changes[2], APRIL, include_later=True)
    ).then(propagation_started("LATE", apply_to="unmodified", run_date=APRIL, include_later=True))
    assert Propagation.id_of(COMPANY, Propagation.key("Late", 2)) == Propagation.id_of(COMPANY, "late/2")

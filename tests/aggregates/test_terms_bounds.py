"""The limits on currencies and attributes of a class, a profile and the company, which keep every event small (rule 0.11)."""

from collections.abc import Iterable

import pytest

from aggregates.profile_class.terms import check_bounds
from aggregates.texts import Faults, TextError
from profile_facts import A7, account_assigned, account_opened, class_defined, days, profile, terms, told_by
from scenario import FROM_TODAY, ORIGIN, told

CODES = [f"{first}{second}X" for first in "ABCDEFGHIJK" for second in "ABCDE"][:51]
ONE_TOO_MANY = {f"amounts.{code}.credit_limit": 1 for code in CODES} | {f"attributes.k{n}": "x" for n in range(101)}


def faults_of(paths: Iterable[str], before: Iterable[str] = ()) -> list[tuple[str | None, str]]:
    faults = Faults()
    check_bounds(faults, paths, before)
    return [(fault.field, str(fault)) for fault in faults.errors]


def test_currencies_and_attributes_are_bounded_and_named_in_one_answer() -> None:  # rule 0.11
    assert faults_of(ONE_TOO_MANY) == [
        ("amounts", "At most 50 currencies, those that were taken away here included; this would make 51."),
        ("attributes", "At most 100 attributes, those that were taken away here included; this would make 101."),
    ]
    assert (
        faults_of(path for path in ONE_TOO_MANY if not path.startswith((f"amounts.{CODES[-1]}", "attributes.k100")))
        == []
    )


def test_what_was_larger_before_may_be_changed_and_made_smaller() -> None:  # rules 0.10, 0.11
    assert faults_of(ONE_TOO_MANY, ONE_TOO_MANY) == []
    assert [field for field, _ in faults_of({**ONE_TOO_MANY, "attributes.more": "x"}, ONE_TOO_MANY)] == ["attributes"]


@pytest.mark.parametrize("taken_away", [True, False])
def test_attributes_of_a_profile_are_bounded_however_they_come(taken_away: bool) -> None:  # rules 0.11, 2.8
    account = told(account_opened(), account_assigned(profile(told_by(A7, 2)), days("2026-01-01")))
    for number in range(100):
        account.update(ORIGIN, {f"attributes.k{number}": "x"}, FROM_TODAY)
        if taken_away:
            account.update(ORIGIN, {f"attributes.k{number}": None}, FROM_TODAY)
    recorded = account.pending
    with pytest.raises(TextError, match=r"^At most 100 attributes") as refused:
        account.update(ORIGIN, {"attributes.k100": "x"}, FROM_TODAY)
    assert (refused.value.field, account.pending) == ("attributes", recorded)
    account.update(ORIGIN, {"attributes.k99": "y"}, FROM_TODAY)


def test_overrides_that_are_kept_are_bounded_too() -> None:  # rules 0.11, 2.9
    account = told(account_opened(), account_assigned(profile(told_by(A7, 2)), days("2026-01-01")))
    account.update(ORIGIN, {f"attributes.k{number}": "x" for number in range(60)}, FROM_TODAY)
    large = told(class_defined("LATE", terms().changed({f"attributes.c{number}": "x" for number in range(60)})))
    with pytest.raises(TextError, match="At most 100 attributes"):
        account.assign(ORIGIN, large, FROM_TODAY, keep_overrides=True)
    account.assign(ORIGIN, large, FROM_TODAY)

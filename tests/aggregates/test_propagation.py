"""How a changed class is written into profiles: which profiles, from which day, which values, and never twice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from aggregates.account.propagating import LEFT_OUT, ONLY_LATER, Became, PropagationOutcome, WrittenValue
from aggregates.fact import Fact
from aggregates.profile_class.profile_class import ApplyTo, ClassChange
from profile_facts import (
    A7,
    S1,
    account_assigned,
    account_opened,
    account_propagated,
    account_updated,
    by_now,
    days,
    here,
    of_class,
    profile,
    site_assigned,
    site_created,
    site_ended,
    site_propagated,
    terms,
    told_by,
)
from scenario import ORIGIN, given, origin, told

LIMIT, RISK, RATING = "amounts.USD.credit_limit", "options.risk_code", "options.credit_rating"
FIRST = terms({"USD": {"credit_limit": "100"}}, risk_code="R1")
SECOND = terms({"USD": {"credit_limit": "200"}}, risk_code="R1")
APRIL = date(2026, 4, 1)
CHANGED = PropagationOutcome(Became.CHANGED)
UNCHANGED = PropagationOutcome(Became.UNCHANGED, "Has class version 2, or a later one, already.")
MODIFIED = PropagationOutcome(Became.SKIPPED, "Modified here.")


def change(apply_to: str = "all", version: int = 2, name: str = "LATE", **values: Any) -> ClassChange:
    """What a version of LATE changed; the second raised the credit limit to 200."""
    patch = {path.replace("__", "."): value for path, value in values.items()} or {LIMIT: SECOND.values()[LIMIT]}
    return ClassChange(name, version, ApplyTo(apply_to), patch)


def has_late(*more: Fact) -> tuple[Fact, ...]:
    """An account that has LATE at its first version from February on."""
    return (account_opened(), account_assigned(profile(told_by(A7, 2), FIRST, name="LATE"), days("2026-02-01")), *more)


def late(**changes: Any) -> Any:
    """The profile that LATE made, with something else."""
    return profile(told_by(A7, 2), changes.pop("of", FIRST), name="LATE", **{"assigned": 1, **changes})


RISK_HERE = account_updated(
    late(of=terms({"USD": {"credit_limit": "100"}}, risk_code="R9"), marks={RISK: here(told_by(A7, 3))}),
    days("2026-02-01"),
)
LIMIT_HERE = account_updated(
    late(of=terms({"USD": {"credit_limit": "500"}}, risk_code="R1"), marks={LIMIT: here(told_by(A7, 3))}),
    days("2026-02-01"),
)


# Which values, from which day


def test_a_propagated_change_is_a_new_version_from_the_run_date_on() -> None:  # rule 2.16
    given(*has_late()).when(lambda it: it.propagate(ORIGIN, change(), APRIL)).then(
        account_propagated(
            late(of=SECOND, version=2, marks={LIMIT: of_class(by_now(A7, 3), 2)}), days("2026-04-01"), LIMIT
        )
    )


def test_the_old_version_ends_the_day_before_the_run_date() -> None:  # rule 2.16
    account = told(*has_late())
    assert account.propagate(ORIGIN, change(), APRIL) == CHANGED
    assert [(version.days, version.content.class_version) for version in account.profiles] == [
        (days("2026-02-01", "2026-03-31"), 1),
        (days("2026-04-01"), 2),
    ]


def test_only_what_changed_on_the_class_is_written() -> None:  # rule 2.16
    given(*has_late(RISK_HERE)).when(lambda it: it.propagate(ORIGIN, change(), APRIL)).then(
        account_propagated(
            late(
                of=terms({"USD": {"credit_limit": "200"}}, risk_code="R9"),
                version=2,
                marks={LIMIT: of_class(by_now(A7, 4), 2), RISK: here(told_by(A7, 3))},
            ),
            days("2026-04-01"),
            LIMIT,
        )
    )


def test_what_was_set_here_on_the_same_option_gives_way_to_the_class() -> None:  # rule 2.16
    given(*has_late(LIMIT_HERE)).when(lambda it: it.propagate(ORIGIN, change(), APRIL)).then(
        account_propagated(
            late(of=SECOND, version=2, marks={LIMIT: of_class(by_now(A7, 4), 2)}), days("2026-04-01"), LIMIT
        )
    )


def test_a_value_that_was_set_here_to_the_same_becomes_the_class_s() -> None:  # rules 2.7, 2.16
    already = account_updated(late(of=SECOND, marks={LIMIT: here(told_by(A7, 3))}), days("2026-02-01"))
    account = told(*has_late(already))
    assert account.propagate(ORIGIN, change(), APRIL) == CHANGED
    assert account.profiles.at(APRIL).set_here() == {}
    assert account.profiles.at(date(2026, 3, 31)).set_here().keys() == {LIMIT}


def test_what_the_class_took_away_is_taken_away() -> None:  # rule 2.16
    account = told(*has_late())
    account.propagate(ORIGIN, change(options__risk_code=None, options__credit_rating="C"), APRIL)
    assert account.profiles.at(APRIL).terms == terms({"USD": {"credit_limit": "100"}}, credit_rating="C")
    assert account.pending[0].changed == [RATING, RISK]


def test_the_run_date_may_lie_in_the_past() -> None:  # rules 0.4, 2.16
    account = told(*has_late())
    account.propagate(ORIGIN, change(), date(2026, 2, 10))
    assert [version.days for version in account.profiles] == [days("2026-02-01", "2026-02-09"), days("2026-02-10")]


def test_a_version_that_begins_on_the_run_date_is_replaced_whole() -> None:  # rule 2.16
    account = told(*has_late())
    account.propagate(ORIGIN, change(), date(2026, 2, 1))
    assert [(one.days, one.content.class_version) for one in account.profiles] == [(days("2026-02-01"), 2)]


def test_a_site_s_profile_is_propagated_to_like_an_account_s() -> None:  # rule 2.16
    assigned = site_assigned(profile(told_by(S1, 2), FIRST, name="LATE"), days("2026-02-01", "2026-06-30"))
    given(site_created(), assigned).when(lambda it: it.propagate(ORIGIN, change(), APRIL)).then(
        site_propagated(
            profile(
                told_by(S1, 2), SECOND, name="LATE", version=2, assigned=1, marks={LIMIT: of_class(by_now(S1, 3), 2)}
            ),
            days("2026-04-01", "2026-06-30"),
            LIMIT,
        )
    )


# Which profiles


@pytest.mark.parametrize("modified", [RISK_HERE, LIMIT_HERE], ids=["on another option", "on the same"])
def test_a_modified_profile_is_skipped_when_the_change_is_for_unmodified_ones(modified: Fact) -> None:  # rule 2.16
    account = told(*has_late(modified))
    assert account.propagate(ORIGIN, change("unmodified"), APRIL) == MODIFIED
    assert account.pending == ()


def test_an_unmodified_profile_takes_the_change_for_unmodified_ones() -> None:  # rule 2.16
    account = told(*has_late())
    assert account.propagate(ORIGIN, change("unmodified"), APRIL) == CHANGED
    assert account.profiles.at(APRIL).terms == SECOND


def test_a_profile_that_was_propagated_to_is_still_unmodified() -> None:  # rule 2.16
    account = told(*has_late())
    account.propagate(ORIGIN, change("all"), APRIL)
    third = change("unmodified", version=3, options__risk_code="R3")
    assert account.propagate(origin(because="third"), third, APRIL) == CHANGED
    assert account.profiles.at(APRIL).terms == terms({"USD": {"credit_limit": "200"}}, risk_code="R3")


def test_a_profile_that_was_modified_on_other_days_only_is_unmodified() -> None:  # rule 2.16
    march = account_updated(late(marks={RISK: here(told_by(A7, 3))}), days("2026-03-01", "2026-03-31"))
    assert told(*has_late(march)).propagate(ORIGIN, change("unmodified"), APRIL) == CHANGED


@pytest.mark.parametrize(
    ("facts", "run_date"),
    [
        (has_late(account_assigned(profile(told_by(A7, 3), name="PROMPT"), days("2026-04-01"))), APRIL),
        ((site_created(),), APRIL),
        (
            (
                site_created(),
                site_assigned(profile(told_by(S1, 2), name="LATE"), days("2026-02-01")),
                site_ended(APRIL),
            ),
            APRIL,
        ),
    ],
    ids=["another class", "a site without a profile", "an ended site profile"],
)
@pytest.mark.parametrize("include_later", [True, False])
def test_a_profile_of_which_the_class_is_not_in_force_is_skipped(
    facts: tuple[Fact, ...], run_date: date, include_later: bool
) -> None:  # rule 2.16
    holder = told(*facts)
    outcome = holder.propagate(ORIGIN, change(), run_date, include_later=include_later)
    assert outcome == PropagationOutcome(Became.SKIPPED, f"LATE is not in force on {run_date}.")
    assert holder.pending == ()


# Later-dated versions

PLANS = (
    account_updated(late(marks={RISK: here(told_by(A7, 3))}), days("2026-06-01", "2026-06-30")),
    account_assigned(profile(told_by(A7, 4), name="PROMPT"), days("2026-07-01", "2026-07-31")),
)


def test_later_dated_versions_are_left_alone_and_it_says_so() -> None:  # rule 2.16
    account = told(*has_late(*PLANS))
    before = account.profiles.within(days("2026-06-01"))
    outcome = account.propagate(ORIGIN, change(), APRIL)
    assert (outcome, outcome.later) == (PropagationOutcome(Became.CHANGED, LEFT_OUT), 2)
    assert account.profiles.within(days("2026-06-01")) == before
    assert account.profiles.at(date(2026, 5, 31)).class_version == 2


def test_later_dated_versions_of_the_class_are_changed_when_asked() -> None:  # rule 2.16
    account = told(*has_late(*PLANS))
    assert account.propagate(ORIGIN, change(), APRIL, include_later=True) == CHANGED
    shown = [
        (str(one.days.first), one.content.profile_class, one.content.class_version, sorted(one.content.set_here()))
        for one in account.profiles
    ]
    assert shown == [
        ("2026-02-01", "LATE", 1, []),
        ("2026-04-01", "LATE", 2, []),
        ("2026-06-01", "LATE", 2, [RISK]),
        ("2026-07-01", "PROMPT", 1, []),
        ("2026-08-01", "LATE", 2, []),
    ]
    assert len({fact.event_id for fact in account.pending}) == len(account.pending) == 3


def test_a_modified_later_version_is_left_alone_by_a_change_for_unmodified_ones() -> None:  # rule 2.16
    account = told(*has_late(*PLANS))
    partly = PropagationOutcome(Became.CHANGED, "1 of 3 versions skipped: Modified here.")
    assert account.propagate(ORIGIN, change("unmodified"), APRIL, include_later=True) == partly
    assert account.profiles.at(date(2026, 6, 1)).class_version == 1
    assert account.profiles.at(date(2026, 8, 1)).class_version == 2


def test_a_profile_that_gets_the_class_after_the_run_date_is_named_and_left_out() -> None:  # rule 2.16
    account = told(*has_late())
    outcome = account.propagate(ORIGIN, change(), date(2026, 1, 31))
    assert (outcome, outcome.later, account.pending) == (PropagationOutcome(Became.SKIPPED, ONLY_LATER), 1, ())


def test_a_profile_that_gets_the_class_after_the_run_date_is_changed_when_asked() -> None:  # rule 2.16
    account = told(*has_late())
    assert account.propagate(ORIGIN, change(), date(2026, 1, 31), include_later=True) == CHANGED
    assert [(one.days, one.content.class_version) for one in account.profiles] == [(days("2026-02-01"), 2)]


def test_what_gets_the_class_later_with_the_change_in_it_misses_nothing() -> None:  # rule 2.16
    assigned = account_assigned(profile(told_by(A7, 2), SECOND, name="LATE", version=2), days("2026-02-01"))
    assert told(account_opened(), assigned).propagate(ORIGIN, change(), date(2026, 1, 31)) == UNCHANGED


def test_a_further_run_writes_what_the_first_left_out_and_nothing_else() -> None:  # rules 2.16, 2.17
    account = told(*has_late(*PLANS))
    account.propagate(ORIGIN, change(), APRIL)
    first = account.pending
    again = origin(because="again")
    assert account.propagate(again, change(), APRIL, include_later=True) == CHANGED
    assert [fact.effective_from for fact in account.pending[len(first) :]] == [date(2026, 6, 1), date(2026, 8, 1)]
    assert {one.content.class_version for one in account.profiles.within(days("2026-04-01"))} == {1, 2}
    recorded = account.pending
    assert account.propagate(origin(because="third"), change(), APRIL, include_later=True) == UNCHANGED
    assert account.pending == recorded


# The report, value by value


def test_each_value_is_told_before_and_after_and_whether_it_was_set_here() -> None:  # rule 2.17
    account = told(*has_late(LIMIT_HERE, *PLANS[1:]))
    limit = LIMIT_HERE.profile.terms.values()[LIMIT]
    outcome = account.propagate(
        ORIGIN, change(amounts__USD__credit_limit=Decimal(200), options__risk_code=None), APRIL, include_later=True
    )
    here_by = account.profiles.at(date(2026, 2, 1)).mark(LIMIT).event_id
    assert outcome.written == tuple(
        value
        for on in (days("2026-04-01", "2026-06-30"), days("2026-08-01"))
        for value in (
            WrittenValue(on, LIMIT, limit, Decimal(200), here_by),
            WrittenValue(on, RISK, "R1", None, None),
        )
    )


# Never twice, and in the order of class versions


def test_an_older_change_undoes_nothing_of_a_later_one() -> None:  # rules 2.16, 2.17
    account = told(*has_late())
    back = FIRST.values()[LIMIT]
    assert account.propagate(ORIGIN, change(version=3, amounts__USD__credit_limit=back), APRIL) == CHANGED
    assert account.propagate(origin(because="late"), change(version=2), APRIL).became is Became.UNCHANGED
    in_force = account.profiles.at(APRIL)
    assert (in_force.terms.values()[LIMIT], in_force.class_version) == (back, 3)


def test_an_older_change_still_brings_what_no_later_one_was_about() -> None:  # rule 2.16
    account = told(*has_late())
    account.propagate(ORIGIN, change(version=3, options__risk_code="R3"), APRIL)
    assert account.propagate(origin(because="late"), change(version=2), APRIL) == CHANGED
    in_force = account.profiles.at(APRIL)
    assert [in_force.terms.values()[path] for path in (LIMIT, RISK)] == [SECOND.values()[LIMIT], "R3"]
    assert [in_force.mark(path).class_version for path in (LIMIT, RISK)] == [2, 3]


@pytest.mark.parametrize("include_later", [True, False])
def test_a_change_is_never_applied_twice_to_a_profile(include_later: bool) -> None:  # rule 2.17
    account = told(*has_late(*PLANS))
    account.propagate(ORIGIN, change(), APRIL, include_later=include_later)
    recorded = account.pending
    again = account.propagate(origin(because="again"), change(), APRIL, include_later=include_later)
    assert (again.became, account.pending) == (Became.UNCHANGED, recorded)
    assert again.reason == " ".join([UNCHANGED.reason, *([] if include_later else [LEFT_OUT])])


def test_a_profile_that_was_assigned_after_the_change_has_it_already() -> None:  # rule 2.16
    assigned = account_assigned(profile(told_by(A7, 2), SECOND, name="LATE", version=2), days("2026-02-01"))
    account = told(account_opened(), assigned)
    assert account.propagate(ORIGIN, change(), APRIL) == UNCHANGED


def test_what_was_set_here_after_the_change_was_written_stays() -> None:  # rules 2.8, 2.17
    account = told(*has_late())
    account.propagate(ORIGIN, change(), APRIL)
    account.update(origin(because="a clerk"), {LIMIT: None}, days("2026-04-01"))
    assert account.propagate(origin(because="again"), change(), APRIL) == UNCHANGED
    assert account.profiles.at(APRIL).set_here().keys() == {LIMIT}


def test_an_older_class_version_never_overwrites_a_newer_one() -> None:  # rule 2.16
    account = told(*has_late())
    newer = change(version=3, options__risk_code="R3", options__credit_rating="C")
    older = change(version=2, options__risk_code="R2", options__review_cycle="Yearly")
    account.propagate(origin(because="newer"), newer, APRIL)
    assert account.propagate(origin(because="older"), older, APRIL) == CHANGED
    content = account.profiles.at(APRIL)
    assert content.terms == terms(
        {"USD": {"credit_limit": "100"}}, risk_code="R3", credit_rating="C", review_cycle="Yearly"
    )
    assert (content.class_version, content.assigned_version) == (3, 1)
    assert {path: mark.class_version for path, mark in content.marks.items()} == {
        RISK: 3,
        RATING: 3,
        "options.review_cycle": 2,
    }


def test_one_change_applied_to_thousands_of_profiles_gives_each_its_own_terms() -> None:  # rule 2.16
    of_two_options = change(options__risk_code="R2", options__credit_rating=None)
    for number in range(5_000):
        content = late(of=terms({"USD": {"credit_limit": number}}, credit_rating="C" if number % 2 else None))
        after = content.propagated(of_two_options, told_by(A7, 3))
        assert after.terms == terms({"USD": {"credit_limit": number}}, risk_code="R2")
        assert after.marks.keys() == {RISK, RATING}

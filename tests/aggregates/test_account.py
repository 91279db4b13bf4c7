"""`Account` and what it shares with sites: opening, assigning, updating, and the origin of every value."""

from datetime import date, timedelta
from typing import Any

import pytest

from aggregates.account.account import Account, AccountExistsError, BeforeStartError
from aggregates.account.holder import MOST_STRETCHES, TooManyStretchesError
from aggregates.effective import FIRST_DAY, LAST_DAY, Days
from aggregates.fact import Origin
from aggregates.profile_class.options import Options
from aggregates.profile_class.profile_class import ClassInactiveError, ProfileClass
from aggregates.profile_class.terms import OptionRequiredError, Patch, read_patch
from aggregates.texts import Faults, TextError
from profile_facts import (
    A7,
    account_assigned,
    account_opened,
    account_updated,
    by_now,
    class_changed,
    class_defined,
    days,
    here,
    profile,
    terms,
    told_by,
)
from scenario import COMPANY, FROM_TODAY, LONG_AGO, ORIGIN, TODAY, given, given_no, origin, said, told

USD = {"credit_limit": "100", "minimum_receipt": "1"}
PLAIN = terms({"USD": USD}, risk_code="R1")
LATE = terms({"USD": {"credit_limit": "10"}}, credit_rating="C")
OPENED = (account_opened(), account_assigned(profile(told_by(A7, 2), PLAIN), Days(LONG_AGO)))


def default() -> ProfileClass:
    found: ProfileClass = told(class_defined("DEFAULT", PLAIN))
    return found


def late(version: int = 1, *, active: bool = True) -> ProfileClass:
    """The class of late payers, at this version."""
    changes = [class_changed("LATE", LATE) for _ in range(version - 1)]
    found: ProfileClass = told(class_defined("LATE", LATE, active=active), *changes)
    return found


def patch(**given: Any) -> Patch:
    """The patch of a raw input that is right."""
    faults = Faults()
    found = read_patch(faults, **given)
    faults.raise_any()
    return found


# Opening


def test_opening_an_account_assigns_default_from_its_start_on() -> None:  # rule 2.5
    start = date(2025, 7, 1)
    given_no(Account, "A-7").when(
        lambda it: it.open(ORIGIN, number=" A-7 ", customer="1001", start=start, default=default())
    ).then(account_opened(start), account_assigned(profile(by_now(A7, 2), PLAIN), Days(start)))


def test_an_account_is_opened_once() -> None:  # rule 0.6
    given(*OPENED).when(
        lambda it: it.open(ORIGIN, number="A-7", customer="1002", start=TODAY, default=default())
    ).then_refused(AccountExistsError, "Account A-7 is already open.", ("account",))


@pytest.mark.parametrize("number", ["", "A 7", "A/7", "-7", "x" * 31])
def test_an_account_number_has_1_to_30_letters_digits_or_hyphens(number: str) -> None:  # rule 0.6
    text = "The account number must have 1 to 30 letters, digits or hyphens."
    given_no(Account, "A-7").when(
        lambda it: it.open(ORIGIN, number=number, customer="1001", start=TODAY, default=default())
    ).then_refused(TextError, text, ("account",))


@pytest.mark.parametrize("start", [FIRST_DAY, LAST_DAY])
def test_an_account_has_a_profile_on_every_day_from_its_start(start: date) -> None:  # rule 2.12
    account = Account.new(COMPANY, "A-7")
    account.open(ORIGIN, number="A-7", customer="1001", start=start, default=default())
    assert account.profiles.covers(Days(start))
    assert account.profile(start) == account.profile(LAST_DAY)
    assert (account.profile(date(2020, 1, 1)) is None) is (start > date(2020, 1, 1))


def test_an_account_has_no_days_before_its_start() -> None:  # rule 2.12
    account = told(account_opened(TODAY))
    account.check_start(TODAY)
    with pytest.raises(BeforeStartError, match=r"^Account A-7 starts on 2026-03-10\.$") as refused:
        account.check_start(date(2026, 3, 9))
    assert refused.value.field == "effective_from"


# Assigning


def test_an_assigned_profile_is_a_copy_of_the_class_as_it_is_now() -> None:  # rule 2.7
    given(*OPENED).when(lambda it: it.assign(ORIGIN, late(version=3), FROM_TODAY)).then(
        account_assigned(profile(by_now(A7, 3), LATE, name="LATE", version=3))
    )


def test_a_later_change_of_the_class_does_not_touch_the_copy() -> None:  # rules 2.7, 2.15
    account, found = told(*OPENED), late()
    account.assign(ORIGIN, found, FROM_TODAY)
    found.change(ORIGIN, options={"credit_rating": "D"}, apply_to="new")
    assert account.profiles.at(TODAY).terms == LATE
    assert account.profiles.at(TODAY).class_version == 1


def test_every_value_of_a_copy_has_the_class_as_its_origin() -> None:  # rule 2.7
    account = told(*OPENED)
    content = account.profiles.at(TODAY)
    marks = {path: content.mark(path) for path in content.terms.values()}
    assert {(mark.origin, mark.class_version, mark.event_id) for mark in marks.values()} == {
        ("class", 1, told_by(A7, 2))
    }
    assert content.set_here() == {}


def test_assigning_a_deactivated_class_is_refused() -> None:  # rule 2.19
    given(*OPENED).when(lambda it: it.assign(ORIGIN, late(active=False), FROM_TODAY)).then_refused(
        ClassInactiveError, "Profile class LATE is not active.", ("profile_class",)
    )


def test_a_version_in_force_outlives_the_deactivation_of_its_class() -> None:  # rule 2.19
    account, found = told(*OPENED), late()
    account.assign(ORIGIN, found, FROM_TODAY)
    found.change(ORIGIN, active=False)
    account.update(ORIGIN, patch(options={"risk_code": "R2"}), FROM_TODAY)
    assert (account.profiles.at(TODAY).profile_class, account.profiles.at(TODAY).terms.options.risk_code) == (
        "LATE",
        "R2",
    )


def test_assigning_resets_every_option_and_amount_to_the_new_class() -> None:  # rule 2.9
    changed = profile(
        told_by(A7, 2),
        terms({"USD": USD, "EUR": {"credit_limit": "5"}}, {"region": "north"}, risk_code="R9"),
        marks=dict.fromkeys(
            ("amounts.EUR.credit_limit", "attributes.region", "options.risk_code"), here(told_by(A7, 3))
        ),
    )
    given(*OPENED, account_updated(changed, Days(LONG_AGO))).when(
        lambda it: it.assign(ORIGIN, late(), FROM_TODAY)
    ).then(account_assigned(profile(by_now(A7, 4), LATE, name="LATE")))


def test_overrides_live_on_when_the_command_says_so() -> None:  # rule 2.9
    marks = dict.fromkeys(
        ("amounts.USD.minimum_receipt", "attributes.region", "options.risk_code"), here(told_by(A7, 3))
    )
    changed = profile(
        told_by(A7, 2), terms({"USD": {"credit_limit": "100"}}, {"region": "north"}, risk_code="R9"), marks=marks
    )
    kept = profile(
        by_now(A7, 4),
        terms({"USD": {"credit_limit": "10"}}, {"region": "north"}, risk_code="R9", credit_rating="C"),
        name="LATE",
        version=2,
        marks=dict.fromkeys(marks, here(told_by(A7, 3), version=2)),
    )
    given(*OPENED, account_updated(changed, Days(LONG_AGO))).when(
        lambda it: it.assign(ORIGIN, late(version=2), FROM_TODAY, keep_overrides=True)
    ).then(account_assigned(kept, kept_overrides=True))


def test_what_was_set_here_to_nothing_is_kept_as_nothing() -> None:  # rule 2.9
    changed = profile(told_by(A7, 2), terms({"USD": USD}), marks={"options.risk_code": here(told_by(A7, 3))})
    account = told(*OPENED, account_updated(changed, Days(LONG_AGO)))
    account.assign(ORIGIN, default(), FROM_TODAY, keep_overrides=True)
    assert account.pending == ()
    account.assign(ORIGIN, default(), FROM_TODAY)
    assert account.profiles.at(TODAY).terms == PLAIN


def test_a_class_version_that_changed_nothing_of_the_terms_is_a_change_when_assigned() -> None:  # rule 2.1
    account = told(*OPENED)
    account.assign(ORIGIN, late(), FROM_TODAY)
    account.assign(ORIGIN, late(version=2), FROM_TODAY)
    assert [fact.profile.class_version for fact in account.pending] == [1, 2]


# Updating


def test_an_update_changes_this_account_only_and_marks_what_it_set() -> None:  # rules 2.7, 2.8
    found = default()
    given(*OPENED).when(
        lambda it: it.update(
            ORIGIN,
            patch(options={"risk_code": "R2"}, amounts={"EUR": {"interest": {"rate": "4.25"}}}),
            days("2026-04-01", "2026-04-30"),
        )
    ).then(
        account_updated(
            profile(
                told_by(A7, 2),
                terms({"USD": USD, "EUR": {"interest": {"rate": "4.25"}}}, risk_code="R2"),
                marks=dict.fromkeys(("amounts.EUR.interest", "options.risk_code"), here(by_now(A7, 3))),
            ),
            days("2026-04-01", "2026-04-30"),
            "amounts.EUR.interest",
            "options.risk_code",
        )
    )
    assert (found.version, found.terms, found.pending) == (1, PLAIN, ())


def test_an_option_and_an_amount_row_can_be_taken_away_here() -> None:  # rules 2.8, 2.14
    given(*OPENED).when(
        lambda it: it.update(ORIGIN, patch(options={"risk_code": None}, amounts={"USD": None}), FROM_TODAY)
    ).then(
        account_updated(
            profile(
                told_by(A7, 2),
                terms(),
                marks=dict.fromkeys(
                    ("amounts.USD.credit_limit", "amounts.USD.minimum_receipt", "options.risk_code"),
                    here(by_now(A7, 3)),
                ),
            ),
            None,
            "amounts.USD.credit_limit",
            "amounts.USD.minimum_receipt",
            "options.risk_code",
        )
    )


@pytest.mark.parametrize("option", ["collector", "allow_discount"])
def test_a_required_option_cannot_be_taken_away_here(option: str) -> None:  # rule 2.3
    label = {"collector": "Collector", "allow_discount": "Allow discount"}[option]
    given(*OPENED).when(lambda it: it.update(ORIGIN, patch(options={option: None}), FROM_TODAY)).then_refused(
        OptionRequiredError, f"{label} must be set.", (f"options.{option}",)
    )


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"options": {"risk_code": " R1 "}},
        {"options": {"credit_rating": None}},
        {"amounts": {"USD": {"credit_limit": "100.00"}, "EUR": None}},
    ],
)
@pytest.mark.parametrize("on", [FROM_TODAY, days("2026-04-01", "2026-04-30")], ids=["open-ended", "a month"])
def test_an_update_to_what_holds_already_records_nothing(change: Any, on: Days) -> None:  # rule 0.5
    given(*OPENED).when(lambda it: it.update(ORIGIN, patch(**change), on)).then_nothing()


def test_an_update_is_one_fact_for_each_class_in_its_range() -> None:  # rule 2.21
    summer = account_assigned(profile(told_by(A7, 3), name="LATE", version=4), days("2026-06-01", "2026-08-31"))
    account = told(*OPENED, summer)
    account.update(ORIGIN, patch(options={"credit_rating": "B"}), days("2026-05-01", "2026-06-30"))
    shown = [
        (fact.effective_from, fact.effective_to, fact.profile.profile_class, fact.profile.class_version, fact.changed)
        for fact in account.pending
    ]
    assert shown == [
        (date(2026, 5, 1), date(2026, 5, 31), "DEFAULT", 1, ["options.credit_rating"]),
        (date(2026, 6, 1), date(2026, 6, 30), "LATE", 4, ["options.credit_rating"]),
    ]
    assert [fact.event_id for fact in account.pending] == [by_now(A7, 4), by_now(A7, 5)]
    assert [fact.profile.mark("options.credit_rating").event_id for fact in account.pending] == [
        by_now(A7, 4),
        by_now(A7, 5),
    ]


def test_a_required_option_is_looked_for_in_every_stretch() -> None:  # rules 0.6, 2.3, 2.21
    without = terms().model_copy(update={"options": Options(allow_discount=True)})
    summer = account_assigned(profile(told_by(A7, 3), without, name="LATE"), days("2026-06-01", "2026-08-31"))
    given(*OPENED, summer).when(
        lambda it: it.update(ORIGIN, patch(options={"credit_rating": "B"}), FROM_TODAY)
    ).then_refused(OptionRequiredError, "Collector must be set.", ("options.collector",))


def test_a_change_of_details_is_bounded_in_its_stretches() -> None:  # rules 0.11, 2.21
    account = told(*OPENED)
    first = days("2026-04-01").first
    for number in range(MOST_STRETCHES):
        day = first + timedelta(number)
        name = late() if number % 2 else default()
        account.assign(origin(because=str(number)), name, Days(day, day))
    recorded = len(account.pending)
    with pytest.raises(TooManyStretchesError, match=r"^More than 1000 versions are in force"):
        account.update(ORIGIN, patch(options={"credit_rating": "B"}), Days(first))
    account.update(ORIGIN, patch(options={"credit_rating": "B"}), Days(first, first + timedelta(MOST_STRETCHES - 1)))
    assert len(account.pending) == recorded + MOST_STRETCHES


def test_a_second_update_leaves_the_mark_of_what_it_does_not_change() -> None:  # rule 2.7
    account = told(*OPENED)
    first, second = origin(because="first"), origin(because="second")
    account.update(first, patch(options={"risk_code": "R2"}), FROM_TODAY)
    account.update(second, patch(options={"risk_code": "R2", "credit_rating": "B"}), FROM_TODAY)
    facts = account.pending
    assert {path: mark.event_id for path, mark in account.profiles.at(TODAY).marks.items()} == {
        "options.risk_code": facts[0].event_id,
        "options.credit_rating": facts[1].event_id,
    }
    assert facts[1].changed == ["options.credit_rating"]


# By replay


def test_an_account_that_was_replayed_decides_like_the_one_that_lived() -> None:  # rule 2.20
    def next_month(account: Account, who: Origin) -> None:
        account.assign(who, late(), days("2026-04-01"), keep_overrides=True)

    lived = Account.new(COMPANY, "A-7")
    lived.open(ORIGIN, number="A-7", customer="1001", start=LONG_AGO, default=default())
    lived.update(ORIGIN, patch(options={"risk_code": "R2"}), FROM_TODAY)
    replayed = Account.from_facts(lived.pending)
    next_month(lived, ORIGIN)
    next_month(replayed, ORIGIN)
    assert said(replayed.pending) == said(lived.pending[-1:])
    assert replayed.profiles == lived.profiles

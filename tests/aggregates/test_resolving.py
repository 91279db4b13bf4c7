"""Which value applies to a transaction: the site's, else the account's, else the company's, else none; and why."""

from datetime import date
from typing import Any

import pytest

from aggregates.account.account import Account
from aggregates.account.resolving import Resolved, resolve
from aggregates.account.site import Site
from aggregates.fact import Fact
from aggregates.setup.system_options import SystemOptions, SystemValues
from profile_facts import (
    A7,
    S1,
    account_assigned,
    account_opened,
    account_updated,
    bare,
    by_now,
    days,
    here,
    of_class,
    profile,
    site_assigned,
    site_created,
    site_ended,
    system_options_changed,
    terms,
    told_by,
)
from scenario import COMPANY, FROM_TODAY, ORIGIN, TODAY, given, given_no, origin, told

OPTIONS = SystemOptions.id_of(COMPANY, COMPANY)
LIMIT, RISK, RATING = "amounts.USD.credit_limit", "options.risk_code", "options.credit_rating"
MARCH = days("2026-03-01", "2026-03-31")

OF_ACCOUNT = profile(told_by(A7, 2), terms({"USD": {"credit_limit": "100"}}, risk_code="R1"))
OF_SITE = profile(
    told_by(S1, 2),
    terms({"CHF": {"interest": {"rate": "4.25"}}}, risk_code="R7", collector="CH-1"),
    name="LATE",
    version=3,
    assigned=2,
    marks={"amounts.CHF.interest": here(told_by(S1, 3), 2), "options.collector": of_class(told_by(S1, 4), 3)},
)
ACCOUNT = (account_opened(), account_assigned(OF_ACCOUNT, days("2020-01-01")))
SITE = (site_created(), site_assigned(OF_SITE, MARCH))
SYSTEM = (
    system_options_changed(
        bare({"risk_code": "R0", "credit_rating": "S"}, {"CHF": {"credit_limit": "1"}}, {"region": "all"}),
        {"options.risk_code": told_by(OPTIONS, 1), "options.credit_rating": told_by(OPTIONS, 1)},
        days("2026-01-01"),
    ),
)


def applies(
    day: date = TODAY,
    *,
    site: tuple[Fact, ...] = (),
    account: tuple[Fact, ...] = (),
    system: tuple[Fact, ...] = (),
) -> dict[str, Resolved]:
    """What applies to a transaction of this day, from facts of each level."""
    of_site: Site | None = told(*site) if site else None
    of_account: Account | None = told(*account) if account else None
    of_company: SystemOptions | None = told(*system) if system else None
    return resolve(
        None if of_site is None else of_site.profiles.at(day),
        None if of_account is None else of_account.profiles.at(day),
        None if of_company is None else of_company.values.at(day),
    )


def level_of(found: dict[str, Resolved], path: str) -> tuple[str, str] | None:
    """The level and the value of one path, `None` where it is not set."""
    one = found.get(path)
    return None if one is None else (one.level.value, str(one.value))


EVERYWHERE: dict[str, Any] = {"site": SITE, "account": ACCOUNT, "system": SYSTEM}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((), None),
        (("system",), ("system", "R0")),
        (("account",), ("account", "R1")),
        (("account", "system"), ("account", "R1")),
        (("site",), ("site", "R7")),
        (("site", "system"), ("site", "R7")),
        (("site", "account"), ("site", "R7")),
        (("site", "account", "system"), ("site", "R7")),
    ],
)
def test_the_site_wins_over_the_account_and_the_account_over_the_company(
    levels: tuple[str, ...], expected: tuple[str, str] | None
) -> None:  # rule 2.13
    found = applies(**{level: EVERYWHERE[level] for level in levels})
    assert level_of(found, RISK) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("options.collector", ("site", "CH-1")),
        (RISK, ("site", "R7")),
        ("amounts.CHF.interest", ("site", "amount=None rate=Decimal('4.25')")),
        (LIMIT, ("account", "100")),
        (RATING, ("system", "S")),
        ("amounts.CHF.credit_limit", ("system", "1")),
        ("attributes.region", ("system", "all")),
        ("options.statement_cycle", None),
    ],
)
def test_every_value_is_resolved_for_itself(path: str, expected: tuple[str, str] | None) -> None:  # rule 2.13
    assert level_of(applies(**EVERYWHERE), path) == expected


@pytest.mark.parametrize(
    ("day", "level"),
    [
        (date(2026, 2, 28), "account"),
        (date(2026, 3, 1), "site"),
        (date(2026, 3, 31), "site"),
        (date(2026, 4, 1), "account"),
        (date(2019, 12, 31), None),
    ],
)
def test_the_date_of_the_transaction_determines_which_profile_applies(day: date, level: str | None) -> None:
    # rule 2.13
    found = applies(day, site=SITE, account=ACCOUNT)
    assert (level_of(found, RISK) or (None,))[0] == level


def test_a_site_that_was_end_dated_falls_back_to_its_account() -> None:  # rule 2.14
    ended = (*SITE, site_ended(date(2026, 3, 10)))
    assert level_of(applies(date(2026, 3, 9), site=ended, account=ACCOUNT), RISK) == ("site", "R7")
    assert applies(date(2026, 3, 10), site=ended, account=ACCOUNT) == applies(date(2026, 3, 10), account=ACCOUNT)


def test_a_site_that_never_had_a_profile_falls_back_to_its_account() -> None:  # rule 2.14
    assert applies(site=(site_created(),), account=ACCOUNT) == applies(account=ACCOUNT)


def test_a_value_that_was_taken_away_on_the_site_falls_back_to_the_account() -> None:  # rules 2.13, 2.14
    taken = OF_SITE.updated({RISK: None}, told_by(S1, 3))
    site = (site_created(), site_assigned(taken, MARCH))
    assert level_of(applies(site=site, account=ACCOUNT), RISK) == ("account", "R1")


# The explanation


def test_each_value_names_its_level_class_version_and_event() -> None:  # rule 2.13
    found = applies(**EVERYWHERE)
    told = {
        path: (one.level.value, one.origin, one.profile_class, one.class_version, one.event_id)
        for path, one in found.items()
    }
    assert told[RISK] == ("site", "class", "LATE", 2, told_by(S1, 2))
    assert told["amounts.CHF.interest"] == ("site", "here", "LATE", 2, told_by(S1, 3))
    assert told["options.collector"] == ("site", "class", "LATE", 3, told_by(S1, 4))
    assert told[LIMIT] == ("account", "class", "DEFAULT", 1, told_by(A7, 2))
    assert told[RATING] == ("system", None, None, None, told_by(OPTIONS, 1))


def test_a_value_set_here_names_the_event_that_set_it() -> None:  # rules 2.7, 2.13
    account = told(*ACCOUNT)
    account.update(ORIGIN, {LIMIT: None, RISK: "R2"}, FROM_TODAY)
    assert resolve(None, account.profiles.at(TODAY), None)[RISK].event_id == by_now(A7, 3)
    later = account_updated(account.profiles.at(TODAY), FROM_TODAY, LIMIT, RISK)
    assert applies(account=(*ACCOUNT, later))[RISK].event_id == by_now(A7, 3)


def test_replaying_the_facts_gives_the_same_answer_as_living_through_them() -> None:  # rule 2.20
    account, options = told(*ACCOUNT), told(*SYSTEM)
    account.update(ORIGIN, {RISK: "R2"}, MARCH)
    options.change(ORIGIN, {RATING: "T"}, MARCH)
    for day in (date(2026, 2, 28), TODAY, date(2026, 4, 1)):
        lived = resolve(None, account.profiles.at(day), options.values.at(day))
        replayed_account = Account.from_facts([*given(*ACCOUNT).before, *account.pending])
        replayed_options = SystemOptions.from_facts([*given(*SYSTEM).before, *options.pending])
        assert resolve(None, replayed_account.profiles.at(day), replayed_options.values.at(day)) == lived


# System options


def test_the_company_says_what_holds_where_no_one_else_does() -> None:  # rule 2.13
    given_no(SystemOptions, COMPANY).when(
        lambda it: it.change(ORIGIN, {RISK: "R0", "attributes.region": "all"}, FROM_TODAY)
    ).then(
        system_options_changed(
            bare({"risk_code": "R0"}, attributes={"region": "all"}),
            dict.fromkeys(("attributes.region", RISK), by_now(OPTIONS, 1)),
        )
    )


def test_each_system_option_keeps_the_event_that_set_it() -> None:  # rule 2.13
    given(*SYSTEM).when(lambda it: it.change(ORIGIN, {RISK: "R9", RATING: None}, MARCH)).then(
        system_options_changed(
            bare({"risk_code": "R9"}, {"CHF": {"credit_limit": "1"}}, {"region": "all"}),
            {RISK: by_now(OPTIONS, 2)},
            MARCH,
            changed=[RATING, RISK],
        )
    )


def test_system_options_have_effective_dates() -> None:  # rules 0.4, 2.11
    options = told(*SYSTEM)
    options.change(ORIGIN, {RISK: "R9"}, MARCH)
    shown = [(version.days, version.content.terms.options.risk_code) for version in options.values]
    assert shown == [
        (days("2026-01-01", "2026-02-28"), "R0"),
        (MARCH, "R9"),
        (days("2026-04-01"), "R0"),
    ]


def test_system_options_may_keep_what_is_later_dated() -> None:  # rule 2.11
    options = told(*SYSTEM)
    options.change(ORIGIN, {RISK: "R9"}, days("2026-05-01"))
    options.change(origin(because="then"), {RISK: "R5"}, MARCH.since(TODAY), keep_later=True)
    options.change(origin(because="last"), {RISK: "R6"}, days("2026-04-10"), keep_later=True)
    assert [version.content.terms.options.risk_code for version in options.values] == ["R0", "R5", "R0", "R6", "R9"]


def test_a_change_of_one_system_option_leaves_what_is_planned_for_another() -> None:  # rules 2.13, 2.21
    options = told(*SYSTEM)
    options.change(ORIGIN, {RATING: "B"}, days("2026-05-01", "2026-05-31"))
    options.change(origin(because="then"), {RISK: "R9"}, days("2025-12-01"))
    shown = [
        (version.days, version.content.terms.options.risk_code, version.content.terms.options.credit_rating)
        for version in options.values
    ]
    assert shown == [
        (days("2025-12-01", "2025-12-31"), "R9", None),
        (days("2026-01-01", "2026-04-30"), "R9", "S"),
        (days("2026-05-01", "2026-05-31"), "R9", "B"),
        (days("2026-06-01"), "R9", "S"),
    ]
    assert [version.content.set_by[RISK] for version in options.values] == [one.event_id for one in options.pending[1:]]


def test_a_system_option_that_holds_already_records_nothing() -> None:  # rule 0.5
    given(*SYSTEM).when(lambda it: it.change(ORIGIN, {RISK: "R0"}, FROM_TODAY)).then_nothing()
    given_no(SystemOptions, COMPANY).when(lambda it: it.change(ORIGIN, {RISK: None}, FROM_TODAY)).then_nothing()


def test_system_values_without_an_event_are_resolved_all_the_same() -> None:  # rule 2.13
    found = resolve(None, None, SystemValues(bare({"risk_code": "R0"}), {}))
    assert (found[RISK].value, found[RISK].event_id) == ("R0", None)

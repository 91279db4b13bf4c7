"""Accounts, sites and their profiles, from the read model and from the log (rules 2.5-2.20)."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import psycopg
import pytest

from aggregates.account import commands as accounts_of
from aggregates.account.account import Account
from aggregates.account.place import Place
from aggregates.clocks import AsOf
from aggregates.customer.commands import merge_customers, register_customer, unmerge_customers
from aggregates.effective import When
from aggregates.errors import InvalidError
from aggregates.profile_class import commands as classes
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from conftest import TODAY
from projections.accounts.fold import AccountsProjection
from projections.accounts.queries import (
    account,
    accounts,
    profile,
    profiles_of_class,
    resolution,
    site,
    sites,
    system_options,
)
from projections.accounts.replay import replay_profile, replay_resolution
from projections.answers.profile_history import profile_diff, profile_history
from projections.engine.rebuild import rebuild
from projections.history.filters import Filters
from projections.history.models import InForce
from projections.history.queries import history
from store.application import Dossier

from .fold import in_any_batches, now_known, reading

Ask = Callable[..., Request]
START = date(2026, 1, 1)
JULY = date(2026, 7, 1)
A7, S1 = Place("A-7"), Place("A-7", "S-1")


@pytest.fixture
def company(dossier: Dossier, ask: Ask) -> Dossier:
    """Account A-7 of customer 1001 with sites S-1 and S-2, and the class Late beside DEFAULT."""
    classes.found_company(dossier, ask())
    register_customer(dossier, ask(), number="1001", name="Ada Byron")
    classes.define_class(
        dossier,
        ask(),
        name="Late",
        description="Pays late",
        options={"collector": "EU-1", "allow_discount": False},
        amounts={"EUR": {"credit_limit": "100.00", "interest": {"rate": "1.5"}}, "USD": {"credit_limit": "90"}},
    )
    accounts_of.open_account(dossier, ask(), account="A-7", customer="1001", start=START)
    for number in ("S-1", "S-2"):
        accounts_of.create_site(dossier, ask(), account="A-7", site=number)
    return dossier


def assign(company: Dossier, request: Request, place: Place, first: date, last: date | None = None) -> None:
    accounts_of.assign_class(company, request, place, profile_class="late", when=When(first, last))


def test_accounts_and_sites_are_told_as_known_then(company: Dossier, ask: Ask) -> None:
    # rules 0.3, 2.5, 2.6
    then = now_known(company)
    register_customer(company, ask(), number="1002", name="Bob Ray")
    accounts_of.open_account(company, ask(), account="A-8", customer="1002", start=START)
    assign(company, ask(), S1, START)
    with reading(company, "accounts") as view:
        found = account(view, "A-7")
        assert found is not None
        assert (found.customer, found.start, found.version) == ("1001", START, 2)
        assert account(view, "A-9") is account(view, "A\0") is site(view, "A-8", "S-1") is None
        page = accounts(view, 1)
        following = accounts(view, 1, page.next_cursor)
        assert [one.account for one in (*page.items, *following.items)] == ["A-7", "A-8"]
        assert following.next_cursor is None
        assert [one.account for one in accounts(view, customer="1002").items] == ["A-8"]
        assert accounts(view, customer="1\0").items == []
        assert [(one.site, one.version, one.has_profile) for one in sites(view, "A-7").items] == [
            ("S-1", 2, True),
            ("S-2", 1, False),
        ]
        assert sites(view, "A-8").items == []
        with pytest.raises(InvalidError):
            accounts(view, 0)
    with reading(company, "accounts", known_at=then) as view:
        assert [one.account for one in accounts(view).items] == ["A-7"]
        one = site(view, "A-7", "S-1")
        assert one is not None
        assert (one.version, one.has_profile) == (1, False)


def test_the_accounts_of_a_survivor_are_those_of_whoever_was_merged_into_it_too(company: Dossier, ask: Ask) -> None:
    # rules 6.1, 0.3
    for customer, number in (("1002", "A-1"), ("1002", "A-8"), ("1003", "A-5"), ("1004", "A-6")):
        if number != "A-8":
            register_customer(company, ask(), number=customer, name=customer)
        accounts_of.open_account(company, ask(), account=number, customer=customer, start=START)
    steps = [(merge_customers, "1002", "1003"), (merge_customers, "1001", "1002"), (unmerge_customers, "1001", "1002")]
    own = {"1001": ["A-7"], "1002": ["A-1", "A-8"], "1003": ["A-5"], "1004": ["A-6"]}
    two = own | {"1002": ["A-1", "A-5", "A-8"]}
    three = two | {"1001": ["A-1", "A-5", "A-7", "A-8"]}
    known = [now_known(company)]
    for verb, number, other in steps:
        verb(company, ask(), number=number, other=other)
        known.append(now_known(company))
    for instant, expected in zip(known, (own, two, three, two), strict=True):
        with reading(company, "accounts", known_at=instant) as view:
            found = {number: accounts(view, customer=number).items for number in own}
        assert {number: [one.account for one in items] for number, items in found.items()} == expected
        opened_under = {(one.account, one.customer) for items in found.values() for one in items}
        assert opened_under == {(account, number) for number in own for account in own[number]}
    with reading(company, "accounts", known_at=known[2]) as view:
        page = accounts(view, 3, customer="1001")
        assert [one.account for one in accounts(view, 3, page.next_cursor, customer="1001").items] == ["A-8"]


def test_a_new_account_has_default_and_a_new_site_has_nothing(company: Dossier) -> None:
    # rules 2.5, 2.6, 2.12
    with reading(company, "accounts") as view:
        found = profile(view, A7)
        assert found is not None
        assert (found.profile_class, found.effective_from, found.effective_to) == ("DEFAULT", START, None)
        assert found.options == {"collector": "DEFAULT", "tolerance_percent": "0", "allow_discount": True}
        assert profile(view, S1) is None
        assert profile(view.at(AsOf(START - timedelta(1))), A7) is None


def test_a_profile_tells_what_was_set_here_and_explains_each_value(company: Dossier, ask: Ask) -> None:
    # rules 2.7, 2.8
    assign(company, ask(), S1, START)
    amounts = {"EUR": {"credit_limit": "5"}, "USD": None}
    accounts_of.update_profile(company, ask(), S1, amounts=amounts, attributes={"region": "north"}, when=When(JULY))
    with reading(company, "accounts") as view:
        found = profile(view, S1, explain=True)
        before = profile(view.at(AsOf(JULY - timedelta(1))), S1)
    assert found is not None
    assert before is not None
    assert (before.effective_from, before.effective_to) == (START, JULY - timedelta(1))
    assert (found.effective_from, found.version) == (JULY, 3)
    assert found.amounts == {"EUR": {"credit_limit": "5", "interest": {"rate": "1.5"}}}
    assert found.attributes == {"region": "north"}
    assert found.set_here == ["amounts.EUR.credit_limit", "amounts.USD.credit_limit", "attributes.region"]
    assert found.explain is not None
    here, copied = found.explain["amounts.EUR.credit_limit"], found.explain["amounts.EUR.interest"]
    assert (here.value, here.level, here.origin, here.event_id) == ("5", "site", "here", found.event_id)
    assert (copied.value, copied.origin, copied.event_id) == ({"rate": "1.5"}, "class", before.event_id)
    assert (copied.profile_class, copied.class_version) == ("Late", 1)


def test_resolution_takes_each_value_from_the_nearest_level_that_sets_it(company: Dossier, ask: Ask) -> None:
    # rules 2.13, 2.14
    options = {"collector": "SYS", "payment_terms": "N30", "risk_code": "R"}
    setup.change_system_options(company, ask(), options=options, when=When(START))
    accounts_of.update_profile(
        company, ask(), A7, options={"payment_terms": "N60", "credit_hold": True}, when=When(START)
    )
    assign(company, ask(), S1, JULY, TODAY)
    with reading(company, "accounts") as view:
        found = resolution(view, "A-7", "S-1", "eur")
        after = resolution(view.at(AsOf(TODAY + timedelta(1))), "A-7", "S-1")
        assert resolution(view, "A-9") is resolution(view, "A-7", "S-9") is None
        with pytest.raises(InvalidError, match="ISO 4217"):
            resolution(view, "A-7", None, "EURO")
        retired = resolution(view, "A-7", None, "bgn")
    assert found is not None
    assert after is not None
    assert retired is not None
    assert (retired.currency, retired.amounts) == ("BGN", {})  # rule 0.10
    told = {name: (one.value, one.level) for name, one in found.options.items()}
    assert told["collector"] == ("EU-1", "site")
    assert (told["payment_terms"], told["credit_hold"]) == (("N60", "account"), (True, "account"))
    assert told["risk_code"] == ("R", "system")
    assert "review_cycle" not in told
    assert found.applies.site is not None
    assert (found.applies.site.effective_from, found.applies.site.effective_to) == (JULY, TODAY)
    assert (found.currency, list(found.amounts)) == ("EUR", ["EUR"])
    assert after.applies.site is None
    assert (after.options["collector"].level, after.amounts) == ("account", {})
    assert (found.options["risk_code"].origin, found.options["risk_code"].event_id is None) == (None, False)


def test_the_log_gives_the_same_answers_byte_for_byte(company: Dossier, ask: Ask) -> None:
    # rules 0.3, 2.20
    setup.change_system_options(company, ask(), amounts={"CHF": {"minimum_receipt": "1"}}, when=When(START))
    assign(company, ask(), S1, START)
    then = now_known(company)
    accounts_of.update_profile(company, ask(), S1, options={"hold_start_date": "2026-08-01"}, when=When(JULY, TODAY))
    accounts_of.end_site_profile(company, ask(), S1, last_day=date(2027, 1, 1))
    with reading(company, "accounts") as now:
        for known_at in (now.known_at, then):
            for day in (START, JULY, TODAY, date(2026, 12, 1), date(2028, 1, 1)):
                at = now.at(AsOf(day, known_at))
                for place in (A7, S1, Place("A-7", "S-2"), Place("A-9"), Place("A\0")):
                    read, replayed = profile(at, place, True), replay_profile(company, place, at.clocks, True)
                    assert read == replayed
                    assert read is None or replayed is None or read.model_dump_json() == replayed.model_dump_json()
                for of, asked in (("S-1", None), ("S-9", None), (None, "CHF"), ("S-2", None)):
                    expected = resolution(at, "A-7", of, asked)
                    found = replay_resolution(company, Place("A-7", of), at.clocks, asked)
                    assert expected == found
                    assert found is None or expected is None or found.model_dump_json() == expected.model_dump_json()
        assert replay_resolution(company, Place("A\0"), now.clocks) is None


def test_system_options_have_dates_and_a_version(company: Dossier, ask: Ask) -> None:
    # rule 2.13
    with reading(company, "accounts") as view:
        nothing = system_options(view)
        assert (nothing.version, nothing.options, nothing.effective_from) == (0, {}, None)
    setup.change_system_options(company, ask(), options={"clearing_days": 3}, when=When(START, TODAY))
    with reading(company, "accounts") as view:
        found = system_options(view)
        assert (found.version, found.options) == (1, {"clearing_days": 3})
        assert (found.effective_from, found.effective_to) == (START, TODAY)
        assert system_options(view.at(AsOf(TODAY + timedelta(1)))).options == {}


def test_profiles_of_a_class_are_those_in_force_in_order(company: Dossier, ask: Ask) -> None:
    # rule 2.16
    assign(company, ask(), S1, START)
    assign(company, ask(), Place("A-7", "S-2"), START, JULY)
    then = now_known(company)
    assign(company, ask(), A7, START)
    accounts_of.end_site_profile(company, ask(), S1, last_day=JULY)
    with reading(company, "accounts") as view:
        june = view.at(AsOf(date(2026, 6, 1)))
        assert profiles_of_class(june, "LATE", ("", ""), 10) == [("A-7", ""), ("A-7", "S-1"), ("A-7", "S-2")]
        assert profiles_of_class(june, "late", ("A-7", ""), 1) == [("A-7", "S-1")]
        assert profiles_of_class(june, "late", ("A-7", "S-2"), 10) == []
        assert profiles_of_class(view, "late", ("", ""), 10) == [("A-7", "")]
        assert profiles_of_class(view, "DEFAULT", ("", ""), 10) == []
        assert profiles_of_class(view.at(AsOf(known_at=then)), "late", ("", ""), 10) == [("A-7", "S-1")]


def test_the_history_of_a_profile_tells_every_version(company: Dossier, ask: Ask) -> None:
    # rules 2.14, 2.18
    assign(company, ask(), S1, START)
    request = ask(actor="bob", reason="on the phone")
    accounts_of.update_profile(company, request, S1, options={"credit_hold": True}, when=When(JULY))
    then = now_known(company)
    accounts_of.end_site_profile(company, ask(), S1, last_day=TODAY)
    with reading(company, "accounts", "history") as view:
        assigned, updated, ended = profile_history(view, S1).items
        page = profile_history(view, S1, 2)
        assert profile_history(view, S1, 2, page.next_cursor).items == [ended]
        [default] = profile_history(view, A7).items
        assert profile_history(view, Place("A-7", "S-2")).items == profile_history(view, Place("A\0")).items == []
        [opened, _] = history(view, Filters(kind="account", key="A-7")).items
        earlier = profile_history(view.at(AsOf(known_at=then)), S1).items
    assert (assigned.version, assigned.profile_class, assigned.class_version) == (2, "Late", 1)
    assert (assigned.effective_from, assigned.effective_to, assigned.back_dated) == (START, None, True)
    assert (updated.actor, updated.role, updated.source) == ("bob", "administrator", "api")
    assert (updated.reason, updated.changed) == ("on the phone", ["options.credit_hold"])
    assert updated.set_here == {"options.credit_hold": True}
    assert (ended.topic, ended.profile_class, ended.class_version) == ("site.profile_ended", None, None)
    assert [one.superseded_by for one in (assigned, updated, ended)] == [updated.event_id, ended.event_id, None]
    assert [one.superseded_by for one in earlier] == [updated.event_id, None]
    assert (default.profile_class, default.superseded_by, opened.superseded_by) == ("DEFAULT", None, None)


def test_the_history_tells_on_which_days_each_version_is_in_force(company: Dossier, ask: Ask) -> None:
    # rules 2.11, 2.22
    feb, march = date(2027, 2, 1), date(2027, 3, 1)
    accounts_of.open_account(company, ask(), account="B-1", customer="1001", start=date(2027, 1, 1))
    of = Place("B-1")
    assign(company, ask(), of, feb, date(2027, 2, 15))
    then = now_known(company)
    assign(company, ask(), of, march)
    with reading(company, "accounts", "history") as view:
        default, late, again = profile_history(view, of).items
        earlier = profile_history(view.at(AsOf(known_at=then)), of).items[0]

    def days(ranges: Sequence[InForce]) -> list[tuple[date, date | None]]:
        return [(one.effective_from, one.effective_to) for one in ranges]

    january, rest = (date(2027, 1, 1), date(2027, 1, 31)), (date(2027, 2, 16), date(2027, 2, 28))
    assert days(default.in_force) == [january, rest]
    assert days(default.superseded) == [(feb, date(2027, 2, 15)), (march, None)]
    assert [one.by for one in default.superseded] == [late.event_id, again.event_id]
    assert (days(late.in_force), days(again.in_force)) == ([(feb, date(2027, 2, 15))], [(march, None)])
    assert late.superseded == again.superseded == []
    assert days(earlier.in_force) == [january, (date(2027, 2, 16), None)]


def test_a_diff_tells_what_differs_by_path(company: Dossier, ask: Ask) -> None:
    # rule 0.3
    accounts_of.update_profile(company, ask(), A7, options={"credit_hold": True, "risk_code": "R"}, when=When(JULY))
    with reading(company, "accounts") as view:
        before = view.at(AsOf(START))
        found = profile_diff(before, view, A7)
        nothing = profile_diff(before, view, S1)
        assert profile_diff(before, view, Place("A-9")) is None
    assert found is not None
    assert nothing is not None
    assert [(one.field, one.label, one.before, one.after) for one in found.differences] == [
        ("options.credit_hold", "Credit hold", None, "yes"),
        ("options.risk_code", "Risk code", None, "R"),
    ]
    assert (found.number, found.before.valid_at, nothing.number, nothing.differences) == ("A-7", START, "A-7/S-1", [])
    assign(company, ask(), S1, START)
    with reading(company, "accounts") as view:
        begun = profile_diff(view.at(AsOf(START - timedelta(1))), view, S1)
    assert begun is not None
    told = {one.field: (one.label, one.before, one.after) for one in begun.differences}
    assert told["profile_class"] == ("Profile class", None, "Late")
    assert told["amounts.EUR.interest"] == ("EUR Interest", None, "1.5 %")


@pytest.mark.parametrize(
    ("valid", "known"),
    [
        ("[2026-11-22,2026-11-23)", "[2026-01-01 00:05Z,infinity)"),
        ("[2025-01-01,2026-01-02)", "[2020-01-01 00:00Z,infinity)"),
        ("[2026-01-01,)", "[2027-01-01 00:00:00.000001Z,2027-01-01 00:00:00.000002Z)"),
    ],
)
def test_the_database_itself_refuses_two_profiles_on_one_day(company: Dossier, valid: str, known: str) -> None:
    # rule 2.11
    holder = Account.id_of("demo", "A-7")
    with reading(company, "accounts"), company.database.connect() as connection:
        insert = "INSERT INTO profiles VALUES (%s, 1, %s, %s)"
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(insert, [holder, valid, known])
        [(since,)] = connection.execute("SELECT lower(known) FROM profiles WHERE holder = %s", [holder]).fetchall()
        adjoining = [
            ("[2000-01-01,2026-01-01)", "[2000-01-01 00:00Z,infinity)"),
            ("[2026-01-01,)", f"[2000-01-01,{since})"),
        ]
        for beside in adjoining:
            connection.execute(insert, [holder, *beside])
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(
                "UPDATE profiles SET valid = '(,)' WHERE holder = %s AND lower(valid) < %s", [holder, START]
            )


def test_any_batches_give_the_same_tables(company: Dossier, ask: Ask) -> None:
    for place in (S1, A7):
        assign(company, ask(), place, START)
        accounts_of.update_profile(company, ask(), place, options={"credit_hold": True}, when=When(JULY, TODAY))
    accounts_of.end_site_profile(company, ask(), S1, last_day=JULY)
    setup.change_system_options(company, ask(), options={"clearing_days": 3})
    classes.change_class(company, ask(), name="Late", options={"clearing_days": 1}, apply_to="new")
    one_by_one, uneven, at_once = in_any_batches(company, "accounts")
    assert one_by_one == uneven == at_once


def test_a_rebuild_gives_the_same_answers_under_the_same_constraint(company: Dossier, ask: Ask) -> None:
    # rule 2.11
    assign(company, ask(), S1, START)
    with reading(company, "accounts") as view:
        before = profile(view, S1, explain=True)
    report = rebuild(company, AccountsProjection(company.fact_mapper.keys, company.company), lambda _done, _of: None)
    assert report.generation == 2
    with reading(company, "accounts") as view, company.database.connect() as connection:
        assert profile(view, S1, explain=True) == before
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute("INSERT INTO profiles SELECT * FROM profiles")

"""Use cases of accounts, sites, classes and system options: what they record.

`test_account_refusals.py` has the refusals.
"""

from datetime import date
from typing import Any

import pytest

from aggregates.account import commands as account
from aggregates.account.place import Place
from aggregates.errors import DomainError, InvalidError
from aggregates.fact import Fact
from aggregates.profile_class import commands as profile_class
from aggregates.profile_class.profile_class import ClassNotDefinedError
from aggregates.setup import commands as setup
from aggregates.setup.system_options import SystemOptions
from aggregates.use_case import Outcome, Request
from profile_facts import (
    A7,
    REQUIRED,
    S1,
    account_assigned,
    account_opened,
    account_updated,
    bare,
    by_now,
    class_changed,
    class_defined,
    days,
    here,
    profile,
    site_assigned,
    site_created,
    site_ended,
    site_updated,
    system_options_changed,
    terms,
    told_by,
)
from scenario import COMPANY, LONG_AGO, ORIGIN, TODAY, customer_registered, said

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
ACCOUNT, SITE = Place("A-7"), Place("A-7", "S-1")
LATE = terms({"USD": {"credit_limit": "10"}})
CLASSES = (class_defined(), class_defined("LATE", LATE), class_defined("OLD", active=False))
OPENED = (
    *CLASSES,
    customer_registered(),
    account_opened(),
    account_assigned(profile(told_by(A7, 2)), days("2020-01-01")),
)
WITH_SITE = (*OPENED, site_created())
WITH_PROFILE = (*WITH_SITE, site_assigned(profile(told_by(S1, 2), LATE, name="LATE"), days("2026-02-01")))
RISK = "options.risk_code"
SET_HERE = terms(risk_code="R2")
LATE_SET_HERE = terms({"USD": {"credit_limit": "10"}}, risk_code="R2")
OPTIONS = SystemOptions.id_of(COMPANY, COMPANY)

RECORDS: list[Any] = [
    (
        account.open_account,
        {"account": "A-7", "customer": "1001"},
        (*CLASSES, customer_registered()),
        (account_opened(TODAY), account_assigned(profile(by_now(A7, 2)))),
    ),
    (account.create_site, {"account": "A-7", "site": "S-1"}, OPENED, (site_created(),)),
    (
        account.assign_class,
        {"place": ACCOUNT, "profile_class": "late"},
        OPENED,
        (account_assigned(profile(by_now(A7, 3), LATE, name="LATE")),),
    ),
    (
        account.assign_class,
        {"place": SITE, "profile_class": "LATE", "create": True},
        WITH_SITE,
        (site_assigned(profile(by_now(S1, 2), LATE, name="LATE")),),
    ),
    (
        account.update_profile,
        {"place": ACCOUNT, "options": {"risk_code": "R2"}},
        OPENED,
        (account_updated(profile(told_by(A7, 2), SET_HERE, marks={RISK: here(by_now(A7, 3))}), None, RISK),),
    ),
    (
        account.update_profile,
        {"place": SITE, "options": {"risk_code": "R2"}},
        WITH_PROFILE,
        (
            site_updated(
                profile(told_by(S1, 2), LATE_SET_HERE, name="LATE", marks={RISK: here(by_now(S1, 3))}), None, RISK
            ),
        ),
    ),
    (account.end_site_profile, {"place": SITE}, WITH_PROFILE, (site_ended(date(2026, 3, 11)),)),
    (
        profile_class.define_class,
        {"name": "LATE", "description": "A class", "options": REQUIRED},
        (),
        (class_defined("LATE"),),
    ),
    (
        profile_class.change_class,
        {"name": "late", "options": {"risk_code": "R2"}, "apply_to": "all"},
        CLASSES,
        (class_changed("LATE", LATE_SET_HERE, RISK, apply_to="all"),),
    ),
    (
        setup.change_system_options,
        {"options": {"risk_code": "R2"}},
        (),
        (system_options_changed(bare({"risk_code": "R2"}), {RISK: by_now(OPTIONS, 1)}),),
    ),
]


@pytest.mark.parametrize(
    ("use_case", "arguments", "before", "facts"), RECORDS, ids=lambda it: getattr(it, "__name__", "")
)
def test_a_use_case_records_from_today_on_and_is_quiet_the_second_time(
    use_case: Any, arguments: dict[str, Any], before: tuple[Fact, ...], facts: tuple[Fact, ...]
) -> None:  # rules 0.5, 0.6
    store = MemoryStore(*before)
    outcome = use_case(store, REQUEST, **arguments)
    assert said(store.recorded) == said(facts)
    assert outcome == Outcome(True, store.recorded[-1].originator_version, len(store.facts))
    if use_case in {account.open_account, account.create_site, profile_class.define_class} or "create" in arguments:
        with pytest.raises(DomainError):
            use_case(store, REQUEST, **arguments)
    else:
        assert use_case(store, REQUEST, **arguments) == Outcome(False, outcome.version, None)
    assert len(store.recorded) == len(facts)


# What is special to one of them


def test_an_account_may_be_opened_for_days_gone_by_or_to_come() -> None:  # rules 0.4, 2.5
    for start in (LONG_AGO, date(2030, 1, 1)):
        store = MemoryStore(*CLASSES, customer_registered())
        account.open_account(store, REQUEST, account=" A-7 ", customer="1001", start=start)
        assert said(store.recorded) == said(
            [account_opened(start), account_assigned(profile(by_now(A7, 2)), days(start.isoformat()))]
        )


def test_an_account_without_the_class_default_is_not_opened() -> None:  # rules 0.6, 2.5
    store = MemoryStore(customer_registered())
    with pytest.raises(ClassNotDefinedError, match=r"^Profile class DEFAULT does not exist\.$"):
        account.open_account(store, REQUEST, account="A-7", customer="1001")
    assert store.recorded == []


def test_a_default_that_was_changed_is_assigned_as_it_is_now() -> None:  # rules 2.2, 2.5, 2.7
    store = MemoryStore(*CLASSES, class_changed("DEFAULT", SET_HERE, RISK, apply_to="new"), customer_registered())
    account.open_account(store, REQUEST, account="A-7", customer="1001")
    assert said(store.recorded[1:]) == said([account_assigned(profile(by_now(A7, 2), SET_HERE, version=2))])


def test_creating_a_site_gives_it_neither_default_nor_the_class_of_its_account() -> None:  # rule 2.6
    store = MemoryStore(*OPENED)
    account.create_site(store, REQUEST, account="A-7", site="S-1")
    assert [fact.TOPIC for fact in store.recorded] == ["site.created"]


def test_the_profile_of_an_account_cannot_end() -> None:  # rule 2.12
    with pytest.raises(InvalidError, match=r"^An account always has a profile; only a site's can end\.$"):
        account.end_site_profile(MemoryStore(*OPENED), REQUEST, ACCOUNT)

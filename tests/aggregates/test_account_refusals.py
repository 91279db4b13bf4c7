"""Refusals of the use cases of accounts and sites: one answer names every wrong field, and nothing is stored."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from aggregates.account import commands as account
from aggregates.account.account import AccountNotFoundError
from aggregates.account.place import Place
from aggregates.account.site import SiteNotFoundError, SiteProfileExistsError
from aggregates.effective import When
from aggregates.errors import DomainError, RefusedError
from aggregates.setup import commands as setup
from aggregates.use_case import Outcome

from .memory_store import MemoryStore
from .test_account_use_cases import ACCOUNT, REQUEST, SITE, WITH_PROFILE, WITH_SITE


def refusal(store: MemoryStore, ask: Callable[[MemoryStore], Outcome]) -> list[tuple[str | None, str]]:
    """How a command is refused, by field; nothing was stored."""
    with pytest.raises(DomainError) as refused:
        ask(store)
    assert store.recorded == []
    faults = refused.value.faults if isinstance(refused.value, RefusedError) else (refused.value,)
    return [(fault.field, str(fault)) for fault in faults]


TOO_LATE = When(date(9999, 1, 1))
BACKWARDS = When(date(2026, 2, 2), date(2026, 2, 1))
YEARS = "A date must lie in the years 0001 to 9998."
BACKWARDS_TEXT = "The end date must not be before the start date."
REFUSED: list[Any] = [
    (
        "days without anything that is to change on them",
        lambda it: account.update_profile(it, REQUEST, ACCOUNT, when=When(date(2026, 3, 1))),
        [("options", "Name what is to change: options, amounts or attributes.")],
    ),
    (
        "a currency in two spellings",
        lambda it: account.update_profile(
            it, REQUEST, ACCOUNT, amounts={"usd": {"credit_limit": "1"}, "USD": {"credit_limit": "2"}}
        ),
        [("amounts.USD", "USD is given twice.")],
    ),
    (
        "an account",
        lambda it: account.open_account(it, REQUEST, account="A 7", customer="9", start=date(9999, 1, 1)),
        [
            ("start", YEARS),
            ("account", "The account number must have 1 to 30 letters, digits or hyphens."),
            ("customer", "Customer 9 does not exist."),
        ],
    ),
    (
        "an assignment of a class that there is not",
        lambda it: account.assign_class(it, REQUEST, ACCOUNT, profile_class="NONE", when=BACKWARDS),
        [("effective_to", BACKWARDS_TEXT), ("profile_class", "Profile class NONE does not exist.")],
    ),
    (
        "an assignment of a class that is not active",
        lambda it: account.assign_class(it, REQUEST, SITE, profile_class="OLD", when=TOO_LATE, create=True),
        [("effective_from", YEARS), ("profile_class", "Profile class OLD is not active.")],
    ),
    (
        "an assignment before the account's start",
        lambda it: account.assign_class(it, REQUEST, ACCOUNT, profile_class="OLD", when=When(date(2019, 12, 31))),
        [
            ("effective_from", "Account A-7 starts on 2020-01-01."),
            ("profile_class", "Profile class OLD is not active."),
        ],
    ),
    (
        "an update",
        lambda it: account.update_profile(
            it,
            REQUEST,
            ACCOUNT,
            options={"collector": None, "credit_check": "yes"},
            amounts={"XYZ": {"credit_limit": "1"}, "USD": {"interest": {"rate": "1", "amount": "1"}}},
            attributes={"2nd": "x"},
            when=BACKWARDS,
        ),
        [
            ("effective_to", BACKWARDS_TEXT),
            ("options.credit_check", "Credit check must be true or false."),
            ("amounts.XYZ", "XYZ is not a currency of ISO 4217."),
            (
                "amounts.USD.interest",
                'Interest is either a fixed amount or a rate: {"amount": "5.00"} or {"rate": "1.5"}.',
            ),
            ("attributes.2nd", "A key has a letter first, then up to 59 letters, digits, hyphens or underscores."),
            ("options.collector", "Collector must be set."),
        ],
    ),
    (
        "an update on a day without a profile",
        lambda it: account.update_profile(it, REQUEST, SITE, options={"credit_check": "yes", "allow_discount": None}),
        [
            (
                "effective_from",
                "Site S-1 of account A-7 has no profile on 2026-03-10 or later; assign a profile class first.",
            ),
            ("options.credit_check", "Credit check must be true or false."),
            ("options.allow_discount", "Allow discount must be set."),
        ],
    ),
    (
        "an update that takes away what is required",
        lambda it: account.update_profile(it, REQUEST, ACCOUNT, options={"collector": None, "allow_discount": None}),
        [("options.collector", "Collector must be set."), ("options.allow_discount", "Allow discount must be set.")],
    ),
    (
        "an end",
        lambda it: account.end_site_profile(it, REQUEST, SITE, last_day=date(9999, 1, 1)),
        [("effective_to", YEARS)],
    ),
    (
        "system options",
        lambda it: setup.change_system_options(
            it, REQUEST, options={"colour": "red"}, amounts={"USD": {"credit_limit": "-1"}}, when=BACKWARDS
        ),
        [
            ("effective_to", BACKWARDS_TEXT),
            ("options.colour", "There is no option colour."),
            ("amounts.USD.credit_limit", "Credit limit must not be negative."),
        ],
    ),
]


@pytest.mark.parametrize(("ask", "faults"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_one_answer_names_every_wrong_field(
    ask: Callable[[MemoryStore], Outcome], faults: list[tuple[str, str]]
) -> None:  # rules 0.6, 2.3, 2.4, 2.10, 2.19
    assert refusal(MemoryStore(*WITH_SITE), ask) == faults


PLACES: list[Any] = [
    (account.create_site, {"account": "A-9", "site": "S-1"}),
    *((account.assign_class, {"place": Place("A-9", site), "profile_class": "LATE"}) for site in (None, "S-1")),
    *((account.update_profile, {"place": Place("A-9", site)}) for site in (None, "S-1")),
    (account.end_site_profile, {"place": Place("A-9", "S-1")}),
]


@pytest.mark.parametrize(("use_case", "arguments"), PLACES)
def test_an_account_that_does_not_exist_is_not_found(use_case: Any, arguments: dict[str, Any]) -> None:  # rule 0.6
    with pytest.raises(AccountNotFoundError, match=r"^Account A-9 does not exist\.$"):
        use_case(MemoryStore(*WITH_PROFILE), REQUEST, **arguments)


@pytest.mark.parametrize("use_case", [account.assign_class, account.update_profile, account.end_site_profile])
def test_a_site_that_does_not_exist_is_not_found(use_case: Any) -> None:  # rule 0.6
    arguments = {"profile_class": "LATE"} if use_case is account.assign_class else {}
    with pytest.raises(SiteNotFoundError, match=r"^Account A-7 has no site S-9\.$"):
        use_case(MemoryStore(*WITH_PROFILE), REQUEST, Place("A-7", "S-9"), **arguments)


def test_create_is_for_the_first_site_profile_and_says_nothing_of_accounts() -> None:  # rule 2.6
    store = MemoryStore(*WITH_PROFILE)
    with pytest.raises(SiteProfileExistsError):
        account.assign_class(store, REQUEST, SITE, profile_class="LATE", create=True)
    faults = refusal(
        store, lambda it: account.assign_class(it, REQUEST, SITE, profile_class="X", when=BACKWARDS, create=True)
    )
    assert [field for field, _ in faults] == ["effective_to", "profile_class", "create"]
    assert account.assign_class(store, REQUEST, ACCOUNT, profile_class="LATE", create=True).changed

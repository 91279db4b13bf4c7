"""Stored amounts are not checked against later lists or rules: they are kept, copied, propagated and removed (rule 0.10).

A class and an account have amounts in leva, from before Bulgaria adopted the euro, in yen with decimals, and in dollars with a trailing
zero.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pycountry
import pytest

from aggregates.account import commands as account
from aggregates.account.account import Account
from aggregates.account.place import Place
from aggregates.effective import When
from aggregates.errors import DomainError
from aggregates.profile_class import commands as profile_class
from aggregates.profile_class.currencies import WITHDRAWN, decimals_of
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.setup import commands as setup
from aggregates.setup.system_options import SystemOptions
from aggregates.use_case import Outcome, Request
from profile_facts import (
    A7,
    account_assigned,
    account_opened,
    class_changed,
    class_defined,
    days,
    profile,
    system_options_changed,
    terms,
    told_by,
)
from scenario import COMPANY, ORIGIN, TODAY, customer_registered, told

from .memory_store import MemoryStore

REQUEST = Request(ORIGIN, TODAY)
PLACE = Place("A-7")
SPELLED = {
    "BGN": {"credit_limit": "100"},
    "JPY": {"minimum_receipt": "100.5", "interest": {"amount": "2.5"}},
    "QQQ": {"credit_limit": "1"},
    "USD": {"credit_limit": "1000.50"},
}
STORED = terms(SPELLED)
HISTORY = (
    class_defined("DEFAULT", STORED),
    class_defined("LATE", STORED),
    customer_registered(),
    account_opened(),
    account_assigned(profile(told_by(A7, 2), STORED), days("2020-01-01")),
    system_options_changed(STORED, {path: told_by(A7, 1) for path in STORED.values()}, days("2020-01-01")),
)
KNOWN = {code: row for code, row in SPELLED.items() if code != "QQQ"}
JANUARY = When(date(2026, 1, 31))
Change = Callable[..., Outcome]


def change_account(store: MemoryStore, request: Request = REQUEST, **given: Any) -> Outcome:
    return account.update_profile(store, request, PLACE, **given)


def change_class(store: MemoryStore, request: Request = REQUEST, **given: Any) -> Outcome:
    given.pop("when", None)
    return profile_class.change_class(store, request, name="LATE", apply_to="new", **given)


CHANGES: list[Change] = [change_account, change_class, setup.change_system_options]


def stored() -> MemoryStore:
    return MemoryStore(*HISTORY)


def amounts_of(store: MemoryStore, change: Change) -> dict[str, Any]:
    """The amounts today, where the change made them."""
    if change is change_class:
        return store.load(ProfileClass, "LATE").terms.amounts
    if change is change_account:
        return store.load(Account, "A-7").profiles.at(TODAY).terms.amounts
    return store.load(SystemOptions, COMPANY).values.at(TODAY).terms.amounts


# What is stored


@pytest.mark.parametrize("change", CHANGES)
def test_equal_amounts_change_nothing_whatever_lists_and_rules_say_now(change: Change) -> None:  # rules 0.5, 0.10
    store = stored()
    same = KNOWN | {"USD": {"credit_limit": "1000.5000"}, "JPY": {"interest": {"amount": "2.50"}}}
    before = change(store, REQUEST, amounts=same)
    assert not before.changed
    assert amounts_of(store, change) == STORED.amounts
    assert str(amounts_of(store, change)["USD"].credit_limit) == "1000.50"


@pytest.mark.parametrize("change", CHANGES)
def test_an_equal_amount_beside_a_change_keeps_its_spelling(change: Change) -> None:  # rule 0.10
    store = stored()
    same = {"USD": {"credit_limit": "1000.5"}}
    assert change(store, REQUEST, amounts=same, options={"risk_code": "R2"}).changed
    assert str(amounts_of(store, change)["USD"].credit_limit) == "1000.50"


def test_an_equal_amount_stays_that_of_the_class() -> None:  # rule 2.7
    store = stored()
    change_account(store, amounts={"USD": {"credit_limit": "1000.5"}}, options={"risk_code": "R2"})
    assert list(store.load(Account, "A-7").profiles.at(TODAY).set_here()) == ["options.risk_code"]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("code", ["BGN", "jpy", "QQQ"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_stored_is_taken_away(change: Change, code: str, whole: bool) -> None:  # rules 0.10, 2.14
    store = stored()
    gone = None if whole else dict.fromkeys(SPELLED[code.upper()])
    assert change(store, REQUEST, amounts={code: gone}).changed
    assert code.upper() not in amounts_of(store, change)


def test_a_class_is_assigned_with_what_it_holds() -> None:  # rule 2.7
    store = stored()
    assert account.assign_class(store, REQUEST, PLACE, profile_class="LATE").changed
    assert store.load(Account, "A-7").profiles.at(TODAY).terms == STORED


def test_a_change_of_the_class_is_propagated_as_the_class_writes_it() -> None:  # rule 2.16
    changed = terms({"JPY": {"minimum_receipt": "99.25"}, "USD": {"credit_limit": "2000.00"}})
    found = told(class_defined("LATE", terms()), class_changed("LATE", changed, apply_to="all"))
    here = terms({"USD": {"credit_limit": "2000"}})
    holder = told(account_opened(), account_assigned(profile(told_by(A7, 2), here, name="LATE"), days("2020-01-01")))
    holder.propagate(ORIGIN, found.changes[2], TODAY)
    amounts = holder.profiles.at(TODAY).terms.amounts
    assert str(amounts["JPY"].minimum_receipt) == "99.25"
    assert str(amounts["USD"].credit_limit) == "2000.00"


# What is new


@pytest.mark.parametrize("change", CHANGES)
def test_every_amount_has_one_spelling(change: Change) -> None:  # rule 0.10
    store = stored()
    change(
        store,
        REQUEST,
        amounts={"USD": {"credit_limit": "0750.500", "interest": {"rate": "1.50"}, "minimum_receipt": "0.00"}},
    )
    row = amounts_of(store, change)["USD"]
    assert [str(one) for one in (row.credit_limit, row.interest.rate, row.minimum_receipt)] == ["750.5", "1.5", "0"]


TOO_FINE: list[Any] = [
    ("JPY", {"credit_limit": "1.5"}, "credit_limit", "Credit limit must be a whole number: JPY has no decimals."),
    (
        "JPY",
        {"interest": {"amount": "0.5"}},
        "interest",
        "The interest amount must be a whole number: JPY has no decimals.",
    ),
    ("USD", {"minimum_receipt": "1.005"}, "minimum_receipt", "Minimum receipt must have at most 2 decimals in USD."),
    ("BHD", {"minimum_receipt": "1.0005"}, "minimum_receipt", "Minimum receipt must have at most 3 decimals in BHD."),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("code", "row", "name", "text"), TOO_FINE)
def test_an_amount_has_no_more_decimals_than_its_currency(
    change: Change, code: str, row: dict[str, Any], name: str, text: str
) -> None:  # rule 2.4
    with pytest.raises(DomainError) as refused:
        change(stored(), REQUEST, amounts={code: row})
    assert (refused.value.field, refused.value.text) == (f"amounts.{code}.{name}", text)


FINE: list[Any] = [
    ("JPY", {"credit_limit": "100.00"}),
    ("JPY", {"interest": {"rate": "0.123456"}}),
    ("KWD", {"credit_limit": "1.005"}),
    ("CLF", {"credit_limit": "1.0005"}),
    ("XAU", {"credit_limit": "0.000001"}),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("code", "row"), FINE)
def test_zeros_rates_and_metals_are_bound_by_no_minor_unit(change: Change, code: str, row: Any) -> None:  # rule 2.4
    assert change(stored(), REQUEST, amounts={code: row}).changed


@pytest.mark.parametrize("change", [change_account, setup.change_system_options])
def test_a_withdrawn_currency_is_written_for_days_on_which_it_was_in_use(change: Change) -> None:  # rule 0.10
    assert change(stored(), REQUEST, amounts={"BGN": {"credit_limit": "7.125"}}, when=JANUARY).changed
    later = When(date(2026, 2, 1))
    with pytest.raises(DomainError) as refused:
        change(stored(), REQUEST, amounts={"BGN": {"credit_limit": "7", "minimum_receipt": "1"}}, when=later)
    text = "BGN was withdrawn from ISO 4217 in January 2026, before 2026-02-01."
    assert (refused.value.field, refused.value.text) == ("amounts.BGN", text)


def test_a_class_may_have_the_currencies_of_today() -> None:  # rules 0.10, 2.4
    kuna = {"HRK": {"credit_limit": "7"}}
    with pytest.raises(DomainError, match="HRK was withdrawn from ISO 4217 in January 2023, before 2026-03-10"):
        change_class(stored(), amounts=kuna)
    assert change_class(stored(), replace(REQUEST, today=date(2022, 12, 31)), amounts=kuna).changed


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("row", [{"credit_limit": "1"}, {}])
def test_what_never_was_a_currency_is_not_written(change: Change, row: Any) -> None:  # rule 2.4
    with pytest.raises(DomainError, match="QQQ is not a currency of ISO 4217"):
        change(stored(), REQUEST, amounts={"QQQ": row})


# The lists


def test_the_two_lists_of_currencies_do_not_overlap() -> None:
    assert not WITHDRAWN.keys() & {currency.alpha_3 for currency in pycountry.currencies}
    assert all(len(code) == 3 and code.isupper() for code in WITHDRAWN)
    assert {WITHDRAWN[code] for code in ("DEM", "HRK", "ANG")} == {
        date(2002, 3, 31),
        date(2023, 1, 31),
        date(2025, 3, 31),
    }


def test_minor_units_are_those_of_the_list() -> None:
    expected = {"JPY": 0, "USD": 2, "KWD": 3, "UYW": 4, "XXX": None, "ITL": None}
    assert {code: decimals_of(code) for code in expected} == expected

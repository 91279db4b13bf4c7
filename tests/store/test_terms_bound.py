"""The largest possible classes, profiles and system options stay within the bound of an event (rule 0.11)."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pycountry
import pytest

from aggregates.account.account import Account
from aggregates.effective import Days
from aggregates.errors import DomainError
from aggregates.fact import MOST_EVENT_BYTES, Origin
from aggregates.profile_class.amounts import AMOUNTS
from aggregates.profile_class.options import OPTIONS
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.terms import MOST_ATTRIBUTES, MOST_CURRENCIES, Patch, read_patch
from aggregates.setup.system_options import SystemOptions
from aggregates.texts import Faults
from aggregates.use_case import Request
from store.application import Dossier

Ask = Callable[..., Request]
START: Final = date(2026, 1, 1)
WIDE: Final = "😀"
"""As many bytes as a character can have."""
CURRENCIES: Final = sorted(currency.alpha_3 for currency in pycountry.currencies)
AMOUNT: Final = "99999999999999"
"""All but the last digit: an amount of a currency without decimals, and with six, as amounts once might have, the longest there is."""


def largest(letter: str, digit: str, first: int = 0, decimals: str = "") -> dict[str, Any]:
    """Every option, and as many amounts and attributes as there may be, all as long as they may be; `first` chooses which."""
    options: dict[str, Any] = {}
    for name, form in OPTIONS.items():
        for value in (form.choices[-1] if form.choices else WIDE * 29 + letter, "99.999999", 9999, True, "9998-12-31"):
            try:
                options[name] = form.read(value, form.label)
            except DomainError:
                continue
            break
    amount = AMOUNT + digit + decimals
    row = {name: {"rate": amount} if name == "interest" else amount for name in AMOUNTS}
    return {
        "options": options,
        "amounts": dict.fromkeys(CURRENCIES[first : first + MOST_CURRENCIES], row),
        "attributes": {
            f"{letter}{number + first:03}".ljust(60, "x"): WIDE * 199 + digit for number in range(MOST_ATTRIBUTES)
        },
    }


def patch(given: dict[str, Any]) -> Patch:
    faults = Faults()
    found = read_patch(faults, **given)
    faults.raise_any()
    return found


def large_class(origin: Origin) -> ProfileClass:
    found = ProfileClass.new("demo", "large")
    found.define(origin, name=WIDE * 30, description=WIDE * 240, active=True, **largest("a", "1"))
    return found


@pytest.fixture
def origin(ask: Ask) -> Origin:
    return ask().origin.model_copy(update={"actor": "a" * 200, "reason": WIDE * 240})


def sizes(dossier: Dossier, *aggregates: Any) -> list[int]:
    """Bytes of each pending fact as stored."""
    return [
        len(dossier.fact_mapper.to_stored_event(fact).state) for aggregate in aggregates for fact in aggregate.pending
    ]


def test_the_largest_class_and_the_largest_change_of_it_are_within_the_bound(
    dossier: Dossier, origin: Origin
) -> None:  # rules 0.11, 2.1
    found = large_class(origin)
    other = largest("b", "2", MOST_CURRENCIES) | {"attributes": largest("a", "2")["attributes"]}
    other["amounts"] |= dict.fromkeys(CURRENCIES[:MOST_CURRENCIES])
    found.change(origin, **other, apply_to="all")
    assert len(found.terms.amounts) == MOST_CURRENCIES
    assert len(found.changes[2].patch) > 2 * len(AMOUNTS) * MOST_CURRENCIES
    assert 150_000 < max(sizes(dossier, found)) <= MOST_EVENT_BYTES


def test_the_largest_profile_with_everything_set_here_is_within_the_bound(
    dossier: Dossier, origin: Origin, figures: Callable[[str], None]
) -> None:  # rules 0.11, 2.8
    account = Account.new("demo", "A" * 30)
    account.open(origin, number="A" * 30, customer="1" * 30, start=START, default=large_class(origin))
    account.update(
        origin, patch(largest("a", "2", decimals=".999999") | {"options": largest("b", "2")["options"]}), Days(START)
    )
    [*_, updated] = sizes(dossier, account)
    figures(f"the largest profile is {updated:,} bytes of {MOST_EVENT_BYTES:,}")
    assert 200_000 < updated <= MOST_EVENT_BYTES


def test_the_largest_profile_that_keeps_its_overrides_is_within_the_bound(
    dossier: Dossier, origin: Origin
) -> None:  # rules 0.11, 2.9
    account = Account.new("demo", "A-1")
    large = large_class(origin)
    account.open(origin, number="A-1", customer="1001", start=START, default=large)
    account.update(origin, patch(largest("a", "2")), Days(START))
    account.assign(origin, large, Days(date(2026, 2, 1)), keep_overrides=True)
    assert 200_000 < max(sizes(dossier, account)) <= MOST_EVENT_BYTES


def test_the_largest_system_options_are_within_the_bound(dossier: Dossier, origin: Origin) -> None:  # rules 0.11, 2.13
    options = SystemOptions.new("demo", "demo")
    options.change(origin, patch(largest("a", "1")), Days(START))
    assert 150_000 < max(sizes(dossier, options)) <= MOST_EVENT_BYTES

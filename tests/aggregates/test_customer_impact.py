"""The effect of a change of a customer and its digest, which says nothing of personal values (rules 5.1, 5.2)."""

from typing import Any

import pytest

from aggregates.customer.impact import InForce, check_impact, digest, effects, text_of
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact
from aggregates.impact import ImpactChangedError
from aggregates.setup.catalogue import Setup
from field_facts import FIELDS, field_edited
from profile_facts import days
from scenario import customer_registered, response_cleared, response_selected, told

JUNE, JULY = days("2026-06-01", "2026-06-30"), days("2026-07-01", "2026-07-31")
SUMMER = days("2026-06-01", "2026-07-31")
NOBODY = Setup.empty("demo")


def customer(*facts: Fact) -> CustomerProfile:
    profile: CustomerProfile = told(customer_registered(), *facts)
    return profile


def effect_of(
    before: list[Fact], *facts: Fact, unseen: frozenset[str] = frozenset()
) -> list[tuple[str, Days, Any, Any]]:
    found = effects(InForce.of(customer(*before)), InForce.of(customer(*before, *facts)), unseen)
    return [(path, effect.days, text_of(effect.before), text_of(effect.after)) for path, effect in found]


def digest_of(before: list[Fact], *facts: Fact) -> str:
    return digest("1001", InForce.of(customer(*before)), InForce.of(customer(*before, *facts)), FIELDS)


def test_the_effect_is_what_holds_before_and_after_on_days_that_differ() -> None:  # rules 1.15, 3.11
    city = [field_edited("city", "Rome", JUNE)]
    assert effect_of(city, field_edited("city", "Rome", SUMMER)) == [("fields.city", JULY, None, "Rome")]
    assert effect_of(city, field_edited("city", None, SUMMER)) == [("fields.city", JUNE, "Rome", None)]
    answered = [response_selected("A", first=JUNE.first, last=JUNE.last)]
    assert effect_of(answered, response_selected("B", first=JULY.first, last=JULY.last)) == [
        ("responses.7", JULY, None, "B")
    ]
    assert effect_of(answered, response_cleared(SUMMER.first, SUMMER.last)) == [("responses.7", JUNE, "A", None)]


def test_of_a_field_that_is_not_seen_every_event_counts() -> None:  # rule 5.2
    phone = [field_edited("phone", "+4912345678", JUNE)]
    again = field_edited("phone", "+4912345678", JUNE)
    assert effect_of(phone, again) == []
    assert [path for path, *_ in effect_of(phone, again, unseen=frozenset({"phone"}))] == ["fields.phone"]


def test_the_digest_tells_days_and_values_but_no_personal_ones() -> None:  # rules 5.1, 5.2
    digests = {
        digest_of([], field_edited("city", "Rome", JUNE)),
        digest_of([], field_edited("city", "Oslo", JUNE)),
        digest_of([], field_edited("city", "Rome", JULY)),
        digest_of([], response_selected("A", first=JUNE.first, last=JUNE.last)),
        digest_of([], field_edited("first_name", "Ada", JUNE)),
        digest_of([field_edited("first_name", "Ada", JULY)], field_edited("first_name", "Eve", SUMMER)),
        digest_of([]),
    }
    assert len(digests) == 7
    named = [digest_of([], field_edited("first_name", name, JUNE)) for name in ("Ada", "Eve")]
    called = [digest_of([], field_edited("phone", phone, JUNE)) for phone in ("+4912345678", "+4987654321")]
    assert (named[0], called[0]) == (named[1], called[1])


def test_a_change_with_another_effect_than_the_one_seen_is_refused() -> None:  # rule 0.6
    before = InForce.of(customer())
    seen = digest_of([], field_edited("city", "Rome", JUNE))
    check_impact(seen, customer(field_edited("city", "Rome", JUNE)), before, NOBODY)
    check_impact(None, customer(field_edited("city", "Oslo", JUNE)), before, NOBODY)
    with pytest.raises(ImpactChangedError) as refused:
        check_impact(seen, customer(field_edited("city", "Oslo", JUNE)), before, NOBODY)
    assert refused.value.field == "impact"

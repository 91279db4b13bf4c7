"""The effect of a change of a profile and its digest: made of days and contents alone; a write with another one is refused."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from aggregates.account.impact import check_impact, digest, effects
from aggregates.account.place import Place
from aggregates.account.profile import Profile
from aggregates.effective import Days, Timeline
from aggregates.impact import Effect, ImpactChangedError, parts
from profile_facts import account_assigned, days, profile, site_ended, terms

A7 = Place("A-7")
JUNE, JULY = days("2026-06-01", "2026-06-30"), days("2026-07-01", "2026-07-31")
SUMMER = days("2026-06-01", "2026-07-31")


def of(tolerance: str) -> Profile:
    return profile(uuid4(), terms(tolerance_percent=tolerance))


def test_the_effect_is_what_holds_before_and_after_on_days_that_differ() -> None:
    before = Timeline().supersede(JUNE, of("1")).supersede(JULY, of("2"))
    planned = account_assigned(of("2"), days("2026-06-15"))
    found = effects(before, [planned])
    assert [(effect.days, value(effect.before), value(effect.after)) for effect in found] == [
        (days("2026-06-15", "2026-06-30"), "1", "2"),
        (days("2026-08-01"), None, "2"),
    ]


def value(content: Profile | None) -> str | None:
    return None if content is None else str(content.terms.options.tolerance_percent)


def test_days_that_meet_and_change_alike_are_one_effect() -> None:
    before = Timeline().supersede(JUNE, of("1")).supersede(JULY, of("1"))
    assert [effect.days for effect in effects(before, [account_assigned(of("2"), SUMMER)])] == [SUMMER]
    assert [effect.days for effect in effects(before, [site_ended(JUNE.first)])] == [SUMMER]
    assert effects(before, [account_assigned(of("1"), SUMMER)]) == effects(before, []) == []


def test_parts_begin_where_something_else_begins() -> None:
    one, other = Timeline().supersede(JUNE, "a"), Timeline().supersede(days("2026-06-10", "2026-06-20"), "b")
    assert [part.first.day for part in parts(SUMMER, one, other)] == [1, 10, 21, 1]
    assert list(parts(days("2026-09-01"), one, other)) == [days("2026-09-01")]
    assert list(parts(JUNE, one)) == [JUNE]


def test_the_digest_tells_days_and_contents_and_nothing_else() -> None:
    effect = Effect(JUNE, of("1"), of("2"))
    same = Effect(JUNE, of("1"), of("2"))
    others = [
        [replace(effect, days=JULY)],
        [replace(effect, after=of("3"))],
        [replace(effect, before=None)],
        [replace(effect, after=profile(uuid4(), terms(tolerance_percent="2"), version=2))],
        [effect, replace(effect, days=JULY)],
        [],
    ]
    assert digest(A7, [effect]) == digest(A7, [same])
    digests = {digest(A7, [effect]), *(digest(A7, other) for other in others), digest(Place("A-7", "S-1"), [effect])}
    assert len(digests) == len(others) + 2
    assert all(len(one) == 64 and int(one, 16) for one in digests)


def test_a_change_with_another_effect_than_the_one_seen_is_refused() -> None:
    before, planned = Timeline().supersede(JUNE, of("1")), [account_assigned(of("2"), SUMMER)]
    seen = digest(A7, effects(before, planned))
    check_impact(seen, A7, before, planned)
    check_impact(None, A7, before, planned)
    meanwhile = before.supersede(Days(date(2026, 6, 5)), of("5"))
    with pytest.raises(ImpactChangedError) as refused:
        check_impact(seen, A7, meanwhile, planned)
    assert refused.value.field == "impact"

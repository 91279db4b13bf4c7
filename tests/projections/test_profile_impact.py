"""The impact of a change, told before it is made, is what then differs on every day, for the account and each of its sites (rule 2.13)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest

from aggregates.account import commands
from aggregates.account.place import Place
from aggregates.clocks import AsOf
from aggregates.effective import When
from aggregates.errors import DomainError
from aggregates.impact import ImpactChangedError
from aggregates.setup.commands import change_system_options
from aggregates.use_case import Request
from projections.accounts.queries import profile, resolution
from projections.answers.impact import DayRange
from projections.answers.profile_impact import profile_impact
from projections.answers.profile_preview import plan
from projections.answers.profile_preview_models import ProfileImpact
from projections.reading.view import View
from projections.tables.plain import flat
from store.application import Dossier

from .fold import reading
from .test_profile_preview import CALENDAR, account, command, company

Ask = Callable[..., Request]
Answers = dict[tuple[str | None, date], dict[str, Any]]
NOW = CALENDAR[12]
CHANGES = 40
ACCOUNT = "A-1"
PLACES = (Place(ACCOUNT), Place(ACCOUNT, "S-1"), Place(ACCOUNT, "S-2"))


def applied(view: View) -> Answers:
    """What applies to transactions of each place on each day, by path."""
    answers: Answers = {}
    for place in PLACES:
        for day in CALENDAR:
            answer = resolution(view.at(AsOf(day)), place.account, place.site)
            assert answer is not None
            values = {f"options.{name}": one.value for name, one in answer.options.items()}
            for code, row in answer.amounts.items():
                values |= {f"amounts.{code}.{name}": one.value for name, one in row.items()}
            answers[place.site, day] = values | {
                f"attributes.{key}": one.value for key, one in answer.attributes.items()
            }
    return answers


def own(view: View, place: Place) -> Answers:
    """What the profile of a place itself says on each day."""
    answers: Answers = {}
    for day in CALENDAR:
        held = profile(view.at(AsOf(day)), place)
        if held is not None:
            terms = {"options": held.options, "amounts": held.amounts, "attributes": held.attributes}
            about = {"profile_class": held.profile_class, "class_version": held.class_version}
            answers[place.site, day] = {**about, **flat(terms)}
    return answers


def differing(before: Answers, after: Answers) -> dict[tuple[str | None, date], set[str]]:
    """The paths that differ, by place and day."""
    found = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key, {}), after.get(key, {})
        if paths := {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}:
            found[key] = paths
    return found


def days_of(ranges: Iterable[DayRange]) -> list[date]:
    return [
        day
        for one in ranges
        for day in CALENDAR
        if one.effective_from <= day and (one.effective_to is None or day <= one.effective_to)
    ]


def told(site: str | None, ranges: Iterable[Any]) -> dict[tuple[str | None, date], set[str]]:
    return {(site, day): set(one.fields) for one in ranges for day in days_of([one])}


def impact_of(dossier: Dossier, place: Place, change: Any) -> tuple[ProfileImpact, Answers, Answers]:
    """The impact of a change, and what applies and what the profile says before it."""
    preview, _ = plan(dossier, place, change, NOW)
    with reading(dossier, "accounts") as view:
        return profile_impact(view, preview, place, NOW), applied(view), own(view, place)


def test_what_the_impact_says_is_what_then_differs(dossier: Dossier, ask: Ask) -> None:
    company(dossier, ask)
    account(dossier, ask, ACCOUNT)
    options = {"risk_code": "S", "clearing_days": 3}
    change_system_options(dossier, ask(), options=options, when=When(CALENDAR[5], CALENDAR[20]))
    chance, made, past = Random(7), 0, 0
    for _ in range(CHANGES):
        place = chance.choice(PLACES)
        change = command(chance, ask, place)
        try:
            impact, before, own_before = impact_of(dossier, place, change)
        except DomainError:
            continue
        made += change(dossier).changed
        with reading(dossier, "accounts") as view:
            after, own_after = applied(view), own(view, place)
        transactions: dict[tuple[str | None, date], set[str]] = {}
        for one in impact.transactions:
            transactions |= told(one.site, one.ranges)
            assert one.past_days == len([day for day in days_of(one.ranges) if day < NOW])
        assert transactions == differing(before, after)
        own_differing = differing(own_before, own_after)
        assert told(place.site, impact.ranges) == own_differing
        assert days_of(impact.past_answers) == sorted(day for _, day in own_differing if day < NOW)
        past += impact.past_days
    assert (made > CHANGES // 3, past > 0) == (True, True)


def test_a_write_may_carry_the_digest_and_is_refused_where_it_would_have_another_effect(
    dossier: Dossier, ask: Ask
) -> None:
    company(dossier, ask)
    account(dossier, ask, ACCOUNT)
    place, when = PLACES[0], When(CALENDAR[8], CALENDAR[20])

    def change(store: Any, seen: str | None = None) -> Any:
        request = ask()
        request = replace(request, origin=request.origin.model_copy(update={"impact": seen}))
        return commands.update_profile(store, request, place, options={"risk_code": "R"}, when=when)

    impact, _, _ = impact_of(dossier, place, change)
    between = When(CALENDAR[10], CALENDAR[11])
    commands.update_profile(dossier, ask(), place, options={"clearing_days": 9}, when=between)
    with pytest.raises(ImpactChangedError):
        change(dossier, impact.digest)
    seen = impact_of(dossier, place, change)[0].digest
    outcome = change(dossier, seen)
    events = dossier.log_of_facts.select_notifications(outcome.position - 2, 3)
    facts = [dossier.fact_mapper.to_domain_event(event) for event in events]
    assert [fact.origin.impact for fact in facts] == [seen] * 3

"""Random histories, compared with a calendar: the days on which an event is in force, and what superseded the rest (rule 2.22).

The calendar does not use ranges: for each subject, the fact recorded last wins on each day. `DOSSIER_HISTORIES` sets the minimum number of
histories; each is of a customer, an account, a site, the controls or the system options of the company.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from account_facts import PROFILE, TERMS
from aggregates.account import events as account
from aggregates.account.account import Account
from aggregates.account.site import Site
from aggregates.catalogue import FACTS
from aggregates.clocks import AsOf
from aggregates.customer import events as customer
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact
from aggregates.setup.controls import SystemControls
from aggregates.setup.events import ControlValueSet, SystemOptionsChanged
from aggregates.setup.system_options import SystemOptions
from business_fields import standard_fields
from field_facts import (
    customer_merged,
    customer_unmerged,
    field_edited,
    held,
    put_back,
    registered_by_row,
    row_uploaded,
    values_put_back,
)
from projections.catalogue import projections
from projections.engine.rebuild import rebuild
from projections.history.filters import Filters
from projections.history.models import HistoryEntry, InForce
from projections.history.queries import history
from projections.history.statements import check_known, has_days
from projections.reading.view import View
from scenario import fact_of
from store.application import Dossier

from .fold import folded_in, log, now_known, reading

HISTORIES: Final = int(os.environ.get("DOSSIER_HISTORIES", "500"))
TOGETHER: Final = 100
"""Histories that are stored and folded together."""
ROUNDS: Final = 8
"""Commits a history has, each of one or two facts."""
CALENDAR: Final = [date(2026, 1, 1) + timedelta(day) for day in range(16)]
"""The last day stands for all that follow."""
FIELDS: Final = ("city", "note", "loan_type", "first_name", "phone")
"""The last two are personal."""
CATEGORIES: Final = (7, 12)

Says = Mapping[str, set[date]]
"""By what it is about, the days on which a fact says something."""


def dates(days: Days) -> dict[str, date | None]:
    return {"effective_from": days.first, "effective_to": days.last}


def on(days: Days) -> set[date]:
    return {day for day in CALENDAR if day in days}


def some_days(random: Random) -> Days:
    first = random.randrange(len(CALENDAR) - 1)
    if random.random() < 0.3:
        return Days(CALENDAR[first])
    return Days(CALENDAR[first], CALENDAR[min(first + random.randrange(6), len(CALENDAR) - 2)])


def some_fields(random: Random) -> list[str]:
    return random.sample(FIELDS, random.randint(1, len(FIELDS)))


def some_held(random: Random) -> list[customer.Held]:
    """One range, or two that do not overlap."""
    one, other = some_days(random), some_days(random)
    return [held("x", one)] if one.overlaps(other) else [held("x", one), held("y", other)]


def days_held(values: Iterable[customer.Held]) -> set[date]:
    return {day for one in values for day in on(Days(one.effective_from, one.effective_to))}


# What may happen: a fact and what it says


def renamed(random: Random) -> tuple[Fact, Says]:
    days = some_days(random)
    return fact_of(customer.CustomerRenamed, CustomerProfile, "1", number="1", name="Ada", **dates(days)), {
        "name": on(days)
    }


def answered(random: Random) -> tuple[Fact, Says]:
    days, category = some_days(random), random.choice(CATEGORIES)
    about = {"number": "1", "category": category, "category_description": "Age", **dates(days)}
    response = {"response": "A", "response_description": "Old", "by_default": False}
    cleared = random.random() < 0.3
    fact = customer.ResponseCleared if cleared else customer.ResponseSelected
    payload = about if cleared else about | response
    return fact_of(fact, CustomerProfile, "1", **payload), {f"responses.{category}": on(days)}


def edited(random: Random) -> tuple[Fact, Says]:
    days, key = some_days(random), random.choice(FIELDS)
    value = None if random.random() < 0.3 else "x"
    return field_edited(key, value, days), {f"fields.{key}": on(days)}


def uploaded(random: Random) -> tuple[Fact, Says]:
    days, keys = some_days(random), some_fields(random)
    withheld = random.sample(keys, random.randrange(len(keys) + 1))
    fact = row_uploaded(dict.fromkeys(keys, "x"), days, withheld=withheld)
    return fact, {f"fields.{key}": on(days) for key in keys if key not in withheld}


def merged(random: Random) -> tuple[Fact, Says]:
    return merge_of(random, customer_merged)


def unmerged(random: Random) -> tuple[Fact, Says]:
    return merge_of(random, customer_unmerged)


def came_to_light(random: Random) -> tuple[Fact, Says]:
    fact, says = merge_of(random, customer_merged)
    assert isinstance(fact, customer.CustomerMerged)
    fields = {**fact.fields, **fact.personal_fields_taken}
    found = [
        {
            key: [put_back("x", Days(one.effective_from, one.effective_to)) for one in line]
            for key, line in lines.items()
        }
        for lines in (fields, fact.responses)
    ]
    return values_put_back("2", *found), says


def merge_of(random: Random, fact: Callable[..., Fact]) -> tuple[Fact, Says]:
    fields = {key: some_held(random) for key in some_fields(random)}
    responses = {code: some_held(random) for code in CATEGORIES if random.random() < 0.5}
    says = {f"fields.{key}": days_held(values) for key, values in fields.items()}
    return fact("2", fields, responses), says | {
        f"responses.{code}": days_held(all_) for code, all_ in responses.items()
    }


def profile_of(random: Random, fact: type[Fact], **names: str) -> tuple[Fact, Says]:
    days = some_days(random)
    payload: dict[str, Any] = {} if "Ended" in fact.__name__ else {"profile": PROFILE}
    if payload:
        payload |= {"kept_overrides": False} if "Assigned" in fact.__name__ else {"changed": []}
    return fact_of(fact, Account, "1", **names, **payload, **dates(days)), {"profile": on(days)}


def of_account(random: Random) -> tuple[Fact, Says]:
    kinds = (account.AccountProfileClassAssigned, account.AccountProfileUpdated, account.AccountProfilePropagated)
    return profile_of(random, random.choice(kinds), account="1")


def of_site(random: Random) -> tuple[Fact, Says]:
    kinds = (
        account.SiteProfileClassAssigned,
        account.SiteProfileUpdated,
        account.SiteProfilePropagated,
        account.SiteProfileEnded,
    )
    return profile_of(random, random.choice(kinds), account="1", site="S")


def control(random: Random) -> tuple[Fact, Says]:
    days, code = some_days(random), random.choice(("K87", "L37"))
    fact = fact_of(ControlValueSet, SystemControls, "demo", code=code, value="x", **dates(days))
    return fact, {f"controls.{code}": on(days)}


def options(random: Random) -> tuple[Fact, Says]:
    days = some_days(random)
    payload = {"terms": TERMS, "set_by": {}, "changed": []}
    return fact_of(SystemOptionsChanged, SystemOptions, "demo", **payload, **dates(days)), {"options": on(days)}


@dataclass
class Story:
    """One aggregate, the facts recorded of it with what they say, and how many there were after each round."""

    kind: str
    key: str
    holder: UUID
    names: dict[str, str]
    moves: tuple[Callable[[Random], tuple[Fact, Says]], ...]
    told: list[tuple[Fact, Says]] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)

    def add(self, fact: Fact, says: Says) -> Fact:
        """The fact as one of this aggregate."""
        update = {"originator_id": self.holder, "originator_version": len(self.told) + 1, "event_id": uuid4()}
        fact = fact.model_copy(update=update | {"company": "demo"} | self.names)
        self.told.append((fact, says))
        return fact

    def play(self, random: Random) -> list[Fact]:
        """The facts of one commit."""
        facts = [self.add(*random.choice(self.moves)(random)) for _ in range(random.randint(1, 2))]
        self.rounds.append(len(self.told))
        return facts


def customer_story(number: str, random: Random) -> Story:
    moves = (renamed, answered, edited, edited, uploaded, uploaded, merged, unmerged, came_to_light)
    story = Story("customer", number, CustomerProfile.id_of("demo", number), {"number": number}, moves)
    days, keys = some_days(random), some_fields(random) if random.random() < 0.5 else []
    fact = registered_by_row(dict.fromkeys(keys, "x"), days)
    story.add(fact, {"name": on(days)} | {f"fields.{key}": on(days) for key in keys})
    return story


def account_story(number: str) -> Story:
    story = Story("account", number, Account.id_of("demo", number), {"account": number}, (of_account,))
    story.add(fact_of(account.AccountOpened, Account, "1", account="1", customer="1", effective_from=CALENDAR[0]), {})
    return story


def site_story(number: str) -> Story:
    key = Site.key(number, "S")
    story = Story("site", key, Site.id_of("demo", key), {"account": number}, (of_site,))
    story.add(fact_of(account.SiteCreated, Site, "1", account="1", site="S"), {})
    return story


def company_stories() -> list[Story]:
    controls = Story("controls", "demo", SystemControls.id_of("demo", "demo"), {}, (control,))
    return [controls, Story("system_options", "demo", SystemOptions.id_of("demo", "demo"), {}, (options,))]


def stored(dossier: Dossier, random: Random, count: int) -> tuple[list[Story], list[Any]]:
    """Stories of all kinds, stored round by round; the instant of each round."""
    makers: tuple[Callable[[str], Story], ...] = (
        lambda number: customer_story(number, random),
        lambda number: customer_story(number, random),
        account_story,
        site_story,
    )
    stories = [makers[place % 4](f"{place}") for place in range(count - 2)] + company_stories()
    dossier.put([fact for story in stories for fact, _ in story.told])
    instants = []
    for _ in range(ROUNDS):
        dossier.put([fact for story in stories for fact in story.play(random)])
        instants.append(now_known(dossier))
    return stories, instants


# The calendar


@dataclass
class Expected:
    """What should be answered of one fact."""

    in_force: set[tuple[str, date]] = field(default_factory=set)
    superseded: dict[tuple[str, date], int] = field(default_factory=dict)
    """The place of the fact that took a day over."""

    def superseded_by(self, says: Says, told: list[tuple[Fact, Says]]) -> int | None:
        """The first fact that took a day over and is about all that this one is about; of a registration, about the name."""
        wanted = {"name"} if "name" in says else {about for about, days in says.items() if days}
        later = {by for (about, _), by in self.superseded.items() if about in wanted}
        return min((by for by in later if wanted <= told[by][1].keys()), default=None)


def expected_of(told: list[tuple[Fact, Says]]) -> list[Expected]:
    """Day by day: who was recorded later wins."""
    found = [Expected() for _ in told]
    holds: dict[tuple[str, date], int] = {}
    for place, (_, says) in enumerate(told):
        for cell in [(about, day) for about, days in says.items() for day in days]:
            if cell in holds:
                found[holds[cell]].superseded[cell] = place
            holds[cell] = place
    for cell, place in holds.items():
        found[place].in_force.add(cell)
    return found


# What is answered


def cells(ranges: Iterable[InForce]) -> Iterator[tuple[tuple[str, date], InForce]]:
    for one in ranges:
        assert one.about == sorted(set(one.about))
        for about in one.about:
            for day in on(Days(one.effective_from, one.effective_to)):
                yield (about, day), one


def check_whole(ranges: list[InForce]) -> None:
    """No two ranges could be told as one."""
    for about in {about for one in ranges for about in one.about}:
        mine = sorted(
            (one.effective_from, one.effective_to or CALENDAR[-1], getattr(one, "by", None))
            for one in ranges
            if about in one.about
        )
        for (_, last, by), (first, _, other) in pairwise(mine):
            assert first > last + timedelta(1) or (first > last and by != other)


def check(entry: HistoryEntry, expected: Expected, told: list[tuple[Fact, Says]], place: int) -> None:
    in_force, superseded = list(cells(entry.in_force)), list(cells(entry.superseded))
    assert sorted(cell for cell, _ in in_force) == sorted(expected.in_force)
    by_cell = {cell: told[later][0].event_id for cell, later in expected.superseded.items()}
    assert {cell: one.by for cell, one in superseded} == by_cell  # type: ignore[attr-defined]
    assert len(superseded) == len(by_cell)
    later = expected.superseded_by(told[place][1], told)
    assert entry.superseded_by == (None if later is None else told[later][0].event_id)
    check_whole(entry.in_force)
    check_whole(list(entry.superseded))


def check_story(view: View, story: Story, round_: int) -> None:
    told = story.told[: story.rounds[round_]]
    entries = history(view, Filters(kind=story.kind, key=story.key)).items
    assert [entry.event_id for entry in entries] == [fact.event_id for fact, _ in told]
    for place, (entry, expected) in enumerate(zip(entries, expected_of(told), strict=True)):
        try:
            check(entry, expected, told, place)
        except AssertionError as error:
            lines = "\n".join(f"  {fact.TOPIC} {says}" for fact, says in told)
            error.add_note(f"Entry {place} of {story.kind} {story.key}:\n{lines}")
            raise


@pytest.mark.parametrize("seed", range((HISTORIES + TOGETHER - 1) // TOGETHER))
def test_history_agrees_with_a_calendar_at_every_instant(dossier: Dossier, seed: int) -> None:
    # rules 2.18, 2.22
    random = Random(seed)
    stories, instants = stored(dossier, random, TOGETHER)
    with reading(dossier, "history") as view:
        for story in stories:
            for round_ in (*random.sample(range(ROUNDS - 1), 2), ROUNDS - 1):
                check_story(view.at(AsOf(known_at=instants[round_])), story, round_)


def test_any_batches_keep_the_same_days(dossier: Dossier) -> None:
    stored(dossier, Random("batches"), 20)
    [projection] = [one for one in projections(dossier) if one.name == "history"]
    seen = log(dossier, projection)
    one_by_one, uneven, at_once = (
        folded_in(dossier, projection, seen, sizes) for sizes in ([1], [7, 30, 2], [100_000])
    )
    assert one_by_one == uneven == at_once


def test_only_the_opening_of_an_account_has_days_and_says_nothing_about_them() -> None:
    """Its profile has an event of its own."""
    silent = {fact for fact in FACTS.values() if has_days(fact) and getattr(fact, "ABOUT", "") is None}
    assert silent == {account.AccountOpened}


@pytest.mark.parametrize("like", [customer.CustomerRegistered, customer.CustomerMerged])
def test_an_event_with_days_that_does_not_say_what_it_is_about_is_an_error_at_import(like: type[Fact]) -> None:
    class Unknown(like):  # type: ignore[misc, valid-type]
        """An event that somebody has added, and nothing else."""

    check_known(FACTS.values())
    with pytest.raises(TypeError, match=f"events of {like.TOPIC} about"):  # rule 2.22
        check_known([*FACTS.values(), Unknown])


def test_personal_fields_of_an_erased_customer_are_not_told_of_before_a_rebuild_and_after(dossier: Dossier) -> None:
    """Which personal fields a row had is sealed with its values; so nothing hangs on whether it was folded before the erasure."""
    # rules 0.3, 5.1
    standard_fields(dossier)
    days, later = Days(CALENDAR[0]), Days(CALENDAR[5])
    story = Story("customer", "1", CustomerProfile.id_of("demo", "1"), {"number": "1"}, ())
    rows = [registered_by_row({"city": "York", "first_name": "Ada"}, days), field_edited("first_name", "Augusta", days)]
    rows.append(row_uploaded({"city": "Hull", "first_name": "Ada L"}, later))
    dossier.put([story.add(fact, {}) for fact in rows])

    def told() -> list[tuple[list[str], list[str]]]:
        with reading(dossier, "history") as view:
            entries = history(view, Filters(kind="customer", key="1")).items
        return [
            ([a for one in e.in_force for a in one.about], [a for one in e.superseded for a in one.about])
            for e in entries
        ]

    city, first = ["fields.city"], ["fields.first_name"]
    assert told() == [(["fields.city", "name"], first + city), (first, first), ([*city, *first], [])]
    dossier.fact_mapper.keys.destroy(story.holder)
    erased = told()
    assert erased == [(["fields.city", "name"], city), ([], []), (city, [])]
    [projection] = [one for one in projections(dossier) if one.name == "history"]
    rebuild(dossier, projection, lambda _done, _of: None)
    assert told() == erased

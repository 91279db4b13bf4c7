"""What a preview says is what history, read model and log then say: random changes of random histories (rules 2.11, 2.18, 2.20-2.22)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from aggregates.account import commands
from aggregates.account.place import Place
from aggregates.account.site import Site
from aggregates.clocks import AsOf
from aggregates.customer.commands import register_customer
from aggregates.effective import Days, When
from aggregates.errors import DomainError
from aggregates.profile_class import commands as classes
from aggregates.setup.catalogue import SetupStore
from aggregates.use_case import Outcome, Request
from conftest import TODAY
from projections.accounts.models import ProfileRead
from projections.accounts.queries import profile, sites_following
from projections.accounts.replay import replay_profile
from projections.answers.impact import DayRange
from projections.answers.profile_history import HISTORY, profile_history
from projections.answers.profile_preview import plan, preview_read
from projections.answers.profile_preview_models import PreviewProfile, ProfilePreviewRead
from projections.history.models import InForce
from projections.reading.view import View
from store.application import Dossier

from .fold import now_known, reading

Ask = Callable[..., Request]
Command = Callable[[SetupStore], Outcome]
HISTORIES: Final = 20
CHANGES: Final = 10
"""Changes of each history that are previewed, then made."""
CALENDAR: Final = [TODAY + timedelta(day) for day in range(-11, 13)]
START: Final = CALENDAR[0]
CLASSES: Final = ("DEFAULT", "Late", "Prompt")


@dataclass(frozen=True)
class Made:
    """A change that was previewed, then made: the preview, the days, and the instants of knowledge before and after it."""

    place: Place
    preview: ProfilePreviewRead
    days: Sequence[Days]
    following: int
    before: datetime
    after: datetime


def company(dossier: Dossier, ask: Ask) -> None:
    classes.found_company(dossier, ask())
    register_customer(dossier, ask(), number="1001", name="Ada Byron")
    for name, limit in (("Late", "100"), ("Prompt", "900")):
        options = {"collector": name, "allow_discount": name == "Prompt"}
        amounts = {"EUR": {"credit_limit": limit}}
        classes.define_class(dossier, ask(), name=name, description=name, options=options, amounts=amounts)


def account(dossier: Dossier, ask: Ask, number: str) -> None:
    """An account with two sites."""
    commands.open_account(dossier, ask(), account=number, customer="1001", start=START)
    for site in ("S-1", "S-2"):
        commands.create_site(dossier, ask(), account=number, site=site)


def command(random: Random, ask: Ask, place: Place) -> Command:
    """A random change of this place."""
    first = random.choice(CALENDAR[:-1])
    last = None if random.random() < 0.3 else min(first + timedelta(random.randrange(8)), CALENDAR[-2])
    when = When(first, last if last is None or last >= first else first, random.random() < 0.2)
    request = ask()
    if place.site is not None and random.random() < 0.2:
        return lambda store: commands.end_site_profile(
            store, request, place, last_day=first, keep_later=when.keep_later
        )
    if random.random() < 0.4:
        details = random.choice(
            [
                {"options": {"collector": random.choice("AB")}},
                {"options": {"risk_code": random.choice(["R", None])}},
                {"amounts": {"EUR": {"credit_limit": random.choice(["1", "2"])}}, "attributes": {"region": "north"}},
                {"amounts": {"EUR": None}},
            ]
        )
        return lambda store: commands.update_profile(store, request, place, when=when, **details)
    name, keep = random.choice(CLASSES), random.random() < 0.3
    return lambda store: commands.assign_class(
        store, request, place, profile_class=name, when=when, keep_overrides=keep
    )


def attempt(decide: Callable[[], Any]) -> tuple[Any, str | None]:
    """What is decided, or the text of the refusal."""
    try:
        return decide(), None
    except DomainError as refusal:
        return None, refusal.text


def make(dossier: Dossier, place: Place, change: Command) -> Made | None:
    """Previews a change, then makes it; `None` when it is refused or changes nothing, as the preview said."""
    end, before = dossier.log_of_facts.max_notification_id(), now_known(dossier)
    planned, refused = attempt(lambda: plan(dossier, place, change, TODAY))
    assert dossier.log_of_facts.max_notification_id() == end
    following = 0
    if planned is not None and place.site is None:
        sites = [dossier.load(Site, Site.key(place.account, site)) for site in ("S-1", "S-2")]
        following = sum(not all(site.profiles.covers(days) for days in planned[0].days) for site in sites if site)
    outcome, refused_in_earnest = attempt(lambda: change(dossier))
    assert refused == refused_in_earnest
    if planned is None:
        return None
    preview, version = planned
    read = preview_read(preview, place, version, TODAY, None)
    assert (read.changed, bool(read.periods)) == (outcome.changed, outcome.changed)
    recorded = dossier.log_of_facts.select_notifications(end, 1_000, inclusive_of_start=False)
    assert outcome.version == version + len(recorded)
    return Made(place, read, preview.days, following, before, now_known(dossier)) if outcome.changed else None


def test_what_a_preview_says_is_what_is_then_so(
    dossier: Dossier, ask: Ask, figures: Callable[[str], None]
) -> None:  # rules 2.11, 2.18, 2.20, 2.21, 2.22
    company(dossier, ask)
    random = Random(20_261_128)
    made: list[Made] = []
    for history in range(HISTORIES):
        account(dossier, ask, f"A-{history}")
        places = [Place(f"A-{history}"), Place(f"A-{history}", "S-1")]
        for _ in range(5):
            attempt(partial(command(random, ask, random.choice(places)), dossier))
        attempts = [make(dossier, place, command(random, ask, place)) for place in places * (CHANGES // 2)]
        made += filter(None, attempts)
    assert len(made) > HISTORIES * CHANGES / 2
    with reading(dossier, *HISTORY) as view:
        for change in made:
            check(dossier, view, change, random)
    figures(f"{HISTORIES * CHANGES} changes previewed, {len(made)} of them recorded something")


def check(dossier: Dossier, view: View, made: Made, random: Random) -> None:
    before, after = view.at(AsOf(known_at=made.before)), view.at(AsOf(known_at=made.after))
    check_history(after, made)
    for period in made.preview.periods:
        first, last = AsOf(period.effective_from), AsOf(period.effective_to or CALENDAR[-1])
        assert content(profile(before.at(first), made.place)) == content(period.before)
        assert content(profile(after.at(last), made.place)) == content(period.after)
        check_differences(period.before, period.after, period.differences)
    earliest = made.preview.periods[0]
    replayed = replay_profile(dossier, made.place, after.at(AsOf(earliest.effective_from)).clocks)
    assert content(replayed) == content(earliest.after)
    outside = [day for day in CALENDAR if not any(day in days for days in made.days)]
    for day in random.sample(outside, min(1, len(outside))):
        unchanged = [profile(known.at(AsOf(day)), made.place) for known in (before, after)]
        assert content(unchanged[0]) == content(unchanged[1])
    for resumed in made.preview.resumes:
        in_force = profile(after.at(AsOf(resumed.effective_from)), made.place)
        assert (None if in_force is None else in_force.profile_class) == resumed.profile_class
        if in_force is not None:
            found = (in_force.event_id, in_force.effective_from, in_force.effective_to)
            assert found == (resumed.event_id, resumed.effective_from, resumed.effective_to)
    check_past(before, after, made)
    if made.place.site is None:
        assert sites_following(before, made.place.account, made.days).following == made.following


def check_history(after: View, made: Made) -> None:
    """The history has what was superseded by the change, wholly or in part."""
    versions = profile_history(after, made.place, 500).items
    new = {version.event_id for version in versions if version.version > made.preview.version}
    superseded = {
        version.version: (days, not version.in_force)
        for version in versions
        if (days := on(part for part in version.superseded if part.by in new))
    }
    told = {version.version: (on(version.days), version.wholly) for version in made.preview.superseded}
    assert told == superseded


def on(ranges: Iterable[DayRange | InForce]) -> set[date]:
    """The days of the calendar that are in some ranges."""
    whole = [Days(one.effective_from, one.effective_to) for one in ranges]
    return {day for day in CALENDAR if any(day in days for days in whole)}


def check_differences(before: PreviewProfile | None, after: PreviewProfile | None, told: Sequence[Any]) -> None:
    """The differences are those of the two contents."""
    old, new = values(before), values(after)
    expected = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    assert {one.field for one in told} == expected
    for one in told:
        assert (one.before, one.before_origin) == old.get(one.field, (None, None))
        assert (one.after, one.after_origin) == new.get(one.field, (None, None))


def values(read: PreviewProfile | None) -> dict[str, tuple[Any, str | None]]:
    if read is None:
        return {}
    found: dict[str, Any] = {f"options.{name}": value for name, value in read.options.items()}
    found |= {f"amounts.{code}.{name}": value for code, row in read.amounts.items() for name, value in row.items()}
    found |= {f"attributes.{name}": value for name, value in read.attributes.items()}
    origins = {path: (value, "here" if path in read.set_here else "class") for path, value in found.items()}
    about: dict[str, tuple[Any, str | None]] = {
        "profile_class": (read.profile_class, None),
        "class_version": (read.class_version, None),
    }
    return about | origins


def check_past(before: View, after: View, made: Made) -> None:
    """The days in the past are those of the calendar, and it is told whether an answer about one of them changes."""
    days = [day for day in CALENDAR if day < TODAY and any(day in days for days in made.days)]
    past = made.preview.past
    assert (0 if past is None else past.count) == len(days)
    if past is not None:
        pairs = [(profile(before.at(AsOf(day)), made.place), profile(after.at(AsOf(day)), made.place)) for day in days]
        assert past.changes_answers == any(content(old) != content(new) for old, new in pairs)


def content(read: ProfileRead | PreviewProfile | None) -> Any:
    if read is None:
        return None
    return read.profile_class, read.class_version, read.options, read.amounts, read.attributes, read.set_here

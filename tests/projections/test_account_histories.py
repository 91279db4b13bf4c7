"""Random histories of accounts and sites: a calendar, the aggregates' timelines, the read model and the replay of the log agree.

Many histories are stored and folded together, each with an account and a site of its own. `DOSSIER_HISTORIES` says how many there
are at least; the run says how many there were.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aggregates.account.account import Account
from aggregates.account.commands import Place, When
from aggregates.account.holder import ProfileHolder
from aggregates.account.profile import Profile
from aggregates.account.site import Site
from aggregates.effective import Days, Timeline
from aggregates.errors import DomainError
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class import commands as classes
from aggregates.profile_class.profile_class import ClassChange, ProfileClass
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from projections.accounts import AccountsProjection, profile, resolution
from projections.engine import Runner
from projections.reading import ReadModels, View
from projections.replaying import replay_profile, replay_resolution
from store.application import Dossier

from .fold import now_known

HISTORIES: Final = int(os.environ.get("DOSSIER_HISTORIES", "2000"))
TOGETHER: Final = 20
"""Histories that are stored and folded together."""
ROUNDS: Final = 8
BASE: Final = date(2026, 1, 1)
HORIZON: Final = 30
"""The calendar knows this many days from `BASE`; the last one stands for all that follow."""
CALENDAR: Final = [BASE + timedelta(offset) for offset in range(HORIZON)]
START: Final = CALENDAR[3]
"""The first day of every account."""

Ask = Callable[..., Request]
numbers = count(1)


@dataclass(frozen=True)
class Step:
    """One command: of the account or of the site."""

    verb: str
    of_site: bool
    first: date
    last: date | None
    keep_later: bool
    flag: bool
    """`keep_overrides` or `include_later`."""
    which: int


OFFSET: Final = st.integers(0, HORIZON - 2)
LENGTH: Final = st.none() | st.integers(0, 9)


def step(verb: str, of_site: bool, first: int, length: int | None, bits: int, which: int) -> Step:
    last = None if length is None else CALENDAR[min(first + length, HORIZON - 2)]
    return Step(verb, of_site, CALENDAR[first], last, bool(bits & 1), bool(bits & 2), which)


VERBS: Final = ("assign", "update", "update", "propagate", "end")
STEP: Final = st.builds(
    step, st.sampled_from(VERBS), st.booleans(), OFFSET, LENGTH, st.integers(0, 3), st.integers(0, 5)
)
POINT: Final = st.tuples(st.integers(0, HORIZON - 1), st.integers(0, ROUNDS))
HISTORY: Final = st.tuples(
    st.lists(STEP, min_size=1, max_size=ROUNDS), st.lists(POINT, min_size=2, max_size=3), st.booleans()
)
PATCHES: Final[tuple[dict[str, Any], ...]] = (
    {"options.collector": "HERE"},
    {"options.payment_grace_days": 9, "attributes.region": "north"},
    {"options.payment_grace_days": None},
    {"amounts.EUR": None, "attributes.region": None},
    {"options.collector": "HERE", "options.credit_hold": True},
    {"options.credit_hold": None, "options.payment_grace_days": 3},
)

Calendar = dict[date, tuple[UUID, Profile]]
"""By day, the event that says what holds and what it says; a day without is not in it."""


@dataclass
class Told:
    """An account or a site with its calendar, and both as they were after each round."""

    holder: ProfileHolder
    calendar: Calendar = field(default_factory=dict)
    rounds: list[tuple[Timeline[Profile], Calendar, int]] = field(default_factory=list)

    def expected_days(self, days: Days, *, keep_later: bool) -> list[date]:
        """The days on which a command should win: with `keep_later`, up to the next day on which something else begins."""
        found = [day for day in CALENDAR if day in days]
        if keep_later:
            for before, day in zip([days.first, *found], found, strict=False):
                if day > days.first and self._begins(before, day):
                    return [one for one in found if one < day]
        return found

    def _begins(self, before: date, day: date) -> bool:
        """Whether a version begins, or a profile ends, on a day."""
        profile, earlier = self.calendar.get(day), self.calendar.get(before)
        return (profile and profile[0]) != (earlier and earlier[0])

    def take(self, facts: Sequence[Any], expected: Sequence[Sequence[date]] | None) -> None:
        """Writes facts into the calendar, day by day; each must be about the days that were expected of the command."""
        for place, fact in enumerate(facts):
            days = [day for day in CALENDAR if fact.effective_from <= day <= (fact.effective_to or date.max)]
            if expected is not None:
                assert days == list(expected[place])
            for day in days:
                self.calendar.pop(day, None)
                if hasattr(fact, "profile"):
                    self.calendar[day] = (fact.event_id, fact.profile)

    def remember(self) -> None:
        self.rounds.append((self.holder.profiles, dict(self.calendar), self.holder.version))


class History:
    """One account and one site."""

    def __init__(self, company: str, world: "World", steps: Sequence[Step], open_early: bool) -> None:
        self.number = f"H-{next(numbers)}"
        self.world, self.steps = world, steps
        account, site = Account.new(company, self.number), Site.new(company, Site.key(self.number, "S"))
        account.open(_origin(), number=self.number, customer="1001", start=START, default=world.snapshots[0])
        site.create(_origin(), account=self.number, number="S")
        self.account, self.site = Told(account), Told(site)
        if open_early:
            site.create_profile(_origin(), world.snapshots[1], Days(START))
        self.facts = [*account.collect_events(), *site.collect_events()]
        self.account.take(self.facts[1:2], None)
        self.site.take(self.facts[3:], None)
        self.remember()

    def remember(self) -> None:
        self.account.remember()
        self.site.remember()

    def told(self, place: Place) -> Told:
        return self.account if place.site is None else self.site

    @contextmanager
    def telling(self, view: View, place: Place, round_: int) -> Iterator[None]:
        """Tells which history a fault was found in."""
        try:
            yield
        except AssertionError as error:
            told = "\n".join(f"  {one}" for one in self.steps)
            error.add_note(f"{place} on {view.valid_at} as known after {round_} of these steps:\n{told}")
            raise

    @property
    def places(self) -> tuple[Place, Place]:
        return Place(self.number), Place(self.number, "S")

    def play(self, round_: int) -> list[Fact]:
        """Lets the step of this round decide; gives the facts that it recorded."""
        facts: list[Fact] = []
        if round_ < len(self.steps):
            one = self.steps[round_]
            told = self.site if one.of_site else self.account
            try:
                expected = self._decide(told, one)
            except DomainError:
                expected = None
            facts = list(told.holder.collect_events())
            told.take(facts, expected)
        self.remember()
        return facts

    def _decide(self, told: Told, one: Step) -> list[list[date]] | None:
        first = max(one.first, START) if isinstance(told.holder, Account) else one.first
        last = one.last if one.last is None or one.last >= first else first
        days, holder = Days(first, last), told.holder
        expected = [told.expected_days(days, keep_later=one.keep_later)]
        if one.verb == "assign":
            found = self.world.snapshots[one.which % len(self.world.snapshots)]
            holder.assign(_origin(), found, days, keep_later=one.keep_later, keep_overrides=one.flag)
        elif one.verb == "update":
            holder.update(_origin(), PATCHES[one.which], days, keep_later=one.keep_later)
            return None
        elif one.verb == "propagate":
            change = self.world.changes[one.which % len(self.world.changes)]
            holder.propagate(_origin(), change, first, include_later=one.flag)
            return None
        elif isinstance(holder, Site):
            holder.end(_origin(), first)
            return [[day for day in CALENDAR if day > first]]
        return expected


@dataclass
class World:
    """The company's classes, as they were in each version, and the changes that may be propagated."""

    dossier: Dossier
    snapshots: list[ProfileClass]
    changes: list[ClassChange]
    ran: int = 0


def _origin() -> Origin:
    cause = uuid4()
    return Origin(
        actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause, reason=None
    )


@pytest.fixture
def world(dossier: Dossier, ask: Ask) -> World:
    """Classes DEFAULT and LATE in three versions each; system options with two versions by day."""
    classes.found_company(dossier, ask())
    classes.define_class(
        dossier,
        ask(),
        name="LATE",
        description="Pays late",
        options={"collector": "EU-1", "allow_discount": False, "payment_grace_days": 5},
        amounts={"EUR": {"credit_limit": "100.00", "interest": {"rate": "1.5"}}},
    )
    snapshots: list[ProfileClass] = []
    for name, apply_to, days in (
        ("DEFAULT", "all", 1),
        ("LATE", "unmodified", 2),
        ("LATE", "all", 4),
        ("DEFAULT", "unmodified", 6),
    ):
        snapshots.append(_class(dossier, name))
        change = {"payment_grace_days": days}
        amounts = {"EUR": {"credit_limit": f"{days}00"}}
        classes.change_class(dossier, ask(), name=name, options=change, amounts=amounts, apply_to=apply_to)
    latest = [_class(dossier, name) for name in ("DEFAULT", "LATE")]
    setup.change_system_options(dossier, ask(), options={"payment_terms": "N30"}, when=When(CALENDAR[0]))
    setup.change_system_options(dossier, ask(), options={"payment_terms": "N60"}, when=When(CALENDAR[9], CALENDAR[19]))
    return World(dossier, [*snapshots, *latest], [change for one in latest for change in one.changes.values()])


def _class(dossier: Dossier, name: str) -> ProfileClass:
    found = dossier.load(ProfileClass, name)
    assert found is not None
    return found.copy()


@contextmanager
def folded(dossier: Dossier, known_at: datetime) -> Iterator[View]:
    Runner(dossier, AccountsProjection(dossier.fact_mapper.keys, dossier.company)).catch_up()
    with closing(ReadModels(dossier)) as models, models.view("accounts", valid_at=BASE, known_at=known_at) as view:
        yield view


def check_point(dossier: Dossier, view: View, history: History, place: Place, round_: int) -> str:
    """The calendar, the timeline, the read model and the log say the same on a day, as known after a round."""
    with history.telling(view, place, round_):
        return _checked(dossier, view, history.told(place).rounds[round_], place)


def _checked(dossier: Dossier, view: View, then: tuple[Timeline[Profile], Calendar, int], place: Place) -> str:
    timeline, calendar, version = then
    read = profile(view, place, explain=True)
    assert read == replay_profile(dossier, place, view.valid_at, view.known_at, explain=True)
    found, expected = timeline.version_at(view.valid_at), calendar.get(view.valid_at)
    assert (read is None) == (found is None) == (expected is None)
    if read is None or found is None or expected is None:
        return ""
    event_id, content = expected
    assert found.content == content
    assert (read.event_id, read.version) == (event_id, version)
    assert Days(read.effective_from, read.effective_to) == found.days
    assert (read.profile_class, read.class_version) == (content.profile_class, content.class_version)
    assert set(read.explain or {}) == set(content.terms.values())
    assert read.set_here == sorted(content.set_here())
    assert read.options == {
        name: str(value) if name == "tolerance_percent" else value
        for name, value in vars(content.terms.options).items()
        if value is not None
    }
    return read.model_dump_json()


def check(world: World, histories: Sequence[History], points: Sequence[Any], instants: Sequence[datetime]) -> None:
    """All histories at their random points."""
    with folded(world.dossier, instants[-1]) as view:
        for history, asked in zip(histories, points, strict=True):
            for offset, round_ in asked:
                at = replace(view, valid_at=CALENDAR[offset], known_at=instants[min(round_, len(instants) - 1)])
                for place in history.places:
                    check_point(world.dossier, at, history, place, min(round_, len(instants) - 1))
            told = resolution(at, history.number, "S")
            assert told is not None
            assert told == replay_resolution(world.dossier, history.number, "S", at.valid_at, at.known_at)
        check_whole(view, histories)


def check_whole(view: View, histories: Sequence[History]) -> None:
    """No two rectangles overlap, and an account has a profile on every day from its start, at every instant (rules 2.11, 2.12)."""
    accounts = [history.account.holder.id for history in histories]
    everyone = accounts + [history.site.holder.id for history in histories]
    overlaps = view.connection.execute(
        "SELECT count(*) FROM profiles AS one JOIN profiles AS other ON one.holder = other.holder AND"
        " one.ctid < other.ctid AND one.valid && other.valid AND one.known && other.known WHERE one.holder = ANY(%s)",
        [everyone],
    ).fetchone()
    assert overlaps == (0,)
    known = view.connection.execute(
        "SELECT DISTINCT at.holder, range_agg(one.valid)::text FROM profiles AS at JOIN profiles AS one"
        " ON one.holder = at.holder AND one.known @> lower(at.known) WHERE at.holder = ANY(%s)"
        " GROUP BY at.holder, lower(at.known)",
        [accounts],
    ).fetchall()
    assert sorted(known) == sorted((holder, f"{{[{START},)}}") for holder in accounts)
    for history in histories:
        assert history.account.holder.profiles.covers(Days(START))


def noted(world: World, histories: Sequence[History], known_at: datetime, round_: int) -> list[str]:
    """What is answered about some days, as known at an instant."""
    days = (CALENDAR[2], CALENDAR[12], CALENDAR[-1])
    with folded(world.dossier, known_at) as view:
        return [
            check_point(world.dossier, replace(view, valid_at=day), history, place, round_)
            for history, day in zip(histories, days * len(histories), strict=False)
            for place in history.places
        ]


def play(world: World, drawn: Sequence[tuple[Sequence[Step], Sequence[tuple[int, int]], bool]]) -> None:
    """Plays histories side by side, a put each round, and asks in the middle and at the end."""
    histories = [History(world.dossier.company, world, steps, early) for steps, _, early in drawn]
    world.dossier.put([fact for history in histories for fact in history.facts])
    instants, middle, before = [now_known(world.dossier)], ROUNDS // 2, []
    for round_ in range(ROUNDS):
        facts = [fact for history in histories for fact in history.play(round_)]
        if facts:
            world.dossier.put(facts)
        instants.append(now_known(world.dossier))
        if round_ + 1 == middle:
            before = noted(world, histories, instants[-1], middle)
    check(world, histories, [points for _, points, _ in drawn], instants)
    # rule 0.3: what was recorded since then changes nothing of what was known then.
    assert noted(world, histories, instants[middle], middle) == before
    world.ran += len(histories)


def test_calendar_timeline_read_model_and_replay_agree_on_random_histories(
    world: World, figures: Callable[[str], None]
) -> None:
    # rules 0.3, 2.8, 2.9, 2.11, 2.12, 2.13, 2.14, 2.16, 2.20
    @settings(
        max_examples=-(-HISTORIES // TOGETHER),
        deadline=None,
        database=None,
        phases=[
            Phase.generate
        ],  # a fault is told with the steps of its history: shrinking twenty at once takes too long
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(HISTORY, min_size=TOGETHER, max_size=TOGETHER))
    def every(drawn: list[tuple[list[Step], list[tuple[int, int]], bool]]) -> None:
        play(world, drawn)

    every()
    assert world.ran >= HISTORIES
    figures(f"{world.ran} random histories of an account and a site")

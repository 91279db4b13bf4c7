"""Random histories of accounts and sites, compared with a calendar written from the rules (`day_by_day`).

After every command, the facts must cover the days that the calendar expects, and the aggregate must agree with the calendar on every day.
At the end, the read model and the replay of the log must agree as known at any instant, and earlier answers must be the same byte for
byte. Many histories are stored and folded together, each with its own account and site. `DOSSIER_HISTORIES` sets the minimum number of
histories; the run prints the actual number.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aggregates.account.account import Account
from aggregates.account.holder import ProfileHolder
from aggregates.account.place import Place
from aggregates.account.profile import Profile
from aggregates.account.site import Site
from aggregates.clocks import AsOf
from aggregates.effective import Days, When
from aggregates.errors import DomainError
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class import commands as classes
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.setup import commands as setup
from aggregates.use_case import Request
from projections.accounts.fold import AccountsProjection
from projections.accounts.models import ProfileRead, Resolution
from projections.accounts.queries import profile, resolution
from projections.accounts.replay import replay_profile, replay_resolution
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from projections.reading.view import View
from projections.tables.plain import plain
from read_models import fold_log
from store.application import Dossier

from .day_by_day import (
    BASE,
    CALENDAR,
    HORIZON,
    Calendar,
    ClassChange,
    ClassVersion,
    Content,
    RefusedError,
    Token,
    Value,
)
from .fold import now_known

HISTORIES: Final = int(os.environ.get("DOSSIER_HISTORIES", "2000"))
TOGETHER: Final = 50
"""Histories that are stored and folded together."""
ROUNDS: Final = 8
NOTED: Final = 5
"""Of so many histories, one is asked in the middle, and again at the end."""
START: Final = CALENDAR[3]
"""The first day of every account."""

Ask = Callable[..., Request]
numbers = count(1)

# The company: two classes, their versions and changes, and two system options, as an administrator would write them down

_DEFAULT: Final[dict[str, Value]] = {
    "options.collector": "DEFAULT",
    "options.allow_discount": True,
    "options.tolerance_percent": "0",
}
_LATE: Final[dict[str, Value]] = {
    "options.collector": "EU-1",
    "options.allow_discount": False,
    "options.payment_grace_days": 5,
    "options.tolerance_percent": "0",
    "amounts.EUR.credit_limit": "100",
    "amounts.EUR.interest": {"rate": "1.5"},
}
_LIMIT: Final = "amounts.EUR.credit_limit"
_GRACE: Final = "options.payment_grace_days"
_HOLD: Final = "options.credit_hold"
CHANGES: Final = (
    ClassChange("DEFAULT", 2, for_unmodified=False, patch={_GRACE: 1, _LIMIT: "100"}),
    ClassChange("LATE", 2, for_unmodified=True, patch={_GRACE: 2, _LIMIT: "200"}),
    ClassChange("LATE", 3, for_unmodified=False, patch={_GRACE: 4, _LIMIT: "400"}),
    ClassChange("DEFAULT", 3, for_unmodified=True, patch={_GRACE: 6, _LIMIT: "600"}),
    ClassChange("LATE", 4, for_unmodified=False, patch={_GRACE: None, _HOLD: True}),
)
VERSIONS: Final = (
    ClassVersion("DEFAULT", 1, _DEFAULT),
    ClassVersion("LATE", 1, _LATE),
    ClassVersion("DEFAULT", 2, _DEFAULT | {_GRACE: 1, _LIMIT: "100"}),
    ClassVersion("LATE", 2, _LATE | {_GRACE: 2, _LIMIT: "200"}),
    ClassVersion("LATE", 3, _LATE | {_GRACE: 4, _LIMIT: "400"}),
    ClassVersion("DEFAULT", 3, _DEFAULT | {_GRACE: 6, _LIMIT: "600"}),
    ClassVersion(
        "LATE", 4, {path: value for path, value in _LATE.items() if path != _GRACE} | {_LIMIT: "400", _HOLD: True}
    ),
)
"""In the order of `CHANGES`, after the two first ones."""
PATCHES: Final[tuple[dict[str, Any], ...]] = (
    {"options.collector": "HERE"},
    {_GRACE: 9, "attributes.region": "north"},
    {_GRACE: None},
    {"amounts.EUR": None, "attributes.region": None},
    {"options.collector": "HERE", _HOLD: True},
    {_HOLD: None, _GRACE: 2},
)

# What is drawn


@dataclass(frozen=True)
class Step:
    """One command: of the account or of the site. `flag`: `keep_overrides` or `include_later`."""

    verb: str
    of_site: bool
    first: date
    last: date | None
    keep_later: bool
    flag: bool
    which: int


OFFSET: Final = st.integers(0, HORIZON - 2)
LENGTH: Final = st.none() | st.integers(0, 9)


def step(verb: str, of_site: bool, first: int, length: int | None, bits: int, which: int) -> Step:
    last = None if length is None else CALENDAR[min(first + length, HORIZON - 2)]
    return Step(verb, of_site, CALENDAR[first], last, bool(bits & 1), bool(bits & 2), which)


VERBS: Final = ("assign", "assign", "update", "update", "propagate", "propagate", "end")
STEP: Final = st.builds(
    step, st.sampled_from(VERBS), st.booleans(), OFFSET, LENGTH, st.integers(0, 3), st.integers(0, 209)
)
POINT: Final = st.tuples(st.integers(0, HORIZON - 1), st.integers(0, ROUNDS), st.integers(0, 1))
"""A day, after which round, and of which place something is asked."""
HISTORY: Final = st.tuples(st.lists(STEP, min_size=1, max_size=ROUNDS), POINT, st.booleans())

# One history


@dataclass
class Told:
    """An account or a site beside its calendar, the events behind the calendar's tokens, and calendar and version after each round."""

    holder: ProfileHolder
    calendar: Calendar = field(default_factory=Calendar)
    events: dict[Token, UUID] = field(default_factory=dict)
    rounds: list[tuple[Calendar, int]] = field(default_factory=list)

    def check_facts(self, facts: Sequence[Any], expected: Sequence[Any]) -> None:
        """The facts are about the days that were expected, one for each stretch."""
        assert [(fact.effective_from, fact.effective_to) for fact in facts] == [
            (stretch.first, stretch.last) for stretch in expected
        ]
        for fact, stretch in zip(facts, expected, strict=True):
            if stretch.content is not None:
                self.events[stretch.content.token] = fact.event_id

    def check_days(self) -> None:
        """The aggregate says on every day what the calendar says, in versions that begin and end on the same days."""
        for stretch in self.calendar.stretches(CALENDAR):
            version = self.holder.profiles.version_at(stretch.first)
            if stretch.content is None:
                assert version is None
                assert not self.holder.profiles.within(Days(stretch.first, stretch.last))
                continue
            assert version is not None
            begins = stretch.first if stretch.first > CALENDAR[0] else version.days.first
            assert version.days == Days(begins, stretch.last)
            self.check_content(version.content, stretch.content)

    def check_content(self, profile: Profile, content: Content) -> None:
        """A profile has the class, class version, values and marks of the calendar."""
        assert (profile.profile_class, profile.class_version) == (content.name, content.class_version)
        assert {path: plain(value) for path, value in profile.terms.values().items()} == content.values
        assert sorted(profile.set_here()) == content.here
        for path in content.values:
            mark, expected = profile.mark(path), content.mark(path)
            assert (mark.origin, mark.class_version) == (expected.origin, expected.class_version)
            assert mark.event_id == self.events[expected.by]

    def remember(self) -> None:
        self.rounds.append((self.calendar.copy(), self.holder.version))


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
        created = self.site.calendar.assign(0, VERSIONS[1], (START, None), **NEITHER) if open_early else []
        self.account.check_facts(
            self.facts[1:2], self.account.calendar.assign(0, VERSIONS[0], (START, None), **NEITHER)
        )
        self.site.check_facts(self.facts[3:], created)
        self.remember()

    @property
    def places(self) -> tuple[Place, Place]:
        """The account and its site."""
        return Place(self.number), Place(self.number, "S")

    def remember(self) -> None:
        self.account.remember()
        self.site.remember()

    def told(self, place: Place) -> Told:
        return self.account if place.site is None else self.site

    @contextmanager
    def telling(self, what: object) -> Iterator[None]:
        """Tells which history a fault was found in."""
        try:
            yield
        except AssertionError as error:
            lines = "\n".join(f"  {place}: {one}" for place, one in enumerate(self.steps))
            raise AssertionError(f"{self.number}, {what}\n{lines}\n{error}") from error

    def play(self, round_: int) -> list[Fact]:
        """Lets the step of this round decide; gives the facts that it recorded."""
        facts: list[Fact] = []
        if round_ < len(self.steps):
            one = self.steps[round_]
            told = self.site if one.of_site else self.account
            with self.telling(f"step {round_}"):
                refused = self._decide(told.holder, one)
                facts = list(told.holder.collect_events())
                told.check_facts(facts, self._expect(told.calendar, one, round_ + 1, refused=refused))
                told.check_days()
        self.remember()
        return facts

    def _decide(self, holder: ProfileHolder, one: Step) -> bool:
        """Gives whether the product refused."""
        try:
            self._command(holder, one, *self._days(one))
        except DomainError:
            return True
        return False

    def _days(self, one: Step) -> tuple[date, date | None]:
        first = one.first if one.of_site else max(one.first, START)
        return first, one.last if one.last is None or one.last >= first else first

    def _command(self, holder: ProfileHolder, one: Step, first: date, last: date | None) -> None:
        days, world = Days(first, last), self.world
        if one.verb == "assign":
            found = world.snapshots[one.which % len(VERSIONS)]
            holder.assign(_origin(), found, days, keep_later=one.keep_later, keep_overrides=one.flag)
        elif one.verb == "update":
            holder.update(_origin(), PATCHES[one.which % len(PATCHES)], days, keep_later=one.keep_later)
        elif one.verb == "propagate":
            change = CHANGES[one.which % len(CHANGES)]
            found = world.latest[change.name].changes[change.version]
            outcome = holder.propagate(_origin(), found, first, include_later=one.flag)
            assert (outcome.became == "changed") == bool(holder.pending)
        elif isinstance(holder, Site):
            holder.end(_origin(), first, keep_later=one.keep_later)

    def _expect(self, calendar: Calendar, one: Step, step: int, *, refused: bool) -> Sequence[Any]:
        """What the calendar expects of the step. Both refuse, or neither does."""
        try:
            expected = self._expected(calendar, one, step, self._days(one))
        except RefusedError:
            assert refused
            return []
        assert not refused
        return expected

    def _expected(self, calendar: Calendar, one: Step, step: int, days: tuple[date, date | None]) -> Sequence[Any]:
        if one.verb == "assign":
            version = VERSIONS[one.which % len(VERSIONS)]
            return calendar.assign(step, version, days, keep_later=one.keep_later, keep_overrides=one.flag)
        if one.verb == "update":
            return calendar.update(step, PATCHES[one.which % len(PATCHES)], days, keep_later=one.keep_later)
        if one.verb == "propagate":
            return calendar.propagate(step, CHANGES[one.which % len(CHANGES)], days[0], include_later=one.flag)
        return calendar.end(days[0], keep_later=one.keep_later) if one.of_site else []


NEITHER: Final = {"keep_later": False, "keep_overrides": False}


# The company as the product has it


@dataclass
class World:
    """The company's classes as they were in each version, in the order of `VERSIONS`, and as they are."""

    dossier: Dossier
    snapshots: list[ProfileClass]
    latest: dict[str, ProfileClass]
    ran: int = 0


def _origin() -> Origin:
    cause = uuid4()
    return Origin(
        actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause, reason=None
    )


@pytest.fixture
def world(dossier: Dossier, ask: Ask) -> World:
    """Classes DEFAULT and LATE in all their versions; system options with two versions by day."""
    classes.found_company(dossier, ask())
    classes.define_class(dossier, ask(), name="LATE", description="Pays late", **_input(_LATE))
    snapshots = [_class(dossier, name) for name in ("DEFAULT", "LATE")]
    for change in CHANGES:
        apply_to = "unmodified" if change.for_unmodified else "all"
        classes.change_class(dossier, ask(), name=change.name, apply_to=apply_to, **_input(change.patch))
        snapshots.append(_class(dossier, change.name))
    for found, version in zip(snapshots, VERSIONS, strict=True):
        assert {path: plain(value) for path, value in found.terms.values().items()} == version.values
        assert (found.name, found.version) == (version.name, version.version)
    setup.change_system_options(dossier, ask(), options={"payment_terms": "N30"}, when=When(CALENDAR[0]))
    setup.change_system_options(dossier, ask(), options={"payment_terms": "N60"}, when=When(CALENDAR[9], CALENDAR[19]))
    return World(dossier, snapshots, {name: _class(dossier, name) for name in ("DEFAULT", "LATE")})


def _input(values: Any) -> dict[str, Any]:
    """Values by path as a request gives them."""
    given: dict[str, Any] = {"options": {}, "amounts": {}}
    for path, value in values.items():
        kind, name, *rest = path.split(".")
        if rest:
            given[kind].setdefault(name, {})[rest[0]] = value
        else:
            given[kind][name] = value
    return given


def _class(dossier: Dossier, name: str) -> ProfileClass:
    found = dossier.load(ProfileClass, name)
    assert found is not None
    return found.copy()


# Read model and log


@contextmanager
def folded(dossier: Dossier, known_at: datetime) -> Iterator[View]:
    fold_log(dossier, AccountsProjection(dossier.fact_mapper.keys, dossier.company))
    with (
        closing(ReadModels(dossier, projections(dossier))) as models,
        models.view("accounts", valid_at=BASE, known_at=known_at) as view,
    ):
        yield view


def values_of(answer: Any) -> dict[str, Any]:
    """Options, amounts and attributes of an answer, by path."""
    found = {f"options.{name}": value for name, value in answer.options.items()}
    found |= {f"amounts.{code}.{name}": value for code, row in answer.amounts.items() for name, value in row.items()}
    return found | {f"attributes.{name}": value for name, value in answer.attributes.items()}


def check_point(dossier: Dossier, view: View, history: History, place: Place, round_: int) -> str:
    """Read model and log say what the calendar says of a day, as known after a round."""
    with history.telling(f"{place} on {view.valid_at} after round {round_}"):
        read = profile(view, place, explain=True)
        assert read == replay_profile(dossier, place, view.clocks, explain=True)
        told = history.told(place)
        calendar, version = told.rounds[round_]
        content = calendar.days.get(view.valid_at)
        assert (read is None) == (content is None)
        if read is None or content is None:
            return ""
        assert read.version == version
        _check_read(read, told, calendar, content)
        return read.model_dump_json()


def _check_read(read: ProfileRead, told: Told, calendar: Calendar, content: Content) -> None:
    assert (read.profile_class, read.class_version) == (content.name, content.class_version)
    assert (values_of(read), read.set_here) == (content.values, content.here)
    assert read.event_id == told.events[content.token]
    [stretch] = [one for one in calendar.stretches(CALENDAR) if _in(read.valid_at, one.first, one.last)]
    assert read.effective_to == stretch.last
    assert read.effective_from == stretch.first or stretch.first == CALENDAR[0]
    explain = read.explain or {}
    assert {path: (one.value, one.origin, one.class_version, one.event_id) for path, one in explain.items()} == {
        path: (value, mark.origin, mark.class_version, told.events[mark.by])
        for path, value in content.values.items()
        for mark in [content.mark(path)]
    }


def _in(day: date, first: date, last: date | None) -> bool:
    return first <= day and (last is None or day <= last)


def check_resolution(dossier: Dossier, view: View, history: History, round_: int) -> None:
    """Per value: the site's, else the account's, else the company's (rule 2.13); read model and log agree."""
    with history.telling(f"what applies on {view.valid_at} after round {round_}"):
        told: Resolution | None = resolution(view, history.number, "S")
        assert told is not None
        assert told == replay_resolution(dossier, Place(history.number, "S"), view.clocks)
        terms = "N60" if CALENDAR[9] <= view.valid_at <= CALENDAR[19] else "N30"
        expected: dict[str, Any] = {"options.payment_terms": (terms, "system")}
        for level, one in (("account", history.account), ("site", history.site)):
            content = one.rounds[round_][0].days.get(view.valid_at)
            expected |= {path: (value, level) for path, value in (content.values if content else {}).items()}
        assert {path: (one.value, one.level) for path, one in values_of(told).items()} == expected


def check(
    world: World, histories: Sequence[History], points: Sequence[tuple[int, int, int]], instants: Sequence[datetime]
) -> None:
    """All histories, each at its random point."""
    with folded(world.dossier, instants[-1]) as view:
        for history, (offset, round_, which) in zip(histories, points, strict=True):
            at = view.at(AsOf(CALENDAR[offset], instants[round_]))
            check_point(world.dossier, at, history, history.places[which], round_)
            check_resolution(world.dossier, at, history, round_)
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


def noted(world: World, histories: Sequence[History], known_at: datetime, round_: int) -> list[str]:
    """What is answered about some histories and days, as known at an instant."""
    days = (CALENDAR[2], CALENDAR[12], CALENDAR[-1])
    with folded(world.dossier, known_at) as view:
        return [
            check_point(world.dossier, view.at(AsOf(day)), history, place, round_)
            for history, day in zip(histories[::NOTED], days * len(histories), strict=False)
            for place in history.places
        ]


def play(world: World, drawn: Sequence[tuple[Sequence[Step], tuple[int, int, int], bool]]) -> None:
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
    check(world, histories, [point for _, point, _ in drawn], instants)
    # rule 0.3: what was recorded since then changes nothing of what was known then.
    assert noted(world, histories, instants[middle], middle) == before
    world.ran += len(histories)


def test_calendar_aggregate_read_model_and_replay_agree_on_random_histories(
    world: World, figures: Callable[[str], None]
) -> None:
    # rules 0.3, 0.5, 2.7, 2.8, 2.9, 2.11, 2.12, 2.13, 2.14, 2.16, 2.20, 2.21
    @settings(
        max_examples=-(-HISTORIES // TOGETHER),
        deadline=None,
        database=None,
        phases=[
            Phase.generate
        ],  # a fault is told with the steps of its history: shrinking fifty at once takes too long
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(HISTORY, min_size=TOGETHER, max_size=TOGETHER))
    def every(drawn: list[tuple[list[Step], tuple[int, int, int], bool]]) -> None:
        play(world, drawn)

    every()
    assert world.ran >= HISTORIES
    figures(f"{world.ran} random histories of an account and a site, 0 differences")

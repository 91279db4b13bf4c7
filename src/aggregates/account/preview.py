"""The effect of a change of a profile, told before it is recorded: periods, what is superseded, what resumes, what people should know.

Given the facts of an account or site and those that a command would add, folded as the holder itself folds them (rules 2.11, 2.21). Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from aggregates.account.events import (
    AccountProfilePropagated,
    AccountProfileUpdated,
    SiteProfileEnded,
    SiteProfilePropagated,
    SiteProfileUpdated,
)
from aggregates.account.impact import Effect, effects
from aggregates.account.profile import Profile
from aggregates.effective import Days, Timeline, Version, joined
from aggregates.fact import Fact

_KEEP_CLASS: Final = (AccountProfileUpdated, AccountProfilePropagated, SiteProfileUpdated, SiteProfilePropagated)
"""Facts that write details and leave class and all else as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class ProfileVersion:
    """A version of a profile, made by one event, whose `version` it has. `profile` is `None` where the event ended a site's profile.

    `keeps_class`: the event wrote details, and left class and all else as they were.
    """

    version: int
    event_id: UUID
    profile: Profile | None
    keeps_class: bool


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which one version, or none, is superseded by one other."""

    days: Days
    before: ProfileVersion | None
    after: ProfileVersion

    @property
    def profile_before(self) -> Profile | None:
        """The profile that is in force now; `None`: none is."""
        return None if self.before is None else self.before.profile

    @property
    def changes_answers(self) -> bool:
        """True when a question about these days will be answered otherwise."""
        before, after = self.profile_before, self.after.profile
        return before is not after if before is None or after is None else not before.same_as(after)

    def dropped(self) -> list[str]:
        """The paths of what was set here and is dropped: an assignment resets it (rule 2.9), and an end takes it away."""
        before, after = self.profile_before, self.after.profile
        if before is None or self.after.keeps_class:
            return []
        kept = {} if after is None else after.set_here()
        values, new_values = before.terms.values(), {} if after is None else after.terms.values()
        return [path for path in before.set_here() if path not in kept or values.get(path) != new_values.get(path)]


@dataclass(frozen=True, slots=True)
class SupersededVersion:
    """A version that loses `days`: all on which it is in force when `wholly`, else a part of them."""

    version: ProfileVersion
    days: Sequence[Days]
    wholly: bool


class ProfilePreview:
    """What a command would come to. `recorded` are the facts of the account or site, `planned` those that the command would add."""

    def __init__(self, recorded: Iterable[Fact], planned: Iterable[Fact], today: date) -> None:
        self._today = today
        planned = list(planned)
        self._planned = sorted(_versions(planned), key=_first)
        self._facts = planned
        self._before = _superseded(Timeline(), _versions(recorded))
        self._after = _superseded(self._before, self._planned)
        self.periods = [period for version in self._planned for period in self._periods(version)]
        """The days of the command in order, by what is in force on them now."""

    @property
    def changed(self) -> bool:
        """True when the command would record something."""
        return bool(self._planned)

    @property
    def days(self) -> list[Days]:
        """The days that the command is about, in order, in as few ranges as they make."""
        return joined(version.days for version in self._planned)

    def effects(self) -> list[Effect]:
        """The days on which something else would hold, whatever events say so."""
        profiles = ((version.days, version.content.profile) for version in self._before)
        in_force = tuple(Version(days, profile) for days, profile in profiles if profile is not None)
        return effects(Timeline(in_force), self._facts)

    def superseded(self) -> list[SupersededVersion]:
        """The versions that lose days, in the order of the first day that they lose."""
        lost: dict[ProfileVersion, list[Days]] = {}
        for period in self.periods:
            if period.before is not None:
                lost.setdefault(period.before, []).append(period.days)
        kept = {version.content for version in self._after}
        return [SupersededVersion(version, joined(days), version not in kept) for version, days in lost.items()]

    def planned_losing(self) -> list[SupersededVersion]:
        """Those of them that are planned: in force on later days only."""
        begun = {version.content for version in self._before if version.days.first <= self._today}
        return [lost for lost in self.superseded() if lost.version.profile is not None and lost.version not in begun]

    def resumptions(self) -> list[Version[ProfileVersion]]:
        """The versions that are interrupted and then resume, each with the days on which it does (rule 2.11)."""
        interrupted = [(version, days) for days in self.days for version in self._before.within(days)]
        rests = [rest for version, days in interrupted if (rest := version.days.after(days.last)) is not None]
        resumed = [self._after.version_at(rest.first) for rest in rests]
        return [version for version in resumed if version is not None]

    def past(self) -> list[Days]:
        """The days of the command that lie before today."""
        return [past for days in self.days if (past := days.before(self._today)) is not None]

    def changes_past_answers(self) -> bool:
        """True when a question about a day in the past will be answered otherwise than until now."""
        return any(period.changes_answers for period in self.periods if period.days.first < self._today)

    def planned_superseded(self) -> list[Version[ProfileVersion]]:
        """The planned versions that an open-ended assignment, or an end, supersedes whole (rule 2.11)."""
        return [
            version
            for planned in self._planned
            if planned.days.last is None and not planned.content.keeps_class
            for version in self._before.within(planned.days)
            if version.days.first > max(self._today, planned.days.first) and version.content.profile is not None
        ]

    def other_classes(self) -> list[Version[Profile]]:
        """The profiles of another class than the first one into which a change of details is written, too (rule 2.21)."""
        profiles = [
            Version(period.days, period.profile_before)
            for period in self.periods
            if period.after.keeps_class and period.profile_before is not None
        ]
        return [version for version in profiles if version.content.profile_class != profiles[0].content.profile_class]

    def _periods(self, planned: Version[ProfileVersion]) -> list[Period]:
        inside = self._before.cut(planned.days).versions
        parts = [Period(version.days, version.content, planned.content) for version in inside]
        empty = planned.days.without(version.days for version in inside)
        parts += [Period(days, None, planned.content) for days in empty]
        return sorted(parts, key=lambda period: period.days.first)


def _superseded(
    timeline: Timeline[ProfileVersion], versions: Iterable[Version[ProfileVersion]]
) -> Timeline[ProfileVersion]:
    for version in versions:
        timeline = timeline.supersede(version.days, version.content)
    return timeline


def _first(version: Version[Any]) -> date:
    return version.days.first


def _versions(facts: Iterable[Fact]) -> Iterator[Version[ProfileVersion]]:
    """The versions that facts make, each on the days for which it was recorded."""
    for fact in facts:
        profile = getattr(fact, "profile", None)
        if profile is not None or isinstance(fact, SiteProfileEnded):
            effective: Any = fact
            content = ProfileVersion(fact.originator_version, fact.event_id, profile, isinstance(fact, _KEEP_CLASS))
            yield Version(effective.days, content)

"""Effective dates: the only date arithmetic there is.

`Timeline` is a pure value: versions with a content that hold on whole days, both ends inclusive, ascending, never overlapping.
Responses, names, controls and whatever else has effective dates use it when they decide, and the read models use it when
they fold, so that both always agree. The rules are those of supersession (domain rules 1.15, 2.10, 2.11).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from aggregates.errors import InvalidError
from aggregates.texts import Faults

FIRST_DAY: Final = date(1, 1, 1)
LAST_DAY: Final = date(9998, 12, 31)
_DAY: Final = timedelta(days=1)

T = TypeVar("T")


class EffectiveDatesError(InvalidError):
    """The effective dates of a command cannot be used."""


@dataclass(frozen=True, slots=True)
class Days:
    """A range of whole days, both inclusive; `last` is `None` when it is open-ended.

    Raises:
        EffectiveDatesError: when the end is before the start (rule 2.10), or a date lies outside the years 1 to 9998.
    """

    first: date
    last: date | None = None

    def __post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise EffectiveDatesError("The end date must not be before the start date.", field="effective_to")
        if self.first > LAST_DAY:
            raise EffectiveDatesError("A date must lie in the years 0001 to 9998.", field="effective_from")
        if self.last is not None and self.last > LAST_DAY:
            raise EffectiveDatesError("A date must lie in the years 0001 to 9998.", field="effective_to")

    def __contains__(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)

    def count(self) -> int | None:
        """How many days these are; `None` when they are open-ended."""
        return None if self.last is None else (self.last - self.first).days + 1

    def overlaps(self, other: "Days") -> bool:
        """Returns whether at least one day is in both."""
        return (other.last is None or self.first <= other.last) and (self.last is None or other.first <= self.last)

    def before(self, day: date) -> "Days | None":
        """The part that lies before `day`."""
        if self.first >= day:
            return None
        return self if self.last is not None and self.last < day else Days(self.first, day - _DAY)

    def after(self, day: date | None) -> "Days | None":
        """The part that lies after `day`; nothing lies after `None`, nor after `LAST_DAY`."""
        if day is None or day >= LAST_DAY or (self.last is not None and self.last <= day):
            return None
        return self if self.first > day else Days(day + _DAY, self.last)

    def within(self, other: "Days") -> "Days":
        """The days that are in both; there must be one."""
        first = max(self.first, other.first)
        last = min(self.last or LAST_DAY, other.last or LAST_DAY) if self.last or other.last else None
        return Days(first, last)

    def hull(self, other: "Days") -> "Days":
        """The days from the first to the last of both."""
        last = None if self.last is None or other.last is None else max(self.last, other.last)
        return Days(min(self.first, other.first), last)

    def since(self, day: date) -> "Days":
        """The part from `day` on, which must not be empty."""
        return self if self.first >= day else Days(day, self.last)

    def without(self, others: Iterable["Days"]) -> Iterator["Days"]:
        """The parts that lie in none of `others`, which must be in order and not overlap."""
        remainder: Days | None = self
        for other in others:
            if remainder is None:
                return
            if remainder.overlaps(other):
                if (before := remainder.before(other.first)) is not None:
                    yield before
                remainder = remainder.after(other.last)
        if remainder is not None:
            yield remainder


EVER: Final = Days(FIRST_DAY)
"""All days."""


def joined(ranges: Iterable[Days]) -> list[Days]:
    """These days in as few ranges as they make, ascending; ranges that meet or overlap become one."""
    merged: list[Days] = []
    for days in sorted(ranges, key=attrgetter("first")):
        if merged and (merged[-1].last is None or days.first <= merged[-1].last + _DAY):
            merged[-1] = merged[-1].hull(days)
        else:
            merged.append(days)
    return merged


@dataclass(frozen=True, slots=True)
class When:
    """The effective dates that a command was given; by default from today on, open-ended, over everything recorded before."""

    effective_from: date | None = None
    effective_to: date | None = None
    keep_later: bool = False
    """Ends the days before the next later-dated version (rule 2.11)."""

    @property
    def dated(self) -> bool:
        """Returns whether a day was given."""
        return self.effective_from is not None or self.effective_to is not None

    def days(self, faults: Faults, today: date) -> Days:
        """The days that are meant; what is wrong with them goes into `faults` (rule 2.10)."""
        with faults:
            return Days(self.effective_from or today, self.effective_to)
        return Days(today)


FROM_TODAY: Final = When()


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """One content and the days on which it holds."""

    days: Days
    content: T


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T]):
    """Effective-dated versions of one thing, in order, without overlap; gaps are allowed."""

    versions: tuple[Version[T], ...] = ()

    def __iter__(self) -> Iterator[Version[T]]:
        return iter(self.versions)

    def __bool__(self) -> bool:
        return bool(self.versions)

    def at(self, day: date) -> T | None:
        """The content in force on `day`, `None` when there is none."""
        version = self.version_at(day)
        return None if version is None else version.content

    def version_at(self, day: date) -> Version[T] | None:
        """The version in force on `day`, `None` when there is none."""
        place = bisect_right(self.versions, day, key=_first)
        if place and day in self.versions[place - 1].days:
            return self.versions[place - 1]
        return None

    def within(self, days: Days) -> tuple[Version[T], ...]:
        """The versions that hold on at least one of `days`, whole."""
        low, high = self._places(days)
        return self.versions[low:high]

    def cut(self, days: Days) -> "Timeline[T]":
        """The timeline of what holds on `days`, with nothing on others."""
        return Timeline(tuple(Version(version.days.within(days), version.content) for version in self.within(days)))

    def until_next(self, days: Days) -> Days:
        """Returns the days up to the day before the next later-dated version: what `keep_later` means (rule 2.11)."""
        place = bisect_right(self.versions, days.first, key=_first)
        if place == len(self.versions):
            return days
        return days.before(self.versions[place].days.first) or days

    def until_ended(self, days: Days) -> Days:
        """These days, ending the day before the next day on which something that was in force is not any more."""
        for version in self.within(days):
            gap = days.after(version.days.last)
            if gap is None:
                break
            if self.at(gap.first) is None:
                return days.before(gap.first) or days
        return days

    def supersede(self, days: Days, content: T) -> "Timeline[T]":
        """Lets `content` win on `days` over everything before: what is cut keeps its rest before and after (rule 2.11)."""
        return self.splice(days, content).timeline

    def clear(self, days: Days) -> "Timeline[T]":
        """Leaves nothing in force on `days`; what is cut keeps its rest before and after."""
        return self.splice(days, None).timeline

    def splice(self, days: Days, content: T | None) -> "Splice[T]":
        """Returns `supersede`, or `clear` where the content is `None`, with the versions that it removes and those that it adds."""
        if not self.versions and content is not None:
            only = (Version(days, content),)
            return Splice(Timeline(only), (), only)
        low, high = self._places(days)
        removed = self.versions[low:high]
        head = removed[0].days.before(days.first) if removed else None
        tail = removed[-1].days.after(days.last) if removed else None
        added = (
            *(() if head is None else (Version(head, removed[0].content),)),
            *(() if content is None else (Version(days, content),)),
            *(() if tail is None else (Version(tail, removed[-1].content),)),
        )
        return Splice(Timeline((*self.versions[:low], *added, *self.versions[high:])), removed, added)

    def says(self, days: Days, content: T | None) -> bool:
        """Returns whether every day of `days` already has this content (`None`: no content), so that a command would change nothing."""
        inside = self.within(days)
        if content is None:
            return not inside
        return self.covers(days) and all(version.content == content for version in inside)

    def holds(self, days: Days, condition: Callable[[T], bool]) -> bool:
        """Returns whether every day of `days` has a content that meets the condition."""
        return self.covers(days) and all(condition(version.content) for version in self.within(days))

    def covers(self, days: Days) -> bool:
        """Returns whether some content holds on every day of `days`."""
        uncovered: Days | None = days
        for version in self.within(days):
            if uncovered is None or uncovered.first not in version.days:
                return False
            uncovered = uncovered.after(version.days.last)
        return uncovered is None

    def _places(self, days: Days) -> tuple[int, int]:
        """Returns the first and the past-the-last index of the versions that overlap `days`."""
        low = bisect_right(self.versions, days.first, key=_first)
        if low and days.first in self.versions[low - 1].days:
            low -= 1
        high = len(self.versions) if days.last is None else bisect_right(self.versions, days.last, lo=low, key=_first)
        return low, high


@dataclass(frozen=True, slots=True)
class Splice(Generic[T]):
    """A timeline after a change, with the versions that the change removed and those that it added, at most three."""

    timeline: Timeline[T]
    removed: tuple[Version[T], ...]
    added: tuple[Version[T], ...]


def _first(version: Version[Any]) -> date:
    return version.days.first

"""Effective dates: the only date arithmetic in the house.

`Timeline` is a pure value: versions with a content that hold on whole days, both ends inclusive, ascending, never overlapping.
Responses, names, controls and whatever else has effective dates use it when they decide, and the read models use it when
they fold, so that both always agree. The rules are those of supersession (domain rules 1.15, 2.10, 2.11).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Generic, TypeVar

from aggregates.errors import InvalidError

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

    def overlaps(self, other: "Days") -> bool:
        """True when at least one day is in both."""
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
        low, high = 0, len(self.versions)
        while low < high:
            middle = (low + high) // 2
            if self.versions[middle].days.first <= day:
                low = middle + 1
            else:
                high = middle
        if low and day in self.versions[low - 1].days:
            return self.versions[low - 1]
        return None

    def until_next(self, days: Days) -> Days:
        """The same days, ending the day before the next later-dated version: what `keep_later` means (rule 2.11)."""
        for version in self.versions:
            if version.days.first > days.first:
                kept = days.before(version.days.first)
                return kept if kept is not None else days
        return days

    def supersede(self, days: Days, content: T) -> "Timeline[T]":
        """Lets `content` win on `days` over everything before: what is cut keeps its rest before and after (rule 2.11)."""
        return self._with(days, (Version(days, content),))

    def clear(self, days: Days) -> "Timeline[T]":
        """Leaves nothing in force on `days`; what is cut keeps its rest before and after."""
        return self._with(days, ())

    def says(self, days: Days, content: T | None) -> bool:
        """True when every day of `days` already has this content (`None`: no content), so a command would change nothing."""
        inside = [version for version in self.versions if version.days.overlaps(days)]
        if content is None:
            return not inside
        return self._covers(inside, days) and all(version.content == content for version in inside)

    @staticmethod
    def _covers(inside: list[Version[T]], days: Days) -> bool:
        left: Days | None = days
        for version in inside:
            if left is None or left.first not in version.days:
                return False
            left = left.after(version.days.last)
        return left is None

    def _with(self, days: Days, new: tuple[Version[T], ...]) -> "Timeline[T]":
        early: list[Version[T]] = []
        late: list[Version[T]] = []
        for version in self.versions:
            if (head := version.days.before(days.first)) is not None:
                early.append(Version(head, version.content))
            if (tail := version.days.after(days.last)) is not None:
                late.append(Version(tail, version.content))
        return Timeline((*early, *new, *late))

"""What a batch of changes makes of the rectangles of a bitemporal table: which end, which begin, which were never known.

Used by `bitemporal.Rectangles`, which reads and writes the rows. Pure: no statement is sent from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from aggregates.effective import Days, Timeline, Version
from store.database import Row

Key = tuple[Any, ...]
K = TypeVar("K")
Content = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on it is known that `content` holds for `key` on `days`; `None`: that nothing does."""

    key: Key
    days: Days
    content: Content | None
    at: datetime


def reach_of(days_by_key: Iterable[tuple[K, Days]]) -> dict[K, Days]:
    """For each key, the days from the first to the last that its changes are about; they touch nothing else of it."""
    reach: dict[K, Days] = {}
    for key, days in days_by_key:
        so_far = reach.get(key)
        reach[key] = days if so_far is None else so_far.hull(days)
    return reach


@dataclass(frozen=True, slots=True)
class Since:
    """Since when an open rectangle is known, and its place in the table; `None`: it is not written yet."""

    at: datetime
    place: str | None = None


@dataclass(slots=True)
class Current:
    """What is known now of one key; `since` by first day."""

    timeline: Timeline[Content] = field(default_factory=Timeline)
    since: dict[date, Since] = field(default_factory=dict)


@dataclass(slots=True)
class Folding:
    """What a batch of changes makes of the rectangles it touches.

    A rectangle ends by the first change that touches it, even if a later one restores it: so each change alone decides, and
    batches make no difference. One that would begin and end at the same instant was never known, and leaves no row.
    """

    current: dict[Key, Current]
    closed: list[tuple[str, datetime]] = field(default_factory=list)
    """Rows that end: place and instant."""
    undone: list[str] = field(default_factory=list)
    """Places of rows that were never known."""
    momentary: list[Row] = field(default_factory=list)
    """Rectangles that began and ended within the batch."""

    def apply(self, change: Change) -> None:
        """Lets one change end and begin rectangles."""
        current = self.current[change.key]
        splice = current.timeline.splice(change.days, change.content)
        for version in splice.removed:
            if version not in splice.added:
                self._end(change, version, current.since.pop(version.days.first))
        for version in splice.added:
            if version not in splice.removed:
                current.since[version.days.first] = Since(change.at)
        current.timeline = splice.timeline

    def _end(self, change: Change, version: Version[Content], since: Since) -> None:
        was_known = since.at < change.at
        if since.place is None:
            if was_known:
                self.momentary.append(_row(change.key, version, since.at, change.at))
        elif was_known:
            self.closed.append((since.place, change.at))
        else:
            self.undone.append(since.place)

    def begun(self) -> Iterable[Row]:
        """Open rectangles that are not written yet."""
        for key, current in self.current.items():
            for version in current.timeline.versions:
                since = current.since[version.days.first]
                if since.place is None:
                    yield _row(key, version, since.at, None)


def _row(key: Key, version: Version[Content], since: datetime, until: datetime | None) -> Row:
    """The row of a rectangle: key, content, its days and since when it is known, both as texts."""
    first, last = version.days.first, version.days.last
    days = f"[{first},)" if last is None else f"[{first},{last}]"
    return (*key, *version.content, days, f"[{since},{until or 'infinity'})")


def line(row: Row) -> str:
    """A row in the text format of COPY."""
    return "\t".join(map(copied, row[:-2])) + f"\t{row[-2]}\t{row[-1]}\n"


def copied(value: Any) -> str:
    """A value in the text format of COPY."""
    if isinstance(value, str):
        return value if value.isalnum() else _escaped(value)
    if value is None:
        return r"\N"
    if isinstance(value, UUID):
        return value.hex  # half the time of its usual form
    return rf"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _escaped(text: str) -> str:
    """Four replacements are a tenth of the time of one translation."""
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")

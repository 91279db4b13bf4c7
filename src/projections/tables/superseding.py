"""What a batch of changes makes of the rectangles of a bitemporal table: which end, which begin, which were never known.

Used by `bitemporal.Rectangles`, which reads and writes the rows. Pure: no statement is sent from here.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from aggregates.effective import LAST_DAY, Days
from projections.tables.adding import text_of
from store.database import Row

Key = tuple[Any, ...]
K = TypeVar("K")
Content = tuple[Any, ...]
NEVER: Final = date.max
"""Later than the day after any last day."""
DAY: Final = timedelta(days=1)


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


@dataclass(slots=True)
class Span:
    """A rectangle of what is known now: its content holds from `first` to the day before `past`, and is known since `since`."""

    first: date
    past: date
    content: Content
    since: datetime
    place: str | None = None
    """Its place in the table; `None`: it is not written yet."""


@dataclass(slots=True)
class Folding:
    """What a batch of changes makes of the rectangles it touches. `spans` are in order, and do not overlap.

    A rectangle ends by the first change that touches it, even if a later one restores it: so each change alone decides, and
    batches make no difference. One that would begin and end at the same instant was never known, and leaves no row.

    Days are superseded as by `Timeline`, in a fraction of its time; a test holds both together.
    """

    spans: dict[Key, list[Span]]
    closed: list[tuple[str, datetime]] = field(default_factory=list)
    """Rows that end: place and instant."""
    undone: list[str] = field(default_factory=list)
    """Places of rows that were never known."""
    momentary: list[Row] = field(default_factory=list)
    """Rectangles that began and ended within the batch."""

    def apply(self, change: Change) -> None:
        """Lets one change end and begin rectangles."""
        spans, at = self.spans[change.key], change.at
        first, past = change.days.first, past_of(change.days)
        low = bisect_right(spans, first, key=_first)
        if low and spans[low - 1].past > first:
            low -= 1
        high = low
        while high < len(spans) and spans[high].first < past:
            high += 1
        removed, added = spans[low:high], []
        if removed and (removed[0].first, removed[0].past, removed[0].content) == (first, past, change.content):
            return
        if removed and removed[0].first < first:
            added.append(Span(removed[0].first, first, removed[0].content, at))
        if change.content is not None:
            added.append(Span(first, past, change.content, at))
        if removed and removed[-1].past > past and past <= LAST_DAY:
            added.append(Span(past, removed[-1].past, removed[-1].content, at))
        for span in removed:
            self._end(change.key, span, at)
        spans[low:high] = added

    def _end(self, key: Key, span: Span, at: datetime) -> None:
        was_known = span.since < at
        if span.place is None:
            if was_known:
                self.momentary.append(_row(key, span, at))
        elif was_known:
            self.closed.append((span.place, at))
        else:
            self.undone.append(span.place)

    def begun(self) -> Iterable[Row]:
        """Open rectangles that are not written yet."""
        for key, spans in self.spans.items():
            for span in spans:
                if span.place is None:
                    yield _row(key, span, None)


def past_of(days: Days) -> date:
    """The day after the last of these days; `NEVER` where there is no last one."""
    return NEVER if days.last is None else days.last + DAY


def last_of(past: date) -> date | None:
    """The day before one of these, `None` for `NEVER`."""
    return None if past == NEVER else past - DAY


def _first(span: Span) -> date:
    return span.first


def _row(key: Key, span: Span, until: datetime | None) -> Row:
    """The row of a rectangle: key, content, its days and since when it is known, both as texts."""
    past = "" if span.past == NEVER else text_of(span.past)
    end = "infinity" if until is None else text_of(until)
    return (*key, *span.content, f"[{text_of(span.first)},{past})", f"[{text_of(span.since)},{end})")

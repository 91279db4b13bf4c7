"""A calendar of one account or site: what holds on each day, written from the rules alone, without the product's code.

Every command returns the stretches of days that its facts must cover, in order. A token identifies a version: the number of the step that
made it, and the stretch within that step. A version begins on a day whose token differs from that of the previous day.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal

BASE: Final = date(2026, 1, 1)
HORIZON: Final = 30
CALENDAR: Final = [BASE + timedelta(offset) for offset in range(HORIZON)]
"""The days that are looked at; the last one stands for all that follow."""

Value = str | bool | int | dict[str, str]
Values = Mapping[str, Value]
Patch = Mapping[str, Value | None]
Token = tuple[int, int]
Range = tuple[date, date | None]


class RefusedError(Exception):
    """The rules refuse the command."""


@dataclass(frozen=True)
class ClassVersion:
    """A profile class as it was in one version: its values by path."""

    name: str
    version: int
    values: Values


@dataclass(frozen=True)
class ClassChange:
    """What a class version changed, and for which existing profiles."""

    name: str
    version: int
    for_unmodified: bool
    patch: Patch


@dataclass(frozen=True)
class Mark:
    """What made a value so after the assignment: the class or somebody here, at which class version, by which step (rules 2.7, 2.16)."""

    origin: Literal["class", "here"]
    class_version: int
    by: Token


@dataclass(frozen=True)
class Content:
    """What holds on a day. `class_version` is the highest in it; `assigned` the version that was assigned, and by which step."""

    name: str
    class_version: int
    assigned: tuple[int, Token]
    values: Values
    marks: Mapping[str, Mark]
    token: Token

    @property
    def here(self) -> list[str]:
        """Where something was set here, or taken away."""
        return sorted(path for path, mark in self.marks.items() if mark.origin == "here")

    def mark(self, path: str) -> Mark:
        """What made the value at a path so."""
        return self.marks.get(path) or Mark("class", *self.assigned)

    def says(self) -> object:
        """What a reader sees of it: commands that change nothing of this record nothing (rule 0.5)."""
        return self.name, self.class_version, dict(self.values), self.here


@dataclass(frozen=True)
class Stretch:
    """Days in a row with one content; without a last day it is open-ended. `None`: nothing holds."""

    first: date
    last: date | None
    content: Content | None


@dataclass
class Calendar:
    """The days of one account or site."""

    days: dict[date, Content] = field(default_factory=dict)
    had_profile: bool = False

    def copy(self) -> "Calendar":
        """The calendar as it is now."""
        return Calendar(dict(self.days), self.had_profile)

    def stretches(self, days: Sequence[date]) -> Iterator[Stretch]:
        """What holds on days in a row, version by version."""
        first = days[0]
        for day, following in [*pairwise(days), (days[-1], None)]:
            if following is None or self.token(day) != self.token(following):
                yield Stretch(first, _last(day), self.days.get(day))
                first = following or first

    def token(self, day: date) -> Token | None:
        """The version of a day."""
        content = self.days.get(day)
        return content and content.token

    # Commands

    def assign(
        self, step: int, of: ClassVersion, days: Range, *, keep_later: bool, keep_overrides: bool
    ) -> list[Stretch]:
        """Rules 2.7, 2.9, 2.11: the class wins on its days over everything before; what was set here on the first day may live on."""
        on = self._range(days, keep_later=keep_later)
        token = (step, 0)
        content = Content(of.name, of.version, (of.version, token), dict(of.values), {}, token)
        before = self.days.get(on[0])
        if keep_overrides and before is not None:
            patch = {path: before.values.get(path) for path in before.here}
            marks = {path: replace(before.marks[path], class_version=of.version) for path in before.here}
            content = replace(content, values=_patched(content.values, patch), marks=marks)
        if all(day in self.days and self.days[day].says() == content.says() for day in on):
            return []
        return self._write([Stretch(on[0], _last(on[-1]), content)])

    def update(self, step: int, patch: Patch, days: Range, *, keep_later: bool) -> list[Stretch]:
        """Rule 2.21: only what is named, on each day on which there is a profile; class, version and the rest of each day stay."""
        on = self._range(days, keep_later=keep_later)
        if not any(day in self.days for day in on):
            raise RefusedError("There is no profile on any of these days.")

        def changed(content: Content, token: Token) -> Content | None:
            values = _patched(content.values, patch)
            paths = [path for path in {*values, *content.values} if values.get(path) != content.values.get(path)]
            mark = Mark("here", content.class_version, token)
            marks = {**content.marks, **dict.fromkeys(paths, mark)}
            return replace(content, values=values, marks=marks, token=token) if paths else None

        return self._each(step, self.stretches(on), changed)

    def end(self, last_day: date, *, keep_later: bool) -> list[Stretch]:
        """Rule 2.14: after its last day a site has no profile; what was planned goes with it, or from its first day on stays."""
        if not self.had_profile or (self.days and min(self.days) > last_day):
            raise RefusedError("There is nothing to end.")
        after = [day for day in CALENDAR if day > last_day]
        if keep_later:
            begins = (day for day in after if day in self.days and self.token(day) != self.token(day - timedelta(1)))
            following = next(begins, None)
            after = [day for day in after if following is None or day < following]
        if not any(day in self.days for day in after):
            return []
        return self._write([Stretch(after[0], _last(after[-1]), None)])

    def propagate(self, step: int, change: ClassChange, run_date: date, *, include_later: bool) -> list[Stretch]:
        """Rule 2.16: only what the class changed, from the run date on, over older class versions; later-dated versions when asked."""
        versions = [
            stretch
            for stretch in self.stretches([day for day in CALENDAR if day >= run_date])
            if stretch.content is not None
            and stretch.content.name == change.name
            and (include_later or stretch.first == run_date)
        ]

        def changed(content: Content, token: Token) -> Content | None:
            paths = [path for path in change.patch if content.mark(path).class_version < change.version]
            if not paths or (change.for_unmodified and content.here):
                return None
            mark = Mark("class", change.version, token)
            return replace(
                content,
                values=_patched(content.values, {path: change.patch[path] for path in paths}),
                marks={**content.marks, **dict.fromkeys(paths, mark)},
                class_version=max(content.class_version, change.version),
                token=token,
            )

        return self._each(step, versions, changed)

    def _range(self, days: Range, *, keep_later: bool) -> list[date]:
        """The days of a command; with `keep_later` up to the next day on which a version begins or a profile has ended (rule 2.11)."""
        first, last = days
        on = [day for day in CALENDAR if day >= first and (last is None or day <= last)]
        if keep_later:
            for place, (before, day) in enumerate(pairwise(on), 1):
                if self.token(before) != self.token(day):
                    return on[:place]
        return on

    def _each(
        self,
        step: int,
        versions: Iterator[Stretch] | list[Stretch],
        changed: Callable[[Content, Token], Content | None],
    ) -> list[Stretch]:
        """Writes what becomes of each version that changes, each by a fact of its own."""
        written: list[Stretch] = []
        for version in versions:
            content = version.content and changed(version.content, (step, len(written)))
            if content is not None:
                written.append(replace(version, content=content))
        return self._write(written)

    def _write(self, stretches: list[Stretch]) -> list[Stretch]:
        for stretch in stretches:
            for day in CALENDAR:
                if stretch.first <= day and (stretch.last is None or day <= stretch.last):
                    self.days.pop(day, None)
                    if stretch.content is not None:
                        self.days[day] = stretch.content
                        self.had_profile = True
        return stretches


def _patched(values: Values, patch: Patch) -> dict[str, Value]:
    """`None` takes a value away; `amounts.EUR` stands for all amounts of the currency."""
    gone = [path for path, value in patch.items() if value is None]
    kept = {
        path: value
        for path, value in values.items()
        if not any(path == one or path.startswith(f"{one}.") for one in gone)
    }
    return {**kept, **{path: value for path, value in patch.items() if value is not None}}


def _last(day: date) -> date | None:
    """The last day of a range that ends on a day of the calendar."""
    return None if day == CALENDAR[-1] else day

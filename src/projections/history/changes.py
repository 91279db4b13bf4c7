"""What an event changed: for each value, on which days, what it was before and what it is afterwards. Pure (rules 0.1, 2.22).

Before is what the statements said that the event superseded; where it superseded none, nothing held. A value that an event says again, as
it was, is no change.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from aggregates.effective import Days, joined
from aggregates.field.field import MASK
from projections.history.models import ValueChange
from projections.history.statements import FIELDS, UNDATED, abouts_of
from projections.history.values import Content, Values, values_stated, values_told

_FIELD: Final = f"{FIELDS}."


class Event(NamedTuple):
    """An event: its topic and its content, personal values included."""

    topic: str
    content: Content


class Stated(NamedTuple):
    """That an event says something about one subject of a family on these days."""

    family: str
    subject: str
    days: Days

    @property
    def about(self) -> str:
        """The subject as answers name it."""
        return abouts_of(self.family, self.subject)[0]


@dataclass(slots=True)
class Succession:
    """What an event says, and what it superseded: each with the event that had said it."""

    stated: list[Stated] = field(default_factory=list)
    superseded: list[tuple[Stated, Event]] = field(default_factory=list)


class _Change(NamedTuple):
    path: str
    days: Days | None
    before: Any
    after: Any

    def like(self, other: "_Change") -> bool:
        return (self.path, self.before, self.after) == (other.path, other.before, other.after)


def changes_of(
    event: Event, succession: Succession, *, is_concealed: Callable[[str], bool], masked: Iterable[str] = ()
) -> list[ValueChange]:
    """The changes that an event made, by path, then by days.

    Values of the fields `masked` are masked, and neither they nor those that are `is_concealed` are compared (decision 26).
    """
    hidden = {f"{_FIELD}{key}" for key in masked}
    changes = [_Change(path, None, *values) for path, values in values_told(event.topic, event.content).items()]
    for days, undated, before, after in _values(event, succession):
        for path in dict.fromkeys((*after, *before)):
            old, new = before.get(path), after.get(path)
            if old != new or path in hidden or is_concealed(path):
                changes.append(_Change(path, None if undated else days, old, new))
    return [_masked(change) if change.field in hidden else change for change in _together(changes)]


def _values(event: Event, succession: Succession) -> Iterator[tuple[Days, bool, Values, Values]]:
    """Yields days, whether they mean anything, the values before and those after, for each piece of what an event says."""
    for stated in sorted(succession.stated, key=_order):
        undated = stated.family.startswith(UNDATED)
        if not succession.superseded:
            yield stated.days, undated, {}, _after(event, stated, stated.days)
            continue
        earlier = sorted(
            (
                (before.days.within(stated.days), before, by)
                for before, by in succession.superseded
                if (before.family, before.subject) == (stated.family, stated.subject)
                and before.days.overlaps(stated.days)
            ),
            key=lambda piece: piece[0].first,
        )
        for days, before, by in earlier:
            old = values_stated(by.topic, by.content, before.family, before.subject, days)
            yield days, undated, old, _after(event, stated, days)
        for days in stated.days.without(days for days, _, _ in earlier):
            yield days, undated, {}, _after(event, stated, days)


def _order(stated: Stated) -> tuple[str, str, date]:
    """Rows come in any order, and in other pieces once a part is superseded: the answer is the same (rule 0.3)."""
    return stated.family, stated.subject, stated.days.first


def _after(event: Event, stated: Stated, days: Days) -> Values:
    return values_stated(event.topic, event.content, stated.family, stated.subject, days)


def _together(changes: Sequence[_Change]) -> list[ValueChange]:
    """The changes by path in the order in which they were found; alike ones on days that meet are one."""
    by_path: dict[str, list[_Change]] = {}
    for change in changes:
        by_path.setdefault(change.path, []).append(change)
    return [change for path_changes in by_path.values() for change in _joined(path_changes)]


def _joined(changes: Sequence[_Change]) -> list[ValueChange]:
    if len(changes) == 1:
        return [_change(changes[0], changes[0].days)]
    alike: list[list[_Change]] = []
    for change in changes:
        group = next((group for group in alike if group[0].like(change)), None)
        if group is None:
            alike.append([change])
        else:
            group.append(change)
    made = [made for group in alike for made in _of_group(group)]
    return sorted(made, key=lambda change: str(change.effective_from))


def _of_group(group: Sequence[_Change]) -> Iterator[ValueChange]:
    first = group[0]
    if first.days is None:
        yield _change(first, None)
        return
    for days in joined(change.days for change in group if change.days is not None):
        yield _change(first, days)


def _change(change: _Change, days: Days | None) -> ValueChange:
    return ValueChange(
        field=change.path,
        effective_from=None if days is None else days.first,
        effective_to=None if days is None else days.last,
        before=change.before,
        after=change.after,
    )


def _masked(change: ValueChange) -> ValueChange:
    values: Mapping[str, Any] = {"before": change.before, "after": change.after}
    return change.model_copy(update={name: None if value is None else MASK for name, value in values.items()})

"""What lies beneath the values of a merge, day by day: what comes to light where they go (rule 6.1). Pure functions, used by `merging`.

The layers of a field or category are what the customer says itself, then what each customer that is still merged in brought, in the
order of the merges. On each day the first layer counts that has something.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aggregates.effective import Days, Timeline, Version

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LayerValue:
    """A value of a layer: where it came from, and the number of the customer that brought it, `None` for the customer's own."""

    value: str
    source: str
    brought_by: str | None = None


@dataclass(frozen=True, slots=True)
class Uncovered(Generic[T]):
    """What comes to light on some days, and those of them on which nothing does, both in order."""

    values: tuple[Version[T], ...]
    empty: tuple[Days, ...]


def uncover(days: Iterable[Days], layers: Sequence[Timeline[T]]) -> Uncovered[T]:
    """Returns, for each of these days, the value of the first layer that has one, and the days on which none has."""
    values: list[Version[T]] = []
    empty: list[Days] = []
    for part in days:
        uncovered: Timeline[T] = Timeline()
        for layer in layers:
            for version in uncovered_part(uncovered, layer.cut(part)):
                uncovered = uncovered.supersede(version.days, version.content)
        values.extend(uncovered)
        empty.extend(part.without(version.days for version in uncovered))
    return Uncovered(tuple(values), tuple(empty))


def uncovered_part(cover: Timeline[T], timeline: Timeline[T]) -> Timeline[T]:
    """Returns the part of `timeline` on days on which `cover` has nothing."""
    for version in cover:
        timeline = timeline.clear(version.days)
    return timeline


def left_since(layer: Timeline[T], blanks: Timeline[int], version: int) -> Timeline[T]:
    """Returns the part of a layer, there since this version of the customer, that no later blank took away.

    `blanks` are the days on which the customer's own last word was a blank, with the version that it made.
    """
    for blank in blanks:
        if blank.content > version:
            layer = layer.clear(blank.days)
    return layer

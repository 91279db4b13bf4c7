"""A row of the results: our figure, the peer's, their ratio, and the goal.

A part measures a row several times. `summarised` makes one of the rows of the same name: medians, and the least and the most.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

ROUNDS: Final = 3
"""How many times each row is measured."""

Spread = tuple[float, float]
"""The least and the most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: `ours` and `peer` in `unit`; `ratio` is ours over peer; `goal` says what it should be, `met` whether it is.

    `limit` says what would have to be faster for a better figure. `details` are further figures of the same measurement, by name.
    """

    name: str
    unit: str
    ours: float
    peer: float | None
    ratio: float | None
    goal: str
    met: bool | None
    limit: str = ""
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """All measurements of a row: medians, each with its spread. Of an even number of them, the goal is met if more than half meet it."""

    name: str
    unit: str
    rounds: int
    ours: float
    ours_spread: Spread
    peer: float | None
    peer_spread: Spread | None
    ratio: float | None
    ratio_spread: Spread | None
    goal: str
    met: bool | None
    limit: str
    details: Mapping[str, float]


def at_least(
    name: str,
    unit: str,
    ours: float,
    peer: float,
    ratio: float | None,
    *,
    limit: str = "",
    details: Mapping[str, float] | None = None,
) -> Row:
    """A rate that should be at least `ratio` times the peer's; `None` sets no goal."""
    measured = ours / peer
    goal = "" if ratio is None else f"ratio >= {ratio:g}"
    met = None if ratio is None else measured >= ratio
    return Row(name, unit, round(ours, 1), round(peer, 1), round(measured, 3), goal, met, limit, details or {})


def at_most(name: str, unit: str, ours: float, peer: float, bound: float, *, limit: str = "") -> Row:
    """A time that should be below a bound of its own; the peer's is for comparison."""
    goal = f"< {bound:g} {unit}"
    return Row(name, unit, round(ours, 2), round(peer, 2), round(ours / peer, 3), goal, ours < bound, limit)


def at_most_times(
    name: str,
    unit: str,
    ours: float,
    peer: float,
    ratio: float,
    *,
    limit: str = "",
    details: Mapping[str, float] | None = None,
) -> Row:
    """A time that should be at most `ratio` times the peer's."""
    measured = ours / peer
    goal = f"ratio <= {ratio:g}"
    met = measured <= ratio
    return Row(name, unit, round(ours, 3), round(peer, 3), round(measured, 3), goal, met, limit, details or {})


def below(
    name: str,
    unit: str,
    ours: float,
    bound: float,
    *,
    limit: str = "",
    details: Mapping[str, float] | None = None,
) -> Row:
    """A figure without a peer that should be below a bound."""
    return Row(name, unit, round(ours, 2), None, None, f"< {bound:g} {unit}", ours < bound, limit, details or {})


def summarised(rows: Iterable[Row]) -> list[Summary]:
    """One summary for the rows of each name, in the order in which the names came."""
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    return [_summary(measured) for measured in by_name.values()]


def _summary(measured: Sequence[Row]) -> Summary:
    middle = sorted(measured, key=lambda row: row.ours)[len(measured) // 2]
    peers = [row.peer for row in measured if row.peer is not None]
    ratios = [row.ratio for row in measured if row.ratio is not None]
    ours = [row.ours for row in measured]
    met = None if middle.met is None else sum(row.met is True for row in measured) * 2 > len(measured)
    return Summary(
        name=middle.name,
        unit=middle.unit,
        rounds=len(measured),
        ours=statistics.median(ours),
        ours_spread=(min(ours), max(ours)),
        peer=statistics.median(peers) if peers else None,
        peer_spread=(min(peers), max(peers)) if peers else None,
        ratio=statistics.median(ratios) if ratios else None,
        ratio_spread=(min(ratios), max(ratios)) if ratios else None,
        goal=middle.goal,
        met=met,
        limit=middle.limit,
        details=_medians([row.details for row in measured]),
    )


def _medians(details: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for measured in details for name in measured)
    return {name: statistics.median(measured[name] for measured in details if name in measured) for name in names}

"""What of an event is in force as known at an instant, and which later events superseded the rest (rule 2.22): as it is answered."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Final
from uuid import UUID

from aggregates.effective import Days, joined
from projections.history.models import InForce, Standing, Superseded
from projections.history.statements import NAME, UNDATED, abouts_of
from projections.history.tables import DAYS
from projections.reading.view import View
from store.database import Row

_PARTS: Final = f"""
    SELECT part.position, part.family, part.subjects, part.first, part.last, later.position, later.event_id
    FROM {DAYS} AS part
    LEFT JOIN LATERAL (
        SELECT position, event_id FROM history
        WHERE position = part.superseded_by AND recorded_at <= %(known_at)s OFFSET 0
    ) AS later ON part.superseded_by IS NOT NULL
    WHERE part.position = ANY(%(positions)s)
"""

_ABOUT: Final = f"SELECT position, family, subjects FROM {DAYS} WHERE position = ANY(%(positions)s)"


NOTHING: Final = Standing(superseded_by=None, in_force=[], superseded=[])
"""Of an event that says nothing about days."""

_Later = tuple[int, UUID] | None
"""Position and id of the event that superseded a part; `None`: it is in force."""
_Ranges = dict[tuple[str, _Later], list[Days]]
"""What one event says: the days by what they are about and what superseded them."""


def parts_of(view: View, positions: Sequence[int]) -> Sequence[Row]:
    """Returns what the events at these positions say, in parts, for `standings`.

    Of each: position, family, subjects, first and last day, position and id of the event that superseded it.
    """
    parameters = {"positions": list(positions), "known_at": view.known_at}
    return view.connection.execute(_PARTS, parameters).fetchall()


def standings(view: View, parts: Sequence[Row], *, shown: Callable[[int, str], bool]) -> Mapping[int, Standing]:
    """Returns the standing of the events of these parts, with the subjects that are `shown`, a function of position and subject.

    Events without days are left out.
    """
    ranges_by_position: dict[int, _Ranges] = {}
    for position, family, subjects, first, last, later, event_id in parts:
        if family.startswith(UNDATED):
            continue
        for about in abouts_of(family, subjects):
            if shown(position, about):
                key = about, None if later is None else (later, event_id)
                ranges_by_position.setdefault(position, {}).setdefault(key, []).append(Days(first, last))
    topics = _topics_of(view, ranges_by_position.values())
    return {position: _standing(ranges, topics) for position, ranges in ranges_by_position.items()}


def _topics_of(view: View, ranges_of_events: Iterable[_Ranges]) -> Mapping[int, set[str]]:
    """By position, what the events are about that superseded parts of those about several things."""
    several = [ranges for ranges in ranges_of_events if len(ranges) > 1 and len(_about(ranges)) > 1]
    positions = {later[0] for ranges in several for _, later in ranges if later is not None}
    topics: dict[int, set[str]] = {}
    if positions:
        for position, family, subjects in view.connection.execute(_ABOUT, {"positions": list(positions)}):
            topics.setdefault(position, set()).update(abouts_of(family, subjects))
    return topics


def _about(ranges: _Ranges) -> set[str]:
    """The subjects that an event is about; of a registration, which may bring the values of a row, the name."""
    about = {about for about, _ in ranges}
    return {NAME} if NAME in about else about


def _standing(ranges: _Ranges, topics: Mapping[int, set[str]]) -> Standing:
    in_force: list[InForce] = []
    superseded: list[Superseded] = []
    for days, later, about in _in_order(ranges):
        if later is None:
            in_force.append(InForce(effective_from=days.first, effective_to=days.last, about=about))
        else:
            superseded.append(Superseded(effective_from=days.first, effective_to=days.last, about=about, by=later[1]))
    return Standing(superseded_by=_superseded_by(ranges, topics), in_force=in_force, superseded=superseded)


def _superseded_by(ranges: _Ranges, topics: Mapping[int, set[str]]) -> UUID | None:
    if all(later is None for _, later in ranges):
        return None
    abouts = _about(ranges)
    later = {later for about, later in ranges if later is not None and about in abouts}
    if len(abouts) > 1:
        later = {event for event in later if abouts <= topics[event[0]]}
    return min(later)[1] if later else None


def _in_order(ranges: _Ranges) -> Iterator[tuple[Days, _Later, list[str]]]:
    """Yields days, what superseded them, and the subjects that share both, in a stable order."""
    if len(ranges) == 1:
        [((about, later), parts)] = ranges.items()
        yield from ((days, later, [about]) for days in joined(parts))
        return
    joined_ranges = [(days, later, about) for (about, later), parts in ranges.items() for days in joined(parts)]
    joined_ranges.sort(key=_order)
    for (days, later), alike in groupby(joined_ranges, itemgetter(0, 1)):
        yield days, later, [about for _, _, about in alike]


def _order(part: tuple[Days, _Later, str]) -> tuple[date, date, int, str]:
    days, later, about = part
    return days.first, days.last or date.max, 0 if later is None else later[0], about

"""The events that made what holds at the two clocks of a view, found by indexes alone: by id, by what they state, by what they changed.

Called by `answers.explanations` with a view of the read model `history`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from projections.history.entries import entries_at
from projections.history.models import HistoryEntry
from projections.history.tables import DAYS
from projections.reading.view import View

ENTRIES_AT_A_TIME: Final = 200
_POSITIONS: Final = (
    "SELECT event_id, position FROM history WHERE event_id = ANY(%(ids)s) AND recorded_at <= %(known_at)s"
)
_STATES: Final = """
    one.first <= wanted.day AND coalesce(one.last, 'infinity') >= wanted.day
    AND (one.subjects = wanted.subject OR wanted.subject = ANY(string_to_array(one.subjects, ' ')))
"""
_WANTED: Final = """
    unnest(%(holders)s::uuid[], %(families)s::text[], %(subjects)s::text[], %(days)s::date[])
    WITH ORDINALITY AS wanted (holder, family, subject, day, place)
"""
_IN_FORCE: Final = f"""
    SELECT wanted.place, entry.position
    FROM {_WANTED}
    CROSS JOIN LATERAL (
        SELECT position FROM {DAYS} AS one
        WHERE one.holder = wanted.holder AND one.family = wanted.family AND one.superseded_by IS NULL AND {_STATES} OFFSET 0
    ) AS part
    JOIN history AS entry ON entry.position = part.position AND entry.recorded_at <= %(known_at)s
"""
"""What is in force now and was known then was in force then, too. OFFSET 0 keeps it an index probe for each subject."""
_SUPERSEDED: Final = f"""
    SELECT wanted.place, max(one.position)
    FROM unnest(%(keys)s::text[]) AS thing (key)
    CROSS JOIN LATERAL (
        SELECT stated.position, stated.holder, stated.family, stated.subjects, stated.first, stated.last
        FROM history AS entry JOIN {DAYS} AS stated ON stated.position = entry.position
        WHERE entry.kind = %(kind)s AND entry.key = thing.key AND entry.recorded_at <= %(known_at)s
          AND stated.superseded_by IS NOT NULL OFFSET 0
    ) AS one
    JOIN {_WANTED} ON wanted.holder = one.holder AND wanted.family = one.family AND {_STATES}
    GROUP BY wanted.place
"""
"""What was superseded since: of all that was stated until then, the last word. Each thing's events are walked once."""
_FIRST_DAYS: Final = f"""
    SELECT thing.key, said.first FROM unnest(%(keys)s::text[]) AS thing (key)
    CROSS JOIN LATERAL (
        SELECT min(one.first) AS first FROM history AS entry JOIN {DAYS} AS one ON one.position = entry.position
        WHERE entry.kind = %(kind)s AND entry.key = thing.key AND entry.recorded_at <= %(known_at)s AND one.family = %(family)s
        OFFSET 0
    ) AS said
    WHERE said.first IS NOT NULL
"""
_LAST_OF_TOPIC: Final = """
    SELECT thing.key, entry.position FROM unnest(%(keys)s::text[]) AS thing (key)
    CROSS JOIN LATERAL (
        SELECT position FROM history AS one
        WHERE one.kind = %(kind)s AND one.key = thing.key AND one.topic = %(topic)s AND one.recorded_at <= %(known_at)s
        ORDER BY position DESC LIMIT 1
    ) AS entry
"""
_OF_THINGS: Final = """
    SELECT position FROM history
    WHERE kind = %(kind)s AND key = ANY(%(keys)s) AND recorded_at <= %(known_at)s ORDER BY position DESC
"""
_VERSIONS: Final = """
    SELECT entry.kind, entry.key, entry.version, entry.position, entry.event_id, entry.recorded_at, entry.data
    FROM unnest(%(kinds)s::text[], %(keys)s::text[], %(versions)s::integer[]) AS wanted (kind, key, version)
    CROSS JOIN LATERAL (
        SELECT kind, key, version, position, event_id, recorded_at, data FROM history AS one
        WHERE one.kind = wanted.kind AND one.key = wanted.key AND one.version = wanted.version
          AND one.recorded_at <= %(known_at)s
        ORDER BY one.position LIMIT 1
    ) AS entry
"""
"""By the index of a thing's events, from its first one to the one that is wanted."""

Subject = tuple[str, str]
"""A family of subjects, and one of them, as `statements` has them."""


class Wanted(NamedTuple):
    """A subject of a thing, and the day for which the event is wanted that says what holds of it."""

    key: str
    holder: UUID
    family: str
    subject: str
    day: date


Version = tuple[str, str, int]
"""Kind, key and version."""


@dataclass(frozen=True, slots=True)
class Made:
    """The event that made a version of something: where it is, when it was recorded, and its values in clear."""

    position: int
    event_id: UUID
    recorded_at: datetime
    data: dict[str, Any]


def positions_of(view: View, event_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Returns the positions of these events, by id."""
    return dict(view.connection.execute(_POSITIONS, {"ids": list(event_ids), "known_at": view.known_at}))


def stating(view: View, kind: str, wanted: Sequence[Wanted]) -> Mapping[Wanted, int]:
    """Returns the positions of the events that say what holds of subjects of things of one kind; subjects without any are left out."""
    positions: dict[Wanted, int] = {}
    for query in (_IN_FORCE, _SUPERSEDED):
        missing = [subject for subject in wanted if subject not in positions]
        if missing:
            keys, holders, families, subjects, days = (list(column) for column in zip(*missing, strict=True))
            parameters = {
                "kind": kind,
                "known_at": view.known_at,
                "keys": list(dict.fromkeys(keys)),
                "holders": holders,
                "families": families,
                "subjects": subjects,
                "days": days,
            }
            rows = view.connection.execute(query, parameters)
            positions |= {missing[place - 1]: position for place, position in rows}
    return positions


def first_days(view: View, kind: str, keys: Iterable[str], family: str) -> Mapping[str, date]:
    """Returns the first day of which anything is said about a family of subjects of things, by key; things without any are left out."""
    parameters = {"kind": kind, "keys": list(keys), "known_at": view.known_at, "family": family}
    return dict(view.connection.execute(_FIRST_DAYS, parameters))


def last_of_topic(view: View, kind: str, keys: Iterable[str], topic: str) -> Mapping[str, int]:
    """Returns the position of the last event of a topic of each of these things, by key; things without one are left out."""
    parameters = {"kind": kind, "keys": list(keys), "topic": topic, "known_at": view.known_at}
    return dict(view.connection.execute(_LAST_OF_TOPIC, parameters))


def entries_of(view: View, kind: str, keys: Iterable[str]) -> Iterator[HistoryEntry]:
    """Yields the entries of these things, the newest first, each with what it changed; reads no more than is taken."""
    rows = view.connection.execute(_OF_THINGS, {"kind": kind, "keys": list(keys), "known_at": view.known_at}).fetchall()
    for start in range(0, len(rows), ENTRIES_AT_A_TIME):
        positions = [position for (position,) in rows[start : start + ENTRIES_AT_A_TIME]]
        yield from entries_at(view, positions, changes=True)


def versions(view: View, wanted: Collection[Version]) -> Mapping[Version, Made]:
    """Returns the events that made these versions of things; those that were not known then are left out."""
    if not wanted:
        return {}
    kinds, keys, numbers = (list(column) for column in zip(*wanted, strict=True))
    parameters = {"kinds": kinds, "keys": keys, "versions": numbers, "known_at": view.known_at}
    return {
        (kind, key, version): Made(position, event_id, recorded_at, orjson.loads(data))
        for kind, key, version, position, event_id, recorded_at, data in view.connection.execute(_VERSIONS, parameters)
    }

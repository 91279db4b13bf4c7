"""The events that made what holds at the two clocks of a view, found by indexes alone: by id, by what they state, by what they changed.

Called by `answers.explanations` with a view of the read model `history`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from projections.history.entries import entries_at
from projections.history.models import HistoryEntry
from projections.history.tables import DAYS
from projections.reading.view import View
from projections.tables.bitemporal import clocks

ENTRIES_AT_A_TIME: Final = 200
_POSITIONS: Final = (
    "SELECT event_id, position FROM history WHERE event_id = ANY(%(ids)s) AND recorded_at <= %(known_at)s"
)
_STATES: Final = """
    one.first <= %(valid_at)s AND coalesce(one.last, 'infinity') >= %(valid_at)s
    AND (one.subjects = wanted.subject OR wanted.subject = ANY(string_to_array(one.subjects, ' ')))
"""
_WANTED: Final = "unnest(%(families)s::text[], %(subjects)s::text[]) AS wanted (family, subject)"
_IN_FORCE: Final = f"""
    SELECT wanted.family, wanted.subject, entry.position
    FROM {_WANTED}
    CROSS JOIN LATERAL (
        SELECT position FROM {DAYS} AS one
        WHERE one.holder = %(holder)s AND one.family = wanted.family AND one.superseded_by IS NULL AND {_STATES} OFFSET 0
    ) AS part
    JOIN history AS entry ON entry.position = part.position AND entry.recorded_at <= %(known_at)s
"""
"""What is in force now and was known then was in force then, too. OFFSET 0 keeps it an index probe for each subject."""
_SUPERSEDED: Final = f"""
    SELECT wanted.family, wanted.subject, max(entry.position)
    FROM history AS entry JOIN {DAYS} AS one ON one.position = entry.position
    JOIN {_WANTED} ON wanted.family = one.family
    WHERE entry.kind = %(kind)s AND entry.key = %(key)s AND entry.recorded_at <= %(known_at)s
      AND one.superseded_by IS NOT NULL AND {_STATES}
    GROUP BY wanted.family, wanted.subject
"""
"""What was superseded since: of all that was stated until then, the last word."""
_FIRST_DAY: Final = f"""
    SELECT min(one.first) FROM history AS entry JOIN {DAYS} AS one ON one.position = entry.position
    WHERE entry.kind = %(kind)s AND entry.key = %(key)s AND entry.recorded_at <= %(known_at)s AND one.family = %(family)s
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
          AND one.recorded_at <= %(known_at)s OFFSET 0
    ) AS entry
"""

Subject = tuple[str, str]
"""A family of subjects, and one of them, as `statements` has them."""
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


def stating(view: View, kind: str, key: str, holder: UUID, subjects: Collection[Subject]) -> Mapping[Subject, int]:
    """Returns the positions of the events that say what holds of these subjects of one thing; those without any are left out."""
    parameters = {**clocks(view), "kind": kind, "key": key, "holder": holder}
    positions: dict[Subject, int] = {}
    for query in (_IN_FORCE, _SUPERSEDED):
        missing = [subject for subject in subjects if subject not in positions]
        if missing:
            families, names = (list(column) for column in zip(*missing, strict=True))
            rows = view.connection.execute(query, {**parameters, "families": families, "subjects": names})
            positions |= {(family, subject): position for family, subject, position in rows}
    return positions


def first_day(view: View, kind: str, key: str, family: str) -> date | None:
    """Returns the first day of which anything is said about a family of subjects of one thing; `None` where nothing is."""
    parameters = {"kind": kind, "key": key, "known_at": view.known_at, "family": family}
    row = view.connection.execute(_FIRST_DAY, parameters).fetchone()
    return None if row is None else row[0]


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

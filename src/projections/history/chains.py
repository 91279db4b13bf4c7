"""The events by which what holds on a day became what it is, from one instant of knowledge to another (rule 2.22).

Each superseded the one before on that day, so they are found by going back from the last one, whatever else was recorded meanwhile. Called
with a view of the read model `history`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from projections.history.models import Cause
from projections.history.tables import DAYS
from projections.reading.view import View

MOST_STEPS: Final = 20
"""Events of one chain that are told: the latest."""
_COVERS: Final = "one.first <= {link}.day AND coalesce(one.last, 'infinity') >= {link}.day"
_CHAINS: Final = f"""
    WITH RECURSIVE link (place, holder, family, day, since, position, recorded_at, told) AS (
        SELECT wanted.*, latest.position, latest.recorded_at, (latest.recorded_at <= %(until)s)::integer
        FROM unnest(%(places)s::integer[], %(holders)s::uuid[], %(families)s::text[], %(days)s::date[],
                    %(since)s::timestamptz[]) AS wanted (place, holder, family, day, since)
        CROSS JOIN LATERAL (
            SELECT one.position, event.recorded_at FROM {DAYS} AS one JOIN history AS event USING (position)
            WHERE one.holder = wanted.holder AND one.family = wanted.family AND one.superseded_by IS NULL
              AND {_COVERS.format(link="wanted")} OFFSET 0
        ) AS latest
      UNION ALL
        SELECT link.place, link.holder, link.family, link.day, link.since, earlier.position, earlier.recorded_at,
               link.told + (earlier.recorded_at <= %(until)s)::integer
        FROM link CROSS JOIN LATERAL (
            SELECT one.position, event.recorded_at FROM {DAYS} AS one JOIN history AS event USING (position)
            WHERE one.superseded_by = link.position AND one.holder = link.holder AND one.family = link.family
              AND {_COVERS.format(link="link")} OFFSET 0
        ) AS earlier
        WHERE link.recorded_at > link.since AND link.told <= {MOST_STEPS}
    )
    SELECT place, position, recorded_at > since FROM link WHERE recorded_at <= %(until)s ORDER BY place, position
"""
"""Ends with an event that was known already, or with one more than `MOST_STEPS`."""
_FIRST: Final = """
    SELECT wanted.kind, wanted.key, first.position FROM unnest(%s::text[], %s::text[]) AS wanted (kind, key)
    CROSS JOIN LATERAL (
        SELECT position FROM history AS one WHERE one.key = wanted.key AND one.kind = wanted.kind
        ORDER BY one.key, one.kind, one.position LIMIT 1
    ) AS first
"""
_CAUSES: Final = f"SELECT {', '.join(Cause.model_fields)} FROM history WHERE position = ANY (%s)"


class Subject(NamedTuple):
    """What an aggregate holds of a family on a day, since an instant; see `statements.Statement` for the family."""

    holder: UUID
    family: str
    day: date
    since: datetime


@dataclass(frozen=True, slots=True)
class Chain:
    """Positions of events: `base` is what held before the others, `steps` followed it. `more`: there were others before `base`.

    `base` is `None` where nothing had been said.
    """

    base: int | None = None
    steps: Sequence[int] = field(default_factory=tuple)
    more: bool = False


def chains(view: View, subjects: Sequence[Subject]) -> dict[Subject, Chain]:
    """Returns the chain of each subject until the view's instant of knowledge."""
    columns = list(zip(*subjects, strict=True)) or [()] * len(Subject._fields)
    holders, families, days, since = map(list, columns)
    parameters = {"holders": holders, "families": families, "days": days, "since": since, "until": view.known_at}
    rows = view.connection.execute(_CHAINS, parameters | {"places": list(range(len(subjects)))}).fetchall()
    links: dict[int, list[tuple[int, bool]]] = {}
    for place, position, is_new in rows:
        links.setdefault(place, []).append((position, is_new))
    return {subject: _chain(links.get(place, [])) for place, subject in enumerate(subjects)}


def _chain(links: Sequence[tuple[int, bool]]) -> Chain:
    """Returns the chain of events in the order of the log, each with whether it was recorded since."""
    positions = [position for position, _ in links]
    more = len(links) > MOST_STEPS and links[0][1]
    if more or (links and not links[0][1]):
        return Chain(positions[0], positions[1:], more)
    return Chain(None, positions)


def first_events(view: View, things: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Returns the position of the first event of each thing, a kind and a key."""
    columns = [list(column) for column in zip(*things, strict=True)] or [[], []]
    rows = view.connection.execute(_FIRST, columns).fetchall()
    return {(kind, key): position for kind, key, position in rows}


def causes(view: View, positions: Collection[int]) -> dict[int, Cause]:
    """Returns who recorded these events, when and why, by position."""
    rows = view.connection.execute(_CAUSES, [list(positions)]).fetchall()
    made = [Cause(**dict(zip(Cause.model_fields, row, strict=True))) for row in rows]
    return {cause.position: cause for cause in made}

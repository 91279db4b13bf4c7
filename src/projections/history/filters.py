"""Which events of the log are asked for, and their positions in order, by indexes alone (see `marks`).

A search walks what is rarest in the order of the log: the events of one thing, of one cause, or of one correlation id, by their index, else
the rows of the marks, block by block. It reads no more of either than its caller takes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from aggregates.effective import FIRST_DAY, LAST_DAY
from aggregates.errors import InvalidError
from aggregates.setup.controls import CONTROLS, TIME_ZONE
from aggregates.setup.zones import zone_of
from projections.history.marks import BACK_DATED, BLOCK, common, mark_of, range_marks, word_marks
from projections.history.tables import DAYS, MARKS, ZONE
from projections.reading.view import View
from projections.tables.bitemporal import in_force

MOST_WORDS: Final = 10
"""Words of a reason that one search may ask for."""
_FIRST_STEP: Final = 128
_LAST_STEP: Final = 8_192
"""Events of a thing that are looked at together: the step doubles up to this."""
_FIRST_BLOCKS: Final = 16
_GROWTH: Final = 4
"""Blocks that are read together: first sixteen, then so many as should do by what was found, and at most four times as many as before."""
_SURPLUS: Final = 1.25
_ZONE: Final = f"SELECT one.value FROM {ZONE.table} AS one WHERE one.code = %(code)s AND {in_force('one')}"
_LAST: Final = "SELECT position FROM history WHERE recorded_at {bound} ORDER BY recorded_at DESC, position DESC LIMIT 1"
_FIRST: Final = "SELECT position FROM history WHERE recorded_at >= %s ORDER BY recorded_at, position LIMIT 1"
_STATING: Final = f"EXISTS (SELECT FROM {DAYS} AS part WHERE part.position = entry.position)"
_BLOCKS: Final = f"""
    SELECT one.mark, one.block, one.places FROM unnest(%(marks)s::text[]) AS wanted (mark)
    CROSS JOIN LATERAL (
        SELECT mark, block, places FROM {MARKS}
        WHERE mark = wanted.mark AND {{blocks}} OFFSET 0
    ) AS one
"""
_BETWEEN: Final = _BLOCKS.format(blocks="block BETWEEN %(first)s AND %(last)s").encode()
_AMONG: Final = _BLOCKS.format(blocks="block = ANY(%(blocks)s::integer[])").encode()


class ReasonSearchError(InvalidError):
    """The words to search reasons by cannot be used."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What events must have to be found: all that is given here.

    `kind` and `key` name a thing as entries do, `fields` the paths of values that must be among an entry's changes. `recorded_from` and
    `recorded_to` are instants or business days, both inclusive; what holds must begin on or between `effective_from` and `effective_to`.
    `reason` is words, all of which must be in the reason, whatever their case and accents. `stating`: only what says something about days.
    """

    kind: str | None = None
    key: str | None = None
    actor: str | None = None
    role: str | None = None
    source: str | None = None
    topic: str | None = None
    fields: tuple[str, ...] = ()
    recorded_from: date | datetime | None = None
    recorded_to: date | datetime | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    back_dated: bool = False
    reason: str | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    stating: bool = False

    def groups(self) -> list[list[str]]:
        """Marks of which an event must have one of each group. Raises `ReasonSearchError`."""
        shared = {name: getattr(self, name) for name in ("actor", "role", "source", "topic")}
        if self.kind is not None and self.key is None:
            shared["kind"] = self.kind
        groups = [[mark_of(name, value)] for name, value in shared.items() if value is not None]
        groups += [[mark_of("field", path)] for path in self.fields]
        if self.back_dated:
            groups.append([BACK_DATED])
        if self.reason is not None:
            words = word_marks(self.reason)
            if not 1 <= len(words) <= MOST_WORDS:
                raise ReasonSearchError(f"Search by 1 to {MOST_WORDS} words of the reason.", field="reason")
            groups += [[word] for word in sorted(words)]
        if self.effective_from is not None or self.effective_to is not None:
            groups.append(list(range_marks(self.effective_from or FIRST_DAY, self.effective_to or LAST_DAY)))
        return groups

    @property
    def is_indexed(self) -> bool:
        """Returns whether an index leads to the events of a thing, a cause or a correlation id."""
        return any(value is not None for value in (self.key, self.correlation_id, self.causation_id))

    @property
    def is_storable(self) -> bool:
        """Returns whether PostgreSQL can compare with these texts."""
        texts = (self.kind, self.key, self.actor, self.role, self.source, self.topic, *self.fields)
        return not any("\0" in text for text in texts if text is not None)


def positions(
    view: View, filters: Filters, after: int | None, *, newest_first: bool, wanted: int = _LAST_STEP
) -> Iterator[int]:
    """The positions of the events that were known then, behind `after` in the order asked for; as a rule, so many will be `wanted`.

    An event may be among them that has none of `Filters.fields` in its changes: it says the value again. Raises `ReasonSearchError`.
    """
    groups = filters.groups()
    first, last = _bounds(view, filters)
    if after is not None:
        first, last = (first, min(last, after - 1)) if newest_first else (max(first, after + 1), last)
    if first > last or not filters.is_storable or not all(groups):
        return iter(())
    span = _Span(first, last, newest_first)
    if groups and not filters.is_indexed:
        return _by_marks(view, groups, span, wanted)
    steps = _by_index(view, filters, span)
    return _having(view, groups, steps) if groups else (position for step in steps for position in step)


def of_topics(view: View, topics: Iterable[str], after: int) -> Iterator[int]:
    """The positions behind `after` of the events of these topics, in the order of the log, as far as the view is."""
    if after >= view.position:
        return iter(())
    span = _Span(after + 1, view.position, newest_first=False)
    return _by_marks(view, [[mark_of("topic", topic) for topic in topics]], span, _LAST_STEP)


@dataclass(frozen=True, slots=True)
class _Span:
    """Positions from `first` to `last`, and the order in which they are wanted."""

    first: int
    last: int
    newest_first: bool


def _bounds(view: View, filters: Filters) -> tuple[int, int]:
    """The first and the last position in the span of recording; the last is below the first where there is none."""
    last = _position(view, _LAST.format(bound="<= %s"), view.known_at)
    first = 1
    if filters.recorded_from is not None:
        instant = _beginning(view, filters.recorded_from)
        first = _position(view, _FIRST, instant) or last + 1
    if filters.recorded_to is not None:
        if isinstance(filters.recorded_to, datetime):
            reached = _position(view, _LAST.format(bound="<= %s"), filters.recorded_to)
        else:
            day_after = date.fromordinal(filters.recorded_to.toordinal() + 1)
            reached = _position(view, _LAST.format(bound="< %s"), _beginning(view, day_after))
        last = min(last, reached)
    return first, last


def _position(view: View, query: str, instant: datetime) -> int:
    row = view.connection.execute(query.encode(), [instant]).fetchone()
    return 0 if row is None else int(row[0])


def _beginning(view: View, moment: date | datetime) -> datetime:
    """An instant itself, or the one at which a business day begins, in the time zone of that day."""
    if isinstance(moment, datetime):
        return moment
    parameters = {"code": TIME_ZONE, "valid_at": moment, "known_at": view.known_at}
    row = view.connection.execute(_ZONE, parameters).fetchone()
    zone = zone_of(CONTROLS[TIME_ZONE].default if row is None else str(row[0]))
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone)


def _by_index(view: View, filters: Filters, span: _Span) -> Iterator[list[int]]:
    """The positions of one thing, of one cause, of one correlation id, or all of them, in steps."""
    conditions = ["entry.position BETWEEN %(first)s AND %(last)s"]
    parameters: dict[str, Any] = {}
    for column in ("kind", "key", "correlation_id", "causation_id"):
        parameters[column] = getattr(filters, column)
        if parameters[column] is not None and (column != "kind" or filters.key is not None):
            conditions.append(f"entry.{column} = %({column})s")
    if filters.stating:
        conditions.append(_STATING)
    query = f"""
        SELECT entry.position FROM history AS entry WHERE {" AND ".join(conditions)}
        ORDER BY entry.position {"DESC" if span.newest_first else "ASC"} LIMIT %(step)s
    """
    first, last, step = span.first, span.last, _FIRST_STEP
    while first <= last:
        parameters |= {"first": first, "last": last, "step": step}
        matching = [row[0] for row in view.connection.execute(query.encode(), parameters)]
        yield matching
        if len(matching) < step:
            return
        first, last = (first, matching[-1] - 1) if span.newest_first else (matching[-1] + 1, last)
        step = min(step * 2, _LAST_STEP)


def _having(view: View, groups: Sequence[Sequence[str]], steps: Iterable[list[int]]) -> Iterator[int]:
    """Those of these positions that have the marks."""
    for step in steps:
        if not step:
            return
        places: dict[int, list[int]] = {}
        for position in step:
            places.setdefault(position // BLOCK, []).append(position % BLOCK)
        rows = _marked(view, groups, _AMONG, blocks=sorted(places))
        matching = {block * BLOCK + place for block, marked in rows.items() for place in common(marked, places[block])}
        yield from (position for position in step if position in matching)


def _by_marks(view: View, groups: Sequence[Sequence[str]], span: _Span, wanted: int) -> Iterator[int]:
    """The positions that have the marks, from blocks that are read in steps."""
    low, high = span.first // BLOCK, span.last // BLOCK
    step, blocks_read, matching = _FIRST_BLOCKS, 0, 0
    while low <= high:
        first, last = (max(low, high - step + 1), high) if span.newest_first else (low, min(high, low + step - 1))
        rows = _marked(view, groups, _BETWEEN, first=first, last=last)
        for block in sorted(rows, reverse=span.newest_first):
            places = common(rows[block])
            for place in reversed(places) if span.newest_first else places:
                if span.first <= block * BLOCK + place <= span.last:
                    matching += 1
                    yield block * BLOCK + place
        low, high = (low, first - 1) if span.newest_first else (last + 1, high)
        blocks_read += step
        step *= _GROWTH
        if 0 < matching < wanted:
            step = min(step, 1 + int(_SURPLUS * blocks_read * (wanted - matching) / matching))


def _marked(
    view: View, groups: Sequence[Sequence[str]], query: bytes, **blocks_wanted: Any
) -> Mapping[int, Sequence[Sequence[bytes]]]:
    """By block, the rows of each group, the rarest group first; blocks that lack those of one are left out."""
    wanted = sorted({mark for group in groups for mark in group})
    parameters = {"marks": wanted, **blocks_wanted}
    rows: dict[str, dict[int, bytes]] = {mark: {} for mark in wanted}
    for mark, block, places in view.connection.execute(query, parameters, binary=True).fetchall():
        rows[mark][block] = places
    by_group = sorted([[rows[mark] for mark in group] for group in groups], key=_size)
    blocks = set.intersection(*(set().union(*group) for group in by_group))
    if all(len(group) == 1 for group in by_group):
        return {block: [(of_mark[block],) for (of_mark,) in by_group] for block in blocks}
    return {
        block: [[of_mark[block] for of_mark in group if block in of_mark] for group in by_group] for block in blocks
    }


def _size(group: Sequence[Mapping[int, bytes]]) -> int:
    """Returns how many bytes the rows of a group have together."""
    return sum(sum(map(len, of_mark.values())) for of_mark in group)

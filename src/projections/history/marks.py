"""Marks: what events are found by, kept while `history` folds, as bitmaps over blocks of positions.

A mark is a property that many events share, such as `actor ada`, `field options.tolerance_percent`, `word telephone` or `from 2026-03`.
A row tells which events of a block have it. So any filters together are an AND of a few rows a block, in the order of the log, and what
10 million events have in common takes 2,442 rows at most. What few events share, the thing that they are about, their correlation id and
their cause, has indexes of its own on `history`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, compress
from struct import Struct
from typing import Final

from psycopg import Connection

from aggregates.effective import FIRST_DAY
from projections.history.tables import MARKS
from projections.tables.names import words_of
from store.database import Row

BLOCK: Final = 4_096
"""Positions."""
BACK_DATED: Final = "back-dated"
_MOST_OFFSETS: Final = 255
"""Up to so many places are stored as offsets of two bytes; more as a bit each, which takes `_BITMAP` bytes."""
_BITMAP: Final = BLOCK // 8
_OFFSETS: Final = [Struct(f"<{count}H") for count in range(_MOST_OFFSETS + 1)]
"""By how many there are."""
_FLAGS: Final = bytes.maketrans(b"01", b"\0\1")
_DAY: Final = timedelta(days=1)
_SELECT: Final = f"""
    SELECT one.mark, one.block, one.places FROM unnest(%b::text[], %b::integer[]) AS wanted (mark, block)
    CROSS JOIN LATERAL (
        SELECT mark, block, places FROM {MARKS} WHERE mark = wanted.mark AND block = wanted.block OFFSET 0
    ) AS one
"""
_UPSERT: Final = f"""
    INSERT INTO {MARKS} (mark, block, places) SELECT * FROM unnest(%b::text[], %b::integer[], %b::bytea[])
    ON CONFLICT (mark, block) DO UPDATE SET places = excluded.places
"""

Bits = int
"""A set of places in a block: the place of position p is p % BLOCK, the lowest bit that of the first."""
Marked = tuple[Iterable[str], Iterable[int]]
"""Marks, and positions of events that have each of them."""


def mark_of(criterion: str, value: str) -> str:
    """The mark of events of which a criterion has this value: `actor`, `role`, `source`, `kind`, `topic`, `field`, `word` or `from`."""
    return f"{criterion} {value}"


def word_marks(reason: str) -> set[str]:
    """The marks of the words of a reason."""
    return {mark_of("word", word) for word in words_of(reason)}


def day_marks(day: date) -> Iterator[str]:
    """The marks of what holds from a day on: of the day, its month, its year and its century."""
    text = day.isoformat()
    return (mark_of("from", text[:length]) for length in (10, 7, 4, 2))


def range_marks(first: date, last: date) -> Iterator[str]:
    """The marks of which what holds from one of these days on has exactly one: whole centuries, years and months, and the days around."""
    day = first
    while day <= last:
        length, end = next((length, end) for length, end in _periods(day) if end <= last)
        yield mark_of("from", day.isoformat()[:length])
        day = end + _DAY


def _periods(day: date) -> Iterator[tuple[int, date]]:
    """The periods that begin on a day, the longest first: how much of its text names the period, and its last day."""
    if (day.month, day.day) == (1, 1):
        if (day.year % 100 == 0 or day == FIRST_DAY) and day.year < 9900:
            yield 2, date(day.year // 100 * 100 + 99, 12, 31)
        yield 4, date(day.year, 12, 31)
    if day.day == 1:
        yield 7, (day.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY
    yield 10, day


def packed(bits: Bits) -> bytes:
    """The places as they are stored; the same places give the same bytes."""
    if bits.bit_count() > _MOST_OFFSETS:
        return bits.to_bytes(_BITMAP, "little")
    offsets = list(ascending(bits))
    return _OFFSETS[len(offsets)].pack(*offsets)


def unpacked(places: bytes) -> Bits:
    """The places in a row."""
    if _is_bitmap(places):
        return int.from_bytes(places, "little")
    bits = 0
    for offset in _offsets(places):
        bits |= 1 << offset
    return bits


def common(groups: Sequence[Sequence[bytes]], among: Iterable[int] | None = None) -> list[int]:
    """The places, ascending, that are in at least one row of each group, and `among` these ones where they are given.

    Of rows of few places only those of the rows before are looked at: groups that have the fewest should come first.
    """
    chosen = None if among is None else set(among)
    bits: Bits = -1
    for group in groups:
        if len(group) == 1 and len(group[0]) < _BITMAP:  # as nearly all are
            offsets: Iterable[int] = _OFFSETS[len(group[0]) // 2].unpack(group[0])
        elif any(map(_is_bitmap, group)):
            bits &= _union(group)
            continue
        else:
            offsets = chain.from_iterable(map(_offsets, group))
        chosen = set(offsets) if chosen is None else chosen.intersection(offsets)
        if not chosen:
            return []
    if chosen is None:
        return _expanded(bits)
    return sorted(chosen if bits == -1 else (place for place in chosen if bits >> place & 1))


def _is_bitmap(places: bytes) -> bool:
    return len(places) == _BITMAP


def _offsets(places: bytes) -> tuple[int, ...]:
    return _OFFSETS[len(places) // 2].unpack(places)


def _union(rows: Iterable[bytes]) -> Bits:
    bits = 0
    for row in rows:
        bits |= unpacked(row)
    return bits


def _expanded(bits: Bits) -> list[int]:
    """All places in a set of many: a hundredth of the time of `ascending`."""
    return list(compress(range(BLOCK), f"{bits:b}".encode().translate(_FLAGS)[::-1]))


def ascending(bits: Bits) -> Iterator[int]:
    """The places in a set of few, from the lowest on."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def fold_marks(connection: Connection[Row], marked: Iterable[Marked]) -> None:
    """Adds events to the rows of their marks."""
    added: dict[tuple[str, int], Bits] = {}
    for marks_in_common, positions in marked:
        by_block = _bits_by_block(positions)
        for mark in marks_in_common:
            for block, bits in by_block.items():
                added[mark, block] = added.get((mark, block), 0) | bits
    if not added:
        return
    keys = sorted(added)
    marks, blocks = [mark for mark, _ in keys], [block for _, block in keys]
    for mark, block, places in connection.execute(_SELECT, [marks, blocks], binary=True):
        added[mark, block] |= unpacked(places)
    connection.execute(_UPSERT, [marks, blocks, [packed(added[key]) for key in keys]])


def _bits_by_block(positions: Iterable[int]) -> Mapping[int, Bits]:
    """The places of positions, by block."""
    by_block: dict[int, Bits] = {}
    for position in positions:
        block = position // BLOCK
        by_block[block] = by_block.get(block, 0) | 1 << position % BLOCK
    return by_block

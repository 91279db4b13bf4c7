"""Marks: rows of places, whatever their number, and the periods that a range of days is made of."""

import random
from datetime import date, timedelta

import pytest

from aggregates.effective import FIRST_DAY, LAST_DAY
from projections.history.marks import BLOCK, ascending, common, day_marks, packed, range_marks, unpacked, word_marks

BOUNDARIES = [
    date(99, 12, 31),
    date(100, 1, 1),
    date(2000, 2, 29),
    date(2026, 12, 31),
    date(9899, 12, 31),
    date(9900, 1, 1),
]


@pytest.mark.parametrize("count", [1, 2, 254, 255, 256, 1_000, BLOCK - 1, BLOCK])
def test_a_row_gives_back_its_places(count: int) -> None:
    places = sorted(random.Random(count).sample(range(BLOCK), count))
    bits = sum(1 << place for place in places)
    row = packed(bits)
    assert len(row) == (2 * count if count < 256 else BLOCK // 8)
    assert unpacked(row) == bits
    assert list(ascending(bits)) == places
    assert common([[row]]) == places


def test_common_places_are_in_a_row_of_each_group() -> None:
    chance = random.Random(2)
    for _ in range(300):
        groups = [
            [
                set(chance.sample(range(BLOCK), chance.choice([1, 40, 255, 256, 3_000])))
                for _ in range(chance.randrange(1, 3))
            ]
            for _ in range(chance.randrange(1, 4))
        ]
        among = set(chance.sample(range(BLOCK), 500))
        rows = [[packed(sum(1 << place for place in places)) for places in group] for group in groups]
        expected = set.intersection(*(set.union(*group) for group in groups))
        assert common(rows) == sorted(expected)
        assert common(rows, among) == sorted(expected & among)


def some_day(chance: random.Random) -> date:
    if chance.random() < 0.3:
        return chance.choice(BOUNDARIES)
    if chance.random() < 0.2:
        return chance.choice([FIRST_DAY, LAST_DAY])
    return date.fromordinal(chance.randint(FIRST_DAY.toordinal(), LAST_DAY.toordinal()))


def test_a_day_has_one_mark_of_a_range_if_it_lies_in_it_and_none_otherwise() -> None:
    chance = random.Random(1)
    for _ in range(2_000):
        first, last = sorted((some_day(chance), some_day(chance)))
        if chance.random() < 0.5:
            last = min(LAST_DAY, first + timedelta(days=chance.randrange(800))) if first.year < 9990 else LAST_DAY
        marks = list(range_marks(first, last))
        assert len(marks) == len(set(marks)) < 400
        for day in (first, last, some_day(chance), max(FIRST_DAY, last) - timedelta(days=last > FIRST_DAY)):
            assert len({*day_marks(day)} & {*marks}) == (first <= day <= last), (first, last, day)


def test_words_are_those_of_a_reason_whatever_their_case_and_accents() -> None:
    assert word_marks("As agreed, with MÜLLER’s wife -- as agreed (42)") == {
        "word as",
        "word agreed",
        "word with",
        "word mullers",
        "word wife",
        "word 42",
    }
    assert word_marks("...") == set()

"""Which rows of a file have a number that an earlier row has (rule 3.2)."""

from random import Random

from aggregates.upload.mapping import ALTERNATE_NUMBER, NUMBER
from jobs.upload.chunks import chunks_of_rows
from jobs.upload.contact_file.rows import Layout, Row
from jobs.upload.repeats import Repeats


def row(number: str = "", alternate: str = "", fault: str | None = None) -> Row:
    """A row with these numbers."""
    return Row(1, {NUMBER: number, ALTERNATE_NUMBER: alternate}, fault)


def test_a_number_is_compared_as_it_is_matched() -> None:
    met_before = Repeats().met_before
    assert [met_before(row(number)) for number in ("1", "2", " 1", "A", "a", "")] == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]
    assert [met_before(row(alternate=number)) for number in ("1", "b", "B ", "")] == [False, False, True, False]
    assert not met_before(row("2", "1", fault="The row has 3 cells."))
    assert not met_before(row("3", "b"))


def test_many_numbers_are_told_apart_exactly() -> None:
    random, seen, repeats = Random(7), set[int](), Repeats()
    for _ in range(60_000):
        number = random.randrange(40_000)
        assert repeats.met_before(row(str(number))) is (number in seen)
        seen.add(number)


def test_beyond_the_bound_later_rows_are_compared_with_the_first_numbers() -> None:
    repeats = Repeats(most=2)
    assert [repeats.met_before(row(number)) for number in "12333221"] == [False] * 5 + [True] * 3


def test_rows_that_were_done_before_an_interruption_count_as_earlier_ones() -> None:
    content = b"id\n1\n2\n1\n3\n2\n"
    [rows] = chunks_of_rows(lambda: [content], [content], Layout({"id": NUMBER}), done=2, size=10)
    assert [(each.number, each.repeated) for each in rows] == [(3, True), (4, False), (5, True)]

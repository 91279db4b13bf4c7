"""Which rows of a contact file have a number that an earlier row has, in bounded memory (rule 3.2).

The rows of one customer are applied in order, so that the last one counts. That is right for a feed, and often a mistake in a list that a
person keeps: the rows are taken, and people are told. Of each different number, a hash of 8 bytes is kept in a table with open addressing.
"""

from array import array
from typing import Final

from aggregates.upload.mapping import ALTERNATE_NUMBER, NUMBER
from jobs.upload.contact_file.rows import Row

MOST_NUMBERS: Final = 2_000_000
"""Different numbers of a file that are kept, in 32 MiB at most. Later rows are compared with these only."""
_FIRST_PLACES: Final = 1 << 12
_BITS: Final = (1 << 64) - 1


class Repeats:
    """The numbers of the rows so far."""

    def __init__(self, most: int = MOST_NUMBERS) -> None:
        self._most = most
        self._count = 0
        self._places = array("Q", bytes(8 * _FIRST_PLACES))

    def met_before(self, row: Row) -> bool:
        """Returns whether the row's customer number, or its alternate number where it has no other, is that of an earlier row; keeps it.

        A row that is wrong as a whole has none.
        """
        text = None if row.fault is not None else _number(row)
        if text is None:
            return False
        number = (hash(text) & _BITS) or 1
        place = self._place(number)
        if self._places[place]:
            return True
        if self._count < self._most:
            self._places[place] = number
            self._count += 1
            if 3 * self._count > 2 * len(self._places):
                self._grow()
        return False

    def _place(self, number: int) -> int:
        """Returns the place that has the number, or the free one where it belongs."""
        last = len(self._places) - 1
        place = number & last
        while self._places[place] not in {0, number}:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        numbers, self._places = self._places, array("Q", bytes(2 * 8 * len(self._places)))
        for number in numbers:
            if number:
                self._places[self._place(number)] = number


def _number(row: Row) -> str | None:
    """Returns the number by which a row names its customer, together with its kind."""
    if number := row.cells.get(NUMBER, "").strip():
        return f"{NUMBER} {number}"
    alternate = row.cells.get(ALTERNATE_NUMBER, "").strip()
    return f"{ALTERNATE_NUMBER} {alternate.upper()}" if alternate else None

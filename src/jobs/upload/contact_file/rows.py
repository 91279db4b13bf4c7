"""What reading a contact file takes and gives: how it is laid out, its rows, and the refusal of a file (rule 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aggregates.upload.mapping import column_key
from jobs.upload.contact_file.originals import Original

LONGEST_LINE: Final = 1 << 20
"""Characters a line, and a row, may have; one of 50 MB is not a contact."""
MOST_CELLS: Final = 2_000
"""Cells of a row, or members and elements of a line of JSON."""
NO_CSV: Final = "Upload comma-separated text or JSON lines, in UTF-8."
COMPARED: Final = "Names are compared without regard to case and to blanks or invisible characters at their ends."


class FileRefusedError(Exception):
    """The file cannot be read, or not any further; `str(error)` tells a user why and what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file. `columns` gives each mapped column's target; a file without a header has columns `1`, `2`, ..."""

    columns: Mapping[str, str]
    delimiter: str | None = None
    header: bool | None = None

    @property
    def has_header(self) -> bool:
        """True when the first row names the columns: columns that are all numbers are positions, in a file without a header."""
        return self.header if self.header is not None else not all(column.isdecimal() for column in self.columns)

    def names(self) -> dict[str, str]:
        """The name of each mapped column by its `column_key`. Raises `FileRefusedError` where two cannot be told apart."""
        names: dict[str, str] = {}
        for column in self.columns:
            if (other := names.setdefault(column_key(column), column)) != column:
                raise FileRefusedError(f"The mapped columns {other} and {column} have the same name. {COMPARED}")
        return names


@dataclass(frozen=True, slots=True)
class Row:
    """One row: cells by target, without outer blanks; or what is wrong with it as a whole, then the cells are a guess.

    `number` counts from 1 without the header. `line` is where the row begins, counted from 1 however the file is read. `record` counts
    rows and header as new customers were numbered once (see `customer_numbers`); `None` for a row that then was part of the one before.
    """

    number: int
    cells: Mapping[str, str]
    fault: str | None = None
    line: int = 0
    record: int | None = None
    original: Original | None = None

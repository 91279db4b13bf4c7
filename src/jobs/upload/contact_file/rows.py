"""The layout of a contact file, its rows, and the refusal of a file (rule 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aggregates.upload.mapping import column_key
from jobs.upload.contact_file.originals import Original

LONGEST_LINE: Final = 1 << 20
"""Characters of a line, and of a row; one of 50 MB is not a contact."""
MOST_CELLS: Final = 2_000
"""Cells of a row, or members and elements of a line of JSON."""
WHAT_TO_DO: Final = "Upload comma-separated text or JSON lines, in UTF-8."
COMPARED: Final = "Names are compared without regard to case, and to spaces and invisible characters at their ends."


class FileRefusedError(Exception):
    """The file cannot be read, or not any further; `str(error)` says why, and what the user can do."""


class OpenQuoteError(FileRefusedError):
    """A quotation mark that was opened in the row of this line is not closed before the end of the file."""

    def __init__(self, line: int) -> None:
        super().__init__(f"A quotation mark opened in the row of line {line} is never closed.")
        self.line = line


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file. `columns` gives each mapped column's target; a file without a header has columns `1`, `2`, ..."""

    columns: Mapping[str, str]
    delimiter: str | None = None
    header: bool | None = None

    @property
    def has_header(self) -> bool:
        """True if the first row names the columns. By default it does, unless all mapped columns are numbers, which are positions."""
        return self.header if self.header is not None else not all(column.isdecimal() for column in self.columns)

    def names(self) -> dict[str, str]:
        """Returns the name of each mapped column by its `column_key`. Raises `FileRefusedError` if two have the same key."""
        names: dict[str, str] = {}
        for column in self.columns:
            if (other := names.setdefault(column_key(column), column)) != column:
                raise FileRefusedError(f"The mapped columns {other} and {column} have the same name. {COMPARED}")
        return names


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by target, without spaces at their ends. `fault` is what is wrong with it as a whole; then the cells are a guess.

    `number` counts from 1 without the header. `line` is where the row begins, counted from 1 however the file is read. `record` is the
    number of the row, the header included, as early uploads counted it (see `customer_numbers`); `None` if they read it as part of the
    row before.
    """

    number: int
    cells: Mapping[str, str]
    fault: str | None = None
    line: int = 0
    record: int | None = None
    original: Original | None = None
    repeated: bool = False
    """An earlier row has the same number: see `repeats`."""

"""The beginning of a contact file: its encoding, its columns, and their values as far as they were sent (rule 3.2).

The rows are read by `reader`, so that what is shown of a file is what an upload of it reads. Memory does not depend on the file.
"""

import codecs
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final

from aggregates.strict_json import JsonError, Members, read_members
from aggregates.upload.mapping import MOST_COLUMNS, column_key, trimmed
from jobs.upload.contact_file import json_lines
from jobs.upload.contact_file.lines import Lines
from jobs.upload.contact_file.originals import Delimited, JsonLine
from jobs.upload.contact_file.reader import read_rows
from jobs.upload.contact_file.rows import MOST_CELLS, FileRefusedError, Layout, OpenQuoteError, Row

MOST_ROWS: Final = 1_000
"""Rows that are looked at."""
_VALUE: Final = re.compile(r"[+(-]*\d[\d\s().,:/T+-]*Z?|\S+@\S+", re.ASCII)
"""What is a value, and not the name of a column: a number, a date, a telephone number, an e-mail address."""
FIRST_COLUMN: Final = {"1": "1"}
"""A mapping for a file of which nothing is known yet."""


class Encoding(StrEnum):
    """How the characters of a file are written. An upload takes UTF-8 only; files in the others can be shown and must be converted."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16le"
    UTF_16_BE = "utf-16be"
    WINDOWS_1252 = "windows-1252"


@dataclass(slots=True)
class Column:
    """A column: its name as a mapping names it (its place where there is no header), and its values that are not blank, by row."""

    place: int
    name: str
    cells: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file and how they were found. `delimiter` and `header` are `None` for JSON lines.

    `lines` are the lines on which the rows begin; `faulty` are rows with a fault; `refusal` is why the rows end before the content does.
    """

    delimiter: str | None
    header: bool | None
    columns: Sequence[Column] = ()
    lines: Sequence[int] = ()
    faulty: Sequence[Row] = ()
    refusal: FileRefusedError | None = None

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.lines)


def encoding_of(content: bytes, *, whole: bool) -> Encoding:
    """Returns how a file is probably encoded that begins with, or as a whole is, this content."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, Encoding.UTF_16_LE), (codecs.BOM_UTF16_BE, Encoding.UTF_16_BE)):
        if content.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content, final=whole)
    except UnicodeDecodeError:
        return Encoding.WINDOWS_1252
    return Encoding.UTF_8


def in_utf_8(content: bytes, encoding: Encoding, *, whole: bool) -> bytes:
    """Returns the content in UTF-8. A part of a file is cut after its last complete line. Raises `FileRefusedError` if it has none."""
    if encoding is not Encoding.UTF_8:
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        content = decoder.decode(content, final=whole).lstrip("\ufeff").encode()
    if whole:
        return content
    end = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
    if not end and content:
        raise FileRefusedError(f"The first line is longer than the {len(content):,} bytes that were sent.")
    return content[:end]


def read_table(content: bytes, layout: Layout, is_name: Callable[[str], bool]) -> Table:
    """Returns the columns of a file that begins with this content, which is UTF-8 and ends with a line.

    What the layout leaves open is found as an upload finds it. Where no column is mapped, the first row is a header if a cell of it
    `is_name`, or if it looks like names. Raises `FileRefusedError`.
    """
    if json_lines.is_json(Lines([content]).sample()[0]):
        names = _names_of_members(content)
        return _table(content, Layout(_targets(names)), names)
    first = first_cells(content, layout)
    header = layout.header
    if header is None:
        header = layout.has_header if layout.columns else _are_names(first.cells, is_name)
    names = [trimmed(cell) for cell in first.cells] if header else [str(place + 1) for place in range(len(first.cells))]
    return _table(content, Layout(_targets(names), first.delimiter, header), names)


def complete_rows(content: bytes, layout: Layout, most: int, *, whole: bool) -> bytes:
    """Returns the beginning of the content with the first rows, at most so many; of a part of a file, only rows that end in it."""
    try:
        for row in read_rows([content], layout):
            if row.number > most:
                return _first_lines(content, row.line - 1)
    except OpenQuoteError as error:
        return content if whole else _first_lines(content, error.line - 1)
    except FileRefusedError:
        pass
    return content


def present_columns(content: bytes, layout: Layout) -> dict[str, str]:
    """Returns the mapped columns without those that no line of JSON has a member for: a later line of the file may have it."""
    missing: Sequence[str] = ()
    with suppress(FileRefusedError):
        lines = Lines([content])
        missing = json_lines.missing(lines, layout) if json_lines.is_json(lines.sample()[0]) else ()
    return {name: target for name, target in layout.columns.items() if name not in missing}


def _first_lines(content: bytes, count: int) -> bytes:
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="surrogateescape", newline="")
    return "".join(islice(lines, count)).encode("utf-8", errors="surrogateescape")


def first_cells(content: bytes, layout: Layout) -> Delimited:
    """Returns the first row. The delimiter is the one that an upload would find."""
    delimiter = layout.delimiter
    if layout.columns and delimiter is None:
        with suppress(FileRefusedError, StopIteration):
            original = next(read_rows([content], layout)).original
            delimiter = original.delimiter if isinstance(original, Delimited) else None
    original = next(read_rows([content], Layout(FIRST_COLUMN, delimiter, header=False))).original
    if not isinstance(original, Delimited):
        raise FileRefusedError("The first row cannot be read.")
    return original


def _are_names(cells: Sequence[str], is_name: Callable[[str], bool]) -> bool:
    """Returns true if a first row looks like the names of columns."""
    if any(map(is_name, cells)):
        return True
    keys = [column_key(cell) for cell in cells]
    return all(keys) and len(set(keys)) == len(keys) and not any(_VALUE.fullmatch(key) for key in keys)


def _names_of_members(content: bytes) -> list[str]:
    """Returns the names of the members of JSON lines, in the order in which they first come: as many as a mapping may have."""
    names: dict[str, str] = {}
    for row in islice(read_rows([content], Layout(FIRST_COLUMN)), MOST_ROWS):
        if isinstance(row.original, JsonLine):
            with suppress(JsonError):
                members = read_members(row.original.line, label="The line", most=MOST_CELLS)
                for name, _ in members if isinstance(members, Members) else ():
                    names.setdefault(column_key(name), trimmed(name))
        if len(names) >= MOST_COLUMNS:
            break
    return list(names.values())[:MOST_COLUMNS]


def _targets(names: list[str]) -> Mapping[str, str]:
    """Returns a mapping of every column that has a name of its own to its place."""
    counted = Counter(map(column_key, names))
    return {name: str(place) for place, name in enumerate(names) if name and counted[column_key(name)] == 1}


def _table(content: bytes, layout: Layout, names: list[str]) -> Table:
    columns = [Column(place + 1, name) for place, name in enumerate(names)]
    lines, faulty, refusal = [], [], None
    try:
        for row in islice(read_rows([content], layout), MOST_ROWS):
            lines.append(row.line)
            if row.fault is not None:
                faulty.append(row)
                continue
            for place, cell in row.cells.items():
                if cell:
                    columns[int(place)].cells.append((row.number, cell))
    except FileRefusedError as error:
        refusal = error
    return Table(layout.delimiter, layout.header, columns, lines, faulty, refusal)

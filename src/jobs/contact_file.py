"""Reads a contact file: CSV or JSON lines as a stream of rows, in bounded memory, whatever the file really is (rule 3.2).

Delimiter, header and byte order mark are detected where they are not told. A row that cannot be used comes out with its fault, and the next
one follows; a file that cannot be read on ends in `FileRefusedError`, in one sentence for the user. The rows before it have been given.
"""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from aggregates.upload.mapping import DELIMITERS

LONGEST_LINE: Final = 1 << 20
"""Characters a line may have; one of 50 MB is not a contact."""
SAMPLE_LINES: Final = 20
MOST_CELLS: Final = 2_000
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAGIC: Final = {
    b"PK\x03\x04": "a ZIP archive or a workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old workbook or document",
    b"\x89PNG": "a picture",
    b"\x7fELF": "a program",
}
_OPEN_QUOTE: Final = {"unexpected", "larger"}
"""Words of the errors that an open quotation mark ends in: the end of the data, or of what a field may hold."""
_NO_CSV: Final = "Upload comma-separated text or JSON lines, in UTF-8."


class FileRefusedError(Exception):
    """The file cannot be read, or not any further; `str(error)` tells a user why and what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file. `columns` gives each mapped column's target; a file without a header has columns `1`, `2`, ..."""

    columns: Mapping[str, str]
    delimiter: str | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row, counted from 1 without the header: cells by target, without outer blanks; or what is wrong with it as a whole."""

    number: int
    cells: Mapping[str, str]
    fault: str | None = None


def read_rows(chunks: Iterable[bytes], layout: Layout) -> Iterator[Row]:
    """The rows of a file that comes in chunks of any size. Raises `FileRefusedError`."""
    begun, lines = _begin(_lines(chunks))
    sample = [line for line in begun if line.strip()]
    everything = chain(begun, lines)
    if sample[0].lstrip().startswith("{"):
        yield from _json_rows(everything, layout)
    else:
        yield from _csv_rows(everything, sample, layout)


# Lines


def _begin(lines: Iterator[str]) -> tuple[list[str], Iterator[str]]:
    """The first lines, from the first one that is not blank, and the others. A refusal is met only after the last good line."""
    begun: list[str] = []
    try:
        for line in lines:
            if begun or line.strip():
                begun.append(line)
            if len(begun) == SAMPLE_LINES:
                break
    except FileRefusedError as refusal:
        if not begun:
            raise
        return begun, _refusing(refusal)
    if not begun:
        raise FileRefusedError("The file is empty.")
    return begun, lines


def _refusing(refusal: FileRefusedError) -> Iterator[str]:
    yield from ()
    raise refusal


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends, decoded from UTF-8 with or without a byte order mark."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, number = "", 0
    for place, chunk in enumerate(chain(chunks, [b""])):
        if place == 0:
            _check_magic(chunk)
        if b"\0" in chunk:
            raise FileRefusedError(f"The file is binary, or written in UTF-16. {_NO_CSV}")
        broken = False
        try:
            text = rest + decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            text, broken = rest + error.object[: error.start].decode(), True
        *whole, rest = text.split("\n")
        for line in whole:
            number += 1
            if len(line) > LONGEST_LINE:
                raise _too_long(number)
            yield line + "\n"
        if broken:
            raise FileRefusedError(f"Line {number + 1} is not UTF-8. {_NO_CSV}")
        if len(rest) > LONGEST_LINE:
            raise _too_long(number + 1)
    if rest:
        yield rest


def _check_magic(first: bytes) -> None:
    if first.startswith(_UTF_16):
        raise FileRefusedError(f"The file is written in UTF-16. {_NO_CSV}")
    for magic, what in _MAGIC.items():
        if first.startswith(magic):
            raise FileRefusedError(f"The file is {what}. {_NO_CSV}")


def _too_long(number: int) -> FileRefusedError:
    return FileRefusedError(
        f"Line {number} is longer than {LONGEST_LINE:,} characters; this is no contact file. {_NO_CSV}"
    )


# CSV


def _csv_rows(lines: Iterator[str], sample: Sequence[str], layout: Layout) -> Iterator[Row]:
    delimiter = layout.delimiter or _delimiter(sample, layout)
    record = _Record(lines)
    reader = _reader(record, delimiter)
    try:
        first = next(reader)
    except csv.Error as error:
        raise _unreadable(1, error) from None
    has_header = _has_header(layout)
    width = len(first)
    places = _places(first, layout, has_header=has_header)
    number = 0
    for cells in _records(reader, None if has_header else first):
        if not cells or cells == [""]:
            record.begin()
            continue
        record.begin()
        number += 1
        if isinstance(cells, str):
            yield Row(number, {}, cells)
        elif len(cells) != width:
            yield Row(number, {}, f"The row has {len(cells)} cells, not {width} like the first.")
        else:
            yield Row(number, {target: cells[place].strip() for place, target in places})


class _Record:
    """Lines on their way to the reader, counted by the record: an open quotation mark must not swallow a file into memory."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._read = 0
        self._number = 0
        self._begun = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._read += len(line)
        if self._read > LONGEST_LINE:
            raise FileRefusedError(f"A quotation mark opened in the row of line {self._begun} is never closed.")
        return line

    def begin(self) -> None:
        """The next line begins a record."""
        self._read, self._begun = 0, self._number + 1


def _reader(lines: Iterable[str], delimiter: str) -> Any:
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


def _records(reader: Any, first: list[str] | None) -> Iterator[list[str] | str]:
    """The cells of each record, or what is wrong with it; the reader goes on after a misplaced quotation mark, not after an open one."""
    if first is not None:
        yield first
    begun = reader.line_num + 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if _OPEN_QUOTE & set(str(error).split()):
                raise _unreadable(begun, error) from None
            yield f"The row cannot be read: {error}."
        else:
            yield cells
        begun = reader.line_num + 1


def _unreadable(line: int, error: csv.Error) -> FileRefusedError:
    if _OPEN_QUOTE & set(str(error).split()):
        return FileRefusedError(f"A quotation mark opened in the row of line {line} is never closed.")
    return FileRefusedError(f"Line {line} cannot be read: {error}.")


def _delimiter(sample: Sequence[str], layout: Layout) -> str:
    """The delimiter that parts the first rows most evenly; one that shows the mapped columns in the header wins."""
    scores = {delimiter: _score(sample, delimiter, layout) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: scores[delimiter])


def _score(sample: Sequence[str], delimiter: str, layout: Layout) -> tuple[int, int, int]:
    rows: list[list[str]] = []
    with suppress(csv.Error):  # an open quotation mark at the end of the sample: what was read before counts
        rows.extend(_reader(sample, delimiter))
    if not rows:
        return (0, 0, 0)
    width = len(rows[0])
    mapped = len(layout.columns.keys() & {cell.strip() for cell in rows[0]})
    even = sum(len(row) == width for row in rows)
    return (mapped, even if width > 1 else 0, width)


def _has_header(layout: Layout) -> bool:
    """Columns that are all numbers are positions, in a file without a header."""
    return layout.header if layout.header is not None else not all(column.isdecimal() for column in layout.columns)


def _places(first: Sequence[str], layout: Layout, *, has_header: bool) -> list[tuple[int, str]]:
    """Where the mapped columns are. Raises `FileRefusedError` where the header makes no sense with them."""
    names = [cell.strip() for cell in first] if has_header else [str(place) for place in range(1, len(first) + 1)]
    if len(names) > MOST_CELLS:
        raise FileRefusedError(f"The first row has {len(names):,} cells; a contact file has {MOST_CELLS:,} at most.")
    counted = Counter(name for name in names if name)
    twice = [str(place) for place, name in enumerate(names, start=1) if counted[name] > 1]
    if twice:
        raise FileRefusedError(f"Columns {', '.join(twice[:5])} of the header have the same name.")
    found = [(place, layout.columns[name]) for place, name in enumerate(names) if name in layout.columns]
    if not found:
        raise FileRefusedError(
            f"None of the mapped columns ({', '.join(list(layout.columns)[:8])}) is among the {len(names)} of the first row."
            " A file without a header is mapped by position: 1, 2, ..."
        )
    return found


# JSON lines


def _json_rows(lines: Iterator[str], layout: Layout) -> Iterator[Row]:
    number = 0
    for line in lines:
        if line.strip():
            number += 1
            yield _json_row(number, line, layout)


def _json_row(number: int, line: str, layout: Layout) -> Row:
    try:
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return Row(number, {}, "The line is not JSON.")
    if not isinstance(found, dict):
        return Row(number, {}, "The line is not a JSON object.")
    cells: dict[str, str] = {}
    for column, target in layout.columns.items():
        value = found.get(column)
        if isinstance(value, dict | list):
            return Row(number, {}, f"{column} is not a single value.")
        if value is not None:
            cells[target] = str(value).strip()
    return Row(number, cells)

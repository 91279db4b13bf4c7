"""Reads a contact file: CSV or JSON lines as a stream of rows, in bounded memory, whatever the file really is (rule 3.2).

Delimiter, header and byte order mark are detected unless they are given. A row that cannot be used is returned with its fault, and reading
continues; if the rest of a file cannot be read, `FileRefusedError` says why in one sentence for the user, after the rows before it. A
file that lacks a mapped column is refused before its first row.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from aggregates.upload.mapping import DELIMITERS, column_key
from jobs.upload.contact_file import json_lines
from jobs.upload.contact_file.lines import Lines
from jobs.upload.contact_file.originals import Delimited, Unread
from jobs.upload.contact_file.rows import (
    COMPARED,
    LONGEST_LINE,
    MOST_CELLS,
    FileRefusedError,
    Layout,
    OpenQuoteError,
    Row,
)

MOST_NAMED: Final = 50
"""Columns that a refusal names."""
_SEPARATOR: Final = re.compile(r'"?sep=(.)\1*"?\s*', re.IGNORECASE)
"""The first line of a file in which a spreadsheet notes the delimiter."""
_OPEN_QUOTE: Final = "unexpected end of data"
_MISPLACED_QUOTE: Final = (
    "Text follows the closing quotation mark of a cell; a quotation mark within a quoted cell is written twice."
)
csv.field_size_limit(LONGEST_LINE + 1)  # `Lines` bounds each row


def read_rows(chunks: Iterable[bytes], layout: Layout) -> Iterator[Row]:
    """Yields the rows of a file that comes in chunks of any size. Raises `FileRefusedError`."""
    lines = Lines(chunks)
    if json_lines.is_json(lines.sample()[0]):
        yield from json_lines.rows(lines, layout)
    else:
        yield from _csv_rows(lines, layout)


def check_columns(chunks: Callable[[], Iterable[bytes]], layout: Layout) -> None:
    """Raises `FileRefusedError` if no line of a file of JSON lines has a member for one of the mapped columns.

    The file is read until every column has been found. `read_rows` checks the header of a CSV file.
    """
    lines = Lines(chunks())
    if json_lines.is_json(lines.sample()[0]):
        missing = json_lines.missing(lines, layout)
        if missing:
            raise FileRefusedError(
                f"No line has {'a member' if len(missing) == 1 else 'members'} {_named(missing)}. {COMPARED}"
            )


def _csv_rows(lines: Lines, layout: Layout) -> Iterator[Row]:
    separator = _separator(lines.sample()[0])
    if separator is not None:
        next(lines)
    delimiter = layout.delimiter or separator or _delimiter(lines.sample(), layout)
    records = _records(lines, delimiter, begun=0 if separator is None else 1)
    line, record, first = next(records, (0, None, ""))
    if isinstance(first, str):
        raise FileRefusedError(f"Line {line} cannot be read. {_MISPLACED_QUOTE}" if line else "The file is empty.")
    targets = _targets(first, layout)
    if not layout.has_header:
        yield _row(1, line, record, first, targets=targets, delimiter=delimiter)
    for number, (line, record, cells) in enumerate(records, start=1 if layout.has_header else 2):
        yield _row(number, line, record, cells, targets=targets, delimiter=delimiter)


def _row(
    number: int,
    line: int,
    record: int | None,
    cells: list[str] | str,
    *,
    targets: Sequence[str | None],
    delimiter: str,
) -> Row:
    if isinstance(cells, list) and len(cells) == len(targets):
        by_target = {target: cell.strip() for target, cell in zip(targets, cells, strict=True) if target is not None}
        return Row(number, by_target, None, line, record, Delimited(cells, targets, delimiter))
    mapped = [target for target in targets if target is not None]
    if isinstance(cells, str):
        return Row(number, {}, _MISPLACED_QUOTE, line, record, Unread(cells, mapped))
    by_target = {target: cell.strip() for target, cell in zip(targets, cells, strict=False) if target is not None}
    text = Delimited(cells, cells, delimiter).written()
    fault = f"The row has {len(cells)} cells, not {len(targets)} like the first."
    return Row(number, by_target, fault, line, record, Unread(text, mapped))


def _records(lines: Lines, delimiter: str, *, begun: int) -> Iterator[tuple[int, int | None, list[str] | str]]:
    """Yields the line of each record, its number among records, and its cells, or its text if a quotation mark is misplaced.

    Reading continues after a misplaced quotation mark, but not after an open one.
    """
    reader, count = _reader(lines, delimiter), begun
    while True:
        line, after_cr = lines.begin_row(), lines.after_cr
        cells: list[str] | str
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if _OPEN_QUOTE in str(error):
                raise OpenQuoteError(line) from None
            cells = lines.row_text()
        if cells and cells != [""]:
            count += not after_cr
            yield line, None if after_cr else count, cells


def _reader(lines: Iterable[str], delimiter: str) -> Any:
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


def _separator(line: str) -> str | None:
    """Returns the delimiter that the file's first line sets, `None` if it sets none. Raises `FileRefusedError`."""
    match = _SEPARATOR.fullmatch(line)
    if match is None:
        return None
    if match[1] not in DELIMITERS:
        raise FileRefusedError(f"The first line sets the delimiter to {match[1]}; it must be one of , ; | ~ or a tab.")
    return match[1]


def _delimiter(sample: Sequence[str], layout: Layout) -> str:
    """Returns the delimiter that splits the first rows most evenly; one that finds the mapped columns in the header takes precedence."""
    names = layout.names()
    scores = {delimiter: _score(sample, delimiter, names) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: scores[delimiter])


def _score(sample: Sequence[str], delimiter: str, names: Collection[str]) -> tuple[int, int, int]:
    rows: list[list[str]] = []
    with suppress(csv.Error):  # an open quotation mark at the end of the sample: what was read before counts
        rows.extend(_reader(sample, delimiter))
    if not rows:
        return (0, 0, 0)
    width = len(rows[0])
    mapped = len(set(names) & {column_key(cell) for cell in rows[0]})
    even = sum(len(row) == width for row in rows)
    return (mapped, even if width > 1 else 0, width)


def _targets(first: Sequence[str], layout: Layout) -> list[str | None]:
    """Returns the target of each cell, `None` for one that is not mapped. Raises `FileRefusedError` if they do not fit."""
    if len(first) > MOST_CELLS:
        raise FileRefusedError(f"The first row has {len(first):,} cells; a contact file has at most {MOST_CELLS:,}.")
    keys = [column_key(cell) for cell in first] if layout.has_header else [str(n) for n in range(1, len(first) + 1)]
    counted = Counter(key for key in keys if key)
    repeated = [str(place) for place, key in enumerate(keys, start=1) if counted[key] > 1]
    if repeated:
        raise FileRefusedError(f"Columns {', '.join(repeated[:5])} of the header have the same name. {COMPARED}")
    names = layout.names()
    missing = [name for key, name in names.items() if key not in counted]
    if missing:
        raise _missing(missing, len(names), len(first))
    return [layout.columns[names[key]] if key in names else None for key in keys]


def _missing(columns: Sequence[str], mapped: int, width: int) -> FileRefusedError:
    cells = f"{width} cell{'' if width == 1 else 's'}"
    if len(columns) == mapped:
        return FileRefusedError(
            f"None of the mapped columns ({_named(columns)}) is in the first row, which has {cells}. {COMPARED}"
            " A file without a header is mapped by position: 1, 2, ..."
        )
    plural = "column" if len(columns) == 1 else "columns"
    return FileRefusedError(f"The file has no {plural} {_named(columns)}; its first row has {cells}. {COMPARED}")


def _named(columns: Sequence[str]) -> str:
    more = len(columns) - MOST_NAMED
    return ", ".join(columns[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

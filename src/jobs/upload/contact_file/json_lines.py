"""JSON lines as rows of a contact file: an object on each line, a member for each mapped column, named as in a header (rule 3.2)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aggregates.strict_json import JsonError, Members, read_members, walk
from aggregates.upload.mapping import column_key
from jobs.upload.contact_file.lines import Lines
from jobs.upload.contact_file.originals import JsonLine, Unread
from jobs.upload.contact_file.rows import MOST_CELLS, FileRefusedError, Layout, Row


def is_json(line: str) -> bool:
    """Returns true if a file that begins with this line has JSON lines."""
    return line.lstrip().startswith("{")


def rows(lines: Lines, layout: Layout) -> Iterator[Row]:
    """Yields a row for each line that is not blank. Raises `FileRefusedError`."""
    names = layout.names()
    number = record = 0
    for line, after_cr, text in _numbered(lines):
        number, record = number + 1, record + (not after_cr)
        row = Row(number, dict.fromkeys(layout.columns.values(), ""), None, line, None if after_cr else record)
        yield _read(row, text.strip(), layout, names)


def _read(empty: Row, text: str, layout: Layout, names: Mapping[str, str]) -> Row:
    """Returns the row in a line; a cell is empty if it has no member, or one that is not a single value."""
    try:
        members = _members(text)
    except ValueError as error:
        return replace(empty, fault=str(error), original=Unread(text, list(layout.columns.values())))
    mapped = [(name, column, value) for name, value in members if (column := names.get(column_key(name))) is not None]
    cells = dict(empty.cells)
    faults = _repeated(members, names)
    for _, column, value in mapped:
        try:
            cells[layout.columns[column]] = _cell(column, value)
        except ValueError as error:
            faults.append(str(error))
    original = JsonLine(text, {name: layout.columns[column] for name, column, _ in mapped})
    return replace(empty, cells=cells, fault=" ".join(faults) or None, original=original)


def missing(lines: Lines, layout: Layout) -> list[str]:
    """Returns the mapped columns for which no line that can be read has a member."""
    names = layout.names()
    with suppress(FileRefusedError):
        for _, _, text in _numbered(lines):
            if not names:
                break
            with suppress(ValueError):
                for name, _ in _members(text):
                    names.pop(column_key(name), None)
    return list(names.values())


def _numbered(lines: Lines) -> Iterator[tuple[int, bool, str]]:
    """Yields the number of each line that is not blank, whether the line before ended with CR alone, and its text."""
    while True:
        number, after_cr = lines.begin_row(), lines.after_cr
        text = next(lines, None)
        if text is None:
            return
        if text.strip():
            yield number, after_cr, text


def _members(text: str) -> Members:
    """Returns the members of a line. Raises `ValueError` with what is wrong with it."""
    try:
        members = read_members(text, label="The line", most=MOST_CELLS)
    except JsonError as fault:
        raise ValueError(fault.text) from None
    if not isinstance(members, Members):
        raise ValueError("The line is not a JSON object.")
    return members


def _repeated(members: Members, names: Mapping[str, str]) -> list[str]:
    """Returns a fault for each member that is repeated: a mapped one by its column, others by their path."""
    counted: Counter[tuple[str, ...]] = Counter((names.get(column_key(name), name),) for name, _ in members)
    for name, value in members:
        if isinstance(value, list):
            counted.update(path for path, _ in walk(value, (name,)) if len(path) > 1)
    return [f"The line has more than one member {'.'.join(path)}." for path, times in counted.items() if times > 1]


def _cell(column: str, value: Any) -> str:
    if isinstance(value, list):
        raise ValueError(f"{column} is not a single value.")
    text = "" if value is None else str(value).strip()
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(f"{column} contains half of a character (a lone surrogate), which cannot be stored.")
    return text

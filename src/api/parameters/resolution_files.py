"""Lists of past answers that are to be compared with today's: rows in, from CSV or JSON lines, and answers out.

Used by the API and the command line. A row that is wrong is told by the number of its line and does not stop the others; only a list
without rows, or one whose header is wrong, is refused as a whole.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any, Final, NamedTuple

from pydantic import ValidationError

from aggregates import strict_json
from aggregates.account.place import Place
from aggregates.errors import DomainError, InvalidError, RefusedError
from aggregates.strict_json import JsonError
from aggregates.upload.mapping import BYTE_ORDER_MARK, DELIMITERS, LONGEST_NAME
from api.http.csv_files import csv_line, harmless
from api.parameters.reading import as_json
from api.parameters.shapes import AccountNumber, Body, Day, Instant, SiteNumber, message_of
from projections.answers.resolution_models import (
    ComparedResolution,
    Question,
    RefusedRow,
    ResolutionDifference,
    RowFault,
)
from projections.reading.read_models import IN_THE_FUTURE
from store.public import instant

MOST_ROWS: Final = 100_000
LONGEST_ROW: Final = 2_000
"""Bytes of a row."""
COLUMNS: Final = ("account", "site", "date", "known_at")
ANSWER_COLUMNS: Final = (
    *("row", "outcome", *COLUMNS, "field", "label", "before", "after", "before_level", "after_level"),
    *("events", "event_id", "position", "recorded_at", "actor", "reason", "error"),
)
_LABEL: Final = "The row"
_MOST_MEMBERS: Final = 64
_MOST_FAULTS: Final = 10

Rows = Iterator[Question | RefusedRow]


class ResolutionRow(Body):
    """One past answer: what applied to a transaction at an account or a site on a date, as it was answered at an instant."""

    account: AccountNumber
    site: SiteNumber | None = None
    date: Day
    known_at: Instant


class _Line(NamedTuple):
    """A line that is not blank, with its number. `text` is `None` where it is longer than `LONGEST_ROW`."""

    number: int
    text: bytes | None


def check(file: IO[bytes], *, is_csv: bool) -> None:
    """Checks a list as a whole. Raises `InvalidError`, `RefusedError`."""
    lines = _lines(file)
    if is_csv:
        _header(lines)
    count = sum(1 for _ in lines)
    if count == 0:
        raise InvalidError("There are no rows.", field="body")
    if count > MOST_ROWS:
        raise InvalidError(f"There are {count:,} rows; at most {MOST_ROWS:,} are answered at a time.", field="body")


def rows(file: IO[bytes], *, is_csv: bool, newest: datetime) -> Rows:
    """Yields the rows of a list that `check` has accepted, from its beginning. None may be about knowledge later than `newest`."""
    lines = _lines(file)
    read = _csv_reader(*_header(lines)) if is_csv else _members
    for number, text in lines:
        yield _row(number, text, read, newest)


def ndjson_lines(answers: Iterable[Sequence[ComparedResolution]]) -> Iterator[bytes]:
    """Yields answers as JSON lines, as many at a time as they come."""
    for piece in answers:
        yield b"".join(as_json(answer) + b"\n" for answer in piece)


def csv_lines(answers: Iterable[Sequence[ComparedResolution]], *, bom: bool = False) -> Iterator[str]:
    """Yields answers as a CSV file: a line for each value that differs, with the last event at which it changed, or one for the row."""
    yield BYTE_ORDER_MARK * bom + csv_line(ANSWER_COLUMNS)
    for piece in answers:
        yield "".join(csv_line(cells) for answer in piece for cells in _answer_cells(answer))


def _lines(file: IO[bytes]) -> Iterator[_Line]:
    """Yields the lines that are not blank, however long a line is."""
    number, is_rest = 0, False
    file.seek(0)
    while piece := file.readline(LONGEST_ROW):
        is_whole = piece.endswith(b"\n") or len(piece) < LONGEST_ROW
        if not is_rest:
            number += 1
            text = piece.removeprefix(BYTE_ORDER_MARK.encode()) if number == 1 else piece
            if text.strip():
                yield _Line(number, text if is_whole else None)
        is_rest = not is_whole


def _row(
    number: int, text: bytes | None, read: Callable[[bytes], Mapping[str, Any]], newest: datetime
) -> Question | RefusedRow:
    if text is None:
        return _refused(number, f"The row is longer than {LONGEST_ROW:,} bytes.")
    try:
        row = ResolutionRow.model_validate(read(text))
    except ValidationError as error:
        faults = [
            RowFault(field=".".join(map(str, fault["loc"])) or None, message=message_of(fault))
            for fault in error.errors()[:_MOST_FAULTS]
        ]
        return RefusedRow(number, faults)
    except DomainError as error:
        return RefusedRow(number, [RowFault(field=fault.field, message=fault.text) for fault in _faults_of(error)])
    if row.known_at > newest:
        return RefusedRow(number, [RowFault(field="known_at", message=IN_THE_FUTURE)])
    return Question(number, Place(row.account, row.site), row.date, row.known_at)


def _refused(number: int, message: str) -> RefusedRow:
    return RefusedRow(number, [RowFault(field=None, message=message)])


def _faults_of(error: DomainError) -> Sequence[DomainError]:
    return error.faults[:_MOST_FAULTS] if isinstance(error, RefusedError) else [error]


def _members(text: bytes) -> Mapping[str, Any]:
    """Returns the members of a JSON line. Raises `JsonError`, `RefusedError`."""
    members = strict_json.read(text.strip(), label=_LABEL, most=_MOST_MEMBERS)
    if not isinstance(members, dict):
        raise JsonError(f"{_LABEL} is not a JSON object.")
    return members


def _header(lines: Iterator[_Line]) -> tuple[list[str], str]:
    """Returns the columns that the first line names, and the sign between them. Raises `InvalidError`, `RefusedError`."""
    first = next(lines, None)
    text = "" if first is None or first.text is None else first.text.decode(errors="replace").strip()
    sign = next((sign for sign in DELIMITERS if sign in text), ",")
    columns = [name.strip() for name in next(csv.reader([text], delimiter=sign), [])]
    faults = [*_header_faults(columns)]
    if faults:
        raise RefusedError(faults[:_MOST_FAULTS])
    return columns, sign


def _header_faults(columns: Sequence[str]) -> Iterator[InvalidError]:
    for name in columns:
        if name not in COLUMNS:
            yield InvalidError(f"There is no column {name[:LONGEST_NAME]}.", field=name[:LONGEST_NAME])
    for name in COLUMNS:
        if columns.count(name) > 1:
            yield InvalidError(f"The column {name} comes more than once.", field=name)
        elif name not in columns and name != "site":
            yield InvalidError(f"The first row must name the column {name}.", field=name)


def _csv_reader(columns: Sequence[str], sign: str) -> Callable[[bytes], Mapping[str, Any]]:
    """Returns the function that reads a row; a blank cell is left out of it."""

    def read(text: bytes) -> Mapping[str, Any]:
        try:
            cells = next(csv.reader([text.decode().strip()], delimiter=sign, strict=True))
        except UnicodeDecodeError:
            raise InvalidError(f"{_LABEL} is not UTF-8.") from None
        except csv.Error as error:
            raise InvalidError(f"{_LABEL} is not CSV: {error}.") from None
        if len(cells) != len(columns):
            raise InvalidError(f"{_LABEL} has {len(cells)} cells; the header names {len(columns)} columns.")
        return {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}

    return read


def _answer_cells(answer: ComparedResolution) -> Iterator[tuple[Any, ...]]:
    known_at = "" if answer.known_at is None else instant(answer.known_at)
    about = (answer.row, answer.outcome.value, answer.account, answer.site, answer.date, known_at)
    error = " ".join(f"{fault.field}: {fault.message}" if fault.field else fault.message for fault in answer.errors)
    if not answer.differences:
        yield (*about, *("" for _ in ANSWER_COLUMNS[len(about) : -1]), harmless(error))
    events = {event.event_id: event for event in answer.events}
    for difference in answer.differences:
        yield (*about, *_difference_cells(difference), *_event_cells(difference, events), "")


def _difference_cells(difference: ResolutionDifference) -> Iterator[str]:
    yield harmless(difference.field)
    yield harmless(difference.label)
    for value in (difference.before, difference.after):
        yield "" if value is None else harmless(value if isinstance(value, str) else as_json(value).decode())
    yield from (level.value if level else "" for level in (difference.before_level, difference.after_level))


def _event_cells(difference: ResolutionDifference, events: Mapping[Any, Any]) -> Iterator[Any]:
    """Yields how many events changed the value, and who recorded the last one, when and why."""
    yield len(difference.event_ids)
    if not difference.event_ids:
        yield from ("" for _ in range(5))
        return
    last = events[difference.event_ids[-1]]
    yield from (last.event_id, last.position, instant(last.recorded_at), harmless(last.actor), harmless(last.reason))

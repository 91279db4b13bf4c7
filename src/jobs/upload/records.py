"""How far uploads have come, and what is wrong with their rows (tables of migration 8; rule 3.2). Their files: `jobs.upload.staging`.

A step is written in the transaction of the facts of its rows, and no second step can begin at the same row: so every row is taken exactly
once, whatever died when, even if another process believes that it runs the upload. Facts about an upload itself are in the log.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, sql

from aggregates.upload.upload import Counts
from store.append import Statement
from store.database import Row
from store.events import COLUMNS, RecordedEvent, recorded_event
from store.keys import KeyRing, seal, unseal

LONGEST_VALUE: Final = 500
"""Characters kept of a wrong value."""
LONGEST_ERROR: Final = 2_000
"""Characters kept of an error."""
ERASED: Final = "[erased]"
"""Stands for a value whose key is destroyed."""
_STEP: Final = """
    INSERT INTO upload_steps (upload, first_row, last_row, bytes, new, changed, unchanged, failed, without_number, repeated)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_ERRORS: Final = """
    INSERT INTO upload_errors (upload, line, place, field, subject, sealed, masked, reason)
    SELECT %b::uuid, * FROM unnest(
        %b::bigint[], %b::int[], %b::text[], %b::uuid[], %b::bytea[], %b::boolean[], %b::text[]
    )
"""
PROGRESS: Final = """
    SELECT coalesce(max(last_row), 0), coalesce(max(bytes), 0), coalesce(sum(new), 0)::bigint,
           coalesce(sum(changed), 0)::bigint, coalesce(sum(unchanged), 0)::bigint, coalesce(sum(failed), 0)::bigint,
           coalesce(sum(without_number), 0)::bigint, coalesce(sum(repeated), 0)::bigint
    FROM upload_steps WHERE upload = %s
"""
_ROWS: Final = """
    INSERT INTO upload_rows (upload, line, subject, sealed)
    SELECT %b::uuid, * FROM unnest(%b::bigint[], %b::uuid[], %b::bytea[])
"""
FIRST_ROW: Final = 0
"""In place of a row's number: what is kept of the first row of the file, which names the columns."""
_FIRST: Final = "SELECT subject, sealed FROM upload_rows WHERE upload = %s AND line = %s"
_WRONG: Final = """
    SELECT line, place, field, upload_errors.subject, upload_errors.sealed, masked, reason, upload_rows.subject, upload_rows.sealed
    FROM upload_errors LEFT JOIN upload_rows USING (upload, line)
    WHERE upload = %s AND (line, place) > (%s, %s) ORDER BY line, place LIMIT %s
"""
_RECEIVED: Final = f"""
    SELECT {COLUMNS} FROM events
    WHERE topic = 'upload.received' AND position(convert_to(%s, 'UTF8') IN state) > 0 ORDER BY position
"""
_LISTED: Final = """
    SELECT upload, number, bytes, error, failed_at FROM uploads
    WHERE number < %s AND EXISTS (SELECT FROM events WHERE originator_id = uploads.stream) ORDER BY number DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row: its field, `None` for the whole row, and the value where there is one to show.

    `subject`: the customer whose key seals the value, `None` where the row belongs to no customer. `masked`: the value is not kept.
    """

    row: int
    field: str | None
    value: str | None
    reason: str
    subject: UUID | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that failed: JSON values that say what it was, sealed with the key of the customer `subject`, else of the upload."""

    row: int
    content: Mapping[str, Any]
    subject: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReadError:
    """What is wrong with a row, as it is stored. `content` is that of its `FailedRow`, `None` where it is `erased` or not kept."""

    place: int
    error: RowError
    content: Mapping[str, Any] | None
    erased: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Rows that are done, with the number of rows that have each outcome. `bytes` of the file had been read by then.

    `without_number`: how many of the `new` ones have no number by which the row could be matched again. `repeated`: how many rows that
    were taken have a number that an earlier row of the file has.
    """

    first_row: int
    last_row: int
    bytes: int
    new: int
    changed: int
    unchanged: int
    failed: int
    without_number: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload has been read. `without_number` and `repeated`: see `Step`."""

    rows: int
    bytes: int
    counts: Counts
    without_number: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """The row of an upload. `number` is the order of arrival, `bytes` the size of its file."""

    upload: UUID
    number: int
    bytes: int
    error: str | None
    failed_at: datetime | None


def progress(connection: Connection[Row], upload: UUID) -> Progress:
    """Returns how far an upload has been read, by its steps."""
    return progress_of(connection.execute(PROGRESS, [upload]).fetchall())


def progress_of(read: Sequence[Row]) -> Progress:
    """Returns how far an upload has been read, by the rows of `PROGRESS`."""
    [(rows, bytes_read, *counts, without_number, repeated)] = read
    return Progress(rows, bytes_read, Counts(rows, *counts), without_number, repeated)


def received_before(connection: Connection[Row], digest: str, event_id: UUID) -> Iterator[RecordedEvent]:
    """Yields the events by which files with this digest were received, the oldest first, up to this one."""
    rows = connection.execute(_RECEIVED, [digest], binary=True)
    return takewhile(lambda event: event.event_id != event_id, map(recorded_event, rows))


def writing(
    keys: KeyRing,
    upload: UUID,
    stream: UUID,
    step: Step,
    errors: Sequence[RowError],
    *,
    rows: Sequence[FailedRow] = (),
) -> list[Statement]:
    """Returns the statements of a step, to go with the facts of its rows."""
    statements = step_of(upload, step)
    if errors:
        statements.append((_ERRORS, [upload, *_columns(_error_rows(keys, upload, stream, errors))]))
    if rows:
        statements.append((_ROWS, [upload, *_columns(_failed_rows(keys, upload, stream, rows))]))
    return statements


def step_of(upload: UUID, step: Step) -> list[Statement]:
    """Returns the statement that says that some rows are done; a step that begins at the same row is an integrity error."""
    return [(_STEP, [upload, *astuple(step)])]


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _error_rows(keys: KeyRing, upload: UUID, stream: UUID, errors: Sequence[RowError]) -> Iterable[tuple[Any, ...]]:
    last, place = 0, 0
    for error in errors:
        place = place + 1 if error.row == last else 0
        last = error.row
        subject, sealed = None, None
        if error.value:
            subject = error.subject or stream
            sealed = _sealed(keys, subject, error.value[:LONGEST_VALUE], _context(upload, error.row, place))
        yield error.row, place, error.field, subject, sealed, error.masked, error.reason


def _failed_rows(keys: KeyRing, upload: UUID, stream: UUID, rows: Sequence[FailedRow]) -> Iterable[tuple[Any, ...]]:
    for row in rows:
        subject = row.subject or stream
        yield row.row, subject, _sealed(keys, subject, json.dumps(row.content), _row_context(upload, row.row))


def _sealed(keys: KeyRing, subject: UUID, value: str, context: bytes) -> bytes | None:
    """Returns the sealed value, `None` where the key is destroyed. A customer of the same transaction has a fresh key."""
    known, key = keys.find(subject)
    key = key if known else keys.fresh(subject)[0]
    return None if key is None else seal(key, value.encode(), context)


def errors_after(
    connection: Connection[Row], keys: KeyRing, upload: UUID, after: tuple[int, int], limit: int
) -> list[ReadError]:
    """Returns up to `limit` errors after a row and a place in it; a value whose key is destroyed reads as `[erased]`."""
    rows = connection.execute(_WRONG, [upload, *after, limit], binary=True).fetchall()
    subjects = (subject for row in rows for subject in (row[3], row[7]) if subject is not None)
    keys.preload(subjects, connection)
    return [_read_error(keys, upload, row) for row in rows]


def first_row(connection: Connection[Row], keys: KeyRing, upload: UUID) -> dict[str, Any] | None:
    """Returns what is kept of the first row of the file, `None` where nothing is."""
    row = connection.execute(_FIRST, [upload, FIRST_ROW]).fetchone()
    if row is None:
        return None
    keys.preload([row[0]], connection)
    content = _opened(keys, row[0], row[1], _row_context(upload, FIRST_ROW))
    return None if content is None or content == ERASED else json.loads(content)


def _read_error(keys: KeyRing, upload: UUID, columns: Row) -> ReadError:
    line, place, field, subject, sealed, masked, reason, row_subject, row_sealed = columns
    value = _opened(keys, subject, sealed, _context(upload, line, place))
    content = _opened(keys, row_subject, row_sealed, _row_context(upload, line))
    erased = content == ERASED or (row_subject is not None and row_sealed is None)
    return ReadError(
        place,
        RowError(line, field, value, reason, subject, masked),
        None if content is None or erased else json.loads(content),
        erased,
    )


def _opened(keys: KeyRing, subject: UUID | None, sealed: bytes | None, context: bytes) -> str | None:
    if subject is None or sealed is None:
        return None
    key = keys.find(subject)[1]
    return ERASED if key is None else unseal(key, sealed, context).decode()


def _context(upload: UUID, row: int, place: int) -> bytes:
    return f"upload_error/{upload}/{row}/{place}".encode()


def _row_context(upload: UUID, row: int) -> bytes:
    return f"upload_row/{upload}/{row}".encode()


def listed(connection: Connection[Row], before: int, limit: int) -> list[Listed]:
    """Returns up to `limit` uploads that arrived before this number, the latest first."""
    return [Listed(*row) for row in connection.execute(_LISTED, [before, limit])]


def find(connection: Connection[Row], upload: UUID) -> Listed | None:
    """Returns one upload, or `None`."""
    row = connection.execute(
        sql.SQL("SELECT upload, number, bytes, error, failed_at FROM uploads WHERE upload = %s"), [upload]
    ).fetchone()
    return None if row is None else Listed(*row)


def set_error(connection: Connection[Row], upload: UUID, error: str) -> None:
    """Writes down why an upload failed."""
    connection.execute(
        "UPDATE uploads SET error = %s, failed_at = clock_timestamp() WHERE upload = %s AND NOT over",
        [error[:LONGEST_ERROR], upload],
    )


def clear_error(connection: Connection[Row], upload: UUID) -> None:
    """Writes down that an upload that had failed makes progress again."""
    connection.execute(
        "UPDATE uploads SET error = NULL, failed_at = NULL WHERE upload = %s AND error IS NOT NULL", [upload]
    )

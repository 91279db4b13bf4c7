"""Reads how far uploads have come: received, running, finished, cancelled, refused or failed, with counts; and what is wrong with rows.

Used by the API, `dossier status` and `dossier upload`. It is read from the log, and from the steps and errors as they are now: an upload is
a job, not a fact with effective dates.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.field.field import MASK
from aggregates.upload.events import UploadCancelled, UploadFinished, UploadReceived, UploadRefused
from aggregates.upload.upload import Upload, UploadNotFoundError
from jobs.upload import records, staging
from jobs.upload.failed_rows import masked_targets, shown
from jobs.upload.records import ERASED, Listed, ReadError, RowError
from projections.reading.paging import Page, cursor_of, keys_of
from store.application import Dossier
from store.database import Row


class State(StrEnum):
    """The state of an upload. A failed one is retried automatically; the rows taken before an upload is refused or cancelled stay."""

    RECEIVED = "received"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FAILED = "failed"


READ_AT_ONCE: Final = 1_000
"""Errors in memory while all of them are read."""
OVER: Final = frozenset({State.FINISHED, State.REFUSED, State.CANCELLED})
"""States in which no row is taken any more."""
_Over = UploadFinished | UploadRefused | UploadCancelled
_LAST: Final = 2**63 - 1


class UploadRead(BaseModel):
    """One upload. `rows` are those that are done, the sum of the four counts; `percent` is that of the file's bytes."""

    model_config = ConfigDict(frozen=True)

    upload: UUID
    file: str
    state: State
    columns: dict[str, str]
    delimiter: str | None
    header: bool | None
    effective_from: date
    effective_to: date | None
    """The last day on which the values hold; `None`: open-ended."""
    digest: str
    """SHA-256 of the file."""
    size: int
    """Bytes of the file."""
    bytes_done: int
    percent: int
    rows: int
    new: int
    changed: int
    unchanged: int
    failed: int
    without_number: int
    """Of the new ones, those whose row had no customer number and no alternate number: Dossier made up a number for each."""
    repeated: int
    """Of the rows that were taken, those with a number that an earlier row of the file has: of values for the same days, theirs count."""
    received_at: datetime
    received_by: str
    reason: str | None
    """Why it was uploaded, in the words of the person who did it."""
    correlation_id: UUID
    over_at: datetime | None = None
    position: int | None = None
    """Log position of its last event once it is over: a read that waits for it sees every row."""
    cancelled_by: str | None = None
    refusal: str | None = None
    """Why the file was refused, and what to do."""
    error: str | None = None
    """Why it failed, while it has failed."""
    failed_at: datetime | None = None


class WrongValue(BaseModel):
    """What is wrong with a row, counted from 1 without the header; without a field, with the row as a whole.

    `line` is the line of the file on which the row begins, `None` where it was not kept.
    `customer_number` is that of its customer, or the one in the row; `original_row` is the row as it came, with masked fields masked,
    `None` where masked fields cannot be located, or where the row is longer than 16,384 characters.
    """

    model_config = ConfigDict(frozen=True)

    row: int
    line: int | None = None
    field: str | None
    value: str | None
    reason: str
    customer_number: str | None = None
    original_row: str | None = None


def list_uploads(dossier: Dossier, limit: int, cursor: str | None) -> Page[UploadRead]:
    """Returns a page of uploads, the latest first. Raises `CursorError`."""
    keys = keys_of(cursor, int)
    with dossier.database.connection() as connection:
        rows = records.listed(connection, keys[0] if keys else _LAST, limit + 1)
        uploads = [_read(dossier, connection, row) for row in rows[:limit]]
    next_cursor = cursor_of(rows[limit - 1].number) if len(rows) > limit else None
    return Page(items=[upload for upload in uploads if upload], next_cursor=next_cursor)


def unfinished(dossier: Dossier, limit: int) -> tuple[list[UploadRead], int]:
    """Returns up to `limit` uploads that are not over, the oldest first, and the number of further ones."""
    with dossier.database.connection() as connection:
        waiting = staging.waiting(connection)
    return [upload(dossier, upload_id) for upload_id in waiting[:limit]], len(waiting[limit:])


def upload(dossier: Dossier, upload_id: UUID) -> UploadRead:
    """Returns one upload. Raises `UploadNotFoundError`."""
    with dossier.database.connection() as connection:
        row = records.find(connection, upload_id)
        upload_read = None if row is None else _read(dossier, connection, row)
    if upload_read is None:
        raise UploadNotFoundError(f"There is no upload {upload_id}.")
    return upload_read


def wrong_values(dossier: Dossier, upload_id: UUID, limit: int, cursor: str | None) -> Page[WrongValue]:
    """Returns a page of what is wrong with rows, in the order of the file. Raises `UploadNotFoundError`, `CursorError`."""
    upload(dossier, upload_id)
    keys = keys_of(cursor, int, int) or (0, 0)
    dossier.renew_setup()
    errors = _errors(dossier, upload_id, (keys[0], keys[1]), limit + 1)
    last = errors[limit - 1] if len(errors) > limit else None
    return Page(
        items=[_shown(dossier, error) for error in errors[:limit]],
        next_cursor=None if last is None else cursor_of(last.error.row, last.place),
    )


def all_wrong_values(dossier: Dossier, upload_id: UUID) -> Iterator[WrongValue]:
    """Yields everything that is wrong with rows, in the order of the file and in bounded memory."""
    return (_shown(dossier, error) for error in all_errors(dossier, upload_id))


def all_errors(dossier: Dossier, upload_id: UUID) -> Iterator[ReadError]:
    """Yields everything that is wrong with rows as it is stored, in the order of the file and in bounded memory."""
    dossier.renew_setup()
    after = (0, 0)
    while errors := _errors(dossier, upload_id, after, READ_AT_ONCE):
        yield from errors
        after = (errors[-1].error.row, errors[-1].place)


def _errors(dossier: Dossier, upload_id: UUID, after: tuple[int, int], limit: int) -> list[ReadError]:
    with dossier.database.connection() as connection:
        return records.errors_after(connection, dossier.fact_mapper.keys, upload_id, after, limit)


def _shown(dossier: Dossier, stored: ReadError) -> WrongValue:
    hidden = masked_targets(dossier.setup().fields)
    return wrong_value(stored.error, stored.content, hidden, erased=stored.erased)


def wrong_value(
    error: RowError, content: Mapping[str, Any] | None, hidden: AbstractSet[str], *, erased: bool
) -> WrongValue:
    """Returns an error as it is shown, without a value that was masked when the row was read, or is masked now (rule 5.2)."""
    number, row = (None, ERASED) if erased else shown(content, hidden)
    masked = error.field is not None and (error.masked or error.field in hidden)
    value = MASK if masked else error.value
    return WrongValue(
        row=error.row,
        line=None if content is None or erased else content.get("line"),
        field=error.field,
        value=value,
        reason=error.reason,
        customer_number=number,
        original_row=row,
    )


def _read(dossier: Dossier, connection: Connection[Row], listed: Listed) -> UploadRead | None:
    members: dict[str, Any] = {}
    for event in dossier.log_of_facts.select_events(Upload.id_of(dossier.company, str(listed.upload))):
        fact = dossier.fact_mapper.to_domain_event(event)
        if isinstance(fact, UploadReceived):
            members = _received(fact, connection, listed)
        elif isinstance(fact, _Over):
            members |= _over(fact) | {"position": event.id}
    return UploadRead(**members) if members else None


def _received(fact: UploadReceived, connection: Connection[Row], listed: Listed) -> dict[str, Any]:
    progress = records.progress(connection, listed.upload)
    state = State.FAILED if listed.error is not None else State.RUNNING if progress.rows else State.RECEIVED
    counts = progress.counts
    return {
        "upload": listed.upload,
        "file": fact.file,
        "state": state,
        "columns": fact.columns,
        "delimiter": fact.delimiter,
        "header": fact.header,
        "effective_from": fact.effective_from,
        "effective_to": fact.effective_to,
        "digest": fact.digest,
        "size": fact.size,
        "bytes_done": progress.bytes,
        "percent": 100 * progress.bytes // fact.size if fact.size else 0,
        **{name: getattr(counts, name) for name in ("rows", "new", "changed", "unchanged", "failed")},
        "without_number": progress.without_number,
        "repeated": progress.repeated,
        "received_at": fact.recorded_at,
        "received_by": fact.origin.actor,
        "reason": fact.origin.reason,
        "correlation_id": fact.origin.correlation_id,
        "error": listed.error,
        "failed_at": listed.failed_at,
    }


def _over(fact: _Over) -> dict[str, Any]:
    members: dict[str, Any] = {name: getattr(fact, name) for name in ("rows", "new", "changed", "unchanged", "failed")}
    members |= {"over_at": fact.recorded_at, "error": None, "failed_at": None}
    if isinstance(fact, UploadRefused):
        return members | {"state": State.REFUSED, "refusal": fact.reason}
    if isinstance(fact, UploadCancelled):
        return members | {"state": State.CANCELLED, "cancelled_by": fact.origin.actor}
    return members | {"state": State.FINISHED, "percent": 100}

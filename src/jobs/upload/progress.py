"""How uploads are getting on, for whoever reads: received, running, finished, refused or failed, with counts; and what is wrong with rows.

Read from the log, from the steps that are stored, and from the errors beside them; these are jobs, not facts with effective dates.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.field.field import MASK
from aggregates.upload.events import UploadCancelled, UploadFinished, UploadMappingSaved, UploadReceived, UploadRefused
from aggregates.upload.upload import Upload, UploadNotFoundError
from jobs.upload import records, staging
from jobs.upload.failed_rows import masked_targets, shown
from jobs.upload.records import ERASED, Listed, ReadError, RowError
from projections.reading.paging import Page, cursor_of, keys_of
from store.application import Dossier
from store.database import Row
from store.events import COLUMNS, recorded_event


class State(StrEnum):
    """Where an upload stands. A failed one is tried again by itself; of a refused or cancelled one, the rows before it were taken."""

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
_MAPPINGS: Final = f"""
    SELECT {COLUMNS} FROM events WHERE topic = 'upload_mapping.saved' AND position <= %s ORDER BY position
"""


class UploadRead(BaseModel):
    """One upload. `rows` are those that are done with, and the sum of the four counts; `percent` is that of the file's bytes."""

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
    received_at: datetime
    received_by: str
    reason: str | None
    """Why it was uploaded, in the words of who did it."""
    correlation_id: UUID
    over_at: datetime | None = None
    position: int | None = None
    """Log position of its last event once it is over: a read that waits for it sees every row."""
    cancelled_by: str | None = None
    refusal: str | None = None
    """Why the file was refused, and what to do."""
    error: str | None = None
    """Why it is not getting on, while it failed."""
    failed_at: datetime | None = None


class WrongValue(BaseModel):
    """What is wrong with a row, counted from 1 without the header; without a field, with the row as a whole.

    `customer_number` is that of its customer, or the one that it gives; `original_row` is the row as it came, with masked fields masked,
    `None` where that cannot be told apart or where the row is longer than 16,384 characters.
    """

    model_config = ConfigDict(frozen=True)

    row: int
    field: str | None
    value: str | None
    reason: str
    customer_number: str | None = None
    original_row: str | None = None


class MappingRead(BaseModel):
    """A saved mapping: each column and its field. `None`: detected in each file."""

    model_config = ConfigDict(frozen=True)

    name: str
    columns: dict[str, str]
    delimiter: str | None
    header: bool | None
    version: int
    saved_at: datetime | None
    saved_by: str


def list_uploads(dossier: Dossier, limit: int, cursor: str | None) -> Page[UploadRead]:
    """A page of uploads, the latest first. Raises `CursorError`."""
    keys = keys_of(cursor, int)
    with dossier.database.connection() as connection:
        found = records.listed(connection, keys[0] if keys else _LAST, limit + 1)
        items = [_read(dossier, connection, one) for one in found[:limit]]
    more = len(found) > limit
    return Page(items=[one for one in items if one], next_cursor=cursor_of(found[limit - 1].number) if more else None)


def unfinished(dossier: Dossier, limit: int) -> tuple[list[UploadRead], int]:
    """Up to `limit` uploads that are not over, the oldest first, and how many there are besides."""
    with dossier.database.connection() as connection:
        waiting = staging.waiting(connection)
    return [upload(dossier, one) for one in waiting[:limit]], len(waiting[limit:])


def upload(dossier: Dossier, upload_id: UUID) -> UploadRead:
    """One upload. Raises `UploadNotFoundError`."""
    with dossier.database.connection() as connection:
        listed = records.find(connection, upload_id)
        found = None if listed is None else _read(dossier, connection, listed)
    if found is None:
        raise UploadNotFoundError(f"There is no upload {upload_id}.")
    return found


def wrong_values(dossier: Dossier, upload_id: UUID, limit: int, cursor: str | None) -> Page[WrongValue]:
    """A page of what is wrong with rows, in the order of the file. Raises `UploadNotFoundError`, `CursorError`."""
    upload(dossier, upload_id)
    keys = keys_of(cursor, int, int) or (0, 0)
    dossier.renew_setup()
    found = _errors(dossier, upload_id, (keys[0], keys[1]), limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        items=[_shown(dossier, one) for one in found[:limit]],
        next_cursor=None if last is None else cursor_of(last.error.row, last.place),
    )


def all_wrong_values(dossier: Dossier, upload_id: UUID) -> Iterator[WrongValue]:
    """Everything that is wrong with rows, in the order of the file and in bounded memory."""
    dossier.renew_setup()
    after = (0, 0)
    while found := _errors(dossier, upload_id, after, READ_AT_ONCE):
        yield from (_shown(dossier, one) for one in found)
        after = (found[-1].error.row, found[-1].place)


def _errors(dossier: Dossier, upload_id: UUID, after: tuple[int, int], limit: int) -> list[ReadError]:
    with dossier.database.connection() as connection:
        return records.errors_after(connection, dossier.fact_mapper.keys, upload_id, after, limit)


def _shown(dossier: Dossier, found: ReadError) -> WrongValue:
    hidden = masked_targets(dossier.setup().fields)
    number, row = (None, ERASED) if found.erased else shown(found.content, hidden)
    return wrong_value(found.error, number, row, hidden)


def wrong_value(error: RowError, number: str | None, row: str | None, hidden: AbstractSet[str]) -> WrongValue:
    """The entry of the list of what is wrong. A value that was masked when the row was read, or is masked now, is not shown (rule 5.2)."""
    masked = error.field is not None and (error.masked or error.field in hidden)
    value = MASK if masked else error.value
    return WrongValue(
        row=error.row, field=error.field, value=value, reason=error.reason, customer_number=number, original_row=row
    )


def _read(dossier: Dossier, connection: Connection[Row], listed: Listed) -> UploadRead | None:
    told: dict[str, Any] = {}
    for event in dossier.log_of_facts.select_events(Upload.id_of(dossier.company, str(listed.upload))):
        fact = dossier.fact_mapper.to_domain_event(event)
        if isinstance(fact, UploadReceived):
            told = _received(fact, connection, listed)
        elif isinstance(fact, _Over):
            told |= _over(fact) | {"position": event.id}
    return UploadRead(**told) if told else None


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
        "received_at": fact.recorded_at,
        "received_by": fact.origin.actor,
        "reason": fact.origin.reason,
        "correlation_id": fact.origin.correlation_id,
        "error": listed.error,
        "failed_at": listed.failed_at,
    }


def _over(fact: _Over) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(fact, name) for name in ("rows", "new", "changed", "unchanged", "failed")}
    told |= {"over_at": fact.recorded_at, "error": None, "failed_at": None}
    if isinstance(fact, UploadRefused):
        return told | {"state": State.REFUSED, "refusal": fact.reason}
    if isinstance(fact, UploadCancelled):
        return told | {"state": State.CANCELLED, "cancelled_by": fact.origin.actor}
    return told | {"state": State.FINISHED, "percent": 100}


def mappings(dossier: Dossier, known_at: datetime) -> list[MappingRead]:
    """Every saved mapping as it was known then, by name."""
    position = dossier.log_of_facts.settled(known_at)
    with dossier.database.connection() as connection:
        rows = connection.execute(_MAPPINGS, [position], binary=True).fetchall()
    facts = [cast("UploadMappingSaved", dossier.fact_mapper.to_domain_event(recorded_event(row))) for row in rows]
    found = {fact.name: fact for fact in facts}
    return [_mapping(fact) for _, fact in sorted(found.items())]


def _mapping(fact: UploadMappingSaved) -> MappingRead:
    return MappingRead(
        name=fact.name,
        columns=fact.columns,
        delimiter=fact.delimiter,
        header=fact.header,
        version=fact.originator_version,
        saved_at=fact.recorded_at,
        saved_by=fact.origin.actor,
    )

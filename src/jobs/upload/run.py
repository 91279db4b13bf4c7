"""One upload from its file to its end (rules 3.2, 3.10): found by `dossier work` or begun by `dossier upload`, whoever holds its lock.

Rows are taken in chunks. The facts of a chunk, its claims, its errors and the step that says it is done are stored in one transaction,
so that every row is taken exactly once; whoever goes on reads the file again up to the last step. While a chunk is being stored the next
one is decided, and again if both concern a customer. A chunk in which somebody else has changed a customer meanwhile is decided again,
in smaller parts. Memory does not depend on the size of the file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError

from aggregates.effective import Days
from aggregates.fact import EventTooLargeError, Source
from aggregates.field.field import FieldDefinition
from aggregates.setup.catalogue import Setup
from aggregates.upload.events import UploadReceived
from aggregates.upload.upload import Upload
from jobs import metrics
from jobs.upload import records, staging
from jobs.upload.chunks import chunks_of_rows, fields_of, layout_of
from jobs.upload.contact_file.rows import FileRefusedError, Row
from jobs.upload.customer_numbers import numbering_of
from jobs.upload.decide import Decided, Task, decide
from jobs.upload.failed_rows import content_of, masked_targets
from jobs.upload.known_customers import Recorded
from jobs.upload.records import FailedRow, Progress, RowError, Step
from store.application import Dossier
from store.leadership import Leader
from store.stopping import Stop

CHUNK: Final = 1_000
"""Rows a transaction: a clerk's save waits for it, some tens of milliseconds."""
MOST_ATTEMPTS: Final = 20
"""How often one row is decided before the upload gives way to whoever keeps changing its customer."""

Told = Callable[[Progress], None]
"""Called with how far it is, after every chunk."""


class TakenOverError(Exception):
    """Somebody else goes on with this upload: the connection that held its lock is lost."""


class ContestedError(Exception):
    """A row cannot be stored, however often it is decided: somebody keeps changing its customer, or a constraint forbids it."""


class NotReceivedError(Exception):
    """The log does not know the upload."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """Rows that are being stored."""

    rows: Sequence[Row]
    step: Step
    decided: Decided
    future: Future[None]


class Uploading:
    """One upload on its way. `leader` is the right to do it; it is given up with its connection. `getting_on` is called as the file is read
    and with every chunk."""

    def __init__(
        self, dossier: Dossier, leader: Leader, upload: UUID, getting_on: Callable[[], None] = lambda: None
    ) -> None:
        self._dossier = dossier
        self._getting_on = getting_on
        self._leader = leader
        self._upload = upload
        self._stream = Upload.id_of(dossier.company, str(upload))
        self._received = self._first_fact()
        self._known = Recorded(dossier)
        self._task = task_of(dossier, self._received)
        self._read = 0
        self._next = 1
        self._pending: _Pending | None = None
        self._storing: Executor
        self._setup: Setup | None = None
        self._fields: Mapping[str, FieldDefinition] = {}

    def _first_fact(self) -> UploadReceived:
        events = self._dossier.log_of_facts.select_events(self._stream, limit=1)
        if not events:
            raise NotReceivedError(f"The log does not know upload {self._upload}.")
        return cast("UploadReceived", self._dossier.fact_mapper.to_domain_event(events[0]))

    def run(self, stop: Stop, told: Told = lambda _: None) -> bool:
        """Works through the rows that are not done; false when `stop` was set before the end.

        Raises:
            OperationalError: the database cannot be reached.
            TakenOverError, ContestedError, MapperDeserialisationError: see there.
        """
        self._dossier.renew_setup()
        self._next = self._progress().rows + 1
        with ThreadPoolExecutor(1, "upload") as self._storing:
            try:
                refusal = self._take(stop, told)
            except staging.FileGoneError:
                raise TakenOverError(f"Upload {self._upload} is over.") from None
        if stop.is_set():
            return False
        self._end(refusal)
        told(self._progress())
        return True

    def _take(self, stop: Stop, told: Told) -> str | None:
        """Takes the rows, until `stop` is set; gives why the file was refused, if it was. What was decided is stored then."""
        refusal = None
        try:
            for rows in self._batches(self._next - 1):
                if stop.is_set():
                    break
                self._apply(rows)
                told(self._progress())
        except FileRefusedError as error:
            refusal = str(error)
        self._settle()
        return refusal

    def _progress(self) -> Progress:
        return records.progress(self._leader.connection, self._upload)

    def _batches(self, done: int) -> Iterator[list[Row]]:
        """The rows after the one that is done with, in chunks. Raises `FileRefusedError` after the last readable one."""
        layout = layout_of(self._received)
        return chunks_of_rows(self._file, self._pieces(), layout, done=done, size=CHUNK)

    def _file(self) -> Iterator[bytes]:
        for piece in staging.read_file(self._dossier.database, self._dossier.fact_mapper.keys, self._upload):
            self._getting_on()
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        """The file, counted while it is read."""
        for piece in self._file():
            self._read += len(piece)
            yield piece

    def _apply(self, rows: Sequence[Row]) -> None:
        """Decides on these rows while the ones before are being stored, then stores them; again after those where they meet."""
        decided = self._decided(rows)
        if self._pending is not None:
            met = decided.meets(self._pending.decided)
            self._settle()
            decided = self._decided(rows) if met else decided
        step = self._step(rows, decided)
        future = self._storing.submit(self._store, step, decided)
        self._pending = _Pending(rows, step, decided, future)
        if not decided.facts:
            self._settle()

    def _settle(self) -> None:
        """Sees to it that the rows that are being stored are stored."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        try:
            pending.future.result()
        except (IntegrityError, psycopg.IntegrityError, EventTooLargeError):
            self._apply_in_parts(pending.rows)
        else:
            self._done(pending.step)

    def _apply_in_parts(self, rows: Sequence[Row]) -> None:
        """The same after a conflict: decided anew, in smaller parts where others are at the same customers, or a row is too large."""
        part, attempts = max(1, len(rows) // 2), 0
        while rows:
            attempts += 1
            self._check_mine()
            self._dossier.renew_setup()
            metrics.UPLOAD_CONFLICTS.inc()
            try:
                step = self._store_part(rows[:part])
            except EventTooLargeError:
                part = max(1, part // 2)
            except (IntegrityError, psycopg.IntegrityError) as error:
                if attempts >= MOST_ATTEMPTS and part == 1:
                    why = str(error).partition("\n")[0]
                    raise ContestedError(f"Row {rows[0].number} cannot be stored: {why}") from error
                part = max(1, part // 2)
            else:
                self._done(step)
                rows, part, attempts = rows[part:], 2 * part, 0

    def _store_part(self, rows: Sequence[Row]) -> Step:
        """Decides on these rows and stores them. A row alone that would be too large an event is refused, and that is stored."""
        decided = self._decided(rows)
        step = self._step(rows, decided)
        try:
            self._store(step, decided)
        except EventTooLargeError as error:
            if len(rows) > 1:
                raise
            refused = too_large(rows[0], decided, error, masked_targets(self._fields))
            step = self._step(rows, refused)
            self._store(step, refused)
        return step

    def _decided(self, rows: Sequence[Row]) -> Decided:
        setup = self._dossier.setup()
        decided = decide(self._known, self._task, self._definitions(setup), setup.controls.zone, rows)
        decided.position = setup.position
        return decided

    def _definitions(self, setup: Setup) -> Mapping[str, FieldDefinition]:
        """Every field that a column is mapped to. Raises `FileRefusedError` when one of them is not active any more."""
        if setup is self._setup:
            return self._fields
        self._fields = fields_of(setup, self._received)
        self._setup = setup
        return self._fields

    def _step(self, rows: Sequence[Row], decided: Decided) -> Step:
        counts = (decided.new, decided.changed, decided.unchanged, decided.failed)
        return Step(self._next, rows[-1].number, self._read, *counts)

    def _store(self, step: Step, decided: Decided) -> None:
        """Stores what was decided and that it is done, in one transaction."""
        keys = self._dossier.fact_mapper.keys
        along = records.writing(keys, self._upload, self._stream, step, decided.errors, rows=decided.failed_rows)
        if decided.facts:
            position = decided.position
            self._dossier.put(decided.facts, owned=decided.claims, decided_on=position, along=along)
        else:
            records.write(self._leader.connection, along)

    def _done(self, step: Step) -> None:
        self._next = step.last_row + 1
        self._getting_on()
        records.go_on(self._leader.connection, self._upload)
        for outcome in ("new", "changed", "unchanged", "failed"):
            metrics.UPLOAD_ROWS.labels(outcome).inc(getattr(step, outcome))

    def _check_mine(self) -> None:
        """Raises `TakenOverError` where the next rows are done already, or are not wanted any more."""
        if staging.is_over(self._leader.connection, self._upload):
            raise TakenOverError(f"Upload {self._upload} is over.")
        if self._progress().rows >= self._next:
            raise TakenOverError(f"Somebody else goes on with upload {self._upload}.")

    def _end(self, refusal: str | None) -> None:
        counts = self._progress().counts
        found = self._dossier.load(Upload, str(self._upload))
        if found is None:
            raise NotReceivedError(f"The log does not know upload {self._upload}.")
        if refusal is None:
            found.finish(self._task.origin, counts)
        else:
            found.refuse(self._task.origin, refusal, counts)
        with suppress(IntegrityError):  # another worker has ended it
            self._dossier.put(found.collect_events(), along=staging.ending(self._upload))
        staging.delete_file(self._leader.connection, self._upload)


def too_large(row: Row, decided: Decided, error: EventTooLargeError, hidden: AbstractSet[str]) -> Decided:
    """The refusal of a row; it is a customer's where that is stored already."""
    fact = decided.facts[0]
    subject = fact.originator_id if fact.originator_version > 1 else None
    content = content_of(row, None, hidden)
    return Decided(
        failed=1,
        errors=[RowError(row.number, None, None, error.text, subject)],
        failed_rows=[FailedRow(row.number, content, subject)],
    )


def task_of(dossier: Dossier, received: UploadReceived) -> Task:
    """What a file asks for. Its facts are those of whoever uploaded it, caused by its arrival."""
    origin = received.origin.model_copy(update={"source": Source.UPLOAD, "causation_id": received.event_id})
    numbering = numbering_of(dossier, received)
    days = Days(received.effective_from, received.effective_to)
    return Task(received.upload, numbering.file, numbering, days, origin)

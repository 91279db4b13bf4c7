"""One upload from its file to its end (rules 3.2, 3.10), run by `jobs.upload.worker` or by `dossier upload`.

Rows are taken in chunks, in the order of the file; see `jobs.pipeline` for what happens to a chunk. What is wrong with its rows, and the
step that says that they are done, are stored in the transaction of its facts. To recover, run the upload again, as often as it takes: it
reads the file again up to the last step. Memory does not depend on the size of the file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, cast
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from aggregates.field.field import FieldDefinition
from aggregates.setup.catalogue import Setup
from aggregates.upload.events import UploadReceived
from aggregates.upload.upload import Upload
from jobs import metrics
from jobs.pipeline import Decision, Pipeline
from jobs.upload import records, staging
from jobs.upload.chunks import chunks_of_rows, fields_of, layout_of
from jobs.upload.contact_file.rows import FileRefusedError, Row
from jobs.upload.decide import decide, plan_of
from jobs.upload.known_customers import KnownCustomers
from jobs.upload.records import Progress, Step
from jobs.upload.refused_file import first_row
from store.application import Dossier
from store.leadership import Leader
from store.stopping import Stop

CHUNK: Final = 1_000
"""Rows a transaction: a clerk's save waits for it, some tens of milliseconds."""

Report = Callable[[Progress], None]
"""Called with how far the upload has come, after every chunk."""


class TakenOverError(Exception):
    """Another process continues this upload, or it is over: the connection that held its lock is lost."""


class NotReceivedError(Exception):
    """The log does not have the upload."""


class UploadRun:
    """Runs one upload. `leader` is the right to do it, which is lost with its connection. `mark_progress` is called with every piece of
    the file and with every chunk."""

    def __init__(
        self,
        dossier: Dossier,
        leader: Leader,
        upload: UUID,
        mark_progress: Callable[[], None] = lambda: None,
        report: Report = lambda _: None,
    ) -> None:
        self._dossier = dossier
        self._leader = leader
        self._upload = upload
        self._mark_progress = mark_progress
        self._report = report
        self._stream = Upload.id_of(dossier.company, str(upload))
        self._received = self._first_fact()
        self._plan = plan_of(dossier, self._received)
        self._known = KnownCustomers(dossier)
        self._bytes_read = 0
        self._setup: Setup | None = None
        self._fields: Mapping[str, FieldDefinition] = {}

    def _first_fact(self) -> UploadReceived:
        events = self._dossier.log_of_facts.select_events(self._stream, limit=1)
        if not events:
            raise NotReceivedError(f"The log has no upload {self._upload}.")
        return cast("UploadReceived", self._dossier.fact_mapper.to_domain_event(events[0]))

    def run(self, stop: Stop) -> bool:
        """Works through the rows that are not done; returns false if `stop` was set before the end.

        Raises:
            OperationalError: the database cannot be reached.
            TakenOverError, ContestedError, MapperDeserialisationError: see there.
        """
        self._dossier.renew_setup()
        refusal = None
        try:
            Pipeline(self._dossier, self).run(self._chunks(), stop)
        except FileRefusedError as error:
            refusal = str(error)
        except staging.FileGoneError:
            raise TakenOverError(f"Upload {self._upload} is over.") from None
        if stop.is_set():
            return False
        self._end(refusal)
        return True

    def _progress(self) -> Progress:
        return records.progress(self._leader.connection, self._upload)

    def _chunks(self) -> Iterator[list[Row]]:
        """Yields the rows that are not done. Raises `FileRefusedError` after the last readable one."""
        layout, done = layout_of(self._received), self._progress().rows
        return chunks_of_rows(self._pieces, self._counted_pieces(), layout, done=done, size=CHUNK)

    def _pieces(self) -> Iterator[bytes]:
        for piece in staging.read_file(self._dossier.database, self._dossier.fact_mapper.keys, self._upload):
            self._mark_progress()
            yield piece

    def _counted_pieces(self) -> Iterator[bytes]:
        for piece in self._pieces():
            self._bytes_read += len(piece)
            yield piece

    def decide(self, rows: Sequence[Row]) -> Decision:
        """See `Job`. Raises `FileRefusedError` when a field to which a column is mapped is no longer active."""
        setup = self._dossier.setup()
        if setup is not self._setup:
            self._fields = fields_of(setup, self._received)
            self._setup = setup
        outcomes = decide(self._known, self._plan, self._fields, setup.controls.zone, rows)
        counts = {name: getattr(outcomes, name) for name in ("new", "changed", "unchanged", "failed")}
        further = {"without_number": len(outcomes.without_number), "repeated": len(outcomes.repeated)}
        step = Step(rows[0].number, rows[-1].number, self._bytes_read, **counts, **further)
        keys = self._dossier.fact_mapper.keys
        first = first_row(self._pieces(), layout_of(self._received)) if step.first_row == 1 else []
        kept = [*first, *outcomes.failed_rows]
        along = records.writing(keys, self._upload, self._stream, step, outcomes.errors, rows=kept)
        return Decision(outcomes.facts, along, counts, outcomes.consulted, outcomes.claims, setup.position)

    def stored(self, decision: Decision) -> None:
        """See `Job`."""
        self._mark_progress()
        records.clear_error(self._leader.connection, self._upload)
        for outcome, count in decision.outcomes.items():
            metrics.UPLOAD_ROWS.labels(outcome).inc(count)
        self._report(self._progress())

    def after_conflict(self, rows: Sequence[Row]) -> Sequence[Row]:
        """See `Job`. Raises `TakenOverError` when the rows are done already, or the upload is over."""
        metrics.UPLOAD_CONFLICTS.inc()
        if staging.is_over(self._leader.connection, self._upload):
            raise TakenOverError(f"Upload {self._upload} is over.")
        if self._progress().rows >= rows[0].number:
            raise TakenOverError(f"Another process continues upload {self._upload}.")
        self._dossier.renew_setup()
        return rows

    def name_of(self, row: Row) -> str:
        """See `Job`."""
        return f"Row {row.number}"

    def _end(self, refusal: str | None) -> None:
        counts = self._progress().counts
        upload = self._dossier.load(Upload, str(self._upload))
        if upload is None:
            raise NotReceivedError(f"The log has no upload {self._upload}.")
        if refusal is None:
            upload.finish(self._plan.origin, counts)
        else:
            upload.refuse(self._plan.origin, refusal, counts)
        with suppress(IntegrityError):  # another worker has ended it
            self._dossier.put(upload.collect_events(), along=staging.ending(self._upload))
        staging.delete_file(self._leader.connection, self._upload)
        self._report(self._progress())

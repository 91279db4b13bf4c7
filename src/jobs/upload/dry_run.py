"""A dry run of a contact file: the counts and errors that an upload of it would come to now, and nothing recorded (rule 3.2).

Rows are read and decided like those of an upload, in the same chunks; what would be stored is kept in a `Trial` instead, so that a row
meets the customers of the rows before it. Memory does not depend on the size of the file. For the API and `dossier upload --dry-run`.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from datetime import date
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from aggregates.fact import EventTooLargeError
from aggregates.field.field import FieldDefinition
from aggregates.upload.events import UploadReceived
from aggregates.upload.upload import Counts
from jobs.upload import run
from jobs.upload.chunks import chunks_of_rows, fields_of, layout_of
from jobs.upload.contact_file.rows import FileRefusedError, Row
from jobs.upload.decide import Decided, decide
from jobs.upload.failed_rows import masked_targets, shown
from jobs.upload.known_customers import Tried
from jobs.upload.progress import State, WrongValue, wrong_value
from jobs.upload.records import ERASED, LONGEST_VALUE, RowError
from jobs.upload.trial import Trial
from store.application import Dossier

MOST_ERRORS: Final = 1_000
"""Errors that an answer holds."""


class DryRun(BaseModel):
    """What an upload of a file would come to. `state`: whether it would be read to its end, or refused from some row on."""

    model_config = ConfigDict(frozen=True)

    dry_run: Literal[True] = True
    file: str
    state: Literal[State.FINISHED, State.REFUSED]
    columns: dict[str, str]
    delimiter: str | None
    header: bool | None
    effective_from: date
    effective_to: date | None
    """The last day on which the values would hold; `None`: open-ended."""
    digest: str
    """SHA-256 of the file."""
    size: int
    """Bytes of the file."""
    rows: int
    new: int
    changed: int
    unchanged: int
    failed: int
    refusal: str | None
    """Why the file would be refused, and what to do."""
    errors: list[WrongValue]
    """What is wrong with rows: the first 1,000."""
    errors_left_off: int
    """How many there are besides."""


class Trying:
    """One dry run. `received` is the fact that would be recorded first; `open_file` gives the file's bytes from its start."""

    def __init__(self, dossier: Dossier, received: UploadReceived, open_file: Callable[[], Iterable[bytes]]) -> None:
        self._dossier = dossier
        self._received = received
        self._open_file = open_file
        self._task = run.task_of(dossier, received)
        self._counts = Counts()
        self._errors: list[WrongValue] = []
        self._left_off = 0
        self._refusal: str | None = None

    def chunks(self) -> Generator[int, None, None]:
        """Tries the file a chunk at a time, as it is asked for, and gives how many rows are tried. Raises `OperationalError`."""
        self._dossier.renew_setup()
        layout = layout_of(self._received)
        with closing(Trial(self._dossier.database)) as trial:
            try:
                for rows in chunks_of_rows(self._open_file, self._open_file(), layout, done=0, size=run.CHUNK):
                    self._try(trial, rows)
                    yield self._counts.rows
            except FileRefusedError as error:
                self._refusal = str(error)

    def result(self) -> DryRun:
        """The result, once every chunk is tried."""
        received = self._received
        return DryRun(
            file=received.file,
            state=State.FINISHED if self._refusal is None else State.REFUSED,
            columns=received.columns,
            delimiter=received.delimiter,
            header=received.header,
            effective_from=received.effective_from,
            effective_to=received.effective_to,
            digest=received.digest,
            size=received.size,
            **{name: getattr(self._counts, name) for name in ("rows", "new", "changed", "unchanged", "failed")},
            refusal=self._refusal,
            errors=self._errors,
            errors_left_off=self._left_off,
        )

    def _try(self, trial: Trial, rows: Sequence[Row]) -> None:
        """Tries these rows; each on its own where one would be too large an event."""
        decided = self._decided(trial, rows)
        try:
            for fact in decided.facts:
                self._dossier.fact_mapper.to_stored_event(fact)
        except EventTooLargeError as error:
            if len(rows) > 1:
                for row in rows:
                    self._try(trial, [row])
                return
            decided = run.too_large(rows[0], decided, error, masked_targets(self._fields()))
        trial.put(decided.facts, decided.claims)
        self._count(len(rows), decided)

    def _decided(self, trial: Trial, rows: Sequence[Row]) -> Decided:
        zone = self._dossier.setup().controls.zone
        return decide(Tried(self._dossier, trial), self._task, self._fields(), zone, rows)

    def _fields(self) -> Mapping[str, FieldDefinition]:
        return fields_of(self._dossier.setup(), self._received)

    def _count(self, rows: int, decided: Decided) -> None:
        more = (rows, decided.new, decided.changed, decided.unchanged, decided.failed)
        self._counts = Counts(*(one + other for one, other in zip(astuple(self._counts), more, strict=True)))
        contents = {row.row: row.content for row in decided.failed_rows}
        for error in decided.errors:
            if len(self._errors) < MOST_ERRORS:
                self._errors.append(self._wrong_value(error, contents.get(error.row)))
            else:
                self._left_off += 1

    def _wrong_value(self, error: RowError, content: Mapping[str, Any] | None) -> WrongValue:
        """The entry that an upload's list would have, with nothing of a value that an erased customer's key would seal (rule 5.1)."""
        hidden = masked_targets(self._dossier.setup().fields)
        erased = error.subject is not None and self._dossier.fact_mapper.keys.find(error.subject) == (True, None)
        value = None if erased else (error.value or "")[:LONGEST_VALUE] or None
        number, row = (None, ERASED) if erased else shown(content, hidden)
        return wrong_value(replace(error, value=value), number, row, hidden)

"""A dry run of a contact file: the counts and errors that an upload of it would have now; nothing is recorded (rule 3.2).

Rows are read and decided like those of an upload, in the same chunks; what would be stored is kept in a `Trial` instead, so that a row
finds the customers of the rows before it. Memory does not depend on the size of the file. For the API and `dossier upload --dry-run`.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from datetime import date
from operator import add
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from aggregates.upload.events import UploadReceived
from aggregates.upload.upload import Counts
from jobs.upload import run
from jobs.upload.chunks import chunks_of_rows, fields_of, layout_of
from jobs.upload.contact_file.rows import FileRefusedError, Row
from jobs.upload.decide import Outcomes, decide, plan_of
from jobs.upload.failed_rows import masked_targets
from jobs.upload.known_customers import TriedCustomers
from jobs.upload.progress import State, WrongValue, wrong_value
from jobs.upload.records import LONGEST_VALUE, RowError
from jobs.upload.trial import Trial
from store.application import Dossier

MOST_ERRORS: Final = 1_000
"""Errors that an answer holds."""


class DryRun(BaseModel):
    """The result that an upload of a file would have. `state`: whether it would be read to its end, or refused from some row on."""

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
    without_number: int
    """Of the new ones, those whose row has no customer number and no alternate number: Dossier would make up a number for each."""
    repeated: int
    """Of the rows that would be taken, those with a number that an earlier row has: of values for the same days, theirs count."""
    refusal: str | None
    """Why the file would be refused, and what to do."""
    errors: list[WrongValue]
    """What is wrong with rows: the first 1,000."""
    errors_left_off: int
    """How many more errors there are."""


class DryRunner:
    """Makes one dry run. `received` is the fact that would be recorded first; `open_file` gives the file's bytes from its start."""

    def __init__(self, dossier: Dossier, received: UploadReceived, open_file: Callable[[], Iterable[bytes]]) -> None:
        self._dossier = dossier
        self._received = received
        self._open_file = open_file
        self._plan = plan_of(dossier, received)
        self._counts = Counts()
        self.without_number: list[Row] = []
        """The rows that would make a new customer and have no number by which they could be matched again: the first 1,000."""
        self.repeated: list[Row] = []
        """The rows with a number that an earlier row has: the first 1,000."""
        self._without_number_count = 0
        self._repeated_count = 0
        self._errors: list[WrongValue] = []
        self._left_off = 0
        self._refusal: str | None = None

    def chunks(self) -> Generator[int, None, None]:
        """Tries the rows of the file, a chunk for each value: how many rows have been tried so far. Raises `OperationalError`."""
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
        """Returns the result, once every chunk is tried."""
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
            without_number=self._without_number_count,
            repeated=self._repeated_count,
            refusal=self._refusal,
            errors=self._errors,
            errors_left_off=self._left_off,
        )

    def _try(self, trial: Trial, rows: Sequence[Row]) -> None:
        """Tries these rows; one by one if an event of them would be too large."""
        setup = self._dossier.setup()
        fields = fields_of(setup, self._received)
        outcomes = decide(TriedCustomers(self._dossier, trial), self._plan, fields, setup.controls.zone, rows)
        if len(rows) > 1 and self._dossier.fact_mapper.too_large(outcomes.facts) is not None:
            for row in rows:
                self._try(trial, [row])
            return
        trial.put(outcomes.facts, outcomes.claims)
        self._count(len(rows), outcomes)

    def _count(self, rows: int, outcomes: Outcomes) -> None:
        counts = (rows, outcomes.new, outcomes.changed, outcomes.unchanged, outcomes.failed)
        self._counts = Counts(*map(add, astuple(self._counts), counts))
        self.without_number += outcomes.without_number[: MOST_ERRORS - len(self.without_number)]
        self.repeated += outcomes.repeated[: MOST_ERRORS - len(self.repeated)]
        self._without_number_count += len(outcomes.without_number)
        self._repeated_count += len(outcomes.repeated)
        contents = {row.row: row.content for row in outcomes.failed_rows}
        for error in outcomes.errors:
            if len(self._errors) < MOST_ERRORS:
                self._errors.append(self._wrong_value(error, contents.get(error.row)))
            else:
                self._left_off += 1

    def _wrong_value(self, error: RowError, content: Mapping[str, Any] | None) -> WrongValue:
        """Returns the entry that an upload's list would have, without values of a customer who was erased (rule 5.1)."""
        hidden = masked_targets(self._dossier.setup().fields)
        erased = error.subject is not None and self._dossier.fact_mapper.keys.find(error.subject) == (True, None)
        value = None if erased else (error.value or "")[:LONGEST_VALUE] or None
        return wrong_value(replace(error, value=value), content, hidden, erased=erased)

"""Cancels an upload: the rows that were taken stay, the rest of its file is not read (rule 3.2). For the API and the command line.

A step without rows is stored with the fact, in the place of the next one. So the counts of the fact include every row that was taken, and
a process that is reading the file cannot take another.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from aggregates.aggregate import Aggregate
from aggregates.upload.commands import cancel_upload
from aggregates.upload.upload import Counts
from aggregates.use_case import Outcome, Request
from jobs.upload import records, staging
from jobs.upload.records import Progress, Step
from store.application import Dossier
from store.command import Command


def cancel(dossier: Dossier, request: Request, upload: UUID) -> Outcome:
    """Cancels an upload and removes its file. Raises what `aggregates.upload.commands.cancel_upload` raises."""
    outcome = dossier.decide(request, lambda store: cancel_upload(_Ending(store, upload), request, upload=str(upload)))
    with dossier.database.connection() as connection:
        staging.delete_file(connection, upload)
    return outcome


class _Ending:
    """The store, for one upload that ends after the rows that were taken by then."""

    def __init__(self, store: Command, upload: UUID) -> None:
        self._store = store
        self._upload = upload
        self._progress = Progress(0, 0, Counts())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def decide(self, request: Request, use_case: Callable[["_Ending"], Outcome]) -> Outcome:
        """See `FactStore`."""
        del request
        return use_case(self)

    def taken(self) -> Counts:
        """See `UploadStore`."""
        self._progress = records.progress_of(self._store.rows(records.PROGRESS, self._upload))
        return self._progress.counts

    def keep(self, request: Request, aggregate: Aggregate, **more: Any) -> Outcome:
        """Stores the fact, the end of the file, and the last step."""
        rows, bytes_read = self._progress.rows, self._progress.bytes
        last = Step(rows + 1, rows, bytes_read, new=0, changed=0, unchanged=0, failed=0)
        along = [*records.step_of(self._upload, last), *staging.ending(self._upload)] if aggregate.pending else []
        return self._store.keep(request, aggregate, along=along, **more)

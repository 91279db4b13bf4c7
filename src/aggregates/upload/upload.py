"""`Upload`: one contact file, from its arrival to its counts (rule 3.2). Its rows are decided by the customers; `jobs` runs it."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.effective import Days
from aggregates.errors import ConflictError, NotFoundError
from aggregates.fact import Origin
from aggregates.upload.events import UploadCancelled, UploadFinished, UploadReceived, UploadRefused

BY_LINE: Final = "line"
"""New customers without a number are numbered by the line on which their row begins, however the file is read."""


class UploadNotFoundError(NotFoundError):
    """There is no upload with this id."""


class UploadExistsError(ConflictError):
    """The id is taken."""


class UploadOverError(ConflictError):
    """Every row of the upload has its outcome already, or its file was refused."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows; `rows` is their sum."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0


class Upload(Aggregate):
    """One upload. `over` once every row has its outcome, or the file was refused, or it was cancelled; `reason`: why it was refused."""

    KIND: ClassVar[str] = "upload"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.key = ""
        self.columns: dict[str, str] = {}
        self.delimiter: str | None = None
        self.header: bool | None = None
        self.days: Days | None = None
        self.origin: Origin | None = None
        self.over = False
        self.cancelled = False
        self.reason: str | None = None
        self.counts = Counts()

    def receive(
        self,
        origin: Origin,
        *,
        upload: str,
        file: str,
        size: int,
        digest: str,
        columns: dict[str, str],
        delimiter: str | None,
        header: bool | None,
        days: Days,
        mapping: str | None = None,
        mapping_version: int | None = None,
    ) -> None:
        """The file is here, whole; the mapping is the saved one that was named for it."""
        if self.version:
            raise UploadExistsError(f"Upload {upload} was received already.", field="upload")
        self.record(
            UploadReceived,
            origin,
            upload=upload,
            file=file,
            size=size,
            digest=digest,
            columns=columns,
            delimiter=delimiter,
            header=header,
            effective_from=days.first,
            effective_to=days.last,
            numbered_by=BY_LINE,
            mapping=mapping,
            mapping_version=mapping_version,
        )

    def finish(self, origin: Origin, counts: Counts) -> None:
        """Every row has its outcome. Records nothing when it was over before."""
        if not self.over:
            self.record(UploadFinished, origin, upload=self.key, **_payload(counts))

    def refuse(self, origin: Origin, reason: str, counts: Counts) -> None:
        """The file cannot be read on; what was taken before stays. Records nothing when it was over before."""
        if not self.over:
            self.record(UploadRefused, origin, upload=self.key, reason=reason, **_payload(counts))

    def cancel(self, origin: Origin, counts: Counts) -> None:
        """The rest of the file is not wanted; what was taken stays. Records nothing when it was cancelled before.

        Raises:
            UploadOverError: nothing is left to cancel.
        """
        if self.over and not self.cancelled:
            raise UploadOverError(f"Upload {self.key} is over; its rows stay.")
        if not self.over:
            self.record(UploadCancelled, origin, upload=self.key, **_payload(counts))

    @applies(UploadReceived)
    def _received(self, event: UploadReceived) -> None:
        self.key, self.columns, self.origin = event.upload, event.columns, event.origin
        self.delimiter, self.header = event.delimiter, event.header
        self.days = Days(event.effective_from, event.effective_to)

    @applies(UploadFinished)
    def _finished(self, event: UploadFinished) -> None:
        self.over, self.counts = True, _counts(event)

    @applies(UploadRefused)
    def _refused(self, event: UploadRefused) -> None:
        self.over, self.counts, self.reason = True, _counts(event), event.reason

    @applies(UploadCancelled)
    def _cancelled(self, event: UploadCancelled) -> None:
        self.over, self.cancelled, self.counts = True, True, _counts(event)


def _payload(counts: Counts) -> dict[str, int]:
    return {
        "rows": counts.rows,
        "new": counts.new,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "failed": counts.failed,
    }


def _counts(event: UploadFinished | UploadRefused | UploadCancelled) -> Counts:
    return Counts(event.rows, event.new, event.changed, event.unchanged, event.failed)

"""Facts of contact uploads and of the mappings that they go by (rule 3.2)."""

from datetime import date
from typing import ClassVar

from aggregates.fact import Fact


class UploadMappingSaved(Fact):
    """A mapping from columns to fields was saved under a name; `None` for what is detected in each file."""

    TOPIC: ClassVar[str] = "upload_mapping.saved"
    name: str
    columns: dict[str, str]
    delimiter: str | None = None
    header: bool | None = None


class UploadReceived(Fact):
    """A contact file came in whole; its values hold on its days, new customers are numbered by `numbered_by`, else by row."""

    TOPIC: ClassVar[str] = "upload.received"
    upload: str
    file: str
    size: int
    digest: str
    columns: dict[str, str]
    delimiter: str | None = None
    header: bool | None = None
    effective_from: date
    effective_to: date | None = None
    numbered_by: str | None = None
    mapping: str | None = None
    mapping_version: int | None = None


class UploadFinished(Fact):
    """Every row of the file has its outcome."""

    TOPIC: ClassVar[str] = "upload.finished"
    upload: str
    rows: int
    new: int
    changed: int
    unchanged: int
    failed: int


class UploadRefused(Fact):
    """The file cannot be read from some row on; the rows before it were taken."""

    TOPIC: ClassVar[str] = "upload.refused"
    upload: str
    reason: str
    rows: int
    new: int
    changed: int
    unchanged: int
    failed: int


class UploadCancelled(Fact):
    """The rest of the file was not wanted any more; the rows before it were taken, and stay."""

    TOPIC: ClassVar[str] = "upload.cancelled"
    upload: str
    rows: int
    new: int
    changed: int
    unchanged: int
    failed: int

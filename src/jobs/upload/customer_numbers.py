"""Numbers of new customers whose rows have none: the same row of the same file again meets the same customer (rule 3.2).

A number says where the row begins in the file, as a line counted from its first, whatever way the file is read. Once it was the row, which
another layout counts otherwise: a file whose customers were numbered so keeps those numbers, counted as the upload that made them did.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from aggregates.upload.events import UploadReceived
from jobs.upload import records
from jobs.upload.chunks import layout_of
from jobs.upload.contact_file.rows import Row
from store.application import Dossier

PREFIX_DIGITS: Final = 16
"""Of the file's digest: what names the file in facts, and in the numbers of customers that have none of their own."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the new customers of a file are numbered. `header`: by row, after so many records that were none; `None`: by line."""

    file: str
    header: int | None = None

    def number(self, row: Row) -> str:
        """The number of the customer that this row makes, where it has none of its own."""
        if self.header is None or row.record is None:
            return f"U-{self.file}-L{row.line}"
        return f"U-{self.file}-{row.record - self.header}"


def numbering_of(dossier: Dossier, received: UploadReceived) -> Numbering:
    """How this upload numbers new customers: like the first upload of the file that made any by row, if there was one."""
    file = received.digest[:PREFIX_DIGITS]
    first = next(_numbered_by_row(dossier, received), received if received.numbered_by is None else None)
    return Numbering(file, None if first is None else _records_before_the_first_row(first))


def _numbered_by_row(dossier: Dossier, received: UploadReceived) -> Iterator[UploadReceived]:
    """The uploads of the same file before this one that made customers and numbered them by row."""
    with dossier.database.connection() as connection:
        for event in records.received_before(connection, received.digest, received.event_id):
            fact = cast("UploadReceived", dossier.fact_mapper.to_domain_event(event))
            if fact.numbered_by is None and records.progress(connection, UUID(fact.upload)).counts.new:
                yield fact


def _records_before_the_first_row(received: UploadReceived) -> int:
    return 1 if layout_of(received).has_header else 0

"""Numbers of new customers whose rows have none: the same row of the same file again finds the same customer (rule 3.2).

A number names the line on which the row begins, counted from the first line of the file, however the file is read. Early uploads used the
number of the row, which depends on the layout: a file whose customers were numbered in that way keeps those numbers, counted as in the
upload that made them.
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
"""Digits of the file's digest that name the file in facts, and in the numbers of customers that have none of their own."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the new customers of a file are numbered: by line, or by row if `header` says how many records come before the first row."""

    file: str
    header: int | None = None

    def number(self, row: Row) -> str:
        """Returns the number of the customer that this row makes, for a row without a number."""
        if self.header is None or row.record is None:
            return f"U-{self.file}-L{row.line}"
        return f"U-{self.file}-{row.record - self.header}"


def numbering_of(dossier: Dossier, received: UploadReceived) -> Numbering:
    """Returns how this upload numbers new customers: like the first upload of the file that numbered any by row, if there was one."""
    file = received.digest[:PREFIX_DIGITS]
    first = next(_numbered_by_row(dossier, received), received if received.numbered_by is None else None)
    return Numbering(file, None if first is None else _records_before_the_first_row(first))


def _numbered_by_row(dossier: Dossier, received: UploadReceived) -> Iterator[UploadReceived]:
    """Yields the uploads of the same file before this one that made customers and numbered them by row."""
    with dossier.database.connection() as connection:
        for event in records.received_before(connection, received.digest, received.event_id):
            fact = cast("UploadReceived", dossier.fact_mapper.to_domain_event(event))
            if fact.numbered_by is None and records.progress(connection, UUID(fact.upload)).counts.new:
                yield fact


def _records_before_the_first_row(received: UploadReceived) -> int:
    return 1 if layout_of(received).has_header else 0

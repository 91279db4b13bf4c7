"""An upload of a contact file of new customers with eight mapped columns, against an ordinary application that saves each row.

We measure the whole run over a file that is already in the database: decrypting, reading, matching, checking, encrypting, storing. The
peer splits each row and saves an aggregate with the values unchanged and unencrypted. The last row is PostgreSQL's own COPY of the file
into a plain table.
"""

import csv
import io
import os
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from eventsourcing.domain import Aggregate

from aggregates.fact import Origin, Role, Source
from aggregates.field.commands import define_standard_field
from aggregates.field.standard import STANDARD
from aggregates.use_case import Request
from benchmarks.contacts import COLUMNS, lines
from benchmarks.peer import PeerApplication
from benchmarks.rows import Row, at_least
from benchmarks.servers import dossier, library_environment
from jobs.upload import progress, staging
from jobs.upload.receive import Reading, Receiving
from jobs.upload.run import UploadRun
from store.application import Dossier
from store.stopping import Stop

ROWS: Final = 1_000_000 if os.environ.get("FULL") else 20_000
PEER_ROWS: Final = 1_500
GOAL: Final = 15.0
TODAY: Final = date(2026, 11, 22)


class Contact(Aggregate):
    """A customer with its values, written the way the library's documentation does."""

    def __init__(self, number: str, values: dict[str, str]) -> None:
        self.number = number
        self.values = values


def run(url: str) -> list[Row]:
    """One row for new customers; one for the same file again, and one against COPY, without a goal."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "contacts.csv"
        file.write_text("".join(lines(ROWS)), encoding="utf-8")
        with dossier(url) as application:
            _fields(application)
            first = _rate(application, file, "new")
            again = _rate(application, file, "unchanged")
        peer = _peer_rate(url, file)
        copied = _copy_rate(url, file)
    return [
        at_least("upload, new customers (peer: save each)", "rows/s", first, peer, GOAL),
        at_least("upload, the same file again", "rows/s", again, peer, None),
        at_least("upload, new customers (peer: COPY into a plain table)", "rows/s", first, copied, None),
    ]


def _request() -> Request:
    cause = uuid4()
    origin = Origin(actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause)
    return Request(origin, TODAY)


def _fields(application: Dossier) -> None:
    for one in STANDARD:
        given = {name: value for name, value in one.items() if name != "key"}
        define_standard_field(application, _request(), key=one["key"], members=given)


def _rate(application: Dossier, file: Path, outcome: str) -> float:
    incoming = Receiving(application, Reading(file.name, columns=COLUMNS))
    incoming.write(file.read_bytes())
    upload, _ = incoming.receive(_request())
    began = time.perf_counter()
    with staging.holding(application.database, upload) as leader:
        assert leader is not None
        UploadRun(application, leader, upload).run(Stop())
    took = time.perf_counter() - began
    assert getattr(progress.upload(application, upload), outcome) == ROWS
    return ROWS / took


def _peer_rate(url: str, file: Path) -> float:
    with PeerApplication(library_environment(url)) as application:
        rows = csv.DictReader(io.StringIO(file.read_text()), skipinitialspace=True)
        wanted = [row for row, _ in zip(rows, range(PEER_ROWS), strict=False)]
        began = time.perf_counter()
        for row in wanted:
            number = row.pop("rec_id")
            contact: Any = Contact(number=number, values=row)
            application.save(contact)
        took = time.perf_counter() - began
        assert isinstance(contact.id, UUID)
    return PEER_ROWS / took


def _copy_rate(url: str, file: Path) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        columns = ", ".join(f"{name} text" for name in COLUMNS)
        connection.execute(f"CREATE TEMPORARY TABLE plain ({columns})")
        began = time.perf_counter()
        with connection.cursor().copy("COPY plain FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(file.read_bytes())
        return ROWS / (time.perf_counter() - began)

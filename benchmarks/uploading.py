"""An upload of a contact file of new customers with eight mapped columns, against an ordinary application that saves each row.

We measure the whole run over a file that is already in the database: decrypting, reading, matching, checking, encrypting, storing. It has
a process of its own, as in an installation, whose peak of memory is a row. The peer splits each row and saves an aggregate with the values
unchanged and unencrypted. The last row is PostgreSQL's own COPY of the file into a plain table.
"""

import csv
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import islice
from multiprocessing import get_context
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
from benchmarks.rows import Row, at_least, below
from benchmarks.running.processes import memory_mib
from benchmarks.servers import environment, library_environment
from cli.processes.process import collect_less
from jobs.upload import progress, staging
from jobs.upload.receive import Reading, Receiving
from jobs.upload.run import UploadRun
from store.application import Dossier
from store.stopping import Stop

ROWS: Final = 1_000_000 if os.environ.get("FULL") else 20_000
PEER_ROWS: Final = 1_500
GOAL: Final = 15.0
MOST_MIB: Final = 300.0
AT_ONCE: Final = 1 << 16
"""Bytes of the file that are read at once."""
TODAY: Final = date(2026, 11, 22)


class Contact(Aggregate):
    """A customer with its values, written the way the library's documentation does."""

    def __init__(self, number: str, values: dict[str, str]) -> None:
        self.number = number
        self.values = values


def run(url: str) -> list[Row]:
    """Rows for new customers and their memory; for the same file again, and against COPY, without a goal."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "contacts.csv"
        with file.open("w", encoding="utf-8") as contacts:
            contacts.writelines(lines(ROWS))
        environ = environment(url)
        with Dossier(environ) as application:
            _fields(application)
            first, memory = _rate(application, environ, file, "new")
            again, _ = _rate(application, environ, file, "unchanged")
        peer = _peer_rate(url, file)
        copied = _copy_rate(url, file)
    return [
        at_least("upload, new customers (peer: save each)", "rows/s", first, peer, GOAL),
        below(f"upload memory, {ROWS:,} new customers", "MiB", memory, MOST_MIB),
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


def _rate(application: Dossier, environ: dict[str, str], file: Path, outcome: str) -> tuple[float, float]:
    """Rows a second, and MiB at most of the process that takes them."""
    incoming = Receiving(application, Reading(file.name, columns=COLUMNS))
    with file.open("rb") as contacts:
        while content := contacts.read(AT_ONCE):
            incoming.write(content)
    upload, _ = incoming.receive(_request())
    with ProcessPoolExecutor(1, get_context("spawn")) as processes:
        took, memory = processes.submit(_run, environ, upload).result()
    assert getattr(progress.upload(application, upload), outcome) == ROWS
    return ROWS / took, memory


def _run(environ: dict[str, str], upload: UUID) -> tuple[float, float]:
    """Runs an upload in this process; returns the seconds that it took, and the MiB that the process had at most."""
    collect_less()
    with Dossier(environ) as application, staging.holding(application.database, upload) as leader:
        assert leader is not None
        began = time.perf_counter()
        UploadRun(application, leader, upload).run(Stop())
        took = time.perf_counter() - began
    return took, memory_mib(os.getpid())[1]


def _peer_rate(url: str, file: Path) -> float:
    with PeerApplication(library_environment(url)) as application, file.open(encoding="utf-8") as contacts:
        wanted = list(islice(csv.DictReader(contacts, skipinitialspace=True), PEER_ROWS))
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
        with (
            connection.cursor().copy("COPY plain FROM STDIN (FORMAT csv, HEADER)") as copy,
            file.open("rb") as contacts,
        ):
            while content := contacts.read(AT_ONCE):
                copy.write(content)
        return ROWS / (time.perf_counter() - began)

"""`dossier upload FILE`: uploads a contact file, with a progress bar (rule 3.2).

The file is first kept in the database and then read from there, so that an interrupted run is resumed by a worker or by the same
command. The process that holds the upload's lock reads the file; others watch. The same file with the same columns resumes an upload
that is not over, instead of beginning another.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from getpass import getuser
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from aggregates.effective import When
from aggregates.fact import Origin, Role, Source
from aggregates.upload.mapping import UploadMapping
from aggregates.use_case import Request
from cli.errors import CliError
from cli.output import show
from cli.output.lines import complain, say
from cli.processes.process import collect_less
from cli.settings import Settings
from cli.wiring import open_dossier
from jobs.upload import cancel as cancelling
from jobs.upload import progress, receive, staging
from jobs.upload.dry_run import DryRun
from jobs.upload.progress import OVER, State, UploadRead
from jobs.upload.receive import Reading, Receiving
from jobs.upload.run import TakenOverError, UploadRun
from store.application import Dossier
from store.stopping import Stop

WATCHED_EVERY_S: Final = 0.2
ROWS_REFUSED: Final = 3
"""Exit status when the file was read to its end and rows were refused."""
INTERRUPTED: Final = 130
AT_ONCE: Final = 1 << 20
"""Bytes of the file that are in memory."""
_GOES_ON: Final = (
    "The rows that were taken stay. A running `dossier work` resumes the upload, and so does the same command."
    " To end it: dossier upload --cancel {upload}"
)
_MEANT: Final = (
    ("new", "customers that did not exist before"),
    ("changed", "rows that brought something new to a customer"),
    ("unchanged", "rows that said what is known already, or what an agent's edit stands against"),
    ("failed", "rows with a fault, nothing of which was taken"),
)

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many rows are done, and how many bytes of the file."""


class FileError(CliError):
    """The file cannot be taken."""


class ColumnsError(CliError):
    """The options do not say which column is which field."""


def upload(
    settings: Settings,
    path: Path,
    *,
    reading: Reading,
    actor: str | None,
    as_json: bool,
) -> None:
    """Takes a file in and reads it to its end. Raises `FileError` when it is refused, `typer.Exit` with 3 when rows of it are."""
    collect_less()
    with (
        interrupted("Nothing of the file was kept."),
        open_dossier(settings) as dossier,
        bar(path.stat().st_size) as report,
    ):
        request = request_of(dossier, actor)
        receive.check(dossier, request, reading)
        upload_id = _unfinished(dossier, path, reading, request) or _receive(dossier, path, reading, request, report)
        with interrupted(_GOES_ON.format(upload=upload_id)):
            done = _run(dossier, upload_id, report)
    _print(done, as_json=as_json)
    if done.state is not State.FINISHED:
        raise FileError(done.refusal or done.error or "The upload was cancelled; the rows that were taken stay.")
    if done.failed:
        raise typer.Exit(ROWS_REFUSED)


def digest_of(path: Path) -> str:
    """Returns the SHA-256 of a file in hexadecimal digits."""
    digest = sha256()
    for piece in pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def pieces(path: Path) -> Iterator[bytes]:
    """Yields a file, `AT_ONCE` bytes at a time."""
    with path.open("rb") as file:
        while piece := file.read(AT_ONCE):
            yield piece


def cancel(settings: Settings, upload_id: UUID, *, actor: str | None, as_json: bool) -> None:
    """Ends an upload that is not over. Raises what `jobs.upload.cancel.cancel` raises."""
    with open_dossier(settings) as dossier:
        cancelling.cancel(dossier, request_of(dossier, actor), upload_id)
        done = progress.upload(dossier, upload_id)
    _print(done, as_json=as_json)


@contextmanager
def interrupted(effect: str) -> Iterator[None]:
    """Says what Ctrl-C means for the upload, and ends the command."""
    try:
        yield
    except KeyboardInterrupt:
        complain(f"Interrupted. {effect}")
        raise typer.Exit(INTERRUPTED) from None


def reading_of(
    path: Path,
    *,
    mapping: str | None,
    columns: Sequence[str],
    delimiter: str | None,
    header: bool | None,
    when: When,
) -> Reading:
    """Returns how a file is to be read, as the options say. Raises `ColumnsError`."""
    mapped = _columns(columns)
    if mapping is None and mapped is None:
        raise ColumnsError("Say which column is which field: --mapping NAME, or --map COLUMN=FIELD for each of them.")
    sign = "\t" if delimiter == "tab" else delimiter
    return Reading(path.name, mapping, mapped, sign, header, when)


def _columns(assignments: Sequence[str]) -> dict[str, str] | None:
    """Parses `COLUMN=FIELD` texts; the column may contain an equals sign. Returns `None` without any."""
    columns: dict[str, str] = {}
    for text in assignments:
        column, sign, target = text.rpartition("=")
        if not sign or not column.strip():
            raise ColumnsError(f"--map takes COLUMN=FIELD, not {text[:60]}.")
        if column in columns:
            raise ColumnsError(f"--map names column {column[:60]} twice.")
        columns[column] = target.strip()
    return columns or None


def request_of(dossier: Dossier, actor: str | None) -> Request:
    """Returns the request of an administrator: a person who can read this machine's settings is one."""
    cause = uuid4()
    origin = Origin(
        actor=actor or getuser(),
        role=Role.ADMINISTRATOR,
        source=Source.CLI,
        correlation_id=cause,
        causation_id=cause,
    )
    return Request(origin, dossier.today())


def _unfinished(dossier: Dossier, path: Path, reading: Reading, request: Request) -> UUID | None:
    """Returns the latest upload of the same file, to be read the same way, that is not over; `None` when there is none."""
    uploads = [upload for upload in _open_uploads(dossier) if upload.size == path.stat().st_size]
    if not uploads:
        return None
    digest = digest_of(path)
    expected = _how(dossier, reading, request)
    for upload in uploads:
        how = (upload.columns, upload.delimiter, upload.header, upload.effective_from, upload.effective_to)
        if upload.digest == digest and how == expected:
            return upload.upload
    return None


def _open_uploads(dossier: Dossier) -> list[UploadRead]:
    with dossier.database.connection() as connection:
        waiting = staging.waiting(connection)
    return [progress.upload(dossier, upload_id) for upload_id in reversed(waiting)]


def _how(
    dossier: Dossier, reading: Reading, request: Request
) -> tuple[Mapping[str, str], str | None, bool | None, date, date | None]:
    """Returns how the file would be read, as `receive_upload` works it out."""
    saved = None if reading.mapping is None else dossier.load(UploadMapping, reading.mapping)
    columns = reading.columns if reading.columns is not None else saved.columns if saved else {}
    delimiter = reading.delimiter or (saved.delimiter if saved else None)
    header = reading.header if reading.header is not None else saved.header if saved else None
    return columns, delimiter, header, reading.when.effective_from or request.today, reading.when.effective_to


def _receive(dossier: Dossier, path: Path, reading: Reading, request: Request, report: Report) -> UUID:
    incoming = Receiving(dossier, reading)
    try:
        for piece in pieces(path):
            incoming.write(piece)
            report("Taking in", 0, incoming.size)
        incoming.end()
    except BaseException:
        incoming.discard()
        raise
    return incoming.receive(request)[0]


def _run(dossier: Dossier, upload_id: UUID, report: Report) -> UploadRead:
    """Reads the file, or watches the process that reads it, until the upload is over."""
    stop = Stop()
    while True:
        with staging.holding(dossier.database, upload_id) as leader:
            upload = progress.upload(dossier, upload_id)
            if upload.state in OVER:
                return upload
            report("Reading", upload.rows, upload.bytes_done)
            if leader is not None:
                try:
                    UploadRun(dossier, leader, upload_id, report=lambda at: report("Reading", at.rows, at.bytes)).run(
                        stop
                    )
                except TakenOverError:
                    pass  # from now on, watches the process that took it over
                else:
                    continue
        stop.wait(WATCHED_EVERY_S)


def _print(upload: UploadRead, *, as_json: bool) -> None:
    if as_json:
        show.document(upload)
        return
    if upload.refusal is not None and not upload.rows:
        say(f"Upload {upload.upload}: nothing of {upload.file} was taken")
        return
    cancelled = ", cancelled" if upload.state is State.CANCELLED else ""
    say(f"Upload {upload.upload}: {number_of_rows(upload.rows)} of {upload.file}{cancelled}")
    print_counts(upload)
    if upload.failed:
        say(f"What is wrong with each row: GET /v1/uploads/{upload.upload}/errors")


def number_of_rows(count: int) -> str:
    """Returns a number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def print_counts(counts: UploadRead | DryRun) -> None:
    """Prints the outcome of the rows, and what of it a person may not expect."""
    show.table(("", "rows", ""), [(name, f"{getattr(counts, name):,}", meaning) for name, meaning in _MEANT])
    if counts.without_number:
        say(f"{number_of_rows(counts.without_number)} without a number: Dossier makes up one for each new customer.")
    if counts.repeated:
        say(f"{number_of_rows(counts.repeated)} with a number that an earlier row has: the later row counts.")


@contextmanager
def bar(size: int) -> Iterator[Report]:
    """Draws a progress bar on stderr while the block runs, if stderr is a terminal."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield lambda *_: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as display:
        task = display.add_task("Taking in", total=size, rows=0)
        yield lambda description, rows, done: display.update(task, description=description, completed=done, rows=rows)

"""`dossier upload FILE`: a contact file in, with a progress bar (rule 3.2).

The file is kept in the database first and then read from there, so a run that was killed is gone on with: by the worker of
`dossier up`, or by the same command. Whoever holds the upload's lock reads it; the other one watches. The same file, begun with the
same columns and not over, is not begun again.
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
from jobs.upload.run import TakenOverError, Uploading
from store.application import Dossier
from store.stopping import Stop

WATCHED_EVERY_S: Final = 0.2
ROWS_REFUSED: Final = 3
"""Exit status where the file was read to its end, and rows of it were refused."""
INTERRUPTED: Final = 130
AT_ONCE: Final = 1 << 20
"""Bytes of the file in memory."""
_GOES_ON: Final = (
    "The rows that were taken stay. A `dossier work` that is running goes on with the others, and so does the same command."
    " To end it: dossier upload --cancel {upload}"
)
_MEANT: Final = (
    ("new", "customers that were not there before"),
    ("changed", "rows that brought something new to a customer"),
    ("unchanged", "rows that said what is known already, or what an agent's edit stands against"),
    ("failed", "rows with a fault, nothing of which was taken"),
)

Told = Callable[[str, int, int], None]
"""Called with what is going on, how many rows are done, and how many bytes of the file."""


class FileError(CliError):
    """The file cannot be taken."""


class ColumnsError(CliError):
    """It is not said which column is which field."""


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
        bar(path.stat().st_size) as tell,
    ):
        request = request_of(dossier, actor)
        receive.check(dossier, request, reading)
        upload_id = _begun(dossier, path, reading, request) or _received(dossier, path, reading, request, tell)
        with interrupted(_GOES_ON.format(upload=upload_id)):
            done = _run(dossier, upload_id, tell)
    _answer(done, as_json=as_json)
    if done.state is not State.FINISHED:
        raise FileError(done.refusal or done.error or "The upload was cancelled; the rows that were taken stay.")
    if done.failed:
        raise typer.Exit(ROWS_REFUSED)


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    digest = sha256()
    for piece in pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def pieces(path: Path) -> Iterator[bytes]:
    """A file, `AT_ONCE` bytes at a time."""
    with path.open("rb") as file:
        while piece := file.read(AT_ONCE):
            yield piece


def cancel(settings: Settings, upload_id: UUID, *, actor: str | None, as_json: bool) -> None:
    """Ends an upload that is not over. Raises what `jobs.upload.cancel.cancel` raises."""
    with open_dossier(settings) as dossier:
        cancelling.cancel(dossier, request_of(dossier, actor), upload_id)
        done = progress.upload(dossier, upload_id)
    _answer(done, as_json=as_json)


@contextmanager
def interrupted(effect: str) -> Iterator[None]:
    """Tells what Ctrl-C means for the upload, and ends the command."""
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
    """How a file is to be read, as the options say. Raises `ColumnsError`."""
    mapped = _columns(columns)
    if mapping is None and mapped is None:
        raise ColumnsError("Say which column is which field: --mapping NAME, or --map COLUMN=FIELD for each of them.")
    sign = "\t" if delimiter == "tab" else delimiter
    return Reading(path.name, mapping, mapped, sign, header, when)


def _columns(given: Sequence[str]) -> dict[str, str] | None:
    """`COLUMN=FIELD` each; the column may hold an equals sign."""
    found: dict[str, str] = {}
    for one in given:
        column, sign, target = one.rpartition("=")
        if not sign or not column.strip():
            raise ColumnsError(f"--map takes COLUMN=FIELD, not {one[:60]}.")
        if column in found:
            raise ColumnsError(f"--map names column {column[:60]} twice.")
        found[column] = target.strip()
    return found or None


def request_of(dossier: Dossier, actor: str | None) -> Request:
    cause = uuid4()
    origin = Origin(
        actor=actor or getuser(),
        role=Role.ADMINISTRATOR,
        source=Source.CLI,
        correlation_id=cause,
        causation_id=cause,
    )
    return Request(origin, dossier.today())


def _begun(dossier: Dossier, path: Path, reading: Reading, request: Request) -> UUID | None:
    """An upload of the same file, to be read the same way, that is not over; the latest one."""
    open_ones = [one for one in _open_uploads(dossier) if one.size == path.stat().st_size]
    if not open_ones:
        return None
    digest = digest_of(path)
    wanted = _how(dossier, reading, request)
    return next(
        (
            one.upload
            for one in open_ones
            if one.digest == digest
            and (one.columns, one.delimiter, one.header, one.effective_from, one.effective_to) == wanted
        ),
        None,
    )


def _open_uploads(dossier: Dossier) -> list[UploadRead]:
    with dossier.database.connection() as connection:
        waiting = staging.waiting(connection)
    return [progress.upload(dossier, one) for one in reversed(waiting)]


def _how(
    dossier: Dossier, reading: Reading, request: Request
) -> tuple[Mapping[str, str], str | None, bool | None, date, date | None]:
    """How the file would be read, as `receive_upload` finds it."""
    saved = None if reading.mapping is None else dossier.load(UploadMapping, reading.mapping)
    columns = reading.columns if reading.columns is not None else saved.columns if saved else {}
    delimiter = reading.delimiter or (saved.delimiter if saved else None)
    header = reading.header if reading.header is not None else saved.header if saved else None
    return columns, delimiter, header, reading.when.effective_from or request.today, reading.when.effective_to


def _received(dossier: Dossier, path: Path, reading: Reading, request: Request, tell: Told) -> UUID:
    incoming = Receiving(dossier, reading)
    try:
        for piece in pieces(path):
            incoming.write(piece)
            tell("Taking in", 0, incoming.size)
        incoming.end()
    except BaseException:
        incoming.discard()
        raise
    return incoming.receive(request)[0]


def _run(dossier: Dossier, upload_id: UUID, tell: Told) -> UploadRead:
    """Reads the file, or watches whoever reads it."""
    stop = Stop()
    while True:
        with staging.holding(dossier.database, upload_id) as leader:
            found = progress.upload(dossier, upload_id)
            if found.state in OVER:
                return found
            tell("Reading", found.rows, found.bytes_done)
            if leader is not None:
                try:
                    Uploading(dossier, leader, upload_id).run(stop, lambda at: tell("Reading", at.rows, at.bytes))
                except TakenOverError:
                    pass  # whoever took it over is watched from now on
                else:
                    continue
        stop.wait(WATCHED_EVERY_S)


def _answer(done: UploadRead, *, as_json: bool) -> None:
    if as_json:
        show.document(done)
        return
    if done.refusal is not None and not done.rows:
        say(f"Upload {done.upload}: nothing of {done.file} was taken")
        return
    cancelled = ", cancelled" if done.state is State.CANCELLED else ""
    say(f"Upload {done.upload}: {number_of_rows(done.rows)} of {done.file}{cancelled}")
    tell_counts(done)
    if done.failed:
        say(f"What is wrong with which row: GET /v1/uploads/{done.upload}/errors")


def number_of_rows(count: int) -> str:
    """How many rows, in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def tell_counts(counts: UploadRead | DryRun) -> None:
    """Prints what became of the rows."""
    show.table(("", "rows", ""), [(name, f"{getattr(counts, name):,}", meaning) for name, meaning in _MEANT])


@contextmanager
def bar(size: int) -> Iterator[Told]:
    """A progress bar on stderr while the block runs, where stderr is a terminal; else nothing is drawn."""
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
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Taking in", total=size, rows=0)
        yield lambda what, rows, done: bar.update(task, description=what, completed=done, rows=rows)

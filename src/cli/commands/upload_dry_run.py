"""`dossier upload --dry-run FILE`: what an upload would come to, with nothing recorded (rule 3.2)."""

from pathlib import Path
from typing import Final

import typer

from cli.commands.upload_file import (
    ROWS_REFUSED,
    FileError,
    bar,
    digest_of,
    interrupted,
    number_of_rows,
    pieces,
    request_of,
    tell_counts,
)
from cli.output import show
from cli.output.lines import say
from cli.processes.process import collect_less
from cli.settings import Settings
from cli.wiring import open_dossier
from jobs.upload import receive
from jobs.upload.dry_run import DryRun, Trying
from jobs.upload.receive import Reading

ERRORS_TOLD: Final = 20
"""Errors of a dry run that are told as lines."""


def dry_run(settings: Settings, path: Path, *, reading: Reading, actor: str | None, as_json: bool) -> None:
    """Tells what an upload of the file would come to; its refusals and exit statuses are those of `upload`."""
    collect_less()
    with (
        interrupted("Nothing was recorded."),
        open_dossier(settings) as dossier,
        bar(path.stat().st_size) as tell,
    ):
        request = request_of(dossier, actor)
        receive.check(dossier, request, reading)
        received = receive.as_received(dossier, request, reading, size=path.stat().st_size, digest=digest_of(path))
        trying = Trying(dossier, received, lambda: pieces(path))
        for rows in trying.chunks():
            tell("Trying", rows, 0)
    tried = trying.result()
    _tell_tried(tried, as_json=as_json)
    if tried.refusal is not None:
        raise FileError(tried.refusal)
    if tried.failed:
        raise typer.Exit(ROWS_REFUSED)


def _tell_tried(tried: DryRun, *, as_json: bool) -> None:
    if as_json:
        show.document(tried)
        return
    if tried.refusal is not None and not tried.rows:
        return
    say(f"Dry run: {number_of_rows(tried.rows)} of {tried.file}; nothing was recorded")
    tell_counts(tried)
    for error in tried.errors[:ERRORS_TOLD]:
        say(f"Row {error.row}{f', {error.field}' if error.field else ''}: {error.reason}")
    if tried.errors[ERRORS_TOLD:]:
        say(f"The first {ERRORS_TOLD} errors; --json tells more of them.")

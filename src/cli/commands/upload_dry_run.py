"""`dossier upload --dry-run FILE`: what an upload would do, with nothing recorded (rule 3.2)."""

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
    print_counts,
    request_of,
)
from cli.output import show
from cli.output.lines import say
from cli.processes.process import collect_less
from cli.settings import Settings
from cli.wiring import open_dossier
from jobs.upload import receive
from jobs.upload.dry_run import DryRun, DryRunner
from jobs.upload.receive import Reading

MOST_ERRORS: Final = 20
"""Errors of a dry run that are printed as lines."""


def dry_run(settings: Settings, path: Path, *, reading: Reading, actor: str | None, as_json: bool) -> None:
    """Prints what an upload of the file would do; its refusals and exit statuses are those of `upload`."""
    collect_less()
    with (
        interrupted("Nothing was recorded."),
        open_dossier(settings) as dossier,
        bar(path.stat().st_size) as report,
    ):
        request = request_of(dossier, actor)
        receive.check(dossier, request, reading)
        received = receive.as_received(dossier, request, reading, size=path.stat().st_size, digest=digest_of(path))
        trying = DryRunner(dossier, received, lambda: pieces(path))
        for rows in trying.chunks():
            report("Trying", rows, 0)
    result = trying.result()
    _print_result(result, as_json=as_json)
    if result.refusal is not None:
        raise FileError(result.refusal)
    if result.failed:
        raise typer.Exit(ROWS_REFUSED)


def _print_result(result: DryRun, *, as_json: bool) -> None:
    if as_json:
        show.document(result)
        return
    if result.refusal is not None and not result.rows:
        return
    say(f"Dry run: {number_of_rows(result.rows)} of {result.file}; nothing was recorded")
    print_counts(result)
    for error in result.errors[:MOST_ERRORS]:
        say(f"Row {error.row}{f', {error.field}' if error.field else ''}: {error.reason}")
    if result.errors[MOST_ERRORS:]:
        say(f"The first {MOST_ERRORS} errors; --json tells more of them.")

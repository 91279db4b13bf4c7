"""`dossier upload`: a contact file in, a dry run of one, or the end of an upload (rule 3.2)."""
# ruff: noqa: PLC0415  (see `main`)

from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from aggregates.effective import When
from cli.app import RUN, AsJson, id_of
from cli.settings import load

File = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="Delimited text or JSON lines, UTF-8."),
]
Mapping = Annotated[str | None, typer.Option(help="Saved mapping from columns to fields.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help="A column and its field: a field's key, customer_number, alternate_number or name. Columns of a file without a"
        " header are 1, 2, ... The file must have each; case, and blanks around a name, do not count. May be given many times; wins"
        " over --mapping.",
    ),
]
Delimiter = Annotated[str | None, typer.Option(help="One of , ; | ~ or tab. Default: detected.")]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first row is a contact already.")]
EffectiveFrom = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="From which day the values hold. Default: today."),
]
EffectiveTo = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Last day on which they hold. Default: open-ended."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only show what it would do: counts and errors. Records nothing.")
]
Cancel = Annotated[
    UUID | None,
    typer.Option(
        parser=id_of, metavar="UPLOAD", help="Instead of a file: end this upload. The rows that were taken stay."
    ),
]
Actor = Annotated[str | None, typer.Option(help="Who uploads it. Default: the user of this machine.")]


def add_to(app: typer.Typer) -> None:
    """Declares the command."""
    app.command(rich_help_panel=RUN)(upload)


def upload(
    file: File = None,
    *,
    mapping: Mapping = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    no_header: NoHeader = False,
    effective_from: EffectiveFrom = None,
    effective_to: EffectiveTo = None,
    dry_run: DryRun = False,
    cancel: Cancel = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Take a contact file in, and read it to its end. Fails when the file is refused.

    If a run is interrupted, the same command or the worker resumes it. The same file twice changes nothing.

    Exit status: 0 when every row was taken, 3 when rows were refused, 1 when the file was refused, 130 after Ctrl-C.
    """
    from cli.commands import upload_dry_run, upload_file

    if file is None and cancel is not None and not dry_run:
        upload_file.cancel(load(), cancel, actor=actor, as_json=as_json)
        return
    if file is None or cancel is not None:
        raise typer.BadParameter("give a file, or --cancel with the id of an upload")
    when = When(_day(effective_from), _day(effective_to))
    header = False if no_header else None
    reading = upload_file.reading_of(
        file, mapping=mapping, columns=columns or [], delimiter=delimiter, header=header, when=when
    )
    run = upload_dry_run.dry_run if dry_run else upload_file.upload
    run(load(), file, reading=reading, actor=actor, as_json=as_json)


def _day(midnight: datetime | None) -> date | None:
    return None if midnight is None else midnight.date()

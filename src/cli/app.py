"""What all commands share: the Typer application, how errors are shown, and options that mean the same everywhere.

A command raises an error; here it becomes plain words on stderr and exit status 1. Usage errors are Typer's, with status 2. With
`DOSSIER_LOG_LEVEL=debug` the traceback is shown as well.
"""

import logging
import os
import traceback
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from typer.core import TyperGroup

from cli.output.lines import complain

FAILED: Final = 1
RUN: Final = "Run"
KEEP: Final = "Keep in order"
"""Panels of `dossier --help` that the commands of several modules stand in."""
_SILENT: Final = logging.NullHandler()
"""Without a handler Python prints the warnings of libraries, such as each attempt of a pool to connect. A command says in one line what is
wrong; a process that runs on has logs of its own."""


class PlainGroup(TyperGroup):
    """Commands whose errors are shown in plain words."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; any error becomes plain words and status 1."""
        logging.getLogger().addHandler(_SILENT)
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001  (the outermost handler: any error is shown and the status is 1)
            from cli.output.faults import in_plain_words  # noqa: PLC0415  (it imports the errors of every package, which takes a second)

            if os.environ.get("DOSSIER_LOG_LEVEL", "").lower() == "debug":
                traceback.print_exception(error)
            complain(in_plain_words(error))
            raise typer.Exit(FAILED) from None


def application(**options: Any) -> typer.Typer:
    """Returns a Typer application with the settings that all of ours share."""
    return typer.Typer(
        cls=PlainGroup,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def id_of(text: str) -> UUID:
    """Parses an id as a person types it."""
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter("must be an id like 0f7a8d52-6b0e-5c39-9c9e-0d3f3c2b1a00") from None


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]
MetricsPort = Annotated[
    int | None,
    typer.Option("--metrics-port", min=0, max=65_535, help="Serve Prometheus metrics on this port of DOSSIER_HOST."),
]

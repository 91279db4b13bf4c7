"""What commands print: tables and plain sentences on stdout for people, one JSON document with `--json`, progress on stderr.

Progress is drawn only when stderr is a terminal, so that pipes and logs stay clean.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import orjson
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cli.output import tables

Report = Callable[[int, int], None]
"""Called with how much is done and how much there is in all."""


def document(value: Any) -> None:
    """Prints the value as one JSON document on stdout, with dates as `YYYY-MM-DD` and instants as RFC 3339 UTC."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    typer.echo(orjson.dumps(value, default=_plain, option=options).decode())


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Prints a table on stdout; `None` is blank."""
    tables.draw(columns, [[words(cell) for cell in row] for row in rows], title=title)


def words(value: object) -> str:
    """Returns the text of a cell: blank for `None`, Yes or No, instants to the microsecond in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


@contextmanager
def progress(label: str) -> Iterator[Report]:
    """Draws a progress bar on stderr while the block runs, if stderr is a terminal."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield _ignore
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _ignore(_done: int, _total: int) -> None:
    return


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    return str(value)

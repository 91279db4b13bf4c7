"""Tables for people. No word is ever broken, so that a timestamp, a day or an id can be copied whatever the terminal's width.

Where the words of a row do not fit beside each other, its cells go below each other, each after the name of its column.
"""

import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_WIDE: Final = 1_000
"""Width of what does not go to a terminal: no line is broken there."""
_BESIDE: Final = 3
"""Width of the rule and the spaces between two columns of a table."""
_SHORTEST: Final = 20
"""The least width of a value in a terminal."""


def draw(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str | None = None) -> None:
    """Draws a table on stdout."""
    width = _width()
    widths = _widths(columns, rows, width - _BESIDE * len(columns) - 1)
    if widths is None:
        _draw_below_each_other(columns, rows, width, title)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for column, column_width in zip(columns, widths, strict=True):
        table.add_column(column, width=column_width, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    Console(file=sys.stdout, width=width, highlight=False).print(table)


def _width() -> int:
    return Console(file=sys.stdout).width if sys.stdout.isatty() else _WIDE


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], available: int) -> list[int] | None:
    """Returns the width of each column; `None` when the words do not fit. The first column is never broken: it is what people copy."""
    cells = list(zip(columns, *rows, strict=True))
    natural = [max((cell_len(line) for cell in column for line in cell.splitlines()), default=0) for column in cells]
    least = [max((cell_len(word) for cell in column for word in cell.split()), default=0) for column in cells]
    least[0] = natural[0]
    if sum(natural) <= available:
        return natural
    spare = available - sum(least)
    if spare < 0:
        return None
    missing = sum(natural) - sum(least)
    return [low + spare * (high - low) // missing for low, high in zip(least, natural, strict=True)]


def _draw_below_each_other(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, title: str | None
) -> None:
    names = max(map(len, columns)) + 2
    lines = [title] if title else []
    for row in rows:
        lines.append("")
        for column, cell in zip(columns, row, strict=True):
            pieces = wrap(cell, max(width - names, _SHORTEST), break_on_hyphens=False)
            lines += [
                f"{name:<{names}}{piece}" for name, piece in zip([column, *[""] * len(pieces)], pieces, strict=False)
            ]
    sys.stdout.write("\n".join(lines) + "\n")

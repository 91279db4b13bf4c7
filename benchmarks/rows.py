"""A row of the results: our figure, the peer's, their ratio, and the goal."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

RESULTS: Final = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True)
class Row:
    """`ours` and `peer` in `unit`; `ratio` is ours over peer; `goal` says what it should be, `met` whether it is."""

    name: str
    unit: str
    ours: float
    peer: float | None
    ratio: float | None
    goal: str
    met: bool | None


def at_least(name: str, unit: str, ours: float, peer: float, ratio: float | None) -> Row:
    """A rate that should be at least `ratio` times the peer's; `None` sets no goal."""
    found = ours / peer
    goal = "" if ratio is None else f"ratio >= {ratio:g}"
    return Row(
        name, unit, round(ours, 1), round(peer, 1), round(found, 2), goal, None if ratio is None else found >= ratio
    )


def at_most(name: str, unit: str, ours: float, peer: float, bound: float) -> Row:
    """A time that should be below a bound of its own; the peer's is for comparison."""
    return Row(name, unit, round(ours, 2), round(peer, 2), round(ours / peer, 3), f"< {bound:g} {unit}", ours < bound)


def show(rows: Sequence[Row]) -> None:
    """Prints the rows and writes them to `results.json`."""
    table = Table("what", "unit", "ours", "peer", "ratio", "goal", "met")
    for row in rows:
        peer, ratio = ("" if value is None else f"{value:,}" for value in (row.peer, row.ratio))
        met = {True: "yes", False: "no", None: ""}[row.met]
        table.add_row(row.name, row.unit, f"{row.ours:,}", peer, ratio, row.goal, met)
    Console(width=140).print(table)
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")

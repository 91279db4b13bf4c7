"""Plots of the results, as SVG: how far each goal is met, and what HTTP requests cost here, in a no-op and in the stock stack."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import leather

from benchmarks.reporting.results import Measured

MOST_TIMES: Final = 5.0
"""A goal that is exceeded further is drawn as this."""
MET: Final = "#2e7d32"
MISSED: Final = "#c62828"
OURS: Final = "Dossier"
COLOURS: Final = {"no-op": "#9e9e9e", OURS: "#1565c0", "stock": "#ef6c00"}
"""By the beginning of whose figure it is."""
WIDTH: Final = 1_000
LINE: Final = 22
MARGINS: Final = 120
PEER: Final = re.compile(r"(?P<work>.*) \(peer: (?P<peer>.*)\)")
_RATIO: Final = re.compile(r"ratio (?P<sign>>=|<=) (?P<bound>[0-9.]+)")
_BOUND: Final = re.compile(r"< (?P<bound>[0-9.]+) ")


def draw(rows: Sequence[Measured], directory: Path) -> list[str]:
    """Draws every plot for which there are rows; returns the names of the files."""
    directory.mkdir(exist_ok=True)
    over_http = [row for row in rows if row.part == "http" and row.summary.unit == "requests/s"]
    costed = [row for row in over_http if {"processor_ms", "peer_processor_ms"} <= row.summary.details.keys()]
    times = {row.summary.name: min(each, MOST_TIMES) for row in rows if (each := times_the_goal(row)) is not None}
    met = {row.summary.name for row in rows if row.summary.met}
    drawn = {
        "goals.svg": _bars(
            f"Times the goal: 1 is just met, {MOST_TIMES:g} stands for more",
            times,
            lambda name: MET if name in met else MISSED,
        ),
        "requests.svg": _bars("Requests a second", _figures(over_http, _rates), _whose),
        "processor.svg": _bars(
            "Processor time of the server process, milliseconds a request", _figures(costed, _processor), _whose
        ),
    }
    for name, svg in drawn.items():
        if svg:
            (directory / name).write_text(svg, encoding="utf-8")
    return [name for name, svg in drawn.items() if svg]


def times_the_goal(row: Measured) -> float | None:
    """How many times the goal was reached: 1 is just met; `None` without a goal."""
    summary = row.summary
    if (ratio := _RATIO.fullmatch(summary.goal)) and summary.ratio:
        bound = float(ratio["bound"])
        return summary.ratio / bound if ratio["sign"] == ">=" else bound / summary.ratio
    if (bounded := _BOUND.match(summary.goal)) and summary.ours > 0:
        return float(bounded["bound"]) / summary.ours
    return None


def _rates(row: Measured) -> tuple[float, float]:
    return row.summary.ours, row.summary.peer or 0


def _processor(row: Measured) -> tuple[float, float]:
    details = row.summary.details
    return details["processor_ms"], details["peer_processor_ms"]


def _figures(rows: Sequence[Measured], figures: Callable[[Measured], tuple[float, float]]) -> dict[str, float]:
    """Our figure and those of the peers, by the work and whose it is; those of one work follow one another."""
    by_work: dict[str, dict[str, float]] = {}
    for row in rows:
        if parts := PEER.fullmatch(row.summary.name):
            ours, peer = figures(row)
            by_work.setdefault(parts["work"], {OURS: ours})[parts["peer"]] = peer
    return {f"{work}: {whose}": figure for work, named in by_work.items() for whose, figure in named.items()}


def _whose(name: str) -> str:
    whose = name.rpartition(": ")[2]
    return next(colour for beginning, colour in COLOURS.items() if whose.startswith(beginning))


def _bars(title: str, figures: Mapping[str, float], colour: Callable[[str], str]) -> str:
    """A chart of bars, one below the other; empty without figures."""
    if not figures:
        return ""
    chart = leather.Chart(title)
    bars = [(figure, name) for name, figure in figures.items()]
    chart.add_bars(bars, fill_color=lambda bar: colour(bar.y))
    chart.add_x_scale(0, max(figures.values()) * 1.05)
    return str(chart.to_svg(width=WIDTH, height=MARGINS + LINE * len(bars)))

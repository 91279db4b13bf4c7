"""The part of `README.md` that the command writes: goals met or missed, every row, its limit, and where and when it was measured."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from benchmarks.reporting import plots
from benchmarks.reporting.plots import OURS, PEER
from benchmarks.reporting.results import HERE, Measured, Results
from benchmarks.rows import Spread

README: Final = HERE / "README.md"
MARK: Final = "<!-- What follows is written by `make bench`. -->"
DETAILS: Final = {
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "p99.9_ms": "p99.9 ms",
    "processor_ms": "processor ms a request",
    "peak_mib": "peak MiB",
}
TITLES: Final = {
    "http": "HTTP: writes and reads",
    "own-writes": "HTTP: reading one's own write",
    "sustained": "HTTP: saves, with everything that follows them",
    "installation": "The installation",
}


def write(results: Results, file: Path = README) -> None:
    """Draws the plots and writes the tables below the mark."""
    drawn = plots.draw(results.rows, file.parent / "plots")
    above = file.read_text(encoding="utf-8").partition(MARK)[0]
    file.write_text(above + MARK + "\n\n" + "\n".join(_lines(results, drawn)) + "\n", encoding="utf-8")


def _lines(results: Results, drawn: Sequence[str]) -> Iterator[str]:
    with_goals = [row for row in results.rows if row.summary.met is not None]
    met = sum(row.summary.met is True for row in with_goals)
    yield f"{met} of {len(with_goals)} goals are met."
    for name in drawn:
        yield from ("", f"![{name.removesuffix('.svg')}](plots/{name})")
    missed = [row for row in with_goals if not row.summary.met]
    if missed:
        yield from (
            "",
            "## Goals that are missed",
            "",
            "| what | ratio | figure | goal | limit |",
            "|---|---|---|---|---|",
        )
        for row in missed:
            one = row.summary
            yield f"| {one.name} | {_number(one.ratio)} | {_number(one.ours)} {one.unit} | {_text(one.goal)} | {one.limit} |"
    for (part, full), rows in groupby(results.rows, key=lambda row: (row.part, row.full)):
        usual = {row.summary.name: row.summary.ours for row in results.rows if full and not row.full}
        yield from _part(part, list(rows), usual, full=full)
    yield from ("", "## Machines", "")
    for key, machine in results.machines.items():
        yield f"- `{key}`: " + ", ".join(f"{name} {value}" for name, value in machine.items())


def _part(part: str, rows: Sequence[Measured], usual: Mapping[str, float], *, full: bool) -> Iterator[str]:
    newest = max(rows, key=lambda row: row.measured_at)
    title = TITLES.get(part, part[0].upper() + part[1:].replace("-", " "))
    yield from ("", f"## {title}{', full run' if full else ''}", "")
    yield f"Measured at {newest.commit} on {newest.measured_at[:16].replace('T', ' ')} UTC, machine `{newest.machine}`."
    yield from ("", "| what | unit | Dossier | peer | ratio | goal | met |", "|---|---|---|---|---|---|---|")
    for row in rows:
        one = row.summary
        ours, peer = _spread(one.ours, one.ours_spread), _spread(one.peer, one.peer_spread)
        met = {True: "yes", False: "**no**", None: ""}[one.met]
        ratio = _spread(one.ratio, one.ratio_spread)
        yield f"| {one.name} | {one.unit} | {ours} | {peer} | {ratio} | {_text(one.goal)} | {met} |"
    yield from _details(rows)
    compared = [row for row in rows if row.summary.name in usual]
    if compared:
        yield from ("", "Against the usual run, with its smaller log:", "")
        for row in compared:
            yield f"- {row.summary.name}: {_number(row.summary.ours / usual[row.summary.name])} times the figure."
    limits = {_work(row)[0]: row.summary.limit for row in rows if row.summary.limit}
    if limits:
        yield from ("", "Limits:", "", *(f"- {work}: {limit}." for work, limit in limits.items()))


def _details(rows: Sequence[Measured]) -> Iterator[str]:
    """A table of latency, processor time and memory, of Dossier and of the peers, where they were measured."""
    figures: dict[tuple[str, str], list[float | None]] = {}
    for row in rows:
        work, peer = _work(row)
        for whose, prefix in ((OURS, ""), (peer, "peer_")):
            figures.setdefault((work, whose), [row.summary.details.get(prefix + name) for name in DETAILS])
    measured = {key: values for key, values in figures.items() if any(value is not None for value in values)}
    if measured:
        yield from ("", "| what | of | " + " | ".join(DETAILS.values()) + " |", "|---|---|" + "---|" * len(DETAILS))
    for (work, whose), values in measured.items():
        yield f"| {work} | {whose} | " + " | ".join(map(_number, values)) + " |"


def _work(row: Measured) -> tuple[str, str]:
    """The work and the peer of a row."""
    parts = PEER.fullmatch(row.summary.name)
    return (parts["work"], parts["peer"]) if parts else (row.summary.name, "")


def _spread(value: float | None, spread: Spread | None) -> str:
    """A median, and the least and the most where they differ."""
    if value is None or spread is None:
        return ""
    least, most = map(_number, spread)
    return _number(value) if least == most else f"{_number(value)} ({least}–{most})"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def _text(goal: str) -> str:
    return goal.replace("<", "&lt;").replace(">", "&gt;")

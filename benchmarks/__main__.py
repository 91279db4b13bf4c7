"""`make bench`: measures all parts, or only the named ones, prints their rows and keeps them in `results.json` and `README.md`.

Each row is measured three times. `FULL=1` measures more: larger logs, longer runs, and the parts that are otherwise measured if named only.

Three long runs measure no ratios and have their own options: `python -m benchmarks enduring` kills and pauses processes and servers, fills
up a disk, and counts what became of the acknowledged saves; `hostile` attacks the API; `outages` records what is reported about outages.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import (
    accounts,
    auditing,
    browsing,
    catching_up,
    commits,
    comparing,
    explaining,
    finding,
    long_log,
    propagating,
    proving,
    relaying,
    uploading,
)
from benchmarks.enduring import run as enduring
from benchmarks.hostile import run as hostile
from benchmarks.outages import run as outages
from benchmarks.over_http import installation, own_writes, rates, sustained
from benchmarks.progress import say
from benchmarks.reporting import readme, results
from benchmarks.reporting.machine import machine
from benchmarks.rows import ROUNDS, Row, Summary, summarised
from benchmarks.servers import kafka, postgres
from cli.processes.process import collect_less

Part = Callable[[str], list[Row]]


def _repeated(part: Part, url: str) -> list[Row]:
    """The rows of a part that measures each row once, as often as each row is to be measured."""
    rows: list[Row] = []
    for turn in range(ROUNDS):
        say(f"  round {turn + 1} of {ROUNDS}")
        rows += part(url)
    return rows


PARTS: Final[dict[str, Part]] = {
    "http": rates.run,
    "own-writes": own_writes.run,
    "installation": installation.run,
    "commits": partial(_repeated, commits.run),
    "catching-up": partial(_repeated, catching_up.run),
    "browsing": browsing.run,
    "auditing": auditing.run,
    "finding": finding.run,
    "long-log": long_log.run,
    "proving": proving.run,
    "accounts": accounts.run,
    "comparing": comparing.run,
    "explaining": explaining.run,
    "propagating": partial(_repeated, propagating.run),
    "uploading": partial(_repeated, uploading.run),
}
OVER_KAFKA: Final[dict[str, Callable[[str, str], list[Row]]]] = {"sustained": sustained.run, "relaying": relaying.run}
"""Parts that need brokers, too."""
UNHURRIED: Final = frozenset({"browsing", "auditing", "finding", "long-log", "proving", "comparing", "explaining"})
"""Parts that are measured if they are named, or with `FULL=1`: so that a usual run takes a quarter of an hour."""
FULL: Final = bool(os.environ.get("FULL"))
LONG_RUNS: Final[dict[str, Callable[[list[str]], int]]] = {
    "enduring": enduring.main,
    "hostile": hostile.main,
    "outages": outages.main,
}


def main(wanted: Sequence[str]) -> int:
    """Runs the parts in order over one PostgreSQL. What a part has measured is kept as soon as it ends."""
    unknown = set(wanted) - PARTS.keys() - OVER_KAFKA.keys()
    if unknown:
        print(f"There is no part {', '.join(sorted(unknown))}. There are: {', '.join([*PARTS, *OVER_KAFKA])}.")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever was started is ended
    collect_less()  # as every process of the product does
    with postgres() as url:
        here, commit = machine(url), results.commit()
        say(", ".join(f"{name} {value}" for name, value in here.items()) + f"; commit {commit}")
        for name, rows in _measured(url, wanted):
            summaries = summarised(rows)
            _show(summaries)
            results.save(results.load().with_part(name, summaries, full=FULL, commit=commit, machine=here))
            readme.write(results.load())
    return 0


def _measured(url: str, wanted: Sequence[str]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each part, all of its rounds. Brokers are started for the parts that need them, after all others."""
    for name, part in PARTS.items():
        if name in wanted or (not wanted and (FULL or name not in UNHURRIED)):
            yield name, _timed(name, partial(part, url))
    over_kafka = {name: part for name, part in OVER_KAFKA.items() if not wanted or name in wanted}
    if over_kafka:
        with kafka() as servers:
            for name, over in over_kafka.items():
                yield name, _timed(name, partial(over, url, servers))


def _timed(name: str, measure: Callable[[], list[Row]]) -> list[Row]:
    say(f"measuring {name} ...")
    began = time.monotonic()
    rows = measure()
    say(f"  {name} took {time.monotonic() - began:.0f} s")
    return rows


def _show(summaries: Sequence[Summary]) -> None:
    """Prints medians."""
    table = Table("what", "unit", "ours", "peer", "ratio", "spread", "goal", "met")
    for row in summaries:
        peer, ratio = ("" if value is None else f"{value:,}" for value in (row.peer, row.ratio))
        spread = "" if row.ratio_spread is None else "–".join(f"{value:,}" for value in row.ratio_spread)
        met = {True: "yes", False: "no", None: ""}[row.met]
        table.add_row(row.name, row.unit, f"{row.ours:,}", peer, ratio, spread, row.goal, met)
    Console(width=160).print(table)


if __name__ == "__main__":  # a process that a long run starts loads this module too
    if sys.argv[1:2] and sys.argv[1] in LONG_RUNS:
        sys.exit(LONG_RUNS[sys.argv[1]](sys.argv[2:]))
    sys.exit(main(sys.argv[1:]))

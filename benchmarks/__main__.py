"""`make bench`: measures all ratios, or only the named ones, prints them and writes `benchmarks/results.json`.

Three long runs measure no ratios and have their own options: `python -m benchmarks enduring` kills and pauses processes and servers, fills
up a disk, and counts what became of the acknowledged saves; `hostile` attacks the API; `outages` records what is reported about outages.
"""

import sys
from collections.abc import Callable
from typing import Final

from rich.console import Console

from benchmarks import (
    accounts,
    auditing,
    browsing,
    catching_up,
    commits,
    comparing,
    explaining,
    finding,
    propagating,
    proving,
    relaying,
    serving,
    uploading,
)
from benchmarks.enduring import run as enduring
from benchmarks.hostile import run as hostile
from benchmarks.outages import run as outages
from benchmarks.rows import Row, show
from benchmarks.servers import kafka, postgres
from cli.processes.process import collect_less

PARTS: Final[dict[str, Callable[[str], list[Row]]]] = {
    "commits": commits.run,
    "catching-up": catching_up.run,
    "serving": serving.run,
    "browsing": browsing.run,
    "auditing": auditing.run,
    "finding": finding.run,
    "proving": proving.run,
    "accounts": accounts.run,
    "comparing": comparing.run,
    "explaining": explaining.run,
    "propagating": propagating.run,
    "uploading": uploading.run,
}
LONG_RUNS: Final[dict[str, Callable[[list[str]], int]]] = {
    "enduring": enduring.main,
    "hostile": hostile.main,
    "outages": outages.main,
}


def main(wanted: list[str]) -> None:
    """Runs the parts in order, each against servers of its own run."""
    collect_less()  # as every process of the product does
    told, rows = Console(stderr=True), []
    with postgres() as url:
        for name, part in PARTS.items():
            if not wanted or name in wanted:
                told.print(f"measuring {name} ...")
                rows += part(url)
        if not wanted or "relaying" in wanted:
            told.print("measuring relaying ...")
            with kafka() as servers:
                rows += relaying.run(url, servers)
    show(rows)


if __name__ == "__main__":  # a process that a long run starts loads this module too
    if sys.argv[1:2] and sys.argv[1] in LONG_RUNS:
        sys.exit(LONG_RUNS[sys.argv[1]](sys.argv[2:]))
    main(sys.argv[1:])

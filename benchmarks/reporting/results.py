"""`results.json`: the last figures of every part, each row with its commit, its instant, and the machine on which it was measured.

A run of some parts replaces the rows of these parts and leaves all others as they are. Runs with `FULL=1` have rows of their own.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from benchmarks.rows import Summary

HERE: Final = Path(__file__).parent.parent
RESULTS: Final = HERE / "results.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """A summary with its origin: the part, whether it was a full run, the commit, the instant, and the key of the machine."""

    part: str
    full: bool
    summary: Summary
    commit: str
    measured_at: str
    machine: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that is kept: the rows in their order, and the machines by their keys."""

    rows: Sequence[Measured]
    machines: Mapping[str, Mapping[str, str]]

    def with_part(
        self, part: str, summaries: Sequence[Summary], *, full: bool, commit: str, machine: Mapping[str, str]
    ) -> "Results":
        """Returns the results with these rows in place of all that the part had, where they were; a new part comes last."""
        key = sha256(json.dumps(machine, sort_keys=True).encode()).hexdigest()[:8]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        new = [Measured(part, full, summary, commit, now, key) for summary in summaries]
        places = [place for place, row in enumerate(self.rows) if (row.part, row.full) == (part, full)]
        first = places[0] if places else len(self.rows)
        others = [row for row in self.rows if (row.part, row.full) != (part, full)]
        rows = [*others[:first], *new, *others[first:]]
        machines = {**self.machines, key: machine}
        return Results(rows, {row.machine: machines[row.machine] for row in rows})


_KEPT: Final = TypeAdapter(Results)


def load(file: Path = RESULTS) -> Results:
    """The results that are kept; none where there is no file yet."""
    return _KEPT.validate_json(file.read_bytes()) if file.exists() else Results([], {})


def save(results: Results, file: Path = RESULTS) -> None:
    """Writes the results."""
    file.write_bytes(_KEPT.dump_json(results, indent=2) + b"\n")


def commit() -> str:
    """The short name of the commit that is measured; with a plus sign if its files were changed since."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src", "benchmarks/*.py", "requirements.lock")
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False).stdout.strip()

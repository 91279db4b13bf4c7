"""The report of a hostile run, as tables: the effect of each attack, the answers to it, and whether the goals were met."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.hostile.attacking import Outcomes
from benchmarks.hostile.saving import PROBES_PER_S, SAVES_PER_S, Measured
from benchmarks.hostile.target import Phase
from benchmarks.hostile.watching import Cost
from benchmarks.running.comparing import Counts

MOST_NAMED: Final = 5
LONGEST_LINE: Final = 80
BROKEN: Final = "500"
"""What nobody should ever be answered, whatever was sent."""
LIVE_P99_MS: Final = 200.0
SAVES_P99_MS: Final = 500.0
MOST_GROWTH_MIB: Final = 100.0
_COUNTED: Final = re.compile(r'dossier_http_requests_total\{method="(\w+)",route="([^"]*)",status="(\d+)"\} (\S+)')


@dataclass(frozen=True)
class Findings:
    """All that a run found; `costs` are those of the phases, `counted` are the answers as the API itself counts them."""

    phases: Sequence[Phase]
    costs: Sequence[Cost]
    outcomes: Outcomes
    measured: Measured
    saves: Counts
    counted: Counter[str]
    logged: Counter[str]
    """Errors in the log of the API, by their event."""
    ended: dict[str, int]

    @property
    def broken(self) -> dict[str, int]:
        """Answers that are faults of the server, by who got them."""
        answers = {**self.outcomes, "saves": self.measured.save_answers, "/health/live": self.measured.probe_answers}
        found = {
            name: sum(times for word, times in given.items() if BROKEN in word.split())
            for name, given in answers.items()
        }
        return {name: times for name, times in found.items() if times}

    @property
    def right(self) -> bool:
        """Every acknowledged save is stored once, no answer was a fault of the server, and no process ended."""
        stored = self.saves.acknowledged > 0 and not (self.saves.lost or self.saves.doubled)
        return stored and not (self.broken or self.counted_broken or self.ended)

    @property
    def counted_broken(self) -> dict[str, int]:
        """Routes that answered with a fault of the server, as the API counts them."""
        return {answer: times for answer, times in self.counted.items() if answer.endswith(f" {BROKEN}")}

    @property
    def growth(self) -> float:
        """MiB at the most above the most in the quiet phase."""
        return max(cost.peak for cost in self.costs) - self.costs[0].peak


def answers_counted(text: str) -> Counter[str]:
    """Answers by method, route and status, out of what Prometheus would scrape."""
    counted: Counter[str] = Counter()
    for method, route, status, times in _COUNTED.findall(text):
        counted[f"{method} {route} {status}"] += int(float(times))
    return counted


def errors_logged(log: Path) -> Counter[str]:
    """Errors in the log of a process, by their event; what is not of our form, such as a traceback, is one too."""
    logged: Counter[str] = Counter()
    for line in log.read_bytes().splitlines():
        try:
            entry = orjson.loads(line)
        except ValueError:
            logged[line.decode(errors="replace")[:LONGEST_LINE]] += 1
        else:
            if entry.get("level") in {"error", "critical"}:
                logged[str(entry.get("event"))[:LONGEST_LINE]] += 1
    return logged


def show(findings: Findings) -> None:
    """Prints everything."""
    console = Console(width=156)
    console.print(_phases(findings))
    console.print(_outcomes(findings))
    for line in _lines(findings):
        console.print(line, highlight=False)


def _phases(findings: Findings) -> Table:
    title = f"{SAVES_PER_S} saves and {PROBES_PER_S} probes of /health/live a second, in ms from when each was due; memory in MiB;"
    title += " processor in seconds a second, and the part of the time that the API waited for it"
    table = Table(title=title)
    table.add_column("phase")
    columns = ["saves", "p50", "p95", "p99", "max", "live", "p50", "p95", "p99", "max", "peak", "held"]
    for heading in (*columns, "API", "waits", "attackers", "machine"):
        table.add_column(heading, justify="right")
    for phase, cost in zip(findings.phases, findings.costs, strict=True):
        parts = (cost.processor["API"], cost.waited, cost.processor["attackers"], cost.processor["machine"])
        processor = [f"{part:.0%}" for part in parts]
        times = [*_times(findings.measured.saves, phase), *_times(findings.measured.probes, phase)]
        table.add_row(phase.name, *times, f"{cost.peak:,.0f}", f"{cost.held:,.0f}", *processor)
    everything = [*_times(findings.measured.saves), *_times(findings.measured.probes)]
    table.add_section()
    table.add_row("in all", *everything, f"{max(cost.peak for cost in findings.costs):,.0f}")
    return table


def _times(found: Sequence[tuple[float, float]], phase: Phase | None = None) -> list[str]:
    """How many there were in a phase, and their p50, p95, p99 and maximum in milliseconds."""
    taken = within(found, phase)
    return [f"{len(taken):,}", *(f"{percentile(taken, part) * 1_000:,.0f}" for part in (0.5, 0.95, 0.99, 1.0))]


def within(found: Sequence[tuple[float, float]], phase: Phase | None = None) -> list[float]:
    """Seconds, in order, of those that were due in a phase, or of all."""
    return sorted(took for due, took in found if phase is None or phase.begins <= due < phase.ends)


def percentile(ordered: Sequence[float], part: float) -> float:
    """The smallest of the values that is not below this part of them; NaN of none."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else math.nan


def _outcomes(findings: Findings) -> Table:
    table = Table("attack", "how what it began ended", title="Answers by attack")
    for name, outcomes in findings.outcomes.items():
        if outcomes:
            table.add_row(name, ", ".join(f"{outcome} × {times:,}" for outcome, times in outcomes.most_common()))
    return table


def _lines(findings: Findings) -> Iterator[str]:
    measured, saves = findings.measured, findings.saves
    yield f"answers to saves: {dict(measured.save_answers)}; to probes: {dict(measured.probe_answers)}"
    yield (
        f"saves: {saves.acknowledged:,} acknowledged, {saves.lost} lost, {saves.doubled} doubled,"
        f" {measured.given_up} given up; stored without an acknowledgement: {saves.foreign}"
    )
    yield f"answers of 500, as attackers and clients saw them: {_some(findings.broken)}"
    yield f"answers of 500, as the API counts them: {_some(findings.counted_broken)}"
    yield f"errors in the API's log: {_some(findings.logged)}"
    yield f"processes that ended by themselves: {_some(findings.ended)}"
    yield _aim("/health/live p99", _p99_ms(measured.probes), LIVE_P99_MS, "ms", _above(findings, live=True))
    yield _aim("saves p99", _p99_ms(measured.saves), SAVES_P99_MS, "ms", _above(findings, live=False))
    yield _aim("memory above the quiet phase", findings.growth, MOST_GROWTH_MIB, "MiB", _grown(findings))


def _some(counts: Mapping[str, int]) -> str:
    """The first of what was counted, and how much it is in all."""
    shown = ", ".join(f"{name} × {times:,}" for name, times in list(counts.items())[:MOST_NAMED])
    more = f", and {len(counts) - MOST_NAMED} more; {sum(counts.values()):,} in all" if len(counts) > MOST_NAMED else ""
    return f"{shown}{more}" or "none"


def _aim(what: str, found: float, bound: float, unit: str, phases: Sequence[str]) -> str:
    met = "met" if found < bound else "NOT MET"
    missed = f"; missed in: {', '.join(phases)}" if phases else ""
    return f"{what}: {found:,.0f} {unit}, aim < {bound:g} {unit}: {met}{missed}"


def _p99_ms(found: Sequence[tuple[float, float]], phase: Phase | None = None) -> float:
    return percentile(within(found, phase), 0.99) * 1_000


def _above(findings: Findings, *, live: bool) -> list[str]:
    """Phases whose own p99 misses the aim."""
    found, bound = (findings.measured.probes, LIVE_P99_MS) if live else (findings.measured.saves, SAVES_P99_MS)
    return [phase.name for phase in findings.phases if _p99_ms(found, phase) >= bound]


def _grown(findings: Findings) -> list[str]:
    quiet = findings.costs[0].peak
    grown = zip(findings.phases, findings.costs, strict=True)
    return [phase.name for phase, cost in grown if cost.peak - quiet >= MOST_GROWTH_MIB]

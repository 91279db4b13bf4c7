"""Measures what a phase costs: the API's memory, and the processor time of the API, the attackers and the client."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.running.processes import machine_seconds, memory_mib, processor_seconds, reset_peak, waited_seconds


@dataclass(frozen=True, slots=True)
class Cost:
    """Memory in MiB: the most in the phase, and what is held at its end. Processor: seconds of it a second, by whom.

    `waited` is the part of the time in which the first of the measured processes was ready and others had the processor.
    """

    peak: float
    held: float
    processor: dict[str, float]
    waited: float


class Watch:
    """Watches groups of processes from its making until `cost`; the memory is that of the first group."""

    def __init__(self, groups: Mapping[str, Sequence[int]]) -> None:
        self._groups = groups
        self._measured = next(iter(groups.values()))
        for pid in self._measured:
            reset_peak(pid)
        self._began = time.monotonic()
        self._used = self._seconds()
        self._waited = waited_seconds(self._measured[0])

    def cost(self) -> Cost:
        """What it has cost until now."""
        memory = [memory_mib(pid) for pid in self._measured]
        elapsed = time.monotonic() - self._began
        used = {name: (now - self._used[name]) / elapsed for name, now in self._seconds().items()}
        waited = (waited_seconds(self._measured[0]) - self._waited) / elapsed
        return Cost(sum(peak for _, peak in memory), sum(held for held, _ in memory), used, waited)

    def _seconds(self) -> dict[str, float]:
        seconds = {name: sum(map(processor_seconds, pids)) for name, pids in self._groups.items()}
        return {**seconds, "machine": machine_seconds()}

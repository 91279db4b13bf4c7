"""Runs `wrk`, a compiled load generator, on a processor core of its own, and reads what it measured.

Every run ends by itself, after its seconds or its most requests, and talks to 127.0.0.1 only. `wrk` corrects its percentiles for requests
that a stall kept from being sent.
"""

import json
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.over_http.cores import Cores

SCRIPT: Final = Path(__file__).parent / "requests.lua"
MOST_REQUESTS: Final = 2_000_000
"""Of one run, whatever its duration."""
LONGEST_ANSWER_S: Final = 10
SPARE_S: Final = 30.0
"""Seconds after its duration within which a run has ended."""
FEWEST_FOR_P999: Final = 1_000


class NotInstalledError(Exception):
    """There is no `wrk` on this machine."""


class LoadError(Exception):
    """Not every request was answered with a success."""


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of a run; see `requests.lua` for what path and body may contain."""

    method: str
    path: str
    things: int
    token: str = "none"
    body: str = ""
    values: Sequence[str] = ()
    days: Sequence[str] = ()
    instants: Sequence[str] = ()

    def arguments(self, seed: int, most: int, rate: float) -> list[str]:
        """The arguments of `requests.lua`."""
        lists = [" ".join(words) for words in (self.values, self.days, self.instants)]
        numbers = [str(seed), str(most), f"{rate:g}"]
        return [self.method, self.path, self.body, self.token, str(self.things), *lists, *numbers]


@dataclass(frozen=True, slots=True)
class Load:
    """What a run measured: requests, requests a second, latencies, and the seconds of processor time of the generator itself.

    `p999_ms` is `None` for fewer than 1,000 requests.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float | None
    generator_s: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def send(
    port: int,
    requests: Requests,
    *,
    connections: int,
    seconds: int,
    seed: int,
    cores: Cores,
    most: int = MOST_REQUESTS,
    rate: float = 0,
) -> Load:
    """Sends requests for some seconds; `rate` limits how many a second.

    Raises:
        NotInstalledError: there is no `wrk`.
        LoadError: a request failed or was refused.
    """
    if shutil.which("wrk") is None:
        raise NotInstalledError("wrk is missing: `make bench` installs it, or `apt-get install wrk`.")
    command = [*cores.pinned(cores.generator), "wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{seconds}s", "--timeout", f"{LONGEST_ANSWER_S}s", "--script", str(SCRIPT)]
    command += [f"http://127.0.0.1:{port}/", "--", *requests.arguments(seed, most, rate)]
    before = _children_s()
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + SPARE_S, check=False)
    generator_s = _children_s() - before
    lines = [line for line in ran.stdout.splitlines() if line.startswith("{")]
    if ran.returncode or not lines:
        raise LoadError(f"wrk ended with {ran.returncode}: {ran.stderr.strip() or ran.stdout.strip()}")
    measured = json.loads(lines[-1])
    if measured["refused"] or measured["failed"] or not 0 < measured["requests"] < most:
        raise LoadError(f"{requests.method} {requests.path}: not every answer was a success, or too many: {measured}")
    p999 = measured["p999_ms"] if measured["requests"] >= FEWEST_FOR_P999 else None
    return Load(measured["requests"], measured["seconds"], measured["p50_ms"], measured["p99_ms"], p999, generator_s)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

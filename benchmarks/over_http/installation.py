"""A whole installation on one machine, as `make up` runs it: the time of a second start to its first answer, and its memory when idle.

Memory is the proportional share (PSS): pages that several processes share count once. PostgreSQL is not counted, nor is `make`.
"""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.progress import say
from benchmarks.rows import ROUNDS, Row, below
from benchmarks.running.processes import children, proportional_mib
from benchmarks.servers import ROOT

STARTED_S: Final = 120.0
"""Within which an installation is ready, also the first time."""
STOPPED_S: Final = 30.0
IDLE_S: Final = 5.0
LOOK_S: Final = 0.005
FIRST_ANSWER_S: Final = 2.0
MOST_MIB: Final = 250.0
LIVE: Final = "/health/live"
READY: Final = "/health/ready"
OURS: Final = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "CUSTOMER_ENGAGEMENT_URL")
"""Variables that would make it another installation."""


def run(_url: str) -> list[Row]:
    """A row for the time and one for the memory, in every round. The installation has a PostgreSQL of its own."""
    rows = []
    with TemporaryDirectory(prefix="dossier-bench-up-") as directory:
        say("  the first start")
        with _up(Path(directory)) as (port, _):
            _seconds_to(port, READY)
        for turn in range(ROUNDS):
            say(f"  start {turn + 2}")
            with _up(Path(directory)) as (port, process):
                took = _seconds_to(port, LIVE)
                rows.append(below("second `make up` to the first answer", "s", took, FIRST_ANSWER_S))
                _seconds_to(port, READY)
                time.sleep(IDLE_S)
                shares = [proportional_mib(pid) for pid in _processes(process.pid)]
                name = f"memory besides PostgreSQL, all in one, idle, {len(shares)} processes"
                rows.append(below(name, "MiB", sum(shares), MOST_MIB))
    return rows


@contextmanager
def _up(directory: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Runs `make up` over this directory; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {name: value for name, value in os.environ.items() if name not in OURS}
    environ |= {"DOSSIER_DATA_DIR": str(directory), "DOSSIER_COMPANY": "demo"}
    command = ["make", "--silent", "up", f"PORT={port}"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield port, process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOPPED_S)


def _seconds_to(port: int, path: str) -> float:
    """Seconds from now to the first answer that is a success. Raises `TimeoutError`."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < STARTED_S:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTED_S - waited)
        with closing(connection), suppress(ConnectionError, http.client.HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == HTTPStatus.OK:
                return time.monotonic() - began
        time.sleep(LOOK_S)
    raise TimeoutError(f"{path} was not answered within {STARTED_S:.0f} s.")


def _processes(parent: int) -> list[int]:
    """The processes below this one that run Python."""
    below_it = [process for child in children(parent) for process in [child, *_processes(child)]]
    return [
        process for process in below_it if "python" in Path(f"/proc/{process}/cmdline").read_text().partition("\0")[0]
    ]

"""`dossier status`, `/health/ready` and `/metrics` report within seconds which process does not run, whatever the cause."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from cli.http_server.server import ANSWERED_S
from command_line import CommandLine, eventually, free_port, text_of

WITHIN_S: Final = 30.0
"""Generous for a slow machine; the summary of the run says how long it took."""
ASKED_S: Final = 1.5
"""Within this time each worker is asked whether it lives."""
AWAY: Final = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "CUSTOMER_ENGAGEMENT_URL": "http://127.0.0.1:1"}
TASKS: Final = {
    "project": ("read models", "project", "drawer"),
    "relay": ("relay", "relay", "relay"),
    "forward": ("forward", "forward", "forward"),
    "work": ("work (uploads)", "work", "uploads"),
}
"""Of each process, how its absence is named, and a task of it."""
OTHER_WORK: Final = {f"work ({task})" for task in ("propagations", "heads of the log", "idempotency keys")}
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(line: CommandLine) -> Iterator[Start]:
    """Starts commands; whatever still runs in the end is killed."""
    started: list[tuple[subprocess.Popen[str], threading.Thread]] = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        process = line.process(*arguments)
        reading = threading.Thread(target=process.communicate)  # or it would wait until somebody reads its log
        reading.start()
        started.append((process, reading))
        return process

    yield run
    for process, reading in started:
        for number in (signal.SIGCONT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        reading.join(WITHIN_S)


class Installation:
    """What an operator sees of a running installation."""

    def __init__(self, line: CommandLine, port: int) -> None:
        self.line = line
        self.url = f"http://127.0.0.1:{port}"

    def ready(self) -> tuple[int, dict[str, Any]]:
        """Status and document of /health/ready; status 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as answer:
            return answer.code, json.loads(answer.read())
        except OSError:
            return 0, {"faults": []}

    def absent(self) -> set[str]:
        """What does not run, as /health/ready says."""
        return {
            fault["what"] for fault in self.ready()[1]["faults"] if fault["why"].startswith(("It does not", "Nobody"))
        }

    def up(self, process: str, task: str) -> bool:
        """Whether a task runs, as /metrics says."""
        text = text_of(f"{self.url}/metrics") or ""
        return f'dossier_process_up{{process="{process}",task="{task}"}} 1.0' in text


@pytest.fixture
def installation(line: CommandLine, start: Start) -> tuple[Installation, dict[str, "subprocess.Popen[str]"]]:
    """The API and all processes; Kafka and Customer Engagement are away."""
    line.environment |= AWAY
    port = free_port()
    start("serve", "--port", str(port))
    processes = {command: start(command) for command in TASKS}
    installation = Installation(line, port)
    eventually(lambda: installation.ready()[0] == 200 and not installation.absent(), "all processes run")
    return installation, processes


def test_whatever_does_not_run_is_told_everywhere_and_what_runs_again_is_well(
    installation: tuple[Installation, dict[str, "subprocess.Popen[str]"]],
    start: Start,
    figures: Callable[[str], None],
) -> None:
    seen, processes = installation
    for commands in (
        ["project"],
        ["relay", "forward", "work"],
    ):  # without read models the API is not ready; without the others it is
        names = {TASKS[command][0] for command in commands} | (OTHER_WORK if "work" in commands else set())
        for number in (signal.SIGSTOP, signal.SIGKILL):
            began = time.monotonic()
            for command in commands:
                processes[command].send_signal(number)
            eventually(lambda names=names: names <= seen.absent(), f"{names} are missed after {number.name}")
            told_s = time.monotonic() - began
            assert seen.ready()[0] == (503 if commands == ["project"] else 200)
            status = seen.line.run("status")
            assert status.exit_code == 1
            for command in commands:
                name, process, task = TASKS[command]
                assert not seen.up(process, task)
                assert re.search(rf"{re.escape(name)}: (It does not run|Nobody folds events): ", status.stderr)
                assert f"Start `dossier {command}`" in status.stderr
            began = time.monotonic()
            for command in commands:
                if number is signal.SIGSTOP:
                    processes[command].send_signal(signal.SIGCONT)
                else:
                    processes[command] = start(command)
            eventually(lambda: not seen.absent(), f"{names} are well again")
            well_s = time.monotonic() - began
            figures(
                f"{', '.join(commands)} {number.name}: told after {told_s:.1f} s, well {well_s:.1f} s after its return"
            )
            assert max(told_s, well_s) < WITHIN_S
            assert seen.ready()[0] == 200


def test_why_a_process_waits_is_told(
    installation: tuple[Installation, dict[str, "subprocess.Popen[str]"]],
) -> None:
    seen, _ = installation
    code, document = eventually(
        lambda: next((found for found in [seen.ready()] if len(found[1]["faults"]) >= 3), None), "all wait"
    )
    assert (code, document["status"]) == (200, "degraded")
    whys = {fault["what"]: fault["why"] for fault in document["faults"]}
    assert {whys[name] for name in ("relay", "relay (profiles)", "forward")} == {"It waits: Kafka cannot be reached."}
    told = seen.line.run("status")
    assert max(map(len, told.output.splitlines())) <= 80
    assert seen.line.asked("status", status=1)["faults"] == seen.ready()[1]["faults"]


def test_one_scrape_of_several_workers_is_the_sum_and_outlives_a_killed_worker(line: CommandLine, start: Start) -> None:
    port = free_port()
    start("serve", "--port", str(port), "--workers", "2")
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: text_of(f"{url}/health/live"), "it answers")
    eventually(lambda: len(workers(line)) == 2, "both workers run")
    lived = 'dossier_http_requests_total{method="GET",route="/health/live",status="200"} '

    def counted() -> float:
        text = text_of(f"{url}/metrics") or ""
        found = [float(row.removeprefix(lived)) for row in text.splitlines() if row.startswith(lived)]
        assert len(found) <= 1
        return sum(found)

    before = counted()
    for _ in range(40):
        assert text_of(f"{url}/health/live")
    eventually(lambda: counted() >= before + 40, "all are counted")
    scraped = [counted() for _ in range(12)]
    assert scraped == [before + 40] * 12
    worker = workers(line).pop()
    directory = counts_of(worker)
    files = sorted(path.name for path in directory.iterdir())
    os.kill(worker, signal.SIGSTOP)
    time.sleep(ASKED_S)  # It is being asked by now whether it lives, and does not answer.
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: len(workers(line) - {worker}) == 2, "another one takes its place", ANSWERED_S * 0.75)
    eventually(lambda: text_of(f"{url}/health/live"), "it answers again")
    for _ in range(40):
        text_of(f"{url}/health/live")
    eventually(lambda: counted() >= before + 80, "nothing is lost")
    assert sorted(path.name for path in directory.iterdir()) == files


def workers(line: CommandLine) -> set[int]:
    """Process ids of the API's workers that run."""
    found = json.loads(line.run("status", "--json").stdout)["instances"]
    return {one["pid"] for one in found if one["process"] == "api" and one["state"] == "active" and one["silent_s"] < 3}


def counts_of(worker: int) -> Path:
    """The directory in which a worker counts together with the others."""
    variables = dict(row.split("=", 1) for row in Path(f"/proc/{worker}/environ").read_text().split("\0") if "=" in row)
    return Path(variables["DOSSIER_COUNTS_DIR"])

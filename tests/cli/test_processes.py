"""Long-running commands as real processes: they stop cleanly on a signal, log JSON lines, serve metrics, and stand by."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aggregates.customer.commands import register_customer
from cli.http_server.server import configuration
from cli.local.demo.set_up import set_up
from command_line import CommandLine, eventually, free_port, request, text_of
from projections.reading.read_models import ReadModels
from raw_http import Line
from store.database import Database
from store.heartbeats import tasks

Start = Callable[..., "subprocess.Popen[str]"]
ENDS_WITHIN_S = 0.9
"""Seconds from SIGTERM to the end of an idle process; on a machine that has nothing else to do it takes less than 0.2."""
TRIES = 6
"""On a busy machine a process is now and then kept waiting for longer than that."""


@pytest.fixture
def start(line: CommandLine) -> Iterator[Start]:
    """Starts commands; whatever still runs in the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        started.append(line.process(*arguments, **environment))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def ended(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> list[dict[str, object]]:
    """Ends a process, which must end well, and gives its log lines."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    return [json.loads(line) for line in errors.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "command",
    [
        ("project",),
        ("project", "drawer", "controls"),
        ("forward",),
        ("work",),
        ("simulator", "--port", "0"),
        ("serve", "--port", "0"),
    ],
)
def test_it_ends_when_told_to_and_logs_json(start: Start, command: tuple[str, ...], number: signal.Signals) -> None:
    process = start(*command, CUSTOMER_ENGAGEMENT_URL="http://127.0.0.1:1", CUSTOMER_ENGAGEMENT_TOKEN="a-token")
    assert process.stderr is not None
    first = json.loads(process.stderr.readline())
    assert (first["event"], first["level"], first["process"]) == (
        "started",
        "info",
        "api" if "serve" in command else command[0],
    )
    assert first["timestamp"].endswith("Z")
    assert ended(process, number)[-1]["event"] == "stopped"


@pytest.mark.parametrize("command", ["project", "forward", "work", "serve"])
def test_an_idle_process_ends_at_once(
    line: CommandLine, start: Start, command: str, figures: Callable[[str], None]
) -> None:
    there = {"CUSTOMER_ENGAGEMENT_URL": "http://127.0.0.1:1", "CUSTOMER_ENGAGEMENT_TOKEN": "a-token"}
    port = free_port()
    took_s = []
    while not took_s or (took_s[-1] > ENDS_WITHIN_S and len(took_s) < TRIES):
        process = start(command, *(("--port", str(port)) if command == "serve" else ()), **there)
        eventually(lambda: is_idle(line), "all its tasks are active")
        if command == "serve":
            eventually(lambda: text_of(f"http://127.0.0.1:{port}/openapi.json"), "its documents are made")
        asked_at = time.monotonic()
        ended(process)
        took_s.append(time.monotonic() - asked_at)
    assert min(took_s) < ENDS_WITHIN_S
    figures(f"an idle {command} ended within {min(took_s):.2f} s of SIGTERM")


def is_idle(line: CommandLine) -> bool:
    """Whether every task of the company that has not ended is active."""
    with (
        closing(Database(line.environment["DATABASE_URL"], line.schema)) as database,
        database.connection() as connection,
    ):
        return {task.state for task in tasks(connection)} - {"ended"} == {"active"}


def test_a_command_that_asks_once_starts_no_listener(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[ReadModels] = []
    monkeypatch.setattr(ReadModels, "start", started.append)
    asked = line.run("history", "controls")
    assert "Nothing is recorded about controls." in asked.stderr
    assert not started


def test_serve_answers_on_its_port(line: CommandLine, start: Start) -> None:
    port = free_port()
    start("serve", "--port", str(port))
    eventually(lambda: text_of(f"http://127.0.0.1:{port}/health/live"), "the API answers")
    token = line.run("token", "--role", "agent").stdout.strip()
    assert json.loads(text_of(f"http://127.0.0.1:{port}/v1/customers", token) or "")["items"] == []
    assert (text_of(f"http://127.0.0.1:{port}/asyncapi.yaml") or "").startswith("asyncapi: ")


def test_serve_in_several_processes_ends_as_one(start: Start) -> None:
    port = free_port()
    process = start("serve", "--port", str(port), "--workers", "2")
    eventually(lambda: text_of(f"http://127.0.0.1:{port}/health/live"), "the API answers")
    ended(process)
    assert text_of(f"http://127.0.0.1:{port}/health/live") is None


def test_workers_end_when_the_process_that_started_them_is_killed(start: Start) -> None:
    live = f"http://127.0.0.1:{free_port()}/health/live"
    process = start("serve", "--port", str(urlsplit(live).port), "--workers", "2")
    eventually(lambda: text_of(live), "the API answers")
    process.kill()
    process.wait()
    try:
        eventually(lambda: text_of(live) is None, "no worker answers any more")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_a_worker_may_take_long_to_start() -> None:
    """uvicorn kills a worker that does not answer in time, and starts another one: on a busy machine none would ever serve."""
    assert configuration("cli.processes.api:worker", workers=2, factory=True).timeout_worker_healthcheck >= 30


def test_serve_says_plainly_that_its_port_is_taken(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("serve", "--port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be used (Address already in use)" in errors
    assert "Traceback" not in errors


def test_project_folds_what_is_recorded_and_offers_its_metrics(line: CommandLine, start: Start) -> None:
    port = free_port()
    start("project", "--metrics-port", str(port))
    with line.dossier() as dossier:
        position = register_customer(dossier, request(), number="1001", name="Ada Byron").position
    expected = f'dossier_projection_position{{name="drawer"}} {float(position or 0)}'
    eventually(lambda: expected in (text_of(f"http://127.0.0.1:{port}/metrics") or ""), "the drawer is folded")


def test_a_second_project_stands_by_and_takes_over(line: CommandLine, start: Start) -> None:
    first, _second = start("project"), start("project")
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1001", name="Ada Byron")
    eventually(lambda: _lag(line) == 0, "the first is folded")
    first.kill()
    with line.dossier() as dossier:
        register_customer(dossier, request(), number="1002", name="Grace Hopper")
    eventually(lambda: _lag(line) == 0, "the second is folded")


def _lag(line: CommandLine) -> int:
    return max(one["lag"] for one in line.asked("status", status=1)["projections"])


@pytest.mark.parametrize(
    ("command", "prefixes"),
    [
        ("relay", {"dossier_relay_", "dossier_serving_"}),
        ("forward", {"dossier_deliveries_", "dossier_messages_", "dossier_serving_"}),
        ("work", {"dossier_propagation", "dossier_upload", "dossier_idempotency_keys_", "dossier_tree_"}),
    ],
)
def test_a_process_shows_the_metrics_of_its_own_work_only(start: Start, command: str, prefixes: set[str]) -> None:
    port = free_port()
    start(
        command,
        "--metrics-port",
        str(port),
        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
        CUSTOMER_ENGAGEMENT_URL="http://127.0.0.1:1",
    )
    shown = eventually(lambda: text_of(f"http://127.0.0.1:{port}/metrics"), "the metrics are offered")
    families = {family.name for family in text_string_to_metric_families(shown)}
    own = {name for name in families if name.startswith("dossier_") and not name.startswith("dossier_process")}
    assert {name for name in own if not name.startswith(tuple(prefixes))} == set()
    assert {prefix for prefix in prefixes if any(name.startswith(prefix) for name in own)} == prefixes


def test_the_worker_signs_heads_of_the_log(line: CommandLine, start: Start) -> None:
    start("work")
    eventually(lambda: line.asked("verify")["signed_position"] > 0, "a head is signed")


def test_a_metrics_port_that_is_taken_is_said_plainly(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("project", "--metrics-port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("dossier: The metrics cannot be offered on 127.0.0.1:")


def test_who_offers_metrics_is_not_held_by_half_sent_requests(start: Start) -> None:
    port = free_port()
    start("project", "--metrics-port", str(port))
    eventually(lambda: text_of(f"http://127.0.0.1:{port}/metrics"), "the metrics are offered")
    with ExitStack() as lines:
        for _ in range(100):
            lines.enter_context(socket.create_connection(("127.0.0.1", port))).send(b"GET /metrics HTTP/1.1\r\n")
        assert "dossier_process_info" in (text_of(f"http://127.0.0.1:{port}/metrics") or "")
    with closing(Line(f"http://127.0.0.1:{port}")) as line:
        line.send(b"GET /metrics HTTP/1.1\r\nHost: h\r\n" + b"a: b\r\n" * 10_000)
        line.rest()[0].problem(431, "headers-too-large")


def test_project_of_an_unknown_read_model_fails(line: CommandLine) -> None:
    process = line.process("project", "drawers")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "There is no projection drawers." in errors


def test_a_change_travels_from_the_log_to_customer_engagement(line: CommandLine, start: Start, tmp_path: Path) -> None:
    port = free_port()
    there = {"CUSTOMER_ENGAGEMENT_URL": f"http://127.0.0.1:{port}", "CUSTOMER_ENGAGEMENT_TOKEN": "a-token"}
    start("simulator", "--port", str(port), "--journal", str(tmp_path / "journal"), **there)
    start("project", **there)
    start("forward", **there)
    from aggregates.customer.commands import confirm_drawer

    with line.dossier() as dossier:
        set_up(dossier)
        confirm_drawer(dossier, request(), number="1001", responses={1: "A2"})
    url = f"http://127.0.0.1:{port}/customers/1001/attributes"
    eventually(lambda: '"age_band"' in (text_of(url, "a-token") or ""), "the answer arrived")

"""`dossier up` as a user sees it: a real process in its own directory, and a real shell that runs the lines it prints."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from aggregates.fact import Role
from built_console import build
from cli.data_directory.embedded_postgres import embedded_server
from cli.local.welcome import console_lines
from command_line import eventually

OUTSIDE = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS")
STOPS_WITHIN_S = 30.0
"""Five seconds on an idle machine; tests share theirs."""
BEHIND = NOT_READY = 503


class Up:
    """A running `dossier up`."""

    def __init__(
        self, directory: Path, *arguments: str, python: Path = Path(sys.executable), **environment: str
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
        self.directory = directory
        self.position = 0
        self._files = [directory.parent / f"{uuid4()}.{name}" for name in ("stdout", "stderr")]
        with self._files[0].open("w") as stdout, self._files[1].open("w") as stderr:
            self.process = subprocess.Popen(
                [python, "-P", "-m", "cli.main", "up", "--port", "0", *arguments],
                env={**clean, "DOSSIER_DATA_DIR": str(directory), **environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def wait_until_ready(self) -> "Up":
        """Waits for the last line that it prints."""
        eventually(lambda: "Logs and data" in self._read(0) or self.process.poll() is not None, "it is ready")
        assert self.process.poll() is None, self.complaints()
        self.events()
        return self

    @property
    def printed(self) -> list[str]:
        """The lines it printed."""
        return self._read(0).splitlines()

    def complaints(self) -> str:
        """What it said on stderr."""
        return self._read(1)

    def _read(self, file: int) -> str:
        return self._files[file].read_text()

    @property
    def address(self) -> str:
        """Where it says the API is."""
        found = re.search(r"http://\S+", self.printed[0])
        assert found is not None
        return found[0]

    @property
    def curl_lines(self) -> list[str]:
        """The lines for a shell, as printed."""
        return [line for line in self.printed if line.startswith("curl")]

    def token(self, role: str) -> str:
        """The printed token of a role."""
        return next(line.partition("=")[2] for line in self.printed if line.startswith(f"export {role}="))

    def get(self, path: str, role: str = "ADMINISTRATOR") -> Any:
        """Asks the API."""
        return json.loads(self.text(path, role))

    def seen(self, path: str, role: str = "ADMINISTRATOR") -> Any:
        """Asks the API for what its read models have, once they have all events that `events` returned."""

        def answer() -> str | None:
            try:
                return self.text(path, role, {"Dossier-Position": str(self.position)})
            except urllib.error.HTTPError as error:
                with error:
                    if error.code == BEHIND:
                        return None
                    raise

        return json.loads(eventually(answer, f"{path} is answered"))

    def is_ready(self) -> bool:
        """Returns whether the API says that everything is well; on a busy machine a task may be late for a moment."""
        try:
            return bool(self.get("/health/ready")["status"] == "ready")
        except urllib.error.HTTPError as error:
            with error:
                if error.code == NOT_READY:
                    return False
                raise

    def text(self, path: str, role: str = "ADMINISTRATOR", headers: Mapping[str, str] = MappingProxyType({})) -> str:
        """The answer of the API as text."""
        request = urllib.request.Request(
            f"{self.address}{path}", headers={"Authorization": f"Bearer {self.token(role)}", **headers}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read()).decode()

    def events(self) -> list[str]:
        """Every event that there is now."""
        lines = self.text("/v1/events?limit=10000").splitlines()
        self.position = json.loads(lines[-1])["position"]
        return lines

    def pid_of(self, name: str) -> int | None:
        """The process of a part."""
        return next((pid for pid, comm in children(self.process.pid) if comm == f"dossier-{name}"), None)

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, float]:
        """Ends it; gives its exit status and the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(timeout=STOPS_WITHIN_S)
        return status, time.monotonic() - started

    def end(self) -> None:
        """Ends it if it still runs, and kills it if it does not end."""
        if self.process.poll() is not None:
            return
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def children(pid: int) -> list[tuple[int, str]]:
    """Number and name of the children of a process."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [(int(child), Path(f"/proc/{child}/comm").read_text().strip()) for child in listed]


def left_over(directory: Path) -> list[str]:
    """Command lines of processes that still have to do with a data directory."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (command := (process / "cmdline").read_bytes()):
                environment = (process / "environ").read_bytes()
                if os.fsencode(directory) in command or os.fsencode(f"DOSSIER_DATA_DIR={directory}\0") in environment:
                    found.append(command.replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def shell(*lines: str) -> "subprocess.CompletedProcess[str]":
    """Runs lines pasted one after another."""
    return subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def own_directory() -> Iterator[Path]:
    """A data directory. Not below pytest's own, which it closes to other users at every start: PostgreSQL may run as one."""
    directory = Path(tempfile.mkdtemp(prefix="dossier-up-"))
    yield directory / "data"
    shutil.rmtree(directory, ignore_errors=True)


def complete_log_of(up: Up) -> list[str] | None:
    """Every event, once the demo company's contact file was read and its dead letter is there; `None` before."""
    states = [upload["state"] for upload in up.get("/v1/uploads")["items"]]
    complete = states == ["finished"] and up.get("/v1/dead-letters")["items"]
    return up.events() if complete else None


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """A running one, ready, that several tests share."""
    with own_directory() as directory:
        running = Up(directory)
        try:
            yield running.wait_until_ready()
        finally:
            running.end()


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory of a test's own."""
    with own_directory() as directory:
        yield directory


@pytest.fixture
def start(data: Path) -> Iterator[Callable[..., Up]]:
    """Starts one in the data directory of the test; it ends with the test, however that ends."""
    started: list[Up] = []

    def start_one(*arguments: str, **environment: str) -> Up:
        started.append(Up(data, *arguments, **environment))
        return started[-1]

    yield start_one
    for running in started:
        running.end()


def test_the_printed_lines_show_the_whole_path_and_a_second_run_finds_its_data(
    start: Callable[..., Up], data: Path
) -> None:
    first = start().wait_until_ready()
    assert len(first.curl_lines) == 3
    done = shell(*first.curl_lines)
    assert done.returncode == 0, done.stderr
    put, drawer, received = map(json.loads, done.stdout.split("\n")[:3])
    assert (put["changed"], put["message"]) == (True, "Profile saved.")
    assert {one["code"]: (one["value"], one["shown"]) for one in drawer["categories"]} == {
        1: ("A2", "stored"),
        2: ("OWN", "stored"),
        3: ("BLUE", "stored"),
    }
    assert received["age_band"]["value"] == "A2"
    log = eventually(lambda: complete_log_of(first), "the demo company is complete")
    status, seconds = first.stop()
    assert status == 0
    assert seconds < STOPS_WITHIN_S
    assert left_over(data) == []

    second = start().wait_until_ready()
    again = shell(*second.curl_lines)
    put, drawer, received = map(json.loads, again.stdout.split("\n")[:3])
    assert put["changed"] is False
    assert drawer["categories"][0]["value"] == "A2"
    assert {name: one["value"] for name, one in received.items()} == {
        "age_band": "A2",
        "homeowner": "OWN",
        "favourite_colour": "BLUE",
    }
    assert complete_log_of(second) == log
    assert second.stop(signal.SIGTERM)[0] == 0
    assert left_over(data) == []


def test_read_models_of_another_version_are_rebuilt_before_anything_is_served(
    start: Callable[..., Up], data: Path
) -> None:
    first = start(DOSSIER_COMPANY="acme").wait_until_ready()
    assert "rebuil" not in first.complaints()
    with embedded_server(data) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE dossier_acme.projections SET shape = '' WHERE name IN ('accounts', 'customers')")
    first.stop()

    second = start(DOSSIER_COMPANY="acme").wait_until_ready()
    assert second.seen("/v1/customers")["items"] == []
    assert second.seen("/v1/accounts")["items"] == []
    lines = [line for line in second.complaints().splitlines() if "read model" in line]
    assert [re.sub(r"[0-9.]+ s$", "… s", line) for line in lines] == [
        "dossier: rebuilding read models that another version made: customers, accounts",
        "dossier: read model customers was rebuilt in … s",
        "dossier: read model accounts was rebuilt in … s",
    ]


def test_it_ends_however_often_it_is_told_to(start: Callable[..., Up]) -> None:
    """A second signal interrupts what the first one has begun, as where `make` passes on what its group was sent as well."""
    process = start(DOSSIER_COMPANY="acme").wait_until_ready().process
    for _ in range(200):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process.send_signal(number)
    assert process.wait(STOPS_WITHIN_S) == 0


def test_the_demo_company_is_worth_opening(up: Up) -> None:
    eventually(lambda: complete_log_of(up), "the demo company is complete")
    today = date.fromisoformat(up.get("/v1/me")["today"])

    assert len(up.seen("/v1/customers")["items"]) == 12
    assert sorted(one["name"] for one in up.seen("/v1/profile-classes")["items"]) == [
        "DEFAULT",
        "Late payers",
        "Prompt payers",
        "Public bodies",
    ]
    accounts = up.seen("/v1/accounts")["items"]
    assert len(accounts) == 10
    assert all(date.fromisoformat(account["start"]) <= today - timedelta(days=365) for account in accounts)
    assert len(up.seen("/v1/accounts/A-14/sites")["items"]) == 3

    [refused] = up.get("/v1/uploads")["items"]
    assert (refused["rows"], refused["failed"]) == (8, 2)
    wrong_values = up.get(f"/v1/uploads/{refused['upload']}/errors")["items"]
    assert [value["field"] for value in wrong_values] == ["e_mail", "due_date"]

    [call] = up.seen("/v1/interactions?agent=agent&state=on_call")["items"]
    assert call["customer"] == "1001"

    not_sent = up.seen("/v1/deliveries?status=not_sent")["items"]
    assert {delivery["reason"] for delivery in not_sent} == {"not mapped"}
    [letter] = up.get("/v1/dead-letters")["items"]
    assert (letter["number"], letter["status_code"]) == ("1012", 422)
    assert "at most 60 characters" in letter["reason"]


def test_the_demo_company_has_a_back_dated_correction_and_a_planned_change(up: Up) -> None:  # rules 0.4, 2.11
    def class_on(account: str, days: int) -> str:
        day = date.fromisoformat(up.get("/v1/me")["today"]) + timedelta(days=days)
        profile = up.seen(f"/v1/accounts/{account}/profile?valid_at={day}")
        return str(profile["profile_class"])

    assert [class_on("A-10", days) for days in (-365, -200, -120, -60)] == [
        "Prompt payers",
        "Late payers",
        "Prompt payers",
        "Prompt payers",
    ]
    reasons = [entry["reason"] for entry in up.seen("/v1/accounts/A-10/history")["items"]]
    assert any(reason.startswith("Correction: ") for reason in reasons)
    assert [class_on("A-11", days) for days in (0, 29, 30)] == ["Late payers", "Late payers", "Prompt payers"]


def test_a_token_is_printed_for_each_role(up: Up) -> None:
    for role in ("ADMINISTRATOR", "AGENT", "AUDITOR", "INTEGRATOR"):
        assert up.seen("/v1/customers/1001", role)["number"] == "1001"


def test_a_link_for_each_role_signs_in_to_the_console(tmp_path: Path) -> None:
    tokens = {role: f"token-of-{role}" for role in Role}
    heading, *links = console_lines("http://127.0.0.1:8000", tokens, build(tmp_path / "built"))
    assert heading == "Open the console; each link signs in with a role, for 30 days:"
    assert [line.split() for line in links] == [
        [role, f"http://127.0.0.1:8000/sign-in#token-of-{role}"]
        for role in ("administrator", "agent", "auditor", "integrator")
    ]


def test_a_console_that_is_not_built_is_one_line(tmp_path: Path) -> None:
    assert console_lines("http://127.0.0.1:8000", {Role.AGENT: "token"}, tmp_path / "built") == [
        "The console is not built: `make console` builds it. Everything else runs."
    ]


def test_nothing_in_the_data_directory_is_for_others(up: Up) -> None:  # rule 5.1
    shell(*up.curl_lines)
    if os.geteuid():  # where root starts it, PostgreSQL's package opens the way for the user that PostgreSQL runs as
        assert up.directory.stat().st_mode & 0o077 == 0
    assert (up.directory / "postgres").stat().st_mode & 0o077 == 0
    files = [path for path in up.directory.rglob("*") if path.is_file() and "postgres" not in path.parts]
    kept = {path.name for path in files if path.stat().st_size and not path.name.endswith(".lock")}
    assert {"secrets.json", "customer_engagement.demo.jsonl", "api.log"} <= kept
    assert [path.name for path in files if path.name in kept - {"headers"} and path.stat().st_mode & 0o077] == []


def test_a_second_one_in_the_same_directory_says_so_plainly(up: Up) -> None:
    other = Up(up.directory)
    assert other.process.wait(timeout=60) == 1
    assert f"Dossier already runs in {up.directory}, as process {up.process.pid}." in other.complaints()
    eventually(up.is_ready, "the first one is well")


def test_a_port_that_is_taken_is_said_plainly_and_nothing_is_started(start: Callable[..., Up], data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = start("--port", str(port))
        assert refused.process.wait(timeout=60) == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in refused.complaints()
    assert f"`make up PORT={port + 1}`, or `dossier up --port {port + 1}`" in refused.complaints()
    assert "Traceback" not in refused.complaints()
    assert not (data / "postgres").exists()


@pytest.mark.parametrize("name", ["api", "project", "forward", "work", "simulator"])
def test_a_process_that_dies_is_started_again(up: Up, name: str) -> None:
    name = name[: 15 - len("dossier-")]
    before = up.pid_of(name)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    after = eventually(lambda: (pid := up.pid_of(name)) and pid != before and pid, f"{name} runs again")
    assert after != before
    assert "ended with signal SIGKILL; restarting it" in up.complaints()
    assert up.seen("/v1/customers/1001")["number"] == "1001"


def test_a_database_that_dies_is_started_again(up: Up) -> None:
    def postmaster() -> int:
        return int((up.directory / "postgres" / "postmaster.pid").read_text().partition("\n")[0])

    before = postmaster()
    os.kill(before, signal.SIGKILL)

    def answers() -> bool:
        try:
            return up.seen("/v1/customers/1001")["number"] == "1001" and postmaster() != before
        except (OSError, ValueError):
            return False

    eventually(answers, "the database answers again")


def test_children_end_by_themselves_when_the_supervisor_is_killed(start: Callable[..., Up], data: Path) -> None:
    killed = start().wait_until_ready()
    killed.process.kill()
    killed.process.wait()
    eventually(lambda: all("postgres" in command for command in left_over(data)), "only PostgreSQL is left")
    again = start().wait_until_ready()
    assert again.seen("/v1/customers/1001")["number"] == "1001"
    assert again.stop()[0] == 0
    assert left_over(data) == []


def test_another_company_gets_no_demo(start: Callable[..., Up], data: Path) -> None:
    other = start(DOSSIER_COMPANY="acme").wait_until_ready()
    assert other.curl_lines == []
    assert other.seen("/v1/customers")["items"] == []
    assert other.stop()[0] == 0


def test_the_address_of_kafka_and_the_topic_are_told(start: Callable[..., Up], data: Path) -> None:
    with_kafka = start(KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1").wait_until_ready()
    told = "Kafka is at 127.0.0.1:1; every change is on the topic dossier.demo.profile-events.v3."
    assert told in with_kafka.printed
    assert with_kafka.stop()[0] == 0


def test_make_up_hands_its_port_on() -> None:
    makefile = Path(__file__).parents[2]
    for given, arguments in (("PORT=8001", "dossier up --port 8001"), ("", "dossier up")):
        planned = subprocess.run(
            ["make", "--no-print-directory", "-n", "up", *filter(None, [given])],
            cwd=makefile,
            capture_output=True,
            text=True,
            check=True,
        )
        assert planned.stdout.strip().endswith(arguments)


def test_ctrl_c_while_starting_leaves_nothing(start: Callable[..., Up], data: Path) -> None:
    starting = start()
    eventually((data / "postgres").exists, "PostgreSQL is being started")
    starting.process.send_signal(signal.SIGINT)
    assert starting.process.wait(timeout=60) == 0
    assert left_over(data) == []


def test_one_off_commands_share_the_database_of_a_running_one(up: Up) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cli.main", "verify", "--json"],
        env={
            **{name: value for name, value in os.environ.items() if name not in OUTSIDE},
            "DOSSIER_DATA_DIR": str(up.directory),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["events"] > 20
    assert up.seen("/v1/customers/1001")["number"] == "1001"

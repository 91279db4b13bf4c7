"""The whole product as an operator runs it: every part is a separate process, which may be killed at any time."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from aggregates.fact import Role
from api.http.tokens import issue_token
from conftest import kafka_module
from store import embedded

COMPANY: Final = "journey"
TOKEN_SECRET: Final = "journey-token-secret-of-at-least-32-characters"
ENGAGEMENT_TOKEN: Final = "journey-engagement"
PATIENCE_S: Final = 120.0
DOSSIER: Final = Path(sys.executable).parent / "dossier"


class Installation:
    """PostgreSQL, Kafka (or not), and the processes of one company, in one directory."""

    def __init__(self, directory: Path, *, kafka: bool) -> None:
        self.directory = directory
        self._kafka = kafka_module() if kafka else None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, list[str]] = {}
        self.killed: dict[str, int] = {}
        self.ports = {"serve": free_port(), "simulator": free_port()}
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.callback(self._end)
            self.environment = {
                **os.environ,
                "DATABASE_URL": embedded.start(self.directory / "postgres"),
                "DOSSIER_COMPANY": COMPANY,
                "DOSSIER_DATA_DIR": str(self.directory / "data"),
                "DOSSIER_MASTER_KEY": b64encode(b"j" * 32).decode(),
                "DOSSIER_TOKEN_SECRET": TOKEN_SECRET,
                "CUSTOMER_ENGAGEMENT_URL": f"http://127.0.0.1:{self.ports['simulator']}",
                "CUSTOMER_ENGAGEMENT_TOKEN": ENGAGEMENT_TOKEN,
            }
            self.environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
            if self._kafka is not None:
                self.environment["KAFKA_BOOTSTRAP_SERVERS"] = self._kafka.start(self.directory / "kafka")
            subprocess.run(
                [DOSSIER, "migrate"], env=self.environment, check=True, capture_output=True, timeout=PATIENCE_S
            )
            self._start_all()
            opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _start_all(self) -> None:
        journal = str(self.directory / "simulator.jsonl")
        self.start("simulator", "simulator", "--port", str(self.ports["simulator"]), "--journal", journal)
        self.start("serve", "serve", "--port", str(self.ports["serve"]))
        for name in ("project", "forward", *(["relay"] if self._kafka else [])):
            self.start(name, name)
        eventually(self._answers, "the API answers")

    def _answers(self) -> bool:
        with suppress(httpx2.TransportError):
            return httpx2.get(f"{self.url}/health/ready", timeout=2).status_code == 200
        return False

    def start(self, name: str, *command: str) -> None:
        """Starts a process; without a command, the one it was started with before."""
        self._commands.setdefault(name, list(command))
        with (self.directory / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [str(DOSSIER), *self._commands[name]],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """Kills a process without warning and starts it again."""
        process = self._processes[name]
        process.kill()
        process.wait(PATIENCE_S)
        self.killed[name] = self.killed.get(name, 0) + 1
        self.start(name)

    def restart_broker(self) -> None:
        """Stops the broker, and starts it again over its data."""
        assert self._kafka is not None
        self._kafka.stop(self.directory / "kafka")
        self._kafka.start(self.directory / "kafka")
        self.killed["broker (restart)"] = self.killed.get("broker (restart)", 0) + 1

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.ports['serve']}"

    def caller(self, role: Role) -> httpx2.Client:
        """A client of the API with a token for this role."""
        token = issue_token(TOKEN_SECRET, f"{role.value}-1", role, COMPANY, timedelta(hours=1))
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def engagement(self) -> httpx2.Client:
        """A client of the Customer Engagement simulator."""
        headers = {"Authorization": f"Bearer {ENGAGEMENT_TOKEN}"}
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.ports['simulator']}", headers=headers, timeout=30)

    def logs(self) -> str:
        """The end of every process's log, for a failing test."""
        return "\n".join(
            f"--- {file.name}\n{file.read_text(errors='replace')[-2_000:]}" for file in self.directory.glob("*.log")
        )

    def _end(self) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        if self._kafka is not None:
            with suppress(Exception):
                self._kafka.stop(self.directory / "kafka", kill=True)
        embedded.stop(self.directory / "postgres")


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> None:
    """Waits, bounded, until a condition holds. Raises `AssertionError` naming what did not come."""
    pause, deadline = threading.Event(), time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():
            return
        pause.wait(0.2)
    raise AssertionError(f"Not within {patience_s:.0f} s: {what}.")

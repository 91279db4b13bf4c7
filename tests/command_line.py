"""Runs `dossier` in tests: in this process through Typer's runner, or as a real process."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
import structlog
from typer.testing import CliRunner, Result

import databases
from aggregates.fact import Origin, Role, Source
from aggregates.use_case import Request
from cli.main import app
from conftest import MASTER_KEY, TODAY
from store.application import Dossier

TOKEN_SECRET: Final = "a-secret-of-the-tests-with-32-characters"
PATIENCE_S: Final = 60.0


class CommandLine:
    """`dossier` with the environment of one company."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.company = environment["DOSSIER_COMPANY"]
        self.schema = f"dossier_{self.company}"

    def run(self, *arguments: str, typed: str | None = None, **environment: str) -> Result:
        """Runs a command in this process; `typed` is what a person enters, which the runner repeats in its output.

        Its log goes to a stream that is closed afterwards, so no logger may keep to it.
        """
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**self.environment, **environment}.items():
                patch.setenv(name, value)
            result = CliRunner().invoke(app, list(arguments), input=typed)
        structlog.configure(cache_logger_on_first_use=False)
        return result

    def asked(self, *arguments: str, status: int = 0) -> Any:
        """Runs a command with `--json`, which must end with this status, and gives what it printed."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    def process(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Starts a command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "cli.main", *arguments],
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def dossier(self) -> Dossier:
        """The company's application; to be closed."""
        return Dossier({**self.environment, "DOSSIER_SCHEMA": self.schema})


@contextmanager
def company(url: str, directory: Path) -> Iterator[CommandLine]:
    """A company without tables; what was made of it is dropped afterwards."""
    environment = {
        "DATABASE_URL": url,
        "DOSSIER_COMPANY": f"t_{uuid4().hex[:12]}",
        "DOSSIER_DATA_DIR": str(directory),
        "DOSSIER_MASTER_KEY": MASTER_KEY,
        "DOSSIER_TOKEN_SECRET": TOKEN_SECRET,
    }
    line = CommandLine(environment)
    yield line
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{line.schema}" CASCADE')


def migrated(line: CommandLine) -> CommandLine:
    """The company with empty tables."""
    databases.take(line.environment["DATABASE_URL"], line.schema)
    result = line.run("migrate")
    assert result.exit_code == 0, result.output
    return line


def request(actor: str = "ann", role: Role = Role.ADMINISTRATOR, reason: str | None = None) -> Request:
    """A request of the day of the tests."""
    cause = uuid4()
    origin = Origin(actor=actor, role=role, source=Source.API, reason=reason, correlation_id=cause, causation_id=cause)
    return Request(origin, TODAY)


def eventually(condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """Waits, bounded, until a condition holds, and gives what it gave."""
    pause, deadline = threading.Event(), time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        pause.wait(0.02)
    raise AssertionError(f"Not within {within_s:.0f} s: {what}.")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def text_of(url: str, token: str = "") -> str | None:
    """What a GET answers, `None` while nobody does."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.URLError):
        return None

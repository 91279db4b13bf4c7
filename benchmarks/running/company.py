"""One company of a long run: its processes, each in its own session, and clients of its API."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx2

from aggregates.fact import Role
from api.http.tokens import issue_token
from benchmarks.running.processes import processes_of
from store.application import Dossier

PARTS: Final = ("serve", "project", "relay", "forward", "simulator")
DOSSIER: Final = Path(sys.executable).parent / "dossier"
LISTENING: Final = {"serve", "simulator"}
STOPPED_WITHIN_S: Final = 20
COMMAND_S: Final = 120
LIVE_S: Final = 60.0
LOOK_S: Final = 0.05
REQUEST_S: Final = 20.0


class Company:
    """The processes of one company over the servers that it shares; `kafka` is `None` where nothing goes over Kafka."""

    def __init__(
        self, name: str, directory: Path, database_url: str, kafka: str | None, parts: Sequence[str] = PARTS
    ) -> None:
        self.name = name
        self.directory = directory / name
        """Data and logs of the company."""
        self.directory.mkdir()
        self.ended_by_themselves: Counter[str] = Counter()
        self.ports = {part: _free_port() for part in parts}
        """Where the API and the simulator listen, and where every other process offers its metrics."""
        self._parts = parts
        self._secret = f"the token secret of {name}, which is long enough"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._environment = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "",  # an installation has its bytecode; without it each start takes half as long again
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": kafka or "",
            "DOSSIER_COMPANY": name,
            "DOSSIER_DATA_DIR": str(self.directory),
            "DOSSIER_MASTER_KEY": b64encode(name.encode().ljust(32)[:32]).decode(),
            "DOSSIER_TOKEN_SECRET": self._secret,
        }
        if "simulator" in parts:
            self._environment["CUSTOMER_ENGAGEMENT_URL"] = f"http://127.0.0.1:{self.ports['simulator']}"
            self._environment["CUSTOMER_ENGAGEMENT_TOKEN"] = f"engagement of {name}"

    def start_all(self) -> None:
        """Brings the schema up to date and starts every process."""
        subprocess.run([DOSSIER, "migrate"], env=self._environment, check=True, capture_output=True, timeout=120)
        for part in self._parts:
            self.start(part)

    def start(self, part: str) -> None:
        """Starts a process, which is not running."""
        option = "--port" if part in LISTENING else "--metrics-port"
        with self._lock, (self.directory / f"{part}.log").open("ab") as log:
            self._running[part] = subprocess.Popen(
                [str(DOSSIER), part, option, str(self.ports[part])],
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """Kills a process without warning; it stays dead until it is started."""
        with self._lock:
            self.send(part, signal.SIGKILL)
            self._running.pop(part).wait(STOPPED_WITHIN_S)

    def restart(self, part: str) -> None:
        """Kills a process without warning and starts it again."""
        with self._lock:
            self.kill(part)
            self.start(part)

    def wait_until_live(self) -> None:
        """Returns when the API answers. Raises `TransportError` when it does not in time."""
        deadline = time.monotonic() + LIVE_S
        with self.caller(Role.AUDITOR) as client:
            while True:
                try:
                    client.get("/health/live")
                    return
                except httpx2.TransportError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(LOOK_S)

    def processes(self, part: str) -> list[int]:
        """Process ids of a part: the one that was started, and its children."""
        return processes_of(self._running[part].pid)

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, such as `status --json`."""
        return subprocess.run(
            [DOSSIER, *command], env=self._environment, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )

    def send(self, part: str, number: signal.Signals) -> None:
        """Sends a signal to a process and what it has started."""
        with self._lock:
            process = self._running[part]
            if process.poll() is None:
                os.killpg(process.pid, number)

    def restart_ended(self) -> None:
        """Starts again what ended without being told to, and counts it."""
        with self._lock:
            for part in [part for part, process in self._running.items() if process.poll() is not None]:
                self.ended_by_themselves[part] += 1
                self.start(part)

    def stop_all(self) -> None:
        """Ends every process."""
        with self._lock:
            for part in self._running:
                self.send(part, signal.SIGCONT)
                self.send(part, signal.SIGTERM)
            for part, process in self._running.items():
                try:
                    process.wait(STOPPED_WITHIN_S)
                except subprocess.TimeoutExpired:
                    self.send(part, signal.SIGKILL)
                    process.wait(STOPPED_WITHIN_S)

    def dossier(self) -> Dossier:
        """Opens the application of the company in this process; its schema must be there."""
        names = ("DATABASE_URL", "DOSSIER_COMPANY", "DOSSIER_MASTER_KEY")
        return Dossier({name: self._environment[name] for name in names} | {"DOSSIER_SCHEMA": f"dossier_{self.name}"})

    def caller(self, role: Role) -> httpx2.Client:
        """A client of the API."""
        url = f"http://127.0.0.1:{self.ports['serve']}"
        return httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {self.token(role)}"}, timeout=REQUEST_S)

    def token(self, role: Role, actor: str | None = None) -> str:
        """A bearer token for the API."""
        return issue_token(self._secret, actor or f"{role.value} of {self.name}", role, self.name, timedelta(hours=4))

    def engagement(self) -> httpx2.Client:
        """A client of the simulator of Customer Engagement."""
        headers = {"Authorization": f"Bearer engagement of {self.name}"}
        url = f"http://127.0.0.1:{self.ports['simulator']}"
        return httpx2.Client(base_url=url, headers=headers, timeout=REQUEST_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

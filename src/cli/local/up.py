"""`dossier up`: the whole product on this machine, with nothing to set up.

It starts PostgreSQL (unless `DATABASE_URL` is set), migrates, rebuilds read models of another version, starts every process as a child,
sets the demo company up once, prints how to try it, and looks after the children until Ctrl-C or SIGTERM. Then it ends them in order:
first the API, then the other processes, then Customer Engagement's simulator, then PostgreSQL. Only one `up` runs per data directory;
the next one finds its data again.
"""

import fcntl
import gc
import http.client
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from cli.data_directory.embedded_postgres import EmbeddedServer, ServerError
from cli.data_directory.private_files import make_directory
from cli.data_directory.secrets_file import make_secrets
from cli.errors import CliError
from cli.local.demo import CONTENTS
from cli.local.supervisor import Child, Part, end
from cli.output.lines import complain
from cli.processes.sockets import address, listening
from cli.settings import Settings
from store.stopping import Stop

HEALTHY_WITHIN_S: Final = 60.0
MOST_DEATHS_AT_START: Final = 3
"""A child that dies so often before everything is healthy will not recover by itself."""
LAST_PORT: Final = 65_535
_TICK_S: Final = 0.02
_LOOK_AT_SERVER_S: Final = 1.0
_REQUEST_TIMEOUT_S: Final = 2.0
_LOOPBACK: Final = "127.0.0.1"
_ANY: Final = {"0.0.0.0": _LOOPBACK, "::": "::1"}  # noqa: S104  (compared with, not listened on)


class UpError(CliError):
    """The product cannot be started here."""


class _Stopped(Exception):  # noqa: N818  (not an error)
    """The user ended `up` while it was starting."""


def up(settings: Settings, *, with_demo: bool) -> None:
    """Runs everything until Ctrl-C or SIGTERM.

    Raises:
        UpError: another `up` runs in this data directory, or a process does not start.
        PortTakenError: another program listens on the port.
    """
    other = settings.port + 1 if settings.port < LAST_PORT else 0
    way_out = f"take another: `make up PORT={other}`, or `dossier up --port {other}`"
    with _only_one(settings.data_dir), listening(settings.host, settings.port, way_out=way_out) as api:
        if settings.customer_engagement_url is not None:
            _Up(settings, api, None, with_demo=with_demo).run()
            return
        with listening(_LOOPBACK, 0) as simulator:
            _Up(settings, api, simulator, with_demo=with_demo).run()


class _Up:
    """One run of `dossier up`."""

    def __init__(
        self, settings: Settings, api: socket.socket, simulator: socket.socket | None, *, with_demo: bool
    ) -> None:
        self._settings = settings
        self._api = api
        self._simulator = simulator
        self._with_demo = with_demo
        self._server = EmbeddedServer(settings.data_dir) if settings.database_url is None else None
        self._logs = settings.data_dir / "logs"
        self._stop = Stop()
        self._signals = 0
        self._children: list[Child] = []

    def run(self) -> None:
        """Starts everything, looks after it, and ends it."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._start()
            self._look_after()
        except _Stopped:
            return
        finally:
            self._end()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._stop.set()

    def _start(self) -> None:
        if self._server is not None:
            self._server.hold()
        starting = None if self._server is None else self._server.starting()
        from cli.local import parts, welcome  # noqa: PLC0415  (it imports the libraries of every process, while PostgreSQL starts)

        if self._server is not None:
            make_secrets(self._settings.data_dir)
        settings = self._completed(self._settings.database_url if starting is None else starting.done())
        make_directory(self._logs)
        gc.freeze()  # the children share this memory for as long as nobody writes to it
        terminal = os.dup(sys.stderr.fileno())
        try:
            self._job(parts.migration(settings, terminal))
        finally:
            os.close(terminal)
        for part in parts.parts(settings, self._api, self._simulator):
            self._raise_if_stopped()
            self._children.append(Child(part, self._logs, complain))
            self._children[-1].start()
        if self._with_demo:
            complain(f"adding what is missing of the demo company: {CONTENTS}")
            self._job(parts.demo(settings))
        self._wait_until_healthy()
        welcome.welcome(settings, address(self._api), with_demo=self._with_demo, simulated=self._simulator is not None)

    def _completed(self, database_url: str | None) -> Settings:
        """Returns the settings of every process of this run, with everything that was not given."""
        settings = self._settings
        filled: dict[str, object] = {"database_url": database_url, "port": self._api.getsockname()[1]}
        filled |= {"master_key_given": settings.master_key, "token_secret_given": settings.token_secret}
        if self._simulator is not None:
            filled["customer_engagement_url"] = address(self._simulator)
            generated = settings.secrets.simulator_token if self._server is not None else secrets.token_urlsafe()
            filled["customer_engagement_token"] = settings.engagement_token or generated
        return Settings.model_validate({**settings.model_dump(), **filled})

    def _job(self, part: Part) -> None:
        """Runs a process to its end. Raises `UpError` when it fails."""
        child = Child(part, self._logs, complain)
        child.start()
        while (status := child.status()) is None:
            if self._stop.wait(_TICK_S):
                end([child], lambda: False)
                raise _Stopped
        if status:
            raise UpError(f"{child.name} failed; its log is {child.log}\n{child.last_lines()}")

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while not _ready(self._api):
            self._raise_if_stopped()
            self._tend()
            failing = next((child for child in self._children if child.deaths >= MOST_DEATHS_AT_START), None)
            if failing is not None:
                raise UpError(f"{failing.name} does not start; its log is {failing.log}\n{failing.last_lines()}")
            if time.monotonic() > deadline:
                raise UpError(f"Not healthy after {HEALTHY_WITHIN_S:.0f} s; the logs are in {self._logs}")
            self._stop.wait(_TICK_S)

    def _raise_if_stopped(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _tend(self) -> None:
        for child in self._children:
            child.tend()

    def _look_after(self) -> None:
        look_at = time.monotonic()
        while not self._stop.wait(_TICK_S):
            self._tend()
            if self._server is not None and time.monotonic() >= look_at:
                look_at = time.monotonic() + _LOOK_AT_SERVER_S
                _tend_server(self._server)

    def _end(self) -> None:
        """Ends the children in order, then PostgreSQL. After a second Ctrl-C they are killed."""
        if self._signals:
            complain("stopping")
        before = self._signals
        for group in (("api",), ("forward", "relay", "work", "project"), ("simulator",)):
            end([child for child in self._children if child.name in group], lambda: self._signals > before)
        if self._server is not None:
            self._server.release()


def _tend_server(server: EmbeddedServer) -> None:
    if server.running():
        return
    complain("PostgreSQL ended; restarting it")
    try:
        server.starting().done()
    except ServerError as error:
        complain(str(error))


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Locks the data directory for this `up`; the lock ends with the process, however it ends."""
    make_directory(data_dir)
    with (data_dir / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UpError(f"Dossier already runs in {data_dir}, as process {lock.read().strip() or '?'}.") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _ready(api: socket.socket) -> bool:
    """Returns whether the API reports that it is ready."""
    host, port = api.getsockname()[:2]
    connection = http.client.HTTPConnection(_ANY.get(host, host), port, timeout=_REQUEST_TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

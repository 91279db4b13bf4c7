"""`dossier up`: the whole product on this machine, with nothing to set up.

It starts PostgreSQL (unless `DATABASE_URL` is set), migrates, starts every process as a child, sets the demo company up once, says
how to try it, and looks after the children until Ctrl-C or SIGTERM. Then it ends them in order: first who takes requests, then who
works them off, then Customer Engagement's simulator, then PostgreSQL. One `up` a data directory; the next one finds its data again.
"""

import fcntl
import gc
import http.client
import os
import secrets
import signal
import socket
import threading
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
from cli.local.supervisor import Child, Part, end
from cli.output.lines import complain
from cli.processes.sockets import address, listening
from cli.settings import Settings

HEALTHY_WITHIN_S: Final = 60.0
MOST_DEATHS_AT_START: Final = 3
"""A child that dies so often before everything is healthy will not get well by itself."""
LAST_PORT: Final = 65_535
_TICK_S: Final = 0.02
_LOOK_AT_SERVER_S: Final = 1.0
_REQUEST_TIMEOUT_S: Final = 2.0
_LOOPBACK: Final = "127.0.0.1"
_ANY: Final = {"0.0.0.0": _LOOPBACK, "::": "::1"}  # noqa: S104  (compared with, not listened on)


class UpError(CliError):
    """The product cannot be started here."""


class _Stopped(Exception):  # noqa: N818  (not an error: the user ended it while it was starting)
    """Nothing more is to be started."""


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
    """One run."""

    def __init__(
        self, settings: Settings, api: socket.socket, simulator: socket.socket | None, *, with_demo: bool
    ) -> None:
        self._given = settings
        self._api = api
        self._simulator = simulator
        self._with_demo = with_demo
        self._server = EmbeddedServer(settings.data_dir) if settings.database_url is None else None
        self._logs = settings.data_dir / "logs"
        self._stop = threading.Event()
        self._asked = 0
        self._children: list[Child] = []

    def run(self) -> None:
        """Starts, waits, ends."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        try:
            self._start()
            self._look_after()
        except _Stopped:
            return
        finally:
            self._end()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked += 1
        self._stop.set()

    def _start(self) -> None:
        if self._server is not None:
            self._server.hold()
        starting = None if self._server is None else self._server.starting()
        from cli.local import parts, welcome  # noqa: PLC0415  (the libraries of every part, loaded while PostgreSQL starts)

        if self._server is not None:
            make_secrets(self._given.data_dir)
        settings = self._filled_in(self._given.database_url if starting is None else starting.done())
        make_directory(self._logs)
        gc.freeze()  # what is there now is shared with the children for as long as nobody touches it
        self._job(parts.migration(settings))
        for part in parts.parts(settings, self._api, self._simulator):
            self._go_on()
            self._children.append(Child(part, self._logs, complain))
            self._children[-1].start()
        if self._with_demo:
            self._job(parts.demo(settings))
        self._wait_until_healthy()
        welcome.welcome(settings, address(self._api), with_demo=self._with_demo, simulated=self._simulator is not None)

    def _filled_in(self, database_url: str | None) -> Settings:
        """The settings of every process of this run: what was not given is filled in."""
        given = self._given
        filled: dict[str, object] = {"database_url": database_url, "port": self._api.getsockname()[1]}
        filled |= {"master_key_given": given.master_key, "token_secret_given": given.token_secret}
        if self._simulator is not None:
            filled["customer_engagement_url"] = address(self._simulator)
            made = given.secrets.simulator_token if self._server is not None else secrets.token_urlsafe()
            filled["customer_engagement_token"] = given.engagement_token or made
        return Settings.model_validate({**given.model_dump(), **filled})

    def _job(self, part: Part) -> None:
        """Runs a process to its end. Raises `UpError` when it does not end well."""
        child = Child(part, self._logs, complain)
        child.start()
        while (status := child.status()) is None:
            if self._stop.wait(_TICK_S):
                end([child], lambda: False)
                raise _Stopped
        if status:
            raise UpError(f"{child.name} failed; its log is {child.log}\n{child.last_words()}")

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while not _ready(self._api):
            self._go_on()
            self._tend()
            failing = next((child for child in self._children if child.deaths >= MOST_DEATHS_AT_START), None)
            if failing is not None:
                raise UpError(f"{failing.name} does not start; its log is {failing.log}\n{failing.last_words()}")
            if time.monotonic() > deadline:
                raise UpError(f"Not healthy after {HEALTHY_WITHIN_S:.0f} s; the logs are in {self._logs}")
            self._stop.wait(_TICK_S)

    def _go_on(self) -> None:
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
        """In order: who takes requests, who works them off, who receives, who keeps. A second Ctrl-C hurries."""
        if self._asked:
            complain("stopping")
        before = self._asked
        for group in (("api",), ("forward", "relay", "work", "project"), ("simulator",)):
            end([child for child in self._children if child.name in group], lambda: self._asked > before)
        if self._server is not None:
            self._server.release()


def _tend_server(server: EmbeddedServer) -> None:
    if server.running():
        return
    complain("PostgreSQL ended; it is started again")
    try:
        server.starting().done()
    except ServerError as error:
        complain(str(error))


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Holds the data directory for this `up`; the lock goes with the process, however it ends."""
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
    """Whether the API says that it and the database are well."""
    host, port = api.getsockname()[:2]
    connection = http.client.HTTPConnection(_ANY.get(host, host), port, timeout=_REQUEST_TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

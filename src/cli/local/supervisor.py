"""Child processes of `dossier up`: started in process groups of their own, restarted when they die, ended in order.

Children are forked, not executed: what they need was imported once, so that six processes start in the time of one and share its memory.
The supervisor therefore never starts a thread and never opens a connection. A child that ends without being told to is restarted after a
pause that doubles up to `LONGEST_PAUSE_S` and is reset once the child has lived for `STEADY_S`. Each child writes to its own file in
`<data>/logs`; the file of the run before is kept beside it. If the supervisor itself is killed,
its children see the end of their stdin and end by themselves (`cli.processes.lifeline`).
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NoReturn

from cli.data_directory.private_files import open_private
from cli.processes.lifeline import SUPERVISED

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 4.0
STEADY_S: Final = 60.0
END_TIMEOUT_S: Final = 3.0
"""Seconds between SIGTERM and SIGKILL."""
_TICK_S: Final = 0.02
_LAST_BYTES: Final = 4_000
_LAST_LINES: Final = 5
_HANDLED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_STANDARD: Final = (0, 1, 2)
_LONGEST_NAME: Final = 15
"""Bytes of a process name on Linux."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process to run: its name, what it runs until it is told to stop, and the file that it inherits, if any."""

    name: str
    run: Callable[[], object]
    file: int | None = None


class Child:
    """One part and its process, which is replaced when it dies."""

    def __init__(self, part: Part, logs: Path, say: Callable[[str], None]) -> None:
        self.name = part.name
        self.log = logs / f"{part.name}.log"
        self.pid: int | None = None
        self.deaths = 0
        self._part = part
        self._say = say
        self._lifeline: int | None = None
        self._started_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._again_at: float | None = None

    def start(self) -> None:
        """Starts a process. Before the first one, the log of the run before becomes `<name>.log.1`."""
        if not self._started_at and self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        log = open_private(self.log)
        stdin, self._lifeline = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)  # or a signal that comes now would be lost in the child
        self.pid = os.fork()
        if not self.pid:
            _become(self._part, stdin, log.fileno())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
        os.close(stdin)
        log.close()
        self._started_at = time.monotonic()
        self._again_at = None

    def status(self) -> int | None:
        """Returns the exit status once the process has ended, negative for a signal; `None` while it runs."""
        if self.pid is None:
            return 0
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.pid = None
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        return os.waitstatus_to_exitcode(status)

    def tend(self) -> None:
        """Reports when the child has died, and restarts it after its pause."""
        if self._again_at is not None:
            if time.monotonic() >= self._again_at:
                self.start()
            return
        if self.pid is None or (status := self.status()) is None:
            return
        now = time.monotonic()
        if now - self._started_at >= STEADY_S:
            self._pause_s = FIRST_PAUSE_S
        self.deaths += 1
        self._again_at = now + self._pause_s
        self._say(
            f"{self.name} ended with {_status_text(status)}; restarting it in {self._pause_s:g} s; see {self.log}"
        )
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the child's process group. The child is not restarted after that."""
        self._again_at = None
        if self.pid is not None:
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                return

    def last_lines(self) -> str:
        """Returns the last lines of its log."""
        try:
            return "\n".join(self.log.read_bytes()[-_LAST_BYTES:].decode(errors="replace").splitlines()[-_LAST_LINES:])
        except OSError:
            return ""


def end(children: Sequence[Child], hurry: Callable[[], bool]) -> None:
    """Ends these children together: SIGTERM, then SIGKILL after `END_TIMEOUT_S`, or as soon as `hurry` returns true."""
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + END_TIMEOUT_S
    while running := [child for child in children if child.status() is None]:
        if time.monotonic() > deadline or hurry():
            for child in running:
                child.send(signal.SIGKILL)
        time.sleep(_TICK_S)


def _become(part: Part, stdin: int, log: int) -> NoReturn:
    """Turns the forked copy of the supervisor into the child: no file of the supervisor stays open in it. Never returns."""
    status = 1
    try:
        os.setsid()
        for file, standard in zip((stdin, log, log), _STANDARD, strict=True):
            os.dup2(file, standard)
        _close_all_but((*_STANDARD, *(() if part.file is None else (part.file,))))
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
        _name(part.name)
        os.environ[SUPERVISED] = "1"
        part.run()
        status = 0
    except BaseException as error:  # noqa: BLE001  (no error may reach the supervisor's code, of which this process is a copy)
        from cli.output.faults import in_plain_words  # noqa: PLC0415  (only needed after an error)

        sys.stderr.write(f"dossier: {in_plain_words(error)}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _close_all_but(files: Sequence[int]) -> None:
    for low, high in pairwise(sorted((*files, os.sysconf("SC_OPEN_MAX")))):
        os.closerange(low + 1, high)


def _name(name: str) -> None:
    """Makes `ps` and `top` show the part's name, where the system supports it."""
    comm = Path("/proc/self/comm")
    if comm.exists():
        comm.write_bytes(f"dossier-{name}".encode()[:_LONGEST_NAME])


def _status_text(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"

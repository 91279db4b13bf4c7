"""The embedded PostgreSQL: the first command that needs it starts it, the last one stops it.

Every process that needs it holds a shared lock on `<data>/postgres.lock`; the last one takes the lock exclusively and stops the server.
Start and stop run in a process of their own (`python -m cli.data_directory.embedded_postgres`), which leaves nothing of the libraries
behind in the caller. To recover by hand, see `store.embedded`.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from cli.data_directory.private_files import make_directory
from cli.errors import CliError

DIRECTORY: Final = "postgres"
TIMEOUT_S: Final = 60.0
"""For a start, which may include recovery after a crash, or a stop."""
_LAST_LINES: Final = 12


class ServerError(CliError):
    """The embedded PostgreSQL does not start or stop."""


class Helper:
    """A start or a stop that is under way."""

    def __init__(self, command: str, directory: Path) -> None:
        self._command = command
        self._directory = directory
        # In a session of its own: a Ctrl-C meant for its caller must not end it half-way.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli.data_directory.embedded_postgres", command, str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def done(self) -> str:
        """Waits for its end and returns what it printed. Raises `ServerError`."""
        try:
            output, errors = self._process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise ServerError(
                f"PostgreSQL in {self._directory} did not {self._command} in {TIMEOUT_S:.0f} s."
            ) from None
        if self._process.returncode:
            ending = "\n".join(errors.splitlines()[-_LAST_LINES:])
            log = self._directory / "log"
            raise ServerError(f"PostgreSQL in {self._directory} does not {self._command}; its log is {log}\n{ending}")
        return output.strip()


class EmbeddedServer:
    """The server over `<data>/postgres`, held by this process between `hold` and `release`."""

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir / DIRECTORY
        self._lock_path = data_dir / f"{DIRECTORY}.lock"
        self._lock: IO[bytes] | None = None

    @property
    def has_data(self) -> bool:
        """Returns whether there is a database in the directory."""
        return (self.directory / "PG_VERSION").exists()

    def hold(self) -> None:
        """Keeps others from stopping the server. Waits while another process is stopping it."""
        make_directory(self._lock_path.parent)
        self._lock = self._lock_path.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def starting(self) -> Helper:
        """Begins to start the server unless it runs. `done` of the returned helper waits for it and returns the connection string."""
        return Helper("start", self.directory)

    def running(self) -> bool:
        """Returns whether the server's first process exists."""
        try:
            pid = int((self.directory / "postmaster.pid").read_text().partition("\n")[0])
            os.kill(pid, 0)
        except PermissionError:
            return True
        except (OSError, ValueError):
            return False
        return True

    def release(self) -> None:
        """Lets others stop the server, and stops it when nobody else holds it. Raises `ServerError`."""
        if self._lock is None:
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.running():
                Helper("stop", self.directory).done()
        except BlockingIOError:
            return
        finally:
            self._lock.close()
            self._lock = None


@contextmanager
def embedded_server(data_dir: Path) -> Iterator[str]:
    """Yields the connection string of the embedded server, which runs at least until the end of the block."""
    server = EmbeddedServer(data_dir)
    server.hold()
    try:
        yield server.starting().done()
    finally:
        server.release()


def _main(command: str, directory: str) -> None:
    from store import embedded  # noqa: PLC0415  (psutil and the wheel are needed in this process only)

    try:
        if command == "start":
            sys.stdout.write(embedded.start(Path(directory)) + "\n")
        else:
            embedded.stop(Path(directory))
    except (subprocess.SubprocessError, OSError) as error:
        sys.exit(str(error))  # PostgreSQL's own programs have logged their messages before this


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])

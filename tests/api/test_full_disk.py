"""A full disk: refusals and readiness report it, and everything recovers once there is space."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from api.background.health import HealthCheck
from conftest import environment
from projections.catalogue import classes
from projections.engine.runner import install
from projections.health.judgement import Expected
from store import embedded, outages
from store.application import Dossier
from store.database import Database
from store.schema import migrate
from vital_signs import running

DISK_MIB = 256
PIECE = b"\0" * (1 << 20)


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of its own."""
    directory = Path(tempfile.mkdtemp(prefix="dossier-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0755", "tmpfs", directory], check=False
    )
    if mounted.returncode:
        pytest.skip("a disk of one's own needs root")
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)
    directory.rmdir()


@pytest.fixture
def small(disk: Path) -> Iterator[str]:
    """The address of a PostgreSQL on that disk."""
    url = embedded.start(disk / "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_wal_size = '64MB'")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    embedded.stop(disk / "postgres")


@pytest.mark.skipif(shutil.which("mount") is None or os.geteuid() != 0, reason="a disk of one's own needs root")
def test_a_full_disk_is_told_as_a_full_disk(small: str, disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.background.health.KEPT_S", 0.0)
    database = Database(small, "dossier_demo")
    migrate(database, partial(install, classes=classes()))
    with Dossier(environment(small, "dossier_demo")) as dossier, running(dossier.database):
        check = HealthCheck(dossier, classes(), Expected())
        assert asyncio.run(check.report()).health.status == "ready"
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(PIECE) == len(PIECE):
                    continue
            except OSError:
                pass
        [fault] = asyncio.run(check.report()).health.faults
        assert (fault.what, fault.why) == ("database", outages.DISK_FULL)
        with pytest.raises(OperationalError) as refused:
            write_much(dossier.database)
        assert outages.reason(refused.value) == outages.DISK_FULL
        filler.unlink()
        assert asyncio.run(check.report()).health.status == "ready"
        check.close()
    database.close()


def write_much(database: Database) -> None:
    """More rows than fit into the room that a table has left."""
    row = "INSERT INTO claims SELECT 'x', gen_random_uuid()::text, %s FROM generate_series(1, 500)"
    with database.connection() as connection:
        for _ in range(200):
            connection.execute(row, [uuid4()])

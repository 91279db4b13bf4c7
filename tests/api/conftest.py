"""The HTTP application over a real database."""

import io
import socket
import threading
from collections.abc import Iterator

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import logs
from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from cli.http_server import serve
from projections import catalogue
from projections.engine import Runner
from projections.reading import ReadModels
from store.application import Dossier


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[io.BytesIO]:
    """What is logged, as JSON lines."""
    lines = io.BytesIO()
    logs.configure("api", "demo", lines)
    structlog.configure(cache_logger_on_first_use=False)
    yield lines
    structlog.reset_defaults()


@pytest.fixture
def settings() -> ApiSettings:
    """Settings for tests: followers give up soon."""
    return ApiSettings(
        token_secret=SECRET, asyncapi=lambda: "asyncapi: 3.0.0\n", heartbeat_s=0.1, follow_s=1.0, followers=2
    )


@pytest.fixture
def reads(dossier: Dossier) -> Iterator[ReadModels]:
    """The read models, listened to."""
    found = ReadModels(dossier)
    found.start()
    yield found
    found.close()


@pytest.fixture
def runners(dossier: Dossier) -> Iterator[None]:
    """Every read model kept up to date, each by a thread of its own."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=Runner(dossier, one).run, args=(stop,)) for one in catalogue.projections(dossier)
    ]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join(10)


@pytest.fixture
def app(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> FastAPI:
    """The application."""
    return create_app(dossier, reads, settings)


@pytest.fixture
def address(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> Iterator[tuple[str, int]]:
    """Where a real server serves another application over the same database."""
    app = create_app(dossier, reads, settings)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(app, listener, stop))
        thread.start()
        yield listener.getsockname()
        stop.set()
        thread.join(30)


@pytest.fixture
def api(app: FastAPI, dossier: Dossier) -> Iterator[Api]:
    """The application, spoken to."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(client, dossier)

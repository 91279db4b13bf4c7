"""The HTTP application over a real database."""

import io
import socket
import threading
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from api_parts import folding_what_is_read, logging_to_memory, reading
from cli.http_server.server import serve
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.stopping import Stop


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[io.BytesIO]:
    """What is logged, as JSON lines."""
    with logging_to_memory() as lines:
        yield lines


@pytest.fixture
def settings() -> ApiSettings:
    """Settings for tests: followers give up soon."""
    return ApiSettings(
        token_secret=SECRET, asyncapi=lambda: "asyncapi: 3.0.0\n", heartbeat_s=0.1, follow_s=1.0, followers=2
    )


@pytest.fixture
def reads(dossier: Dossier) -> Iterator[ReadModels]:
    """The read models, listened to."""
    with reading(dossier) as reads:
        yield reads


@pytest.fixture
def runners(dossier: Dossier) -> Iterator[None]:
    """Each read model kept up to date from when it is read first."""
    with folding_what_is_read(dossier):
        yield


@pytest.fixture
def app(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> FastAPI:
    """The application."""
    return create_app(dossier, reads, settings)


@pytest.fixture
def address(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> Iterator[tuple[str, int]]:
    """Where a real server serves another application over the same database."""
    app = create_app(dossier, reads, settings)
    stop = Stop()
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

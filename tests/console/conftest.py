"""The console in a real browser, over a real server and a small company."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from api_parts import folding, logging_to_memory, reading
from browser import Visits, chromium
from cli.wiring import record_what_exists_from_the_start
from desktop import desktop
from served import served
from small_company import set_up
from store.application import Dossier

BUILT = Path(__file__).parents[2] / "src/api/console/built"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium. Not one for the run: as long as it is open, its driver's event loop counts as running, and no other can run beside it."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def pages() -> None:
    """The built pages."""
    assert (BUILT / "manifest.json").exists(), "The console is not built: `make console`."


@pytest.fixture(scope="session")
def embedding_origin() -> Iterator[str]:
    """The origin of an agent desktop that may embed parts of the console."""
    with desktop() as origin:
        yield origin


@pytest.fixture
def company(dossier: Dossier, embedding_origin: str) -> Iterator[tuple[Api, str]]:
    """The company: its API, and the address where it is served. Customer 1001 has the answer that the drawer asks 1002 for."""
    record_what_exists_from_the_start(dossier)
    set_up(dossier)
    settings = ApiSettings(token_secret=SECRET, heartbeat_s=0.5, embed_origins=(embedding_origin,))
    with logging_to_memory(), reading(dossier) as reads, folding(dossier):
        app = create_app(dossier, reads, settings)
        with served(app) as port, TestClient(create_app(dossier, reads, settings)) as client:
            api = Api(client, dossier)
            answer = {"responses": {"1": "A2"}}
            assert api.put("/v1/customers/1001/drawer", answer).status_code == 200
            for path in ("/v1/customers", "/v1/customers/1001/drawer", "/v1/customers/1001/fields"):
                assert api.seen(path).status_code == 200
            yield api, f"http://127.0.0.1:{port}"


@pytest.fixture
def api(company: tuple[Api, str]) -> Api:
    """The API of the company, for what happens meanwhile."""
    return company[0]


@pytest.fixture
def visit(pages: None, browser: Browser, company: tuple[Api, str]) -> Iterator[Visits]:
    """Opens pages: `visit.open("/customers", Role.AGENT)`."""
    visits = Visits(browser, company[1])
    yield visits
    visits.close()

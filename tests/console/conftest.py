"""The console in a real browser, over a real server and a small company."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser
from starlette.types import ASGIApp

import databases
from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from api_parts import folding, logging_to_memory, reading
from browser import PATIENCE_MS, Visits, chromium
from cli.wiring import record_what_exists_from_the_start
from conftest import environment
from desktop import desktop
from projections.catalogue import projections
from read_models import fold_log
from served import Server
from slowness import answering_late
from small_company import set_up
from store.application import Dossier

BUILT = Path(__file__).parents[2] / "src/api/console/built"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium. Not one for the run: as long as it is open, its driver's event loop counts as running, and no other can run beside it."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def pages() -> Path:
    """Where the built pages are."""
    assert (BUILT / "manifest.json").exists(), "The console is not built: `make console`."
    return BUILT


@pytest.fixture(scope="session")
def embedding_origin() -> Iterator[str]:
    """The origin of an agent desktop that may embed parts of the console."""
    with desktop() as origin:
        yield origin


@pytest.fixture(scope="session")
def template(postgres_server: str, template: str) -> str:
    """The database that those of the tests are copied from: the small company, with every read model up to date."""

    def fill(url: str, schema: str) -> None:
        with Dossier(environment(url, schema)) as dossier:
            record(dossier)
            for projection in projections(dossier):
                fold_log(dossier, projection)

    return databases.filled(postgres_server, template, fill)


def record(dossier: Dossier) -> None:
    """Records the small company."""
    record_what_exists_from_the_start(dossier)
    set_up(dossier)


@pytest.fixture
def recording() -> Callable[[Dossier], None]:
    """What records the company where the clocks stand."""
    return record


@pytest.fixture
def clock() -> datetime | None:
    """The instant at which all clocks stand, for modules that want it so, and whose template is empty; None: they go on."""
    return None


@pytest.fixture(scope="session")
def slowness(pytestconfig: pytest.Config) -> float | None:
    """How many times slower the pages are than they would be; None: not at all."""
    factor: float | None = pytestconfig.getoption("slow")
    return factor


@pytest.fixture
def company(
    clock: datetime | None,
    recording: Callable[[Dossier], None],
    dossier: Dossier,
    embedding_origin: str,
    slowness: float | None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Api, Server]]:
    """The company: its API, and the server of its pages, which waits for its read models however busy the machine is."""
    monkeypatch.setattr("projections.reading.read_models.WAIT_S", PATIENCE_MS / 1_000)
    if clock is not None:
        recording(dossier)
    settings = ApiSettings(token_secret=SECRET, heartbeat_s=0.5, embed_origins=(embedding_origin,))
    with logging_to_memory(), reading(dossier) as reads, folding(dossier):

        def pages_and_api() -> ASGIApp:
            app = create_app(dossier, reads, settings)
            return app if slowness is None else answering_late(app)

        server = Server(pages_and_api)
        server.start()
        with TestClient(create_app(dossier, reads, settings)) as client:
            yield Api(client, dossier), server
        server.stop()


@pytest.fixture
def api(company: tuple[Api, Server]) -> Api:
    """The API of the company, for what happens meanwhile."""
    return company[0]


@pytest.fixture
def server(company: tuple[Api, Server]) -> Server:
    """The server of the pages."""
    return company[1]


@pytest.fixture
def visit(
    pages: Path, browser: Browser, company: tuple[Api, Server], clock: datetime | None, slowness: float | None
) -> Iterator[Visits]:
    """Opens pages: `visit.open("/customers", Role.AGENT)`."""
    visits = Visits(browser, company[1].address, company[0].dossier, clock, slowness)
    yield visits
    visits.close()

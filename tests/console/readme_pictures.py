"""The two pictures of the README, of the demo company: `make screenshots` renews them. Not collected with the tests; it checks nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

import databases
from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_settled
from cli.local.demo.set_up import AGENT, set_up
from cli.wiring import record_what_exists_from_the_start
from standing_clock import MORNING, let_clocks_stand, ten_minutes_later_each_time
from store.application import Dossier

FOLDER: Final = Path(__file__).parents[2] / "docs/pictures"


@pytest.fixture(scope="session")
def template(postgres_server: str) -> str:
    """An empty company."""
    return databases.template(postgres_server)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> datetime:
    """All clocks stand."""
    return let_clocks_stand(monkeypatch, postgres_url)


@pytest.fixture
def recording(postgres_url: str) -> Callable[[Dossier], None]:
    """Records the demo company within a day."""

    def record(dossier: Dossier) -> None:
        with ten_minutes_later_each_time(postgres_url, MORNING - timedelta(hours=23, minutes=10)):
            record_what_exists_from_the_start(dossier)
            set_up(dossier)

    return record


def test_an_account(visit: Visits) -> None:
    page = visit.open("/accounts/A-10", Role.ADMINISTRATOR)
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    _take(page, "account")


def test_a_customer_with_the_drawer(visit: Visits, api: Api) -> None:
    page = visit.open("/customers/1001", Role.AGENT, actor=AGENT)
    expect(page.get_by_role("dialog")).to_be_visible()
    _take(page, "customer")


def _take(page: Page, name: str) -> None:
    assert_settled(page)
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")

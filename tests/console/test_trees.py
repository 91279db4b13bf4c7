"""What a screen reader meets on the five hard screens: their accessibility trees, kept in `trees`.

`make screenshots` renews them, as does `pytest tests/console/screenshots.py -k trees` alone: look at what is different.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

import databases
from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_settled
from outcomes_of import died
from standing_clock import MORNING, let_clocks_stand
from test_account import ACCOUNT, SITE, assign, caught_up, panel
from test_account_change import preview
from test_uploads import choose, target
from test_widget import widget_of
from vital_signs import running

TREES: Final = Path(__file__).parent / "trees"
_OF_THIS_RUN: Final = re.compile(r"[\d.]+(?= events a second)|[\w.-]+, \d+(?=: active)")
"""How fast it goes, and on which machine in which process."""


@pytest.fixture(scope="session")
def template(postgres_server: str) -> str:
    """An empty company: the small one is recorded while all clocks stand."""
    return databases.template(postgres_server)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> datetime:
    """All clocks stand."""
    return let_clocks_stand(monkeypatch, postgres_url)


def picture(visit: Visits, api: Api) -> Locator:
    today = MORNING.date()
    assign(api, "Prompt payers", today + timedelta(30), today + timedelta(120), reason="Pays early")
    changes = {"options": {"tolerance_percent": "5"}, "effective_from": str(today + timedelta(60))}
    assert api.patch(f"{ACCOUNT}/profile", changes).status_code == 200
    created = {"profile_class": "Late payers", "effective_from": str(today + timedelta(10)), "create": True}
    assert api.post(f"{SITE}/profile", created).status_code == 201
    api.seen(f"{SITE}/history")
    caught_up(api)
    page = visit.open(f"/accounts/A-7?valid={today + timedelta(70)}", Role.AGENT)
    expect(panel(page, "In force")).to_contain_text("◆ set here")
    return page.get_by_role("main")


def change(visit: Visits, api: Api) -> Locator:
    page = visit.open("/accounts/A-7/change", Role.AGENT)
    page.get_by_role("radio", name="Late payers").check()
    page.get_by_role("textbox", name="Reason").fill("Pays late")
    preview(page)
    expect(page.get_by_role("button", name="Assign Late payers")).not_to_have_attribute("aria-disabled", "true")
    return page.get_by_role("main")


def drawer(visit: Visits, api: Api) -> Locator:
    page = visit.open("/customers/1002?drawer", Role.AGENT)
    part = page.get_by_role("dialog", name="Grace Hopper 1002")
    part.get_by_text("Why it opened").click()
    return part


def widget(visit: Visits, api: Api) -> Locator:
    page = visit.open("/customers/1001", Role.ADMINISTRATOR)
    part = widget_of(page)
    part.get_by_role("button", name="Edit City").click()
    part.get_by_label("City", exact=True).fill("Paris")
    return part


def upload(visit: Visits, api: Api) -> Locator:
    page = visit.open("/set-up/uploads/new", Role.INTEGRATOR)
    choose(page)
    target(page, "Born").select_option("Date of Birth")
    expect(target(page, "Born")).to_have_accessible_description(re.compile("would be refused"))
    expect(page.get_by_text("The columns are being looked at.")).to_have_count(0)
    return page.get_by_role("main")


def operations(visit: Visits, api: Api) -> Locator:
    died(api)
    page = visit.open("/operations", Role.AUDITOR)
    expect(page.get_by_role("img", name="Dead letters: 1")).to_be_visible()
    return page.get_by_role("main")


SCREENS: Final[dict[str, Callable[[Visits, Api], Locator]]] = {
    each.__name__: each for each in (picture, change, drawer, widget, upload, operations)
}


def file_of(name: str) -> Path:
    return TREES / f"{name}.yaml"


def tree_of(name: str, visit: Visits, api: Api) -> str:
    """Opens a screen, and returns its accessibility tree."""
    with running(api.dossier.database):
        part = SCREENS[name](visit, api)
        assert_settled(part.page)
        return _OF_THIS_RUN.sub("…", part.aria_snapshot()) + "\n"


def test_the_hard_screens_say_what_they_said(visit: Visits, api: Api) -> None:
    for name in SCREENS:
        assert tree_of(name, visit, api) == file_of(name).read_text(), name

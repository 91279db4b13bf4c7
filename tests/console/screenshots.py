"""Pictures of every page in both themes, wide and narrow, for people to look at: `make screenshots` writes them to `console/screenshots`.

It renews the trees of `test_trees` as well. Not collected with the tests, because it checks nothing. All clocks stand, so that two runs
give the same pictures, but for what a running installation tells of itself.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

import databases
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, WIDE, Visits, assert_settled
from standing_clock import let_clocks_stand
from test_accessibility import PAGES
from test_trees import SCREENS, file_of, tree_of

FOLDER: Final = Path(__file__).parents[2] / "console/screenshots"
_STILL: Final = """() => new Promise((resolve) => {
    let timer = setTimeout(resolve, 400);
    new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(resolve, 400);
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})"""
"""Waits until the page has not changed for a while."""


@pytest.fixture(scope="session")
def template(postgres_server: str) -> str:
    """An empty company: the small one is recorded while all clocks stand."""
    return databases.template(postgres_server)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> datetime:
    """All clocks stand."""
    return let_clocks_stand(monkeypatch, postgres_url)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures(visit: Visits, theme: str, width: int) -> None:
    page = visit.open("/nowhere", Role.ADMINISTRATOR, theme=theme, width=width)
    for path, heading in PAGES.items():
        page.goto(f"{visit.address}{path}")
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
        assert_settled(page)
        page.evaluate(_STILL)
        name = path.strip("/").replace("/", "-").replace("?", "_").replace("&", "_") or "home"
        page.screenshot(path=FOLDER / f"{name}-{theme}-{width}.png", full_page=True, animations="disabled")


def test_trees(visit: Visits, api: Api) -> None:
    for name in SCREENS:
        file_of(name).write_text(tree_of(name, visit, api))

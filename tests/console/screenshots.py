"""Pictures of every page in both themes, wide and narrow, for people to look at: `make screenshots` writes them to `console/screenshots`.

Not collected with the tests, because it checks nothing.
"""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from aggregates.fact import Role
from browser import NARROW, WIDE, Visits, assert_settled
from test_accessibility import PAGES

FOLDER: Final = Path(__file__).parents[2] / "console/screenshots"


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures(visit: Visits, theme: str, width: int) -> None:
    page = visit.open("/nowhere", Role.ADMINISTRATOR, theme=theme, width=width)
    for path, heading in PAGES.items():
        page.goto(f"{visit.address}{path}")
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
        assert_settled(page)
        name = path.strip("/").replace("/", "-").replace("?", "_").replace("&", "_") or "home"
        page.screenshot(path=FOLDER / f"{name}-{theme}-{width}.png", full_page=True)

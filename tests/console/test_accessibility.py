"""axe-core finds nothing on any page, in either theme, at 1280 and at 360 pixels; no page scrolls sideways."""

import pytest
from playwright.sync_api import expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from browser import NARROW, WIDE, Visits, assert_settled

PAGES = {
    "/customers": "Customers",
    "/customers/1001": "Ada Byron",
    "/customers/1001?valid=2031-06-20": "Ada Byron",
    "/customers/1002?drawer": "Grace Hopper 1002",
    "/customers/4711": "4711",
    "/accounts": "Accounts",
    "/accounts/A-7": "Account A-7",
    "/accounts/A-7?valid=2031-06-20": "Account A-7",
    "/accounts/A-7/sites/S-1": "Site S-1 of account A-7",
    "/accounts/A-7/history": "Profile History: Account A-7",
    "/accounts/A-7/compare": "Compare: Account A-7",
    "/accounts/A-7/change": "Change: Account A-7",
    "/set-up": "Set-up",
    "/set-up/categories": "Categories",
    "/set-up/fields": "Fields",
    "/set-up/uploads": "Uploads",
    "/operations": "Operations",
    "/operations/deliveries": "Deliveries",
    "/operations/dead-letters": "Dead letters",
    "/operations/read-models/drawer": "drawer",
    "/nowhere": "Page not found",
}
"""Each page, and its heading when it is there."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_anybody_out(visit: Visits, theme: str) -> None:
    for width in (WIDE, NARROW):
        page = visit.open("/sign-in", role=None, width=width, theme=theme)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert_accessible(page)
        page = visit.open("/nowhere", width=width, theme=theme)
        for path, heading in PAGES.items():
            page.goto(f"{visit.address}{path}")
            expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible()
            assert_settled(page)
            assert_accessible(page)
            assert_no_sideways_scrolling(page)
        for name in ("Point in time",):
            page.get_by_role("button", name=name).click()
            expect(page.get_by_role("dialog", name=name)).to_be_visible()
            assert_accessible(page)
            page.keyboard.press("Escape")

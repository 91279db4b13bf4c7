"""axe-core finds nothing on any page, in either theme, at 1280 and at 360 pixels; no page scrolls sideways, however large its text; the
focus stays with the reader; and nothing depends on colours or motion.
"""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from accessibility import (
    assert_accessible,
    assert_no_sideways_scrolling,
    assert_nothing_moves,
    assert_nothing_scrolls_sideways,
    assert_room_for_large_text,
)
from aggregates.fact import Role
from api_client import token
from browser import HEIGHT, NARROW, WIDE, Visits, assert_settled, press

AT_400_PERCENT: Final = 320
"""The width of a page of 1280 pixels, in its own pixels, for those who zoom so far."""
DRAWN_WHERE_WIDE: Final = "/accounts/"
"""Pages under this path decide when they open whether there is room for the drawing."""
CLOSING: Final = (
    ("/customers/1001", "More Options"),
    ("/customers", "Point in time"),
    ("/set-up/categories/2", "New response"),
    ("/set-up/categories/2", "Deactivate Rents"),
    ("/set-up/controls", "Change L51"),
    ("/set-up/mappings", "Change City"),
    ("/operations/read-models/drawer", "Rebuild…"),
)
"""Buttons that open something over their page."""
_LOOK: Final = """(element) => {
    const { color, backgroundColor, borderTopColor, borderBottomColor, borderBottomWidth, outlineStyle } =
        getComputedStyle(element);
    return [color, backgroundColor, borderTopColor, borderBottomColor, borderBottomWidth, outlineStyle];
}"""
PAGES = {
    "/customers": "Customers",
    "/customers/1001": "Ada Byron",
    "/customers/1001?valid=2031-06-20": "Ada Byron",
    "/customers/1002?drawer": "Grace Hopper 1002",
    "/customers/4711": "4711",
    "/customers/1001/history": "History: Ada Byron",
    "/customers/1001/compare?a_valid=2020-01-01": "Compare: Ada Byron",
    "/customers/1001/merge?other=1002": "Merge: Ada Byron",
    "/accounts": "Accounts",
    "/accounts/A-7": "Account A-7",
    "/accounts/A-7?valid=2031-06-20": "Account A-7",
    "/accounts/A-7/sites/S-1": "Site S-1 of account A-7",
    "/accounts/A-7/history": "Profile History: Account A-7",
    "/accounts/A-7/compare": "Compare: Account A-7",
    "/accounts/A-7/events": "Events: Account A-7",
    "/accounts/A-7/change": "Change: Account A-7",
    "/set-up": "Set-up",
    "/set-up/categories": "Categories",
    "/set-up/fields": "Fields",
    "/set-up/classes": "Profile classes",
    "/set-up/classes/DEFAULT": "DEFAULT",
    "/set-up/system-options": "System options",
    "/set-up/uploads": "Uploads",
    "/audit": "Audit",
    "/audit?kind=customer&key=1001&actor=demo": "Audit",
    "/audit/00000000-0000-0000-0000-000000000001": "Event",
    "/operations": "Operations",
    "/operations/deliveries": "Deliveries",
    "/operations/dead-letters": "Dead letters",
    "/operations/read-models/drawer": "drawer",
    "/nowhere": "Page not found",
}
"""Each page, and its heading when it is there."""


@pytest.mark.timeout(900)
def test_nothing_keeps_anybody_out(visit: Visits) -> None:
    page = visit.open("/nowhere", role=None)
    assert_for_everybody(page, f"{visit.address}/sign-in", "Sign in")
    visit.sign_in(page, token(Role.ADMINISTRATOR))
    for path, heading in PAGES.items():
        assert_for_everybody(page, f"{visit.address}{path}", heading)
    page.get_by_role("button", name="Point in time").click()
    expect(page.get_by_role("dialog", name="Point in time")).to_be_visible()
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert_accessible(page)
        assert_no_sideways_scrolling(page)


def assert_for_everybody(page: Page, address: str, heading: str) -> None:
    """Opens a page, and checks it in each width, and with large text."""
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    page.goto(address)
    expect(page.get_by_role("heading", name=heading, exact=True).first).to_be_visible()
    assert_settled(page)
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    assert_room_for_large_text(page)
    assert_nothing_moves(page)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    if DRAWN_WHERE_WIDE in address:
        page.reload()
        assert_settled(page)
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    assert_nothing_scrolls_sideways(page)
    page.set_viewport_size({"width": AT_400_PERCENT, "height": HEIGHT})
    assert_no_sideways_scrolling(page)


def test_the_focus_never_falls_on_the_body_when_something_closes(visit: Visits) -> None:
    page = visit.open("/customers/1001")
    for path, opener in CLOSING:
        page.goto(f"{visit.address}{path}")
        button = page.get_by_role("button", name=opener, exact=True)
        button.press("Enter")
        dialog = page.get_by_role("dialog").or_(page.get_by_role("menu"))
        expect(dialog).to_be_visible()
        press(page, "Escape")
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()
    search = page.get_by_role("combobox", name="Search")
    search.press_sequentially("byron")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(search).to_be_focused()
    page.get_by_role("link", name="Dossier", exact=True).focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("link", name="Dossier", exact=True)).to_be_focused()


def test_states_are_told_by_more_than_the_colours_that_a_reader_may_have_forced(visit: Visits) -> None:
    page = visit.open("/accounts/A-7")
    page.emulate_media(forced_colors="active")
    toggle = page.get_by_role("button", name="To scale")
    before = toggle.evaluate(_LOOK)
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    assert toggle.evaluate(_LOOK) != before
    parts = page.get_by_role("navigation", name="Parts of this account").get_by_role("link")
    assert parts.first.evaluate(_LOOK) != parts.last.evaluate(_LOOK)
    search = page.get_by_role("combobox", name="Search")
    search.press_sequentially("100")
    results = page.get_by_role("listbox")
    expect(results.get_by_role("option").nth(1)).to_be_visible()
    search.press("ArrowDown")
    selected, others = (results.get_by_role("option", selected=is_selected) for is_selected in (True, False))
    expect(selected).to_have_count(1)
    assert selected.evaluate(_LOOK) != others.first.evaluate(_LOOK)
    search.press("Escape")
    page.goto(f"{visit.address}/accounts/A-7/change")
    save, cancel = page.get_by_role("button", name="Assign a class"), page.get_by_role("button", name="Cancel")
    expect(save).to_have_attribute("aria-disabled", "true")
    assert save.evaluate(_LOOK) != cancel.evaluate(_LOOK)
    for control in (cancel, page.get_by_role("textbox", name="Reason")):
        control.focus()
        expect(control).to_have_css("outline-style", "solid")
        expect(control).not_to_have_css("border-top-width", "0px")
    page.goto(f"{visit.address}/customers/1001")
    page.get_by_role("button", name="More Options").press("Enter")
    expect(page.get_by_role("menuitem", name="Profile")).not_to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("menuitem", name="Profile")).to_be_focused()
    expect(page.get_by_role("menuitem", name="Profile")).to_have_css("outline-style", "solid")

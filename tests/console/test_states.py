"""axe-core finds nothing in any state of a page either: open menus and lists, refused forms, conflicts, a session that is over."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api, token
from browser import HEIGHT, NARROW, WIDE, Visits, press

State = Callable[[Visits, Api, Page], None]


def menu(visit: Visits, _api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1001")
    page.get_by_role("button", name="More Options").click()
    expect(page.get_by_role("menuitem", name="Profile")).to_be_visible()


def refused_number(visit: Visits, _api: Api, page: Page) -> None:
    menu(visit, _api, page)
    page.get_by_role("menuitem", name="Alternate numbers…").click()
    page.get_by_role("textbox", name="New number").fill("G1002")
    page.get_by_role("button", name="Replace the primary number").click()
    expect(page.get_by_text("Alternate number G1002 is already in use.")).to_be_visible()


def merged_and_undoing(visit: Visits, api: Api, page: Page) -> None:
    assert api.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    api.seen("/v1/customers/1001")
    page.goto(f"{visit.address}/customers/1001/merge?other=1002")
    expect(page.get_by_text("Customer 1002 was merged into 1001.")).to_be_visible()
    page.get_by_role("button", name="Undo the merge of 1002…").click()
    expect(page.get_by_role("dialog", name="Undo the merge of 1002?")).to_be_visible()


def called(visit: Visits, api: Api, page: Page) -> None:
    assert api.post("/v1/interactions", {"interaction": "I-1", "customer": "1001", "agent": "agent"}).status_code == 201
    visit.sign_in(page, token(Role.AGENT))
    page.goto(f"{visit.address}/")
    expect(page.get_by_role("link", name="Open Ada Byron")).to_be_visible()


def found(visit: Visits, _api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1001")
    page.get_by_role("combobox", name="Search").press_sequentially("byron")
    expect(page.get_by_role("option").filter(has_text="Ada Byron")).to_be_visible()


def refused_drawer(visit: Visits, _api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1002?drawer")
    page.get_by_text("Dates").click()
    page.get_by_label("To", exact=True).fill("2020-01-01")
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_text("The end date must not be before the start date.").first).to_be_visible()


def asking(visit: Visits, _api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1002?drawer")
    page.get_by_label("Age (required)").select_option("65+")
    press(page, "Escape")
    expect(page.get_by_role("button", name="Keep editing")).to_be_visible()


def two_answers(visit: Visits, api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1002?drawer")
    page.get_by_label("Age (required)").select_option("65+")
    assert api.put("/v1/customers/1002/drawer", {"responses": {"1": "A1"}}).status_code == 200
    api.seen("/v1/customers/1002/drawer")
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("group", name="Age (required)")).to_be_visible()


def open_rows(visit: Visits, api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1001")
    for label, text in (("City", "Paris"), ("Date of Birth", "")):
        page.get_by_role("button", name=f"Edit {label}").click()
        page.get_by_label(label, exact=True).fill(text)
    assert api.patch("/v1/customers/1001/fields", {"fields": {"city": "Oslo"}}).status_code == 200
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("group", name="City was changed by")).to_be_visible()


def session_over(visit: Visits, _api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1001")
    expect(page.get_by_role("heading", name="Ada Byron")).to_be_visible()
    page.context.clear_cookies()
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()


def broken(visit: Visits, _api: Api, page: Page) -> None:
    visit.expect(500)
    body = """{"type": "/problems/broken", "title": "A fault", "status": 500, "detail": "A fault of Dossier.", "errors": [],
        "correlation_id": "0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11"}"""
    page.route("**/v1/accounts?*", lambda route: route.fulfill(status=500, body=body))
    page.goto(f"{visit.address}/customers/1001")
    expect(page.get_by_text("Something broke here.")).to_be_visible()


def not_reached(visit: Visits, _api: Api, page: Page) -> None:
    page.goto(f"{visit.address}/customers/1001")
    expect(page.get_by_role("heading", name="Ada Byron")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_role("status").filter(has_text="No connection since")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


STATES: Final[tuple[State, ...]] = (
    menu,
    refused_number,
    merged_and_undoing,
    called,
    found,
    refused_drawer,
    asking,
    two_answers,
    open_rows,
    session_over,
    broken,
    not_reached,
)


@pytest.mark.parametrize("state", STATES)
def test_no_state_of_a_page_keeps_anybody_out(visit: Visits, api: Api, state: State) -> None:
    page = visit.open("/nowhere", Role.ADMINISTRATOR)
    state(visit, api, page)
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert_accessible(page)
        assert_no_sideways_scrolling(page)

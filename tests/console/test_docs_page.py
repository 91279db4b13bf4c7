"""The page of the API in a browser: find an operation, give a token, try it; with the colours, and within the reach, of everybody."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api, token
from browser import HEIGHT, NARROW, WIDE, Visits
from served import Server


@pytest.fixture
def visit(browser: Browser, company: tuple[Api, Server]) -> Iterator[Visits]:
    """Opens pages; the console need not be built for this one."""
    visits = Visits(browser, company[1].address, company[0].dossier)
    yield visits
    visits.close()


def test_an_operation_is_found_and_tried_with_ones_token(visit: Visits, api: Api) -> None:
    page = visit.open("/docs", role=None)
    page.get_by_label("Find an operation").fill("post customers registers")
    contents = page.get_by_role("navigation", name="Contents")
    expect(contents.locator("[data-words]:visible")).to_have_count(1)
    contents.get_by_role("link", name="Registers a customer").click()
    operation = page.locator("#register_customer")
    operation.get_by_text("Try it").click()
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator(".refused")).to_contain_text("401")

    page.get_by_label("Token").fill(token(Role.ADMINISTRATOR))
    page.get_by_label("Token").press("Enter")
    expect(page.locator("#caller")).to_contain_text("administrator")
    operation.get_by_label("Body").fill('{"number": "4711", "name": "Grace O\'Neil"}')
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator(".answered")).to_contain_text("201")
    expect(operation.locator(".outcome")).to_contain_text('"changed": true')
    expect(operation.locator(".outcome")).to_contain_text("Grace O'\\''Neil")
    assert api.seen("/v1/customers/4711").json()["name"] == "Grace O'Neil"


def test_an_answer_that_stays_open_is_shown_as_it_comes_and_can_be_stopped(visit: Visits) -> None:
    page = visit.open("/docs", role=None)
    page.get_by_label("Token").fill(token(Role.ADMINISTRATOR))
    page.get_by_label("Token").press("Enter")
    operation = page.locator("#follow_operations")
    operation.get_by_text("Try it").click()
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator(".outcome")).to_contain_text("event: operations")
    operation.get_by_role("button", name="Stop").click()
    expect(operation.get_by_text("Stopped.")).to_be_visible()


def test_the_page_keeps_nobody_out(visit: Visits) -> None:
    page = visit.open("/docs", role=None, width=NARROW)
    page.locator("#find_customers .try summary").click()
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    assert_no_sideways_scrolling(page)

"""Widget and drawer inside an agent desktop on another origin: no cookie, the token by message, and nothing for any other origin."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from aggregates.fact import Role
from api_client import Api, token
from browser import Visits

OpenPart = Callable[..., Page]


@pytest.fixture
def embedded(visit: Visits, embedding_origin: str) -> OpenPart:
    """Opens the agent desktop around a part of the console."""

    def open_part(part: str, role: Role = Role.ADMINISTRATOR, *, seconds: int = 600, **given: str) -> Page:
        visit.allow(embedding_origin)
        page = visit.stranger()
        more = urlencode(given)
        address = f"{embedding_origin}/embedding.html?console={visit.address}&part={part}&customer=1001&{more}"
        page.goto(f"{address}#{token(role, seconds=seconds)}")
        return page

    return open_part


def frame_of(page: Page) -> FrameLocator:
    """The embedded part."""
    return page.frame_locator("iframe")


def received(page: Page, kind: str, count: int = 1) -> list[dict[str, object]]:
    """The messages of one type that the desktop was sent, once there are so many of them."""
    of_kind = f"window.received.filter((message) => message.type === '{kind}')"
    page.wait_for_function(f"{of_kind}.length >= {count}")
    messages: list[dict[str, object]] = page.evaluate(of_kind)
    return messages


def test_the_widget_saves_and_tells_the_desktop(embedded: OpenPart, api: Api) -> None:
    page = embedded("widget")
    frame = frame_of(page)
    frame.get_by_role("button", name="Edit City").click()
    frame.get_by_label("City").fill("Paris")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_role("status").filter(has_text="Customer profile changed successfully")).to_be_visible()
    [saved] = received(page, "saved")
    assert saved["changed"] is True
    assert saved["version"] == api.seen("/v1/customers/1001/fields").json()["version"]
    assert received(page, "resize")
    assert page.context.cookies() == []


def test_a_part_explains_a_value_without_links_to_pages_that_it_does_not_have(embedded: OpenPart) -> None:
    frame = frame_of(embedded("widget"))
    line = frame.get_by_role("group").filter(has_text="Where it comes from: City")
    line.locator("summary").press("Enter")
    expect(line.get_by_role("list")).to_contain_text("demo (administrator, command line): “Demo company”")
    expect(line.get_by_role("link")).to_have_count(0)


def test_the_drawer_stores_with_ok_and_tells_that_it_is_done(embedded: OpenPart) -> None:
    page = embedded("drawer", Role.AGENT, theme="dark")
    frame = frame_of(page)
    expect(frame.get_by_role("heading", name="Ada Byron 1001")).to_be_visible()
    frame.get_by_role("button", name="Cancel").click()
    assert len(received(page, "closed")) == 1
    frame.get_by_label("Age (required)").select_option("40-49")
    frame.get_by_role("button", name="OK").click()
    expect(frame.get_by_role("status").filter(has_text="Profile saved.")).to_be_visible()
    assert [message["reason"] for message in received(page, "closed", 2)] == ["cancel", "ok"]
    expect(frame.locator(":root")).to_have_attribute("data-theme", "dark")


def test_dates_are_in_the_language_of_the_desktop(embedded: OpenPart) -> None:
    for locale, day in (("de-AT", "10. Dez. 1815"), ("no such language", "10 Dec 1815")):
        born = frame_of(embedded("widget", locale=locale)).get_by_role("definition").filter(has_text="1815")
        expect(born).to_contain_text(day)


def test_what_is_saved_is_part_of_the_call_that_the_desktop_shows(embedded: OpenPart, api: Api) -> None:  # rule 3.4
    call = {"interaction": "I-1", "customer": "1001", "agent": "agent"}
    assert api.post("/v1/interactions", call).status_code == 201
    api.seen("/v1/customers/1001/fields")
    for interaction, outcome in (("I-0", "Editing is allowed only during a call"), ("I-1", "changed successfully")):
        frame = frame_of(embedded("widget", Role.AGENT, interaction=interaction))
        frame.get_by_role("button", name="Edit City").click()
        frame.get_by_label("City").fill("Paris")
        frame.get_by_role("button", name="Save").click()
        expect(frame.get_by_role("tabpanel").or_(frame.get_by_role("status")).filter(has_text=outcome)).to_be_visible()
    last = api.seen("/v1/customers/1001/history").json()["items"][-1]
    assert last["data"]["interaction"] == "I-1"


def test_a_token_that_ends_is_asked_for_again(embedded: OpenPart) -> None:
    page = embedded("widget", seconds=61)
    expect(frame_of(page).get_by_role("tab", name="Business Fields", exact=True)).to_be_visible()
    assert len(received(page, "expired")) == 1


def test_another_origin_may_not_embed_anything(visit: Visits, embedding_origin: str) -> None:
    other = embedding_origin.replace("127.0.0.1", "localhost")
    visit.allow(other)
    visit.forgive("frame-ancestors")
    page = visit.stranger()
    page.goto(f"{other}/embedding.html?console={visit.address}&part=widget&customer=1001#{token(Role.AGENT)}")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.received") == []
    assert len(page.frames) == 1 or "chrome-error" in page.frames[1].url

"""Pictures of every page in both themes, wide and narrow, for people to look at: `make screenshots` writes them to `console/screenshots`.

It renews the trees of `test_trees` as well. Not collected with the tests, because it checks nothing. All clocks stand, so that two runs
give the same pictures, but for what a running installation tells of itself.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

import databases
import test_classes
import test_setup
import test_uploads
from aggregates.fact import Role
from api_client import Api, token
from browser import HEIGHT, NARROW, WIDE, Visits, assert_settled
from outcomes_of import died
from standing_clock import MORNING, let_clocks_stand
from test_accessibility import PAGES
from test_trees import SCREENS, file_of, tree_of
from vital_signs import running

FOLDER: Final = Path(__file__).parents[2] / "console/screenshots"
_STILL: Final = """() => new Promise((resolve) => {
    let timer = setTimeout(resolve, 400);
    new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(resolve, 400);
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})"""
"""Waits until the page has not changed for a while."""
_FURTHER: Final = {
    "/accounts/A-7/sites/S-1/history": "Profile History: Site S-1 of account A-7",
    "/accounts/A-7/sites/S-1/change": "Change: Site S-1 of account A-7",
    f"/accounts/A-7/compare?a_valid={MORNING.date()}&b_valid={MORNING.date() + timedelta(70)}": "Compare: Account A-7",
    "/set-up/classes/new": "New class",
    "/set-up/uploads/new": "Upload a contact file",
    **test_setup.PAGES,
}
"""Pages whose accessibility tests of their own check."""


@pytest.fixture(scope="session")
def template(postgres_server: str) -> str:
    """An empty company: the small one is recorded while all clocks stand."""
    return databases.template(postgres_server)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> datetime:
    """All clocks stand."""
    return let_clocks_stand(monkeypatch, postgres_url)


@pytest.mark.parametrize("pages_of", [PAGES, _FURTHER], ids=["pages", "further"])
def test_pictures(visit: Visits, pages_of: dict[str, str]) -> None:
    page = visit.open("/nowhere")
    for path, heading in pages_of.items():
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.goto(f"{visit.address}{path}")
            expect(page.get_by_role("heading", name=heading).first).to_be_visible()
            assert_settled(page)
            take(page, path.strip("/").replace("/", "-").replace("?", "_").replace("&", "_"), width)


def home_on_a_call(visit: Visits, api: Api) -> Page:
    assert api.post("/v1/interactions", {"customer": "1001", "agent": "agent"}).status_code == 201
    api.seen("/v1/interactions")
    page = visit.open("/", Role.AGENT)
    expect(page.get_by_role("link", name="Open Ada Byron")).to_be_visible()
    return page


def sign_in(visit: Visits, api: Api) -> Page:
    return visit.open("/sign-in", role=None)


def search(visit: Visits, api: Api) -> Page:
    page = visit.open("/customers")
    page.get_by_role("combobox", name="Search").press_sequentially("100")
    expect(page.get_by_role("listbox").get_by_role("option").nth(1)).to_be_visible()
    return page


def menu(visit: Visits, api: Api) -> Page:
    return _pressed(visit, "/customers/1001", "More Options")


def point_in_time(visit: Visits, api: Api) -> Page:
    return _pressed(visit, "/customers", "Point in time")


def control(visit: Visits, api: Api) -> Page:
    return _pressed(visit, "/set-up/controls", "Change L51")


def response(visit: Visits, api: Api) -> Page:
    return _pressed(visit, "/set-up/categories/2", "Deactivate Rents")


def rebuild(visit: Visits, api: Api) -> Page:
    return _pressed(visit, "/operations/read-models/drawer", "Rebuild…")


def shortcuts(visit: Visits, api: Api) -> Page:
    page = visit.open("/customers")
    page.get_by_role("link", name="Dossier", exact=True).focus()
    page.keyboard.press("?")
    return page


def audit_event(visit: Visits, api: Api) -> Page:
    assert api.patch("/v1/customers/1001/fields", {"fields": {"city": "Graz"}, "reason": "Moved"}).status_code == 200
    api.seen("/v1/history?limit=1")
    page = visit.open("/audit", Role.AUDITOR)
    page.get_by_role("button", name="Open").first.press("Enter")
    page.get_by_text("The whole event as JSON").press("Enter")
    return page


def dead_letter(visit: Visits, api: Api) -> Page:
    died(api, "1002", reason="The attribute is unknown there")
    page = visit.open(f"/operations/dead-letters/{died(api)}", Role.INTEGRATOR)
    expect(page.get_by_role("heading", name="Dead letter", level=2, exact=True)).to_be_visible()
    return page


def class_change(visit: Visits, api: Api) -> Page:
    page = visit.open("/set-up/classes/Late payers")
    test_classes.set_tolerance(page, "7")
    return page


def propagation(visit: Visits, api: Api) -> Page:
    page = visit.open(f"/set-up/classes/DEFAULT/propagations/{test_classes.change_for_all(api)}")
    expect(page.get_by_role("region", name="Preview").get_by_role("rowheader", name="A-7").first).to_be_visible()
    return page


def propagation_report(visit: Visits, api: Api) -> Page:
    page = propagation(visit, api)
    page.get_by_role("region", name="Preview").get_by_role("button", name="Run on").press("Enter")
    with test_classes.working(api.dossier):
        expect(page.get_by_role("main")).to_contain_text("finished")
    expect(page.get_by_role("region", name="Report").get_by_role("row").nth(1)).to_be_visible()
    return page


def upload_check(visit: Visits, api: Api) -> Page:
    page = visit.open("/set-up/uploads/new")
    test_uploads.choose(page)
    test_uploads.go_to_check(page)
    expect(page.get_by_role("table", name="Why rows would be refused")).to_be_visible()
    return page


def upload_outcome(visit: Visits, api: Api) -> Page:
    page = upload_check(visit, api)
    page.get_by_role("button", name="Upload", exact=True).click()
    with test_uploads.working(api.dossier):
        expect(page.get_by_role("status").filter(has_text="finished: 1 new, 1 changed")).to_be_attached()
    expect(page.get_by_role("region", name="Refused rows").get_by_role("rowheader")).to_have_count(2)
    return page


def uploads(visit: Visits, api: Api) -> Page:
    page = upload_outcome(visit, api)
    test_uploads.upload(api)
    page.goto(f"{visit.address}/set-up/uploads")
    expect(page.get_by_role("row").nth(2)).to_be_visible()
    return page


STATES: Final[dict[str, Callable[[Visits, Api], Page]]] = {
    each.__name__: each
    for each in (
        home_on_a_call,
        sign_in,
        search,
        menu,
        point_in_time,
        shortcuts,
        control,
        response,
        rebuild,
        audit_event,
        dead_letter,
        class_change,
        propagation,
        propagation_report,
        upload_check,
        upload_outcome,
        uploads,
    )
}


@pytest.mark.parametrize("name", [*STATES, *SCREENS])
def test_states(visit: Visits, api: Api, name: str) -> None:
    with running(api.dossier.database):
        page = STATES[name](visit, api) if name in STATES else SCREENS[name](visit, api).page
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            take(page, f"state-{name.replace('_', '-')}", width)


@pytest.mark.parametrize(("part", "customer"), [("drawer", "1002"), ("widget", "1001")])
def test_embedded(visit: Visits, embedding_origin: str, part: str, customer: str) -> None:
    visit.allow(embedding_origin)
    page = visit.stranger()
    address = f"{embedding_origin}/embedding.html?console={visit.address}&part={part}&customer={customer}"
    page.goto(f"{address}#{token(Role.AGENT)}")
    expect(page.frame_locator("iframe").get_by_role("button").first).to_be_visible()
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        take(page, f"embedded-{part}", width)


def take(page: Page, name: str, width: int) -> None:
    """Takes the pictures of a page of this width in both themes."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.evaluate(_STILL)
        is_whole = page.get_by_role("dialog").count() == 0
        page.screenshot(path=FOLDER / f"{name}-{theme}-{width}.png", full_page=is_whole, animations="disabled")


def _pressed(visit: Visits, path: str, button: str) -> Page:
    """A page after one of its buttons was pressed."""
    page = visit.open(path)
    page.get_by_role("button", name=button, exact=True).first.press("Enter")
    expect(page.get_by_role("dialog").or_(page.get_by_role("menu"))).to_be_visible()
    return page


def test_trees(visit: Visits, api: Api) -> None:
    for name in SCREENS:
        file_of(name).write_text(tree_of(name, visit, api))

"""Nothing that a person typed is lost: not by a server that stops, a session that ends, a cut stream or a killed upload."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from aggregates.fact import Role
from api_client import Api, token
from browser import Visits
from jobs.upload import run
from jobs.upload.worker import UploadWorker
from served import Server
from test_account import ACCOUNT
from test_account_change import preview
from test_uploads import choose, go_to_check, upload, uploads, working
from test_widget import SAVED, values, widget_of
from upload_helpers import StopAfter
from vital_signs import running

AWAY: Final = "No connection since"
UPLOADED_A_SECOND: Final = 100_000


@dataclass(frozen=True)
class Form:
    """A form, how it is filled in, whether it still is, its button, what it says when it is saved, and what the API has then."""

    path: str
    fill: Callable[[Page], None]
    assert_kept: Callable[[Page], None]
    button: str
    saved: str
    stored: Callable[[Api], object]
    value: object


def fill_change(page: Page) -> None:
    page.get_by_role("radio", name="Late payers").check()
    page.get_by_role("textbox", name="Reason").fill("Paid late")
    preview(page)


def assert_change_kept(page: Page) -> None:
    expect(page.get_by_role("radio", name="Late payers")).to_be_checked()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Paid late")


def fill_widget(page: Page) -> None:
    page.get_by_role("button", name="Edit City").click()
    page.get_by_label("City", exact=True).fill("Paris")


def assert_widget_kept(page: Page) -> None:
    expect(page.get_by_label("City", exact=True)).to_have_value("Paris")


def fill_drawer(page: Page) -> None:
    page.get_by_label("Age (required)").select_option("30-39")


def assert_drawer_kept(page: Page) -> None:
    expect(page.get_by_label("Age (required)")).to_have_value("A2")


def fill_category(page: Page) -> None:
    page.get_by_label("Description").fill("House owner")


def assert_category_kept(page: Page) -> None:
    expect(page.get_by_label("Description")).to_have_value("House owner")


FORMS: Final = (
    Form(
        "/accounts/A-7/change",
        fill_change,
        assert_change_kept,
        "Assign Late payers",
        "Recorded in the Profile History.",
        lambda api: api.seen(f"{ACCOUNT}/profile").json()["profile_class"],
        "Late payers",
    ),
    Form(
        "/customers/1001",
        fill_widget,
        assert_widget_kept,
        "Save",
        SAVED,
        lambda api: values(api)["city"],
        "Paris",
    ),
    Form(
        "/customers/1002?drawer",
        fill_drawer,
        assert_drawer_kept,
        "OK",
        "Profile saved.",
        lambda api: api.seen("/v1/customers/1002/drawer").json()["categories"][0]["value"],
        "A2",
    ),
    Form(
        "/set-up/categories/2",
        fill_category,
        assert_category_kept,
        "Save the category",
        "Saved.",
        lambda api: api.seen("/v1/categories/2").json()["description"],
        "House owner",
    ),
)


def filled(visit: Visits) -> list[tuple[Form, Page]]:
    """Gives every form, filled in and not saved, each in a browser of its own."""
    pages = [(form, visit.open(form.path)) for form in FORMS]
    for form, page in pages:
        form.fill(page)
    return pages


def press(page: Page, button: str) -> None:
    """Presses the button that saves, once it may be pressed."""
    save = page.get_by_role("button", name=button, exact=True)
    expect(save).not_to_have_attribute("aria-disabled", "true")
    save.click()


def test_nobody_leaves_what_they_typed_without_being_asked(visit: Visits) -> None:
    for form, page in filled(visit):
        if "drawer" in form.path:
            continue  # it covers every link; closing it asks as well, see test_drawer
        question = page.get_by_role("dialog", name="Discard what you changed?")
        for leave in (lambda page: page.get_by_role("link", name="Operations").click(), search_for_ada):
            leave(page)
            question.get_by_role("button", name="Keep editing").click()
            expect(question).to_be_hidden()
            form.assert_kept(page)
        page.get_by_role("link", name="Operations").click()
        question.get_by_role("button", name="Discard").click()
        expect(page.get_by_role("heading", name="Operations", level=1)).to_be_focused()
        page.get_by_role("link", name="Customers", exact=True).click()
        expect(page.get_by_role("heading", name="Customers", level=1)).to_be_focused()


def search_for_ada(page: Page) -> None:
    page.get_by_role("combobox", name="Search").fill("ada")
    page.get_by_role("combobox", name="Search").press("Enter")


def test_a_server_that_stops_and_starts_again_costs_nobody_what_they_typed(
    visit: Visits, api: Api, server: Server
) -> None:
    pages = filled(visit)
    server.stop()
    for form, page in pages:
        press(page, form.button)
        expect(page.get_by_role("alert").filter(has_text="The server cannot be reached.")).to_be_visible()
        expect(page.get_by_text(AWAY)).to_be_visible()
        form.assert_kept(page)
    server.start()
    for form, page in pages:
        expect(page.get_by_text(AWAY)).to_be_hidden()
        form.assert_kept(page)
        press(page, form.button)
        expect(page.get_by_role("status").filter(has_text=form.saved)).to_be_visible()
        assert form.stored(api) == form.value


def test_a_session_that_ends_costs_nobody_what_they_typed(visit: Visits, api: Api) -> None:
    for form, page in filled(visit):
        page.context.clear_cookies()
        press(page, form.button)
        over = page.get_by_role("dialog", name="Your session has ended")
        over.get_by_label("Token").fill(token(Role.ADMINISTRATOR))
        over.get_by_label("Token").press("Enter")
        expect(over).to_be_hidden()
        expect(page.locator(":focus")).to_have_count(1)  # and not the body, which is no match
        form.assert_kept(page)
        press(page, form.button)
        expect(page.get_by_role("status").filter(has_text=form.saved)).to_be_visible()
        assert form.stored(api) == form.value


def test_streams_that_are_cut_tell_afterwards_what_happened_meanwhile(
    visit: Visits, api: Api, server: Server
) -> None:  # rule 3.4
    call = api.post("/v1/interactions", {"customer": "1001", "agent": "agent"}).json()["interaction"]
    api.seen("/v1/interactions")
    agent, operations = visit.open("/customers/1001", Role.AGENT), visit.open("/nowhere")
    with running(api.dossier.database):
        operations.get_by_role("link", name="Operations").click()
        position = operations.get_by_role("listitem").filter(has_text="Log position").get_by_role("img")
        expect(position).to_have_accessible_name(f"Log position: {api.end()}")
        widget = widget_of(agent)
        expect(widget.get_by_text("On call")).to_be_visible()
        fill_widget(agent)
        server.stop()
        assert api.patch(f"/v1/interactions/{call}", {"state": "closed"}).status_code == 200
        api.seen("/v1/interactions")
        lost = operations.get_by_role("status").filter(has_text="No updates since")
        expect(lost).to_be_visible()
        server.start()
        expect(lost).to_be_hidden()
        expect(position).to_have_accessible_name(f"Log position: {api.end()}")
        expect(widget.get_by_text("No call")).to_be_visible()
        assert_widget_kept(agent)
        expect(agent.get_by_label("City", exact=True)).not_to_be_editable()


def test_a_file_that_is_cut_off_on_its_way_is_sent_again_from_where_one_was(
    visit: Visits, api: Api, server: Server
) -> None:
    visit.expect(503)
    content = "Customer No;Born\n" + "".join(f"{number};1906-12-09\n" for number in range(10_000, 40_000))
    page = visit.open("/set-up/uploads/new")
    choose(page, content.encode())
    go_to_check(page)
    expect(page.get_by_role("status").filter(has_text="The first 1,000 rows were checked")).to_be_visible()
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": UPLOADED_A_SECOND}
    line.send("Network.emulateNetworkConditions", slow)
    press(page, "Upload")
    expect(page.get_by_role("progressbar", name="Sending the file")).to_be_visible()
    server.stop()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("The server (cannot be reached|was stopped)"))
    line.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    server.start()
    press(page, "Upload")
    expect(page.get_by_role("heading", name="contacts.csv", level=1)).to_be_visible()
    [received] = uploads(api)
    assert received["size"] == len(content)


def test_an_upload_whose_worker_stops_keeps_its_progress_and_goes_on_by_itself(
    visit: Visits, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 3.2
    monkeypatch.setattr(run, "CHUNK", 2)
    page = visit.open(f"/set-up/uploads/{upload(api)}")
    progress = page.get_by_role("progressbar", name="Progress")
    expect(progress).to_have_attribute("aria-valuetext", re.compile("^0 rows"))
    UploadWorker(api.dossier).work(StopAfter(2))
    expect(progress).to_have_attribute("aria-valuetext", re.compile("^2 rows"))
    with working(api.dossier):
        expect(page.get_by_role("status").filter(has_text="finished: ")).to_be_attached()
    assert uploads(api)[0]["rows"] == 4


def test_what_one_window_has_saved_the_other_reads(visit: Visits) -> None:  # rule 0.7
    page = visit.open("/customers/1001")
    other = page.context.new_page()
    other.goto(f"{visit.address}/customers")
    fill_widget(page)
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as saving:
        press(page, "Save")
    position = int(saving.value.headers["dossier-position"])
    with other.expect_request("**/v1/customers/1001/fields*") as reading:
        other.get_by_role("link", name="Ada Byron").click()
    assert int(reading.value.headers["dossier-position"]) >= position
    expect(other.get_by_role("definition").filter(has_text="Paris")).to_be_visible()

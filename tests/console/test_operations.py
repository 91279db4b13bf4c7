"""The operations pages: the live state of the installation, deliveries, and read models with their rebuild."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_in_address
from outcomes_of import died, settle
from store.deliveries import dead_letter
from store.outcomes import record_resent
from vital_signs import running

WATCHERS = [Role.ADMINISTRATOR, Role.INTEGRATOR, Role.AUDITOR]
FIGURES = ["Log position", "Relay lag", "Read model lag", "Waiting deliveries", "Not sent", "Dead letters"]


@pytest.fixture(autouse=True)
def _everything_runs(api: Api) -> Iterator[None]:
    with running(api.dossier.database):
        yield


def panel(page: Page, name: str) -> Locator:
    """A part of the page by its title."""
    return page.get_by_role("region", name=name, exact=True)


def figure(page: Page, name: str) -> Locator:
    """One of the six numbers."""
    return page.get_by_role("list", name="State of the installation").get_by_role("listitem").filter(has_text=name)


def heading(page: Page, name: str) -> None:
    """Waits for a page by its heading."""
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def state_of(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = api.get("/v1/operations").json()
    return document


def stream(page: Page, *documents: dict[str, Any]) -> None:
    """Answers the stream with these readings."""
    blocks = [f"id: {id_}\nevent: operations\ndata: {json.dumps(each)}\n\n" for id_, each in enumerate(documents, 1)]
    headers = {"Content-Type": "text/event-stream"}
    page.route("**/v1/operations/stream", lambda route: route.fulfill(body="".join(blocks), headers=headers))


@pytest.mark.parametrize("role", WATCHERS)
def test_six_numbers_follow_the_installation_and_lead_to_what_is_behind_them(
    visit: Visits, api: Api, role: Role
) -> None:
    page = visit.open("/customers", role)
    page.get_by_role("link", name="Operations").press("Enter")
    expect(page.get_by_role("heading", name="Operations", level=1)).to_be_focused()
    for name in FIGURES:
        expect(figure(page, name).get_by_role("link")).to_be_visible()
        expect(figure(page, name).get_by_role("img")).to_be_visible()
    dead = figure(page, "Dead letters")
    expect(dead.get_by_role("img", name="Dead letters: 0")).to_be_visible()
    expect(page).to_have_title("Operations · Dossier")
    died(api)
    died(api, "1002")
    expect(dead.get_by_role("img", name="Dead letters: 2")).to_be_visible()  # by the stream
    expect(page).to_have_title("(2) dead letters · Operations · Dossier")
    dead.get_by_role("link").press("Enter")
    expect(page.get_by_role("heading", name="Dead letters", level=1)).to_be_focused()


def test_an_agent_is_not_led_to_operations_and_is_refused_beside_the_thing(visit: Visits) -> None:
    page = visit.open("/customers", Role.AGENT)
    heading(page, "Customers")
    expect(page.get_by_role("link", name="Operations")).to_have_count(0)
    for path in ("/operations", "/operations/dead-letters", "/operations/read-models/drawer"):
        page.goto(f"{visit.address}{path}")
        expect(page.get_by_role("main").get_by_role("alert").first).to_have_text(
            "Allowed to administrator, integrator, auditor only."
        )


def test_pause_stops_the_drawing_and_not_the_collecting(visit: Visits, api: Api) -> None:
    page, other = visit.open("/operations"), visit.open("/operations")
    for each in (page, other):
        expect(figure(each, "Dead letters").get_by_role("img", name="Dead letters: 0")).to_be_visible()
    pause = page.get_by_role("button", name="Pause")
    pause.press("Enter")
    expect(pause).to_have_attribute("aria-pressed", "true")
    died(api)
    expect(figure(other, "Dead letters").get_by_role("img", name="Dead letters: 1")).to_be_visible()
    died(api, "1002")
    expect(figure(other, "Dead letters").get_by_role("img", name="Dead letters: 2")).to_be_visible()
    expect(figure(page, "Dead letters").get_by_role("img", name="Dead letters: 0")).to_be_visible()
    pause.press("Enter")
    expect(figure(page, "Dead letters").get_by_role("img", name="Dead letters: 2")).to_be_visible()


def test_a_lost_stream_says_since_when_and_is_taken_up_again(visit: Visits) -> None:
    page = visit.open("/nowhere")
    page.route("**/v1/operations/stream", lambda route: route.abort())
    page.get_by_role("link", name="Operations").click()
    expect(figure(page, "Dead letters")).to_be_visible()
    lost = page.get_by_role("status").filter(has_text="No updates since")
    expect(lost).to_be_visible()
    page.unroute_all()
    expect(lost).to_be_hidden()


def test_what_is_wrong_says_why_and_what_to_do(visit: Visits, api: Api) -> None:
    broken = state_of(api)
    broken["status"] = "unready"
    broken["faults"] = [
        {"what": "read model drawer", "why": "It stopped at 3.", "todo": "Mend the cause.", "blocks": True}
    ]
    model = next(each for each in broken["read_models"] if each["name"] == "drawer")
    model |= {"state": "stopped", "position": 88_412, "lag": 5}
    model["failure"] = {
        "position": 88_413,
        "event_id": None,
        "topic": "Answered",
        "error": "No such code.",
        "since": None,
    }
    page = visit.open("/nowhere", Role.AUDITOR)
    stream(page, broken)
    page.get_by_role("link", name="Operations").click()
    expect(panel(page, "What is wrong").get_by_role("row").nth(1)).to_contain_text("Mend the cause.")
    first = panel(page, "Read models").get_by_role("row").nth(1)
    expect(first).to_contain_text("stopped at 88,412")
    expect(first).to_contain_text("No such code.")
    expect(page.get_by_role("main")).to_contain_text("answers cannot be trusted")
    first.get_by_role("link", name="drawer").press("Enter")
    heading(page, "drawer")
    expect(panel(page, "State")).to_contain_text("88,413")
    expect(panel(page, "State")).to_contain_text("A read model has stopped at an event")


def test_an_administrator_rebuilds_a_read_model(visit: Visits, api: Api) -> None:
    page = visit.open("/operations")
    panel(page, "Read models").get_by_role("link", name="drawer", exact=True).press("Enter")
    heading(page, "drawer")
    page.get_by_role("button", name="Rebuild…").press("Enter")
    dialog = page.get_by_role("dialog", name="Rebuild drawer?")
    expect(dialog).to_contain_text("Readers keep the present one until the new one is complete.")
    expect(dialog).to_contain_text(f"{api.end()} events")
    dialog.get_by_role("button", name="Rebuild drawer").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("status").filter(has_text="drawer was rebuilt: generation 2.")).to_be_visible()
    expect(page.get_by_role("button", name="Rebuild…")).to_be_visible()


@pytest.mark.parametrize("role", [Role.INTEGRATOR, Role.AUDITOR])
def test_others_see_a_read_model_and_have_no_button(visit: Visits, role: Role) -> None:
    page = visit.open("/operations/read-models/drawer", role)
    expect(panel(page, "State")).to_contain_text("caught up")
    expect(panel(page, "Rebuild")).to_be_visible()
    expect(page.get_by_role("button", name="Rebuild…")).to_have_count(0)


def test_a_second_person_sees_the_progress_of_a_rebuild_and_no_button(visit: Visits, api: Api) -> None:
    first, second = state_of(api), state_of(api)
    for document, at, position in ((first, "2026-06-20T10:42:00Z", 100), (second, "2026-06-20T10:42:02Z", 300)):
        document["at"] = at
        model = next(each for each in document["read_models"] if each["name"] == "drawer")
        started = "2026-06-20T10:41:59Z"
        model["rebuild"] = {"position": position, "target": 1_000, "started_at": started, "active": True}
    page = visit.open("/nowhere")
    stream(page, first, second)
    page.goto(f"{visit.address}/operations/read-models/drawer")
    progress = page.get_by_role("progressbar", name="Progress")
    expect(progress).to_have_attribute("aria-valuetext", "300 of 1,000 events, 100 events a second, 7 s left")
    expect(page.get_by_role("button", name="Rebuild…")).to_have_count(0)


def test_a_rebuild_that_was_ended_can_be_started_again(visit: Visits, api: Api) -> None:
    document = state_of(api)
    model = next(each for each in document["read_models"] if each["name"] == "drawer")
    model["rebuild"] = {"position": 3, "target": 9, "started_at": "2026-06-20T10:41:59Z", "active": False}
    page = visit.open("/nowhere")
    stream(page, document)
    page.goto(f"{visit.address}/operations/read-models/drawer")
    expect(panel(page, "Rebuild")).to_contain_text("The rebuild ended at 3 of 9.")
    expect(page.get_by_role("button", name="Start again…")).to_be_visible()


def test_a_read_model_that_does_not_exist_is_said_so(visit: Visits) -> None:
    page = visit.open("/operations/read-models/nothing")
    expect(page.get_by_text("There is no read model of this name.")).to_be_visible()


@pytest.mark.parametrize("role", WATCHERS)
def test_deliveries_are_listed_by_status_with_their_reason(visit: Visits, api: Api, role: Role) -> None:  # rule 4.5
    delivery = settle(api, "1001", "age_band", dead=True)
    page = visit.open("/operations/deliveries", role)
    row = page.get_by_role("row").filter(has_text="age_band")
    expect(row).to_contain_text("422: unknown value")
    expect(row).not_to_contain_text("category:")
    tabs = page.get_by_role("navigation", name="By status")
    tabs.get_by_role("link", name=re.compile("^sent")).press("Enter")
    expect(page.get_by_text("No delivery is in this status.")).to_be_visible()
    dead = tabs.get_by_role("link", name="dead")
    dead.press("Enter")
    expect(dead).to_have_attribute("aria-current", "page")
    expect(dead).to_contain_text("1")
    assert_in_address(page, "status=dead")
    row.get_by_text("Details").press("Enter")
    row.get_by_role("link", name="Its dead letter").press("Enter")
    heading(page, "Dead letter")
    expect(page.get_by_role("main")).to_contain_text(str(delivery))


def test_a_delivery_shows_the_value_that_was_sent_and_what_it_was_corrected_from(visit: Visits, api: Api) -> None:
    delivery = settle(api, "1001", "age_band", dead=True)
    [recorded] = [
        each["value"] for each in api.get("/v1/deliveries").json()["items"] if each["delivery_id"] == str(delivery)
    ]
    assert api.post(f"/v1/dead-letters/{delivery}/resend", {"value": "corrected"}).status_code == 202
    with api.dossier.database.connection() as connection:
        letter = dead_letter(connection, delivery)
        assert letter is not None
        assert letter.sending is not None
        record_resent(connection, letter.sending, 1)
    for path in ("/operations/deliveries", "/customers/1001"):
        row = visit.open(path).get_by_role("row").filter(has_text="age_band")
        expect(row).to_contain_text(f"corrected from “{recorded}”, only in what is sent: Dossier was not changed")


def test_dead_letters_are_under_what_is_wrong(visit: Visits, api: Api) -> None:
    page = visit.open("/operations")
    wrong = panel(page, "What is wrong")
    expect(wrong).to_contain_text("Nothing is wrong.")
    expect(figure(page, "Relay lag")).to_contain_text("nothing is relayed: no broker is set")
    died(api)
    expect(figure(page, "Dead letters")).to_contain_text("1 waits for somebody")
    expect(page.get_by_role("main").get_by_text("everything runs, but dead letters wait")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("everything works")).to_have_count(0)
    wrong.get_by_role("link", name="1 dead letter").press("Enter")
    heading(page, "Dead letters")


def test_deliveries_of_one_customer_are_in_the_address(visit: Visits) -> None:
    page = visit.open("/operations/deliveries")
    expect(page.get_by_role("rowheader", name="1001").first).to_be_visible()
    expect(page.get_by_role("rowheader", name="1002").first).to_be_visible()
    page.get_by_role("textbox", name="Customer number").fill("1002")
    page.get_by_role("textbox", name="Customer number").press("Enter")
    expect(page.get_by_role("rowheader", name="1001")).to_have_count(0)
    expect(page.get_by_role("rowheader", name="1002").first).to_be_visible()
    assert_in_address(page, "number=1002")


def test_a_list_that_has_become_old_says_so_and_is_read_again_when_asked(visit: Visits, api: Api) -> None:
    page = visit.open("/operations/deliveries")
    row = page.get_by_role("row").filter(has_text="age_band")
    expect(row).to_contain_text("waiting")
    expect(page.get_by_role("navigation", name="By status").get_by_role("link", name="waiting")).to_contain_text("2")
    settle(api, "1001", "age_band", dead=False)
    expect(page.get_by_text("The counts have changed since this list was read.")).to_be_visible()
    expect(row).to_contain_text("waiting")
    page.get_by_role("button", name="Read again").press("Enter")
    expect(row).to_contain_text("sent")
    expect(page.get_by_text("The counts have changed")).to_be_hidden()

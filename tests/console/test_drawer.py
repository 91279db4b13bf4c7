"""The Customer Profile drawer: what it shows, when it opens by itself, OK, Cancel, and what others do meanwhile (rules 1.4-1.12)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from accessibility import assert_accessible
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_settled, press
from store.deliveries import Sending
from store.outcomes import record_sent

TITLE = "Grace Hopper 1002"
DRAWER = "/v1/customers/1002/drawer"


def opened(page: Page) -> Locator:
    """The drawer, opened by way of the menu."""
    page.get_by_role("button", name="More Options").press("Enter")
    profile = page.get_by_role("menuitem", name="Profile")
    expect(profile).to_be_enabled()
    profile.focus()
    expect(profile).to_be_focused()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name=TITLE)
    expect(drawer).to_be_visible()
    return drawer


def answer(api: Api, **responses: str | None) -> None:
    """Somebody else confirms the drawer."""
    body = {"responses": {code.removeprefix("_"): value for code, value in responses.items()}}
    assert api.put(DRAWER, body).status_code == 200
    api.seen(DRAWER)


def stored(api: Api) -> dict[str, Any]:
    """What is stored, by category."""
    drawer = api.seen(DRAWER).json()
    return {each["description"]: each["value"] for each in drawer["categories"] if each["shown"] == "stored"}


def test_it_opens_by_itself_once_at_the_first_category_that_needs_an_answer(visit: Visits) -> None:  # rules 1.10, 1.12
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    expect(drawer.get_by_text("Opened because Age needs an answer.")).to_be_visible()
    expect(drawer.get_by_label("Age (required)")).to_be_focused()
    drawer.get_by_text("Why it opened").click()
    expect(drawer.get_by_role("listitem")).to_have_count(4)
    press(page, "Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("button", name="More Options")).to_be_focused()
    page.get_by_role("link", name="Customers").click()
    page.get_by_role("link", name="Grace Hopper").click()
    expect(page.get_by_role("button", name="More Options")).to_be_visible()
    assert_settled(page)
    expect(drawer).to_be_hidden()


def test_it_says_which_condition_kept_it_closed(visit: Visits, api: Api) -> None:  # rule 1.12
    assert api.put("/v1/controls/K87", {"value": "No"}).status_code == 200
    api.seen(DRAWER)
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = opened(page)
    drawer.get_by_text("Why it did not open").click()
    expect(drawer.get_by_role("listitem").filter(has_text="does not hold")).to_contain_text("K87")


def test_a_blank_choice_is_offered_only_where_there_is_no_default_and_no_need(visit: Visits) -> None:  # rules 1.6, 1.7
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    expect(drawer.get_by_label("Age (required)")).to_be_visible()
    offered = {
        label: drawer.get_by_label(label).get_by_role("option").all_text_contents()[0]
        for label in ("Age (required)", "Homeowner", "Favourite colour")
    }
    assert offered == {"Age (required)": "Choose…", "Homeowner": "(none)", "Favourite colour": "Red"}
    expect(drawer.get_by_label("Favourite colour")).to_have_value("BLUE")
    expect(drawer.get_by_label("Favourite colour")).to_have_accessible_description("Default, stored with OK")


def test_nothing_is_stored_while_a_required_category_is_unanswered(visit: Visits, api: Api) -> None:  # rule 1.8
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Homeowner").select_option("Owns")
    drawer.get_by_label("Homeowner").press("Control+Enter")
    expect(drawer.get_by_label("Age (required)")).to_have_accessible_description("A value must be selected for Age.")
    expect(drawer.get_by_label("Homeowner")).to_have_value("OWN")
    assert stored(api) == {}


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADMINISTRATOR, Role.INTEGRATOR])
def test_ok_stores_what_was_chosen_and_every_shown_default(
    visit: Visits, api: Api, role: Role
) -> None:  # rules 1.6, 1.9, 4.5
    page = visit.open("/customers/1002", role)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Age (required)").select_option("30-39")
    drawer.get_by_role("button", name="OK").click()
    expect(drawer).to_be_hidden()
    status = page.get_by_role("status").filter(has_text="Profile saved.")
    answers = status.get_by_role("list", name="What was stored").get_by_role("listitem")
    expect(answers).to_have_text(["Age: 30-39", "Favourite colour: Blue"])
    expect(status.get_by_role("heading", name="Deliveries")).to_be_visible()
    expect(status.get_by_role("listitem").filter(has_text="age_band")).to_contain_text("waiting")
    expect(page.get_by_role("button", name="More Options")).to_be_focused()
    assert stored(api) == {"Age": "A2", "Favourite colour": "BLUE"}
    drawer = opened(page)
    expect(drawer.get_by_label("Age (required)")).to_have_accessible_description(
        re.compile(f"^Stored, .* – open, by {role.value}$")
    )
    drawer.get_by_role("button", name="OK").click()
    expect(page.get_by_role("status").filter(has_text="Nothing changed.")).to_be_visible()


def test_an_answer_can_hold_from_a_day_on(visit: Visits, api: Api) -> None:  # rule 1.15
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Age (required)").select_option("30-39")
    drawer.get_by_text("Dates").click()
    drawer.get_by_label("From", exact=True).fill("2031-06-01")
    drawer.get_by_label("To", exact=True).fill("2031-05-01")
    drawer.get_by_role("button", name="OK").click()
    expect(drawer.get_by_label("To", exact=True)).to_have_accessible_description(
        "Empty means open The end date must not be before the start date."
    )
    drawer.get_by_label("To", exact=True).fill("")
    drawer.get_by_role("button", name="OK").click()
    expect(drawer).to_be_hidden()
    assert stored(api) == {}
    later = api.seen(f"{DRAWER}?valid_at=2031-06-01").json()
    assert later["categories"][0]["value"] == "A2"


def test_before_it_is_stored_a_back_dated_answer_says_what_it_would_change(
    visit: Visits, api: Api
) -> None:  # rules 0.4, 1.15, 4.5
    today = api.dossier.today()
    stored_before = {"responses": {"1": "A1"}, "effective_from": str(today - timedelta(40))}
    assert api.put(DRAWER, stored_before).status_code == 200
    [waiting] = api.seen("/v1/deliveries?number=1002&status=waiting").json()["items"][-1:]
    with api.dossier.database.connection() as connection:
        sending = Sending(waiting["delivery_id"], "1002", waiting["attribute"], "A1", today, None, waiting["position"])
        record_sent(connection, sending, 1)
    page = visit.open("/customers/1002?drawer", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Age (required)").select_option("30-39")
    expect(drawer.get_by_text("What would this change?")).to_have_count(0)
    drawer.get_by_text("Dates").click()
    drawer.get_by_label("To", exact=True).fill(str(today - timedelta(1)))
    drawer.get_by_label("From", exact=True).fill(str(today - timedelta(10)))
    drawer.get_by_text("What would this change?").click()
    expect(drawer.get_by_text("10 past days would be answered otherwise.")).to_be_visible()
    recorded = drawer.get_by_role("list", name="What would be recorded")
    expect(recorded.get_by_role("listitem").filter(has_text="Age: 18-29 → 30-39")).to_have_count(1)
    sent = drawer.get_by_role("list", name="Sent already, and would not be true any more")
    expect(sent.get_by_role("listitem").filter(has_text="age_band, sent")).to_have_count(1)
    assert_accessible(page)
    drawer.get_by_role("button", name="OK").click()
    expect(drawer).to_be_hidden()
    [entry] = api.seen("/v1/customers/1002/history?order=newest&limit=1").json()["items"]
    assert (entry["effective_from"], len(entry["data"]["impact"])) == (str(today - timedelta(10)), 64)


def test_closing_with_changes_asks_and_keeps_them(visit: Visits, api: Api) -> None:
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Age (required)").select_option("65+")
    for close in (lambda: press(page, "Escape"), drawer.get_by_role("button", name="Cancel").click):
        close()
        page.get_by_role("button", name="Keep editing").press("Enter")
        expect(drawer.get_by_label("Age (required)")).to_have_value("A5")
    drawer.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Discard").press("Enter")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("button", name="More Options")).to_be_focused()
    assert stored(api) == {}


@pytest.mark.parametrize(("choice", "kept"), [("40-49, yours", "A3"), ("30-39, by administrator", "A2")])
def test_two_answers_to_one_category_are_both_shown(visit: Visits, api: Api, choice: str, kept: str) -> None:
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Age (required)").select_option("40-49")
    drawer.get_by_label("Homeowner").select_option("Rents")
    answer(api, _1="A2")
    drawer.get_by_role("button", name="OK").click()
    both = drawer.get_by_role("group", name="Age (required)")
    expect(both.get_by_role("radio", checked=True)).to_have_count(0)
    expect(drawer.get_by_role("button", name="OK")).to_have_attribute("aria-disabled", "true")
    both.get_by_role("radio", name=choice).check()
    drawer.get_by_role("button", name="OK").click()
    expect(drawer).to_be_hidden()
    assert stored(api) == {"Age": kept, "Homeowner": "RENT", "Favourite colour": "BLUE"}


def test_an_answer_to_another_category_is_no_conflict(visit: Visits, api: Api) -> None:
    answer(api, _1="A1")
    page = visit.open("/customers/1002?drawer", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Homeowner").select_option("Owns")
    answer(api, _1="A2")
    drawer.get_by_role("button", name="OK").click()
    expect(drawer).to_be_hidden()
    assert stored(api) == {"Age": "A2", "Homeowner": "OWN", "Favourite colour": "BLUE"}


def test_an_answer_that_was_lost_on_the_way_is_stored_once(visit: Visits, api: Api) -> None:  # rule 0.7
    page = visit.open("/customers/1002", Role.AGENT)
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            keys.append(request.headers["idempotency-key"])

    page.on("request", note)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Age (required)").select_option("30-39")
    page.context.set_offline(True)
    drawer.get_by_role("button", name="OK").click()
    expect(drawer.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    expect(drawer.get_by_label("Age (required)")).to_have_value("A2")
    page.context.set_offline(False)
    drawer.get_by_role("button", name="OK").click()
    expect(drawer).to_be_hidden()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert stored(api)["Age"] == "A2"


def test_who_may_only_read_sees_the_drawer_and_why_ok_is_off(visit: Visits) -> None:
    page = visit.open("/customers/1002", Role.AUDITOR)
    drawer = opened(page)
    ok = drawer.get_by_role("button", name="OK")
    expect(ok).to_have_attribute("aria-disabled", "true")
    expect(ok).to_have_accessible_description("Your role reads profiles and does not change them.")


def test_without_a_category_that_has_responses_profile_is_off_and_says_why(
    visit: Visits, api: Api
) -> None:  # rule 1.11
    for code in (1, 2, 3):
        assert api.delete(f"/v1/categories/{code}").status_code == 200
    api.seen(DRAWER)
    page = visit.open("/nowhere", Role.AGENT)
    late: list[Route] = []
    page.route("**/v1/customers/1002/drawer", lambda route: late.append(route))  # noqa: PLW0108  (Playwright marks its handlers)
    page.goto(f"{visit.address}/customers/1002")
    page.get_by_role("button", name="More Options").press("Enter")
    profile = page.get_by_role("menuitem", name="Profile")
    expect(profile).to_have_accessible_description("")
    for route in late:
        route.continue_()
    expect(profile).to_have_attribute("aria-disabled", "true")
    expect(profile).to_have_accessible_description("No category has responses.")


def test_a_customer_that_was_merged_meanwhile_is_said_so_and_nothing_is_stored_for_another(
    visit: Visits, api: Api
) -> None:  # rule 6.1
    page = visit.open("/customers/1002", Role.AGENT)
    drawer = page.get_by_role("dialog", name=TITLE)
    drawer.get_by_label("Age (required)").select_option("65+")
    assert api.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    drawer.get_by_role("button", name="OK").click()
    expect(drawer.get_by_role("alert")).to_have_text("Customer 1002 was merged into 1001.")
    expect(drawer.get_by_label("Age (required)")).to_have_value("A5")
    expect(drawer.get_by_role("button", name="OK")).to_have_attribute("aria-disabled", "true")
    [age, *_] = api.seen("/v1/customers/1001/drawer").json()["categories"]
    assert age["value"] == "A2"


def test_the_drawer_of_an_erased_customer_is_read_and_not_changed(visit: Visits, api: Api) -> None:  # rule 5.1
    api.dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(api.dossier.company, "1002"))
    page = visit.open("/customers/1002?drawer", Role.AGENT)
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("alert")).to_contain_text("The personal data of this customer were erased.")
    expect(drawer.get_by_role("button", name="OK")).to_have_attribute("aria-disabled", "true")


def test_the_drawer_does_not_open_by_itself_while_a_field_is_edited(visit: Visits, api: Api) -> None:  # rule 1.12
    page = visit.open("/nowhere", Role.ADMINISTRATOR)
    late: list[Route] = []
    page.route("**/v1/customers/1002/drawer", lambda route: late.append(route))  # noqa: PLW0108  (Playwright marks its handlers)
    page.goto(f"{visit.address}/customers/1002")
    page.get_by_role("button", name="Edit City").click()
    for route in late:
        with page.expect_response("**/v1/customers/1002/drawer"):
            route.continue_()
    expect(page.get_by_role("button", name="More Options")).to_be_visible()
    expect(page.get_by_label("City", exact=True)).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)

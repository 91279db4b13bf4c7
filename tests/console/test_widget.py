"""The Customer Profile widget: editing on a call, Sort By, conflicts, and a call that ends meanwhile (rules 3.3-3.9, 5.2)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accessibility import assert_accessible
from aggregates.fact import Role
from api_client import Api
from browser import Visits, press

FIELDS = "/v1/customers/1001/fields"
SAVED = "Customer profile changed successfully"


@pytest.fixture
def call(api: Api) -> str:
    """The id of a call that the agent is on with the customer."""
    answer = api.post("/v1/interactions", {"customer": "1001", "agent": "agent"})
    assert answer.status_code == 201
    api.seen("/v1/interactions")
    return str(answer.json()["interaction"])


def widget_of(page: Page) -> Locator:
    """The widget, once it is there."""
    widget = page.get_by_role("region", name="Customer Profile", exact=True)
    expect(widget.get_by_role("tab", name="Business Fields", exact=True)).to_be_visible()
    return widget


def values(api: Api) -> dict[str, Any]:
    """The values of the business fields."""
    return {each["key"]: each["value"] for each in api.seen(FIELDS).json()["business"]["fields"]}


def test_an_agent_edits_fields_during_a_call_and_its_wrap_up(visit: Visits, api: Api, call: str) -> None:  # rule 3.4
    page = visit.open("/customers/1001", Role.AGENT)
    widget = widget_of(page)
    expect(widget.get_by_text("On call")).to_be_visible()
    edit = widget.get_by_role("button", name="Edit City")
    edit.press("Enter")
    expect(widget.get_by_label("City")).to_be_focused()
    widget.get_by_label("City").fill("Paris")
    expect(widget.get_by_text("1 field changed")).to_be_visible()
    widget.get_by_label("City").press("Enter")
    expect(widget.get_by_role("status")).to_have_text(SAVED)  # rule 3.6
    expect(edit).to_be_focused()
    assert values(api)["city"] == "Paris"

    assert api.patch(f"/v1/interactions/{call}", {"state": "wrap_up"}).status_code == 200
    expect(widget.get_by_text("Wrap-up")).to_be_visible()
    edit.click()
    widget.get_by_label("City").fill("Lyon")
    widget.get_by_role("button", name="Save").click()
    expect(widget.get_by_role("status")).to_have_text(SAVED)
    assert values(api)["city"] == "Lyon"


def test_without_a_call_nothing_can_be_edited_and_each_row_says_why(visit: Visits) -> None:  # rule 3.4
    page = visit.open("/customers/1001", Role.AGENT)
    widget = widget_of(page)
    expect(widget.get_by_text("No call")).to_be_visible()
    expect(widget.get_by_role("button", name="Edit")).to_have_count(0)
    expect(widget.get_by_text("Editing is allowed only during a call or its wrap-up.").first).to_be_attached()


def test_cancel_records_nothing_and_gives_the_focus_back(visit: Visits, api: Api) -> None:  # rule 3.6
    page = visit.open("/customers/1001")
    widget = widget_of(page)
    with api.storing_nothing():
        widget.get_by_role("button", name="Edit City").click()
        widget.get_by_label("City").fill("Paris")
        widget.get_by_role("button", name="Cancel").press("Enter")
        expect(widget.get_by_role("button", name="Edit City")).to_be_focused()
        widget.get_by_role("button", name="Edit City").click()
        expect(widget.get_by_label("City")).to_have_value("London")
        press(page, "Escape")
        expect(widget.get_by_role("button", name="Edit City")).to_be_focused()


def test_wrong_values_are_all_told_at_once_at_their_fields(visit: Visits, api: Api) -> None:  # rule 3.9
    for key, label, kind in (("mobile", "Mobile", "phone"), ("mail", "Mail", "email")):
        body = {"key": key, "label": label, "group": "business", "type": kind}
        assert api.post("/v1/fields", body).status_code == 201
    api.seen(FIELDS)
    page = visit.open("/customers/1001")
    widget = widget_of(page)
    for label in ("Mobile", "Mail"):
        widget.get_by_role("button", name=f"Edit {label}").click()
        widget.get_by_label(label).fill("nonsense")
    widget.get_by_label("Mail").press("Control+Enter")
    for label in ("Mobile", "Mail"):
        expect(widget.get_by_label(label)).to_have_accessible_description(re.compile(f"{label} must be"))
        expect(widget.get_by_label(label)).to_have_value("nonsense")


@pytest.mark.parametrize(("picked", "kept"), [("Oslo, administrator", "Oslo"), ("Paris, yours", "Paris")])
def test_two_values_of_one_field_are_both_shown_and_others_stay(
    visit: Visits, api: Api, call: str, picked: str, kept: str
) -> None:  # rule 3.7
    assert api.patch("/v1/fields/first_name", {"agent_editable": True}).status_code == 200
    api.seen(FIELDS)
    page = visit.open("/customers/1001", Role.AGENT)
    widget = widget_of(page)
    for label, text in (("City", "Paris"), ("First Name", "Augusta")):
        widget.get_by_role("button", name=f"Edit {label}").click()
        widget.get_by_label(label).fill(text)
    assert api.patch(FIELDS, {"fields": {"city": "Oslo"}}).status_code == 200
    api.seen(FIELDS)
    widget.get_by_role("button", name="Save").click()
    both = widget.get_by_role("group", name="City was changed by administrator")
    expect(both.get_by_role("radio")).to_have_count(2)
    expect(both.get_by_role("radio", checked=True)).to_have_count(0)
    expect(widget.get_by_role("button", name="Save")).to_have_attribute("aria-disabled", "true")
    expect(widget.get_by_text("Not saved yet. Choose one of the two values")).to_be_visible()
    expect(widget.get_by_label("First Name")).to_have_value("Augusta")
    both.get_by_role("radio", name=picked).check()
    widget.get_by_role("button", name="Save").click()
    expect(widget.get_by_role("status")).to_have_text(SAVED)
    assert (values(api)["city"], values(api)["first_name"]) == (kept, "Augusta")


def test_another_field_that_was_changed_meanwhile_is_no_conflict(visit: Visits, api: Api) -> None:  # rule 3.7
    page = visit.open("/customers/1001")
    widget = widget_of(page)
    widget.get_by_role("button", name="Edit City").click()
    widget.get_by_label("City").fill("Paris")
    assert api.patch(FIELDS, {"fields": {"first_name": "Augusta"}}).status_code == 200
    widget.get_by_role("button", name="Save").click()
    expect(widget.get_by_role("status")).to_have_text(SAVED)
    assert (values(api)["city"], values(api)["first_name"]) == ("Paris", "Augusta")


def test_a_call_that_ends_while_editing_freezes_what_was_typed(visit: Visits, api: Api, call: str) -> None:  # rule 3.4
    page = visit.open("/customers/1001", Role.AGENT)
    widget = widget_of(page)
    widget.get_by_role("button", name="Edit City").click()
    city = widget.get_by_label("City")
    city.fill("Paris")
    assert api.patch(f"/v1/interactions/{call}", {"state": "closed"}).status_code == 200
    expect(widget.get_by_text("No call")).to_be_visible()
    expect(city).not_to_be_editable()
    expect(city).to_have_value("Paris")
    expect(city).to_have_accessible_description("Editing is allowed only during a call or its wrap-up.")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    widget.get_by_role("button", name="Copy what I typed").click()
    expect(widget.get_by_text("Copied")).to_be_visible()
    save = widget.get_by_role("button", name="Save")
    expect(save).to_have_attribute("aria-disabled", "true")
    expect(widget.get_by_text("What you typed was not saved. Editing is allowed only during a call")).to_be_visible()
    city.press("Control+Enter")
    expect(widget.get_by_role("alert")).to_have_count(0)


def test_before_it_is_saved_a_back_dated_value_says_what_it_would_change(
    visit: Visits, api: Api
) -> None:  # rules 0.4, 3.11
    today = api.dossier.today()
    page = visit.open("/customers/1001")
    widget = widget_of(page)
    widget.get_by_role("button", name="Edit City").click()
    expect(widget.get_by_text("0 fields changed")).to_be_visible()
    widget.get_by_text("Dates").click()
    widget.get_by_label("To", exact=True).fill(str(today - timedelta(1)))
    widget.get_by_label("From", exact=True).fill(str(today - timedelta(10)))
    expect(widget.get_by_text("1 field changed")).to_be_visible()  # today's value, for other days
    widget.get_by_text("What would this change?").click()
    expect(widget.get_by_text("10 past days would be answered otherwise.")).to_be_visible()
    recorded = widget.get_by_role("list", name="What would be recorded").get_by_role("listitem")
    expect(recorded.filter(has_text="City: not set → London")).to_have_count(1)
    expect(widget.get_by_text("Nothing that was sent to Customer Engagement would differ.")).to_be_visible()
    assert_accessible(page)
    widget.get_by_role("button", name="Save").click()
    expect(widget.get_by_role("status")).to_have_text(SAVED)
    [entry] = api.seen("/v1/customers/1001/history?order=newest&limit=1").json()["items"]
    assert (entry["effective_from"], len(entry["data"]["impact"])) == (str(today - timedelta(10)), 64)
    widget.get_by_role("button", name="Edit City").click()
    widget.get_by_text("Dates").click()
    expect(widget.get_by_label("From", exact=True)).to_have_value("")


def test_sorting_keeps_the_focus_and_open_rows(visit: Visits) -> None:  # rule 3.8
    page = visit.open("/customers/1001")
    widget = widget_of(page)
    widget.get_by_role("button", name="Edit City").click()
    widget.get_by_label("City").fill("Paris")
    expect(widget.get_by_role("button", name="Save")).to_be_in_viewport()
    sort = widget.get_by_role("button", name="Sort By")
    sort.press("Space")
    expect(sort).to_be_focused()
    expect(widget.get_by_label("City")).to_have_value("Paris")


def test_masked_values_are_shown_on_demand_to_those_who_may(visit: Visits, api: Api) -> None:  # rule 5.2
    assert api.patch("/v1/fields/first_name", {"masked": True}).status_code == 200
    api.seen(FIELDS)
    widget = widget_of(visit.open("/customers/1001", Role.AGENT))
    expect(widget.get_by_role("definition").first).to_contain_text("••••")
    expect(widget.get_by_role("button", name="Show First Name")).to_have_count(0)
    widget = widget_of(visit.open("/customers/1001", Role.AUDITOR))
    show = widget.get_by_role("button", name="Show First Name")
    expect(show).to_have_accessible_name("Show First Name. This is recorded.")
    show.click()
    expect(widget.get_by_role("definition").first).to_contain_text("Ada")

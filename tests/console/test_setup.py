"""The set-up pages: categories and responses, fields, controls; and what each role may not do (rules 1.1-1.3, 1.13, 3.1, 4.1)."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, WIDE, Visits, assert_settled, press

READERS = (Role.AGENT, Role.INTEGRATOR, Role.AUDITOR)
PAGES = {
    "/set-up/categories/2": "Homeowner",
    "/set-up/categories/new": "New category",
    "/set-up/fields/city": "City",
    "/set-up/fields/new": "New field",
    "/set-up/mappings": "Mappings",
    "/set-up/controls": "Controls",
}

_NOTE_MARKS = """() => {
    window.marked = new Set();
    const note = () => document.querySelectorAll(".just-changed th").forEach((head) => window.marked.add(head.textContent));
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
"""Notes the heads of all rows that are marked as changed from now on, however soon the marks go."""


def row(page: Page, name: str) -> Locator:
    """The row of a table by its first cell."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(name)))


def test_a_category_is_created_with_its_responses_and_changed(visit: Visits, api: Api) -> None:  # rules 1.1, 1.2
    page = visit.open("/set-up/categories", Role.ADMINISTRATOR)
    page.get_by_role("link", name="New category").press("Enter")
    page.get_by_label("Code").fill("0")
    page.get_by_role("button", name="Create the category").press("Enter")
    expect(page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Description")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Code").fill("7")
    page.get_by_label("Description").fill("Pet")
    page.get_by_label("Required").select_option("Yes")
    page.get_by_label("Required").press("Control+Enter")
    expect(page.get_by_role("heading", name="Pet", level=1)).to_be_focused()
    expect(page.get_by_text("It has no response yet")).to_be_visible()
    expect(page.get_by_label("Code")).to_have_attribute("readonly", "")
    for code, description in (("DOG", "Dog"), ("CAT", "Cat")):
        page.get_by_role("button", name="New response").press("Enter")
        dialog = page.get_by_role("dialog", name="New response")
        dialog.get_by_label("Code").fill(code)
        dialog.get_by_label("Description").fill(description)
        dialog.get_by_label("Description").press("Enter")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("rowheader", name=description)).to_be_visible()
    page.get_by_label("Description").fill("House pet")
    page.get_by_label("Reason").fill("clearer")
    page.get_by_role("button", name="Save the category").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("row").filter(has_text="clearer")).to_contain_text("House pet")
    page.get_by_role("button", name="Save the category").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Nothing was changed.")).to_be_visible()
    category = api.seen("/v1/categories/7").json()
    assert (category["description"], category["required"]) == ("House pet", True)
    assert [each["code"] for each in category["responses"]] == ["DOG", "CAT"]


def test_another_default_takes_the_flag_from_the_one_before(visit: Visits, api: Api) -> None:  # rule 1.3
    page = visit.open("/set-up/categories/3")
    button = page.get_by_role("button", name="Make default Red")
    expect(button).to_have_attribute("title", "Blue will not be the default any more.")
    button.press("Enter")
    expect(row(page, "Red")).to_contain_text("default")
    expect(
        page.get_by_role("status").filter(has_text="Red is the default now, and Blue is not any more.")
    ).to_be_attached()
    assert [each["code"] for each in api.seen("/v1/categories/3").json()["responses"] if each["default"]] == ["RED"]


def test_a_response_that_was_changed_is_not_lost_by_esc_or_back(visit: Visits) -> None:
    page = visit.open("/set-up/categories")
    page.get_by_role("link", name="Homeowner").click()
    question = page.get_by_role("dialog", name="Discard what you changed?")
    page.get_by_role("button", name="Edit Rents").click()
    dialog = page.get_by_role("dialog", name="Rents")
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Edit Rents").click()
    dialog.get_by_label("Description").fill("Hires")
    for leave in (lambda: press(page, "Escape"), page.go_back):
        leave()
        question.get_by_role("button", name="Keep editing").click()
        expect(question).to_be_hidden()
        expect(dialog.get_by_label("Description")).to_have_value("Hires")
        expect(page).to_have_url(f"{visit.address}/set-up/categories/2")
    press(page, "Escape")
    question.get_by_role("button", name="Discard").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("rowheader", name="Rents")).to_be_visible()


def test_back_of_the_browser_asks_before_it_leaves_what_was_typed(visit: Visits) -> None:
    page = visit.open("/set-up/categories")
    page.get_by_role("link", name="Homeowner").click()
    description = page.get_by_label("Description", exact=True)
    description.fill("Owner")
    page.go_back()
    question = page.get_by_role("dialog", name="Discard what you changed?")
    question.get_by_role("button", name="Keep editing").click()
    expect(description).to_have_value("Owner")
    page.go_back()
    question.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("heading", name="Categories", level=1)).to_be_visible()
    expect(page).to_have_url(f"{visit.address}/set-up/categories")


def test_responses_change_places(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/categories/3")
    names = page.get_by_role("region", name="Responses").get_by_role("rowheader")
    expect(names).to_have_text(["Red", "Green", re.compile("Blue")])
    expect(page.get_by_role("button", name="Up Red")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Up Blue").press("Enter")
    expect(names).to_have_text(["Red", re.compile("Blue"), "Green"])
    page.get_by_role("button", name="Down Red").press("Enter")
    expect(names).to_have_text([re.compile("Blue"), "Red", "Green"])
    assert [each["code"] for each in api.seen("/v1/categories/3").json()["responses"]] == ["BLUE", "RED", "GREEN"]


def test_nothing_is_deleted_and_a_deactivation_says_what_it_means(visit: Visits, api: Api) -> None:  # rule 1.13
    page = visit.open("/set-up/categories/2")
    page.get_by_role("button", name="Deactivate Rents").press("Enter")
    dialog = page.get_by_role("dialog", name="Deactivate Rents?")
    expect(dialog).to_contain_text("keep it in their history")
    dialog.get_by_role("button", name="Deactivate").press("Enter")
    expect(row(page, "Rents")).to_contain_text("inactive")
    page.get_by_role("button", name="Activate Rents", exact=True).press("Enter")
    page.get_by_role("dialog", name="Activate Rents?").get_by_role("button", name="Activate", exact=True).press("Enter")
    expect(row(page, "Rents")).not_to_contain_text("inactive")
    page.get_by_role("button", name="Deactivate Homeowner").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").press("Enter")
    expect(page.get_by_role("button", name="Activate Homeowner", exact=True)).to_be_visible()
    assert api.seen("/v1/categories/2").json()["active"] is False


def test_what_another_window_saved_meanwhile_is_shown_and_nothing_is_lost(visit: Visits, api: Api) -> None:  # rule 0.7
    page = visit.open("/set-up/categories/2")
    page.get_by_label("Description").fill("House owner")
    assert api.patch("/v1/categories/2", {"required": True}).status_code == 200
    api.seen("/v1/categories/2")
    page.get_by_role("button", name="Save the category").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Required")).to_have_accessible_description(
        re.compile("Meanwhile it was changed to: yes.")
    )
    expect(page.get_by_label("Description")).to_have_value("House owner")
    page.get_by_role("button", name="Go on from the present one").press("Enter")
    page.get_by_role("button", name="Save the category").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    category = api.seen("/v1/categories/2").json()
    assert (category["description"], category["required"]) == ("House owner", True)


def test_a_control_that_was_set_elsewhere_meanwhile_is_set_after_a_second_look(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/controls")
    dialog = page.get_by_role("dialog", name="Send Profile Data to ORCE")
    page.get_by_role("button", name="Change L51").click()
    dialog.get_by_label("Reason").fill("The link is down")
    dialog.get_by_label("Value", exact=True).select_option("No")
    assert api.put("/v1/controls/K87", {"value": "No"}).status_code == 200  # another control is no conflict
    dialog.get_by_role("button", name="Set the value").click()
    expect(dialog).to_be_hidden()
    assert api.seen("/v1/controls/L51").json()["value"] == "No"
    page.get_by_role("button", name="Change L51").click()
    dialog.get_by_label("Reason").fill("For good")
    assert api.put("/v1/controls/L51", {"value": "Yes"}).status_code == 200
    dialog.get_by_role("button", name="Set the value").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_label("Value", exact=True)).to_have_accessible_description(
        re.compile("Meanwhile it was changed to: Yes.")
    )
    expect(dialog.get_by_label("Reason")).to_have_value("For good")
    dialog.get_by_role("button", name="Set the value").click()
    expect(dialog).to_be_hidden()
    assert api.seen("/v1/controls/L51").json()["value"] == "No"


def test_a_mapping_that_was_changed_elsewhere_meanwhile_is_not_overwritten_unseen(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/mappings")
    page.get_by_role("button", name="Change City").click()
    attribute = page.get_by_role("dialog", name="City").get_by_label("Attribute")
    attribute.fill("town")
    assert api.put("/v1/attribute-mappings/field:city", {"attribute": "place"}).status_code == 200
    api.seen("/v1/attribute-mappings")
    attribute.press("Enter")
    expect(attribute).to_have_accessible_description(re.compile("Meanwhile it was changed to: place."))
    press(page, "Escape")
    page.get_by_role("button", name="Keep editing").press("Enter")
    expect(attribute).to_have_value("town")
    attribute.press("Enter")
    expect(attribute).to_be_hidden()
    assert api.seen("/v1/attribute-mappings/field:city").json()["attribute"] == "town"


def test_a_form_says_that_it_was_filled_from_what_is_not_there_any_more(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/categories/2")
    page.get_by_label("Description").fill("House owner")
    assert api.patch("/v1/categories/2", {"required": True}).status_code == 200
    api.seen("/v1/categories/2/history")
    page.get_by_role("region", name="Responses").get_by_role("button", name="Up Rents").press("Enter")
    notice = page.get_by_role("status").filter(has_text=re.compile(r"administrator changed Required at \d\d:\d\d\."))
    expect(notice).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("House owner")
    expect(page.get_by_label("Required")).to_have_value("false")
    notice.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_label("Required")).to_have_value("true")
    expect(page.get_by_label("Description")).to_have_value("House owner")
    page.get_by_role("button", name="Save the category").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()


def test_what_just_changed_is_marked_for_a_moment(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/mappings")
    page.get_by_role("button", name="Change City").press("Enter")
    page.evaluate(_NOTE_MARKS)
    attribute = page.get_by_role("dialog", name="City").get_by_label("Attribute")
    attribute.fill("town")
    attribute.press("Enter")
    page.wait_for_function("() => window.marked.size > 0")
    expect(row(page, "^City$")).not_to_have_class("just-changed")
    assert page.evaluate("[...window.marked]") == ["City"]


def test_a_field_is_defined_and_changed(visit: Visits, api: Api) -> None:  # rule 3.1
    page = visit.open("/set-up/fields", Role.ADMINISTRATOR)
    page.get_by_role("link", name="New field").press("Enter")
    page.get_by_label("Key").fill("shoe_size")
    page.get_by_label("Label").fill("Shoe size")
    page.get_by_label("Type").select_option("choice")
    page.get_by_label("Choices").fill("small\nlarge")
    page.get_by_role("button", name="Create the field").press("Enter")
    expect(page.get_by_role("heading", name="Shoe size", level=1)).to_be_focused()
    expect(page.get_by_label("Key")).to_have_attribute("readonly", "")
    page.get_by_label("Agent Editable").select_option("Yes")
    page.get_by_role("button", name="Save the field").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    field = api.seen("/v1/fields/shoe_size").json()
    assert (field["choices"], field["agent_editable"]) == (["small", "large"], True)


def test_a_control_tells_its_effect_before_and_after(visit: Visits, api: Api) -> None:  # rule 4.1
    page = visit.open("/set-up/controls", Role.ADMINISTRATOR)
    expect(row(page, "L51")).to_contain_text("are sent, if L37 is INTERACT")
    page.get_by_role("button", name="Change L51").press("Enter")
    dialog = page.get_by_role("dialog", name="Send Profile Data to ORCE")
    dialog.get_by_label("Value", exact=True).select_option("No")
    expect(dialog.get_by_label("Value", exact=True)).to_have_accessible_description(
        "L51 is No: profile changes are stored and not sent."
    )
    dialog.get_by_label("To", exact=True).fill("2020-01-01")
    dialog.get_by_role("button", name="Set the value").press("Enter")
    expect(dialog.get_by_label("To", exact=True)).to_have_accessible_description(
        re.compile("The end date must not be before the start date.")
    )
    dialog.get_by_label("To", exact=True).fill("")
    dialog.get_by_role("button", name="Set the value").press("Enter")
    expect(dialog).to_be_hidden()
    expect(row(page, "L51")).to_contain_text("L51 is No: profile changes are stored and not sent.")
    assert api.seen("/v1/controls/L51").json()["value"] == "No"


def test_a_field_is_mapped_to_an_attribute_and_unmapped(visit: Visits, api: Api) -> None:  # rule 4.2
    page = visit.open("/set-up/mappings", Role.ADMINISTRATOR)
    expect(row(page, "^Age$")).to_contain_text("age_band")
    page.get_by_role("button", name="Change City").press("Enter")
    dialog = page.get_by_role("dialog", name="City")
    dialog.get_by_label("Attribute").fill("1town")
    dialog.get_by_label("Attribute").press("Enter")
    expect(dialog.get_by_label("Attribute")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Attribute").fill("town")
    dialog.get_by_label("Attribute").press("Enter")
    expect(dialog).to_be_hidden()
    expect(row(page, "^City$")).to_contain_text("town")
    assert api.seen("/v1/attribute-mappings/field:city").json()["attribute"] == "town"
    page.get_by_role("button", name="Change City").press("Enter")
    dialog.get_by_label("Attribute").fill("")
    dialog.get_by_role("button", name="Save the attribute").press("Enter")
    expect(row(page, "^City$")).to_contain_text("(not mapped)")


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AGENT])
def test_every_control_has_its_history(visit: Visits, api: Api, role: Role) -> None:  # rules 0.1, 4.1
    change = {"value": "No", "effective_from": "2031-01-01", "reason": "not from 2031 on"}
    assert api.put("/v1/controls/L51", change).status_code == 200
    api.seen("/v1/controls/L51/history")
    page = visit.open("/set-up/controls", role)
    button = page.get_by_role("button", name="History L51")
    button.press("Enter")
    dialog = page.get_by_role("dialog", name="History of Send Profile Data to ORCE")
    latest = dialog.get_by_role("row").nth(1)
    expect(latest).to_contain_text("Yes → No")
    expect(latest).to_contain_text("1 Jan 2031 – open")
    expect(latest).to_contain_text("not from 2031 on")
    press(page, "Escape")
    expect(button).to_be_focused()
    page.get_by_role("button", name="History TZ").press("Enter")
    expect(page.get_by_role("dialog").get_by_text("It was never changed.")).to_be_visible()


def test_every_mapping_has_its_history(visit: Visits, api: Api) -> None:  # rules 0.1, 4.2
    for attribute in ("town", "city"):
        assert api.put("/v1/attribute-mappings/field:city", {"attribute": attribute}).status_code == 200
    assert api.delete("/v1/attribute-mappings/field:city").status_code == 200
    api.seen("/v1/attribute-mappings/field:city/history")
    page = visit.open("/set-up/mappings", Role.AUDITOR)
    page.get_by_role("button", name="History City").press("Enter")
    rows = page.get_by_role("dialog", name="History of City").get_by_role("row")
    for index, text in enumerate(("city → (none)", "town → city", "(none) → town"), start=1):
        expect(rows.nth(index)).to_contain_text(text)
    assert_accessible(page)


@pytest.mark.parametrize("role", READERS)
def test_mappings_are_read_by_every_role_and_changed_by_administrators(visit: Visits, role: Role) -> None:
    page = visit.open("/set-up/mappings", role)
    expect(page.get_by_role("button", name="Change City")).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("role", READERS)
def test_who_only_reads_the_set_up_sees_it_and_why_it_is_not_changed(visit: Visits, role: Role) -> None:
    page = visit.open("/set-up/categories", role)
    expect(page.get_by_role("link", name="Homeowner")).to_be_visible()
    expect(page.get_by_role("link", name="New category")).to_have_count(0)
    page.get_by_role("link", name="Homeowner").press("Enter")
    for name in ("Save the category", "New response", "Edit Rents", "Deactivate Homeowner", "Deactivate Rents"):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_accessible_description("Your role reads the set-up and does not change it.")
    expect(page.get_by_role("region", name="History").get_by_role("row")).not_to_have_count(0)
    page.goto(f"{visit.address}/set-up/fields")
    expect(page.get_by_role("link", name="City")).to_be_visible()
    expect(page.get_by_role("link", name="New field")).to_have_count(0)
    page.goto(f"{visit.address}/set-up/fields/city")
    expect(page.get_by_role("button", name="Save the field")).to_have_attribute("aria-disabled", "true")
    page.goto(f"{visit.address}/set-up/controls")
    expect(page.get_by_role("button", name="Change L51")).to_have_attribute("aria-disabled", "true")


def test_the_past_is_looked_at_and_not_changed(visit: Visits, api: Api) -> None:
    page = visit.open("/set-up/controls?valid=2031-06-20")
    change = page.get_by_role("button", name="Change L51")
    expect(change).to_be_visible()
    expect(change).not_to_have_attribute("aria-disabled", "true")
    known_at = api.seen("/v1/controls").headers["Dossier-Known-At"]
    page.goto(f"{visit.address}/set-up/controls?known={known_at}")
    expect(change).to_have_accessible_description("The past is looked at, not changed: go back to now first.")


def test_no_page_of_the_set_up_keeps_anybody_out(visit: Visits) -> None:
    for width in (WIDE, NARROW):
        page = visit.open("/set-up", width=width)
        for path, heading in PAGES.items():
            page.goto(f"{visit.address}{path}")
            expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
            assert_settled(page)
            assert_accessible(page)
            assert_no_sideways_scrolling(page)
        page.get_by_role("button", name="Change L51").press("Enter")
        expect(page.get_by_role("dialog", name="Send Profile Data to ORCE")).to_be_visible()
        assert_accessible(page)

"""“More Options” of a customer: alternate numbers and merging, as each role may (rules 1.14, 6.1)."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_in_address, press

CUSTOMER = "/v1/customers/1001"
WRITERS = {Role.AGENT, Role.ADMINISTRATOR, Role.INTEGRATOR}
SINCE = re.compile(r"Out of date since \d+ \w+ \d{4}\.")


def options(page: Page) -> Locator:
    """The entries of the menu, which is opened."""
    page.get_by_role("button", name="More Options").press("Enter")
    return page.get_by_role("menuitem")


def numbers(page: Page) -> Locator:
    """The dialog of alternate numbers, opened by way of the menu."""
    options(page).filter(has_text="Alternate numbers…").press("Enter")
    dialog = page.get_by_role("dialog", name="Alternate numbers: Ada Byron")
    expect(dialog).to_be_visible()
    return dialog


def row(dialog: Locator, number: str) -> Locator:
    """The row of a number."""
    return dialog.get_by_role("row").filter(has=dialog.page.get_by_role("rowheader", name=number, exact=True))


def panel(page: Page, name: str) -> Locator:
    """A part of the page by its title."""
    return page.get_by_role("region", name=name, exact=True)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_offered_what_it_may_do(visit: Visits, role: Role) -> None:
    page = visit.open("/customers/1001", role)
    offered = ["Profile", "History", "Compare"]
    if role in WRITERS:
        offered.insert(1, "Alternate numbers…")
    if role is Role.ADMINISTRATOR:
        offered.insert(2, "Merge…")
        offered.append("Erase personal data…")
    expect(options(page)).to_have_text(offered)
    page.goto(f"{visit.address}/customers/1001/merge?other=1002")
    refusal = page.get_by_text("Your role does not merge customers.")
    expect(refusal).to_have_count(0 if role is Role.ADMINISTRATOR else 1)
    expect(page.get_by_role("link", name="Merge", exact=True)).to_have_count(1 if role is Role.ADMINISTRATOR else 0)


@pytest.mark.parametrize("role", sorted(WRITERS))
def test_a_new_number_takes_the_place_of_the_primary_one_which_stays_as_out_of_date(
    visit: Visits, api: Api, role: Role
) -> None:  # rule 1.14
    page = visit.open("/customers/1001", role)
    dialog = numbers(page)
    expect(row(dialog, "A1001")).to_contain_text("Primary")
    dialog.get_by_role("textbox", name="New number").fill("b7")
    expect(dialog.get_by_role("checkbox", name="Primary in place of A1001")).to_be_checked()
    dialog.get_by_role("textbox", name="New number").press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("B7 is primary now; A1001 is out of date.")
    expect(row(dialog, "B7")).to_contain_text("Primary")
    expect(row(dialog, "A1001")).to_contain_text(SINCE)
    press(page, "Escape")
    expect(page.get_by_role("button", name="More Options")).to_be_focused()
    expect(page.get_by_role("main")).to_contain_text("B7")
    page.get_by_text("Former and further numbers").click()
    expect(page.get_by_role("listitem").filter(has_text="A1001")).to_contain_text(SINCE)
    page.get_by_role("combobox", name="Search").press_sequentially("A1001")
    expect(page.get_by_role("option").filter(has_text="A1001, Ada Byron")).to_contain_text(SINCE)
    page.goto(f"{visit.address}/customers?by=alternate&for=A1001")
    expect(page.get_by_role("rowheader").filter(has_text="Ada Byron")).to_contain_text(SINCE)
    changed = api.seen(f"{CUSTOMER}/history").json()["items"][-1]
    assert (changed["actor"], changed["source"]) == (role.value, "ui")


def test_a_further_number_is_made_primary_and_another_is_removed(visit: Visits, api: Api) -> None:  # rule 1.14
    page = visit.open("/customers/1001")
    dialog = numbers(page)
    remove = row(dialog, "A1001").get_by_role("button", name="Remove A1001")
    expect(remove).not_to_have_attribute("aria-disabled", "true")
    dialog.get_by_role("textbox", name="New number").fill("C8")
    dialog.get_by_role("checkbox", name="Primary in place of A1001").press("Space")
    dialog.get_by_role("textbox", name="Reason").fill("Moved")
    dialog.get_by_role("button", name="Add the number").press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("C8 was added.")
    expect(remove).to_have_accessible_description("This is the primary number. Make another number primary first.")
    row(dialog, "C8").get_by_role("button", name="Make primary C8").press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("C8 is primary now; A1001 is out of date.")
    remove.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("A1001 was removed.")
    expect(row(dialog, "A1001")).to_contain_text(SINCE)
    expect(row(dialog, "A1001").get_by_role("button")).to_have_count(0)
    read = api.seen(CUSTOMER).json()["alternate_numbers"]
    assert [(each["number"], each["current"]) for each in read] == [("C8", True), ("A1001", False)]


def test_a_number_that_somebody_has_is_refused_at_its_field(visit: Visits) -> None:  # rule 1.14
    page = visit.open("/customers/1001", Role.AGENT)
    dialog = numbers(page)
    field = dialog.get_by_role("textbox", name="New number")
    add = dialog.get_by_role("button", name="Replace the primary number")
    expect(add).to_have_accessible_description("Enter a number first.")
    field.fill("G1002")
    field.press("Control+Enter")
    expect(field).to_have_accessible_description(re.compile(r"Alternate number G1002 is already in use\.$"))
    field.fill("no such number!")
    field.press("Enter")
    expect(field).to_have_accessible_description(re.compile("letters or digits"))
    press(page, "Escape")
    page.get_by_role("button", name="Keep editing").press("Enter")
    expect(field).to_have_value("no such number!")


def test_a_list_that_somebody_else_changed_meanwhile_is_shown_and_what_was_typed_stays(
    visit: Visits, api: Api
) -> None:  # rule 0.7
    page = visit.open("/customers/1001", Role.AGENT)
    dialog = numbers(page)
    field = dialog.get_by_role("textbox", name="New number")
    field.fill("B7")
    number = {"alternate_number": "C8", "primary": True}
    assert api.post(f"{CUSTOMER}/alternate-numbers", number).status_code == 201
    api.seen(CUSTOMER)
    field.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("administrator")
    expect(row(dialog, "C8")).to_contain_text("Primary")
    expect(field).to_have_value("B7")
    field.press("Control+Enter")
    expect(dialog.get_by_role("status")).to_have_text("B7 is primary now; C8 is out of date.")


def test_a_customer_without_numbers_says_so(visit: Visits, api: Api) -> None:  # rule 1.14
    assert api.delete(f"{CUSTOMER}/alternate-numbers/A1001").status_code == 200
    assert api.post("/v1/customers", {"number": "1009", "name": "Ada Byron"}).status_code == 201
    api.seen("/v1/customers/1009")
    page = visit.open("/customers/1009")
    expect(numbers(page)).to_contain_text("No data to display")


def test_the_past_is_not_changed(visit: Visits, api: Api) -> None:
    page = visit.open(f"/customers/1001?known={api.seen(CUSTOMER).json()['known_at']}")
    for name in ("Alternate numbers…", "Merge…"):
        expect(options(page).filter(has_text=name)).to_have_attribute("aria-disabled", "true")
        press(page, "Escape")


@pytest.fixture
def duplicate(api: Api) -> Api:
    """Grace, 1002, has answers and a city of her own, and a loan number that Ada does not have."""
    assert api.put("/v1/customers/1002/drawer", {"responses": {"1": "A5", "2": "OWN"}}).status_code == 200
    for number in ("1001", "1002"):
        for part in ("", "/drawer", "/fields"):
            api.seen(f"/v1/customers/{number}{part}")
    return api


def test_a_merge_says_what_it_does_before_it_is_done(visit: Visits, duplicate: Api) -> None:  # rule 6.1
    page = visit.open("/customers/1002")
    options(page).filter(has_text="Merge…").press("Enter")
    expect(page.get_by_role("heading", name="Merge: Grace Hopper", level=1)).to_be_focused()
    page.get_by_role("textbox", name="Number of the other customer").fill("1001")
    page.get_by_role("textbox", name="Number of the other customer").press("Enter")
    effect = panel(page, "What the merge does")
    older = effect.get_by_role("radio", name="Ada Byron 1001")
    expect(older).to_be_checked()
    age = effect.get_by_role("row").filter(has_text="Age")
    expect(age.get_by_role("cell")).to_have_text(["30-39", "65+", "30-39"])
    home = effect.get_by_role("row").filter(has_text="Homeowner")
    expect(home.get_by_role("cell")).to_have_text(["not set", "Owns", "Owns taken from 1002"])
    expect(effect).to_contain_text("Number 1002 and its alternate numbers lead to 1001 from then on")
    effect.get_by_role("radio", name="Grace Hopper 1002").check()
    expect(age.get_by_role("cell")).to_have_text(["65+", "30-39", "65+"])
    expect(effect).to_contain_text("Number 1001 and its alternate numbers lead to 1002 from then on")
    older.check()
    effect.get_by_text("What would this change?").click()
    recorded = effect.get_by_role("list", name="What would be recorded").get_by_role("listitem")
    expect(recorded.filter(has_text="Homeowner: not set → Owns")).to_have_count(1)
    expect(effect).to_contain_text("No answer about a past day differs.")
    effect.get_by_role("textbox", name="Reason").fill("Same person")
    effect.get_by_role("textbox", name="Reason").press("Enter")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_focused()
    expect(page.get_by_text("Customer 1002 was merged into 1001.")).to_be_visible()
    drawer = duplicate.seen("/v1/customers/1001/drawer").json()["categories"]
    assert [each["value_description"] for each in drawer[:2]] == ["30-39", "Owns"]
    entry = duplicate.seen("/v1/customers/1001/history").json()["items"][-1]
    assert (entry["reason"], len(entry["data"]["impact"])) == ("Same person", 64)


def test_the_preview_of_a_merge_is_of_any_day(visit: Visits, duplicate: Api) -> None:  # rules 1.15, 6.1
    tomorrow = str(duplicate.dossier.today() + timedelta(1))
    planned = {"responses": {"2": "RENT"}, "effective_from": tomorrow}
    assert duplicate.put("/v1/customers/1001/drawer", planned).status_code == 200
    duplicate.seen("/v1/customers/1001/drawer")
    page = visit.open("/customers/1001/merge?other=1002")
    effect = panel(page, "What the merge does")
    home = effect.get_by_role("row").filter(has_text="Homeowner")
    expect(home.get_by_role("cell")).to_have_text(["not set", "Owns", "Owns taken from 1002"])
    effect.get_by_role("textbox", name="Reason").fill("Same person")
    effect.get_by_label("Show what the merge does on").fill(tomorrow)
    expect(home.get_by_role("cell")).to_have_text(["Rents", "Owns", "Rents"])
    expect(effect.get_by_role("textbox", name="Reason")).to_have_value("Same person")
    effect.get_by_role("button", name="Today").click()
    expect(home.get_by_role("cell")).to_have_text(["not set", "Owns", "Owns taken from 1002"])
    effect.get_by_role("button", name="Merge 1002 into 1001").press("Enter")
    expect(page.get_by_text("Customer 1002 was merged into 1001.")).to_be_visible()


def test_the_one_that_is_chosen_survives(visit: Visits, duplicate: Api) -> None:  # rule 6.1
    page = visit.open("/customers/1001/merge?other=1002")
    panel(page, "What the merge does").get_by_role("radio", name="Grace Hopper 1002").check()
    page.get_by_role("button", name="Merge 1001 into 1002").press("Enter")
    expect(page.get_by_text("Customer 1001 was merged into 1002.")).to_be_visible()
    assert_in_address(page, "/customers/1002")


def test_a_merge_that_cannot_be_is_said_so(visit: Visits, api: Api) -> None:  # rule 6.1
    page = visit.open("/customers/1001/merge?other=1001")
    effect = panel(page, "What the merge does")
    expect(effect).to_contain_text("A customer cannot be merged with itself.")
    page.goto(f"{visit.address}/customers/1001/merge?other=4711")
    expect(effect.get_by_role("alert")).to_contain_text("Customer 4711 does not exist.")
    expect(page.get_by_role("button", name=re.compile("^Merge"))).to_have_count(0)


def test_a_customer_that_changed_meanwhile_is_looked_at_again_before_it_is_merged(
    visit: Visits, duplicate: Api
) -> None:  # rule 0.7
    page = visit.open("/customers/1001/merge?other=1002")
    effect = panel(page, "What the merge does")
    effect.get_by_role("textbox", name="Reason").fill("Same person")
    assert duplicate.put("/v1/customers/1001/drawer", {"responses": {"2": "RENT"}}).status_code == 200
    duplicate.seen("/v1/customers/1001/drawer")
    effect.get_by_role("textbox", name="Reason").press("Control+Enter")
    expect(effect.get_by_role("alert")).to_contain_text("administrator")
    home = effect.get_by_role("row").filter(has_text="Homeowner")
    expect(home.get_by_role("cell")).to_have_text(["Rents", "Owns", "Rents"])
    expect(effect.get_by_role("textbox", name="Reason")).to_have_value("Same person")
    effect.get_by_role("button", name="Merge 1002 into 1001").press("Enter")
    expect(page.get_by_text("Customer 1002 was merged into 1001.")).to_be_visible()


def test_a_merge_is_undone(visit: Visits, duplicate: Api) -> None:  # rule 6.1
    assert duplicate.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    duplicate.seen("/v1/customers/1001")
    page = visit.open("/customers/1001/merge")
    merged = panel(page, "Merged into this customer")
    merged.get_by_role("button", name="Undo the merge of 1002…").press("Enter")
    dialog = page.get_by_role("dialog", name="Undo the merge of 1002?")
    expect(dialog).to_contain_text("Both histories stay")
    dialog.get_by_role("textbox", name="Reason").fill("Two persons")
    dialog.get_by_role("textbox", name="Reason").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Customer 1002 is separate again.")).to_be_visible()
    assert duplicate.seen("/v1/customers/1002").json()["number"] == "1002"
    assert duplicate.seen("/v1/customers/1001").json()["aliases"] == []


def test_personal_data_are_erased_once_it_is_said_what_that_does(visit: Visits, api: Api) -> None:  # rule 5.1
    page = visit.open("/customers/1001", Role.ADMINISTRATOR)
    options(page).filter(has_text="Erase personal data…").press("Enter")
    dialog = page.get_by_role("dialog", name="Erase the personal data of customer 1001?")
    expect(dialog).to_contain_text("Nothing brings the personal data back.")
    erase = dialog.get_by_role("button", name="Erase personal data")
    expect(erase).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Reason").fill("Request 2026-117")
    expect(erase).not_to_have_attribute("aria-disabled", "true")
    erase.click()
    expect(dialog).to_have_count(0)
    expect(
        page.get_by_role("status").filter(has_text="The personal data of customer 1001 were erased.")
    ).to_be_visible()
    expect(page.get_by_role("heading", name="[erased]", level=1)).to_be_visible()
    entry = api.seen(f"{CUSTOMER}/history?order=newest").json()["items"][0]
    assert (entry["topic"], entry["reason"]) == ("customer.personal_data_erased", "Request 2026-117")
    page = visit.open("/customers/1001", Role.ADMINISTRATOR)
    expect(options(page)).to_have_text(["Profile", "Alternate numbers…", "Merge…", "History", "Compare"])

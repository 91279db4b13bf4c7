"""The history of a customer, and two points of it side by side (rules 0.3, 2.22, 6.1)."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_in_address
from business_fields import upload_row

CUSTOMER = "/v1/customers/1001"


def panel(page: Page, name: str) -> Locator:
    """A part of the page by its title."""
    return page.get_by_role("region", name=name, exact=True)


def rows(page: Page) -> Locator:
    """The events, the last one first, after the row of heads."""
    return page.get_by_role("table", name="History").get_by_role("row")


@pytest.fixture
def told(api: Api) -> Api:
    """Customer 1001 is 40-49 since a week ago, has moved to Paris, and has another primary alternate number."""
    week_ago = api.dossier.today() - timedelta(7)
    answer = {"responses": {"1": "A3"}, "effective_from": str(week_ago), "reason": "Said so by phone"}
    assert api.put(f"{CUSTOMER}/drawer", answer).status_code == 200
    assert api.patch(f"{CUSTOMER}/fields", {"fields": {"city": "Paris"}}).status_code == 200
    number = {"alternate_number": "B7", "primary": True}
    assert api.post(f"{CUSTOMER}/alternate-numbers", number).status_code == 201
    for path in (CUSTOMER, f"{CUSTOMER}/history", f"{CUSTOMER}/fields", f"{CUSTOMER}/drawer"):
        assert api.seen(path).status_code == 200
    return api


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_what_each_event_changed_for_which_days_and_why(
    visit: Visits, told: Api, role: Role
) -> None:  # rules 0.2, 0.4, 2.22
    page = visit.open("/customers/1001", role)
    page.get_by_role("button", name="More Options").press("Enter")
    page.get_by_role("menuitem", name="History").press("Enter")
    expect(page.get_by_role("heading", name="History: Ada Byron", level=1)).to_be_focused()
    answered = rows(page).filter(has_text="Answered").filter(has_text="Said so by phone")
    expect(answered).to_contain_text("Age: 40-49")
    expect(answered).to_contain_text("back-dated")
    expect(answered).to_contain_text("administrator, API")
    expect(rows(page).filter(has_text="City: London Paris")).to_contain_text("Edited")
    expect(rows(page).nth(1)).to_contain_text("Alternate number B7 added, primary in place of A1001")
    expect(answered).to_contain_text("in force")
    first = rows(page).filter(has_text="Age: 30-39")
    expect(first.get_by_role("link", name="Answered", exact=True)).to_be_visible()


def test_days_are_marked_as_past_in_force_or_planned(visit: Visits, told: Api) -> None:  # rules 0.4, 2.22
    tomorrow = told.dossier.today() + timedelta(1)
    planned = {"responses": {"1": "A4"}, "effective_from": str(tomorrow)}
    assert told.put(f"{CUSTOMER}/drawer", planned).status_code == 200
    told.seen(f"{CUSTOMER}/history")
    page = visit.open("/customers/1001/history", Role.AGENT)
    expect(rows(page).filter(has_text="50-64")).to_contain_text("planned")
    answered = rows(page).filter(has_text="Answered").filter(has_text="Said so by phone")
    expect(answered).to_contain_text("in force")
    page.goto(f"{visit.address}/customers/1001/history?valid={tomorrow}")
    expect(rows(page).filter(has_text="50-64")).to_contain_text("in force")
    expect(answered).to_contain_text("past")


def test_an_event_sets_the_point_and_is_compared_with_what_was_known_before(visit: Visits, told: Api) -> None:
    page = visit.open("/customers/1001/history", Role.AUDITOR)
    moved = rows(page).filter(has_text="Paris")
    moved.get_by_role("link", name="Before and after").click()
    table = page.get_by_role("table", name="Compare")
    city = table.get_by_role("row").filter(has_text="City")
    expect(city.get_by_role("cell").nth(0)).to_contain_text("London")
    expect(city.get_by_role("cell").nth(1)).to_contain_text("Paris")
    expect(city.get_by_role("cell").nth(1)).to_contain_text("edited, administrator")
    expect(table.get_by_role("rowheader")).to_have_count(1)
    page.go_back()
    moved.get_by_role("rowheader").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    expect(panel(page, "Customer Profile")).to_contain_text("Paris")
    expect(panel(page, "Point in time")).to_contain_text("as known on")
    expect(page.get_by_role("main")).not_to_contain_text("B7")


def test_the_list_is_narrowed_down_in_the_address(visit: Visits, told: Api) -> None:
    page = visit.open("/customers/1001/history")
    page.get_by_label("About").select_option("City")
    page.get_by_role("button", name="Show these events").press("Enter")
    expect(rows(page)).to_have_count(1 + 2)
    expect(rows(page).filter(has_text="City")).to_have_count(2)
    assert_in_address(page, "field=fields.city")
    page.get_by_label("About").select_option("everything")
    page.get_by_label("Only back-dated").check()
    page.get_by_role("button", name="Show these events").press("Enter")
    expect(rows(page).filter(has_text="Age: 40-49")).to_have_count(1)
    expect(rows(page).filter(has_text="City")).to_have_count(0)
    page.get_by_label("Words of the reason").fill("PHONE said")
    page.get_by_label("By", exact=True).fill("administrator")
    page.get_by_label("By", exact=True).press("Enter")
    expect(rows(page).filter(has_text="Age: 40-49")).to_have_count(1)
    page.get_by_text("More filters").click()
    page.get_by_label("Recorded to").fill("2020-01-01")
    page.get_by_label("Recorded to").press("Enter")
    expect(panel(page, "History")).to_contain_text("No event is like that.")
    page.reload()
    expect(page.get_by_label("Only back-dated")).to_be_checked()
    expect(page.get_by_label("Recorded to")).to_have_value("2020-01-01")


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR])
def test_what_is_shown_is_saved_as_a_file(visit: Visits, told: Api, role: Role) -> None:
    page = visit.open("/customers/1001/history?field=fields.city", role)
    expect(rows(page)).to_have_count(1 + 2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.count("fields.city") == 2
    assert "London,Paris" in text
    assert "responses." not in text


def test_a_merged_customer_keeps_its_own_history(visit: Visits, api: Api) -> None:  # rule 6.1
    assert api.patch("/v1/customers/1002/fields", {"fields": {"city": "Boston"}}).status_code == 200
    assert api.put("/v1/customers/1002/drawer", {"responses": {"1": "A5", "2": "OWN"}}).status_code == 200
    assert api.post(f"{CUSTOMER}/merge", {"other": "1002", "survivor": "1001"}).status_code == 200
    for number in ("1001", "1002"):
        api.seen(f"/v1/customers/{number}/history")
    api.seen(CUSTOMER)
    page = visit.open("/customers/1002/history")
    expect(page.get_by_text("Customer 1002 was merged into 1001.")).to_be_visible()
    expect(rows(page).filter(has_text="Merged into customer 1001")).to_have_count(1)
    expect(rows(page).filter(has_text="City: New York Boston")).to_have_count(1)
    page.goto(f"{visit.address}/customers/1001/history")
    taken = rows(page).filter(has_text="Customer 1002 merged in")
    expect(taken).to_contain_text("Homeowner: Owns")
    expect(taken).not_to_contain_text("Age")
    page.goto(f"{visit.address}/customers/1002/compare")
    expect(page.get_by_role("heading", name="Compare: Ada Byron", level=1)).to_be_visible()
    assert_in_address(page, "/customers/1001/compare")


def test_values_of_a_file_are_told_with_the_row(visit: Visits, api: Api) -> None:
    upload_row(api.dossier, "1001", {"loan_number": "L-17"})
    api.seen(f"{CUSTOMER}/history")
    page = visit.open("/customers/1001/history", Role.AGENT)
    uploaded = rows(page).filter(has_text="Uploaded, row")
    expect(uploaded).to_contain_text("Loan Number: L-17")


@pytest.mark.parametrize("role", list(Role))
def test_two_points_show_what_differs_or_all_with_where_it_comes_from(visit: Visits, told: Api, role: Role) -> None:
    page = visit.open("/customers/1001", role)
    page.get_by_role("button", name="More Options").press("Enter")
    page.get_by_role("menuitem", name="Compare").press("Enter")
    expect(page.get_by_role("heading", name="Compare: Ada Byron", level=1)).to_be_focused()
    expect(panel(page, "Compare")).to_contain_text("A and B are the same point")
    page.get_by_role("button", name="Before and after the last recording").press("Enter")
    table = page.get_by_role("table", name="Compare")
    heads = table.get_by_role("rowheader")
    expect(heads).to_have_text(["Alternate number A1001", "Alternate number B7"])
    page.get_by_role("button", name="Only differences").press("Enter")
    age = table.get_by_role("row").filter(has_text="Age")
    expect(age.get_by_role("cell").nth(0)).to_contain_text("40-49")
    expect(age.get_by_role("cell").nth(0)).to_contain_text("by administrator")
    expect(table.get_by_role("row").filter(has_text="City")).to_contain_text("Paris")
    page.get_by_label("Business day A").fill("2020-01-01")
    expect(age).to_have_count(1)
    expect(age.get_by_role("cell").nth(0)).to_have_text("not set")
    assert_in_address(page, "a_valid=2020-01-01")


def test_a_customer_that_was_not_known_then_has_nothing_there(visit: Visits, told: Api) -> None:  # rule 0.3
    page = visit.open("/customers/1001/compare?a_known=2020-01-01T00:00:00Z")
    name = page.get_by_role("table", name="Compare").get_by_role("row").filter(has_text="Ada Byron").first
    expect(name.get_by_role("cell").nth(0)).to_have_text("not set")
    expect(panel(page, "Compare")).to_contain_text("nothing was recorded about customer 1001 yet")


def test_masked_values_stay_masked(visit: Visits, api: Api) -> None:  # rule 5.2
    assert api.patch("/v1/fields/date_of_birth", {"masked": True}).status_code == 200
    assert api.patch(f"{CUSTOMER}/fields", {"fields": {"date_of_birth": "1815-12-11"}}).status_code == 200
    api.seen(f"{CUSTOMER}/history")
    api.seen(f"{CUSTOMER}/fields")
    for role in (Role.AGENT, Role.AUDITOR):
        page = visit.open("/customers/1001/history", role)
        expect(rows(page).nth(1)).to_contain_text("••••")
        expect(page.get_by_role("main")).not_to_contain_text("1815")

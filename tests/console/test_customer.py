"""The customer pages: finding customers, and one customer's head, widget, accounts and deliveries."""

import pytest
from playwright.sync_api import Locator, Page, expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits
from business_fields import upload_row


def panel(page: Page, name: str) -> Locator:
    """A part of the page by its title."""
    return page.get_by_role("region", name=name, exact=True)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_finds_a_customer_and_opens_it(visit: Visits, api: Api, role: Role) -> None:
    api.seen("/v1/deliveries")
    page = visit.open("/customers", role)
    page.get_by_role("textbox", name="Name").fill("ada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Grace Hopper")).to_be_hidden()
    page.get_by_role("link", name="Ada Byron").press("Enter")
    heading = page.get_by_role("heading", name="Ada Byron", level=1)
    expect(heading).to_be_focused()
    expect(page).to_have_title("Ada Byron · Dossier")
    expect(page.get_by_role("main")).to_contain_text("A1001")
    expect(panel(page, "Accounts").get_by_role("rowheader", name="A-7")).to_be_visible()
    deliveries = page.get_by_role("table", name="Deliveries").get_by_role("row")
    expect(deliveries.filter(has_text="age_band")).to_contain_text("waiting")  # rule 4.5


def test_the_widget_shows_the_business_fields_in_order_and_sorted(visit: Visits) -> None:  # rules 3.3, 3.8
    page = visit.open("/customers/1001", Role.AGENT)
    widget = panel(page, "Customer Profile")
    expect(widget.get_by_role("tab")).to_have_text(["Business Fields"])
    labels = widget.get_by_role("term")
    order = labels.all_text_contents()
    sort = widget.get_by_role("button", name="Sort By")
    expect(sort).to_have_attribute("aria-pressed", "false")
    sort.press("Enter")
    expect(sort).to_have_attribute("aria-pressed", "true")
    expect(labels).to_have_text(sorted(order, key=str.casefold))
    sort.press("Enter")
    expect(labels).to_have_text(order)


def test_optional_fields_are_a_second_tab_where_a_customer_has_some(visit: Visits, api: Api) -> None:  # rule 3.3
    upload_row(api.dossier, "1001", {"loan_number": "L-17"})
    api.seen("/v1/customers/1001/fields")
    page = visit.open("/customers/1001", Role.AGENT)
    page.get_by_role("tab", name="Business Fields", exact=True).press("ArrowRight")
    expect(page.get_by_role("tab", name="Optional Business Fields")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Optional Business Fields")).to_contain_text("L-17")


def test_a_former_alternate_number_finds_its_customer_and_says_since_when(visit: Visits, api: Api) -> None:  # rule 1.14
    replacement = {"alternate_number": "A2002", "primary": True}
    assert api.post("/v1/customers/1001/alternate-numbers", replacement).status_code == 201
    assert api.delete("/v1/customers/1001/alternate-numbers/A1001").status_code == 200
    api.seen("/v1/customers?alternate_number=A1001")
    page = visit.open("/customers")
    page.get_by_label("Find by").select_option("Alternate number")
    page.get_by_role("textbox", name="Alternate number").fill("A1001")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader").filter(has_text="Ada Byron")).to_contain_text("Out of date since")
    page.get_by_role("link", name="Ada Byron").click()
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("A2002")
    page.get_by_text("Former and further numbers").click()
    expect(page.get_by_role("listitem").filter(has_text="A1001")).to_contain_text("Out of date since")


def test_the_number_of_a_merged_customer_leads_to_the_survivor(visit: Visits, api: Api) -> None:  # rule 6.1
    assert api.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    api.seen("/v1/customers/1001")
    page = visit.open("/customers/1002")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    expect(page.get_by_text("Customer 1002 was merged into 1001.")).to_be_visible()
    assert "/customers/1001" in page.url


def test_a_number_that_nobody_has_is_said_where_it_was_looked_for(visit: Visits) -> None:
    page = visit.open("/customers/4711")
    expect(page.get_by_role("alert")).to_contain_text("Customer 4711 does not exist.")


@pytest.mark.parametrize("part", ["", "/history"])
def test_before_a_customer_was_registered_its_pages_say_so_and_lead_there(visit: Visits, part: str) -> None:  # rule 0.3
    page = visit.open(f"/customers/1001{part}?known=2020-01-01T00:00:00Z")
    sentence = page.get_by_text("On 1 January 2020 at 00:00 nothing was recorded about customer 1001 yet")
    expect(sentence).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("link", name="Show what was known then").click()
    expect(sentence).to_be_hidden()
    expect(page.get_by_role("region", name="Point in time")).to_be_visible()
    page.goto(f"{visit.address}/customers/1001?known=2020-01-01T00:00:00Z")
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()


def test_what_somebody_else_changes_is_said_and_not_redrawn(visit: Visits, api: Api) -> None:
    page = visit.open("/customers/1001", Role.AGENT)
    widget = panel(page, "Customer Profile")
    expect(widget).to_contain_text("London")
    assert api.patch("/v1/customers/1001/fields", {"fields": {"city": "Paris"}}).status_code == 200
    api.seen("/v1/customers/1001/history")
    api.seen("/v1/customers/1001/fields")
    page.wait_for_timeout(5_100)
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    changed = page.get_by_role("status").filter(has_text="administrator changed this at")
    expect(changed).to_be_visible()
    expect(widget).to_contain_text("London")
    changed.get_by_role("button", name="Show").press("Enter")
    expect(widget).to_contain_text("Paris")
    expect(changed).to_have_count(0)


@pytest.mark.parametrize(
    ("role", "heading"),
    [
        (Role.AGENT, "Customers"),
        (Role.ADMINISTRATOR, "Customers"),
        (Role.AUDITOR, "Audit"),
        (Role.INTEGRATOR, "Operations"),
    ],
)
def test_each_role_begins_at_its_own_page(visit: Visits, role: Role, heading: str) -> None:
    page = visit.open("/", role)
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


def test_an_agent_begins_at_the_open_call(visit: Visits, api: Api) -> None:  # rule 3.5
    page = visit.open("/", Role.AGENT)
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    call = {"interaction": "I-1", "customer": "1001", "agent": "agent"}
    assert api.post("/v1/interactions", call).status_code == 201
    mine = panel(page, "My call")
    expect(mine).to_contain_text("On call")
    expect(mine).to_contain_text("Ada Byron 1001")
    assert api.patch("/v1/interactions/I-1", {"state": "wrap_up"}).status_code == 200
    expect(mine).to_contain_text("Wrap-up")
    mine.get_by_role("link", name="Open Ada Byron").press("Enter")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_focused()

"""The customer pages: finding customers, and one customer's head, widget, accounts and deliveries."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import HEIGHT, NARROW, Visits, assert_in_address, assert_settled
from business_fields import upload_row


def panel(page: Page, name: str) -> Locator:
    """A part of the page by its title."""
    return page.get_by_role("region", name=name, exact=True)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_finds_a_customer_and_opens_it(visit: Visits, api: Api, role: Role) -> None:
    api.seen("/v1/deliveries")
    page = visit.open("/customers", role)
    page.get_by_role("textbox", name="Name").fill("ada")
    page.get_by_role("textbox", name="Name").press("Enter")
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
    expect(labels).not_to_have_count(0)
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
    page.get_by_role("textbox", name="Alternate number").press("Enter")
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
    assert_in_address(page, "/customers/1001")


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


def test_what_somebody_else_changes_is_told_by_field_and_not_redrawn(visit: Visits, api: Api) -> None:
    assert api.patch("/v1/fields/date_of_birth", {"masked": True}).status_code == 200  # rule 5.2
    api.seen("/v1/customers/1001/fields")
    page = visit.open("/customers/1001", Role.AGENT)
    widget = panel(page, "Customer Profile")
    expect(widget).to_contain_text("London")
    assert_settled(page)
    fields = {"date_of_birth": "1815-12-11", "city": "Paris", "last_name": None}
    assert api.patch("/v1/customers/1001/fields", {"fields": fields}).status_code == 200
    assert api.put("/v1/customers/1001/drawer", {"responses": {"1": "A3"}}).status_code == 200
    number = {"alternate_number": "B7", "primary": True}
    assert api.post("/v1/customers/1001/alternate-numbers", number).status_code == 201
    for path in ("", "/history", "/fields"):
        api.seen(f"/v1/customers/1001{path}")
    page.wait_for_timeout(5_100)
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    notice = page.get_by_role("status").filter(has_text="administrator changed this at")
    changes = notice.get_by_role("listitem")
    expect(changes).to_have_count(3)
    expect(changes.nth(0)).to_contain_text("Alternate number B7 added, primary in place of A1001")
    expect(changes.nth(1)).to_contain_text("Age: 40-49")
    for fact in ("City: Paris", "Last Name: not set", "Date of Birth: ••••"):
        expect(changes.nth(2)).to_contain_text(fact)
    expect(page.get_by_role("main")).not_to_contain_text("1815")
    expect(widget).to_contain_text("London")
    notice.get_by_role("button", name="Show").press("Enter")
    expect(widget).to_contain_text("Paris")
    expect(notice).to_have_count(0)


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


def test_the_call_in_progress_is_one_click_away_from_everywhere(visit: Visits, api: Api) -> None:  # rule 3.5
    page = visit.open("/accounts?valid=2031-06-20", Role.AGENT)
    expect(page.get_by_role("heading", name="Accounts", level=1)).to_be_visible()
    bar = page.get_by_role("banner")
    expect(bar.get_by_role("link", name="Ada Byron")).to_have_count(0)
    call = {"interaction": "I-1", "customer": "1001", "agent": "agent"}
    assert api.post("/v1/interactions", call).status_code == 201
    bar.get_by_role("link", name="Current call: Ada Byron").press("Enter")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_focused()
    expect(page).to_have_url(f"{visit.address}/customers/1001")  # as it is now: that is when the call is
    assert api.patch("/v1/interactions/I-1", {"state": "wrap_up"}).status_code == 200
    expect(bar.get_by_role("link", name="In wrap-up: Ada Byron")).to_be_visible()
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    assert_no_sideways_scrolling(page)
    assert_accessible(page)
    assert api.patch("/v1/interactions/I-1", {"state": "closed"}).status_code == 200
    expect(bar.get_by_role("link", name="Ada Byron")).to_have_count(0)


def test_what_was_never_meant_to_be_sent_is_one_line_that_opens(visit: Visits, api: Api) -> None:  # rules 4.2, 4.5
    assert api.patch("/v1/customers/1001/fields", {"fields": {"city": "Paris"}}).status_code == 200
    assert api.seen("/v1/deliveries?number=1001&status=not_sent").json()["items"]
    page = visit.open("/customers/1001", Role.AGENT)
    deliveries = panel(page, "Deliveries")
    expect(deliveries.get_by_role("table", name="Deliveries")).to_contain_text("age_band")
    expect(deliveries.get_by_role("table", name="Deliveries")).not_to_contain_text("not sent")
    folded = deliveries.get_by_role("table", name="Changes that are not sent")
    expect(folded).to_be_hidden()
    line = deliveries.get_by_text(re.compile(r"^\d+ changes were not meant to be sent$"))
    line.press("Enter")
    expect(folded.get_by_role("row")).to_have_count(1 + int((line.text_content() or "").split()[0]))
    expect(folded.get_by_role("row").filter(has_text="City")).not_to_have_count(0)


def test_the_answers_in_force_are_on_the_page(visit: Visits, api: Api) -> None:  # rules 1.6, 1.8
    page = visit.open("/customers/1001", Role.AUDITOR)
    answers = panel(page, "Answers").get_by_role("definition")
    expect(answers).to_have_count(3)
    expect(answers.nth(0)).to_contain_text("30-39")
    expect(answers.nth(0)).to_contain_text("by demo")
    expect(answers.nth(1)).to_have_text("no answer")
    expect(answers.nth(2)).to_contain_text("Blue")
    page.goto(f"{visit.address}/customers/1002")
    expect(answers.nth(0)).to_have_text("no answer required")
    expect(answers.nth(2)).to_contain_text("Default, not stored yet")
    page.goto(f"{visit.address}/customers/1001?valid=2020-01-01")
    expect(answers.nth(0)).to_contain_text("required")


def test_a_changed_first_or_last_name_leaves_the_name_and_the_page_says_so(
    visit: Visits, api: Api
) -> None:  # rule 1.10
    page = visit.open("/customers/1001", Role.AGENT)
    expect(panel(page, "Customer Profile")).to_contain_text("Byron")
    hint = page.get_by_text("Ada Byron is the name of this customer.")
    expect(hint).to_have_count(0)
    upload_row(api.dossier, "1001", {"last_name": "King"})
    api.seen("/v1/customers/1001/fields")
    page.reload()
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    expect(hint).to_contain_text("First Name and Last Name, which say Ada King")


def test_numbers_are_in_the_order_in_which_people_count(visit: Visits, api: Api) -> None:
    assert api.post("/v1/accounts", {"account": "A-10", "customer": "1001"}).status_code == 201
    assert api.post("/v1/customers", {"number": "999", "name": "Emmy Noether"}).status_code == 201
    for site in ("S-10", "S-2"):
        assert api.post("/v1/accounts/A-7/sites", {"site": site}).status_code == 201
    api.seen("/v1/accounts")
    api.seen("/v1/customers")
    page = visit.open("/customers")
    expect(page.get_by_role("table").get_by_role("rowheader")).to_have_text(
        ["Emmy Noether", "Ada Byron", "Grace Hopper"]
    )
    page.goto(f"{visit.address}/customers/1001")
    expect(panel(page, "Accounts").get_by_role("rowheader")).to_have_text(["A-7", "A-10"])
    page.goto(f"{visit.address}/accounts")
    expect(page.get_by_role("table").get_by_role("rowheader")).to_have_text(["A-7", "A-10"])
    page.goto(f"{visit.address}/accounts/A-7")
    expect(panel(page, "Sites").get_by_role("link")).to_have_text(["S-1", "S-2", "S-10"])


def test_rows_of_a_list_of_several_pages_stay_where_they_are_when_more_is_loaded(visit: Visits, api: Api) -> None:
    for account in ("A-10", "A-9"):
        assert api.post("/v1/accounts", {"account": account, "customer": "1001"}).status_code == 201
    api.seen("/v1/accounts")
    page = visit.open("/health/live")
    page.route("**/v1/accounts?*", lambda route: route.continue_(url=route.request.url.replace("limit=50", "limit=1")))
    page.goto(f"{visit.address}/customers/1001")
    accounts = panel(page, "Accounts").get_by_role("rowheader")
    for loaded in (["A-10"], ["A-10", "A-7"], ["A-10", "A-7", "A-9"]):
        expect(accounts).to_have_text(loaded)
        if len(loaded) < 3:
            panel(page, "Accounts").get_by_role("button", name="Load 50 more").press("Enter")
    expect(panel(page, "Accounts").get_by_role("button", name="Load 50 more")).to_have_count(0)

"""What surrounds every page: skip link, navigation, search, point in time, theme, shortcuts and the line to the server."""

import re

from playwright.sync_api import Route, expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits, assert_in_address, press


def test_the_first_stop_of_tab_skips_to_the_content(visit: Visits) -> None:
    page = visit.open("/customers", Role.AGENT)
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_the_search_field_finds_customers_from_anywhere(visit: Visits) -> None:
    page = visit.open("/customers")
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type("byron")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_focused()


def test_whoever_goes_on_before_the_first_page_has_come_is_at_the_heading_of_the_next_one(visit: Visits) -> None:
    page = visit.open("/nowhere", Role.AGENT)
    late: list[Route] = []
    page.route("**/assets/FindPage-*.js", lambda route: late.append(route))  # noqa: PLW0108  (Playwright marks its handlers)
    page.goto(f"{visit.address}/customers")
    search = page.get_by_role("combobox", name="Search")
    search.fill("1001")
    search.press("Enter")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_focused()
    assert late
    for route in late:
        route.continue_()


def test_enter_in_the_search_field_opens_what_the_text_means_or_shows_what_it_may_mean(visit: Visits, api: Api) -> None:
    event = api.seen("/v1/accounts/A-7/history").json()["items"][0]["event_id"]
    page = visit.open("/nowhere")
    search = page.get_by_role("combobox", name="Search")
    for text, title in (("a-7", "Account A-7"), ("1001", "Ada Byron"), (event, "Event")):
        search.fill(text)
        search.press("Enter")
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    search.fill("A")
    search.press("Enter")
    expect(page.get_by_role("listbox").get_by_role("group", name="Accounts")).to_contain_text("A-7")
    expect(page.get_by_role("listbox").get_by_role("group", name="Customers")).to_contain_text("Ada Byron")
    search.fill("no such thing")
    search.press("Enter")
    expect(
        page.get_by_role("search").get_by_text("Nothing was found. Look for a customer's name or number")
    ).to_be_visible()


def test_enter_leads_to_all_customers_of_a_name_where_there_are_more_than_can_be_shown(visit: Visits, api: Api) -> None:
    for number in range(2001, 2008):
        assert api.post("/v1/customers", {"number": str(number), "name": f"Emmy Noether {number}"}).status_code == 201
    api.seen("/v1/customers")
    page = visit.open("/nowhere")
    search = page.get_by_role("combobox", name="Search")
    search.fill("noether")
    expect(page.get_by_role("option", name="All customers named “noether”")).to_be_visible()
    search.press("Enter")
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_focused()
    expect(page.get_by_role("link", name="Emmy Noether")).to_have_count(7)
    expect(page).to_have_url(f"{visit.address}/customers?by=name&for=noether")


def test_shortcuts_go_to_areas_never_fire_in_a_field_and_can_be_switched_off(visit: Visits) -> None:
    page = visit.open("/customers/1001")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    page.keyboard.type("gc")
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_focused()
    field = page.get_by_role("textbox", name="Name")
    field.fill("")
    page.keyboard.type("?/gc")
    expect(field).to_have_value("?/gc")
    page.get_by_role("link", name="Dossier").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    dialog.get_by_role("button", name="Shortcuts are on").click()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).not_to_be_focused()


def test_a_point_in_time_stays_in_every_link_until_one_goes_back_to_now(visit: Visits) -> None:
    page = visit.open("/customers")
    page.get_by_role("button", name="Point in time").click()
    dialog = page.get_by_role("dialog", name="Point in time")
    dialog.get_by_label("Business day").fill("2031-06-20")
    dialog.get_by_role("button", name="Show this point").click()
    expect(dialog).to_be_hidden()
    bar = page.get_by_role("region", name="Point in time")
    expect(bar).to_contain_text("20 June 2031, as known now")
    page.get_by_role("link", name="Ada Byron").click()
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    assert_in_address(page, "valid=2031-06-20")
    bar.get_by_role("button", name="Back to now").click()
    expect(bar).to_be_hidden()
    expect(page).not_to_have_url(re.compile("valid="))


def test_a_chosen_theme_is_there_from_the_first_paint(visit: Visits) -> None:
    page = visit.open("/customers", theme="light")
    page.get_by_label("Theme").select_option("dark")
    page.reload()
    expect(page.get_by_label("Theme")).to_have_value("dark")
    answer = page.request.get(f"{visit.address}/customers", headers={"Accept": "text/html"})
    assert 'data-theme="dark"' in answer.text()


def test_an_address_without_a_page_offers_to_search(visit: Visits) -> None:
    page = visit.open("/nowhere/at/all")
    expect(page.get_by_role("main")).to_contain_text("There is no page at /nowhere/at/all.")
    page.get_by_role("button", name="Search").press("Enter")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.goto(f"{visit.address}/customers/4711")
    page.get_by_role("main").get_by_role("button", name="Search").first.press("Enter")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()


def test_while_the_server_is_not_reached_a_bar_says_since_when(visit: Visits) -> None:
    page = visit.open("/customers/1001")
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_role("status").filter(has_text="No connection since")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("status").filter(has_text="No connection since")).to_be_hidden()
    expect(page.get_by_role("link", name="Ada Byron")).to_be_visible()


BEHIND = """{"type": "/problems/behind", "title": "Not up to date yet", "status": 503, "detail": "Not up to date yet.",
    "errors": [], "correlation_id": "0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11"}"""


def test_a_read_that_is_not_up_to_date_is_asked_again_by_itself(visit: Visits) -> None:
    visit.expect(503)
    page = visit.open("/nowhere")
    answers = iter([503, 503])

    def answer(route: Route) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(
                status=status, body=BEHIND, headers={"Retry-After": "1", "Content-Type": "application/problem+json"}
            )

    page.route("**/v1/customers?*", answer)
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_text("Catching up…")).to_be_visible()
    expect(page.get_by_role("link", name="Ada Byron")).to_be_visible()
    expect(page.get_by_text("Catching up…")).to_be_hidden()


def test_a_fault_of_one_panel_leaves_the_rest_and_gives_the_correlation_id(visit: Visits) -> None:
    visit.expect(500)
    page = visit.open("/nowhere")
    broken = BEHIND.replace("behind", "broken").replace("503", "500")
    page.route("**/v1/accounts?*", lambda route: route.fulfill(status=500, body=broken))
    page.goto(f"{visit.address}/customers/1001")
    accounts = page.get_by_role("region", name="Accounts")
    expect(accounts.get_by_role("alert")).to_contain_text("Something broke here.")
    expect(accounts.get_by_role("alert")).to_contain_text("0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11")
    expect(page.get_by_role("tabpanel", name="Business Fields")).to_contain_text("Ada")
    page.unroute_all()
    accounts.get_by_role("button", name="Try again").click()
    expect(accounts.get_by_role("rowheader", name="A-7")).to_be_visible()

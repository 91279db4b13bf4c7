"""The account pages: the list, the timeline with what is in force at its point, the sites, Profile History and Compare."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from aggregates.fact import Role
from api_client import Api
from browser import NARROW, Visits, assert_in_address

ACCOUNT = "/v1/accounts/A-7"
SITE = f"{ACCOUNT}/sites/S-1"


def panel(page: Page, name: str) -> Locator:
    """A part of the page by its title."""
    return page.get_by_role("region", name=name, exact=True)


def assign(api: Api, profile_class: str, first: date | str, last: date | str | None = None, **more: Any) -> None:
    """Assigns a class to the account."""
    body = {"profile_class": profile_class, "effective_from": str(first), **more}
    if last is not None:
        body["effective_to"] = str(last)
    assert api.post(f"{ACCOUNT}/profile", body).status_code == 201


def caught_up(api: Api) -> None:
    """Waits until the pages can be read with everything that was recorded."""
    for path in (ACCOUNT, f"{ACCOUNT}/history", f"{ACCOUNT}/versions"):
        assert api.seen(path).status_code == 200


@pytest.fixture
def start(api: Api) -> date:
    """The day on which the account begins, with a planned class and a change of details."""
    first = date.fromisoformat(api.seen(ACCOUNT).json()["start"])
    assign(api, "Prompt payers", first + timedelta(30), first + timedelta(120), reason="Pays early")
    changes = {"options": {"tolerance_percent": "5"}, "effective_from": str(first + timedelta(60))}
    assert api.patch(f"{ACCOUNT}/profile", changes).status_code == 200
    created = {"profile_class": "Late payers", "effective_from": str(first + timedelta(10)), "create": True}
    assert api.post(f"{SITE}/profile", created).status_code == 201
    assert api.seen(f"{SITE}/history").status_code == 200
    caught_up(api)
    return first


@pytest.mark.parametrize("role", list(Role))
def test_every_role_finds_an_account_and_opens_its_timeline(visit: Visits, start: date, role: Role) -> None:
    page = visit.open("/customers", role)
    page.get_by_role("link", name="Accounts", exact=True).click()
    page.get_by_role("textbox", name="Customer number").fill("1001")
    page.get_by_role("textbox", name="Customer number").press("Enter")
    page.get_by_role("link", name="A-7").press("Enter")
    expect(page.get_by_role("heading", name="Account A-7", level=1)).to_be_focused()
    expect(page.get_by_role("img", name="Timeline of Account A-7")).to_be_visible()
    expect(panel(page, "At this point")).to_contain_text("as known now: DEFAULT, version 1")
    expect(panel(page, "In force")).to_contain_text("from DEFAULT v1")


def test_the_keys_of_both_sliders_move_the_point_and_the_address(visit: Visits, start: date) -> None:
    page = visit.open("/accounts/A-7")
    days, known = page.get_by_role("slider", name="Valid at"), page.get_by_role("slider", name="Known at")
    days.press(".")
    readout = panel(page, "At this point")
    expect(readout).to_contain_text("Prompt payers, version 1")
    expect(days).to_have_attribute("aria-valuetext", _starts(start + timedelta(30), "Prompt payers, version 1"))
    expect(panel(page, "In force")).to_contain_text("from Prompt payers v1")
    known.press("Home")
    expect(readout).to_contain_text("DEFAULT, version 1")
    expect(panel(page, "In force")).to_contain_text("from DEFAULT v1")
    assert_in_address(page, f"valid={start + timedelta(30)}", "known=")
    known.press("n")
    days.press("t")
    expect(panel(page, "Point in time")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("valid="))


def test_a_click_sets_both_values(visit: Visits, start: date) -> None:
    page = visit.open("/accounts/A-7")
    drawing = page.get_by_role("img", name="Timeline of Account A-7")
    expect(panel(page, "In force")).to_contain_text("from DEFAULT v1")
    box = drawing.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + 10)
    expect(panel(page, "Point in time")).to_contain_text("as known on")
    expect(panel(page, "At this point")).to_contain_text("DEFAULT, version 1")


def test_each_value_says_where_it_comes_from_and_which_event_made_it_so(
    visit: Visits, start: date
) -> None:  # rule 2.13
    page = visit.open(f"/accounts/A-7?valid={start + timedelta(70)}", Role.AUDITOR)
    credit = panel(page, "In force").get_by_role("region", name="Credit")
    expect(credit).to_contain_text("Tolerance %")
    credit.get_by_text("◆ set here").click()
    expect(credit).to_contain_text("by administrator")
    terms = panel(page, "In force").get_by_role("region", name="Terms")
    terms.get_by_text("from Prompt payers v1").first.click()
    expect(terms).to_contain_text("“Pays early”")
    expect(panel(page, "In force").get_by_text("not set")).to_be_visible()


def test_a_site_falls_back_to_its_account(visit: Visits, api: Api, start: date) -> None:  # rules 2.13, 2.14
    ended = {"effective_to": str(start + timedelta(40))}
    assert api.post(f"{SITE}/profile/end", ended).status_code == 200
    assert api.seen(f"{SITE}/history").status_code == 200
    page = visit.open("/accounts/A-7")
    panel(page, "Sites").get_by_role("link", name="S-1").click()
    expect(page.get_by_role("heading", name="Site S-1 of account A-7", level=1)).to_be_focused()
    page.get_by_role("textbox", name="Business day").fill(str(start + timedelta(20)))
    expect(panel(page, "At this point")).to_contain_text("Late payers, version 1")
    expect(panel(page, "In force")).to_contain_text("from Late payers v1")
    page.get_by_role("textbox", name="Business day").fill(str(start + timedelta(50)))
    expect(panel(page, "At this point")).to_contain_text("no profile")
    expect(panel(page, "In force")).to_contain_text("This site has no profile of its own on this day.")
    expect(panel(page, "In force")).to_contain_text("from the account, Prompt payers v1")


def test_a_site_without_a_profile_says_so(visit: Visits, api: Api) -> None:  # rule 2.6
    assert api.post(f"{ACCOUNT}/sites", {"site": "S-2"}).status_code == 201
    assert api.seen(f"{ACCOUNT}/sites/S-2/history").status_code == 200
    page = visit.open("/accounts/A-7/sites/S-2", Role.AUDITOR)
    expect(panel(page, "Timeline")).to_contain_text("This site has no profile. Its account's applies.")


def test_the_same_facts_are_a_table_first_of_all_on_narrow_screens(visit: Visits, start: date) -> None:
    page = visit.open("/accounts/A-7", width=NARROW)
    expect(page.get_by_role("img", name="Timeline of Account A-7")).to_have_count(0)
    recordings = page.get_by_role("table", name="Recordings").get_by_role("row")
    expect(recordings).to_have_count(1 + 3)
    known = page.get_by_role("table", name="In force, as known")
    expect(known).to_contain_text("Prompt payers")
    recordings.nth(1).get_by_role("button").click()
    expect(known).not_to_contain_text("Prompt payers")


def test_what_is_recorded_meanwhile_is_offered_and_not_drawn(visit: Visits, api: Api, start: date) -> None:
    page = visit.open("/accounts/A-7")
    expect(panel(page, "In force")).to_contain_text("from DEFAULT v1")
    assign(api, "Late payers", start)
    caught_up(api)
    page.wait_for_timeout(5_100)
    page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    newer = panel(page, "Timeline").get_by_role("status")
    expect(newer).to_contain_text("1 newer recording")
    expect(panel(page, "At this point")).to_contain_text("DEFAULT, version 1")
    newer.get_by_role("button", name="Show").click()
    expect(panel(page, "At this point")).to_contain_text("Late payers, version 1")


def test_profile_history_tells_every_version_and_leads_to_the_picture(
    visit: Visits, start: date
) -> None:  # rules 2.18, 2.22
    page = visit.open("/accounts/A-7", Role.AUDITOR)
    page.get_by_role("link", name="Profile History").click()
    table = page.get_by_role("table", name="Profile History")
    row = table.get_by_role("row").filter(has_text="Pays early")
    expect(row).to_contain_text("Prompt payers, version 1")
    expect(row).to_contain_text("administrator")
    expect(row.get_by_role("rowheader")).to_have_text("2")
    expect(row).to_contain_text("entry 3")
    expect(table.get_by_role("row").last.get_by_role("rowheader")).to_have_text("1")
    changed = table.get_by_role("row").filter(has_text="Tolerance %")
    expect(changed.first).to_contain_text("5")
    row.get_by_role("rowheader").get_by_role("link").click()
    expect(panel(page, "At this point")).to_contain_text("Prompt payers, version 1")
    expect(panel(page, "Point in time")).to_contain_text("as known on")


def test_compare_shows_what_differs_and_where_each_value_comes_from(visit: Visits, start: date) -> None:
    page = visit.open("/accounts/A-7/history", Role.AGENT)
    row = page.get_by_role("table", name="Profile History").get_by_role("row").filter(has_text="Pays early")
    row.get_by_role("link", name="Before and after").click()
    table = page.get_by_role("table", name="Compare")
    classes = table.get_by_role("row").filter(has_text="Class").get_by_role("cell")
    expect(classes.nth(0)).to_contain_text("DEFAULT, version 1")
    expect(classes.nth(1)).to_contain_text("Prompt payers, version 1")
    expect(table.get_by_role("row").filter(has_text="Payment terms")).to_contain_text("from Prompt payers v1")
    expect(table).not_to_contain_text("Tolerance %")
    page.get_by_role("button", name="Only differences").click()
    expect(table).to_contain_text("Allow discount")
    page.get_by_label("Business day B").fill(str(start))
    page.get_by_role("button", name="Only differences").click()
    expect(panel(page, "Compare")).to_contain_text("Nothing differs between")
    assert_in_address(page, f"b_valid={start}")


@pytest.mark.parametrize("role", list(Role))
def test_the_raw_events_of_an_account_are_for_those_who_read_events(visit: Visits, start: date, role: Role) -> None:
    page = visit.open("/accounts/A-7", role)
    events = page.get_by_role("navigation", name="Parts of this account").get_by_role("link", name="Events")
    if role is Role.AGENT:
        expect(page.get_by_role("link", name="Compare", exact=True)).to_be_visible()
        expect(events).to_have_count(0)
        page.goto(f"{visit.address}/accounts/A-7/events")
        expect(panel(page, "Events").get_by_role("alert")).to_contain_text("Allowed to")
        return
    events.press("Enter")
    expect(page.get_by_role("heading", name="Events: Account A-7", level=1)).to_be_focused()
    rows = page.get_by_role("table", name="Events").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Options updated")
    expect(rows.nth(1)).to_contain_text("Tolerance %")
    assigned = rows.filter(has_text="Pays early")
    expect(assigned).to_contain_text("Class assigned")
    expect(rows.filter(has_text="Account opened")).to_have_count(1)
    assigned.get_by_role("cell").get_by_role("link").click()
    expect(panel(page, "At this point")).to_contain_text("Prompt payers, version 1")


def test_the_raw_events_of_a_site_are_its_own(visit: Visits, start: date) -> None:
    page = visit.open("/accounts/A-7/sites/S-1/events", Role.AUDITOR)
    expect(page.get_by_role("heading", name="Events: Site S-1 of account A-7", level=1)).to_be_visible()
    rows = page.get_by_role("table", name="Events").get_by_role("row")
    expect(rows).to_have_count(1 + 2)
    expect(rows.nth(1)).to_contain_text("Class assigned")
    expect(rows.nth(2)).to_contain_text("Site created")


def test_compare_takes_the_point_of_the_page_and_the_same_day_as_known_now(
    visit: Visits, api: Api, start: date
) -> None:
    opened = api.get(ACCOUNT).json()["opened_at"]
    day = start + timedelta(60)
    page = visit.open(f"/accounts/A-7?valid={day}&known={opened}", Role.AGENT)
    page.get_by_role("link", name="Compare", exact=True).click()
    tolerance = page.get_by_role("table", name="Compare").get_by_role("row").filter(has_text="Tolerance %")
    expect(tolerance.get_by_role("cell").nth(0)).to_contain_text("0")
    expect(tolerance.get_by_role("cell").nth(1)).to_contain_text("5◆ set hereRecorded")
    expect(tolerance.get_by_role("cell").nth(1)).to_contain_text("by administrator")
    row = page.get_by_role("table", name="Compare").get_by_role("row").filter(has_text="Class")
    expect(row.get_by_role("cell").nth(1)).to_contain_text("by administrator: “Pays early”")
    expect(page.get_by_label("Business day A")).to_have_value(str(day))
    expect(page.get_by_label("Business day B")).to_have_value(str(day))
    expect(page.get_by_label("As known at B")).to_have_value("")
    page.go_back()
    page.get_by_role("link", name="Compare with this day as known now").click()
    expect(tolerance.get_by_role("cell").nth(1)).to_contain_text("5◆ set here")
    page.get_by_label("Business day A").fill(str(start))
    page.get_by_label("Business day B").fill(str(start))
    words = r"Nothing differs between \d+ \w+ \d{4}, as known on .* at .*, and \d+ \w+ \d{4}, as known now\."
    expect(panel(page, "Compare")).to_contain_text(re.compile(words))


def test_now_is_not_compared_with_itself(visit: Visits, start: date) -> None:
    page = visit.open("/accounts/A-7", Role.AGENT)
    expect(panel(page, "In force")).to_contain_text("from DEFAULT v1")
    expect(page.get_by_role("link", name="Compare with")).to_have_count(0)
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(panel(page, "Compare")).to_contain_text("A and B are the same point")
    expect(panel(page, "Points to compare")).to_contain_text("choose under “As known at A” when it was known")
    page.get_by_label("As known at A").select_option(index=1)
    page.get_by_role("button", name="This day, as known then and now").click()
    expect(panel(page, "Compare")).to_contain_text("Nothing differs between")


@pytest.mark.parametrize(
    ("path", "name"), [("/accounts/A-7", "account A-7"), ("/accounts/A-7/sites/S-1", "site S-1 of account A-7")]
)
def test_before_the_first_entry_a_profile_says_so_and_leads_to_it(
    visit: Visits, api: Api, start: date, path: str, name: str
) -> None:  # rule 0.3
    known = f"valid={start}&known=2020-05-15T10:00:00Z"
    page = visit.open(f"{path}?{known}", Role.AGENT)
    sentence = f"On 15 May 2020 at 10:00 nothing was recorded about {name} yet; the first entry was recorded on"
    expect(panel(page, "In force")).to_contain_text(sentence)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    expect(page.get_by_label("As known after")).to_have_value("-1")
    expect(page.get_by_role("slider", name="Known at")).to_have_value("-1")
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(panel(page, "Compare")).to_contain_text(sentence)
    page.get_by_role("link", name="Show what was known then").click()
    expect(panel(page, "Compare")).not_to_contain_text(sentence)
    page.goto(f"{visit.address}{path}?{known}")
    page.get_by_role("link", name="Show what was known then").click()
    expect(panel(page, "In force")).to_contain_text("from ")
    expect(panel(page, "In force")).not_to_contain_text(sentence)


def _starts(day: date, text: str) -> str:
    month = "Sept" if day.month == 9 else f"{day:%b}"
    return f"{day.day} {month} {day.year}: {text}"

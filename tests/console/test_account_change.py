"""The change page: what, when and why, with the preview of the effect; saving, refusals and conflicts."""

import random
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from accessibility import assert_accessible, assert_no_sideways_scrolling
from aggregates.fact import Role
from api_client import Api
from browser import NARROW, Visits
from test_account import ACCOUNT, assign, caught_up, panel

HORIZON: Final = date(2099, 12, 31)
"""Stands for the end of what is open."""
_PERIODS: Final = (
    "(list) => [...list.children].map((each) => [...each.children].slice(0, 2).map((part) => part.textContent))"
)
_IN_WORDS: Final = """(stretches) => {
    const words = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    const range = (from, to) =>
        to === null ? `${words.format(new Date(from))} – open` : words.formatRange(new Date(from), new Date(to));
    return stretches.map(([from, to, classes]) => [range(from, to).replaceAll("\\u2009", " "), classes]);
}"""
WRITERS: Final = {Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR}


def preview(page: Page) -> str:
    """Waits for the preview of what was entered, and gives its text."""
    part = panel(page, "Preview")
    expect(part.get_by_role("list", name="Days")).to_be_visible()
    expect(part.locator(".waits")).to_have_count(0)
    return part.inner_text()


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_change_profiles_is_led_to_the_page(visit: Visits, role: Role) -> None:
    page = visit.open("/accounts/A-7", role)
    expect(page.get_by_role("link", name="Profile History")).to_be_visible()
    expect(page.get_by_role("link", name="Edit Account", exact=True)).to_have_count(1 if role in WRITERS else 0)
    page.goto(f"{visit.address}/accounts/A-7/change")
    save = page.get_by_role("button", name="Assign a class")
    reason = "Something is missing yet" if role in WRITERS else "does not change them"
    expect(save).to_have_accessible_description(_containing(reason))


def test_a_class_is_assigned_after_its_preview(visit: Visits, api: Api) -> None:  # rules 2.9, 2.11
    today = api.dossier.today()
    page = visit.open("/accounts/A-7/change", Role.AGENT)
    page.get_by_role("radio", name="Late payers").check()
    page.get_by_label("From", exact=True).fill(str(today + timedelta(10)))
    page.get_by_label("To", exact=True).fill(str(today + timedelta(20)))
    page.get_by_role("textbox", name="Reason").fill("Paid late")
    text = preview(page)
    assert "DEFAULT, version 1 → Late payers, version 1" in text
    assert "1 version superseded in part; DEFAULT resumes on" in text
    expect(page.get_by_role("checkbox", name="Keep the later version")).to_have_count(0)
    save = page.get_by_role("button", name="Assign Late payers")
    expect(save).not_to_have_attribute("aria-disabled", "true")
    page.get_by_role("textbox", name="Reason").press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()
    expect(panel(page, "Timeline").get_by_role("img", name="Timeline of Account A-7: 2 versions")).to_be_visible()
    history = api.seen(f"{ACCOUNT}/history").json()["items"]
    assert (history[-1]["profile_class"], history[-1]["reason"], history[-1]["source"]) == (
        "Late payers",
        "Paid late",
        "ui",
    )


def test_the_answers_that_would_differ_are_shown_and_their_digest_is_kept(visit: Visits, api: Api) -> None:  # rule 2.13
    first = api.dossier.today() - timedelta(20)
    opened = {"account": "A-8", "customer": "1001", "start": str(first)}
    assert api.post("/v1/accounts", opened).status_code == 201
    assert api.seen("/v1/accounts/A-8/history").status_code == 200
    page = visit.open("/accounts/A-8/change", Role.AGENT)
    page.get_by_role("radio", name="Late payers").check()
    page.get_by_label("To", exact=True).fill(str(first + timedelta(9)))
    page.get_by_label("From", exact=True).fill(str(first))
    page.get_by_role("textbox", name="Reason").fill("Paid late")
    preview(page)
    panel(page, "Preview").get_by_text("10 past days would be answered otherwise").click()
    expect(page.get_by_role("list", name="Transactions that would meet something else")).to_contain_text("Account A-8")
    page.get_by_role("textbox", name="Reason").press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()
    entry = api.seen("/v1/history?kind=account&key=A-8&order=newest&limit=1").json()["items"][0]
    assert (entry["reason"], len(entry["data"]["impact"])) == ("Paid late", 64)


def test_an_update_sends_only_what_was_touched_and_keeps_other_classes(visit: Visits, api: Api) -> None:  # rule 2.21
    today = api.dossier.today()
    assign(api, "Late payers", today + timedelta(30))
    caught_up(api)
    page = visit.open("/accounts/A-7/change")
    page.get_by_role("radio", name="Update options").check()
    page.get_by_label("Add a value to change").select_option("Tolerance %")
    page.get_by_label("Tolerance %", exact=True).fill("7")
    text = preview(page)
    assert "Late payers, version 1 → Late payers, version 1" in text
    assert "The days of another class would change, too, and keep their class: Late payers." in text
    page.get_by_role("button", name="Update 1 value").click()
    expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()
    items = api.seen(f"{ACCOUNT}/history").json()["items"][-2:]
    assert [each["profile_class"] for each in items] == ["DEFAULT", "Late payers"]
    assert all(each["set_here"] == {"options.tolerance_percent": "7"} for each in items)


def test_a_refused_value_is_told_at_its_field_before_it_is_saved(visit: Visits) -> None:
    page = visit.open("/accounts/A-7/change")
    page.get_by_role("radio", name="Update options").check()
    page.get_by_label("Add a value to change").select_option("Tolerance %")
    page.get_by_label("Tolerance %", exact=True).fill("a lot")
    expect(page.get_by_label("Tolerance %", exact=True)).to_have_accessible_description(_containing("Tolerance"))
    expect(page.get_by_role("button", name="Update 1 value")).to_have_attribute("aria-disabled", "true")


def test_days_in_the_past_need_a_reason(visit: Visits, api: Api) -> None:  # rule 0.4
    opened = {"account": "A-9", "customer": "1001", "start": str(api.dossier.today() - timedelta(40))}
    assert api.post("/v1/accounts", opened).status_code == 201
    api.seen("/v1/accounts/A-9/history")
    page = visit.open("/accounts/A-9/change")
    page.get_by_role("radio", name="Prompt payers").check()
    page.get_by_label("From", exact=True).fill(str(api.dossier.today() - timedelta(30)))
    expect(page.get_by_role("status").filter(has_text="Back-dated: 30 days in the past change.")).to_be_visible()
    save = page.get_by_role("button", name="Assign Prompt payers")
    expect(save).to_have_accessible_description("Say why: days in the past change.")
    page.get_by_role("textbox", name="Reason").fill("Agreed by telephone")
    preview(page)
    save.click()
    expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()


def test_what_changes_nothing_cannot_be_saved(visit: Visits) -> None:  # rule 0.5
    page = visit.open("/accounts/A-7/change")
    page.get_by_role("radio", name="DEFAULT").check()
    expect(panel(page, "Preview")).to_contain_text("This changes nothing.")
    expect(page.get_by_role("button", name="Assign DEFAULT")).to_have_accessible_description("This changes nothing.")


def test_nothing_is_lost_when_somebody_else_was_faster(visit: Visits, api: Api) -> None:  # rule 0.7
    today = api.dossier.today()
    page = visit.open("/accounts/A-7/change")
    page.get_by_role("radio", name="Prompt payers").check()
    page.get_by_role("textbox", name="Reason").fill("Pays early")
    preview(page)
    assign(api, "Late payers", today + timedelta(50))
    expect(page.get_by_role("checkbox", name="Keep the later version")).to_have_count(0)
    save = page.get_by_role("button", name="Assign Prompt payers")
    save.click()
    expect(page.get_by_role("status").filter(has_text="administrator changed this profile at")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Pays early")
    expect(panel(page, "Preview")).to_contain_text("Late payers, version 1 → Prompt payers, version 1")
    expect(page.get_by_role("checkbox", name="Keep the later version")).to_be_visible()
    save.click()
    expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()


def test_the_first_profile_of_a_site_is_created_and_can_be_ended(visit: Visits, api: Api) -> None:  # rules 2.6, 2.14
    page = visit.open("/accounts/A-7/sites/S-1", Role.AGENT)
    page.get_by_role("link", name="Create Site Profile").click()
    page.get_by_role("radio", name="Prompt payers").check()
    preview(page)
    page.get_by_role("button", name="Create Site Profile").click()
    expect(panel(page, "At this point")).to_contain_text("Prompt payers, version 1")
    page.get_by_role("link", name="Edit Site", exact=True).click()
    page.get_by_role("radio", name="End the profile").check()
    page.get_by_label("Last day", exact=True).fill(str(api.dossier.today() + timedelta(5)))
    assert "Prompt payers, version 1 → no profile" in preview(page)
    page.get_by_role("button", name="End the profile").click()
    expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()
    last = date.fromisoformat(api.seen(f"{ACCOUNT}/sites/S-1/history").json()["items"][-1]["effective_from"])
    assert last == api.dossier.today() + timedelta(6)


def test_what_random_previews_said_is_what_the_history_has_then(visit: Visits, api: Api) -> None:  # rules 2.11, 2.21
    chance = random.Random(20_261_128)
    today = api.dossier.today()
    page = visit.open("/accounts/A-7/change")
    for number in range(6):
        before = in_force(api)
        fill_in(page, chance, today, updates=number % 2 == 1)
        preview(page)
        save = page.get_by_role("button", name=re.compile("^(Assign|Update) "))
        expect(save).not_to_have_attribute("aria-disabled", "true")
        said = page.get_by_role("list", name="Days").evaluate(_PERIODS)
        save.click()
        expect(page.get_by_role("status").filter(has_text="Recorded in the Profile History.")).to_be_visible()
        assert said == page.evaluate(_IN_WORDS, recorded(before, in_force(api)))
        page.get_by_role("link", name="Edit Account", exact=True).click()


def fill_in(page: Page, chance: random.Random, today: date, *, updates: bool) -> None:
    """Enters a random change: of one option, or to another class."""
    if updates:
        page.get_by_role("radio", name="Update options").check()
        page.get_by_label("Add a value to change").select_option("Tolerance %")
        page.get_by_label("Tolerance %", exact=True).fill(str(chance.randrange(1, 100)))
    else:
        page.get_by_role("radio", name=chance.choice(["Prompt payers", "Late payers"])).check()
    first = today + timedelta(chance.randrange(60))
    page.get_by_label("From", exact=True).fill(str(first))
    if chance.random() < 0.6:
        page.get_by_label("To", exact=True).fill(str(first + timedelta(chance.randrange(30))))
    later = page.get_by_role("checkbox", name=re.compile("^Keep the .*later version"))
    if later.count() > 0 and chance.random() < 0.5:
        later.check()


def in_force(api: Api) -> dict[date, tuple[str, str]]:
    """Gives the event and the class in force on each day, as the history tells it."""
    days = {}
    for version in api.seen(f"{ACCOUNT}/history?limit=500").json()["items"]:
        name = f"{version['profile_class']}, version {version['class_version']}"
        for part in version["in_force"]:
            first = date.fromisoformat(part["effective_from"])
            last = HORIZON if part["effective_to"] is None else date.fromisoformat(part["effective_to"])
            days |= {first + timedelta(day): (version["event_id"], name) for day in range((last - first).days + 1)}
    return days


def recorded(before: dict[date, tuple[str, str]], after: dict[date, tuple[str, str]]) -> list[list[str | None]]:
    """Gives the stretches of days that a change has brought something new to: from, to, and the class before and after."""
    known = set(before.values())
    days = sorted(day for day, version in after.items() if version not in known)
    stretches: list[list[str | None]] = []
    for last, day in pairwise([date.min, *days]):
        if last + timedelta(1) != day or (before[last], after[last]) != (before[day], after[day]):
            stretches.append([str(day), None, f"{before[day][1]} → {after[day][1]}"])
        stretches[-1][1] = None if day == HORIZON else str(day)
    return stretches


def test_the_page_keeps_nobody_out(visit: Visits) -> None:
    for width in (1280, NARROW):
        page = visit.open("/accounts/A-7/change", width=width)
        page.get_by_role("radio", name="Prompt payers").check()
        preview(page)
        page.get_by_role("radio", name="Update options").check()
        for value in ("Tolerance %", "Credit hold", "Interest"):
            page.get_by_label("Add a value to change").select_option(value)
        assert_accessible(page)
        page.get_by_role("radio", name="Assign a class").check()
        expect(page.get_by_role("button", name="Assign Prompt payers")).not_to_have_attribute("aria-disabled", "true")
        assert_accessible(page)
        assert_no_sideways_scrolling(page)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog", name="Discard what you changed?")).to_be_visible()
        page.get_by_role("button", name="Discard").click()
        expect(page.get_by_role("heading", name="Account A-7", level=1)).to_be_focused()


def _containing(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))

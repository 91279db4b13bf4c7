"""The picture tells the truth: at random points of random histories it shows what the API answers for them (rules 0.3, 2.11, 2.21)."""

import random
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from aggregates.fact import Role
from api_client import Api
from browser import Visits
from test_account import ACCOUNT, caught_up, panel

CHANGES = 12
POINTS = 20
"""Points of each history, half of them set by sliders and half by fields."""
CLASSES = ("DEFAULT", "Prompt payers", "Late payers")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_picture_says_what_the_api_says(visit: Visits, api: Api, seed: int) -> None:
    chance = random.Random(seed)
    start = date.fromisoformat(api.seen(ACCOUNT).json()["start"])
    _record(api, chance, start)
    caught_up(api)
    instants = sorted({each["recorded_at"] for each in api.get(f"{ACCOUNT}/history?limit=500").json()["items"]})
    page = visit.open("/accounts/A-7", Role.AUDITOR)
    expect(panel(page, "In force")).to_contain_text("from ")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/resolve?" in request.url else None)
    last = date(1970, 1, 1) + timedelta(int(page.get_by_role("slider", name="Valid at").get_attribute("max") or 0))
    for point in range(POINTS):
        day = start + timedelta(chance.randrange((last - start).days + 1))
        stop = chance.randrange(len(instants))
        if point % 2:
            _set_by_fields(page, day, stop)
        else:
            _set_by_sliders(page, day, stop)
        _assert_shown(page, api, {"valid_at": str(day), "known_at": instants[stop]})
    queries = [parse_qs(urlsplit(request.url).query) for request in asked]
    assert queries
    assert all("known_at" in query and ("date" in query) for query in queries[1:]), "both values are asked for"


def _record(api: Api, chance: random.Random, start: date) -> None:
    for number in range(CHANGES):
        first = start + timedelta(chance.randrange(300))
        days = {"effective_from": str(first), "keep_later": chance.random() < 0.3}
        if chance.random() < 0.6:
            days["effective_to"] = str(first + timedelta(chance.choice([0, 1, chance.randrange(120)])))
        if number % 2:
            body = {"options": {"tolerance_percent": str(number)}, **days}
            assert api.patch(f"{ACCOUNT}/profile", body).status_code in {200, 422}
        else:
            body = {"profile_class": chance.choice(CLASSES), **days}
            assert api.post(f"{ACCOUNT}/profile", body).status_code in {200, 201}


def _set_by_fields(page: Page, day: date, stop: int) -> None:
    page.get_by_label("Business day").fill(str(day))
    page.get_by_label("As known after").select_option(str(stop))


def _set_by_sliders(page: Page, day: date, stop: int) -> None:
    days = page.get_by_role("slider", name="Valid at")
    days.evaluate(_SLIDE, (day - date(1970, 1, 1)).days)
    page.get_by_role("slider", name="Known at").evaluate(_SLIDE, stop)


_SLIDE = """(slider, value) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(slider, value);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
"""What a pointer does with a native range."""


def _assert_shown(page: Page, api: Api, query: dict[str, str]) -> None:
    profile = api.get(f"{ACCOUNT}/profile", params=query).json()
    readout = panel(page, "At this point")
    expect(readout).to_contain_text(f"On {_words(query['valid_at'])}, as known on")
    expect(readout).to_contain_text(f"{profile['profile_class']}, version {profile['class_version']}, ")
    last = profile["effective_to"]
    expect(readout).to_contain_text("– open" if last is None else f"{_words(last)}. Recorded")
    in_force = panel(page, "In force")
    tolerance = in_force.get_by_role("region", name="Credit").get_by_role("definition")
    for name in ("collector", "tolerance_percent"):
        if (value := profile["options"].get(name)) is not None:
            expect(tolerance.filter(has_text=value).first).to_be_visible()
    here = [path for path in profile["set_here"] if path.startswith("options.")]
    expect(in_force.get_by_text("◆ set here")).to_have_count(len(here))
    expect(in_force.get_by_text(f"from {profile['profile_class']} v{profile['class_version']}").first).to_be_visible()


def _words(day: str) -> str:
    moment = date.fromisoformat(day)
    month = "Sept" if moment.month == 9 else f"{moment:%b}"
    return f"{moment.day} {month} {moment.year}"

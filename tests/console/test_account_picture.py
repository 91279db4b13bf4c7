"""The picture tells the truth: at random points of random histories it shows what the API answers (rules 0.3, 2.11, 2.13, 2.21)."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from aggregates.fact import Role
from aggregates.profile_class.amounts import AMOUNTS
from aggregates.profile_class.options import OPTIONS
from api_client import Api
from browser import Visits
from test_account import panel

HISTORIES: Final = 20
CHANGES: Final = 12
POINTS: Final = 50
"""Points of each history, half of them set by the sliders and half by the fields."""
CLASSES: Final = ("DEFAULT", "Prompt payers", "Late payers")
EPOCH: Final = date(1970, 1, 1)

_PAUSES_SHORTENED: Final = """
    const { setTimeout } = window;
    window.setTimeout = (handler, pause, ...rest) => setTimeout(handler, pause / 100, ...rest);
"""
"""The picture waits until the point rests: for a thousand points that would be minutes in which nothing happens."""

_TAKE_POINTS: Final = """async (points) => {
    const nameOf = (element) =>
        element.getAttribute("aria-label")
        ?? document.getElementById(element.getAttribute("aria-labelledby"))?.textContent
        ?? element.labels?.[0]?.textContent;
    const named = (selector, name) => [...document.querySelectorAll(selector)].find((each) => nameOf(each) === name);
    const linked = (point) => {
        const link = [...document.querySelectorAll("a")].find((each) => each.textContent === "Compare with today as known now");
        const query = new URL(link?.href ?? document.baseURI).searchParams;
        return query.get("a_valid") === point.day && query.get("a_known") === point.instant;
    };
    const set = (element, value, type) => {
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value").set.call(element, value);
        element.dispatchEvent(new Event(type, { bubbles: true }));
    };
    const arrived = (point) => new Promise((resolve, reject) => {
        const late = window.setTimeout(() => reject(new Error(`${point.day} ${point.instant} is not shown`)), 1_000_000);
        const look = () => {
            if (!linked(point)) return;
            observer.disconnect();
            window.clearTimeout(late);
            resolve();
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        look();
    });
    const shown = [];
    for (const point of points) {
        if (point.bySliders) {
            set(named("input", "Valid at"), point.dayNumber, "input");
            set(named("input", "Known at"), point.stop, "input");
        } else {
            set(named("input", "Business day"), point.day, "input");
            set(named("select", "As known after"), point.stop, "change");
        }
        await arrived(point);
        shown.push({
            readout: named("section", "At this point").textContent,
            values: [...named("section", "In force").querySelectorAll("dt")].map((term) => [
                term.textContent,
                term.nextElementSibling.firstChild.textContent,
                term.nextElementSibling.querySelector("summary").textContent,
            ]),
        });
    }
    return shown;
}"""
"""Takes every point as a person does, one after the other, and gives what is shown there once it is the point's."""

_RANGES: Final = """(ranges) => {
    const words = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    return ranges.map(([from, to]) =>
        to === null ? `${words.format(new Date(from))} – open` : words.formatRange(new Date(from), new Date(to)));
}"""
"""Gives ranges of days in words."""


@dataclass(frozen=True)
class Place:
    """An account or a site, and its first day."""

    account: str
    site: str | None
    start: date

    @property
    def name(self) -> str:
        return f"Account {self.account}" if self.site is None else f"Site {self.site} of account {self.account}"

    @property
    def path(self) -> str:
        return f"/accounts/{self.account}" + ("" if self.site is None else f"/sites/{self.site}")


@pytest.mark.timeout(900)
def test_the_picture_says_what_the_api_says(visit: Visits, api: Api) -> None:
    chance = random.Random(20_261_128)
    start = api.dossier.today() - timedelta(150)
    places = [_history(api, chance, f"R-{number}", start, is_site=number % 4 == 0) for number in range(HISTORIES)]
    for place in places:
        assert api.seen(f"/v1{place.path}/history").status_code == 200
    page = visit.open("/nowhere", Role.AUDITOR)
    page.add_init_script(_PAUSES_SHORTENED)
    page.reload()
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request) if "/resolve?" in request.url else None)
    points = {place: list(_points(api, chance, place)) for place in places}
    for place in places:
        _open(page, place)
        _assert_shown(page, api, place, points[place])
    both = {(point["day"], point["instant"]) for each in points.values() for point in each}
    assert both <= {_clocks(request) for request in requests}, "both values are in the requests"


def _open(page: Page, place: Place) -> None:
    """Opens a place by way of the list: loading a page anew costs more than many points."""
    back_to_now = page.get_by_role("button", name="Back to now")
    if back_to_now.is_visible():
        back_to_now.click()
    page.get_by_role("link", name="Accounts", exact=True).click()
    page.get_by_role("link", name=place.account, exact=True).click()
    if place.site is not None:
        panel(page, "Sites").get_by_role("link", name=place.site, exact=True).click()
    expect(page.get_by_role("img", name=f"Timeline of {place.name}:")).to_be_visible()
    expect(panel(page, "In force")).to_contain_text("from ")


def _history(api: Api, chance: random.Random, account: str, start: date, *, is_site: bool) -> Place:
    """Records random changes of a new account, or of a new site of one."""
    opened = {"account": account, "customer": "1001", "start": str(start)}
    assert api.post("/v1/accounts", opened).status_code == 201
    place = Place(account, "S" if is_site else None, start)
    profile = f"/v1{place.path}/profile"
    if is_site:
        assert api.post(f"/v1/accounts/{account}/sites", {"site": "S"}).status_code == 201
        created = {"profile_class": "DEFAULT", "effective_from": str(start + timedelta(20)), "create": True}
        assert api.post(profile, created).status_code == 201
    for number in range(CHANGES):
        method, path, body = _change(chance, number, start, is_site=is_site)
        assert api.call(method, profile + path, json=body).status_code in {200, 201, 409, 422}
    return place


def _change(chance: random.Random, number: int, start: date, *, is_site: bool) -> tuple[str, str, dict[str, Any]]:
    first = start + timedelta(chance.randrange(300))
    days: dict[str, Any] = {"effective_from": str(first), "keep_later": chance.random() < 0.3}
    if chance.random() < 0.6:
        days["effective_to"] = str(first + timedelta(chance.choice([0, 1, chance.randrange(120)])))
    if is_site and chance.random() < 0.15:
        return "POST", "/end", {"effective_to": str(first)}
    if number % 2:
        credit = {"credit_limit": f"{number}00", "interest": {"rate": "1.5"}}
        body = {"options": {"tolerance_percent": str(number), "credit_hold": chance.choice([True, False, None])}}
        return "PATCH", "", {**body, "amounts": {"EUR": credit} if chance.random() < 0.3 else None, **days}
    return "POST", "", {"profile_class": chance.choice(CLASSES), "keep_overrides": chance.random() < 0.3, **days}


def _points(api: Api, chance: random.Random, place: Place) -> Iterator[dict[str, Any]]:
    """Gives points, no two the same. Today is none: it stands in the address by being left out."""
    versions = api.get(f"/v1{place.path}/history?limit=500").json()["items"]
    instants = sorted({version["recorded_at"] for version in versions})
    ends = [version[end] for version in versions for end in ("effective_from", "effective_to") if version[end]]
    today = api.dossier.today()
    last = max(today, date.fromisoformat(max(ends)))
    days = [day for number in range((last - place.start).days) if (day := place.start + timedelta(number)) != today]
    spots = [(day, stop) for day in days for stop in range(len(instants))]
    for number, (day, stop) in enumerate(chance.sample(spots, POINTS)):
        yield {
            "day": str(day),
            "dayNumber": (day - EPOCH).days,
            "stop": stop,
            "instant": instants[stop],
            "bySliders": number % 2 == 0,
        }


def _assert_shown(page: Page, api: Api, place: Place, points: list[dict[str, Any]]) -> None:
    shown = page.evaluate(_TAKE_POINTS, points)
    profiles = [_profile(api, place, point) for point in points]
    days = [[profile["effective_from"], profile["effective_to"]] for profile in profiles if profile]
    ranges = iter(page.evaluate(_RANGES, days))
    for point, profile, at_point in zip(points, profiles, shown, strict=True):
        where = f"{place} {point}: {at_point}"
        own = [tuple(row) for row in at_point["values"] if not row[2].startswith("from the account")]
        if profile is None:
            assert at_point["readout"].endswith(": no profile.") or "no profile, " in at_point["readout"], where
            assert own == [], where
            continue
        name = f"{profile['profile_class']}, version {profile['class_version']}"
        assert f": {name}, {next(ranges)}. Recorded ".replace("\u2009", " ") in at_point["readout"], where
        count = len(profile["set_here"])
        assert at_point["readout"].endswith(f" {count} option{'' if count == 1 else 's'} set here.") == (count > 0), (
            where
        )
        assert sorted(own) == sorted(_values(profile)), where


def _profile(api: Api, place: Place, point: dict[str, Any]) -> dict[str, Any] | None:
    """Gives the API's answer; None where a site has no profile."""
    clocks = {"valid_at": point["day"], "known_at": point["instant"]}
    answer = api.get(f"/v1{place.path}/profile", params=clocks)
    assert answer.status_code == 200 or place.site is not None
    return answer.json() if answer.status_code == 200 else None


def _values(profile: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Gives label, value and origin of all that a profile sets."""
    here, of_class = set(profile["set_here"]), f"from {profile['profile_class']} v{profile['class_version']}"
    for name, value in profile["options"].items():
        origin = "◆ set here" if f"options.{name}" in here else of_class
        yield OPTIONS[name].label, _text(value), origin
    for currency, amounts in profile["amounts"].items():
        for name, value in amounts.items():
            origin = "◆ set here" if f"amounts.{currency}.{name}" in here else of_class
            yield f"{AMOUNTS[name]} ({currency})", _text(value), origin


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{value['rate']} %" if "rate" in value else str(value["amount"])
    return str(value)


def _clocks(request: Request) -> tuple[str | None, str | None]:
    query = dict(parse_qsl(urlsplit(request.url).query))
    return query.get("date"), query.get("known_at")

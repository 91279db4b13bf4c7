"""A mixed history over three months: what is answered at random points equals an independent fold of the log (rules 0.3, 2.20).

The company is the one that `upgrade.record` makes for recorded states. Afterwards its log is spread over three months, the read models are
made anew from it, and the API is asked at random days as known at random instants. POINTS sets how many.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

import simple_fold
from aggregates.fact import Fact
from aggregates.profile_class.commands import found_company
from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, Api
from projections import catalogue
from projections.engine.rebuild import rebuild
from projections.reading.read_models import ReadModels
from simple_fold import Person, Point, Terms
from store.application import Dossier
from upgrade.record import ACCOUNTS, CLASSES, CUSTOMERS, CountingApi, Recording
from upload_helpers import fields as standard_fields
from upload_helpers import request

POINTS: Final = int(os.environ.get("POINTS", "150"))
FIRST: Final = datetime(2026, 1, 1, 8, tzinfo=UTC)
LAST: Final = FIRST + timedelta(days=90)
LOG_EVERY: Final = 5
"""Every which answer is compared with the one from the log."""
MASK: Final = "••••"


class Life(Recording):
    """The recorded company, which also sets the company's own options and controls, and gives numbers."""

    def change(self) -> None:
        """One change of any kind."""
        super().change()
        chance, api = self.chance, self.api
        if chance.random() < 0.15:
            body = {"options": {"payment_terms": f"NET{chance.randrange(9)}", "clearing_days": 3}, **self.days()}
            api.patch("/v1/system-options", body)
            api.put("/v1/controls/K87", {"value": chance.choice(["Yes", "No"]), **self.days()})
            number = chance.choice(CUSTOMERS)
            body = {"alternate_number": f"X{chance.randrange(999)}", "primary": chance.random() < 0.5}
            api.post(f"/v1/customers/{number}/alternate-numbers", body)


@dataclass
class Company:
    """The API, every fact in order, and the fields that are masked now."""

    api: Api
    facts: list[Fact]
    masked: set[str]
    asked: int = 0


@pytest.fixture
def company(dossier: Dossier, reads: ReadModels) -> Iterator[Company]:
    """The company after all of its history."""
    found_company(dossier, request())
    standard_fields(dossier)
    settings = ApiSettings(token_secret=SECRET, asyncapi=lambda: "")
    with TestClient(create_app(dossier, reads, settings), raise_server_exceptions=False) as client:
        life = Life(CountingApi(client, dossier), dossier)
        life.live()
        spread(dossier)
        for projection in catalogue.projections(dossier):
            rebuild(dossier, projection, lambda *_: None)
        events = dossier.log_of_facts.select_notifications(1, 1_000_000)
        facts = [dossier.fact_mapper.to_domain_event(event) for event in events]
        now = simple_fold.fold(facts, LAST.date(), LAST)
        yield Company(life.api, facts, {key for key, one in now.definitions.items() if one["masked"]})


def spread(dossier: Dossier) -> None:
    """Spreads the log evenly over the three months; what one commit recorded stays together."""
    with dossier.database.connection() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE events SET recorded_at = %(first)s::timestamptz + (place - 1) * (%(last)s::timestamptz - %(first)s) / places"
            " FROM (SELECT position, dense_rank() OVER (ORDER BY recorded_at) AS place,"
            " (SELECT count(DISTINCT recorded_at) FROM events) AS places FROM events) AS spread"
            " WHERE spread.position = events.position",
            {"first": FIRST, "last": LAST},
        )


def test_random_points_of_a_mixed_history_equal_an_independent_fold(company: Company) -> None:  # rules 0.3, 2.20
    assert len(company.facts) >= 500
    assert len({fact.TOPIC for fact in company.facts}) >= 25
    chance, compared = random.Random(20), 0
    questions = [drawer, fields, customer, account, site, resolution, profile_class]
    for place in range(POINTS):
        day = date(2025, 12, 1) + timedelta(days=chance.randrange(800))
        known_at = FIRST + chance.random() * (LAST - FIRST)
        point = simple_fold.fold(company.facts, day, known_at)
        clocks = {"valid_at": str(day), "known_at": known_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "explain": "true"}
        compared += questions[place % len(questions)](company, point, chance, clocks)
    assert compared > POINTS // 2


def answer(company: Company, path: str, clocks: dict[str, str]) -> dict[str, Any] | None:
    """The body of an answer; nothing where the thing was not known, or not in force. Now and then the log is asked the same."""
    response = company.api.get(path, params=clocks, follow_redirects=True)
    assert response.status_code in {200, 404}, response.text
    body: dict[str, Any] | None = response.json() if response.status_code == 200 else None
    company.asked += 1
    if company.asked % LOG_EVERY == 0:
        from_log = company.api.get(path, params={**clocks, "source": "log"}, follow_redirects=True)
        assert from_log.status_code == response.status_code
        assert body is None or from_log.json() == without_permissions(body)
    return body


def without_permissions(body: dict[str, Any]) -> dict[str, Any]:
    """A widget without what the caller may edit, which the log is not asked."""
    groups = {name: body[name] for name in ("business", "optional") if name in body}
    kept = {
        name: {
            **group,
            "fields": [{key: value for key, value in one.items() if key != "may_edit"} for one in group["fields"]],
        }
        for name, group in groups.items()
    }
    return {**body, **kept}


def someone(company: Company, point: Point, chance: random.Random, path: str, clocks: dict[str, str]) -> Any:
    """A customer by the fold and by the API, which must agree on whether there is one, and whose number leads."""
    number = chance.choice(CUSTOMERS)
    body = answer(company, f"/v1/customers/{number}{path}", clocks)
    if number not in point.people:
        assert body is None
        return None
    survivor = point.stands_for(number)
    assert body is not None
    assert body["number"] == survivor
    person = point.people[survivor]
    shown = point.name(person)
    assert body["name"] == shown.value
    assert body["explanations"]["name"]["event_id"] == str(shown.by)
    return body, person, survivor


def drawer(company: Company, point: Point, chance: random.Random, clocks: dict[str, str]) -> bool:
    """The drawer: shown categories, values, choices, and the verdict (rules 1.4-1.12)."""
    found = someone(company, point, chance, "/drawer", clocks)
    if found is None:
        return False
    body, person, _ = found
    shown = [
        (one["position"], code)
        for code, one in point.categories.items()
        if one["active"] and any(response["active"] for response in point.answers.get(code, {}).values())
    ]
    assert [category["code"] for category in body["categories"]] == [code for _, code in sorted(shown)]
    for category in body["categories"]:
        code = category["code"]
        stored, default = person.responses.get(code), point.defaults.get(code)
        value = default if stored is None else stored.value
        kind = "stored" if stored else "blank" if default is None else "defaulted"
        assert (category["value"], category["shown"]) == (value, kind)
        assert category["description"] == point.categories[code]["description"]
        told = None if value is None else point.answers[code][value]["description"]
        assert category["value_description"] == told
        offered = {name for name, one in point.answers[code].items() if one["active"] or (stored and name == value)}
        assert {choice["code"] for choice in category["choices"]} == offered
        assert category["blank_offered"] == (default is None and not point.categories[code]["required"])
        if stored:
            assert body["explanations"][f"responses.{code}"]["event_id"] == str(stored.by)
    unanswered = any(point.categories[code]["required"] and code not in person.responses for _, code in shown)
    conditions = [bool(shown), unanswered, point.controls.get("K87", "No") == "Yes", any(person.numbers.values())]
    assert [condition["holds"] for condition in body["display"]["conditions"]] == conditions
    assert body["display"]["displayed"] == all(conditions)
    return True


def fields(company: Company, point: Point, chance: random.Random, clocks: dict[str, str]) -> bool:
    """Business fields: groups, order, values, masks, sources (rules 3.1, 3.3, 5.2)."""
    found = someone(company, point, chance, "/fields", clocks)
    if found is None:
        return False
    body, person, number = found
    people = [person, *(point.people[other] for other in point.absorbed_by(number))]
    brought = {key for one in people for key in one.uploaded}
    for group in ("business", "optional"):
        defined = sorted(
            (one["position"], place, key)
            for place, (key, one) in enumerate(point.definitions.items())
            if one["group"] == group and one["active"]
        )
        keys = [key for _, _, key in defined]
        if group == "optional" and not brought.intersection(keys):
            keys = []
        shown = body.get(group, {"fields": []})["fields"]
        assert [field["key"] for field in shown] == keys
        for field in shown:
            _field(company, point, person, field, body["explanations"])
    return True


def _field(company: Company, point: Point, person: Person, field: dict[str, Any], explanations: dict[str, Any]) -> None:
    key = field["key"]
    said = person.fields.get(key)
    is_masked = key in company.masked or point.definitions[key]["masked"]
    assert field["label"] == point.definitions[key]["label"]
    assert field["value"] == (None if said is None else MASK if is_masked else said.value)
    assert field["source"] == (None if said is None else said.source)
    explanation = explanations.get(f"fields.{key}")
    assert (None if explanation is None else explanation["event_id"]) == (None if said is None else str(said.by))


def customer(company: Company, point: Point, chance: random.Random, clocks: dict[str, str]) -> bool:
    """The list of alternate numbers, and the numbers that lead here (rules 1.14, 6.1)."""
    found = someone(company, point, chance, "", clocks)
    if found is None:
        return False
    body, person, number = found
    listed = {one["number"]: one["primary"] for one in body["alternate_numbers"] if one["current"]}
    assert listed == person.numbers
    assert body["aliases"] == sorted(point.absorbed_by(number))
    return True


def account(company: Company, point: Point, chance: random.Random, clocks: dict[str, str]) -> bool:
    """The profile of an account (rules 2.7-2.12)."""
    return _profile(company, point, (chance.choice(ACCOUNTS), None), clocks)


def site(company: Company, point: Point, chance: random.Random, clocks: dict[str, str]) -> bool:
    """The profile of a site, and none where it never had one, or it was ended (rules 2.6, 2.14)."""
    return _profile(company, point, (chance.choice(ACCOUNTS), "S-1"), clocks)


def _profile(company: Company, point: Point, place: tuple[str, str | None], clocks: dict[str, str]) -> bool:
    number, site_number = place
    path = f"/v1/accounts/{number}" + ("" if site_number is None else f"/sites/{site_number}")
    assert (answer(company, path, clocks) is not None) == (
        number in point.accounts if site_number is None else (number, site_number) in point.sites
    )
    body, terms = answer(company, f"{path}/profile", clocks), point.profiles.get(place)
    if terms is None:
        assert body is None
        return False
    assert body is not None
    assert (body["profile_class"], body["class_version"]) == (terms.name, terms.version)
    assert body["effective_from"] <= clocks["valid_at"] <= (body["effective_to"] or "9999-12-31")
    assert flat(body) == terms.values
    assert set(body["set_here"]) == terms.here
    made = {path: explanation["event_id"] for path, explanation in body["explanations"].items()}
    assert made == {path: str(terms.by[path]) for path in terms.values} | {"profile_class": str(terms.event)}
    return True


def resolution(company: Company, point: Point, chance: random.Random, clocks: dict[str, str]) -> bool:
    """What applies to a transaction: the site's value, else the account's, else the company's (rule 2.13)."""
    number, of_site = chance.choice(ACCOUNTS), chance.random() < 0.7
    exists = number in point.accounts and (not of_site or (number, "S-1") in point.sites)
    body = answer(company, f"/v1/accounts/{number}/resolve", clocks | ({"site": "S-1"} if of_site else {}))
    assert (body is not None) == exists
    if body is None:
        return False
    levels = [point.system, point.profiles.get((number, None), Terms())]
    levels += [point.profiles.get((number, "S-1"), Terms())] if of_site else []
    values: dict[str, Any] = {}
    by: dict[str, str] = {}
    for terms in levels:
        values |= terms.values
        by |= {path: str(terms.by[path]) for path in terms.values}
    assert {path: told["value"] for path, told in flat(body).items()} == values
    assert {path: told["event_id"] for path, told in flat(body).items()} == by
    assert {path: explanation["event_id"] for path, explanation in body["explanations"].items()} == by
    return True


def profile_class(company: Company, point: Point, chance: random.Random, clocks: dict[str, str]) -> bool:
    """A class in the version of that time (rules 2.1, 2.15)."""
    name = chance.choice(CLASSES)
    body, terms = answer(company, f"/v1/profile-classes/{name}", clocks), point.classes.get(name)
    if terms is None:
        assert body is None
        return False
    assert body is not None
    assert body["version"] == terms.version
    assert {**flat(body), "description": body["description"], "active": body["active"]} == terms.values
    made = {path: explanation["event_id"] for path, explanation in body["explanations"].items()}
    assert made == {path: str(event_id) for path, event_id in terms.by.items()}
    return True


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """Options, amounts and attributes of an answer by path."""
    values = {f"options.{name}": value for name, value in body["options"].items()}
    for code, row in body["amounts"].items():
        values |= {f"amounts.{code}.{name}": value for name, value in row.items()}
    return values | {f"attributes.{name}": value for name, value in body["attributes"].items()}

"""One search over everything that was recorded: each filter equals the same filter done by hand, and every form tells the same.

The company is the one that `upgrade.record` makes for recorded states: a year of changes of every kind.
"""

import csv
import io
import json
import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from aggregates.catalogue import FACTS, KEY_FIELDS
from aggregates.customer.commands import rename_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Role
from aggregates.profile_class.commands import found_company
from api.app import create_app
from api.parameters import histories
from api.parameters.histories import COLUMNS
from api.settings import ApiSettings
from api_client import SECRET, Api, assert_problem, fields, register
from projections.history import filters, marks
from projections.reading.read_models import ReadModels
from store.application import Dossier
from upgrade.record import CUSTOMERS, PLACES, CountingApi, Recording, catch_up
from upload_helpers import fields as standard_fields
from upload_helpers import request as setting_up

Entry = Mapping[str, Any]
WORDS: Final = ("agreed", "Telephone", "Überprüft", "audit", "as", "customer's", "wish", "42")
"""Words of reasons."""
PAIRS: Final = 60
"""Pairs of filters that are compared."""
POINTS: Final = 150
"""Days on which what the changes tell is compared with what is answered."""


class Live(Recording):
    """A company whose changes have reasons, and that calls its customers."""

    def change(self) -> None:
        """One change, with a reason more often than not."""
        super().change()
        chance, number = self.chance, self.chance.choice(("C-1", "C-2", "C-3"))
        if chance.random() < 0.4:
            words = " ".join(chance.sample(WORDS, chance.randrange(1, 4)))
            body = {"name": f"Person {chance.randrange(9)}", "reason": words, "effective_from": "2026-01-05"}
            self.api.patch(f"/v1/customers/{number}", body, chance.choice((Role.ADMINISTRATOR, Role.INTEGRATOR)))

    def live(self) -> None:
        """All of it, shorter than in a recorded state."""
        self.set_up()
        self.people()
        for _ in range(3):
            self.upload()
            for _ in range(60):
                self.change()
            self.propagate()
        self.further()

    def further(self) -> None:
        """What `Recording` has nothing of: calls, mappings of files, definitions that change, numbers, zones."""
        api = self.api
        for interaction in ("I-1", "I-2"):
            api.post("/v1/interactions", {"interaction": interaction, "customer": "C-1", "agent": "agent"})
            api.patch(f"/v1/interactions/{interaction}", {"state": "wrap_up"})
            api.patch(f"/v1/interactions/{interaction}", {"state": "closed"})
        for columns in ({"id": "customer_number", "town": "city"}, {"id": "customer_number"}):
            api.put("/v1/upload-mappings/crm", {"columns": columns, "reason": "Überprüft, as agreed"})
        api.patch("/v1/fields/plan", {"label": "Tariff", "position": 3})
        api.patch("/v1/categories/1", {"description": "First"})
        api.patch("/v1/categories/1/responses/A", {"description": "Yes", "default": True})
        api.patch(
            "/v1/profile-classes/Prompt",
            {"description": "In time", "options": {"collector": "EU-2"}, "apply_to": "new"},
        )
        api.delete("/v1/attribute-mappings/category:2")
        api.put("/v1/attribute-mappings/category:1", {"attribute": "age_group"})
        api.post("/v1/customers/C-1/alternate-numbers", {"alternate_number": "X1", "primary": True})
        api.delete("/v1/customers/C-1/alternate-numbers/N0")
        api.put("/v1/controls/TZ", {"value": "Pacific/Auckland", "effective_from": "2026-01-01"})
        api.put("/v1/controls/K87", {"value": "No"})


@pytest.fixture
def company(dossier: Dossier, reads: ReadModels) -> Iterator[Api]:
    """A company that has lived through everything, read from up-to-date read models."""
    found_company(dossier, setting_up())
    standard_fields(dossier)
    settings = ApiSettings(token_secret=SECRET, asyncapi=lambda: "")
    with TestClient(create_app(dossier, reads, settings), raise_server_exceptions=False) as client:
        life = Live(CountingApi(client, dossier), dossier)
        life.live()
        catch_up(dossier)
        yield life.api


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of so few positions that a search meets many, with rows of both kinds."""
    monkeypatch.setattr(marks, "BLOCK", 64)
    monkeypatch.setattr(filters, "BLOCK", 64)
    monkeypatch.setattr(marks, "_BITMAP", 8)
    monkeypatch.setattr(marks, "_MOST_OFFSETS", 3)


def everything(api: Api, path: str = "/v1/history?order=oldest") -> list[Entry]:
    """Every entry, from the file of the whole history."""
    answer = api.seen(f"{path}{'&' if '?' in path else '?'}format=ndjson")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


# Filters by hand


def words_of(text: str) -> set[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("'", ""))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return set("".join(letter if letter.isalnum() else " " for letter in plain).split())


def day_of(entry: Entry) -> date:
    """The business day on which an entry was recorded."""
    instant = datetime.fromisoformat(entry["recorded_at"])
    return instant.astimezone(ZoneInfo("Pacific/Auckland")).date()


def equal(member: str) -> Callable[[Entry, Any], bool]:
    return lambda entry, value: bool(entry[member] == value)


_EQUAL: Final = ("kind", "key", "actor", "role", "source", "topic", "correlation_id", "causation_id")
BY_HAND: Final[dict[str, Callable[[Entry, Any], bool]]] = {
    **{name: equal(name) for name in _EQUAL},
    "field": lambda entry, path: path in {change["field"] for change in entry["changes"]},
    "recorded_from": lambda entry, text: (
        day_of(entry) >= date.fromisoformat(text) if len(text) == 10 else entry["recorded_at"] >= text
    ),
    "recorded_to": lambda entry, text: (
        day_of(entry) <= date.fromisoformat(text) if len(text) == 10 else entry["recorded_at"] <= text
    ),
    "effective_from": lambda entry, day: entry["effective_from"] is not None and entry["effective_from"] >= day,
    "effective_to": lambda entry, day: entry["effective_from"] is not None and entry["effective_from"] <= day,
    "back_dated": lambda entry, flag: flag == "false" or entry["back_dated"],
    "reason": lambda entry, words: words_of(words) <= words_of(entry["reason"] or ""),
}


def some_filter(name: str, entries: list[Entry], chance: random.Random) -> dict[str, str]:
    """A filter that some entry passes, as query parameters."""
    entry = chance.choice(entries)
    match name:
        case "key":
            return {"kind": entry["kind"], "key": entry["key"]}
        case "field":
            changed = [one for one in entries if one["changes"]]
            return {"field": chance.choice(chance.choice(changed)["changes"])["field"]}
        case "recorded_from" | "recorded_to":
            return {name: chance.choice([entry["recorded_at"], str(day_of(entry))])}
        case "effective_from" | "effective_to":
            dated = chance.choice([one for one in entries if one["effective_from"]])
            return {name: dated["effective_from"]}
        case "back_dated":
            return {name: chance.choice(["true", "true", "false"])}
        case "reason":
            words = sorted(words_of(chance.choice([one for one in entries if one["reason"]])["reason"]))
            return {name: " ".join(chance.sample(words, min(len(words), 2))).upper()}
        case _:
            return {name: entry[name]}


def by_hand(entries: list[Entry], query: Mapping[str, str]) -> list[Entry]:
    return [entry for entry in entries if all(BY_HAND[name](entry, value) for name, value in query.items())]


def paged(api: Api, query: Mapping[str, str], limit: int) -> list[Entry]:
    """The entries of a search, page by page."""
    found: list[Entry] = []
    cursor: dict[str, str] = {}
    while True:
        answer = api.get("/v1/history", params={**query, **cursor, "limit": str(limit)})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) == limit or page["next_cursor"] is None
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def check(api: Api, entries: list[Entry], query: Mapping[str, str]) -> int:
    expected = by_hand(entries, query)
    assert paged(api, {**query, "order": "oldest"}, 500) == expected, query
    assert paged(api, query, 170) == expected[::-1], query
    return len(expected)


def test_every_filter_and_any_two_equal_the_same_done_by_hand(
    small_blocks: None, company: Api, figures: Callable[[str], None]
) -> None:  # rules 0.1, 0.2, 0.4
    chance, entries = random.Random(5), everything(company)
    assert [entry["position"] for entry in entries] == list(range(1, company.end() + 1))
    assert {entry["kind"] for entry in entries} >= KEY_FIELDS.keys() - {"unmasking"}
    found = 0
    for name in BY_HAND:
        for _ in range(2):
            count = check(company, entries, some_filter(name, entries, chance))
            assert count or name == "back_dated"
            found += count
    for _ in range(PAIRS):
        one, other = (some_filter(name, entries, chance) for name in chance.sample([*BY_HAND], 2))
        if one.get("effective_from", "0") > other.get("effective_to", "9"):
            continue
        found += check(company, entries, one | other)
    figures(f"{len(entries):,} events, {found:,} found by {len(BY_HAND)} filters and {PAIRS} pairs")
    check_causes(entries)
    check_past_searches(company, entries)
    check_files(company, entries)


def check_causes(entries: list[Entry]) -> None:
    """Each entry names the event that caused it, and the first ten that it caused."""
    caused: dict[str, list[str]] = {entry["event_id"]: [] for entry in entries}
    for entry in entries:
        cause = entry["causation_id"]
        assert entry["caused_by"] == (cause if cause in caused else None)
        if cause in caused:
            caused[cause].append(entry["event_id"])
    assert {entry["topic"] for entry in entries if entry["caused"]} == {"upload.received", "propagation.started"}
    assert all(entry["caused"] == caused[entry["event_id"]][:10] for entry in entries)
    assert max(map(len, caused.values())) > 1


def check_past_searches(company: Api, entries: list[Entry]) -> None:
    """A past search finds what was known then (rule 0.3)."""
    for entry in random.Random(2).sample(entries, 5):
        known = [one for one in entries if one["recorded_at"] <= entry["recorded_at"]]
        query = {"actor": entry["actor"], "known_at": entry["recorded_at"]}
        then = paged(company, {**query, "order": "oldest"}, 500)
        assert [one["position"] for one in then] == [one["position"] for one in known if one["actor"] == entry["actor"]]
        same = {"in_force": None, "superseded": None, "superseded_by": None, "caused": None}
        assert [{**one, **same} for one in then] == [{**one, **same} for one in known if one["actor"] == entry["actor"]]


def check_files(company: Api, entries: list[Entry]) -> None:
    """A file has all that is filtered, CSV a line for each value that changed."""
    query = {"kind": "account", "order": "oldest"}
    answer = company.get("/v1/history", params={**query, "format": "csv", "bom": "true"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="history.csv"'
    assert answer.text.startswith("\ufeffposition,event_id,")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    expected = [
        (entry, change) for entry in by_hand(entries, {"kind": "account"}) for change in entry["changes"] or [{}]
    ]
    assert len(rows) == len(expected)
    for row, (entry, change) in zip(rows, expected, strict=True):
        cells = [entry[name] for name in COLUMNS[:-5]] + [
            change.get(name) for name in ("field", "effective_from", "effective_to", "before", "after")
        ]
        assert list(row.values()) == [cell(value) for value in cells]


def cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


# Before and after


class Told:
    """What the changes of a history tell of each value: on each day, what the last of them said."""

    def __init__(self) -> None:
        self.changes: dict[tuple[str, str, str], list[tuple[str, str, Any]]] = {}

    def at(self, kind: str, key: str, path: str, day: str) -> Any:
        for first, last, value in reversed(self.changes.get((kind, key, path), [])):
            if first <= day <= last:
                return value
        return None

    def days(self, kind: str, key: str, path: str, first: str, last: str) -> set[str]:
        """The days on which something may begin to differ."""
        known = self.changes.get((kind, key, path), [])
        days = {begins for begins, _, _ in known} | {next_day(ends) for _, ends, _ in known}
        return {first, last} | {day for day in days if first <= day <= last}

    def take(self, entry: Entry) -> Iterator[tuple[Any, Any]]:
        """Yields what was told of the value before, and what this entry says of it."""
        about = (entry["kind"], entry["key"])
        for change in entry["changes"]:
            first, last = change["effective_from"] or "0001-01-01", change["effective_to"] or "9998-12-31"
            for day in self.days(*about, change["field"], first, last):
                yield self.at(*about, change["field"], day), change["before"]
        for change in entry["changes"]:
            first, last = change["effective_from"] or "0001-01-01", change["effective_to"] or "9998-12-31"
            self.changes.setdefault((*about, change["field"]), []).append((first, last, change["after"]))


def next_day(day: str) -> str:
    return day if day == "9998-12-31" else str(date.fromordinal(date.fromisoformat(day).toordinal() + 1))


def told_by(entries: list[Entry]) -> Told:
    told, compared = Told(), 0
    for entry in entries:
        for expected, before in told.take(entry):
            assert before == expected, entry
            compared += 1
    assert compared > 1_000
    return told


def test_the_value_before_is_what_the_changes_before_made_it(company: Api, figures: Callable[[str], None]) -> None:
    """And what the changes make of it is what is answered on any day: nothing is missing."""
    # rules 0.1, 2.20, 2.22
    entries, chance, compared = everything(company), random.Random(3), 0
    told = told_by(entries)
    merged_away = {key for kind, key, path in told.changes if path == "merged_into"}
    for _ in range(POINTS):
        day = str(date(2026, 1, 1).replace(day=1) + (date(2027, 6, 1) - date(2026, 1, 1)) * chance.random())
        number, place = chance.choice([one for one in CUSTOMERS if one not in merged_away]), chance.choice(PLACES)
        widget = company.get(f"/v1/customers/{number}/fields?valid_at={day}").json()
        for field in (*widget["business"]["fields"], *widget.get("optional", {}).get("fields", ())):
            assert field["value"] == told.at("customer", number, f"fields.{field['key']}", day)
            compared += 1
        profile = company.get(f"{place}/profile?valid_at={day}")
        key = place.removeprefix("/v1/accounts/").replace("/sites/", "/")
        kind = "site" if "/" in key else "account"
        expected = profile.json()["profile_class"] if profile.status_code == 200 else None
        assert expected == told.at(kind, key, "profile_class", day)
        for option in ("tolerance_percent", "payment_terms", "credit_hold", "discount_grace_days"):
            value = profile.json()["options"].get(option) if profile.status_code == 200 else None
            assert value == told.at(kind, key, f"options.{option}", day)
            compared += 1
    check_kinds(entries)
    figures(f"{sum(len(entry['changes']) for entry in entries):,} changes tell {compared:,} values on {POINTS} days")


def check_kinds(entries: list[Entry]) -> None:
    """Every kind of event tells what it changed."""
    told: dict[str, int] = {}
    for entry in entries:
        told[entry["topic"]] = told.get(entry["topic"], 0) + len(entry["changes"])
    assert {topic for topic, count in told.items() if not count} <= {"customer.unmerged", "customer.values_put_back"}
    assert len(told) > len(FACTS) * 0.7


# One question after the other


@pytest.fixture
def ada(api: Api, runners: None) -> Api:
    """Customer 1001, Ada Byron, with a city and a phone number, which is personal."""
    standard_fields(api.dossier)
    register(api, "1001", "Ada Byron")
    reason = {"reason": "=1+1, as agreed"}
    api.patch("/v1/customers/1001/fields", {"fields": {"city": "Graz", "first_name": "Ada"}, **reason})
    return api


def entries_of(api: Api, path: str, role: Role = Role.ADMINISTRATOR, **params: str) -> list[Entry]:
    answer = api.seen(path, role, params=params)
    assert answer.status_code == 200, answer.text
    items: list[Entry] = answer.json()["items"]
    return items


def changes_in(entries: list[Entry]) -> list[tuple[str, Any, Any]]:
    return [(change["field"], change["before"], change["after"]) for entry in entries for change in entry["changes"]]


def test_what_changed_today_and_who_did_it_is_one_request(ada: Api) -> None:
    today = ada.dossier.today()
    newest, *_ = entries_of(ada, "/v1/history", Role.AUDITOR, recorded_from=str(today), recorded_to=str(today))
    assert (newest["actor"], newest["kind"], newest["key"]) == ("administrator", "customer", "1001")
    tomorrow = str(date.fromordinal(today.toordinal() + 1))
    assert entries_of(ada, "/v1/history", recorded_from=tomorrow) == []


def test_one_event_is_read_by_its_id(ada: Api) -> None:
    entry = entries_of(ada, "/v1/history")[0]
    answer = ada.get(f"/v1/history/{entry['event_id']}")
    assert (answer.status_code, answer.json()) == (200, entry)
    assert "Dossier-Known-At" in answer.headers
    assert_problem(ada.get("/v1/history/00000000-0000-0000-0000-000000000001"), 404, "not-found")
    early = ada.get(f"/v1/history/{entry['event_id']}", params={"known_at": "2026-01-01T00:00:00Z"})
    assert_problem(early, 404, "not-found")  # rule 0.3


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("kind=person", {"kind"}),
        ("topic=customer.bought", {"topic"}),
        ("role=boss&source=fax", {"role", "source"}),
        ("recorded_from=yesterday&effective_to=2026-02-30", {"recorded_from", "effective_to"}),
        ("back_dated=yes&order=up&format=xml", {"back_dated", "order", "format"}),
        ("correlation_id=1&limit=0&colour=red", {"correlation_id", "limit", "colour"}),
        ("key=1001", {"kind"}),
        ("key=1001&reason=...&effective_from=2026-02-01&effective_to=2026-01-01", {"kind", "reason", "effective_to"}),
        ("recorded_from=2026-02-01&recorded_to=2026-01-01", {"recorded_to"}),
        ("format=csv&limit=5&cursor=a", {"limit", "cursor"}),
        ("format=ndjson&bom=true", {"bom"}),
        ("bom=true", {"bom"}),
        ("cursor=a", {"cursor"}),
        ("reason=" + "%20".join(f"w{number}" for number in range(11)), {"reason"}),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(ada: Api, query: str, wrong: set[str]) -> None:  # rules 0.9, 0.12
    answer = ada.get(f"/v1/history?{query}")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == wrong


def test_a_day_of_recording_is_one_of_the_companys_time_zone(ada: Api) -> None:
    ada.put("/v1/controls/TZ", {"value": "Pacific/Kiritimati", "effective_from": "2020-01-01"})
    [entry] = entries_of(ada, "/v1/history", kind="controls")
    there = datetime.fromisoformat(entry["recorded_at"]).astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    for day, count in ((there, 1), (date.fromordinal(there.toordinal() - 1), 0)):
        params = {"recorded_from": str(day), "recorded_to": str(day), "kind": "controls"}
        assert len(entries_of(ada, "/v1/history", **params)) == count


def test_masked_values_are_masked_before_and_after(ada: Api) -> None:  # rule 5.2
    field = {"key": "pin", "label": "PIN", "group": "optional", "type": "string", "personal": True, "masked": True}
    assert ada.post("/v1/fields", field).status_code == 201
    for value in ("tulip", "violet", None):
        ada.patch("/v1/customers/1001/fields", {"fields": {"pin": value}})
    told = entries_of(ada, "/v1/history", Role.AUDITOR, field="fields.pin", order="oldest")
    assert changes_in(told) == [
        ("fields.pin", None, "••••"),
        ("fields.pin", "••••", "••••"),
        ("fields.pin", "••••", None),
    ]
    for form in ("csv", "ndjson"):
        text = ada.get(f"/v1/history?kind=customer&format={form}").text
        assert "••••" in text
        assert "tulip" not in text
        assert "violet" not in text


def test_of_an_erased_customer_personal_values_and_fields_are_told_no_more(ada: Api) -> None:  # rule 5.1
    ada.patch("/v1/customers/1001", {"name": "Ada L"})
    assert len(entries_of(ada, "/v1/history", field="fields.first_name")) == 1
    ada.dossier.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))
    assert entries_of(ada, "/v1/history", field="fields.first_name") == []
    told = changes_in(entries_of(ada, "/v1/history", kind="customer", order="oldest"))
    assert told == [
        ("name", None, "[erased]"),
        ("fields.city", None, "Graz"),
        ("name", "[erased]", "[erased]"),
    ]
    assert "Ada" not in ada.get("/v1/history?kind=customer&format=ndjson").text


def test_a_spreadsheet_evaluates_nothing_of_a_file(ada: Api) -> None:
    rows = list(csv.DictReader(io.StringIO(ada.seen("/v1/history?kind=customer&format=csv").text)))
    assert {row["reason"] for row in rows} == {"'=1+1, as agreed", ""}


def test_a_file_has_nothing_that_is_recorded_while_it_is_made(
    ada: Api, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.3
    before = len(everything(ada))
    made = histories.as_json

    def recording(entry: object) -> bytes:
        rename_customer(ada.dossier, setting_up(), number="1001", name=f"Ada {ada.end()}")
        return made(entry)

    monkeypatch.setattr(histories, "MOST_A_PAGE", 2)
    monkeypatch.setattr(histories, "as_json", recording)
    assert len(everything(ada)) == before
    assert ada.end() == 2 * before


THINGS: Final = {
    "/v1/customers/1001/history": ("/v1/customers/9/history", "fields.first_name"),
    "/v1/fields/city/history": ("/v1/fields/nope/history", "label"),
    "/v1/categories/7/history": ("/v1/categories/8/history", "description"),
    "/v1/controls/L37/history": ("/v1/controls/ZZ/history", "controls.L37"),
    "/v1/attribute-mappings/category:7/history": (None, "mappings.category:7"),
    "/v1/system-options/history": (None, "options.payment_terms"),
    "/v1/upload-mappings/crm/history": ("/v1/upload-mappings/none/history", "columns.town"),
    "/v1/profile-classes/late/history": ("/v1/profile-classes/none/history", "options.collector"),
    "/v1/accounts/A-7/events": ("/v1/accounts/A-9/events", "options.tolerance_percent"),
    "/v1/accounts/A-7/sites/S-1/events": ("/v1/accounts/A-7/sites/S-9/events", "profile_class"),
}
"""Histories of single things, one of nothing, and a value that was changed last."""


def make_everything(api: Api) -> None:
    api.post("/v1/categories", {"code": 7, "description": "Age"})
    api.put("/v1/controls/L37", {"value": "SALES"})
    api.put("/v1/controls/K87", {"value": "No"})
    api.put("/v1/attribute-mappings/category:7", {"attribute": "age"})
    api.patch("/v1/system-options", {"options": {"payment_terms": "NET14"}})
    api.put("/v1/upload-mappings/crm", {"columns": {"id": "customer_number", "town": "city"}})
    terms = {"options": {"collector": "EU", "allow_discount": True}}
    api.post("/v1/profile-classes", {"name": "Late", "description": "Late payers", **terms})
    found_company(api.dossier, setting_up())
    api.post("/v1/accounts", {"account": "A-7", "customer": "1001"})
    api.patch("/v1/accounts/A-7/profile", {"options": {"tolerance_percent": "5"}})
    api.post("/v1/accounts/A-7/sites", {"site": "S-1"})
    api.post("/v1/accounts/A-7/sites/S-1/profile", {"profile_class": "Late", "create": True})


def test_each_thing_has_its_history_with_the_same_filters(ada: Api) -> None:
    make_everything(ada)
    for path, (nothing, field) in THINGS.items():
        entries = entries_of(ada, path)
        assert field in {change["field"] for change in entries[-1]["changes"]}, path
        assert len({(entry["kind"], entry["key"]) for entry in entries}) == 1
        assert entries_of(ada, path, order="newest") == entries[::-1]
        assert entries_of(ada, path, actor="nobody") == []
        assert entries_of(ada, path, field=field)[-1] == entries[-1]
        assert len(everything(ada, path)) == len(entries)
        if nothing is not None:
            assert_problem(ada.seen(nothing), 404, "not-found")
    assert [entry["data"]["code"] for entry in entries_of(ada, "/v1/controls/l37/history")] == ["L37"]


def test_a_search_by_the_name_of_a_class_takes_it_in_any_case(ada: Api) -> None:
    make_everything(ada)
    assert len(entries_of(ada, "/v1/history", kind="profile_class", key="LATE")) == 1


def test_a_control_says_who_set_it_when_and_why(ada: Api) -> None:
    body = {"value": "SALES", "effective_from": "2026-02-01", "reason": "As agreed."}
    ada.put("/v1/controls/L37", body)
    ada.put("/v1/controls/L37", {"value": "INTERACT", "effective_from": "2026-03-01", "effective_to": "2026-03-31"})
    spring, summer = (ada.seen(f"/v1/controls/L37?valid_at={day}").json() for day in ("2026-03-15", "2026-04-15"))
    first, second = entries_of(ada, "/v1/controls/L37/history")
    for shown, entry in ((spring, second), (summer, first)):
        assert (shown["set_by"], shown["set_at"]) == (entry["actor"], entry["recorded_at"])
        assert (shown["reason"], shown["event_id"]) == (entry["reason"], entry["event_id"])
    assert (summer["value"], summer["reason"]) == ("SALES", "As agreed.")
    before = ada.seen("/v1/controls/L37?valid_at=2026-01-15").json()
    assert {before[name] for name in ("set_by", "set_at", "reason", "event_id")} == {None}


def test_the_unmaskings_of_a_customer_have_a_history(ada: Api) -> None:  # rule 5.2
    body = {"key": "secret", "label": "Secret", "group": "business", "type": "string", "masked": True, "personal": True}
    ada.post("/v1/fields", body)
    ada.patch("/v1/customers/1001/fields", {"fields": {"secret": "Zaphod"}})
    assert entries_of(ada, "/v1/customers/1001/unmaskings") == []
    ada.seen("/v1/customers/1001/fields?unmask=true", Role.AUDITOR)
    [entry] = entries_of(ada, "/v1/customers/1001/unmaskings")
    assert (entry["topic"], entry["role"], entry["data"]["fields"]) == ("unmasking.shown", "auditor", ["secret"])
    assert_problem(ada.seen("/v1/customers/9/unmaskings"), 404, "not-found")

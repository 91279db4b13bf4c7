"""Stored values are found over HTTP in any spelling, and incoming values have only one (rule 0.10)."""

import re
from typing import Any, Final
from urllib.parse import quote

import pytest

from aggregates.profile_class.events import ProfileClassDefined
from aggregates.profile_class.profile_class import ProfileClass
from api_client import Api, assert_problem, define_age, fields, register
from api_routes import FILES
from payers import found
from profile_facts import terms
from projections import catalogue
from read_models import fold_log
from scenario import ORIGIN

COMPOSED: Final = "M\u00fcnchen"
DECOMPOSED: Final = "Mu\u0308nchen"
UNSEEN: Final = "\u3164"


def fold(api: Api) -> None:
    for projection in catalogue.projections(api.dossier):
        fold_log(api.dossier, projection)


def test_names_of_earlier_versions_are_read_whatever_is_refused_now(api: Api) -> None:  # rule 0.10
    found(api.dossier)
    for name in (UNSEEN, DECOMPOSED):
        stored = ProfileClass.new(api.dossier.company, name)
        stored.record(ProfileClassDefined, ORIGIN, name=name, description="A class", active=True, terms=terms())
        api.dossier.put(stored.collect_events())
    fold(api)
    for asked, name in ((UNSEEN, UNSEEN), (COMPOSED, DECOMPOSED), (DECOMPOSED.upper(), DECOMPOSED)):
        answer = api.get(f"/v1/profile-classes/{asked}")
        assert (answer.status_code, answer.json()["name"]) == (200, name)
        change = {"options": {"risk_code": "R2"}, "apply_to": "new"}
        assert api.patch(f"/v1/profile-classes/{asked}", change).status_code == 200


def test_a_new_name_that_cannot_be_seen_is_refused(api: Api) -> None:  # rule 0.10
    answer = api.post("/v1/customers", {"number": "1001", "name": UNSEEN, "reason": "\u2800"})
    assert (answer.status_code, fields(answer)) == (422, {"name", "reason"})


@pytest.mark.parametrize("asked", [COMPOSED, DECOMPOSED.upper()])
def test_an_answer_is_looked_for_by_its_description(api: Api, asked: str) -> None:  # rule 0.10
    define_age(api)
    register(api)
    assert api.patch("/v1/categories/7", {"description": DECOMPOSED}).status_code == 200
    assert api.patch("/v1/categories/7/responses/A", {"description": DECOMPOSED}).status_code == 200
    assert api.put("/v1/customers/1001/drawer", {"responses": {"7": "A"}}).status_code == 200
    fold(api)
    assert api.get("/v1/categories/7").json()["description"] == COMPOSED
    answer = api.get("/v1/customers", params={"response": f"{asked}:{asked}"})
    assert [one["number"] for one in answer.json()["items"]] == ["1001"]


DAY_OR_INSTANT = "date or date-time"
WRONG = {
    "integer": ["1_0", "+1", "01", " 1", "1 ", "1.0", "1e1", "0x1", "-0", "\u0661", "\uff11", ""],
    "boolean": ["1", "0", "yes", "on", "True", "TRUE", "t", " true", ""],
    "uuid": [
        "00000000000000000000000000000001",
        "{00000000-0000-0000-0000-000000000001}",
        "urn:uuid:00000000-0000-0000-0000-000000000001",
        "0000000-00000-0000-0000-000000000001",
    ],
    "date": ["0", "20260101", "2026-1-1", "2026-01-01T00:00:00Z", "1767225600", "\u0662026-01-01", "2026-W01-1"],
    DAY_OR_INSTANT: ["0", "20260101", "1767225600", "2026-1-1", "2026-01-01T00:00Z", "20260101T000000Z"],
    "date-time": ["0", "1767225600", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00Z", "20260101T000000Z"],
}


def _kind(schema: dict[str, Any]) -> str | None:
    """The key of `WRONG` that a parameter is of."""
    kinds = [each.get("format", each.get("type")) for each in (schema, *schema.get("anyOf", ()))]
    if {"date", "date-time"} <= set(kinds):
        return DAY_OR_INSTANT
    return next((str(kind) for kind in kinds if kind in WRONG), None)


def test_numbers_booleans_ids_and_dates_have_one_spelling_on_every_route(
    api: Api, subtests: pytest.Subtests
) -> None:  # rule 0.10
    """Every value of the document's parameters, all wrong ones of an operation at once."""
    walked: set[str] = set()
    for path, item in api.get("/openapi.json", None).json()["paths"].items():
        for method, operation in item.items():
            kinds = {one["name"]: (one["in"], _kind(one["schema"])) for one in operation.get("parameters", ())}
            kinds = {name: kind for name, kind in kinds.items() if kind[1] and kind[0] != "cookie"}
            walked |= {str(kind) for _, kind in kinds.values()}
            with subtests.test(f"{method} {path}"), api.storing_nothing():
                for turn in range(max((len(WRONG[str(kind)]) for _, kind in kinds.values()), default=0)):
                    _refused(
                        api,
                        method,
                        path,
                        {n: (p, WRONG[str(k)][turn % len(WRONG[str(k)])]) for n, (p, k) in kinds.items()},
                    )
    assert walked == WRONG.keys()


def _refused(api: Api, method: str, path: str, wrong: dict[str, tuple[str, str]]) -> None:
    """The operation refuses all of these values by name. An empty one is no part of a path, and is left out there."""
    for name, (place, value) in list(wrong.items()):
        if place == "path":
            path = path.replace(f"{{{name}}}", quote(value or "x", safe=""))
    path = re.sub(r"\{[^}]*\}", "1", path)
    query = {name: value for name, (place, value) in wrong.items() if place == "query"}
    headers = [(name, value.encode()) for name, (place, value) in wrong.items() if place == "header"]
    file = [("Content-Type", "text/csv")] if path in FILES else []
    answer = api.call(method.upper(), path, headers=[*file, *headers], params=query)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) >= wrong.keys(), wrong


def test_the_one_spelling_is_taken(api: Api, runners: None) -> None:
    define_age(api)
    assert api.seen("/v1/categories/7").status_code == 200
    assert api.get("/v1/events?after=0&limit=10&follow=false", headers={"Last-Event-ID": "1"}).status_code == 200
    assert api.get("/v1/customers?valid_at=2026-01-01&known_at=2026-01-01T00:00:00%2B01:00&limit=1").status_code == 200
    event = "ABCDEF00-0000-0000-0000-000000000001"
    assert_problem(api.get(f"/v1/dead-letters/{event}"), 404, "not-found")

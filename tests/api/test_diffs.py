"""`…/diff` of definitions and settings over HTTP: one shape, and 404 for what was known at neither point (rule 0.3)."""

import pytest

from api_client import Api, assert_problem, define_age, fields
from payers import classes


@pytest.fixture
def filled(api: Api, runners: None) -> Api:
    """One of each, changed since the instant in `then`."""
    classes(api)
    define_age(api)
    assert api.post("/v1/fields", {"key": "f", "label": "F", "group": "business", "type": "string"}).status_code == 201
    return api


CHANGES = {
    "/v1/categories/7": ({"description": "Years"}, "description"),
    "/v1/fields/f": ({"label": "Field"}, "label"),
    "/v1/profile-classes/Late%20payers": ({"description": "Pay very late"}, "description"),
    "/v1/system-options": ({"options": {"clearing_days": 4}}, "options.clearing_days"),
}
SETTINGS = {
    "/v1/controls/k87": ({"value": "Yes"}, "controls.K87"),
    "/v1/attribute-mappings/category:7": ({"attribute": "age"}, "mappings.category:7"),
}


def test_every_definition_and_setting_has_its_differences(filled: Api) -> None:
    for path, (body, field) in (CHANGES | SETTINGS).items():
        then = filled.seen("/v1/history").headers["Dossier-Known-At"]
        answer = filled.patch(path, body) if path in CHANGES else filled.put(path, body)
        assert answer.status_code == 200, answer.text
        diff = filled.seen(f"{path}/diff", params={"from": f"@{then}"}).json()
        changed = {one["field"] for one in diff["differences"]} - {"version"}
        assert (changed, diff["before"]["known_at"]) == ({field}, then), path
        assert filled.seen(f"{path}/diff", params={"from": "@"}).json()["differences"] == []


def test_what_was_never_known_is_not_found(filled: Api) -> None:
    for path in ("/v1/categories/8", "/v1/fields/g", "/v1/profile-classes/None", "/v1/controls/K99"):
        assert_problem(filled.get(f"{path}/diff?from=@"), 404, "not-found")
    assert filled.get("/v1/attribute-mappings/category:8/diff?from=@").json()["differences"] == []
    assert fields(filled.get("/v1/controls/K87/diff")) == {"from"}

"""Writes over HTTP: happy paths, refusals that name every wrong field and store nothing."""

from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from aggregates.fact import Role
from api.routers.drawer import NOTHING_CHANGED, SAVED
from api_client import Api, assert_problem, define_age, fields, register

# What is written


def test_defining_a_category_answers_201_with_its_place_version_and_position(api: Api) -> None:
    answer = api.post("/v1/categories", {"code": 7, "description": "Age", "required": True, "position": 3})  # rule 1.1
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/v1/categories/7"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Dossier-Position"] == "1"
    assert answer.json() == {"changed": True, "version": 1, "position": 1}


def test_a_category_and_a_response_are_deactivated_by_delete_and_never_removed(api: Api) -> None:
    define_age(api)
    assert api.delete("/v1/categories/7/responses/b").json()["changed"] is True  # rule 1.13
    assert api.delete("/v1/categories/7").json()["changed"] is True
    again = api.delete("/v1/categories/7")
    assert (again.status_code, again.json()["changed"], again.json()["position"]) == (200, False, None)  # rule 0.5
    api.dossier.renew_setup()
    category = api.dossier.setup().category(7)
    assert category.active is False
    assert category.responses["B"].active is False


def test_changing_a_response_moves_the_default_in_the_same_write(api: Api) -> None:
    define_age(api)
    answer = api.patch("/v1/categories/7/responses/B", {"default": True, "description": "Older"})  # rule 1.3
    assert answer.json()["changed"] is True
    api.dossier.renew_setup()
    category = api.dossier.setup().category(7)
    assert (category.default, category.responses["B"].description) == ("B", "Older")


def test_changing_nothing_of_a_category_records_nothing(api: Api) -> None:
    define_age(api)
    with api.storing_nothing():
        answer = api.patch("/v1/categories/7", {"description": "Age"})  # rule 0.5
    assert (answer.status_code, answer.json()["changed"]) == (200, False)
    assert "Dossier-Position" not in answer.headers


def test_ok_says_profile_saved_and_then_nothing_changed(api: Api) -> None:
    define_age(api)
    register(api)
    first = api.put("/v1/customers/1001/drawer", {"responses": {"7": "B"}}, Role.AGENT)
    assert (first.json()["changed"], first.json()["message"]) == (True, SAVED)
    with api.storing_nothing():
        again = api.put("/v1/customers/1001/drawer", {"responses": {"7": "B"}}, Role.AGENT)  # rule 1.9
    assert (again.json()["changed"], again.json()["message"]) == (False, NOTHING_CHANGED)
    assert again.headers["ETag"] == first.headers["ETag"]


def test_ok_takes_effective_dates_and_a_blank_choice(api: Api) -> None:
    api.post("/v1/categories", {"code": 9, "description": "Hobby"})
    api.post("/v1/categories/9/responses", {"code": "X", "description": "Chess"})
    register(api)
    body = {"responses": {"9": "x"}, "effective_from": "2020-01-01", "effective_to": "2020-12-31", "reason": "told us"}
    assert api.put("/v1/customers/1001/drawer", body).json()["changed"] is True  # rule 1.15
    assert api.put("/v1/customers/1001/drawer", {**body, "responses": {"9": None}}).json()["changed"] is True


def test_alternate_numbers_are_added_made_primary_and_removed(api: Api) -> None:
    register(api, alternate_number="a1")
    added = api.post("/v1/customers/1001/alternate-numbers", {"alternate_number": "a2"})  # rule 1.14
    assert (added.status_code, added.headers["Location"]) == (201, "/v1/customers/1001/alternate-numbers/A2")
    assert api.post("/v1/customers/1001/alternate-numbers", {"alternate_number": "a2"}).status_code == 200
    assert api.patch("/v1/customers/1001/alternate-numbers/a2", {"primary": True}).json()["changed"] is True
    assert_problem(api.delete("/v1/customers/1001/alternate-numbers/A2"), 409, "conflict")
    assert api.delete("/v1/customers/1001/alternate-numbers/A1").json()["changed"] is True
    assert_problem(api.delete("/v1/customers/1001/alternate-numbers/A1"), 404, "not-found")


def test_a_customer_is_renamed(api: Api) -> None:
    register(api)
    assert api.patch("/v1/customers/1001", {"name": "Ada Lovelace"}).json() == {
        "changed": True,
        "version": 2,
        "position": 2,
    }


def test_a_control_is_set_and_the_new_time_zone_counts_at_once(api: Api) -> None:
    answer = api.put("/v1/controls/k87", {"value": "yes"})  # rule 4.1
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert api.put("/v1/controls/TZ", {"value": "Pacific/Kiritimati"}).json()["changed"] is True
    east = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    assert api.client.app.state.services.day.today() == east


def test_a_category_is_mapped_and_unmapped(api: Api) -> None:
    define_age(api)
    assert api.put("/v1/attribute-mappings/category:7", {"attribute": "age_group"}).json()["changed"] is True
    assert api.put("/v1/attribute-mappings/category:7", {"attribute": "age_group"}).json()["changed"] is False
    assert api.delete("/v1/attribute-mappings/category:7").json()["changed"] is True
    assert_problem(api.delete("/v1/attribute-mappings/category:7"), 404, "not-found")


def test_an_event_says_who_from_where_why_and_with_what_it_belongs_together(api: Api) -> None:
    correlation = str(uuid4())
    headers = {"Dossier-Source": "ui", "Dossier-Correlation-Id": correlation}
    answer = api.post("/v1/customers", {"number": "1", "name": "A", "reason": "moved in"}, Role.AGENT, headers=headers)
    assert answer.headers["Dossier-Correlation-Id"] == correlation
    api.delete("/v1/categories/7")
    (recorded,) = api.dossier.log_of_facts.select_notifications(1, 10)
    origin = api.dossier.fact_mapper.to_domain_event(recorded).origin  # rule 0.2
    assert (origin.actor, origin.role, origin.source, origin.reason) == ("agent", Role.AGENT, "ui", "moved in")
    assert str(origin.correlation_id) == correlation


def test_a_delete_takes_its_reason_from_a_header(api: Api) -> None:
    define_age(api)
    api.delete("/v1/categories/7", headers={"Dossier-Reason": "überholt".encode()})
    recorded = api.dossier.log_of_facts.select_notifications(api.end(), 1)
    assert api.dossier.fact_mapper.to_domain_event(recorded[0]).origin.reason == "überholt"


# What is refused

WRONG = [
    (
        "POST",
        "/v1/categories",
        {"code": 0, "description": "", "required": "x", "position": -1},
        {"code", "description", "required", "position"},
    ),
    ("PATCH", "/v1/categories/7", {"description": "x" * 31, "active": 1, "code": 8}, {"description", "active", "code"}),
    ("POST", "/v1/categories/7/responses", {"code": "TOOLONG", "description": "\u0000"}, {"code", "description"}),
    (
        "PATCH",
        "/v1/categories/7/responses/A",
        {"position": 2**70, "default": None, "active": "no"},
        {"position", "active"},
    ),
    (
        "POST",
        "/v1/customers",
        {"number": "-1", "name": "\ud800", "effective_from": "0000-00-00"},
        {"number", "name", "effective_from"},
    ),
    (
        "PATCH",
        "/v1/customers/1001",
        {"effective_from": "9999-01-01", "effective_to": 5},
        {"name", "effective_from", "effective_to"},
    ),
    (
        "POST",
        "/v1/customers/1001/alternate-numbers",
        {"alternate_number": "a b", "primary": "yes"},
        {"alternate_number", "primary"},
    ),
    (
        "PATCH",
        "/v1/customers/1001/alternate-numbers/A1",
        {"primary": False, "reason": "x" * 201},
        {"primary", "reason"},
    ),
    (
        "PUT",
        "/v1/customers/1001/drawer",
        {"responses": {"0": "A", "x": "B", "7": 5}, "keep_later": "no"},
        {"responses.0", "responses.x", "responses.7", "keep_later"},
    ),
    ("PUT", "/v1/customers/1001/drawer", {"responses": {"7": "Z", "998": "A"}}, {"responses.7", "responses.998"}),
    ("PUT", "/v1/controls/K87", {"value": 5, "effective_from": "yesterday"}, {"value", "effective_from"}),
    (
        "PUT",
        "/v1/controls/K87",
        {"value": "perhaps", "effective_from": "2026-02-02", "effective_to": "2026-02-01"},
        {"value", "effective_to"},
    ),
    ("PUT", "/v1/attribute-mappings/category:7", {"attribute": 7, "reason": "\u0007"}, {"attribute", "reason"}),
    ("PUT", "/v1/attribute-mappings/thing:x", {}, {"mapped", "attribute"}),
]


def test_every_wrong_field_is_named_at_once_and_nothing_is_stored(api: Api, subtests: pytest.Subtests) -> None:
    define_age(api)
    register(api, alternate_number="A1")
    for method, path, body, wrong in WRONG:
        with subtests.test(f"{method} {path} {body!r}"), api.storing_nothing():  # rule 0.6
            answer = api.call(method, path, json=body)
            assert_problem(answer, 422, "invalid")
            assert fields(answer) == wrong


def test_wrong_headers_are_named_together_with_wrong_fields(api: Api) -> None:
    headers = {
        "If-Match": "five",
        "Idempotency-Key": "x" * 201,
        "Dossier-Source": "upload",
        "Dossier-Correlation-Id": "7",
    }
    answer = api.post("/v1/customers", {"number": "1001"}, headers=headers)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"If-Match", "Idempotency-Key", "Dossier-Source", "Dossier-Correlation-Id", "name"}


def test_what_does_not_exist_is_not_found(api: Api) -> None:
    with api.storing_nothing():
        for method, path, body in (
            ("PATCH", "/v1/categories/7", {}),
            ("POST", "/v1/categories/7/responses", {"code": "A", "description": "A"}),
            ("PATCH", "/v1/customers/1001", {"name": "A"}),
            ("PUT", "/v1/customers/1001/drawer", {"responses": {}}),
            ("PUT", "/v1/controls/X1", {"value": "Yes"}),
            ("PUT", "/v1/attribute-mappings/category:7", {"attribute": "a"}),
        ):
            assert_problem(api.call(method, path, json=body), 404, "not-found")


def test_taken_codes_numbers_and_attributes_are_conflicts(api: Api) -> None:
    define_age(api)
    register(api, alternate_number="A1")
    register(api, "1002", "Bob")
    with api.storing_nothing():
        assert_problem(api.post("/v1/categories", {"code": 7, "description": "B"}), 409, "conflict")
        assert_problem(api.post("/v1/categories/7/responses", {"code": "A", "description": "B"}), 409, "conflict")
        assert_problem(api.post("/v1/customers", {"number": "1001", "name": "B"}), 409, "conflict")
        answer = api.post("/v1/customers/1002/alternate-numbers", {"alternate_number": "a1"})
    problem = assert_problem(answer, 409, "conflict")
    assert problem["detail"] == "Alternate number A1 is already in use."  # rule 1.14
    assert fields(answer) == {"alternate_number"}


def test_a_required_category_without_a_response_stores_nothing(api: Api) -> None:
    api.post("/v1/categories", {"code": 7, "description": "Age", "required": True})
    api.post("/v1/categories/7/responses", {"code": "A", "description": "Young"})
    register(api)
    with api.storing_nothing():
        answer = api.put("/v1/customers/1001/drawer", {"responses": {}})
    assert assert_problem(answer, 422, "invalid")["detail"] == "A value must be selected for Age."  # rule 1.8
    assert fields(answer) == {"responses.7"}

"""A value of the wrong type does not hide what else is wrong: one answer names every wrong field, and nothing is stored."""

from aggregates.fact import Role
from api_client import Api, assert_problem, define_age, fields, register


def test_what_is_wrong_by_type_and_by_what_is_stored_is_told_at_once(api: Api) -> None:
    define_age(api)
    register(api)
    with api.storing_nothing():
        answer = api.put(
            "/v1/customers/1001/drawer",
            {"responses": {"7": "ZZ", "8": 5}, "keep_later": "perhaps"},
        )
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"responses.7", "responses.8", "keep_later"}


def test_dates_are_judged_together(api: Api) -> None:
    define_age(api)
    register(api)
    body = {"responses": {"7": "ZZ"}, "effective_from": "2026-13-01", "effective_to": "2020-01-01"}
    with api.storing_nothing():
        answer = api.put("/v1/customers/1001/drawer", body)
    assert fields(answer) == {"responses.7", "effective_from"}


def test_nothing_is_said_about_a_field_that_could_not_be_read(api: Api) -> None:
    define_age(api, required=True)
    register(api)
    assert api.patch("/v1/categories/7/responses/A", {"default": False}).status_code == 200
    with api.storing_nothing():
        answer = api.put("/v1/customers/1001/drawer", {"responses": {"7": 5}})
    [error] = answer.json()["errors"]
    assert error["field"] == "responses.7"
    assert "must be selected" not in error["message"]


def test_a_body_that_is_right_but_for_one_value_stores_nothing(api: Api) -> None:
    define_age(api)
    register(api)
    with api.storing_nothing():
        answer = api.put("/v1/customers/1001/drawer", {"responses": {"7": "B"}, "keep_later": "x"})
    assert fields(answer) == {"keep_later"}


def test_a_wrong_header_is_named_as_well(api: Api) -> None:
    register(api)
    with api.storing_nothing():
        answer = api.patch("/v1/customers/1001", {"name": 5}, headers={"If-Match": "new"})
    assert fields(answer) == {"name", "If-Match"}


def test_a_required_value_that_cannot_be_read_hides_nothing_else(api: Api) -> None:
    define_age(api)
    with api.storing_nothing():
        answer = api.post("/v1/accounts", {"account": 5, "customer": "nobody", "start": "9999-01-01"})
    assert fields(answer) == {"account", "customer", "start"}
    with api.storing_nothing():
        answer = api.post("/v1/accounts", {"customer": "nobody"})
    assert fields(answer) == {"account", "customer"}
    register(api)
    with api.storing_nothing():
        answer = api.put("/v1/customers/1001/drawer", {"responses": 5, "effective_to": "1999-01-01"})
    assert fields(answer) == {"responses", "effective_to"}


def test_what_cannot_be_judged_without_the_field_is_left_out(api: Api) -> None:
    with api.storing_nothing():
        answer = api.post("/v1/customers", {"number": "A B", "name": 7, "alternate_number": "-"})
    assert fields(answer) == {"number", "name", "alternate_number"}


def test_a_stranger_is_told_nothing_of_the_body(api: Api) -> None:
    answer = api.put("/v1/customers/1001/drawer", {"responses": 5}, role=None)
    assert_problem(answer, 401, "unknown-caller")
    answer = api.put("/v1/customers/1001/drawer", {"responses": 5}, role=Role.AUDITOR)
    assert_problem(answer, 403, "forbidden")


def test_what_became_empty_only_by_taking_a_value_out_is_not_called_empty(api: Api) -> None:  # rule 0.12
    with api.storing_nothing():
        answer = api.patch(
            "/v1/system-options", {"options": {"tolerance_percent": "x"}, "effective_from": "2031-01-01"}
        )
    assert fields(answer) == {"options.tolerance_percent"}

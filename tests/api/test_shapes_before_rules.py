"""One answer names every value of the wrong shape; once shapes are right, one answer names every value that breaks a rule (rule 0.12)."""

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, define_age, fields, register
from store.application import Dossier


def test_every_value_of_the_wrong_shape_is_told_and_then_every_one_that_breaks_a_rule(api: Api) -> None:  # rule 0.12
    define_age(api)
    register(api)
    days = {"effective_from": "2026-03-10", "effective_to": "2026-03-09"}
    with api.storing_nothing():
        shapes = api.put("/v1/customers/1001/drawer", {"responses": {"7": "ZZ", "8": 5}, "keep_later": "x", **days})
        rules = api.put("/v1/customers/1001/drawer", {"responses": {"7": "ZZ", "8": "A"}, "keep_later": True, **days})
    assert_problem(shapes, 422, "invalid")
    assert fields(shapes) == {"responses.8", "keep_later"}
    assert_problem(rules, 422, "invalid")
    assert fields(rules) == {"responses.7", "responses.8", "effective_to"}


def test_a_body_of_the_wrong_shape_reaches_no_use_case(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:  # rule 0.12
    def load(*_: object, **__: object) -> None:
        raise AssertionError("A use case was asked.")

    monkeypatch.setattr(Dossier, "load", load)
    answer = api.post("/v1/accounts", {"account": 5, "customer": "nobody", "start": "9999-01-01"})
    assert fields(answer) == {"account", "start"}
    answer = api.post("/v1/accounts", {"customer": "nobody"})
    assert fields(answer) == {"account"}
    answer = api.put("/v1/customers/1001/drawer", {"responses": 5, "effective_to": "1999-01-01"})
    assert fields(answer) == {"responses"}


def test_a_body_that_is_right_but_for_one_value_stores_nothing(api: Api) -> None:  # rule 0.6
    define_age(api)
    register(api)
    with api.storing_nothing():
        answer = api.put("/v1/customers/1001/drawer", {"responses": {"7": "B"}, "keep_later": "x"})
    assert fields(answer) == {"keep_later"}


def test_a_wrong_header_is_named_as_well(api: Api) -> None:  # rule 0.12
    register(api)
    with api.storing_nothing():
        answer = api.patch("/v1/customers/1001", {"name": 5}, headers={"If-Match": "new"})
    assert fields(answer) == {"name", "If-Match"}


def test_a_body_s_own_members_are_named_before_its_dates(api: Api) -> None:
    register(api)
    body = {"keep_later": "x", "effective_from": "soon", "reason": 5, "responses": {"7": 5}}
    answer = api.put("/v1/customers/1001/drawer", body)
    names = [error["field"] for error in answer.json()["errors"]]
    assert names == ["responses.7", "effective_from", "keep_later", "reason"]


def test_the_shapes_of_all_texts_are_judged_together(api: Api) -> None:  # rule 0.12
    with api.storing_nothing():
        answer = api.post("/v1/customers", {"number": "A B", "name": 7, "alternate_number": "-"})
    assert fields(answer) == {"number", "name", "alternate_number"}


def test_a_stranger_is_told_nothing_of_the_body(api: Api) -> None:
    answer = api.put("/v1/customers/1001/drawer", {"responses": 5}, role=None)
    assert_problem(answer, 401, "unknown-caller")
    answer = api.put("/v1/customers/1001/drawer", {"responses": 5}, role=Role.AUDITOR)
    assert_problem(answer, 403, "forbidden")

"""If-Match and Idempotency-Key (rule 0.7): the version that was seen, and the repeated first answer."""

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields, register


@pytest.mark.parametrize("version", ['"1"', "1"])
def test_a_stale_version_is_refused_naming_who_changed_it_and_when(api: Api, version: str) -> None:
    register(api)
    api.patch("/v1/customers/1001", {"name": "Ada Lovelace"}, Role.AGENT)
    with api.storing_nothing():
        answer = api.patch("/v1/customers/1001", {"name": "Ada King"}, headers={"If-Match": version})  # rule 0.7
    problem = assert_problem(answer, 412, "stale-version")
    assert answer.headers["Dossier-Position"] == str(api.end())
    assert (problem["expected"], problem["actual"], problem["by"]) == (1, 2, "agent")
    assert problem["at"].endswith("Z")
    assert api.patch("/v1/customers/1001", {"name": "Ada King"}, headers={"If-Match": '"2"'}).status_code == 200


def test_if_match_star_needs_something_that_exists(api: Api) -> None:
    star = {"If-Match": "*"}
    assert_problem(api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=star), 412, "stale-version")
    assert_problem(api.patch("/v1/customers/1001", {"name": "Ada"}, headers=star), 404, "not-found")
    register(api)
    assert api.patch("/v1/customers/1001", {"name": "Ada"}, headers=star).json()["changed"] is True


def test_if_match_zero_registers_only_what_is_new(api: Api) -> None:
    new = {"If-Match": '"0"'}
    assert api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=new).status_code == 201
    assert_problem(api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=new), 412, "stale-version")


def test_the_same_key_and_body_give_the_first_answer_again(api: Api) -> None:
    key = {"Idempotency-Key": "k 1"}
    first = api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=key)  # rule 0.7
    with api.storing_nothing():
        again = api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    for header in ("ETag", "Dossier-Position", "Location"):
        assert again.headers[header] == first.headers[header]


def test_the_same_key_for_another_request_is_refused(api: Api) -> None:
    key = {"Idempotency-Key": "k1"}
    register(api, "1002", "Bob")
    api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=key)
    with api.storing_nothing():
        answer = api.post("/v1/customers", {"number": "1003", "name": "Ada"}, headers=key)
        elsewhere = api.patch("/v1/customers/1002", {"name": "Ada"}, headers=key)
    assert_problem(answer, 422, "key-reused")
    assert_problem(elsewhere, 422, "key-reused")
    assert fields(answer) == {"Idempotency-Key"}


def test_keys_of_two_callers_never_meet(api: Api) -> None:
    key = {"Idempotency-Key": "k1"}
    api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=key)
    answer = api.post("/v1/customers", {"number": "1002", "name": "Bob"}, Role.AGENT, headers=key)
    assert answer.status_code == 201

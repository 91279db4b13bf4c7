"""Every route refuses by name the query parameters and headers that it does not accept, or that are repeated (rule 0.9)."""

import pytest
from fastapi import FastAPI

from api.openapi.description import routes_of
from api_client import Api, assert_problem, fields, register
from api_routes import OPEN, SESSION, every_route

UPLOAD = {"Content-Type": "text/csv"}


def test_every_route_of_the_application_is_walked(app: FastAPI) -> None:
    methods = {(method, route.path) for route in routes_of(app) for method in route.methods or ()}
    walked = {(route.method, route.path.partition("?")[0]) for route in every_route()}
    assert len(methods) == len(walked), "tests/api_routes.py lacks a route"
    open_paths = {path for _, path in methods if "{" not in path and not path.startswith("/v1")}
    assert open_paths <= {*OPEN, *(path for _, path, _ in SESSION)}


def test_what_a_route_does_not_have_is_refused_by_name_on_every_route(api: Api, subtests: pytest.Subtests) -> None:
    for route in every_route():
        with subtests.test(repr(route)), api.storing_nothing():
            answer = route.call(
                api, query="dryrun=true&%00=1", headers=(("Dossier-Sorce", "ui"), ("dossier_source", "ui"))
            )
            assert_problem(answer, 422, "invalid")  # rule 0.9
            assert fields(answer) >= {"dryrun", "\0", "Dossier-Sorce", "Dossier_Source"}


def test_the_headers_of_a_write_are_refused_where_nothing_is_written(api: Api, subtests: pytest.Subtests) -> None:
    meant = {"If-Match": '"1"', "Idempotency-Key": "k", "Dossier-Upload-Columns": "{}"}
    for route in (route for route in every_route() if route.method == "GET"):
        with subtests.test(repr(route)):
            assert fields(route.call(api, headers=tuple(meant.items()))) >= meant.keys()  # rule 0.9


def test_a_resend_and_a_rebuild_take_no_key_and_no_version(api: Api) -> None:
    event = "00000000-0000-0000-0000-000000000001"
    for path in (f"/v1/dead-letters/{event}/resend", "/v1/projections/drawer/rebuild"):
        answer = api.post(path, headers={"Idempotency-Key": "k", "If-Match": "*"})
        assert fields(answer) == {"Idempotency-Key", "If-Match"}


def test_if_none_match_is_refused_where_something_is_written(api: Api) -> None:
    with api.storing_nothing():
        answer = api.put("/v1/controls/K87", {"value": "Yes"}, headers={"If-None-Match": "*"})
    assert fields(answer) == {"If-None-Match"}


@pytest.mark.parametrize("name", ["Idempotency-Key", "Dossier-Source", "Dossier-Reason", "Dossier-Correlation-Id"])
def test_a_header_with_one_value_is_refused_by_name_when_it_comes_twice(api: Api, name: str) -> None:
    value = {"Dossier-Source": "ui", "Dossier-Correlation-Id": "00000000-0000-0000-0000-000000000001"}.get(name, "k")
    with api.storing_nothing():
        answer = api.post("/v1/customers", {"number": "1001", "name": "Ada"}, headers=[(name, value), (name, value)])
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {name}


@pytest.mark.parametrize(("path", "name"), [("/v1/customers", "Dossier-Position"), ("/v1/events", "Last-Event-ID")])
def test_a_position_that_comes_twice_is_refused_by_name(api: Api, path: str, name: str) -> None:
    assert fields(api.get(path, headers=[(name, "0"), (name, "0")])) == {name}


def test_two_tokens_are_none(api: Api) -> None:
    bearer = [("Authorization", f"Bearer {api.token()}")]
    assert api.get("/v1/categories", None, headers=bearer).status_code == 200
    assert_problem(api.get("/v1/categories", None, headers=bearer * 2), 401, "unknown-caller")


def test_accept_may_come_on_several_lines(api: Api) -> None:
    lines = [("Accept", "text/html"), ("Accept", "text/event-stream")]
    assert api.get("/v1/events", headers=lines).headers["content-type"].startswith("text/event-stream")


def test_a_query_parameter_that_comes_twice_is_refused_by_name(api: Api) -> None:
    answer = api.call("POST", "/v1/uploads?dry_run=true&dry_run=false", content=b"N", headers=UPLOAD)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"dry_run"}


def test_a_correlation_id_that_is_none_is_refused_on_reads_too(api: Api) -> None:
    for wrong in ("7", "{00000000-0000-0000-0000-000000000001}", "00000000000000000000000000000001"):
        assert fields(api.get("/v1/categories", headers={"Dossier-Correlation-Id": wrong})) == {
            "Dossier-Correlation-Id"
        }


def test_one_answer_names_wrong_names_and_every_value_of_the_wrong_shape(api: Api) -> None:  # rule 0.12
    register(api)
    answer = api.get("/v1/customers/10%2001/fields?vald_at=2026-01-01&known_at=soon&unmask=perhaps")
    assert fields(answer) == {"vald_at", "known_at", "unmask", "number"}
    with api.storing_nothing():
        answer = api.patch(
            "/v1/customers/1001?dryrun=true",
            {"name": 5, "nick": "A"},
            headers={"If-Match": "new", "Dossier-Sorce": "ui"},
        )
    assert fields(answer) == {"dryrun", "Dossier-Sorce", "name", "nick", "If-Match"}

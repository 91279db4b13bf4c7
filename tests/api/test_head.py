"""HEAD is answered like GET, without the body, on every route (RFC 9110, 9.3.2)."""

import http.client

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, define_age, register
from api_routes import every_route
from projections import catalogue
from read_models import fold_log

VARYING = {"dossier-correlation-id", "dossier-known-at", "date", "content-length"}
"""What two answers differ in; /metrics and the health report what was served meanwhile."""


def test_head_is_answered_like_get_on_every_route(api: Api, subtests: pytest.Subtests) -> None:
    register(api, "1")
    define_age(api)
    for projection in catalogue.projections(api.dossier):
        fold_log(api.dossier, projection)  # or a read model would answer HEAD with more than GET
    for route in (route for route in every_route() if route.method == "GET"):
        with subtests.test(repr(route)):
            got, head = route.call(api), route.call(api, method="HEAD")
            assert head.status_code == got.status_code
            assert head.content == b""
            told = [
                {name: value for name, value in answer.headers.items() if name not in VARYING} for answer in (got, head)
            ]
            assert told[0] == told[1]
            assert ("content-length" in head.headers) == ("content-length" in got.headers)


def test_head_tells_the_length_and_the_tag_of_get(api: Api, runners: None) -> None:
    define_age(api)
    got = api.seen("/v1/categories/7")
    head = api.call("HEAD", "/v1/categories/7")
    for name in ("Content-Length", "ETag", "Cache-Control", "Content-Type"):
        assert head.headers[name] == got.headers[name]
    assert api.call("HEAD", "/v1/categories/7", headers={"If-None-Match": got.headers["ETag"]}).status_code == 304


def test_head_is_refused_where_get_is(api: Api) -> None:
    assert api.call("HEAD", "/v1/categories", None).status_code == 401
    assert api.call("HEAD", "/v1/events", Role.AGENT).status_code == 403
    assert api.call("HEAD", "/v1/customers/1001").status_code == 404
    answer = api.call("HEAD", "/v1/customers/1001/merge")
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (405, "POST", b"")


@pytest.mark.parametrize("path", ["/v1/categories/7", "/docs", "/openapi.json", "/health/live", "/v1/events"])
def test_what_is_possible_includes_head(api: Api, path: str) -> None:
    answer = api.call("TRACE", path)
    assert_problem(answer, 405, "method-not-allowed")
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("query", ["", "?follow=true"])
def test_head_of_the_event_stream_ends_with_its_headers(api: Api, address: tuple[str, int], query: str) -> None:
    register(api)
    connection = http.client.HTTPConnection(*address, timeout=30)
    headers = {"Authorization": f"Bearer {api.token()}", "Accept": "text/event-stream"}
    for _ in range(3):  # more than may follow at once, on one connection
        connection.request("HEAD", f"/v1/events{query}", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("content-type")) == (200, "text/event-stream; charset=utf-8")
        assert answer.read() == b""
    connection.close()


def test_the_access_log_and_the_metrics_tell_of_head(api: Api, log_lines: object) -> None:
    api.call("HEAD", "/health/live", None)
    assert 'method="HEAD"' in api.get("/metrics", None).text

"""The way of our own to the functions of routes answers every request as FastAPI's way does, and serves nearly all routes."""

import asyncio
import io
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final
from unittest.mock import Mock
from uuid import UUID

import pytest
from eventsourcing.persistence import OperationalError
from fastapi import FastAPI
from httpx2 import Response
from starlette.routing import Match

from aggregates.fact import Role
from api.background.waiting import QueryThreads
from api.http.ids import new_id
from api.http.logs import LAG_S, AccessLog, RequestLine, log_each
from api.openapi.description import routes_of
from api.routing import refusals
from api.routing.door import Table
from api_client import CORRELATION, Api, define_age, register
from api_routes import EVERYBODY, ROUTES
from cli.http_server.transport import HELD_BYTES, CountedTransport
from cli.processes.logs import requests_as_json

BY_FASTAPI: Final = {
    ("POST", "/v1/resolutions"),
    ("POST", "/v1/uploads"),
    ("POST", "/v1/uploads/preview"),
    ("GET", "/health/live"),
}
"""Routes that read a body of their own, or leave the answer to FastAPI."""
OF_EACH_REQUEST: Final = (CORRELATION.lower(), "date", "dossier-known-at")
CHANGING: Final = ("stream", "/v1/events", "/v1/projections", "/v1/operations", "/v1/proof/")
"""Reads that go on, or whose answers change by themselves."""
JSON: Final = {"Content-Type": "application/json"}


def test_only_routes_with_a_body_of_their_own_are_left_to_fastapi(app: FastAPI) -> None:
    left = {(method, route.path) for route in routes_of(app) if route.inputs is None for method in route.methods}
    assert left == BY_FASTAPI


def test_the_table_has_the_route_that_the_router_would_choose(app: FastAPI) -> None:
    table, routes = Table(routes_of(app)), routes_of(app)
    paths = {route.path for route in routes}
    tried = {path.partition("?")[0] for _, path, _, _ in ROUTES}
    tried |= (
        {path + end for path in tried | paths for end in ("/", "/x", "\n")} | paths | {"/", "", "//", "/v1//drawer"}
    )
    for path in sorted(tried):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            scope = {"type": "http", "method": method, "path": path}
            chosen = next((route for route in routes if route.matches(dict(scope))[0] is Match.FULL), None)
            served = table.find(method, path.split("/"))
            if served is not None:
                assert served.route is chosen, f"{method} {path!r}"
            elif not path.endswith("\n"):
                assert chosen is None or chosen.inputs is None, f"{method} {path!r}"


@pytest.fixture
def both(api: Api, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Sends a request both ways, and returns the answers."""

    def send(*request: Any, **more: Any) -> tuple[Response, Response]:
        ours = api.call(*request, **more)
        with monkeypatch.context() as patch:
            patch.setattr(Table, "find", lambda *_: None)
            return ours, api.call(*request, **more)

    define_age(api)
    register(api, "1")
    return Mock(side_effect=send)


def headers_of(answer: Response) -> list[tuple[str, str]]:
    """The headers that do not differ from request to request."""
    return [(name, value) for name, value in answer.headers.multi_items() if name not in OF_EACH_REQUEST]


def assert_same(answers: tuple[Response, Response], request: object) -> None:
    """Both ways answered the same."""
    ours, theirs = answers
    assert (ours.status_code, headers_of(ours)) == (theirs.status_code, headers_of(theirs)), request
    if ours.content and ours.headers.get("content-type") == "application/problem+json":
        documents = [{**answer.json(), "correlation_id": None} for answer in answers]
        assert documents[0] == documents[1], request
    else:
        assert not ours.content or ours.status_code < 300, request


def faulty(method: str, path: str, body: object) -> Iterator[tuple[str, Role | None, dict[str, Any]]]:
    """Requests in which something is wrong: the path, the role and more."""
    sign = "&" if "?" in path else "?"
    unknown = {**JSON, "Dossier-Sorce": "ui", "If-None-Match": "*", "If-Match": "x"}
    yield path, None, {"json": body}
    yield f"{path}{sign}dryrun=true&dryrun=true&valid_at=2026-13-01&limit=x", Role.ADMINISTRATOR, {"json": body}
    yield path, Role.ADMINISTRATOR, {"json": body, "headers": unknown}
    yield path, Role.ADMINISTRATOR, {"json": body, "headers": [*JSON.items(), (CORRELATION, "x"), (CORRELATION, "y")]}
    yield f"{path}/", Role.ADMINISTRATOR, {"json": body}
    if method == "GET":
        yield path, Role.ADMINISTRATOR, {"headers": {"Dossier-Position": "999999", "If-None-Match": "W/"}}
        return
    yield path, Role.ADMINISTRATOR, {"content": b"{", "headers": JSON}
    yield path, Role.ADMINISTRATOR, {"content": b'{"x": 1, "x": 2}', "headers": JSON}
    yield (
        path,
        Role.ADMINISTRATOR,
        {"content": b'{"x": 1, "reason": 7, "effective_from": "2026-02-30"}', "headers": JSON},
    )
    yield path, Role.ADMINISTRATOR, {"content": b"[1]", "headers": {**JSON, "Idempotency-Key": ""}}
    yield path, Role.ADMINISTRATOR, {"content": b"{}", "headers": {"Content-Type": "text/plain"}}
    yield path, Role.ADMINISTRATOR, {"content": b"\xff", "headers": {"Content-Type": "application/merge-patch+json"}}


def test_every_route_refuses_what_is_wrong_in_the_same_words(both: Mock) -> None:
    for method, path, body, _ in ROUTES:
        for place, role, more in faulty(method, path, body):
            assert_same(both(method, place, role, **more), (method, place, role, more))


def test_every_read_answers_the_same(both: Mock) -> None:
    for method, path, _, roles in ROUTES:
        if method == "GET" and not any(part in path for part in CHANGING):
            for role in sorted(EVERYBODY - roles)[:1] + sorted(roles)[:1]:
                assert_same(both(method, path, role), (path, role))
                assert_same(both("HEAD", path, role), (path, role))


def test_methods_and_paths_that_are_not_there_are_told_in_the_same_words(both: Mock) -> None:
    for method, path in (
        ("PUT", "/v1/customers"),
        ("POST", "/v1/customers/1/drawer"),
        ("GET", "/v1/nothing"),
        ("PUT", "/"),
    ):
        assert_same(both(method, path), (method, path))


def test_values_reach_the_function_as_fastapi_reads_them(both: Mock) -> None:
    days = "valid_at=2026-07-01&known_at=2999-01-01T00:00:00%2B00:00"
    for query in (days, f"{days}&explain=true&source=log", "explain=", "valid_at=", "explain=TRUE", "valid_at=%C3%A9"):
        path = f"/v1/customers/1/drawer?{query}"
        assert_same(both("GET", path), path)
    gzip = {"Accept-Encoding": "gzip", "If-None-Match": '"1-gzip"'}
    for path in ("/v1/categories", "/v1/categories/7", "/v1/customers/1%2F2/drawer", "/v1/customers/%C3%A9/drawer"):
        assert_same(both("GET", path, headers=gzip), path)


def test_a_database_that_is_lost_while_a_refusal_is_worded_is_told_the_same(
    both: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(_: object) -> dict[str, str]:
        raise OperationalError("gone")

    monkeypatch.setattr(refusals, "_position", lost)
    request = ("PATCH", "/v1/customers/1", Role.ADMINISTRATOR)
    answers = both(*request, json={"name": "B"}, headers={"If-Match": '"7"'})
    assert_same(answers, request)
    assert answers[0].status_code == 503


def test_an_error_that_nobody_answers_is_a_fault_on_both_ways(both: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(QueryThreads, "run", broken)
    answers = both("GET", "/v1/categories")
    assert_same(answers, "a fault")
    assert answers[0].status_code == 500


def test_ids_are_random_and_a_forked_process_has_its_own() -> None:
    ids = {new_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert {(one.version, one.variant) for one in ids} == {(4, UUID(int=1 << 63).variant)}
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_id().bytes)
        os._exit(0)
    os.waitpid(child, 0)
    made_by_child = UUID(bytes=os.read(reading, 16))
    os.close(reading)
    os.close(writing)
    assert made_by_child not in {new_id() for _ in range(1_000)}


def line(**more: Any) -> RequestLine:
    """A line of the access log."""
    values: Mapping[str, Any] = {
        "correlation_id": UUID(int=7),
        "actor": "ann",
        "method": "GET",
        "route": "/v1/me",
        "status": 200,
        "seconds": 0.01234,
        **more,
    }
    return RequestLine(**values)


def test_lines_written_together_have_the_form_of_lines_logged_one_by_one(log_lines: io.BytesIO) -> None:
    lines = [line(), line(actor=None, client_gone=True, status=499, at=0.0)]
    log_each(lines)
    written = io.BytesIO()
    requests_as_json("api", "demo", written)(lines)
    logged, together = ([json.loads(text) for text in log.getvalue().splitlines()] for log in (log_lines, written))
    assert [list(document) for document in logged] == [list(document) for document in together]
    assert [{**document, "timestamp": 0} for document in logged] == [
        {**document, "timestamp": 0} for document in together
    ]
    assert together[1]["timestamp"] == "1970-01-01T00:00:00Z"
    assert together[0]["ms"] == 12.34


def test_a_line_is_written_soon_and_at_the_latest_when_the_log_is_closed() -> None:
    written: list[int] = []
    log = AccessLog(lambda lines: written.extend(entry.status for entry in lines))

    async def add() -> None:
        log.add(line(status=1))
        log.add(line(status=2))
        assert written == []
        async with asyncio.timeout(60):
            while not written:
                await asyncio.sleep(LAG_S)
        log.add(line(status=3))

    asyncio.run(add())
    assert written == [1, 2]
    log.close()
    assert written == [1, 2, 3]
    asyncio.run(add_late(log))
    assert written == [1, 2, 3, 4]


async def add_late(log: AccessLog) -> None:
    """A line about a request that was cut off by the end."""
    log.add(line(status=4))


def test_head_and_body_are_sent_together_and_nothing_is_lost() -> None:
    async def send() -> list[bytes]:
        transport = Mock(**{"is_closing.return_value": False})
        counted = CountedTransport(transport, asyncio.get_running_loop())
        counted.write(b"head")
        counted.write(b"body")
        counted.write(b"alone")
        await asyncio.sleep(0)
        counted.write(b"before a large piece")
        counted.write(b"x" * (HELD_BYTES + 1))
        counted.write(b"last")
        counted.close()
        return [call.args[0] for call in transport.write.call_args_list]

    sent = asyncio.run(send())
    assert sent == [b"headbody", b"alone", b"before a large piece", b"x" * (HELD_BYTES + 1), b"last"]

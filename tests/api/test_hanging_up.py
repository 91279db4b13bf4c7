"""A client that disconnects is not a server error: a line in the access log, status 499, and no traceback."""

import asyncio
import io
import json
import socket
import time
from contextlib import ExitStack
from typing import Any
from urllib.request import urlopen

import pytest

from api.app import create_app
from api.settings import ApiSettings
from api_client import Api, register
from projections.reading.read_models import ReadModels
from served import Exchange, run, served
from store.application import Dossier

BOUND_S = 60.0


def lines(log: io.BytesIO, event: str, **members: object) -> list[dict[str, Any]]:
    """The lines of the log of one kind."""
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in told if line["event"] == event and members.items() <= line.items()]


def wait_for(log: io.BytesIO, **members: object) -> dict[str, Any]:
    """The first access line with these members, within the bound."""
    ends = time.monotonic() + BOUND_S
    while time.monotonic() < ends:
        if found := lines(log, "request", **members):
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"no line with {members} in {log.getvalue().decode()}")


def hang_up(address: tuple[str, int], request: bytes, *, after: bytes = b"") -> None:
    """Sends the beginning of a request, reads until the answer holds `after`, and resets the connection."""
    with socket.create_connection(address, BOUND_S) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sendall(request)
        answer = b""
        while after not in answer:
            part = client.recv(65_536)
            assert part, answer
            answer += part


def head(api: Api, line: str, *more: str) -> bytes:
    """A request up to its body."""
    return "\r\n".join((line, "Host: test", f"Authorization: Bearer {api.token()}", *more, "", "")).encode()


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("POST /v1/customers HTTP/1.1", ("Content-Type: application/json",)),
        ("POST /v1/customers HTTP/1.1", ("Content-Type: application/json", "Idempotency-Key: k")),
        ("DELETE /v1/attribute-mappings/category:7 HTTP/1.1", ("Content-Type: application/json", "Idempotency-Key: k")),
        ("POST /v1/uploads HTTP/1.1", ("Content-Type: text/csv", 'Dossier-Upload-Columns: {"N": "customer_number"}')),
    ],
)
def test_a_client_that_hangs_up_within_its_body_is_no_fault(
    api: Api, address: tuple[str, int], log_lines: io.BytesIO, line: str, more: tuple[str, ...]
) -> None:
    with api.storing_nothing():
        hang_up(
            address,
            head(api, line, *more, "Content-Length: 1000", "Expect: 100-continue") + b'{"number"',
            after=b" 100 ",
        )
        told = wait_for(log_lines, client_gone=True)
    assert told["status"] == 499
    assert lines(log_lines, "fault") == []
    with urlopen(f"http://{address[0]}:{address[1]}/metrics", timeout=BOUND_S) as metrics:
        assert b'status="499"' in metrics.read()


def test_a_client_that_hangs_up_within_its_answer_is_no_fault(
    api: Api, address: tuple[str, int], log_lines: io.BytesIO
) -> None:
    register(api)
    hang_up(address, head(api, "GET /v1/events?follow=true HTTP/1.1", "Accept: text/event-stream"), after=b"retry: ")
    told = wait_for(log_lines, client_gone=True)
    assert (told["route"], told["status"]) == ("/v1/events", 200)
    assert lines(log_lines, "fault") == []


def test_an_answer_that_came_whole_is_no_hang_up(api: Api, address: tuple[str, int], log_lines: io.BytesIO) -> None:
    hang_up(address, head(api, "GET /v1/events HTTP/1.1"), after=b"0\r\n\r\n")
    assert "client_gone" not in wait_for(log_lines, route="/v1/events")


@pytest.mark.parametrize(("path", "media_type"), [("/v1/customers", "application/json"), ("/v1/uploads", "text/csv")])
def test_what_a_server_that_stops_has_not_answered_is_answered_with_503(
    dossier: Dossier,
    reads: ReadModels,
    settings: ApiSettings,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    media_type: str,
) -> None:
    monkeypatch.setattr("cli.http_server.server.GRACE_S", 0)
    headers = {"Content-Type": media_type}
    if path == "/v1/uploads":
        headers["Dossier-Upload-Columns"] = '{"N": "customer_number"}'

    async def ask(port: int, server: ExitStack) -> None:
        exchange = Exchange(port, api.token())
        await exchange.begin("POST", path, headers=headers, body=b"{", length=100)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(server.close)
        answer = await exchange.end()
        assert answer.status == 503
        assert answer.json()["type"] == "/problems/unavailable"
        assert "retry-after: " in answer.headers

    with ExitStack() as server:
        run(ask(server.enter_context(served(create_app(dossier, reads, settings))), server))

"""Malicious requests, or requests that look malicious: kinds of bugs known from public reports about HTTP servers.

Each limited attack meets a real server, which must serve the next request. Every case describes its kind of bug and names a public report
of it, if there is one.
"""

import asyncio
import gzip
import io
import json
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from starlette.types import Receive, Scope, Send

from aggregates.fact import Role
from api.app import create_app
from api.settings import ApiSettings
from api_client import SECRET, token
from api_parts import reading
from cli.http_server.limits import Limits
from command_line import CommandLine, eventually
from consumer_world import serving
from consumers.customer_engagement import CustomerEngagement
from raw_http import Line, ask, served
from served import Exchange
from store.deliveries import Sending

LIMITS = Limits(head_s=1.0, idle_s=1.0, connections=300, tick_s=0.1)
GET = b"GET /health/live HTTP/1.1\r\nHost: here\r\n"
SOON_S = 10.0
"""Seconds within which a save must be answered whatever others do; it takes milliseconds."""
UNPACKED_BYTES = 200_000_000


class Server:
    """The API behind a real server."""

    def __init__(self, url: str, company: str, documents: list[str]) -> None:
        self.url = url
        self.port = int(url.rsplit(":", 1)[1])
        self.company = company
        self.documents = documents
        """What was built for whoever asked for the document of events."""

    def bearer(self, subject: str = "integrator") -> str:
        """A token of this caller."""
        return token(Role.INTEGRATOR, sub=subject, company=self.company, secret=SECRET)

    async def begun(self, method: str, path: str, subject: str = "integrator", **more: Any) -> Exchange:
        """A request that is sent."""
        exchange = Exchange(self.port, self.bearer(subject))
        await exchange.begin(method, path, **more)
        return exchange

    async def save(self, number: str) -> None:
        """A customer is saved, soon."""
        body = json.dumps({"number": number, "name": "Ada Byron"}).encode()
        began = time.monotonic()
        sent = await self.begun("POST", "/v1/customers", body=body, headers={"Content-Type": "application/json"})
        assert (await sent.end()).status == 201
        assert time.monotonic() - began < SOON_S


@pytest.fixture(scope="module")
def running(line: CommandLine) -> Iterator[Server]:
    """The API behind a real server; nobody folds events."""
    with line.dossier() as dossier, reading(dossier) as reads:
        documents: list[str] = []

        def document() -> str:
            documents.append("asyncapi: 3.0.0\n")
            return documents[-1]

        app = create_app(dossier, reads, ApiSettings(token_secret=SECRET, asyncapi=document))
        with served(app, limits=LIMITS) as url:
            yield Server(url, line.company, documents)


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The same; the next request is served whatever a case did."""
    yield running
    [answer] = ask(running.url, GET + b"Connection: close\r\n\r\n")
    assert answer.status == 200


def test_documents_are_built_once(server: Server) -> None:
    """Kind: a document that anybody may ask for is built anew for each of them.

    Public report: github.com/frappe/frappe/pull/15993 (a document of three megabytes was made for every request).
    """
    for path in (b"/asyncapi.yaml", b"/docs", b"/openapi.json") * 4:
        [answer] = ask(server.url, b"GET %s HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n" % path)
        assert answer.status == 200
    assert len(server.documents) <= 1


def test_a_header_without_end_is_not_read_to_its_end(server: Server) -> None:
    """Kind: a header of hundreds of megabytes is read before anybody is asked who sends it.

    Public report: github.com/Kludex/uvicorn/issues/157 (one of the server's two parsers has no bound that can be set).
    """
    with closing(Line(server.url)) as line, pytest.raises(ConnectionError):  # noqa: PT012  (whichever part meets it)
        line.send(GET + b"A: ")
        for _ in range(190):
            line.send(b"b" * 1_000_000)
    [answer] = ask(server.url, GET + b"A: " + b"b" * 100_000 + b"\r\n\r\n")
    answer.problem(431, "headers-too-large")


def test_half_sent_requests_are_ended_and_others_are_served(server: Server) -> None:
    """Kind: requests that are never finished hold their connections until there are none left.

    Public report: github.com/xorbitsai/inference/pull/5213 (one connection that sent a byte now and then stayed for ever).
    """
    with ExitStack() as lines:
        halves = [lines.enter_context(closing(Line(server.url))).send(GET) for _ in range(200)]
        [answer] = ask(server.url, GET + b"Connection: close\r\n\r\n")
        assert answer.status == 200
        halves[0].rest()[0].problem(408, "too-slow")


def test_a_kept_connection_on_which_nothing_comes_is_closed(server: Server) -> None:
    """Kind: connections that ask nothing more stay open.

    Public report: github.com/Kludex/uvicorn/issues/157 (the server's own bounds cover only a part of what can be slow).
    """
    with closing(Line(server.url)) as line:
        assert line.send(GET + b"\r\n").answer().status == 200
        assert line.rest() == []


def test_what_is_not_http_is_refused_as_a_problem(server: Server) -> None:
    """Kind: broken HTTP is answered in plain text, or not at all, while all other refusals are documents.

    Public report: github.com/Kludex/uvicorn/pull/205 (a request that was not HTTP had an empty answer).
    """
    for broken in (b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\nHost: h\r\n\r\n", b"GET / HTTP/1.1\r\nA b: c\r\n\r\n"):
        [answer] = ask(server.url, broken)
        answer.problem(400, "malformed")


def test_a_client_that_hangs_up_is_no_fault(server: Server, log_lines: io.BytesIO) -> None:
    """Kind: a caller that goes away is logged as an error of the server, with a traceback.

    Public report: github.com/modelcontextprotocol/python-sdk/issues/1648 (a client that left gave 500, and alarms rang).
    """
    head = f"POST /v1/customers HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {server.bearer()}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    with closing(Line(server.url)) as line:
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        line.send(head.encode())
        assert line.socket.recv(100).startswith(b"HTTP/1.1 100 ")
    eventually(lambda: b'"status":499' in log_lines.getvalue(), "the log tells of it")
    assert b'"event":"fault"' not in log_lines.getvalue()


def test_readers_that_wait_hold_up_no_save(server: Server) -> None:  # rule 0.8
    """Kind: requests that wait hold the threads that all others need.

    Public report: github.com/fastapi/fastapi/issues/3697 (six slow requests, and nobody else was answered).
    """

    async def crowd() -> None:
        await server.save("R1")
        headers = {"Dossier-Position": "1"}
        waiting = [await server.begun("GET", "/v1/customers/R1", headers=headers) for _ in range(200)]
        for number in range(2, 5):
            await server.save(f"R{number}")
        assert {(await reader.end()).status for reader in waiting} == {503}

    asyncio.run(crowd())


def test_one_caller_cannot_take_all_streams(server: Server) -> None:
    """Kind: one caller opens all the streams that there are.

    Public report: github.com/Tr3kkR/Yuzu/issues/1087 (a reader could open a thousand streams; no caller had a bound).
    """
    with ExitStack() as lines:

        def follow(subject: str) -> int:
            """Opens a stream; gives the status."""
            line = lines.enter_context(closing(Line(server.url)))
            head = f"GET /v1/events?follow=true HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {server.bearer(subject)}\r\n"
            line.send(f"{head}Accept: text/event-stream\r\n\r\n".encode())
            return int(line.socket.recv(len("HTTP/1.1 200")).split()[1])

        assert 503 in {follow("greedy") for _ in range(20)}
        assert follow("modest") == 200


def test_an_answer_of_the_other_side_is_bounded_when_it_is_unpacked() -> None:  # rule 4.4
    """Kind: a small compressed answer of another system is unpacked until there is no memory left.

    Public report: github.com/aio-libs/aiohttp/issues/8248 (a client unpacked an answer without bound and was killed for it).
    """
    packed = gzip.compress(b"x" * UNPACKED_BYTES)
    headers = [(b"content-encoding", b"gzip"), (b"content-type", b"text/plain; charset=no-such-charset")]

    async def other_side(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 422, "headers": headers})
        await send({"type": "http.response.body", "body": packed})

    with serving(other_side) as url, closing(CustomerEngagement(url, "token")) as engagement:
        tracemalloc.start()
        answer = engagement.put(Sending(uuid4(), "1001", "age", "A", date(2026, 1, 1), None, 1), uuid4())
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer.status_code == 422
    assert peak_bytes < UNPACKED_BYTES / 4

"""Attacks by volume: requests without a token, to document routes and others, malformed HTTP, clients that disconnect."""

from typing import Final

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.target import Target, request
from benchmarks.hostile.wire import Connection, connected

IN_A_ROW: Final = 10
"""Requests over one connection."""
DOCUMENTS: Final = ("/docs", "/asyncapi.yaml", "/openapi.json", "/metrics", "/health/ready", "/problems/not-found")
WITHOUT_A_TOKEN: Final = (
    request("GET", "/v1/customers/1/drawer"),
    request("PUT", "/v1/customers/1/drawer", body=b'{"responses": {"1": "H0"}}'),
    request("GET", "/v1/customers?name=a", token="e30.e30.forged"),
    request("GET", "/v1/events?follow=true", token="a" * 4_000),
    request("GET", "/nothing/here"),
)
_HOST: Final = b"Host: 127.0.0.1\r\n"
BROKEN: Final = (
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /health/live\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32 + b"\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\n" + _HOST + b"Bad Name: 1\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\n" + _HOST + b"X: a\x00b\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\n" + _HOST + b"No colon\r\n\r\n",
    b"GET /health/live HTTP/1.1\n" + b"Host: a\n\n",
    b"GET /v1/customers/%ff%fe/drawer HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET /v1/customers/\xff\xfe/drawer HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET http://elsewhere.example/ HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"POST /v1/customers HTTP/1.1\r\n" + _HOST + b"Content-Length: -1\r\n\r\n",
    b"POST /v1/customers HTTP/1.1\r\n" + _HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /v1/customers HTTP/1.1\r\n" + _HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/customers HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST /v1/customers HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\n" + _HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\n" + _HOST + b"Expect: nonsense\r\n\r\n",
    bytes(range(256)) + b"\r\n\r\n",
)
_SAVE: Final = b'{"responses": {"1": "H0"}}'


async def _in_a_row(connection: Connection, requests: list[bytes]) -> str:
    """Sends each when the one before is answered; the outcome is the last one, or a 500 if there was any."""
    outcome = ""
    for content in requests:
        connection.send(content)
        outcome = await connection.outcome()
        if not outcome.isdigit() or outcome == "500":
            break
    return outcome


async def _documents(target: Target, number: int) -> str:
    path = DOCUMENTS[number % len(DOCUMENTS)]
    async with connected(target.port) as connection:
        return f"{path} {await _in_a_row(connection, [request('GET', path)] * IN_A_ROW)}"


async def _without_a_token(target: Target, number: int) -> str:
    content = WITHOUT_A_TOKEN[number % len(WITHOUT_A_TOKEN)]
    async with connected(target.port) as connection:
        return await _in_a_row(connection, [content] * IN_A_ROW)


async def _broken_http(target: Target, number: int) -> str:
    async with connected(target.port) as connection:
        connection.send(BROKEN[number % len(BROKEN)])
        return await connection.outcome(within_s=5)


async def _hang_up(target: Target, number: int) -> str:
    """Asks for something and is gone: before the body is whole, before the answer, in the midst of it."""
    contents = (
        request("PUT", "/v1/customers/1/drawer", token=target.agent, body=_SAVE)[:-5],
        request("PUT", "/v1/customers/1/drawer", token=target.agent, body=_SAVE),
        request("GET", "/v1/events?limit=1000", token=target.administrator),
        request("GET", "/openapi.json"),
        request("GET", "/v1/customers/1/history", token=target.agent),
    )
    async with connected(target.port) as connection:
        connection.send(contents[number % len(contents)])
        if number % 2:
            await connection.reader.read(1)
    return "hung up"


ATTACKS: Final = (
    Attack("document routes", crew=8, per_s=10, assault=_documents),
    Attack("requests without a token", crew=16, per_s=30, assault=_without_a_token),
    Attack("broken HTTP", crew=50, per_s=100, assault=_broken_http),
    Attack("hang-ups", crew=20, per_s=50, assault=_hang_up),
)

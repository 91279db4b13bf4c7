"""Attacks that occupy resources of the server: connections, worker threads, places in the event stream."""

import itertools
import time
from typing import Final

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.target import Target, request
from benchmarks.hostile.wire import connected

LONG: Final = 100_000
"""Bytes, or header lines, that a slow sender announces or begins; the run ends before."""
SLOW_S: Final = 1.0
HALF_SENT_S: Final = 5.0
SMALL_BUFFER: Final = 4_096
POSITION_S: Final = 0.5
"""How long a position that was just written counts as such."""
_LIVE: Final = request("GET", "/health/live")
_HALF: Final = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def _slow_body(target: Target, number: int) -> str:
    """One byte a second: of a save, of a save without a token, of an upload."""
    token = (target.agent, "", target.administrator)[number % 3]
    method, path, kind = ("POST", "/v1/uploads", "text/csv") if number % 3 == 2 else _SAVE
    announced = f"Content-Type: {kind}\r\nContent-Length: {LONG}\r\n"
    async with connected(target.port) as connection:
        connection.send(request(method, path, token=token, headers=announced))
        return await connection.send_slowly(itertools.repeat(b" ", LONG), SLOW_S)


_SAVE: Final = ("PUT", "/v1/customers/1/drawer", "application/json")


async def _half_sent(target: Target, number: int) -> str:
    """A request whose headers never end: half of them come to a stand, half grow by a line every few seconds."""
    async with connected(target.port) as connection:
        connection.send(_HALF)
        if number % 2:
            return await connection.outcome(within_s=None)
        return await connection.send_slowly(itertools.repeat(b"X-More: 1\r\n", LONG), HALF_SENT_S)


async def _idle(target: Target, number: int) -> str:
    """A connection over which nothing comes, from its beginning or after one request."""
    async with connected(target.port) as connection:
        if number % 2:
            connection.send(_LIVE)
            await connection.outcome()
        return await connection.outcome(within_s=None)


class _Position:
    """The position of an event that has just been written, and that no read model shows while the projections stand still."""

    def __init__(self) -> None:
        self._position, self._written = b"1", 0.0

    async def latest(self, target: Target) -> str:
        if time.monotonic() > self._written + POSITION_S:
            self._written = time.monotonic()
            body = b'{"name": "Waited for %d"}' % time.monotonic_ns()
            async with connected(target.port) as connection:
                connection.send(request("PATCH", "/v1/customers/1", token=target.administrator, body=body))
                _, headers = await connection.head()
                self._position = headers.get("dossier-position", self._position.decode()).encode()
        return self._position.decode()


_POSITION: Final = _Position()


async def _waiting_reader(target: Target, number: int) -> str:
    """A read that waits for a position which is not reached while the projections stand still."""
    position = f"Dossier-Position: {await _POSITION.latest(target)}\r\n"
    path = f"/v1/customers/{number % target.customers}/drawer"
    async with connected(target.port) as connection:
        connection.send(request("GET", path, token=target.agent, headers=position))
        return await connection.outcome()


async def _open_stream(target: Target, number: int) -> str:
    """A follower of the event stream: half of them read nothing of what they asked for."""
    path, accept = "/v1/events?follow=true", "Accept: text/event-stream\r\n"
    async with connected(target.port, SMALL_BUFFER if number % 2 else None) as connection:
        follower = target.followers[number % len(target.followers)]
        connection.send(request("GET", path, token=follower, headers=accept))
        if number % 2:
            return await connection.stand_still()
        status, _ = await connection.head()
        if status != 200:
            return str(status)
        while await connection.reader.read(1 << 16):
            pass
        return "200, ended"


ATTACKS: Final = (
    Attack("slow bodies", crew=60, per_s=30, assault=_slow_body),
    Attack("half-sent requests", crew=1_500, per_s=300, assault=_half_sent),
    Attack("idle connections", crew=1_000, per_s=200, assault=_idle),
    Attack("waiting readers", crew=400, per_s=200, assault=_waiting_reader),
    Attack("open streams", crew=120, per_s=60, assault=_open_stream),
)

"""Attacks that send too much: endless headers, bodies with too many members or levels."""

import itertools
import math
from collections.abc import Callable
from typing import Final

import orjson

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.target import Target, json_writes, request
from benchmarks.hostile.wire import connected

MOST_OFFERED: Final = 190 << 20
"""Bytes of headers, unless they are refused before."""
PIECE: Final = 1 << 16
MEMBERS: Final = 50_000
DEPTHS: Final = (65, 600, 20_000)
_START: Final = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_CHUNKED: Final = b"POST /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
_LINE: Final = b"X-Filler: " + b"a" * 52 + b"\r\n"
HEADERS: Final = (
    (_START + b"X-Long: ", b"a" * PIECE),
    (_START, _LINE * (PIECE // len(_LINE))),
    (b"GET /", b"a" * PIECE),
    (_CHUNKED, _LINE * (PIECE // len(_LINE))),
)
"""One line, many lines, a long target, many trailers: how each begins and what is repeated."""


async def _huge_headers(target: Target, number: int) -> str:
    """Sends on until it is refused; tells how it ended, and after how many MB roughly."""
    beginning, piece = HEADERS[number % len(HEADERS)]
    async with connected(target.port) as connection:
        connection.send(beginning)
        outcome, sent = await connection.send_much(piece, MOST_OFFERED // len(piece))
    return f"{outcome} within {10 ** math.ceil(math.log10(max(sent, 1) / 1e6 + 0.9))} MB"


def _members(value: object) -> dict[str, object]:
    return {f"k{number:05}": value for number in range(MEMBERS)}


BOMBS: Final[tuple[tuple[str, str, Callable[[], object]], ...]] = (
    ("POST", "/v1/customers", lambda: _members("x")),
    ("PUT", "/v1/customers/1/drawer", lambda: {"responses": _members("X")}),
    ("PATCH", "/v1/customers/1/fields", lambda: {"fields": _members("x")}),
    ("PATCH", "/v1/profile-classes/DEFAULT", lambda: {"options": {"attributes": _members("x")}}),
    ("POST", "/v1/accounts", lambda: {"number": "1", "amounts": [{}] * MEMBERS}),
)


class _Prepared:
    """Requests that are the same each time, made once they are needed."""

    def __init__(self) -> None:
        self._made: dict[object, bytes] = {}

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


_PREPARED: Final = _Prepared()


async def _member_bomb(target: Target, number: int) -> str:
    method, path, body = BOMBS[number % len(BOMBS)]
    bomb = _PREPARED.get(path, lambda: request(method, path, token=target.administrator, body=orjson.dumps(body())))
    async with connected(target.port) as connection:
        connection.send(bomb)
        return await connection.outcome()


def _deep(depth: int, number: int) -> bytes:
    """Arrays, or objects, within each other."""
    if number % 2:
        return b'{"a":' * depth + b"1" + b"}" * depth
    return b'{"reason":' + b"[" * depth + b"]" * depth + b"}"


_DEEP: Final = tuple(itertools.product(json_writes(), DEPTHS))


async def _deep_json(target: Target, number: int) -> str:
    """Every write that takes JSON in turn."""
    (method, path), depth = _DEEP[number % len(_DEEP)]
    body = _deep(depth, number // len(_DEEP) + number)
    async with connected(target.port) as connection:
        connection.send(request(method, path, token=target.administrator, body=body))
        return await connection.outcome()


ATTACKS: Final = (
    Attack("huge headers", crew=2, per_s=1, assault=_huge_headers),
    Attack("member bombs", crew=2, per_s=2, assault=_member_bomb),
    Attack("deep JSON", crew=4, per_s=20, assault=_deep_json),
)

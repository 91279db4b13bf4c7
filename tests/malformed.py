"""Generates thousands of malformed messages: each violates the contract in one or more places, and none names another company."""

import random
from dataclasses import replace
from typing import Any, Final

import orjson

from consumers.messages import HEADERS, Received

ODD: Final[list[Any]] = [
    None,
    True,
    5,
    -1,
    0,
    1.5,
    2**62,
    "",
    "abc",
    "\0",
    "😀" * 50,
    "1e5",
    [],
    [1],
    {},
    {"a": [None]},
    "9" * 30,
]
TEXTS: Final[list[bytes | None]] = [
    None,
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b'"\\ud800"',
    b"{" * 2_000,
    b"NaN",
    b'{"event_id": 1e999}',
    b'{"position": ' + b"9" * 5_000 + b"}",
]
ODD_BYTES: Final = [b"", b"\xff", b"\0", b"x" * 5_000, b"5", b"null", b"-1", b"\xd8\x00"]


def malformed(chance: random.Random, good: Received) -> Received:
    """One of the ways in which a message can be broken."""
    return chance.choice([_member, _member, _members_gone, _text, _cut, _flipped, _header, _headers_gone, _key])(
        chance, good
    )


def _value(good: Received) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(good.value or b"")
    return value


def _member(chance: random.Random, good: Received) -> Received:
    value = _value(good)
    name = chance.choice(
        [
            "event_id",
            "position",
            "recorded_at",
            "correlation_id",
            "data",
            "personal_fields",
            "profile",
            "type",
        ]
    )
    value[name] = chance.choice([odd for odd in ODD if odd != value[name]])
    if name == "data" and isinstance(value[name], dict):
        value[name] = None
    if name == "personal_fields" and value[name] == []:
        value[name] = None
    return replace(good, value=orjson.dumps(value))


def _members_gone(chance: random.Random, good: Received) -> Received:
    value = _value(good)
    for name in chance.sample(sorted(value), chance.randint(1, len(value))):
        del value[name]
    return replace(good, value=orjson.dumps(value))


def _text(chance: random.Random, good: Received) -> Received:
    return replace(good, value=chance.choice(TEXTS))


def _cut(chance: random.Random, good: Received) -> Received:
    value = good.value or b""
    return replace(good, value=value[: chance.randrange(len(value))])


def _flipped(chance: random.Random, good: Received) -> Received:
    """A quotation mark, a brace or a colon becomes something else, so that it is no JSON any more."""
    value = bytearray(good.value or b"")
    places = [place for place, byte in enumerate(value) if byte in b"{}:"]
    value[chance.choice(places)] = chance.choice(b"\0\xff;")
    return replace(good, value=bytes(value))


def _header(chance: random.Random, good: Received) -> Received:
    return replace(good, headers={**good.headers, chance.choice(sorted(HEADERS)): chance.choice(ODD_BYTES)})


def _headers_gone(chance: random.Random, good: Received) -> Received:
    kept = chance.sample(sorted(good.headers), chance.randrange(len(good.headers)))
    return replace(good, headers={name: good.headers[name] for name in kept})


def _key(chance: random.Random, good: Received) -> Received:
    return replace(good, key=chance.choice([None, *ODD_BYTES, b"customer:1001", (good.key or b"") + b"7"]))

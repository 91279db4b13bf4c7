"""What attackers and clients know about the API: its port, tokens, and the requests that it accepts."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

OPENAPI: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
JSON: Final = "application/json"
_WRITES: Final = ("post", "put", "patch")
_PLACES: Final = {"code": "1", "version": "1", "mapped": "category:1", "event_id": str(UUID(int=1)), "name": "DEFAULT"}
"""Values of path parameters that a route takes; any other is a customer's number."""


@dataclass(frozen=True, slots=True)
class Target:
    """The API of a company on 127.0.0.1. `customers` is how many there are: their numbers are 0 and on.

    `followers` are tokens of as many callers as it takes to hold all places of those that follow events.
    """

    port: int
    agent: str
    administrator: str
    followers: tuple[str, ...]
    customers: int


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run with its attacks, in seconds of `time.monotonic`. Attackers stop at `calm`, so that what they leave shows."""

    name: str
    attacks: tuple[str, ...]
    begins: float
    calm: float
    ends: float


def request(method: str, path: str, *, token: str = "", body: bytes = b"", headers: str = "") -> bytes:
    """The bytes of one request. `headers` are whole lines."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    described = f"Content-Type: {JSON}\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}{described}{headers}\r\n".encode() + body


def json_writes() -> list[tuple[str, str]]:
    """Method and path of every write that takes JSON, as the API's own document has them."""
    paths = json.loads(OPENAPI.read_text())["paths"]
    return [
        (method.upper(), re.sub(r"{(\w+)}", lambda match: _PLACES.get(match[1], "1"), path))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in _WRITES and JSON in operation.get("requestBody", {}).get("content", {})
    ]

"""The outermost layer of ours, plain ASGI: correlation id, body bound, access log, metrics, and the catch-all.

FastAPI's own body limit answers in plain text from outside of every handler; this one raises where the body is read, so that the
answer is a problem document like every other.
"""

import time
from typing import Final
from uuid import UUID, uuid4

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import around
from api.around import Around
from api.logs import ACCESS, FAULTS
from api.metrics import Metrics
from api.problems import BROKEN, problem

MOST_BODY_BYTES: Final = 1_048_576
FILES: Final = frozenset({("POST", "/v1/uploads")})
"""What takes files, of any size: it counts the bytes itself, as they come."""
LONGEST_LENGTH: Final = 15
"""Digits of a Content-Length that are worth reading."""
UNMATCHED: Final = "unmatched"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PRIVATE: Final = (b"cache-control", b"private, no-cache")
_NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")


class Edge:
    """Middleware around everything."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request and accounts for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(scope, receive, send).run(self._app, self._metrics)


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_around", "_bounded", "_length", "_read", "_receive", "_scope", "_send", "_status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._status = 0
        self._read = 0
        self._bounded = (scope["method"], scope["path"]) not in FILES
        headers: dict[bytes, bytes] = dict(scope["headers"])
        self._length = headers.get(b"content-length", b"0")
        self._around = Around(headers, _correlation(headers.get(b"dossier-correlation-id")))
        around.put(scope, self._around)

    async def run(self, app: ASGIApp, metrics: Metrics) -> None:
        start = time.perf_counter()
        try:
            await app(self._scope, self.receive, self.send)
        except Exception as error:
            FAULTS.error("fault", correlation_id=str(self._around.correlation_id), exc_info=error)
            if self._status:
                raise
            answer = problem(self._scope, BROKEN, "The operator finds the cause by the correlation id.")
            await answer(self._scope, self._receive, self.send)
        finally:
            self._account(metrics, time.perf_counter() - start)

    async def receive(self) -> Message:
        """The next part of the body; raises 413 beyond the bound."""
        if not self._bounded:
            return await self._receive()
        if len(self._length) > LONGEST_LENGTH or (self._length.isdigit() and int(self._length) > MOST_BODY_BYTES):
            raise HTTPException(413, f"The body may have {MOST_BODY_BYTES} bytes.")
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > MOST_BODY_BYTES:
                raise HTTPException(413, f"The body may have {MOST_BODY_BYTES} bytes.")
        return message

    async def send(self, message: Message) -> None:
        """Passes the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            headers.append((b"dossier-correlation-id", str(self._around.correlation_id).encode()))
            headers.append(_NO_SNIFF)
            if self._scope["path"].startswith("/v1/"):
                headers.append(_PRIVATE)
        await self._send(message)

    def _account(self, metrics: Metrics, seconds: float) -> None:
        route = getattr(self._scope.get("route"), "path", UNMATCHED)
        method = self._scope["method"] if self._scope["method"] in METHODS else "OTHER"
        metrics.count(method, route, self._status, seconds)
        ACCESS.info(
            "request",
            correlation_id=str(self._around.correlation_id),
            actor=self._around.actor,
            method=method,
            route=route,
            status=self._status,
            ms=round(seconds * 1000, 2),
        )


def _correlation(value: bytes | None) -> UUID:
    """The caller's correlation id where it is one; a write refuses one that is not."""
    if value is not None:
        try:
            return UUID(value.decode("ascii"))
        except ValueError:
            return uuid4()
    return uuid4()

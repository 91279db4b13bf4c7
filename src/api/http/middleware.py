"""The outermost middleware, plain ASGI: correlation id, body limit, HEAD, access log, metrics, and the catch-all for errors.

HEAD is answered as GET is, without the body (RFC 9110, 9.3.2), whatever the route: it is handed on as GET, and the answer ends after the
headers, so that nothing is streamed. A client that hangs up is not an error: its request is logged with status 499 and `client_gone`.
What has no answer when the server ends is answered with 503.

FastAPI's own body limit answers in plain text, outside of every handler; this one raises where the body is read, so that the answer is a
problem document like every other.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import request_context
from api.http.logs import ACCESS, FAULTS
from api.http.metrics import Metrics
from api.http.problems import BROKEN, UNAVAILABLE, problem
from api.http.request_context import RequestContext

MOST_BODY_BYTES: Final = 1_048_576
FILES: Final = frozenset({("POST", "/v1/uploads"), ("POST", "/v1/resolutions")})
"""Routes that take larger bodies and count the bytes themselves, as they come."""
LONGEST_LENGTH: Final = 15
"""Digits of a Content-Length; a longer number is beyond every limit."""
UNMATCHED: Final = "unmatched"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STOPPED: Final = (
    "The server was stopped before it had answered: send the request again, a write with the same Idempotency-Key."
)
CLIENT_GONE: Final = 499
"""Logged and counted where the client hung up before it was answered; never sent."""
_CACHE_CONTROL: Final = b"cache-control"
_NO_STORE: Final = (_CACHE_CONTROL, b"no-store")
_NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")


class RequestMiddleware:
    """Middleware around the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, then logs and counts it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(scope, receive, send).run(self._app, self._metrics)


class _HeadAnsweredError(Exception):
    """The headers of an answer to HEAD are sent: the rest of the answer is not needed."""


class _Exchange:
    """One request and its answer. `_gone` is the status to log where the client hung up before it had the whole answer."""

    __slots__ = (
        "_answered",
        "_bounded",
        "_context",
        "_hung_up_status",
        "_length",
        "_method",
        "_receive",
        "_received_bytes",
        "_scope",
        "_send",
        "_status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, repeated = _by_name(scope["headers"])
        self._method = scope["method"]
        # A copy of the scope: the server looks into its own to see that HEAD has no body.
        self._scope = {**scope, "method": "GET"} if self._method == "HEAD" else scope
        if repeated:
            self._scope["headers"] = list(headers.items())
        self._receive, self._send = receive, send
        self._status = 0
        self._received_bytes = 0
        self._answered = False
        self._hung_up_status: int | None = None
        self._bounded = (self._method, scope["path"]) not in FILES
        self._length = headers.get(b"content-length", b"0")
        correlation_id = _correlation(headers.get(b"dossier-correlation-id"))
        self._context = RequestContext(headers, correlation_id, repeated=repeated)
        request_context.put(self._scope, self._context)

    async def run(self, app: ASGIApp, metrics: Metrics) -> None:
        start = time.perf_counter()
        try:
            await app(self._scope, self.receive, self.send)
        except _HeadAnsweredError:
            pass
        except ClientDisconnect:
            self._hung_up()
        except Exception as error:
            FAULTS.error("fault", correlation_id=str(self._context.correlation_id), exc_info=error)
            if self._status:
                raise
            answer = problem(self._scope, BROKEN, "The operator can find the cause by the correlation id.")
            with suppress(_HeadAnsweredError):
                await answer(self._scope, self._receive, self.send)
        except asyncio.CancelledError:
            await self._stopped()
        finally:
            self._account(metrics, time.perf_counter() - start)

    async def _stopped(self) -> None:
        """Answers where nothing was answered yet: the server ends, and its patience as well."""
        if not self._status:
            answer = problem(self._scope, UNAVAILABLE, STOPPED)
            with suppress(_HeadAnsweredError):
                await answer(self._scope, self._receive, self.send)

    async def receive(self) -> Message:
        """Returns the next part of the body. Raises 413 beyond the limit."""
        if self._bounded and (
            len(self._length) > LONGEST_LENGTH or (self._length.isdigit() and int(self._length) > MOST_BODY_BYTES)
        ):
            raise HTTPException(413, f"A body may have at most {MOST_BODY_BYTES:,} bytes.")
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._hung_up()
        elif self._bounded:
            self._received_bytes += len(message.get("body", b""))
            if self._received_bytes > MOST_BODY_BYTES:
                raise HTTPException(413, f"A body may have at most {MOST_BODY_BYTES:,} bytes.")
        return message

    async def send(self, message: Message) -> None:
        """Passes the answer on with the headers that every answer has; of an answer to HEAD, only its headers."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            headers.append((b"dossier-correlation-id", str(self._context.correlation_id).encode()))
            headers.append(_NO_SNIFF)
            if self._scope["path"].startswith("/v1/") and all(name != _CACHE_CONTROL for name, _ in headers):
                headers.append(_NO_STORE)
            await self._send(message)
            if self._method == "HEAD":
                self._answered = True
                await self._send({"type": "http.response.body", "body": b""})
                raise _HeadAnsweredError
            return
        self._answered = not message.get("more_body", False)
        await self._send(message)

    def _hung_up(self) -> None:
        """Keeps the status that the client saw before it hung up, or 499 where it saw none. Does nothing once it was answered."""
        if self._hung_up_status is None and not self._answered:
            self._hung_up_status = self._status or CLIENT_GONE

    def _account(self, metrics: Metrics, seconds: float) -> None:
        route = getattr(self._scope.get("route"), "path", UNMATCHED)
        method = self._method if self._method in METHODS else "OTHER"
        status = self._hung_up_status or self._status
        metrics.count(method, route, status, seconds)
        ACCESS.info(
            "request",
            correlation_id=str(self._context.correlation_id),
            actor=self._context.actor,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            **({} if self._hung_up_status is None else {"client_gone": True}),
        )


def _by_name(lines: Iterable[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], frozenset[bytes]]:
    """Returns headers by name, and the names that came on several lines; those lines make one list (RFC 9110, 5.3)."""
    headers: dict[bytes, bytes] = {}
    repeated = set()
    for name, value in lines:
        if name in headers:
            repeated.add(name)
            value = headers[name] + b", " + value  # noqa: PLW2901
        headers[name] = value
    return headers, frozenset(repeated)


def _correlation(value: bytes | None) -> UUID:
    """Returns the caller's correlation id if it is a UUID, else a new one; `names` refuses a request whose id is not a UUID."""
    if value is not None:
        try:
            return UUID(value.decode("ascii"))
        except ValueError:
            return uuid4()
    return uuid4()

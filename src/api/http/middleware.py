"""The middleware around everything, plain ASGI: correlation id, body limit, HEAD, access log, metrics, and the catch-all for errors.

HEAD is answered as GET is, without the body (RFC 9110, 9.3.2), whatever the route: it is handed on as GET, and the answer ends after the
headers, so that nothing is streamed. A client that hangs up is not an error: its request is logged with status 499 and `client_gone`.
What has no answer when the server ends is answered with 503.

FastAPI's own body limit answers in plain text, outside of every handler; this one raises where the body is read, so that the answer is a
problem document like every other.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.http import compression, request_context
from api.http.ids import new_id
from api.http.logs import FAULTS, AccessLog, RequestLine
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
_CORRELATION_ID: Final = b"dossier-correlation-id"
_CACHE_CONTROL: Final = b"cache-control"
_NO_STORE: Final = (_CACHE_CONTROL, b"no-store")
_NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")


class _HeadAnsweredError(Exception):
    """The headers of an answer to HEAD are sent: the rest of the answer is not needed."""


class Exchange:
    """One request and its answer. `_hung_up_status` is what is logged where the client hung up before it had the whole answer."""

    __slots__ = (
        "_answered",
        "_body",
        "_bounded",
        "_hung_up_status",
        "_is_too_long",
        "_method",
        "_receive",
        "_received_bytes",
        "_send",
        "_status",
        "context",
        "scope",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, repeated = _by_name(scope["headers"])
        self._method = scope["method"]
        # A copy of the scope: the server looks into its own to see that HEAD has no body.
        self.scope: Scope = {**scope, "method": "GET"} if self._method == "HEAD" else scope
        if repeated:
            self.scope["headers"] = list(headers.items())
        self._receive, self._send = receive, send
        self._status = 0
        self._received_bytes = 0
        self._body: bytes | None = None
        self._answered = False
        self._hung_up_status: int | None = None
        self._bounded = (self._method, scope["path"]) not in FILES
        length = headers.get(b"content-length", b"0")
        self._is_too_long = len(length) > LONGEST_LENGTH or (length.isdigit() and int(length) > MOST_BODY_BYTES)
        correlation_id = _correlation(headers.get(_CORRELATION_ID))
        self.context = RequestContext(
            headers, correlation_id, repeated=repeated, none_match=headers.get(b"if-none-match", b"")
        )
        request_context.put(self.scope, self.context)

    @property
    def has_begun(self) -> bool:
        """Returns whether the answer has begun, so that it is too late for another one."""
        return self._status != 0

    async def run(
        self, serve: Callable[["Exchange"], Awaitable[None]], metrics: Metrics, access_log: AccessLog
    ) -> None:
        """Serves the request, then logs and counts it."""
        start = time.perf_counter()
        try:
            await serve(self)
        except _HeadAnsweredError:
            pass
        except ClientDisconnect:
            self._hung_up()
        except Exception as error:
            FAULTS.error("fault", correlation_id=str(self.context.correlation_id), exc_info=error)
            if self._status:
                raise
            answer = problem(self.scope, BROKEN, "The operator can find the cause by the correlation id.")
            with suppress(_HeadAnsweredError):
                await answer(self.scope, self._receive, self.send)
        except asyncio.CancelledError:
            await self._stopped()
        finally:
            self._account(metrics, access_log, time.perf_counter() - start)

    async def _stopped(self) -> None:
        """Answers where nothing was answered yet: the server ends, and its patience as well."""
        if not self._status:
            answer = problem(self.scope, UNAVAILABLE, STOPPED)
            with suppress(_HeadAnsweredError):
                await answer(self.scope, self._receive, self.send)

    async def receive(self) -> Message:
        """Returns the next part of the body; all of it where it was read before. Raises 413 beyond the limit."""
        if self._bounded and self._is_too_long:
            raise HTTPException(413, f"A body may have at most {MOST_BODY_BYTES:,} bytes.")
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._hung_up()
        elif self._bounded:
            self._received_bytes += len(message.get("body", b""))
            if self._received_bytes > MOST_BODY_BYTES:
                raise HTTPException(413, f"A body may have at most {MOST_BODY_BYTES:,} bytes.")
        return message

    async def body(self) -> bytes:
        """Returns the whole body, which `receive` returns once more. Raises 413 beyond the limit, and `ClientDisconnect`."""
        parts, is_complete = [], False
        while not is_complete:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            parts.append(message.get("body", b""))
            is_complete = not message.get("more_body", False)
        self._body = parts[0] if len(parts) == 1 else b"".join(parts)
        return self._body

    async def answer(self, response: Response) -> None:
        """Sends an answer, compressed if it should be, with the headers that every answer has."""
        if type(response).__call__ is not Response.__call__ or response.background is not None:
            await response(self.scope, self.receive, compression.compressing(self.scope, self.send))
            return
        headers, body = response.raw_headers, bytes(response.body)
        if self.scope["path"].startswith(compression.PREFIX):
            headers, body = await compression.completed(self.context, response.status_code, headers, body)
        self._status = response.status_code
        start = {"type": "http.response.start", "status": self._status, "headers": self._completed(headers)}
        await self._send(start)
        self._answered = True
        await self._send({"type": "http.response.body", "body": b"" if self._method == "HEAD" else body})

    async def send(self, message: Message) -> None:
        """Passes the answer on with the headers that every answer has; of an answer to HEAD, only its headers."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = self._completed(message.get("headers", ()))
            await self._send(message)
            if self._method == "HEAD":
                self._answered = True
                await self._send({"type": "http.response.body", "body": b""})
                raise _HeadAnsweredError
            return
        self._answered = not message.get("more_body", False)
        await self._send(message)

    def _completed(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Returns the headers with those that every answer has."""
        correlation_id = (_CORRELATION_ID, str(self.context.correlation_id).encode())
        completed = [*headers, correlation_id, _NO_SNIFF]
        if self.scope["path"].startswith("/v1/") and all(name != _CACHE_CONTROL for name, _ in completed):
            completed.append(_NO_STORE)
        return completed

    def _hung_up(self) -> None:
        """Keeps the status that the client saw before it hung up, or 499 where it saw none. Does nothing once it was answered."""
        if self._hung_up_status is None and not self._answered:
            self._hung_up_status = self._status or CLIENT_GONE

    def _account(self, metrics: Metrics, access_log: AccessLog, seconds: float) -> None:
        route = getattr(self.scope.get("route"), "path", UNMATCHED)
        method = self._method if self._method in METHODS else "OTHER"
        status = self._hung_up_status or self._status
        metrics.count(method, route, status, seconds)
        context, has_gone = self.context, self._hung_up_status is not None
        access_log.add(RequestLine(context.correlation_id, context.actor, method, route, status, seconds, has_gone))


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
            return new_id()
    return new_id()

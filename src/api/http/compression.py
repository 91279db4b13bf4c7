"""Compresses JSON answers under `/v1` with gzip, where the client takes it. Used by `middleware` for each answer.

Streams and answers below `LEAST_BYTES` go out as they are. A strong entity tag belongs to one coding (RFC 9110, 8.8.3.3), so the tag of
a compressed answer is `"5-gzip"`; in If-Match and If-None-Match it names version 5, like `"5"`.
"""

import gzip
from collections.abc import Iterable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Scope, Send

from api.http import request_context
from api.http.negotiation import taken
from api.http.request_context import RequestContext

LEAST_BYTES: Final = 1_024
LEVEL: Final = 1
"""The lowest level: higher ones make JSON little smaller and take several times as long."""
MOST_AT_ONCE: Final = 131_072
"""Bytes of the largest answer that is compressed in the event loop, in about a millisecond; larger ones are compressed in a thread."""
GZIP: Final = "gzip"
PREFIX: Final = "/v1/"
_JSON: Final = (b"application/json", b"application/problem+json")
_NOT_MODIFIED: Final = 304
_CONDITIONS: Final = (b"if-match", b"if-none-match")
_TAG_END: Final = b'-gzip"'
_VARY: Final = (b"vary", b"Accept-Encoding")


def take_tags_of_versions(scope: Scope, context: RequestContext) -> None:
    """Replaces the tags of compressed answers in the conditions of a request by those of the versions that they name."""
    named = {name: context.headers[name] for name in _CONDITIONS if _TAG_END in context.headers.get(name, b"")}
    if named:
        context.headers.update({name: value.replace(_TAG_END, b'"') for name, value in named.items()})
        scope["headers"] = list(context.headers.items())


async def completed(
    context: RequestContext, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Returns the headers and the body of a whole answer as they are sent."""
    if status == _NOT_MODIFIED:
        return _headers_of_unmodified(headers, context), body
    if not _is_json(headers):
        return headers, body
    headers = [*headers, _VARY]
    if len(body) < LEAST_BYTES or not _takes_gzip(context):
        return headers, body
    compressed = await _compressed(body)
    return _headers_of_compressed(headers, len(compressed)), compressed


def compressing(scope: Scope, send: Send) -> Send:
    """Returns a function that passes an answer on to `send`, compressed if it should be."""
    return _Answer(request_context.of(scope), send).send if scope["path"].startswith(PREFIX) else send


class _Answer:
    """The answer to one request; its start is held back until its body is known, if that may be compressed."""

    __slots__ = ("_context", "_held", "_send")

    def __init__(self, context: RequestContext, send: Send) -> None:
        self._context = context
        self._send = send
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        """Passes the answer on, compressed if it should be."""
        if message["type"] == "http.response.start":
            if self._holds(message):
                self._held = message
                return
        elif self._held is not None:
            start, self._held = self._held, None
            if not message.get("more_body", False):
                message = {**message, "body": await _compressed(message.get("body", b""))}
                start["headers"] = _headers_of_compressed(start["headers"], len(message["body"]))
            await self._send(start)
        await self._send(message)

    def _holds(self, start: Message) -> bool:
        """Returns whether the answer is to be compressed; marks every answer that depends on what the client takes."""
        if start["status"] == _NOT_MODIFIED:
            start["headers"] = _headers_of_unmodified(start["headers"], self._context)
            return False
        if not _is_json(start["headers"]):
            return False
        start["headers"] = [*start["headers"], _VARY]
        length = dict(start["headers"]).get(b"content-length", b"0")
        return int(length) >= LEAST_BYTES and _takes_gzip(self._context)


def _is_json(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(_JSON) for name, value in headers)


def _takes_gzip(context: RequestContext) -> bool:
    return taken(context.header(b"accept-encoding"), (GZIP,)) is not None


async def _compressed(body: bytes) -> bytes:
    """Returns the body in gzip: the same bytes for the same body, whenever it is compressed."""
    if len(body) > MOST_AT_ONCE:
        return await run_in_threadpool(gzip.compress, body, LEVEL, mtime=0)
    return gzip.compress(body, LEVEL, mtime=0)


def _headers_of_compressed(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    changed = {b"content-length": str(length).encode()}
    changed |= {name: _tag_of_compressed(value) for name, value in headers if name == b"etag"}
    return [(b"content-encoding", GZIP.encode()), *((name, changed.get(name, value)) for name, value in headers)]


def _headers_of_unmodified(headers: list[tuple[bytes, bytes]], context: RequestContext) -> list[tuple[bytes, bytes]]:
    """Returns the headers of a 304, with the tag of the answer that the client has."""
    condition = context.none_match
    tagged = (
        (name, tag if name == b"etag" and (tag := _tag_of_compressed(value)) in condition else value)
        for name, value in headers
    )
    return [*tagged, _VARY]


def _tag_of_compressed(tag: bytes) -> bytes:
    return tag[:-1] + _TAG_END

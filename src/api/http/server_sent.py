"""Answers of server-sent messages that stay open: what they begin with, how long they last, and how they end.

An answer ends after `follow_s`, when the token expires, when the database is lost or when the server stops; clients then connect again
by themselves.
"""

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any, Final

from eventsourcing.persistence import OperationalError
from starlette.types import Receive, Scope, Send

from api.http.request_context import RequestContext
from api.http.streaming import ENDING, Stream

MEDIA_TYPE: Final = "text/event-stream"
RECONNECT_MS: Final = 2_000
_OPENING: Final = f"retry: {RECONNECT_MS}\n\n".encode()
_HEARTBEAT: Final = b": nothing new\n\n"
_EXPIRED: Final = b": the token has expired\n\n"


def answer_of(event: str, description: str, example: str) -> dict[int | str, dict[str, Any]]:
    """Returns the OpenAPI description of an answer whose messages are all of one event. The schema is that of a message."""
    schema = {
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "id": {"type": "string", "description": "What a client that connects again sends as `Last-Event-ID`."},
            "event": {"const": event, "description": "The name of the event."},
            "data": {"type": "string", "description": "JSON."},
        },
    }
    return {200: {"description": description, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}}


class ServerSent(Stream):
    """Messages as they come. The answer has its place among the followers from its start to its end."""

    def __init__(self, context: RequestContext, *, follow_s: float, heartbeat_s: float) -> None:
        super().__init__((), media_type=MEDIA_TYPE)
        self._follow_s = follow_s
        self._heartbeat_s = heartbeat_s
        self._expires_at = context.expires_at

    @abstractmethod
    def woken(self) -> AbstractContextManager[asyncio.Event]:
        """Takes a place, and yields an event that is set when there may be news. Raises `FollowersError`."""

    @abstractmethod
    def news(self) -> AsyncIterator[bytes]:
        """Yields the messages since the last call, none where there is nothing new. Raises `OperationalError`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers. Raises `FollowersError` before the answer has begun."""
        ending: asyncio.Event = scope.get("state", {}).get(ENDING) or asyncio.Event()
        with self.woken() as woken:
            waking = asyncio.create_task(_wake_when(ending, woken))
            try:
                self.body_iterator = self._messages(woken, ending)
                await super().__call__(scope, receive, send)
            finally:
                waking.cancel()

    async def _messages(self, woken: asyncio.Event, ending: asyncio.Event) -> AsyncIterator[bytes]:
        token_ends = time.monotonic() + self._expires_at - time.time()
        ends = min(time.monotonic() + self._follow_s, token_ends)
        yield _OPENING
        while time.monotonic() < ends and not ending.is_set():
            woken.clear()
            try:
                async for message in self.news():
                    yield message
                    if time.monotonic() >= ends or ending.is_set():
                        break
            except OperationalError:
                return
            try:
                await asyncio.wait_for(woken.wait(), min(self._heartbeat_s, max(ends - time.monotonic(), 0.0)))
            except TimeoutError:
                yield _HEARTBEAT
        if ends == token_ends and not ending.is_set():
            yield _EXPIRED


async def _wake_when(ending: asyncio.Event, woken: asyncio.Event) -> None:
    await ending.wait()
    woken.set()

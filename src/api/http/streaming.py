"""Long answers, made while they are sent, with one piece in memory. A slow client holds neither a thread nor a database connection."""

import asyncio
from collections.abc import Iterator
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

UNREAD_S: Final = 30.0
"""Seconds that a client may leave an answer unread before the connection is closed."""
PIECE_BYTES: Final = 65_536
"""Bytes handed to the connection at a time; it takes no more until its client has read them."""
ENDING: Final = "ending"
"""Name in the lifespan state of the server (ASGI) of an `asyncio.Event` that is set when the server begins to stop."""


class Stream(StreamingResponse):
    """An answer in pieces, which ends when its client reads nothing for `UNREAD_S`."""

    async def stream_response(self, send: Send) -> None:
        """Sends the answer. Raises `ClientDisconnect`."""

        async def send_in_time(message: Message) -> None:
            for piece in _pieces(message):
                try:
                    async with asyncio.timeout(UNREAD_S):
                        await send(piece)
                except TimeoutError:
                    raise ClientDisconnect from None

        await super().stream_response(send_in_time)


def _pieces(message: Message) -> Iterator[Message]:
    """Yields the message, with a long body cut into pieces. The last message of a stream has no body."""
    body = message.get("body", b"")
    if len(body) <= PIECE_BYTES:
        yield message
        return
    for start in range(0, len(body), PIECE_BYTES):
        yield {**message, "body": body[start : start + PIECE_BYTES]}

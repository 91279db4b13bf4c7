"""Long answers: made as they are taken, one piece in memory. A client that is slow holds neither a thread nor a database connection."""

import asyncio
from collections.abc import Iterator
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

UNREAD_S: Final = 30.0
"""How long a client may leave an answer unread; then it is let go."""
PIECE_BYTES: Final = 65_536
"""What is handed to the connection at once; it takes no more while its client has not read that."""


class Stream(StreamingResponse):
    """An answer in pieces, which ends where its client takes nothing for `UNREAD_S`."""

    async def stream_response(self, send: Send) -> None:
        """Sends it. Raises `ClientDisconnect`."""

        async def send_in_time(message: Message) -> None:
            for piece in _pieces(message):
                try:
                    async with asyncio.timeout(UNREAD_S):
                        await send(piece)
                except TimeoutError:
                    raise ClientDisconnect from None

        await super().stream_response(send_in_time)


def _pieces(message: Message) -> Iterator[Message]:
    """The message, a long body of it in pieces; the last message of a stream has none."""
    body = message.get("body", b"")
    if len(body) <= PIECE_BYTES:
        yield message
        return
    for start in range(0, len(body), PIECE_BYTES):
        yield {**message, "body": body[start : start + PIECE_BYTES]}

"""Long answers: made as they are taken, one piece in memory. A client that is slow holds neither a thread nor a database connection."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

UNREAD_S: Final = 30.0
"""How long a client may leave an answer unread; then it is let go."""


class Stream(StreamingResponse):
    """An answer in pieces, which ends where its client takes nothing for `UNREAD_S`."""

    async def stream_response(self, send: Send) -> None:
        """Sends it. Raises `ClientDisconnect`."""

        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(UNREAD_S):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None

        await super().stream_response(send_in_time)

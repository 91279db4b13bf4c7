"""Connections for attackers: they send any bytes at any speed, and name the outcome in one word."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

CLOSED: Final = "closed"
"""The server has ended the connection without an answer."""
SILENT: Final = "no answer"
UNCONNECTED: Final = "not connected"
OPEN: Final = "open at the end"
ANSWER_S: Final = 30.0
CONNECT_S: Final = 10.0
LONGEST_HEAD: Final = 1 << 20


class Connection:
    """One connection to the API."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self._writer = reader, writer

    def send(self, data: bytes) -> None:
        """Sends without waiting."""
        self._writer.write(data)

    async def outcome(self, within_s: float | None = ANSWER_S) -> str:
        """The status of the next answer, whose body is read to its end, or the word for why there is none."""
        try:
            async with asyncio.timeout(within_s):
                status, _ = await self.answer()
                return str(status)
        except TimeoutError:
            return SILENT
        except (OSError, EOFError, ValueError):
            return CLOSED

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        status, headers = await self.head()
        if headers.get("transfer-encoding") == "chunked":
            return status, b"".join([chunk async for chunk in self._chunks()])
        return status, await self.reader.readexactly(int(headers.get("content-length", 0)))

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next answer."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:] if ": " in line)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self.reader.readline(), 16):
            yield await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readline()

    async def send_slowly(self, pieces: Iterable[bytes], every_s: float) -> str:
        """Sends the pieces, each after a pause, until there is an answer or an end; waits for the answer after the last."""
        answer = asyncio.create_task(self.outcome(within_s=None))
        try:
            for piece in pieces:
                self.send(piece)
                done, _ = await asyncio.wait({answer}, timeout=every_s)
                if done:
                    return answer.result()
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(answer)
        except TimeoutError:
            return SILENT
        finally:
            answer.cancel()

    async def send_much(self, piece: bytes, times: int) -> tuple[str, int]:
        """Sends a piece again and again as fast as the server reads, until there is an answer or an end; also bytes taken."""
        answer = asyncio.create_task(self.outcome(within_s=None))
        sent = 0
        try:
            while sent < times and not answer.done():
                self.send(piece)
                async with asyncio.timeout(ANSWER_S):
                    await self._writer.drain()
                await asyncio.sleep(0)
                sent += 1
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(answer), sent * len(piece)
        except TimeoutError:
            return SILENT, sent * len(piece)
        except OSError:
            return await answer, sent * len(piece)
        finally:
            answer.cancel()

    async def stand_still(self) -> str:
        """Reads nothing more for ever; what the server does then shows in its memory."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()
        return OPEN

    def abort(self) -> None:
        """Ends the connection at once."""
        self._writer.transport.abort()


class UnconnectedError(Exception):
    """The server takes no connection."""


@asynccontextmanager
async def connected(port: int, receive_buffer: int | None = None) -> AsyncIterator[Connection]:
    """A connection, which is aborted at the end. Raises `UnconnectedError`."""
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=client, limit=LONGEST_HEAD)
    except (OSError, TimeoutError) as error:
        client.close()
        raise UnconnectedError from error
    connection = Connection(reader, writer)
    try:
        yield connection
    finally:
        connection.abort()

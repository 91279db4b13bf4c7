"""Runs an application behind a real HTTP server on this machine, and sends many requests at once."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

from cli.http_server.server import serve
from store.stopping import Stop

PATIENCE_S = 60.0
OPEN: set[asyncio.StreamWriter] = set()
"""Connections that nobody has ended."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer."""

    status: int
    headers: str
    body: str

    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


class Exchange:
    """One request on a connection of its own; `begin` sends it, or a part of it, and `end` reads the answer."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def begin(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        length: int | None = None,
    ) -> None:
        """Sends a request; with a `length` beyond that of the body, the server waits for the rest."""
        _, writer = self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        OPEN.add(writer)
        lines = [f"{method} {path} HTTP/1.1", "Host: here", f"Authorization: Bearer {self._token}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines.append(f"Content-Length: {len(body) if length is None else length}")
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()

    async def send(self, rest: bytes) -> None:
        """Sends more of the body."""
        assert self._streams is not None
        self._streams[1].write(rest)
        await self._streams[1].drain()

    async def end(self) -> Answered:
        """The answer."""
        assert self._streams is not None
        reader, writer = self._streams
        async with asyncio.timeout(PATIENCE_S):
            content = await reader.read()
        writer.close()
        OPEN.discard(writer)
        head, _, body = content.decode().partition("\r\n\r\n")
        return Answered(int(head.split(" ", 2)[1]), head.lower(), body)

    def hang_up(self) -> None:
        """Hangs up."""
        assert self._streams is not None
        self._streams[1].transport.abort()


def run(requests: Coroutine[Any, Any, None]) -> None:
    """Runs what a test asks, and hangs up where it did not come to the end."""

    async def ended() -> None:
        try:
            await requests
        finally:
            for writer in OPEN:
                writer.transport.abort()
            OPEN.clear()

    asyncio.run(ended())


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[int]:
    """Serves the application as `dossier serve` does, at a free port where none is given; gives the port."""
    stop = Stop()
    with socket.create_server(("127.0.0.1", port), backlog=1_000) as listener:
        thread = threading.Thread(target=serve, args=(app, listener, stop))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join(PATIENCE_S)


class Server:
    """A server that can be stopped, and started again at the same address with an application of its own."""

    def __init__(self, make_app: Callable[[], ASGIApp]) -> None:
        self._make_app = make_app
        self._opened = ExitStack()
        self._port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._port = self._opened.enter_context(served(self._make_app(), self._port))

    def stop(self) -> None:
        self._opened.close()

"""A small HTTP load generator: it sends prepared requests over persistent connections, so that the client costs almost nothing."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a load measured: answers a second, and how many had which status."""

    rate: float
    statuses: dict[int, int]


def request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/json", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def send(port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Sends each request once, `connections` at a time, in the order given within a connection."""
    return asyncio.run(asyncio.wait_for(_send(port, requests, connections), LONGEST_S))


async def _send(port: int, requests: Sequence[bytes], connections: int) -> Load:
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    shares = [requests[number::connections] for number in range(connections)]
    await asyncio.gather(*(_share(port, share, statuses) for share in shares))
    return Load(len(requests) / (time.perf_counter() - began), statuses)


async def _share(port: int, share: Sequence[bytes], statuses: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for one in share:
        writer.write(one)
        status, _ = await answer(reader)
        statuses[status] = statuses.get(status, 0) + 1
    writer.close()
    await writer.wait_closed()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers of one answer; its body is read and dropped."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    await reader.readexactly(int(headers.get("content-length", 0)))
    return int(head[0].split()[1]), headers

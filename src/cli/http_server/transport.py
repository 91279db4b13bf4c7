"""A transport that knows how much of what was written has reached the client's machine, and sends head and body of an answer together."""

import asyncio
import fcntl
import struct
import termios
from typing import Any, Final

HELD_BYTES: Final = 65_536
"""Bytes of a piece that waits for the next one; a larger one is written at once."""


class CountedTransport:
    """Does what its transport does, and counts the bytes.

    The size of the write buffer alone does not show progress: it is refilled, and the system takes megabytes at a time from it.

    uvicorn writes the head of an answer and its body one after the other, and uvloop sends each at once. So what is written waits for
    what is written next, until the end of this turn of the event loop: most answers are sent by one call of the system.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written_bytes = 0
        self._unsent = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Writes and counts `data`."""
        self._written_bytes += len(data)
        if len(data) > HELD_BYTES:
            self._send()
            self._transport.write(data)
        elif self._unsent:
            self._unsent += data
            self._send()
        else:
            self._unsent = data
            self._loop.call_soon(self._send)

    def write_eof(self) -> None:
        """Ends the sending side, after what was written."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """Closes the connection, after what was written."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, b""
        if unsent and not self._transport.is_closing():
            self._transport.write(unsent)

    @property
    def delivered(self) -> int:
        """Bytes delivered in all: those written, less those that wait here, or in the system for the client to acknowledge."""
        waiting = len(self._unsent) + self._transport.get_write_buffer_size()
        return self._written_bytes - waiting - self._unacknowledged()

    def _unacknowledged(self) -> int:
        """Returns the bytes that the system holds; 0 where it does not say, or the connection is closed."""
        try:
            descriptor = self._transport.get_extra_info("socket").fileno()
            size: tuple[int] = struct.unpack(
                "i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(struct.calcsize("i")))
            )
        except (OSError, ValueError):
            return 0
        return size[0]

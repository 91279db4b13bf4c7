"""A transport that knows how much of what was written has reached the client's machine."""

import asyncio
import fcntl
import struct
import termios
from typing import Any


class CountedTransport:
    """Does what its transport does, and counts the bytes.

    The size of the write buffer alone does not show progress: it is refilled, and the system takes megabytes at a time from it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._written_bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Writes and counts `data`."""
        self._written_bytes += len(data)
        self._transport.write(data)

    @property
    def delivered(self) -> int:
        """Bytes delivered in all: those written, less those that wait here, or in the system for the client to acknowledge."""
        return self._written_bytes - self._transport.get_write_buffer_size() - self._unacknowledged()

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

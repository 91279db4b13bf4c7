"""Network streams with a time in all: the timeouts of an HTTP client are those of each read, which an endless answer keeps within."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any, Final

import httpcore2

_NEVER: Final = float("inf")


class Deadline(threading.local):
    """Until when whatever this thread does on the network must be done."""

    _at = _NEVER

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Ends reads and writes of this block with a timeout once it has taken so long."""
        self._at = time.monotonic() + seconds
        try:
            yield
        finally:
            self._at = _NEVER

    def remaining(self, timeout_s: float | None, error: type[httpcore2.TimeoutException]) -> float | None:
        """The timeout of one step. Raises `error` when there is no time left."""
        remaining_s = self._at - time.monotonic()
        if remaining_s <= 0:
            raise error("It took too long in all.")
        if remaining_s == _NEVER:
            return timeout_s
        return remaining_s if timeout_s is None else min(timeout_s, remaining_s)


class TimedBackend(httpcore2.NetworkBackend):
    """Opens streams that keep to a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._backend = httpcore2.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connects; see `httpcore2`."""
        timeout = self._deadline.remaining(timeout, httpcore2.ConnectTimeout)
        stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return _TimedStream(stream, self._deadline)


class _TimedStream(httpcore2.NetworkStream):
    """A stream whose every step has the time that is left."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        timeout = self._deadline.remaining(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

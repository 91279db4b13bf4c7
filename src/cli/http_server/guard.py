"""Watches one connection of the HTTP server: refuses requests that break a limit, and ends connections that have stalled.

uvicorn limits neither the time nor, with httptools, the size of a request's head, and answers in plain text. The protocols in
`httptools_protocol` and `h11_protocol` report to a guard what happens; it checks the connection once a tick. Limits are in `limits`.

A refusal is a problem document, after which the connection closes: the sending side at once, the receiving side when the client
has closed it, or after a moment, so that the answer is not lost while the client still sends. When there are too many connections, idle
ones are closed, the oldest first. Limits do not depend on the address: behind a proxy all requests come from one.
"""

import asyncio
import heapq
import weakref
from collections.abc import Set
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Protocol
from uuid import uuid4

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from api.http.logs import ACCESS
from api.http.problems import BUSY, MALFORMED, MEDIA_TYPE, RETRY_AFTER_S, TOO_SLOW, Kind, document
from cli.http_server.limits import Limits, Refusal
from cli.http_server.transport import CountedTransport

BROKEN_HTTP: Final[Refusal] = (MALFORMED, "The request is not valid HTTP.")
TOO_MANY: Final[Refusal] = (BUSY, "There are too many connections at the moment.")
_FRAMING_SHARE: Final = 8
"""Bytes of framing that each byte of a body may have: sent byte by byte, it needs five."""
_EVICTED_SHARE: Final = 20
"""One in so many connections is closed at a time, so that the search for them is rare."""


class Waiting(Enum):
    """What a connection is waiting for."""

    US = "the application"
    REQUEST = "a request, perhaps after the rest of a body that was answered already"
    REST_OF_HEAD = "the rest of a request's head"
    BODY = "the rest of a request's body"
    READER = "a client that reads"


class Guarded(Protocol):
    """What a guard needs of uvicorn's connections. Both of its protocols have it."""

    transport: asyncio.Transport
    flow: FlowControl
    loop: asyncio.AbstractEventLoop
    server_state: ServerState
    guard: "Guard"
    requests: int
    cycle: Any

    @property
    def queued(self) -> int:
        """The number of complete requests that wait for the answer before theirs."""

    def awaited(self) -> Waiting:
        """Returns what the parser waits for: `REQUEST`, `REST_OF_HEAD` or `BODY`; `US` when it has a request and reads no further."""

    def _unset_keepalive_if_required(self) -> None: ...


class Guard:
    """The watch over one connection."""

    def __init__(self, connection: Guarded, limits: Limits) -> None:
        # The connection owns its guard: in a circle, both would stay until the garbage collector comes, which it seldom does.
        self._connection: Guarded = weakref.proxy(connection)
        self._limits = limits
        self._refusal: Refusal | None = None
        self._refusal_sent = False
        self._received = 0
        self._discarded = 0
        self._framing = 0
        """Bytes of framing that came with a body, less those that it may need."""
        self._timer: asyncio.TimerHandle | None = None
        self._state = (Waiting.REQUEST, 0)
        self._since = connection.loop.time()
        self._mark = 0
        """The value of `_progress` at `_since`."""

    def opened(self, transport: CountedTransport) -> None:
        """Begins the watch of a new connection. If there are too many, idle ones are closed, or it is refused."""
        self._transport = transport
        self._tick()
        connections: Set[Any] = self._connection.server_state.connections
        if len(connections) > self._limits.aborted_connections:
            self._connection.transport.abort()
        elif len(connections) > self._limits.connections:
            others = [other.guard for other in connections if other.guard is not self]
            idle: list[Guard] = [guard for guard in others if guard.idle]
            if not idle:
                self.refuse(*TOO_MANY)
            most = max(len(connections) // _EVICTED_SHARE, 1)
            for guard in heapq.nsmallest(most, idle, key=lambda guard: guard._since):
                guard.make_way()

    def closed(self) -> None:
        """Ends the watch: the connection is closed."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def idle(self) -> bool:
        """Returns whether no request of this connection is being answered."""
        return self._refusal is None and self._waiting() in {Waiting.REQUEST, Waiting.REST_OF_HEAD}

    def make_way(self) -> None:
        """Closes an idle connection, with a refusal if a request has begun."""
        if self._waiting() is Waiting.REST_OF_HEAD:
            self.refuse(*TOO_MANY)
        self._connection.transport.close()

    def takes(self, data: bytes) -> bool:
        """Returns whether the parser should get the bytes that came."""
        self._received += len(data)
        if self._connection.awaited() is Waiting.BODY:
            self._framing += len(data)
        if self._refusal_sent or self._unwanted():
            self._discarded += len(data)
            if self._discarded > self._limits.discarded_bytes:
                self._connection.transport.close()
        elif self._refusal is not None:
            self._connection.flow.pause_reading()
        return self._refusal is None

    def began(self) -> None:
        """Notes that the head of a request is complete."""
        self._connection.requests += 1
        self._discarded = self._framing = 0

    def parsed(self) -> None:
        """Checks the framing of a body after the parser has got its bytes."""
        if self._framing > self._limits.head_bytes:
            self.refuse(MALFORMED, "The body has too many chunks, or too much beside its content.")

    def body(self, size: int) -> None:
        """Notes that `size` of the bytes that came belong to a body."""
        self._framing = max(self._framing - (_FRAMING_SHARE + 1) * size, 0)

    def refuse(self, kind: Kind, detail: str) -> None:
        """Refuses the request, after the answers that are under way, and closes the connection."""
        if self._refusal is not None:
            return
        self._refusal = (kind, detail)
        cycle = self._connection.cycle
        if cycle is None or cycle.response_complete:
            self._send()
        elif not cycle.more_body:
            self._connection.flow.pause_reading()
        elif cycle.response_started or self._connection.queued:
            self._connection.transport.abort()
        else:
            cycle.disconnected = True
            cycle.message_event.set()
            self._send()

    def answered(self) -> None:
        """Notes that an answer is complete, and sends a refusal that waited for it."""
        cycle = self._connection.cycle
        if self._refusal is not None and not self._refusal_sent and cycle is not None and cycle.response_complete:
            self._send()

    def _send(self) -> None:
        transport = self._connection.transport
        if self._refusal is None or transport.is_closing():
            return
        self._refusal_sent = True
        self._connection._unset_keepalive_if_required()
        transport.write(_answer(self._refusal, self._connection.server_state.default_headers))
        if transport.can_write_eof():
            transport.write_eof()
        self._connection.flow.resume_reading()
        self._connection.loop.call_later(self._limits.linger_s, transport.abort)

    def _waiting(self) -> Waiting:
        transport = self._connection.transport
        if transport.is_closing() or self._connection.flow.write_paused:
            return Waiting.READER
        cycle = self._connection.cycle
        if self._refusal is not None or not transport.is_reading() or (cycle and cycle.waiting_for_100_continue):
            return Waiting.US
        return Waiting.REQUEST if self._unwanted() else self._connection.awaited()

    def _unwanted(self) -> bool:
        """Returns whether the incoming bytes are the rest of a body whose request was answered already."""
        cycle = self._connection.cycle
        return cycle is not None and cycle.response_complete and self._connection.awaited() is Waiting.BODY

    def _progress(self, waiting: Waiting) -> int:
        """Returns the bytes received or, while an answer is being sent, delivered."""
        return self._transport.delivered if waiting is Waiting.READER else self._received

    def _tick(self) -> None:
        self._timer = self._connection.loop.call_later(self._limits.tick_s, self._tick)
        waiting = self._waiting()
        state = (waiting, self._connection.requests)
        if state != self._state:
            self._begin(state)
            return
        waited_s = self._connection.loop.time() - self._since
        if waiting is Waiting.REQUEST and waited_s >= self._limits.idle_s:
            self._connection.transport.close()
        elif waiting is Waiting.REST_OF_HEAD and waited_s >= self._limits.head_s:
            self.refuse(TOO_SLOW, f"Request line and headers must arrive within {self._limits.head_s:g} s.")
        elif waiting in {Waiting.BODY, Waiting.READER} and waited_s >= self._limits.progress_s:
            if self._progress(waiting) - self._mark < self._limits.progress_bytes:
                self._stalled(waiting)
            self._begin(state)

    def _begin(self, state: tuple[Waiting, int]) -> None:
        self._state = state
        self._since = self._connection.loop.time()
        self._mark = self._progress(state[0])

    def _stalled(self, waiting: Waiting) -> None:
        if waiting is Waiting.READER:
            self._connection.transport.abort()
            return
        least = f"{self._limits.progress_bytes:,} bytes every {self._limits.progress_s:g} s"
        self.refuse(TOO_SLOW, f"A body must arrive at a rate of at least {least}.")


def _answer(refusal: Refusal, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """Returns the refusal as HTTP, like `api.http.problems` and `api.http.middleware` would write it."""
    kind, detail = refusal
    correlation_id = uuid4()
    ACCESS.info("refused", correlation_id=str(correlation_id), status=kind.status, problem=kind.slug)
    body = document(kind, detail, correlation_id)
    headers = [
        *default_headers,
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        (b"dossier-correlation-id", str(correlation_id).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    if kind.status == BUSY.status:
        headers.append((b"retry-after", b"%d" % RETRY_AFTER_S))
    status_line = f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}".encode()
    return b"\r\n".join((status_line, *(b"%s: %s" % header for header in headers), b"", body))

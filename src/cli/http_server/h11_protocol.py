"""uvicorn's protocol over h11 with a guard, used where httptools is not installed. h11 limits a head only while it is incomplete."""

import asyncio
import sys
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from cli.http_server.guard import BROKEN_HTTP, Guard, Waiting
from cli.http_server.limits import Limits, Refusal, origin_form
from cli.http_server.transport import CountedTransport

_TOO_LARGE = 431


class _RefusedError(h11.RemoteProtocolError):
    """A head that is valid for h11 but breaks a limit or a rule."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal[1])
        self.refusal = refusal


class _Connection(h11.Connection):
    """The parser of a connection, which checks each head when it is complete."""

    def __init__(self, limits: Limits, guard: Guard) -> None:
        super().__init__(h11.SERVER, limits.head_bytes)
        self._limits = limits
        self._guard = guard

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Returns the next event. Raises `h11.RemoteProtocolError`."""
        event = super().next_event()
        if isinstance(event, h11.Data):
            self._guard.body(len(event.data))
        if not isinstance(event, h11.Request):
            return event
        fault = self._limits.head_fault(event.target, list(event.headers), event.http_version.decode())
        if fault is not None:
            raise _RefusedError(fault)
        self._guard.began()
        target = origin_form(event.target)
        if target is event.target:
            return event
        return h11.Request(method=event.method, headers=event.headers, target=target, http_version=event.http_version)


class GuardedH11(H11Protocol):
    """A connection parsed by h11."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.requests = 0
        self.guard = Guard(self, limits)
        self._limits = limits
        self.conn = _Connection(limits, self.guard)

    @property
    def queued(self) -> int:
        """The number of complete requests that wait: 0, since h11 stops reading before them."""
        return 0

    def awaited(self) -> Waiting:
        """Returns what the parser waits for."""
        state = self.conn.their_state
        if state is h11.IDLE:
            return Waiting.REST_OF_HEAD if self.conn.trailing_data[0] else Waiting.REQUEST
        return Waiting.BODY if state is h11.SEND_BODY else Waiting.US

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins the watch."""
        counted = CountedTransport(transport, self.loop)
        super().connection_made(counted)  # type: ignore[arg-type]
        self.guard.opened(counted)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the watch."""
        super().connection_lost(exc)
        self.guard.closed()
        self.cycle = None  # type: ignore[assignment]  # it holds this connection

    def data_received(self, data: bytes) -> None:
        """Parses the bytes that came."""
        if self.guard.takes(data):
            super().data_received(data)
            self.guard.parsed()

    def on_response_complete(self) -> None:
        """Goes on with the next request after an answer."""
        super().on_response_complete()
        self.guard.answered()

    def send_400_response(self, msg: str) -> None:
        """Refuses a request that the parser cannot read."""
        del msg
        error = sys.exception()
        if error is not None:
            error.__traceback__ = None  # the parser's frames hold the error, and this connection
        if isinstance(error, _RefusedError):
            refusal = error.refusal
        elif isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == _TOO_LARGE:
            in_url = b"\n" not in self.conn.trailing_data[0]
            refusal = self._limits.url_too_long if in_url else self._limits.headers_too_large
        else:
            refusal = BROKEN_HTTP
        self.guard.refuse(*refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """Logs nothing: an upgrade that is not offered is ignored (RFC 9110)."""

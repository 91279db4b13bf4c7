"""uvicorn's protocol over httptools with a guard: httptools itself limits neither the head of a request nor the framing of a body."""

import asyncio
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.http.problems import MALFORMED
from cli.http_server.guard import BROKEN_HTTP, Guard, Waiting
from cli.http_server.limits import Limits, Refusal, origin_form
from cli.http_server.transport import CountedTransport


class _RefusedError(Exception):
    """Ends the parser from within a callback."""


class GuardedHttpTools(HttpToolsProtocol):
    """A connection parsed by httptools."""

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
        self._parsing = Waiting.REQUEST
        self._refusal: Refusal = BROKEN_HTTP
        self._head_bytes = 0
        self._answering: RequestResponseCycle | None = None

    @property
    def queued(self) -> int:
        """The number of complete requests that wait for the answer before theirs."""
        return len(self.pipeline)

    def awaited(self) -> Waiting:
        """Returns what the parser waits for."""
        answering = self.cycle is not None and not self.cycle.response_complete
        return Waiting.US if answering and self._parsing is Waiting.REQUEST else self._parsing

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins the watch."""
        counted = CountedTransport(transport, self.loop)
        super().connection_made(counted)  # type: ignore[arg-type]
        self.guard.opened(counted)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the watch, and informs the application of the request it is answering; uvicorn does so only for the last of several."""
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)
        self.guard.closed()
        self.parser = self.cycle = self._answering = None  # type: ignore[assignment]  # each of them holds this connection

    def data_received(self, data: bytes) -> None:
        """Parses the bytes that came, and limits an incomplete head."""
        if not self.guard.takes(data):
            return
        before = self._parsing
        super().data_received(data)
        self.guard.parsed()
        if self._parsing is Waiting.REST_OF_HEAD:
            self._head_bytes += len(data) if before is Waiting.REST_OF_HEAD else 0
            if self._head_bytes > self._limits.head_bytes or len(self.url) > self._limits.url_bytes:
                in_url = len(self.url) > self._limits.url_bytes
                self.guard.refuse(*(self._limits.url_too_long if in_url else self._limits.headers_too_large))

    def on_message_begin(self) -> None:
        """Notes the beginning of a request."""
        super().on_message_begin()
        self._parsing = Waiting.REST_OF_HEAD
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header. One that follows a body is dropped: the application has the headers already."""
        if self._parsing is Waiting.BODY:
            return
        if len(self.headers) >= self._limits.header_lines:
            self._refuse(self._limits.headers_too_large)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Checks the complete head and calls the application, or refuses the request."""
        fault = self._limits.head_fault(self.url, self.headers, self.parser.get_http_version())
        if fault is not None:
            self._refuse(fault)
        if len(self.pipeline) >= self._limits.pipelined:
            self._refuse(
                (MALFORMED, f"At most {self._limits.pipelined} requests may wait on a connection for their answers.")
            )
        self.url = origin_form(self.url)
        super().on_headers_complete()
        self._parsing = Waiting.BODY
        self.guard.began()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # the parser reads no further

    def on_body(self, body: bytes) -> None:
        """Takes a part of the body."""
        self.guard.body(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Notes the end of a request."""
        super().on_message_complete()
        self._parsing = Waiting.REQUEST

    def on_response_complete(self) -> None:
        """Goes on with the next request after an answer. uvicorn would set a timer besides, to close an idle connection: its guard does."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
        self.guard.answered()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """Refuses a request that the parser cannot read."""
        del msg
        self.guard.refuse(*self._refusal)

    def _refuse(self, refusal: Refusal) -> None:
        self._refusal = refusal
        raise _RefusedError

    def _unsupported_upgrade_warning(self) -> None:
        """Logs nothing: an upgrade that is not offered is ignored (RFC 9110)."""

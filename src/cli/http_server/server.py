"""How uvicorn serves the HTTP applications of Dossier: within limits (`limits`), and with problem documents for what is not HTTP.

Logging is set up by `cli.processes.logs`; the application writes the access log.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from typing import Any, Final

import uvicorn

from api.http.streaming import ENDING
from cli.http_server.limits import Limits
from store.stopping import Stop

try:
    from cli.http_server.httptools_protocol import GuardedHttpTools as FasterProtocol
except ImportError:  # httptools is not installed
    from cli.http_server.h11_protocol import GuardedH11 as FasterProtocol  # type: ignore[assignment]

ACCEPTED_AT_ONCE: Final = 8
"""Connections taken in one turn of the event loop. uvloop takes one for each listening socket: a busy server would leave thousands
waiting in the system's queue, and a new client, such as a probe, would wait for seconds behind clients that have given up."""
GRACE_S: Final = 2
"""Seconds that requests under way have at the end."""
TICK_S: Final = 0.1
"""Seconds between two ticks of a server, in tenths of which uvicorn renews its headers."""
TAKEN_S: Final = 0.01
"""Seconds at the end within which a connection that was just accepted is known."""
ANSWERED_S: Final = 60
"""Seconds within which a worker answers its supervisor, its start included; one that does not is killed, and another one started. A
machine that has much to do takes longer for a start than uvicorn's 5 s, and would then kill each worker before it serves."""


def configuration(
    app: Any,
    *,
    workers: int = 1,
    factory: bool = False,
    lifespan: bool = True,
    limits: Limits | None = None,
    protocol: Callable[..., Any] = FasterProtocol,
) -> uvicorn.Config:
    """Returns the configuration for an ASGI application, or for the import string of its factory where there are several workers.

    `lifespan` is whether the application handles lifespan events. `limits` are those of each process.
    """
    limits = limits or Limits()
    make_protocol: Any = partial(protocol, limits=limits)  # uvicorn calls it like a class
    return uvicorn.Config(
        app,
        workers=workers,
        factory=factory,
        http=make_protocol,
        ws="none",
        lifespan="on" if lifespan else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=max(int(limits.idle_s), 1),
        timeout_graceful_shutdown=GRACE_S,
        timeout_worker_healthcheck=ANSWERED_S,
    )


def serve(app: Any, listener: socket.socket, stop: Stop, **options: Any) -> None:
    """Serves an ASGI application until `stop` is set; requests under way have `GRACE_S` then. Options: see `configuration`."""
    with ExitStack() as opened:
        _Server(configuration(app, **options), stop).run(accepting(listener, opened))


def accepting(listener: socket.socket, opened: ExitStack) -> list[socket.socket]:
    """The socket and copies of it, through which `ACCEPTED_AT_ONCE` connections are taken at a time; the copies are closed by `opened`."""
    copies = [opened.enter_context(listener.dup()) for _ in range(ACCEPTED_AT_ONCE - 1)]
    return [listener, *copies]


class _Server(uvicorn.Server):
    """Ends by the `Stop` that every process of ours ends by: at once, and so that no signal is lost while it starts."""

    def __init__(self, config: uvicorn.Config, stop: Stop) -> None:
        super().__init__(config)
        self._stop = stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to `cli.processes.process`."""
        yield

    async def main_loop(self) -> None:
        """Ticks until it is time to end."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._stop, ended.set)
        try:
            for counter in count():
                if await self.on_tick(counter) or self._stop.is_set():
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), TICK_S)
        finally:
            loop.remove_reader(self._stop)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, with an event for answers that stay open, which end when it is set."""
        self.lifespan.state[ENDING] = asyncio.Event()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends at once where nobody is connected; uvicorn would wait a tenth of a second all the same."""
        self.lifespan.state[ENDING].set()
        for server in self.servers:
            server.close()
        await asyncio.sleep(TAKEN_S)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for listener in sockets or ():
            listener.close()
        await self.lifespan.shutdown()

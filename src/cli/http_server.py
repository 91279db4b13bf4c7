"""How uvicorn serves the HTTP applications of Dossier. Logs are ours, the access log is the application's."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

GRACE_S: Final = 2
"""What requests under way have at the end."""


def configuration(app: Any, *, workers: int = 1, factory: bool = False) -> uvicorn.Config:
    """The configuration for an ASGI application, or for the import string of its factory where there are several workers."""
    return uvicorn.Config(
        app,
        workers=workers,
        factory=factory,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def serve(app: Any, listener: socket.socket, stop: threading.Event) -> None:
    """Serves an ASGI application until `stop` is set; requests under way have `GRACE_S` then."""
    _Server(configuration(app), stop).run([listener])


class _Server(uvicorn.Server):
    """Ends by the event that every process of ours ends by, so that no signal is lost while it starts."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop_event = stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to `cli.process`."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; asked ten times a second."""
        return await super().on_tick(counter) or self._stop_event.is_set()

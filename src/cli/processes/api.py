"""`dossier serve`: the HTTP API in one process, or in several behind one socket."""

import asyncio
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.http.logs import log_each
from api.http.metrics import SharedCounts
from api.settings import ApiSettings
from cli.http_server.server import accepting, configuration
from cli.http_server.server import serve as serve_app
from cli.processes.lifeline import end_with_parent
from cli.processes.logs import configure, requests_as_json, write_json_bytes
from cli.processes.process import end_on_signals, running
from cli.processes.sockets import address, inherited_or_listening
from cli.settings import Settings, load
from cli.wiring import database_url, expected_of, open_reads
from store.heartbeats import Progress, beating

NAME: Final = "api"
COUNTS: Final = "DOSSIER_COUNTS_DIR"
"""Names the directory in which the workers of one socket count together."""
MARK_S: Final = 0.5
SWITCH_S: Final = 0.001
"""Seconds that a thread may keep the interpreter: the one that commits for all others must not wait 5 ms for each of them."""


def serve(settings: Settings, *, fd: int | None) -> None:
    """Serves until it is told to stop. Raises `PortTakenError`."""
    bound = inherited_or_listening(fd, settings.host, settings.port)
    with bound as listener, running(NAME, settings, None) as stop:
        structlog.get_logger().info("listening", address=address(listener), workers=settings.workers)
        if settings.workers == 1:
            serve_app(application(settings), listener, stop)
            return
        with database_url(settings), TemporaryDirectory(prefix="dossier-counts-") as counts, ExitStack() as opened:
            os.environ[COUNTS] = counts
            config = configuration("cli.processes.api:worker", workers=settings.workers, factory=True)
            processes = _Workers(config, sockets=accepting(listener, opened))
            processes.should_exit = stop  # type: ignore[assignment]  # set by our signal handlers, and noticed at once
            end_on_signals(stop)
            if not stop.is_set():
                processes.run()


class _Workers(Multiprocess):
    """Replaces a worker as soon as it has ended, also while it is being asked whether it lives."""

    def keep_subprocess_alive(self) -> None:
        """Replaces workers that have ended, or do not answer."""
        for process in self.processes:
            process.child_conn.close()  # With this copy of it open, waiting for an answer would not end with the worker.
        super().keep_subprocess_alive()


def worker() -> ASGIApp:
    """Returns the application of one of several processes, which ends when the one that started it is gone."""
    end_with_parent()
    settings = load()
    configure(NAME, settings.log_level, settings.company)
    return application(settings, SharedCounts(Path(os.environ[COUNTS])))


def application(settings: Settings, counts: SharedCounts | None = None) -> ASGIApp:
    """Returns the API with connections of its own, which are closed when the server ends."""
    sys.setswitchinterval(SWITCH_S)
    if not sys.stderr.isatty():
        write_json_bytes(NAME, settings.company)
    as_json = requests_as_json(NAME, settings.company, sys.stderr.buffer)
    api_settings = ApiSettings(
        token_secret=settings.token_secret,
        asyncapi=_message_contract,
        documents_ahead=True,
        embed_origins=settings.embed_origins,
        most_upload_bytes=settings.most_upload_bytes,
        query_threads=max(settings.pool_size // 3, 2),
        threads=settings.threads,
        expected=expected_of(settings),
        counts=counts,
        log_requests=log_each if sys.stderr.isatty() else as_json,
    )
    opened = ExitStack()
    dossier, reads = opened.enter_context(open_reads(settings))
    reads.start()
    progress = Progress()
    opened.enter_context(beating(dossier.database, NAME, {NAME: progress}))
    return _WithLifespan(create_app(dossier, reads, api_settings), opened, progress)


def _message_contract() -> str:
    from consumers import asyncapi  # noqa: PLC0415  (it imports the Kafka client, which this process does not use otherwise)

    return asyncapi.document()


class _WithLifespan:
    """Marks progress while the event loop runs, and closes what the application uses once its lifespan has ended."""

    def __init__(self, app: ASGIApp, opened: ExitStack, progress: Progress) -> None:
        self._app = app
        self._opened = opened
        self._progress = progress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        with self._opened:
            marking = asyncio.create_task(self._mark())
            try:
                await self._app(scope, receive, send)
            finally:
                marking.cancel()

    async def _mark(self) -> None:
        while True:
            self._progress.mark()
            await asyncio.sleep(MARK_S)

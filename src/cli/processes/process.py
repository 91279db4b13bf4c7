"""What all long-running processes share: logs, metrics, and a clean end.

SIGTERM and SIGINT set the stop event, nothing else; the process then finishes what it has begun. A process that was started by
`dossier up` also ends when its supervisor is gone (`lifeline`).
"""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, Info, generate_latest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cli.http_server.limits import Limits
from cli.http_server.server import serve
from cli.processes.lifeline import end_with_supervisor
from cli.processes.logs import configure
from cli.processes.sockets import PortTakenError, listening
from cli.settings import Settings
from store.stopping import Stop

PROCESS: Final = Info("dossier_process", "Which process of which company this is")
METRICS_LIMITS: Final = Limits(connections=32)
SIGNAL_NOTICED_S: Final = 0.2
"""Seconds after which the main thread looks up from waiting: a signal that came just before a wait does not end it, and only the main
thread runs signal handlers."""
COLLECT_AFTER: Final = (50_000, 20, 50)
"""Thresholds of the garbage collector's generations."""


@contextmanager
def running(name: str, settings: Settings, metrics_port: int | None) -> Iterator[Stop]:
    """Runs a process. Yields the event that is set when it must stop.

    Raises:
        PortTakenError: `metrics_port` is in use.
    """
    configure(name, settings.log_level, settings.company)
    PROCESS.info({"process": name, "company": settings.company})
    collect_less()
    log = structlog.get_logger()
    stop = Stop()
    end_on_signals(stop)
    end_with_supervisor()
    with _metrics(settings.host, metrics_port, stop):
        log.info("started", pid=os.getpid())
        yield stop
        log.info("stopped")
    gc.freeze()  # or the interpreter would look through all that was ever loaded once more before it ends


def collect_less() -> None:
    """Makes the garbage collector run less often: what a process has loaded stays, and what it creates has few cycles."""
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def run_threads(tasks: dict[str, Callable[[], None]], stop: Stop) -> list[str]:
    """Runs each task in a thread until all have returned; a task that fails stops the others. Returns the names of those that failed."""
    failed: list[str] = []
    threads = [
        threading.Thread(target=_guarded, args=(name, task, stop, failed), name=name, daemon=True)
        for name, task in tasks.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(SIGNAL_NOTICED_S)
    return failed


def _guarded(name: str, task: Callable[[], None], stop: Stop, failed: list[str]) -> None:
    try:
        task()
    except Exception:  # noqa: BLE001  (logged and counted: the process ends with status 1)
        structlog.get_logger().exception("failed", task=name)
        failed.append(name)
        stop.set()


def end_on_signals(stop: Stop) -> None:
    """Lets SIGTERM and SIGINT set `stop`, and do nothing else."""

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


@contextmanager
def _metrics(host: str, port: int | None, stop: Stop) -> Iterator[None]:
    """Offers the metrics until `stop` is set, or the block ends."""
    if port is None:
        yield
        return
    with ExitStack() as opened:
        try:
            listener = opened.enter_context(listening(host, port))
        except PortTakenError:
            hint = "choose another port with --metrics-port"
            raise PortTakenError(f"The metrics cannot be offered on {host}:{port}: {hint}.") from None
        options = {"lifespan": False, "limits": METRICS_LIMITS}
        thread = threading.Thread(target=serve, args=(_answer_metrics, listener, stop), kwargs=options, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


async def _answer_metrics(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})(scope, receive, send)

"""The API's surroundings in tests, for fixtures of any scope: the log, the read models, and the threads that keep them up to date."""

import asyncio
import io
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final

import pytest
import structlog

from cli.processes.logs import write_json_bytes
from projections import catalogue
from projections.engine import positions
from projections.engine.runner import Runner
from projections.reading.asking import Asking
from projections.reading.questions import Answered, Question
from projections.reading.read_models import ReadModels
from projections.reading.view import View
from store.application import Dossier
from store.stopping import Stop

CAUGHT_UP_WITHIN_S: Final = 20.0
STOPPED_S: Final = 2.0


@contextmanager
def logging_to_memory() -> Iterator[io.BytesIO]:
    """What is logged meanwhile, as JSON lines."""
    lines = io.BytesIO()
    write_json_bytes("api", "demo", lines)
    structlog.configure(cache_logger_on_first_use=False)
    yield lines
    structlog.reset_defaults()


@contextmanager
def reading(dossier: Dossier) -> Iterator[ReadModels]:
    """The read models, listened to."""
    reads = ReadModels(dossier, catalogue.projections(dossier))
    reads.start()
    yield reads
    reads.close()


def caught_up(dossier: Dossier, *names: str, within_s: float = CAUGHT_UP_WITHIN_S) -> bool:
    """Waits, bounded, until these read models, else all, have what was recorded before; gives whether they have. One that has stopped may
    start again, but is not waited for as long."""
    names = names or tuple(projection.name for projection in catalogue.classes())
    begun, end = time.monotonic(), dossier.log_of_facts.max_notification_id() or 0
    with dossier.database.connection() as connection:
        while True:
            places = [positions.place(connection, name) for name in names]
            if all(place.position >= end for place in places):
                return True
            patience_s = min(within_s, STOPPED_S) if any(place.stopped for place in places) else within_s
            if time.monotonic() > begun + patience_s:
                return False
            time.sleep(0.005)


class Runners:
    """Keeps read models up to date, each by a thread of its own."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._stop = Stop()
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}

    def start(self, names: Sequence[str]) -> set[str]:
        """Starts those of these read models that have not been started, and gives their names."""
        with self._lock:
            missing = set(names) - self._threads.keys()
            for projection in catalogue.projections(self._dossier) if missing else ():
                if projection.name in missing:
                    runner = Runner(self._dossier, projection)
                    thread = self._threads[projection.name] = threading.Thread(target=runner.run, args=(self._stop,))
                    thread.start()
        return missing

    def end(self) -> None:
        """Ends all."""
        self._stop.set()
        for thread in self._threads.values():
            thread.join(10)


@contextmanager
def folding(dossier: Dossier) -> Iterator[None]:
    """Every read model kept up to date."""
    runners = Runners(dossier)
    runners.start([projection.name for projection in catalogue.projections(dossier)])
    yield
    runners.end()


@contextmanager
def folding_what_is_read(dossier: Dossier) -> Iterator[None]:
    """Each read model kept up to date from when it is read first, which waits for it: a test reads few, and each costs two connections."""
    runners = Runners(dossier)
    view, ask = ReadModels.view, Asking.ask

    def follow(names: Sequence[str]) -> None:
        for name in runners.start(names):
            with suppress(Exception):  # the read itself tells what is wrong
                caught_up(dossier, name)

    def viewed(models: ReadModels, *names: str, **point: Any) -> AbstractContextManager[View]:
        follow(names)
        return view(models, *names, **point)

    async def asked(asking: Asking, question: Question[Any], *point: Any) -> Answered[Any]:
        await asyncio.to_thread(follow, question.names)
        return await ask(asking, question, *point)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReadModels, "view", viewed)
        patch.setattr(Asking, "ask", asked)
        yield
    runners.end()

"""The API's surroundings in tests, for fixtures of any scope: the log, the read models, and the threads that keep them up to date."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from cli.processes.logs import write_json_bytes
from projections import catalogue
from projections.engine.runner import Runner
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.stopping import Stop


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


@contextmanager
def folding(dossier: Dossier) -> Iterator[None]:
    """Every read model kept up to date, each by a thread of its own."""
    stop = Stop()
    threads = [
        threading.Thread(target=Runner(dossier, projection).run, args=(stop,))
        for projection in catalogue.projections(dossier)
    ]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join(10)

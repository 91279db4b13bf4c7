"""`dossier work`: long work, one process at it."""

from cli.process import running
from cli.settings import Settings
from cli.wiring import open_reads
from jobs.worker import Worker


def work(settings: Settings, *, metrics_port: int | None) -> None:
    """Works until it is told to stop."""
    with running("work", settings, metrics_port) as stop, open_reads(settings) as (dossier, reads):
        Worker(dossier, reads).run(stop)

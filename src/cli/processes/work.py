"""`dossier work`: long work. One process at a time runs propagations; a contact file is read by the process that holds its lock."""

from datetime import timedelta
from functools import partial

from cli.processes.process import run_threads, running
from cli.settings import Settings
from cli.wiring import open_reads
from jobs.forgetting import KeyForgetter
from jobs.propagation.worker import PropagationWorker
from jobs.signing import HeadSigner
from jobs.upload.worker import UploadWorker
from projections.health.judgement import TASKS
from store.heartbeats import Progress, beating


def work(settings: Settings, *, metrics_port: int | None) -> None:
    """Works until it is told to stop."""
    progress = {name: Progress() for name in TASKS["work"]}
    with (
        running("work", settings, metrics_port) as stop,
        open_reads(settings) as (dossier, reads),
        beating(dossier.database, "work", progress),
    ):
        reads.start()
        kept_for = timedelta(days=settings.keep_keys_days)
        tasks = {
            "propagations": PropagationWorker(dossier, reads, progress=progress["propagations"]).run,
            "uploads": UploadWorker(dossier, progress=progress["uploads"]).run,
            "heads of the log": HeadSigner(dossier.notary, progress["heads of the log"]).run,
            "idempotency keys": KeyForgetter(dossier.database, kept_for, progress["idempotency keys"]).run,
        }
        run_threads({name: partial(task, stop) for name, task in tasks.items()}, stop)

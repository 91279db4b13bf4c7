"""Simulates the heartbeats of running processes in tests."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from projections.catalogue import classes
from projections.health.judgement import TASKS
from store.database import Database
from store.heartbeats import Progress, beating, tasks

LONG_S = 3_600.0
EVERYTHING = {
    "project": tuple(projection.name for projection in classes()),
    "work": TASKS["work"],
}


@contextmanager
def running(database: Database, processes: dict[str, tuple[str, ...]] | None = None) -> Iterator[dict[str, Progress]]:
    """Lets these tasks beat, all that every installation has where none are given; gives the progress of each by name."""
    wanted = EVERYTHING if processes is None else processes
    progress = {task: Progress() for names in wanted.values() for task in names}
    for one in progress.values():
        one.mark(patience_s=LONG_S)
    with ExitStack() as hearts:
        for process, names in wanted.items():
            hearts.enter_context(beating(database, process, {name: progress[name] for name in names}))
        while True:
            with database.connection() as connection:
                if {task.task for task in tasks(connection) if task.runs} >= progress.keys():
                    break
        yield progress

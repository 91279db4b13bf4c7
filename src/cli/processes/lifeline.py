"""The lifeline between a process and its children: a child ends when its parent is gone, however that came about.

A pipe stays open for as long as the parent lives, and its end is what the child waits for. For the children of `dossier up` it is
their stdin; for the workers of `dossier serve` it is a pipe of `multiprocessing`.
"""

import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import parent_process
from typing import Final

SUPERVISED: Final = "DOSSIER_SUPERVISED"
"""Set in the environment of children of `dossier up`: their stdin is the pipe."""
_STDIN: Final = 0


def end_with_supervisor() -> None:
    """Sends SIGTERM to this process when its supervisor is gone. Does nothing in a process without one."""
    if os.environ.get(SUPERVISED):
        _end_after(_read_to_the_end)


def end_with_parent() -> None:
    """Sends SIGTERM to this process when the process that spawned it is gone. Does nothing in a process that was not spawned."""
    parent = parent_process()
    if parent is not None:
        _end_after(parent.join)


def _end_after(wait: Callable[[], object]) -> None:
    """Waits in a thread of its own, and ends this process then."""

    def watch() -> None:
        wait()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _read_to_the_end() -> None:
    while os.read(_STDIN, 1):
        continue

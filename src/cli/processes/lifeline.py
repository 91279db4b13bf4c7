"""The lifeline between `dossier up` and its children: a child ends when its supervisor is gone, however that came about.

The supervisor holds a pipe open to the stdin of each child for as long as it lives. A child reads from it, and what it reads is the end.
"""

import os
import signal
import threading
from typing import Final

SUPERVISED: Final = "DOSSIER_SUPERVISED"
"""Set in the environment of children: their stdin is the pipe."""
_STDIN: Final = 0


def end_with_supervisor() -> None:
    """Watches the lifeline in a thread of its own and sends SIGTERM to this process at its end. Does nothing in a process without one."""
    if os.environ.get(SUPERVISED):
        threading.Thread(target=_watch, name="supervisor-watch", daemon=True).start()


def _watch() -> None:
    while os.read(_STDIN, 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)

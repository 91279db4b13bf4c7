"""How far long work is: a line now and then, on standard error."""

import time
from typing import Final

from rich.console import Console

EVERY_S: Final = 5.0
CONSOLE: Final = Console(stderr=True)


class Progress:
    """The progress of one piece of work that has `total` steps."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._began = self._shown = time.monotonic()

    def show(self, done: int) -> None:
        """Prints how far it is, unless that was printed a moment ago."""
        now = time.monotonic()
        if now - self._shown >= EVERY_S:
            self._shown = now
            percent = 100 * done // max(self._total, 1)
            CONSOLE.print(f"  {self._what}: {done:,} of {self._total:,} ({percent} %), {now - self._began:.0f} s")


def say(line: str) -> None:
    """Prints a line."""
    CONSOLE.print(line)

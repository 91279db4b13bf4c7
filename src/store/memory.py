"""Aggregates remembered between commands, so that a command need not read what it, or the one before it, has just stored.

A remembered aggregate may be behind the log when another process wrote: that is found when the command's facts are stored, under
the append lock, and the command is decided again on the log. What is remembered is never handed out itself, only copies, so
threads cannot see each other's half-made changes. It is forgotten `REMEMBERED_S` after it was read, like the keys of the personal values
in it.
"""

import threading
import time
from collections import OrderedDict
from typing import Final
from uuid import UUID

from aggregates.aggregate import Aggregate
from store.keys import REMEMBERED_S

MOST_REMEMBERED: Final = 10_000


class Memory:
    """The aggregates that were used last. Safe to share between threads."""

    def __init__(self) -> None:
        self._aggregates: OrderedDict[UUID, tuple[float, Aggregate]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, aggregate_id: UUID) -> Aggregate | None:
        """A copy of the aggregate as it was last seen here, `None` when that is too long ago."""
        with self._lock:
            remembered = self._aggregates.get(aggregate_id)
            if remembered is None or remembered[0] < time.monotonic():
                return None
            self._aggregates.move_to_end(aggregate_id)
        return remembered[1].copy()

    def remember(self, aggregate: Aggregate, *, read: bool) -> None:
        """Keeps a copy, unless a later version is known. `read`: it was read from the log just now; else its time is not extended."""
        copied, until = aggregate.copy(), time.monotonic() + REMEMBERED_S
        with self._lock:
            remembered = self._aggregates.get(copied.id)
            if remembered is not None and remembered[0] >= time.monotonic():
                if remembered[1].version > copied.version:
                    return
                until = until if read else remembered[0]
            self._aggregates[copied.id] = until, copied
            self._aggregates.move_to_end(copied.id)
            while len(self._aggregates) > MOST_REMEMBERED:
                self._aggregates.popitem(last=False)

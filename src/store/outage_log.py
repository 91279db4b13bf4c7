"""Outages in the log of a process: one line when a server goes away and one when it is back, whatever number of loops wait for it.

Loops tell every failed try here; connections that were made tell that the server is back.
"""

import logging
import threading
import time
from typing import Final

from store.outages import AWAY, STARTING, TOO_MANY_CONNECTIONS, described, reason

_UNREACHABLE: Final = frozenset({AWAY, STARTING, TOO_MANY_CONNECTIONS})
"""Reasons that end when a connection can be made."""

_log = logging.getLogger(__name__)


class Outage:
    """The presence of one server, as a process has noticed it. Safe to share between threads."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._began_at: float | None = None
        self._kind = ""

    def began(self, words: str, kind: str = "") -> None:
        """The server is away: logged once, and once more when it is of another kind."""
        with self._lock:
            if self._began_at is not None and kind == self._kind:
                return
            self._began_at = self._began_at or time.monotonic()
            self._kind = kind
        _log.warning("server.away", extra={"server": self._server, "reason": " ".join(words.split())})

    def over(self) -> None:
        """The server is there: logged when it was away."""
        if self._began_at is None:
            return
        with self._lock:
            began_at, self._began_at = self._began_at, None
        if began_at is not None:
            after_s = round(time.monotonic() - began_at, 1)
            _log.info("server.back", extra={"server": self._server, "after_s": after_s})


POSTGRESQL: Final = Outage("PostgreSQL")
"""The database of this process."""


def tell_waiting(error: BaseException, waiting: str) -> None:
    """Logs that `waiting` waits for the database: once for all where it cannot be reached, each by itself where it refuses."""
    if reason(error) in _UNREACHABLE:
        POSTGRESQL.began(described(error))
    else:
        _log.warning("database.refuses", extra={"waiting": waiting, "reason": reason(error)})

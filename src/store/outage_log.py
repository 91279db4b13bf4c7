"""Outages in the log of a process: one line when a server goes away and one when it is back, whatever number of loops wait for it.

Loops tell every failed try here; connections that were made tell that the server is back. A loop may tell its failure when another one
has already been let in: a try that began before that says nothing new.
"""

import logging
import threading
import time
from typing import Final

from store.outages import AWAY, STARTING, TOO_MANY_CONNECTIONS, UnreachableError, described, reason

_UNREACHABLE: Final = frozenset({AWAY, STARTING, TOO_MANY_CONNECTIONS})
"""Reasons that end when a connection can be made."""

_log = logging.getLogger(__name__)


class Outage:
    """The presence of one server, as a process has noticed it. Safe to share between threads."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._began_at: float | None = None
        self._reached_at = 0.0
        self._kind = ""

    def began(self, reason: str, kind: str = "", tried_at: float | None = None) -> None:
        """The server is away: logged once, and once more when it is of another kind. `tried_at` is when the try that failed began, by
        `time.monotonic`; it is not logged when the server has been reached since."""
        with self._lock:
            if tried_at is not None and tried_at < self._reached_at:
                return
            if self._began_at is not None and kind == self._kind:
                return
            self._began_at = self._began_at or time.monotonic()
            self._kind = kind
        _log.warning("server.away", extra={"server": self._server, "reason": " ".join(reason.split())})

    def over(self) -> None:
        """The server is there: logged when it was away."""
        with self._lock:
            self._reached_at = time.monotonic()
            began_at, self._began_at = self._began_at, None
        if began_at is not None:
            after_s = round(time.monotonic() - began_at, 1)
            _log.info("server.back", extra={"server": self._server, "after_s": after_s})


POSTGRESQL: Final = Outage("PostgreSQL")
"""The database of this process."""


def tell_waiting(error: BaseException, waiting: str) -> None:
    """Logs that `waiting` waits for the database: once for all where it cannot be reached, each by itself where it refuses."""
    if reason(error) in _UNREACHABLE:
        POSTGRESQL.began(described(error), tried_at=error.tried_at if isinstance(error, UnreachableError) else None)
    else:
        _log.warning("database.refuses", extra={"waiting": waiting, "reason": reason(error)})

"""The loggers of the API. The access log says who called, what, how it ended and how long it took.

Never in a log: a body, a path with its values, a query, a name, a token. The composition root (`cli`) sets logging up.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog

ACCESS: Final = structlog.get_logger("dossier.access")
FAULTS: Final = structlog.get_logger("dossier.faults")
REQUEST: Final = "request"
"""The event of a line about a request."""
LAG_S: Final = 0.05
"""The longest time that a line waits for others, to be written with them."""
MOST_LINES: Final = 200
"""Lines that are written at once."""


@dataclass(slots=True)
class RequestLine:
    """A line about a request that was answered, or whose client has gone. `at` is in seconds since 1970."""

    correlation_id: UUID
    actor: str | None
    method: str
    route: str
    status: int
    seconds: float
    client_gone: bool = False
    at: float = field(default_factory=time.time)

    def members(self) -> dict[str, Any]:
        """Returns what the line says, by name."""
        return {
            "correlation_id": self.correlation_id,
            "actor": self.actor,
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "ms": round(self.seconds * 1000, 2),
            **({"client_gone": True} if self.client_gone else {}),
        }


def log_each(lines: Sequence[RequestLine]) -> None:
    """Logs the lines one by one, in whatever form logs have."""
    for line in lines:
        ACCESS.info(REQUEST, **{**line.members(), "correlation_id": str(line.correlation_id)})


class AccessLog:
    """Writes the lines about requests in batches, so that answers do not wait for them. Used in the event loop.

    A line is written after `LAG_S` at the latest; once the log is closed, at once.
    """

    def __init__(self, write: Callable[[Sequence[RequestLine]], None]) -> None:
        self._write = write
        self._lines: list[RequestLine] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        """The loop in which the lines will be written."""
        self._is_closed = False

    def add(self, line: RequestLine) -> None:
        """Takes a line."""
        self._lines.append(line)
        loop = asyncio.get_running_loop()
        if self._is_closed or len(self._lines) >= MOST_LINES:
            self.flush()
        elif self._loop is not loop:
            self._loop = loop
            loop.call_later(LAG_S, self.flush)

    def flush(self) -> None:
        """Writes what has come."""
        self._loop = None
        lines, self._lines = self._lines, []
        if lines:
            self._write(lines)

    def close(self) -> None:
        """Writes what has come, and whatever comes from now on at once."""
        self._is_closed = True
        self.flush()

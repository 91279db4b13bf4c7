"""The state of the installation for pages that follow it: read once a second, however many pages follow, and only while one does.

The messages of the last `KEPT` readings are kept, so that a page that connects again gets what it missed, as far as this process read it.
The id of a message is the instant of its reading in milliseconds, so that ids of several processes are in order.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from eventsourcing.persistence import OperationalError

from api.background.health import HealthCheck, Report
from api.http.logs import FAULTS
from projections.health.operations import operations

EVERY_S: Final = 1.0
"""Seconds between two readings."""
KEPT: Final = 300
"""Messages: five minutes."""


class OperationsWatch:
    """The readings of one application. Used in the event loop."""

    def __init__(self, health: HealthCheck) -> None:
        self._health = health
        self._followers: set[asyncio.Event] = set()
        self._messages: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._reading: asyncio.Task[None] | None = None
        self._lost = False

    @property
    def newest(self) -> int:
        """The id of the newest message, 0 where there is none."""
        return self._messages[-1][0] if self._messages else 0

    @contextmanager
    def follower(self) -> Iterator[asyncio.Event]:
        """Yields an event that is set whenever there is a new reading."""
        read = asyncio.Event()
        self._followers.add(read)
        if self._reading is None:
            self._lost = False
            self._reading = asyncio.create_task(self._read_on())
        try:
            yield read
        finally:
            self._followers.discard(read)
            if not self._followers and self._reading is not None:
                self._reading.cancel()
                self._reading = None

    def after(self, last: int) -> list[tuple[int, bytes]]:
        """Returns the ids and messages after an id. Raises `OperationalError` where the last reading failed."""
        if self._lost:
            raise OperationalError("The state of the installation cannot be read.")
        return [(id_, message) for id_, message in self._messages if id_ > last]

    async def _read_on(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            next_at = clock() + EVERY_S
            report = await self._health.report_with_traffic()
            try:
                self._lost = not self._keep(report)
            except Exception as error:  # noqa: BLE001  (the pages must learn that there are no more readings)
                self._lost = True
                FAULTS.error("operations not told", exc_info=error)
            for read in self._followers:
                read.set()
            await asyncio.sleep(next_at - clock())

    def _keep(self, report: Report) -> bool:
        """Keeps the message of a reading. Returns whether there is one."""
        vitals = report.health.vitals
        if vitals is None:
            return False
        id_ = max(int(report.at.timestamp() * 1_000), self.newest + 1)
        data = operations(report.health, vitals, report.warnings, report.at).model_dump_json()
        self._messages.append((id_, f"id: {id_}\nevent: operations\ndata: {data}\n\n".encode()))
        return True

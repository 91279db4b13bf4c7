"""Waiting holds no thread: reads that are ahead of a read model wait in the event loop, and queries have threads of their own.

Used by `queries`, which asks a query again once its read models have come far enough. The threads of queries are fewer than there
are pooled connections: however many reads wait or are slow, a write finds a thread and a connection.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from projections.reading.read_models import ReadModels
from projections.reading.view import BehindError

EVERY_S: Final = 0.01
"""Seconds between two looks at who need not wait any more: read models move often while many wait."""
RELEASED_AT_ONCE: Final = 8
"""How many go on at one look. Hundreds at once would keep the event loop, and whoever asks meanwhile, for a quarter of a second."""

T = TypeVar("T")


class CrowdError(BehindError):
    """As many reads wait already as may."""


class QueryThreads:
    """The threads in which queries run; a query that finds none free waits for one in the event loop."""

    def __init__(self, threads: int) -> None:
        self._limiter = CapacityLimiter(threads)

    async def run(self, query: Callable[[], T]) -> T:
        """The query's result."""
        return await anyio.to_thread.run_sync(query, limiter=self._limiter)

    async def each(self, items: Iterator[T]) -> AsyncIterator[T]:
        """The items, each made when it is asked for: whoever takes them slowly holds no thread."""
        nothing = object()
        while (item := await self.run(lambda: next(items, nothing))) is not nothing:
            yield item  # type: ignore[misc]


class Waiting:
    """Those that wait for read models. Used in the event loop; `reads` must be started, or nothing is heard of them."""

    def __init__(self, reads: ReadModels, most: int) -> None:
        self._reads = reads
        self._most = most
        self._waiting: dict[asyncio.Future[None], BehindError] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = False
        self._looked_at = 0.0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def until(self, behind: BehindError, deadline: float) -> None:
        """Waits until the read models have come as far as `behind` says, at most until `deadline` (of the loop's clock).

        Raises:
            BehindError: it is `behind`, whose read models have not come so far.
            CrowdError: too many wait.
        """
        if len(self._waiting) >= self._most:
            raise CrowdError(f"{self._most} reads wait for read models already; ask again.")
        self._loop = asyncio.get_running_loop()
        here = self._loop.create_future()
        self._waiting[here] = behind
        try:
            with self._reads.heard_by(self._ring):
                if not self._reads.reached(behind.names, behind.position):
                    async with asyncio.timeout_at(deadline):
                        await here
        except TimeoutError:
            raise behind from None
        finally:
            del self._waiting[here]

    def _ring(self) -> None:
        """Has those looked at that wait, soon. Called from any thread."""
        loop = self._loop
        if loop is not None and self._waiting and not self._rung:
            self._rung = True
            loop.call_soon_threadsafe(self._look_soon)

    def _look_soon(self) -> None:
        pause_s = self._looked_at + EVERY_S - time.monotonic()
        asyncio.get_running_loop().call_later(max(pause_s, 0.0), self._look)

    def _look(self) -> None:
        self._rung = False
        self._looked_at = time.monotonic()
        released = 0
        for here, behind in self._waiting.items():
            if here.done() or not self._reads.reached(behind.names, behind.position):
                continue
            if released == RELEASED_AT_ONCE:
                self._rung = True
                self._look_soon()
                return
            here.set_result(None)
            released += 1

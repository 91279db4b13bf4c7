"""Waiting reads hold no thread: they wait in the event loop for read models to catch up, and queries have threads of their own.

Used by `queries`, which runs a query again once its read models have caught up. There are fewer threads for queries than pooled
connections, so however many reads wait or are slow, a write finds a thread and a connection.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Final, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from projections.reading.read_models import ReadModels
from projections.reading.view import BehindError
from store.log import UnsettledError

WAIT_S: Final = 2.0
"""The longest time that a read waits."""
UNSETTLED_S: Final = 0.05
"""Seconds until a query that met an append under way is run again."""
EVERY_S: Final = 0.01
"""Seconds between two checks of who can go on: read models move often while many wait."""
RELEASED_AT_ONCE: Final = 8
"""Reads that go on after one check. Hundreds at once would block the event loop for a quarter of a second."""

T = TypeVar("T")


class TooManyWaitingError(BehindError):
    """The number of waiting reads has reached its limit."""


class QueryThreads:
    """The threads in which queries run; a query that finds none free waits in the event loop."""

    def __init__(self, threads: int) -> None:
        self._limiter = CapacityLimiter(threads)

    async def run(self, query: Callable[[], T]) -> T:
        """Returns the query's result."""
        return await anyio.to_thread.run_sync(query, limiter=self._limiter)

    async def each(self, items: Iterator[T]) -> AsyncIterator[T]:
        """Yields the items, each made on demand, so that a slow consumer holds no thread."""
        end = object()
        while (item := await self.run(lambda: next(items, end))) is not end:
            yield item  # type: ignore[misc]


class Waiting:
    """The reads that wait for read models. Used in the event loop; `reads` must be started, or it signals nothing."""

    def __init__(self, reads: ReadModels, most: int) -> None:
        self._reads = reads
        self._most = most
        self._waiting: dict[asyncio.Future[None], BehindError] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._checked_at = 0.0

    def __len__(self) -> int:
        """Returns the number of waiting reads."""
        return len(self._waiting)

    async def until_caught_up(self, query: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Returns the answer of a query once its read models have caught up. Raises what it raises after `WAIT_S`."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + WAIT_S
        while True:
            try:
                return await query()
            except UnsettledError:
                if clock() + UNSETTLED_S > deadline:
                    raise
                await asyncio.sleep(UNSETTLED_S)
            except BehindError as behind:
                if not behind.names or clock() >= deadline:
                    raise
                await self.until(behind, deadline)

    async def until(self, behind: BehindError, deadline: float) -> None:
        """Waits until the read models have reached the position of `behind`, at most until `deadline` (of the loop's clock).

        Raises:
            BehindError: `behind` itself, when they have not.
            TooManyWaitingError: the number of waiting reads has reached its limit.
        """
        if len(self._waiting) >= self._most:
            raise TooManyWaitingError(f"{self._most} reads wait for read models already; try again.")
        self._loop = asyncio.get_running_loop()
        arrived = self._loop.create_future()
        self._waiting[arrived] = behind
        try:
            with self._reads.heard_by(self._moved):
                if not self._reads.reached(behind.names, behind.position):
                    async with asyncio.timeout_at(deadline):
                        await arrived
        except TimeoutError:
            if not self._reads.reached(behind.names, behind.position):  # else its turn to be released had not come
                raise behind from None
        finally:
            del self._waiting[arrived]

    def _moved(self) -> None:
        """Schedules a check of the waiting reads. Called from any thread."""
        loop = self._loop
        if loop is not None and self._waiting and not self._scheduled:
            self._scheduled = True
            loop.call_soon_threadsafe(self._check_soon)

    def _check_soon(self) -> None:
        pause_s = self._checked_at + EVERY_S - time.monotonic()
        asyncio.get_running_loop().call_later(max(pause_s, 0.0), self._check)

    def _check(self) -> None:
        self._scheduled = False
        self._checked_at = time.monotonic()
        released = 0
        for arrived, behind in self._waiting.items():
            if arrived.done() or not self._reads.reached(behind.names, behind.position):
                continue
            if released == RELEASED_AT_ONCE:
                self._scheduled = True
                self._check_soon()
                return
            arrived.set_result(None)
            released += 1

"""One writer a process: it takes the commands that have come, decides them together, and stores them in one transaction.

A turn runs the use cases in order on the aggregates in memory; a later command sees what an earlier one has recorded. What is not in
memory is read for all of them in one query, and the use cases that asked for it are run again. What they recorded is stored by one
call. Each command is refused on its own: one that was decided on something that is no longer so is decided again in a turn that takes
the append lock before it reads, and so loses to no other process again.

The turns run on the event loop that the writer is attached to, else on one in a thread of its own.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any, Final, TypeVar

from eventsourcing.persistence import IntegrityError, OperationalError

from aggregates.errors import DomainError
from aggregates.use_case import MOST_ATTEMPTS, BusyError, ClaimTakenError, Outcome, Request
from store import idempotency
from store.append import Append
from store.command import Command, Waiting
from store.committer import Committer, OutcomeUnknownError, refusal
from store.database import Database
from store.mapper import FactMapper
from store.memory import KnownSetup, Memory, MissingError

MOST_COMMANDS: Final = 256
MOST_EVENTS: Final = 8_000
MOST_WAITING: Final = 10_000
WAIT_S: Final = 30.0
R = TypeVar("R")


class Writer:
    """The writer of a process. Safe to share between threads."""

    def __init__(self, database: Database, mapper: FactMapper, setup: KnownSetup) -> None:
        self._mapper = mapper
        self._committer = Committer(database)
        self._memory = Memory(mapper, setup)
        self._queue: deque[Waiting] = deque()
        self._leaving = threading.Lock()
        self._moving = threading.Lock()
        """Held while the loop is chosen, or what comes from another thread is handed to it."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._turns: asyncio.Task[None] | None = None
        self._is_woken = False

    def decide(self, request: Request, use_case: Callable[[Any], Outcome]) -> Outcome:
        """Runs a use case until it is stored or refused, and returns its outcome. Raises what it raises, and see `put`."""
        future: Future[Outcome] = Future()
        self._hand_over(Command(self._memory, self._mapper, request, use_case, future))
        return _result_of(future)

    def put(self, append: Append) -> Append:
        """Stores an append, decided on elsewhere, and returns it. Raises `append.error`: see `Committer.store`."""
        future: Future[Append] = Future()
        self._hand_over(Waiting(future, append))
        return _result_of(future)

    async def submit(self, request: Request, use_case: Callable[[Any], Outcome]) -> Outcome:
        """`decide` without holding up the event loop."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            return await asyncio.to_thread(self.decide, request, use_case)
        future: asyncio.Future[Outcome] = loop.create_future()
        self._enqueue(Command(self._memory, self._mapper, request, use_case, future), loop.call_soon)
        return await future

    async def attach(self) -> None:
        """Works on the running event loop from now on, unless it works on that of another application."""
        while self._loop is None or self._thread is not None:
            await asyncio.to_thread(self._leave_thread)
            with self._moving:
                self._loop = self._loop or asyncio.get_running_loop()

    async def detach(self) -> None:
        """Finishes what has come, and works on this event loop no more."""
        while self._loop is asyncio.get_running_loop():
            await (self._turns or asyncio.sleep(0))
            with self._moving:
                if not self._queue and self._turns is None:
                    self._loop = self._thread = None

    def close(self) -> None:
        """Stores what is waiting and closes the connection."""
        self._leave_thread()
        self._committer.close()

    def _leave_thread(self) -> None:
        """Finishes what has come, and ends the thread of its own, if there is one."""
        with self._leaving:
            with self._moving:
                thread, loop = self._thread, self._loop
            if thread is not None and loop is not None:
                asyncio.run_coroutine_threadsafe(self.detach(), loop).result()
                loop.call_soon_threadsafe(loop.stop)
                thread.join()
                loop.close()

    def _hand_over(self, waiting: Waiting) -> None:
        with self._moving:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="dossier-writer", daemon=True)
                self._thread.start()
            elif self._loop is asyncio._get_running_loop():
                raise RuntimeError("The event loop of the writer would wait for itself: use submit.")
            self._enqueue(waiting, self._loop.call_soon_threadsafe)

    def _enqueue(self, waiting: Waiting, call: Callable[[Callable[[], None]], Any]) -> None:
        """Has it stored in the next turn, with all that comes in the same round of the loop."""
        if len(self._queue) > MOST_WAITING:
            raise OperationalError("Too many changes are waiting to be stored.")
        self._queue.append(waiting)
        if not self._is_woken:
            self._is_woken = True
            call(self._wake)

    def _wake(self) -> None:
        self._is_woken = False
        if self._turns is None and self._queue:
            self._turns = asyncio.ensure_future(self._serve())

    async def _serve(self) -> None:
        """Does turns until nothing is left."""
        while self._queue:
            await self._attempt(self._take())
        self._turns = None

    def _take(self) -> list[Waiting]:
        """Returns what the next turn is about: what others were faster with, if any, else what came first."""
        batch: list[Waiting] = []
        events, is_lost = 0, self._queue[0].is_lost
        while self._queue and len(batch) < MOST_COMMANDS and events < MOST_EVENTS and self._queue[0].is_lost == is_lost:
            batch.append(self._queue.popleft())
            events += max(batch[-1].events, 1)
        return batch

    async def _attempt(self, batch: Sequence[Waiting]) -> None:
        """Does a turn; where something cannot be read, one for each command, so that no command fails by what another needs."""
        try:
            await self._decide_and_store(batch)
        except Exception as error:  # noqa: BLE001  (the writer outlives any fault; those who wait get it)
            self._memory.clear()
            reason = refusal(error)
            for waiting in batch:
                if len(batch) == 1 or isinstance(reason, OperationalError):
                    waiting.resolve(None, reason)
                else:
                    await self._attempt([waiting])
        else:
            undecided = [waiting for waiting in batch if not await self._settle(waiting, is_first=waiting is batch[0])]
            self._queue.extendleft(reversed(undecided))

    async def _decide_and_store(self, batch: Sequence[Waiting]) -> None:
        """Decides on a batch and stores what was decided; under the lock, and on what is read there, where others were faster before."""
        self._memory.begin(await self._committer.erased())
        is_lost, appends = batch[0].is_lost, []
        for waiting in batch if is_lost else ():
            self._memory.forget(waiting.ids)
        try:
            async with self._committer.locked() if is_lost else nullcontext():
                await self._decide([waiting for waiting in batch if isinstance(waiting, Command)])
                appends = [waiting.append for waiting in batch if waiting.append is not None]
                if appends:
                    await self._committer.store(appends)
        except Exception as error:
            if not appends:
                raise
            await self._committer.settle_failure(appends, error)
        self._memory.shrink()

    async def _decide(self, commands: Sequence[Command]) -> None:
        """Runs the use cases, and reads what they ask for until nothing is missing."""
        while commands:
            missing: list[MissingError] = []
            commands = [command for command in commands if not _is_decided(command, missing)]
            ids = {id_ for error in missing for id_ in error.ids}
            queries = {error.query for error in missing if error.query is not None}
            if ids or len(missing) > len(queries):
                since = self._memory.setup.now
                await self._memory.fill(ids, since, await self._committer.load(ids, since.position))
            for query in queries:
                self._memory.fill_rows(query, await self._committer.read(*query))

    async def _settle(self, waiting: Waiting, *, is_first: bool) -> bool:
        """Tells whoever waits what became of it, or returns false: it is to be decided again.

        Only the first of a turn rests on no other one of it, so only that one cannot be decided however often it is tried.
        """
        append, error = waiting.append, waiting.error
        if append is not None:
            error = append.error
            self._take_note(append, waiting)
        if not isinstance(waiting, Command) or not isinstance(error, IntegrityError | DomainError | None):
            waiting.resolve(append, error)
        elif error is not None and (earlier := await self._earlier(waiting.request)) is not None:
            waiting.resolve(*earlier)
        elif append is None and isinstance(error, DomainError | ClaimTakenError):
            waiting.resolve(None, error)
        elif error is None and waiting.outcome is not None:
            waiting.resolve(waiting.stored())
        else:
            waiting.is_lost = waiting.is_lost or error is not None
            waiting.attempts += error is not None and is_first
            if waiting.attempts < MOST_ATTEMPTS:
                return False
            waiting.resolve(
                None, BusyError("Others are changing this at the same moment. Nothing was stored; try again.")
            )
        return True

    async def _earlier(self, request: Request) -> tuple[Outcome | None, Exception | None] | None:
        """Returns the outcome that the request's idempotency key had before, or why it cannot be told; `None` where it had none."""
        key = request.idempotency
        if key is None:
            return None
        try:
            rows = await self._committer.read(idempotency.OUTCOME, [key.actor, key.key])
        except Exception as error:  # noqa: BLE001  (whoever waits gets it)
            return None, refusal(error)
        return idempotency.outcome_of(key, rows[0]) if rows else None

    def _take_note(self, append: Append, waiting: Waiting) -> None:
        """Has the memory follow what became of an append."""
        if append.error is None:
            for event in append.events:
                if event.new_key is not None:
                    self._memory.keep_key(event.uuid)
        if append.error is not None or not isinstance(waiting, Command):
            self._memory.forget(waiting.ids)


def _is_decided(command: Command, missing: list[MissingError]) -> bool:
    """Runs a use case. Returns false where something is missing, and adds it to the list."""
    try:
        command.run()
    except MissingError as error:
        missing.append(error)
        return False
    return True


def _result_of(future: Future[R]) -> R:
    try:
        return future.result(WAIT_S)
    except TimeoutError:
        raise OutcomeUnknownError(f"No answer from the log within {WAIT_S:.0f} s.") from None

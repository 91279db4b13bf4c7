"""Questions that are answered on the event loop, all those of a moment by one statement, in one round trip and without a thread.

Each question has a connection of its own: what comes while a statement runs is asked by the next one, and a question whose tables are
locked holds up no other. An answer keeps what `ReadModels.view` promises: the statement holds the tables before it takes its snapshot, and
says itself how far the read models in it are. The set-up is read once and kept while the log has no later event of it.
"""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

import orjson
import psycopg

from aggregates.clocks import Clocks
from projections.reading.places import Reached, not_installed
from projections.reading.questions import OWN_COLUMNS, Answered, Question, S, Setup, Values
from projections.reading.read_models import ReadModels
from projections.reading.view import Seen
from store.application import Dossier
from store.database import Row
from store.outages import is_outage
from store.prepared import Prepared

MOST_AT_ONCE: Final = 128
"""Things that one statement is asked about."""
MOST_SETUPS: Final = 64
"""States of the set-up that are kept for a question, each of a time between two changes."""
_GENERATIONS: Final = "SELECT name, generation FROM projections WHERE name = ANY(%s)"

InThread = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a statement gave of one thing."""

    there: Reached
    setup_position: int | None
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class _KnownSetup:
    """What was read of the set-up, by the number of changes before it, when the read models were at `position`."""

    generations: dict[str, int]
    position: int
    changes: Sequence[datetime]
    states: dict[int, Any]

    def place(self, known_at: datetime | None) -> int:
        """Returns the number of changes until an instant, until now where there is none."""
        return len(self.changes) if known_at is None else bisect_right(self.changes, known_at)

    def is_as_new_as(self, answer: _Rows | None) -> bool:
        """Returns whether it was read from the same tables as an answer, when they had as much of the set-up."""
        if answer is None:
            return True
        return self.generations == answer.there.generations and self.position >= (answer.setup_position or 0)


class _Lane:
    """A question and those who wait for its answer."""

    def __init__(self, dossier: Dossier, question: Question[Any], reads: ReadModels) -> None:
        self._question = question
        self._reads = reads
        self._statement = Prepared(dossier.database, question.of_many)
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[dict[str, Any], asyncio.Future[_Rows]]] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._alone = 0
        """How many of those that wait are asked one by one, since together they failed."""

    def ask(self, values: dict[str, Any]) -> asyncio.Future[_Rows]:
        """Returns the rows to come. What is asked in one turn of the loop is asked together."""
        answer: asyncio.Future[_Rows] = self._loop.create_future()
        self._waiting.append((values, answer))
        if self._serving is None:
            self._serving = self._loop.create_task(self._serve())
        return answer

    def close(self) -> None:
        """Ends the connection."""
        if self._serving is not None and not self._loop.is_closed():
            self._serving.cancel()
        self._statement.close()

    async def _serve(self) -> None:
        """Asks until nobody waits. The next batch is under way while the answers to the one before are taken apart."""
        batch, answer = await self._send()
        while batch:
            try:
                outcome: list[Row] | Exception = await answer
            except Exception as error:  # noqa: BLE001  (those who wait get it)
                outcome = error
            following, next_answer = await self._send()
            self._settle(batch, outcome)
            batch, answer = (following, next_answer) if following else await self._send()
        self._serving = None

    async def _send(self) -> tuple[list[tuple[dict[str, Any], asyncio.Future[_Rows]]], asyncio.Future[list[Row]]]:
        """Sends what waits to the server."""
        count = min(len(self._waiting), 1 if self._alone else MOST_AT_ONCE)
        self._alone = max(self._alone - 1, 0)
        batch = [self._waiting.popleft() for _ in range(count)]
        if batch:
            try:
                await self._statement.connect()
            except Exception as error:  # noqa: BLE001  (those who wait get it)
                failed = self._loop.create_future()
                failed.set_exception(error)
                return batch, failed
            things = [{"nth": nth, **values} for nth, (values, _) in enumerate(batch)]
            return batch, self._statement.send([orjson.dumps(things)])
        return batch, self._loop.create_future()

    def _settle(
        self, batch: list[tuple[dict[str, Any], asyncio.Future[_Rows]]], outcome: list[Row] | Exception
    ) -> None:
        if isinstance(outcome, psycopg.Error) and not is_outage(outcome) and len(batch) > 1:
            self._waiting.extendleft(reversed(batch))
            self._alone += len(batch)
            return
        try:
            answers = self._of_each(outcome, len(batch))
        except Exception as error:  # noqa: BLE001  (those who wait get it)
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), rows in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(rows)

    def _of_each(self, outcome: list[Row] | Exception, count: int) -> list[_Rows]:
        """Returns what the rows of a batch are for each thing. Raises why there are none."""
        if isinstance(outcome, psycopg.errors.UndefinedTable):
            raise not_installed(self._question.names) from outcome
        if isinstance(outcome, Exception):
            raise outcome
        places, setup_position = outcome[0][1:3]
        there = self._reads.learn(self._question.names, [_place(row) for row in orjson.loads(places or b"[]")])
        answers: list[list[Row]] = [[] for _ in range(count)]
        for row in outcome:
            if row[OWN_COLUMNS - 1]:
                answers[row[0]].append(row[OWN_COLUMNS:])
        return [_Rows(there, setup_position, rows) for rows in answers]


class Asking:
    """Asks questions on the running event loop. `in_thread` runs what blocks; `reads` does not wait."""

    def __init__(self, dossier: Dossier, reads: ReadModels, in_thread: InThread) -> None:
        self._dossier = dossier
        self._reads = reads
        self._in_thread = in_thread
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lanes: dict[Question[Any], _Lane] = {}
        self._setups: dict[Question[Any], _KnownSetup] = {}
        self._loading: dict[Question[Any], asyncio.Lock] = {}

    async def ask(
        self, question: Question[S], values: Values, valid_at: date, known_at: datetime | None, position: int | None
    ) -> Answered[S]:
        """Returns what is answered about one thing, once the read models are at least at `position`.

        Raises what `ReadModels.view` raises; `BehindError` at once, without waiting.
        """
        known_at = known_at.replace(tzinfo=UTC) if known_at and known_at.tzinfo is None else known_at
        needed, settled = position or 0, known_at is None
        self._take_loop()
        setup = await self._setup(question, known_at)
        while True:
            needs = question.needs(setup)
            answer = await self._lane(question).ask({"valid_at": valid_at, "known_at": known_at, **values, **needs})
            there = answer.there
            settled = settled or self._reads.has_all(there, known_at)
            if settled and there.position >= needed:
                clocks = Clocks(valid_at, known_at or there.until)
                setup = await self._setup(question, clocks.known_at, answer)
                if question.needs(setup) == needs:
                    seen = Seen(self._dossier.fact_mapper.keys, self._dossier.company, clocks, there.position)
                    return Answered(seen, values, answer.rows, setup)
                known_at = clocks.known_at
            elif not settled and known_at is not None:
                needed = max(needed, await self._in_thread(partial(self._reads.settled, known_at)))
                settled = True
            else:
                raise there.behind(needed)

    def close(self) -> None:
        """Ends the connections."""
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()

    def _take_loop(self) -> None:
        """Leaves behind what belongs to an event loop that is no longer the one."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self.close()
            self._loading.clear()
            self._loop = loop

    def _lane(self, question: Question[Any]) -> _Lane:
        lane = self._lanes.get(question)
        if lane is None:
            lane = self._lanes[question] = _Lane(self._dossier, question, self._reads)
        return lane

    async def _setup(self, question: Question[S], known_at: datetime | None, answer: _Rows | None = None) -> Any:
        """Returns the set-up as known then, read from the same tables as an answer and no earlier; `None` where none is needed."""
        setup = question.setup
        if setup is None:
            return None
        known = self._setups.get(question)
        if known is not None and known.is_as_new_as(answer) and known.place(known_at) in known.states:
            return known.states[known.place(known_at)]
        async with self._loading.setdefault(question, asyncio.Lock()):
            known = self._setups.get(question)
            if known is not None and not known.is_as_new_as(answer):
                known = None
            if known is None or known.place(known_at) not in known.states:
                known, state = await self._in_thread(partial(self._read_setup, question, setup, known_at, known))
                self._setups[question] = known
                return state
            return known.states[known.place(known_at)]

    def _read_setup(
        self, question: Question[S], setup: Setup[S], known_at: datetime | None, known: _KnownSetup | None
    ) -> tuple[_KnownSetup, S]:
        """Reads the set-up, and adds it to what is known of it where nothing has changed."""
        with self._reads.view(*question.names, known_at=known_at) as view:
            state = setup.read(view)
            changes = [instant for (instant,) in view.connection.execute(setup.all_changes)]
            generations: dict[str, int] = dict(view.connection.execute(_GENERATIONS, [list(question.names)]).fetchall())
        as_before = known is not None and (known.changes, known.generations) == (changes, generations)
        if known is None or not as_before or len(known.states) >= MOST_SETUPS:
            known = _KnownSetup(generations, view.position, changes, {})
        known.states[known.place(view.known_at)] = state
        return known, state


def _place(row: Sequence[Any]) -> Row:
    """Returns a row of `PLACE` of its JSON."""
    name, position, recorded_at, stopped, error, generation, shape, topics = row
    until = None if recorded_at is None else datetime.fromisoformat(recorded_at)
    return name, position, until, stopped, error, generation, bytes.fromhex(shape), topics

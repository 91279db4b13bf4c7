"""The well-behaved clients: one saves at a steady rate, one probes `/health/live`.

Latency counts from when a request was due, not from when it could be sent, so that a stalled server is not measured less often. A save
without an acknowledgement is repeated with its key until it has one. A save that cannot be sent within `UNSENT_S` is dropped, so that the
backlog of one attack does not count against the next.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import orjson

from benchmarks.hostile.target import Target, request
from benchmarks.hostile.wire import CLOSED, SILENT, UNCONNECTED, Connection, UnconnectedError, connected

SAVES_PER_S: Final = 50
PROBES_PER_S: Final = 10
CONNECTIONS: Final = 16
"""Over which the saves go."""
ANSWERS: Final = 5
"""Responses of the one category, H0 and on."""
PROBE_S: Final = 10.0
ATTEMPT_S: Final = 30.0
PATIENCE_S: Final = 60.0
"""After which a save without an acknowledgement is given up."""
UNSENT_S: Final = 10.0
UNSENT: Final = "not sent"
UNCHANGED: Final = "nothing changed"
"""The answer where the saves in between were dropped."""
PAUSE_S: Final = 0.25
_LIVE: Final = request("GET", "/health/live", headers="Connection: close\r\n")


@dataclass(frozen=True, slots=True)
class Save:
    """A save that was due at `due`; `mark` is its reason, by which it is found in the log."""

    due: float
    number: str
    mark: str
    content: bytes


@dataclass
class Measured:
    """What the clients found: for each request when it was due and the seconds it took."""

    saves: list[tuple[float, float]] = field(default_factory=list)
    """Those that were acknowledged, and those that could not be sent in time."""
    probes: list[tuple[float, float]] = field(default_factory=list)
    marks: dict[str, list[str]] = field(default_factory=dict)
    """What was acknowledged, by customer."""
    given_up: int = 0
    save_answers: Counter[str] = field(default_factory=Counter)
    probe_answers: Counter[str] = field(default_factory=Counter)


def measure(target: Target, begins: float, ends: float) -> Measured:
    """Saves and probes from `begins` until `ends`, in seconds of `time.monotonic`."""
    return asyncio.run(_measure(target, begins, ends))


async def _measure(target: Target, begins: float, ends: float) -> Measured:
    measured = Measured()
    due: asyncio.Queue[Save] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        savers = [group.create_task(_save_in_turn(target, due, measured)) for _ in range(CONNECTIONS)]
        probing = group.create_task(_probe(target, begins, ends, group, measured))
        number = 0
        async for instant in _instants(begins, ends, SAVES_PER_S):
            due.put_nowait(_save(target, number, instant))
            number += 1
        await due.join()
        await probing
        for saver in savers:
            saver.cancel()
    return measured


async def _instants(begins: float, ends: float, per_s: int) -> AsyncIterator[float]:
    """Instants at a steady rate, each when it has come."""
    number = 0
    while (instant := begins + number / per_s) < ends:
        await asyncio.sleep(instant - time.monotonic())
        yield instant
        number += 1


def _save(target: Target, turn: int, due: float) -> Save:
    """Drawers and fields in turn; whatever is saved is new."""
    number, mark = str(turn % target.customers), f"save/{turn}"
    if turn % 2:
        body = {"fields": {"city": f"Town {turn}"}, "reason": mark}
        method, path = "PATCH", f"/v1/customers/{number}/fields"
    else:
        body = {"responses": {"1": f"H{turn // target.customers % ANSWERS}"}, "reason": mark}
        method, path = "PUT", f"/v1/customers/{number}/drawer"
    headers = f"Idempotency-Key: {uuid4()}\r\n"
    content = request(method, path, token=target.administrator, body=orjson.dumps(body), headers=headers)
    return Save(due, number, mark, content)


async def _save_in_turn(target: Target, due: asyncio.Queue[Save], measured: Measured) -> None:
    """One connection's worth of saves; it is opened again whenever it has ended."""
    save: Save | None = None
    while True:
        with suppress(UnconnectedError):
            async with connected(target.port) as connection:
                while True:
                    save = save or await _next(due, measured)
                    answer = await _attempt(connection, save)
                    measured.save_answers[answer] += 1
                    save = _after(save, answer, due, measured)
                    if answer in {CLOSED, SILENT}:
                        break
                    if save is not None:
                        await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(PAUSE_S)


async def _next(due: asyncio.Queue[Save], measured: Measured) -> Save:
    """The first save that is not due for too long."""
    while True:
        save = await due.get()
        waited = time.monotonic() - save.due
        if waited < UNSENT_S:
            return save
        measured.saves.append((save.due, waited))
        measured.save_answers[UNSENT] += 1
        due.task_done()


async def _attempt(connection: Connection, save: Save) -> str:
    connection.send(save.content)
    try:
        async with asyncio.timeout(ATTEMPT_S):
            status, body = await connection.answer()
    except TimeoutError:
        return SILENT
    except (OSError, EOFError):
        return CLOSED
    return str(status) if status != 200 or orjson.loads(body)["changed"] else UNCHANGED


def _after(save: Save, answer: str, due: asyncio.Queue[Save], measured: Measured) -> Save | None:
    """The save when it is to be repeated, else `None`."""
    took = time.monotonic() - save.due
    if answer in {"200", UNCHANGED}:
        measured.saves.append((save.due, took))
        if answer != UNCHANGED:
            measured.marks.setdefault(save.number, []).append(save.mark)
    elif took < PATIENCE_S:
        return save
    else:
        measured.given_up += 1
    due.task_done()
    return None


async def _probe(target: Target, begins: float, ends: float, group: asyncio.TaskGroup, measured: Measured) -> None:
    async for instant in _instants(begins, ends, PROBES_PER_S):
        group.create_task(_ask_whether_it_lives(target, instant, measured))


async def _ask_whether_it_lives(target: Target, due: float, measured: Measured) -> None:
    """Asks over a connection of its own, as an orchestrator does."""
    answer = UNCONNECTED
    with suppress(UnconnectedError):
        async with connected(target.port) as connection:
            connection.send(_LIVE)
            answer = await connection.outcome(PROBE_S)
    measured.probes.append((due, time.monotonic() - due))
    measured.probe_answers[answer] += 1

"""An attack and how it runs: a number of connections, at a limited rate, for a given time."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.hostile.target import Target
from benchmarks.hostile.wire import CLOSED, OPEN, UNCONNECTED, UnconnectedError

Assault = Callable[[Target, int], Awaitable[str]]
"""One connection's attack, numbered from 0; gives the word for how it ended."""
CANCELLED_S: Final = 0.5
TOGETHER: Final = 0.25
"""The part of its rate that an attack has when all of them go on together."""


@dataclass(frozen=True, slots=True)
class Attack:
    """`crew` connections at most at a time, `per_s` begun a second at most, each doing what `assault` does."""

    name: str
    crew: int
    per_s: float
    assault: Assault


async def carry_on(attack: Attack, target: Target, share: float, until: float, outcomes: Counter[str]) -> None:
    """Attacks at a share of its rate until `until`, in seconds of `time.monotonic`, and counts how each assault ended."""
    loop = asyncio.get_running_loop()
    numbers = itertools.count()
    turn = _Turns(attack.per_s * share)

    async def assault_again_and_again() -> None:
        while True:
            await turn.come()
            outcome = OPEN
            try:
                outcome = await attack.assault(target, next(numbers))
            except UnconnectedError:
                outcome = UNCONNECTED
            except (OSError, EOFError):
                outcome = CLOSED
            finally:
                outcomes[outcome] += 1

    crew = [loop.create_task(assault_again_and_again()) for _ in range(attack.crew)]
    done, attacking = await asyncio.wait(
        crew, timeout=max(0.0, until - loop.time()), return_when=asyncio.FIRST_EXCEPTION
    )
    while attacking:  # a member that is cancelled at the moment at which it has its answer goes on
        for member in attacking:
            member.cancel()
        _, attacking = await asyncio.wait(attacking, timeout=CANCELLED_S)
    for member in done:
        member.result()


class _Turns:
    """Lets one begin at a time, at a steady rate."""

    def __init__(self, per_s: float) -> None:
        self._every_s = 1 / per_s
        self._next = 0.0

    async def come(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._every_s, now)
        await asyncio.sleep(self._next - now)


def named(attacks: Sequence[Attack], names: Sequence[str]) -> list[Attack]:
    """Those with these names."""
    return [attack for attack in attacks if attack.name in names]

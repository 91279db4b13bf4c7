"""The attackers' process: runs the phases and counts, for each attack, how its attempts ended."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from benchmarks.hostile import flooding, holding, overfilling
from benchmarks.hostile.attack import TOGETHER, carry_on, named
from benchmarks.hostile.target import Phase, Target
from benchmarks.running.processes import give_way

ATTACKS: Final = (*holding.ATTACKS, *overfilling.ATTACKS, *flooding.ATTACKS)
NICE: Final = 10
"""Attackers give way to the server."""

Outcomes = dict[str, Counter[str]]
"""By attack."""


def attack(target: Target, phases: Sequence[Phase]) -> Outcomes:
    """Carries on the attacks of each phase in its time."""
    give_way(NICE)
    return asyncio.run(_attack(target, phases))


async def _attack(target: Target, phases: Sequence[Phase]) -> Outcomes:
    outcomes: Outcomes = {attack.name: Counter() for attack in ATTACKS}
    for phase in phases:
        await asyncio.sleep(max(0.0, phase.begins - time.monotonic()))
        share = 1.0 if len(phase.attacks) == 1 else TOGETHER
        async with asyncio.TaskGroup() as group:
            for attack in named(ATTACKS, phase.attacks):
                group.create_task(carry_on(attack, target, share, phase.calm, outcomes[attack.name]))
    return outcomes

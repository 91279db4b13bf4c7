"""Compares acknowledged saves with stored ones: which are lost, duplicated, out of order or foreign."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import orjson

from aggregates.fact import Role
from benchmarks.running.company import Company

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Counts:
    """What is wrong at one place of one company; all zero where nothing is."""

    company: str
    place: str
    acknowledged: int
    lost: int
    doubled: int
    out_of_order: int
    foreign: int

    @property
    def right(self) -> bool:
        """Something was acknowledged, and nothing is wrong with it."""
        return self.acknowledged > 0 and not any((self.lost, self.doubled, self.out_of_order, self.foreign))


def compare(
    company: str,
    place: str,
    acknowledged: Mapping[str, Sequence[str]],
    arrived: Iterable[tuple[str, str]],
    foreign: int = 0,
) -> Counts:
    """The marks of each customer's saves against those that arrived, in their order: pairs of customer and mark.

    A mark that nobody acknowledged is foreign, unless it is one more of the same. Out of order are those that arrived before one that
    was acknowledged before them.
    """
    by_customer: dict[str, list[str]] = {}
    for number, mark in arrived:
        by_customer.setdefault(number, []).append(mark)
    lost = doubled = out_of_order = 0
    for number, marks in acknowledged.items():
        found = by_customer.pop(number, [])
        times = Counter(found)
        lost += sum(mark not in times for mark in marks)
        doubled += sum(count - 1 for count in times.values())
        foreign += len(times.keys() - set(marks))
        place_of = {mark: turn for turn, mark in enumerate(marks)}
        turns = [place_of[mark] for mark in dict.fromkeys(found) if mark in place_of]
        out_of_order += sum(later < earlier for earlier, later in pairwise(turns))
    foreign += sum(map(len, by_customer.values()))
    return Counts(company, place, sum(map(len, acknowledged.values())), lost, doubled, out_of_order, foreign)


def read_log(company: Company) -> list[dict[str, Any]]:
    """Every event of the company, in order."""
    events: list[dict[str, Any]] = []
    with company.caller(Role.INTEGRATOR) as integrator:
        while True:
            after = events[-1]["position"] if events else 0
            lines = integrator.get("/v1/events", params={"after": after, "limit": PAGE}).content.splitlines()
            if not lines:
                return events
            events.extend(orjson.loads(line) for line in lines)

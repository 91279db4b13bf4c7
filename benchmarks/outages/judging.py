"""Evaluates the observations of an outage: when it was reported, whether until its end, and when everything had recovered."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.outages.observing import METRICS, Observation
from benchmarks.outages.statements import COUNTS, Statements

API: Final = "serve: "
"""Where every process offers metrics, those of the API are to tell the whole."""


@dataclass(frozen=True, slots=True)
class Window:
    """One outage: it began, it ended, and what followed was observed until `closes`. `words` name it, `label` names it in metrics."""

    name: str
    words: re.Pattern[str]
    label: re.Pattern[str]
    begins: float
    ends: float
    closes: float


@dataclass(frozen=True, slots=True)
class Told:
    """What a source told about an outage; seconds from its begin, or its end. `None` is never."""

    source: str
    after_s: float | None
    until_the_end: bool
    by: str
    """The words by which it was told."""
    well_after_s: float | None


def told(source: str, window: Window, usual: Statements, observations: Sequence[Observation]) -> Told:
    """What a source told, given what it says in quiet times."""
    during = [one for one in observations if window.begins <= one.at and one.answered < window.ends]
    words = window.label if source == METRICS else window.words
    naming = [(one.at, _naming(source, words, one.statements - usual)) for one in during]
    first = next((index for index, (_, names) in enumerate(naming) if names), None)
    after = [one for one in observations if window.ends <= one.at and one.answered < window.closes]
    return Told(
        source=source,
        after_s=None if first is None else naming[first][0] - window.begins,
        until_the_end=first is not None and all(names for _, names in naming[first:]),
        by="" if first is None else naming[first][1][0],
        well_after_s=well_after([(one.at, one.statements <= usual) for one in after], window.ends),
    )


def _naming(source: str, words: re.Pattern[str], news: Statements) -> list[str]:
    """The news that name what is out; how much waits is no name."""
    return sorted(
        one
        for one in news
        if words.search(one) and not COUNTS.search(one) and (source != METRICS or one.startswith(API))
    )


def well_after(looks: Sequence[tuple[float, bool]], ended: float) -> float | None:
    """Seconds from the end of an outage to the first look from which on all was well; `None` where it never was."""
    recovered: float | None = None
    for at, well in looks:
        if not well:
            recovered = None
        elif recovered is None:
            recovered = at - ended
    return recovered


def changes(
    window: Window, usual: Statements, observations: Sequence[Observation]
) -> Iterator[tuple[float, list[str], list[str]]]:
    """Each change of what a source said: seconds from the begin, what it says now, what it says no more; usual ones left out."""
    before: Statements = frozenset()
    for one in observations:
        if window.begins <= one.at < window.closes:
            news = one.statements - usual
            if news != before:
                yield one.at - window.begins, sorted(news - before), sorted(before - news)
            before = news

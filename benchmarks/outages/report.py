"""The report of an outages run: a table of reports and recovery times, and a timeline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.outages.judging import Told, Window, changes
from benchmarks.outages.observing import EVERY_S, Observation
from benchmarks.outages.statements import Statements

TOLD_WITHIN_S: Final = 5.0
WELL_WITHIN_S: Final = 5.0
NEVER: Final = "never"
MOST_STATEMENTS: Final = 8
"""Of one change that are printed."""
Change = tuple[float, str, str]
"""Seconds from the begin of the outage, the source, and what it says now and no more."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outage, what each source told, seconds after its end to the first save and until all was forwarded, and every change."""

    window: Window
    sources: Sequence[Told]
    saved_after_s: float | None
    forwarded_after_s: float | None
    timeline: Sequence[Change]

    @property
    def right(self) -> bool:
        """Everything was told in time and until the end, and all was well in time."""
        well = [self.saved_after_s, self.forwarded_after_s, *(source.well_after_s for source in self.sources)]
        told = all(told_in_time(source) and source.until_the_end for source in self.sources)
        return told and all(after is not None and after <= WELL_WITHIN_S for after in well)


def told_in_time(source: Told) -> bool:
    """Told in time, as far as one can know who asks again after a while."""
    return source.after_s is not None and source.after_s <= TOLD_WITHIN_S + EVERY_S[source.source]


def timeline(source: str, window: Window, usual: Statements, observations: Sequence[Observation]) -> Iterator[Change]:
    """The changes of what a source said, one line each."""
    for after_s, more, less in changes(window, usual, observations):
        yield after_s, source, "; ".join([*_some("+ ", more), *_some("- ", less)])


def _some(sign: str, statements: Sequence[str]) -> list[str]:
    shown = [f"{sign}{statement[:160]}" for statement in statements[:MOST_STATEMENTS]]
    more = len(statements) - len(shown)
    return [*shown, f"{sign}{more} more"] if more else shown


def show(judgements: Sequence[Judgement]) -> None:
    """Prints everything."""
    console = Console(width=200)
    console.print(_told(judgements))
    console.print(_well(judgements))
    for judgement in judgements:
        window = judgement.window
        console.rule(f"{window.name}: ended at {window.ends - window.begins:.0f} s")
        for after_s, source, words in judgement.timeline:
            console.print(f"{after_s:6.1f} s  {source:14}  {words}", markup=False, highlight=False, soft_wrap=True)


def _told(judgements: Sequence[Judgement]) -> Table:
    table = Table(
        "outage", "asked", "told after", "until the end", "by", title="What was told, in seconds from the begin"
    )
    for judgement in judgements:
        for source in judgement.sources:
            until = "yes" if source.until_the_end else "no"
            table.add_row(judgement.window.name, source.source, _seconds(source.after_s), until, source.by[:110])
        table.add_section()
    return table


def _well(judgements: Sequence[Judgement]) -> Table:
    columns = ("outage", "saves", "all forwarded", *(f"{source} well" for source in EVERY_S), "right")
    table = Table(*columns, title="How soon all was well, in seconds from the end")
    for judgement in judgements:
        by_source = {source.source: source.well_after_s for source in judgement.sources}
        well = [judgement.saved_after_s, judgement.forwarded_after_s, *(by_source[source] for source in EVERY_S)]
        table.add_row(judgement.window.name, *map(_seconds, well), "yes" if judgement.right else "NO")
    return table


def _seconds(after: float | None) -> str:
    return NEVER if after is None else f"{after:.1f}"

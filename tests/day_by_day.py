"""A simple model of one business field by day: last value from files, edits in force, current value (rules 0.5, 3.2, 3.10, 3.11).

It is written from the rules and not from the code, and works with days, not ranges. A file is applied row by row; a row sets the field on
each day of the upload's range.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count, pairwise
from typing import Final

statements: Final = count(1)


@dataclass(frozen=True)
class Word:
    """What the files said last of one day, and of each file that has said so how many of its rows were heard."""

    value: str
    heard: dict[str, int]


@dataclass(frozen=True)
class Holding:
    """What holds on one day: a value, its source, and the number of the statement that made it so."""

    value: str
    source: str
    statement: int


@dataclass
class FieldByDay:
    """One field of one customer; a day without an entry has nothing."""

    calendar: Sequence[date]
    words: dict[date, Word] = field(default_factory=dict)
    in_force: set[date] = field(default_factory=set)
    """The days on which an edit is in force, also one that took the value away."""
    holds: dict[date, Holding] = field(default_factory=dict)

    def file(self, file: str, rows: Sequence[str | None], policy: str, days: Sequence[date]) -> None:
        """A file with these rows; `None`: the row says nothing of the field.

        Of a file that said the last word of a day, what it said before that is not heard again (rule 3.2).
        """
        last = {day: self.words[day] for day in days if day in self.words}
        for place, value in enumerate(rows, start=1):
            if value is not None:
                heard = [
                    day
                    for day in days
                    if day not in last or value == last[day].value or place >= last[day].heard.get(file, 0)
                ]
                for stretch in _stretches(self.calendar, heard):
                    self._row(file, place, value, policy, stretch)

    def _row(self, file: str, place: int, value: str, policy: str, days: Sequence[date]) -> None:
        wins = {day: self._file_wins(day, value, policy) for day in days}
        statement = next(statements)
        if any(self._changes(day, value, wins=wins[day]) for day in days):
            for day in days:
                if wins[day]:
                    self.holds[day] = Holding(value, "upload", statement)
                    self.in_force.discard(day)
        for day in days:
            before = self.words.get(day)
            heard = before.heard if before is not None and before.value == value else {}
            self.words[day] = Word(value, {**heard, file: max(place, heard.get(file, 0))})

    def _file_wins(self, day: date, value: str, policy: str) -> bool:
        """Rule 3.10."""
        if policy == "upload" or day not in self.in_force:
            return True
        said = self.words.get(day)
        return policy == "newest" and (said is None or said.value != value)

    def _changes(self, day: date, value: str, *, wins: bool) -> bool:
        """Whether something is different on this day afterwards (rule 0.5)."""
        said, held = self.words.get(day), self.holds.get(day)
        if said is None or said.value != value:
            return True
        return wins and (held is None or (held.value, held.source) != (value, "upload"))

    def edit(self, value: str | None, days: Sequence[date], *, dated: bool, keep_later: bool) -> None:
        """A person's edit. `None` takes the value away. An edit that changes nothing is none (rule 0.5)."""
        if keep_later:
            days = self._until_next(days)
        shown = {day: self.holds[day].value if day in self.holds else None for day in days}
        if (shown[days[0]] == value and not dated) or all(before == value for before in shown.values()):
            return
        statement = next(statements)
        for day in days:
            self.in_force.add(day)
            self.holds.pop(day, None)
            if value is not None:
                self.holds[day] = Holding(value, "edit", statement)

    def _until_next(self, days: Sequence[date]) -> Sequence[date]:
        """The days before the next later-dated version (rules 2.11, 3.11)."""
        for place, (before, day) in enumerate(pairwise(days), start=1):
            held = self.holds.get(day)
            if held is not None and (before not in self.holds or self.holds[before].statement != held.statement):
                return days[:place]
        return days


def _stretches(calendar: Sequence[date], days: Sequence[date]) -> list[list[date]]:
    """The days in runs without a gap."""
    runs: list[list[date]] = []
    wanted = set(days)
    for before, day in zip([None, *calendar], calendar, strict=False):
        if day in wanted:
            if before in wanted:
                runs[-1].append(day)
            else:
                runs.append([day])
    return runs

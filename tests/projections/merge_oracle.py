"""A simple model of customers by day, written from the rules alone (0.5, 1.15, 3.10, 3.11, 6.1); it shares nothing with the code.

The history of a customer is a list. Its current state results from replaying that list day by day, without the merges that were undone:
“as if that merge had never been, with everything else that happened since”.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Key = str | int
"""A field, or the code of a category."""
Values = dict[tuple[Key, int], str]
"""By field or category, and day; a day on which nothing holds is not in it."""


@dataclass(frozen=True)
class Happening:
    """Something that was stored: a word of the customer's own on some days, or a merge with all that the other customer read as then."""

    kind: str
    """`edit`, `file`, `answer` or `merge`."""
    key: Key | None = None
    value: str | None = None
    """`None`: the value was taken away, or the blank choice was stored."""
    days: frozenset[int] = frozenset()
    other: str | None = None
    brought: Mapping[tuple[Key, int], str] = field(default_factory=dict)


@dataclass
class Told:
    """A customer."""

    number: str
    policies: Mapping[str, str]
    happened: list[Happening] = field(default_factory=list)
    survivor: str | None = None

    @property
    def merged(self) -> list[str]:
        """The customers that are merged into this one directly."""
        return [one.other for one in self.happened if one.other is not None]

    def values(self) -> Values:
        """What it reads as."""
        words = Words(self.policies)
        for one in self.happened:
            words.take(one)
        return words.in_force()

    def save(self, kind: str, key: Key, value: str | None, days: Iterable[int]) -> None:
        """A person saves an edit or an answer. What changes nothing on any day is not stored (rule 0.5)."""
        days = frozenset(days)
        now = self.values()
        if any(now.get((key, day)) != value for day in days):
            self.happened.append(Happening(kind, key, value, days))

    def upload(self, row: Mapping[str, str], days: Iterable[int]) -> None:
        """A row of a file."""
        for key, value in row.items():
            self.happened.append(Happening("file", key, value, frozenset(days)))

    def absorb(self, other: "Told") -> None:
        """Takes another in, as it reads now."""
        self.happened.append(Happening("merge", other=other.number, brought=other.values()))
        other.survivor = self.number

    def release(self, other: "Told") -> None:
        """The merge never was."""
        self.happened = [one for one in self.happened if one.other != other.number]
        other.survivor = None


@dataclass
class Words:
    """What is said of a customer, by field or category and day."""

    policies: Mapping[str, str]
    files: Values = field(default_factory=dict)
    people: dict[tuple[Key, int], str | None] = field(default_factory=dict)
    """The edits and answers in force; `None` where one took the value away."""
    merges: list[Values] = field(default_factory=list)

    def take(self, one: Happening) -> None:
        """Lets something happen."""
        if one.kind == "merge":
            self.merges.append(dict(one.brought))
        for day in one.days:
            place: Any = (one.key, day)
            if one.kind == "file":
                self._file(place, one.value or "")
            else:
                self.people[place] = one.value
                if one.value is None:
                    for brought in self.merges:  # taking a value away takes away what merges brought until now
                        brought.pop(place, None)

    def _file(self, place: tuple[str, int], value: str) -> None:
        """Rule 3.10 on one day: whether the file wins over an edit in force."""
        policy, news = self.policies[place[0]], self.files.get(place) != value
        self.files[place] = value
        if policy == "upload" or (policy == "newest" and news):
            self.people.pop(place, None)

    def in_force(self) -> Values:
        """The customer's own value where it is set, else that of the earliest merge that has one (rule 6.1)."""
        own = {place: value for place, value in self.files.items() if place not in self.people}
        own |= {place: value for place, value in self.people.items() if value is not None}
        found: Values = {}
        for layer in (own, *self.merges):
            found = {**layer, **found}
        return found

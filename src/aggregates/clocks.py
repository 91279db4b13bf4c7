"""The two clocks of every question (rule 0.3): the business day that it is about, and the instant until which things were known."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Clocks:
    """What an answer is about: the day on which it holds, and the instant at which it was known."""

    valid_at: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class AsOf:
    """The clocks that a question names; `None` stands for today, and for now."""

    valid_at: date | None = None
    known_at: datetime | None = None

    def or_else(self, clocks: Clocks) -> Clocks:
        """The clocks that are meant, where `clocks` are those of a question that names none."""
        return Clocks(self.valid_at or clocks.valid_at, self.known_at or clocks.known_at)

"""The numbers of a customer: the one that it has for life, and alternate numbers, of which one is primary (rule 1.14).

`AlternateNumbers` is a pure value: it decides what is to be recorded, and each fact gives the next value.
"""

from dataclasses import dataclass, replace
from typing import Final

from aggregates import texts
from aggregates.aggregate import Decision
from aggregates.customer.events import AlternateNumberAdded, AlternateNumberRemoved, PrimaryAlternateNumberChanged
from aggregates.errors import ConflictError, NotFoundError

LONGEST_NUMBER: Final = 30
LONGEST_ALTERNATE_NUMBER: Final = 15


class AlternateNumberInUseError(ConflictError):
    """The alternate number belongs to a customer already (rule 1.14)."""


class AlternateNumberNotFoundError(NotFoundError):
    """The customer has no such alternate number."""


class PrimaryNumberNeededError(ConflictError):
    """The primary number cannot go while the customer has others."""


def customer_number(value: str) -> str:
    """A customer number: 1 to 30 letters, digits or hyphens. Raises `TextError`."""
    return texts.number(value, field="number", label="The customer number", longest=LONGEST_NUMBER)


def alternate_number_text(value: str) -> str:
    """An alternate number in capitals: 1 to 15 letters or digits (rule 1.14). Raises `TextError`."""
    return texts.code(value, field="alternate_number", label="An alternate number", longest=LONGEST_ALTERNATE_NUMBER)


@dataclass(frozen=True, slots=True)
class AlternateNumbers:
    """The alternate numbers of the customer with this number, in the order in which they were added."""

    customer: str = ""
    numbers: tuple[str, ...] = ()
    primary: str | None = None

    # Decisions

    def add(self, alternate_number: str, *, primary: bool) -> list[Decision]:
        """The facts of a further number; the first one is primary, a further one when asked (rule 1.14)."""
        alternate_number = alternate_number_text(alternate_number)
        if alternate_number in self.numbers:
            return self.make_primary(alternate_number) if primary else []
        primary = primary or self.primary is None
        replaced = self.primary if primary else None
        payload = {"alternate_number": alternate_number, "primary": primary, "replaced": replaced}
        return [Decision(AlternateNumberAdded, payload)]

    def make_primary(self, alternate_number: str) -> list[Decision]:
        """The facts of another primary number; the old one stays in the list (rule 1.14)."""
        self._check_listed(alternate_number)
        if alternate_number == self.primary:
            return []
        payload = {"alternate_number": alternate_number, "replaced": self.primary}
        return [Decision(PrimaryAlternateNumberChanged, payload)]

    def remove(self, alternate_number: str) -> list[Decision]:
        """The fact that a number is taken off the list. The primary one goes last."""
        self._check_listed(alternate_number)
        if alternate_number == self.primary and len(self.numbers) > 1:
            raise PrimaryNumberNeededError(
                f"{alternate_number} is the primary number; make another number primary first."
            )
        return [Decision(AlternateNumberRemoved, {"alternate_number": alternate_number})]

    def _check_listed(self, alternate_number: str) -> None:
        if alternate_number not in self.numbers:
            raise AlternateNumberNotFoundError(f"Customer {self.customer} has no alternate number {alternate_number}.")

    # What the facts say

    def after_addition(self, event: AlternateNumberAdded) -> "AlternateNumbers":
        """Returns the numbers with the one that was added."""
        primary = event.alternate_number if event.primary else self.primary
        return replace(self, numbers=(*self.numbers, event.alternate_number), primary=primary)

    def after_change_of_primary(self, event: PrimaryAlternateNumberChanged) -> "AlternateNumbers":
        """The numbers since another one is primary."""
        return replace(self, primary=event.alternate_number)

    def after_removal(self, event: AlternateNumberRemoved) -> "AlternateNumbers":
        """Returns the numbers without the one that was removed."""
        numbers = tuple(number for number in self.numbers if number != event.alternate_number)
        primary = None if self.primary == event.alternate_number else self.primary
        return replace(self, numbers=numbers, primary=primary)

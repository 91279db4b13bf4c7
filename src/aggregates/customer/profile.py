"""`CustomerProfile`: a customer's number, name, alternate numbers and responses (rules 1.5-1.9, 1.14, 1.15)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.customer.events import (
    AlternateNumberAdded,
    AlternateNumberRemoved,
    CustomerRegistered,
    CustomerRenamed,
    PrimaryAlternateNumberChanged,
    ResponseCleared,
    ResponseSelected,
)
from aggregates.effective import Days, Timeline
from aggregates.errors import ConflictError, InvalidError, NotFoundError
from aggregates.fact import Origin
from aggregates.setup.category import ProfileCategory

LONGEST_NUMBER: Final = 30
LONGEST_NAME: Final = 100
LONGEST_ALTERNATE_NUMBER: Final = 15


class CustomerExistsError(ConflictError):
    """The customer number is taken."""


class CustomerNotFoundError(NotFoundError):
    """There is no customer with this number."""


class AlternateNumberInUseError(ConflictError):
    """The alternate number belongs to a customer already (rule 1.14)."""


class AlternateNumberNotFoundError(NotFoundError):
    """The customer has no such alternate number."""


class PrimaryNumberNeededError(ConflictError):
    """The primary number cannot go while the customer has others."""


class ResponseNotDefinedError(InvalidError):
    """The response, or its category, is unknown or inactive (rule 1.5)."""


class ResponseRequiredError(InvalidError):
    """A required category has no response (rule 1.8)."""


class BlankNotOfferedError(InvalidError):
    """The category offers no blank choice (rule 1.7)."""


class CustomerProfile(Aggregate):
    """One customer. Names and responses have effective dates; alternate numbers hold from when they are recorded."""

    KIND: ClassVar[str] = "customer"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.number = ""
        self.names: Timeline[str] = Timeline()
        self.alternate_numbers: list[str] = []
        self.primary: str | None = None
        self.responses: dict[int, Timeline[str]] = {}

    # Decisions

    def register(self, origin: Origin, *, number: str, name: str, days: Days) -> None:
        """Registers the customer; the number is fixed for life."""
        faults = texts.Faults()
        with faults:
            number = customer_number(number)
        with faults:
            name = _name(name)
        faults.raise_any()
        if self.version:
            raise CustomerExistsError(f"Customer {number} is already registered.", field="number")
        self.record(
            CustomerRegistered,
            origin,
            number=number,
            name=name,
            effective_from=days.first,
            effective_to=days.last,
        )

    def rename(self, origin: Origin, *, name: str, days: Days) -> None:
        """Gives the customer another name on `days`; records nothing when it is the name already."""
        name = _name(name)
        if not self.names.says(days, name):
            self.record(
                CustomerRenamed,
                origin,
                number=self.number,
                name=name,
                effective_from=days.first,
                effective_to=days.last,
            )

    def add_alternate_number(self, origin: Origin, alternate_number: str, *, primary: bool) -> None:
        """Adds a number; the first one is primary, a further one when asked (rule 1.14)."""
        alternate_number = alternate_number_text(alternate_number)
        if alternate_number in self.alternate_numbers:
            if primary:
                self.make_primary(origin, alternate_number)
            return
        primary = primary or self.primary is None
        self.record(
            AlternateNumberAdded,
            origin,
            number=self.number,
            alternate_number=alternate_number,
            primary=primary,
            replaced=self.primary if primary else None,
        )

    def make_primary(self, origin: Origin, alternate_number: str) -> None:
        """Makes a number of the list the primary one; the old one stays in the list (rule 1.14)."""
        self._known(alternate_number)
        if alternate_number != self.primary:
            self.record(
                PrimaryAlternateNumberChanged,
                origin,
                number=self.number,
                alternate_number=alternate_number,
                replaced=self.primary,
            )

    def remove_alternate_number(self, origin: Origin, alternate_number: str) -> None:
        """Takes a number off the list. The primary one goes last."""
        self._known(alternate_number)
        if alternate_number == self.primary and len(self.alternate_numbers) > 1:
            raise PrimaryNumberNeededError(
                f"{alternate_number} is the primary number; make another number primary first."
            )
        self.record(AlternateNumberRemoved, origin, number=self.number, alternate_number=alternate_number)

    def _known(self, alternate_number: str) -> None:
        if alternate_number not in self.alternate_numbers:
            raise AlternateNumberNotFoundError(f"Customer {self.number} has no alternate number {alternate_number}.")

    def confirm_drawer(
        self,
        origin: Origin,
        *,
        answers: Mapping[int, str | None],
        categories: Sequence[ProfileCategory],
        days: Days,
        dated: bool,
        keep_later: bool = False,
    ) -> None:
        """OK in the drawer: stores what was chosen and every shown default (rules 1.5-1.9), or refuses all of it.

        `answers` maps category codes to response codes, `None` for the blank choice; a category left out stays as it is shown.
        `dated` says that the user named the days; then an answer that equals the one in force may still reach further.
        """
        known = {category.code for category in categories}
        faults = texts.Faults()
        for code in sorted(answers.keys() - known):
            faults.found.append(_not_defined(_cleaned(answers[code]), code))
        chosen: list[tuple[ProfileCategory, str | None, Days]] = []
        for category in categories:
            with faults:
                if category.shown or category.code in answers:
                    chosen.extend(self._decide(category, answers, days, dated=dated, keep_later=keep_later))
        faults.raise_any()
        for category, response, held_on in chosen:
            self._store(origin, category, response, held_on, by_default=category.code not in answers)

    def _decide(
        self,
        category: ProfileCategory,
        answers: Mapping[int, str | None],
        days: Days,
        *,
        dated: bool,
        keep_later: bool,
    ) -> Iterator[tuple[ProfileCategory, str | None, Days]]:
        """What is to be stored for one category and on which days; nothing when nothing changes.

        A default that nobody chose never wins over a later-dated response that somebody did choose.
        """
        held = self.responses.get(category.code, Timeline())
        stored = held.at(days.first)
        answered = category.code in answers
        answer = _cleaned(answers[category.code]) if answered else stored or category.default
        days = held.until_next(days) if keep_later or not answered else days
        if answer is None:
            _check_blank(category, asked=answered)
        if (answer == stored and not (dated and answered)) or held.says(days, answer):
            return
        if answer is not None:
            _check_defined(category, answer)
        yield category, answer, days

    def _store(
        self, origin: Origin, category: ProfileCategory, response: str | None, days: Days, *, by_default: bool
    ) -> None:
        common = {
            "number": self.number,
            "category": category.code,
            "category_description": category.description,
            "effective_from": days.first,
            "effective_to": days.last,
        }
        if response is None:
            self.record(ResponseCleared, origin, **common)
            return
        self.record(
            ResponseSelected,
            origin,
            **common,
            response=response,
            response_description=category.responses[response].description,
            by_default=by_default,
        )

    def response(self, category: int, day: date) -> str | None:
        """The response in force on `day`, `None` when there is none."""
        held = self.responses.get(category)
        return None if held is None else held.at(day)

    # What the facts say

    @applies(CustomerRegistered)
    def _registered(self, event: CustomerRegistered) -> None:
        self.number = event.number
        self.names = self.names.supersede(Days(event.effective_from, event.effective_to), event.name)

    @applies(CustomerRenamed)
    def _renamed(self, event: CustomerRenamed) -> None:
        self.names = self.names.supersede(Days(event.effective_from, event.effective_to), event.name)

    @applies(AlternateNumberAdded)
    def _alternate_number_added(self, event: AlternateNumberAdded) -> None:
        self.alternate_numbers.append(event.alternate_number)
        self.primary = event.alternate_number if event.primary else self.primary

    @applies(PrimaryAlternateNumberChanged)
    def _primary_alternate_number_changed(self, event: PrimaryAlternateNumberChanged) -> None:
        self.primary = event.alternate_number

    @applies(AlternateNumberRemoved)
    def _alternate_number_removed(self, event: AlternateNumberRemoved) -> None:
        self.alternate_numbers.remove(event.alternate_number)
        self.primary = None if self.primary == event.alternate_number else self.primary

    @applies(ResponseSelected)
    def _response_selected(self, event: ResponseSelected) -> None:
        held = self.responses.get(event.category, Timeline())
        days = Days(event.effective_from, event.effective_to)
        self.responses[event.category] = held.supersede(days, event.response)

    @applies(ResponseCleared)
    def _response_cleared(self, event: ResponseCleared) -> None:
        held = self.responses.get(event.category, Timeline())
        self.responses[event.category] = held.clear(Days(event.effective_from, event.effective_to))


def customer_number(value: str) -> str:
    """A customer number: 1 to 30 letters, digits or hyphens. Raises `TextError`."""
    return texts.number(value, field="number", label="The customer number", longest=LONGEST_NUMBER)


def alternate_number_text(value: str) -> str:
    """An alternate number in capitals: 1 to 15 letters or digits (rule 1.14). Raises `TextError`."""
    return texts.code(value, field="alternate_number", label="An alternate number", longest=LONGEST_ALTERNATE_NUMBER)


def _name(value: str) -> str:
    return texts.text(value, field="name", label="The name", longest=LONGEST_NAME)


def _cleaned(answer: str | None) -> str | None:
    """The response code as it is stored; `None` for the blank choice."""
    return None if answer is None else answer.strip().upper() or None


def _check_blank(category: ProfileCategory, *, asked: bool) -> None:
    """A category that is not shown never blocks a save (rule 1.4), so it refuses nothing here."""
    field = f"responses.{category.code}"
    if category.required and category.shown:
        raise ResponseRequiredError(f"A value must be selected for {category.description}.", field=field)
    if asked and category.shown and not category.offers_blank:
        raise BlankNotOfferedError(f"A blank choice is not offered for {category.description}.", field=field)


def _check_defined(category: ProfileCategory, response: str) -> None:
    found = category.responses.get(response)
    if not category.active or found is None or not found.active:
        raise _not_defined(response, category.code)


def _not_defined(response: str | None, category: int) -> ResponseNotDefinedError:
    field = f"responses.{category}"
    if response is None:
        return ResponseNotDefinedError(f"Category {category} is not defined.", field=field)
    return ResponseNotDefinedError(f"Response {response} is not defined for category {category}.", field=field)

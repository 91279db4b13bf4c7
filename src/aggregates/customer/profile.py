"""`CustomerProfile`: a customer's number, name, alternate numbers and responses (rules 1.5-1.9, 1.14, 1.15)."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import applies, evolve
from aggregates.customer.events import (
    AlternateNumberAdded,
    AlternateNumberRemoved,
    CustomerRegistered,
    CustomerRenamed,
    PrimaryAlternateNumberChanged,
)
from aggregates.customer.merging import Merging
from aggregates.customer.rows import first_values
from aggregates.effective import Days, Timeline
from aggregates.errors import ConflictError, NotFoundError
from aggregates.fact import Origin, event_id
from aggregates.field.field import FieldDefinition

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


class CustomerProfile(Merging):
    """One customer. Names and responses have effective dates; alternate numbers hold from when they are recorded."""

    KIND: ClassVar[str] = "customer"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.number = ""
        self.names: Timeline[str] = Timeline()
        self.alternate_numbers: list[str] = []
        self.primary: str | None = None

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

    def register_uploaded(
        self,
        origin: Origin,
        *,
        number: str,
        name: str,
        values: Mapping[str, str],
        definitions: Mapping[str, FieldDefinition],
        days: Days,
        upload: str,
        row: int,
        file: str | None = None,
    ) -> None:
        """Registers a customer that a row of an upload brought, with its values, in one fact where they fit one (rules 3.2, 0.11).

        Its name holds from the first of the days on, open-ended; values that have a last day are a fact of their own.
        """
        first, rest = first_values(values, definitions, days)
        fact = self.uploaded_registration(
            self.id,
            self.company,
            origin,
            number=number,
            name=name,
            values=first,
            definitions=definitions,
            first_day=days.first,
            upload=upload,
            row=row,
            file=file,
        )
        evolve(self, fact)
        self._pending.append(fact)
        self.upload_fields(origin, rest, definitions, days, upload=upload, row=row, file=file)

    @staticmethod
    def uploaded_registration(
        id: UUID,  # noqa: A002
        company: str,
        origin: Origin,
        *,
        number: str,
        name: str,
        values: Mapping[str, str],
        definitions: Mapping[str, FieldDefinition],
        first_day: date,
        upload: str,
        row: int,
        file: str | None = None,
    ) -> CustomerRegistered:
        """That fact, for a customer without history; name and values hold from the first day on, open-ended.

        A file brings a million of them: nothing is applied that nobody asks for.
        """
        personal = {key: value for key, value in values.items() if definitions[key].personal}
        return CustomerRegistered.of_right_values(
            {
                "originator_id": id,
                "originator_version": 1,
                "event_id": event_id(origin.causation_id, id, 1),
                "company": company,
                "origin": origin,
                "recorded_at": None,
                "effective_from": first_day,
                "effective_to": None,
                "number": number,
                "name": name,
                "upload": upload,
                "row": row,
                "file": file,
                "values": {key: value for key, value in values.items() if key not in personal},
                "personal_values": personal,
            }
        )

    def rename(self, origin: Origin, *, name: str, days: Days, keep_later: bool = False) -> None:
        """Gives the customer another name on `days`; records nothing when it is the name already."""
        name = _name(name)
        days = self.names.until_next(days) if keep_later else days
        if not self.names.holds(days, lambda present: texts.same(present, name)):
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

    # What the facts say

    @applies(CustomerRegistered)
    def _registered(self, event: CustomerRegistered) -> None:
        self.number, self.registered_at = event.number, event.recorded_at
        self._take_row(event)
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


def customer_number(value: str) -> str:
    """A customer number: 1 to 30 letters, digits or hyphens. Raises `TextError`."""
    return texts.number(value, field="number", label="The customer number", longest=LONGEST_NUMBER)


def alternate_number_text(value: str) -> str:
    """An alternate number in capitals: 1 to 15 letters or digits (rule 1.14). Raises `TextError`."""
    return texts.code(value, field="alternate_number", label="An alternate number", longest=LONGEST_ALTERNATE_NUMBER)


def _name(value: str) -> str:
    return texts.text(value, field="name", label="The name", longest=LONGEST_NAME)

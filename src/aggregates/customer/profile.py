"""`CustomerProfile`: a customer's numbers, names, responses, fields and merges (rules 1.5-1.9, 1.14, 1.15, 3.2-3.11, 6.1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, Decision, applies
from aggregates.customer.edits import Editor, decide_edits
from aggregates.customer.events import (
    AlternateNumberAdded,
    AlternateNumberRemoved,
    BusinessFieldEdited,
    BusinessFieldsUploaded,
    CustomerBroughtBack,
    CustomerMerged,
    CustomerMergedAway,
    CustomerRegistered,
    CustomerRenamed,
    CustomerUnmerged,
    CustomerValuesPutBack,
    PersonalDataErased,
    PrimaryAlternateNumberChanged,
    ResponseCleared,
    ResponseSelected,
)
from aggregates.customer.fields import FieldValues
from aggregates.customer.merging import Merges, decide_merge, decide_unmerge
from aggregates.customer.numbers import AlternateNumbers, customer_number
from aggregates.customer.responses import Responses
from aggregates.customer.rows import decide_row
from aggregates.effective import Days, Timeline
from aggregates.errors import ConflictError, NotFoundError
from aggregates.fact import Origin
from aggregates.field.field import FieldDefinition
from aggregates.field.types import ZoneOn, utc
from aggregates.setup.category import ProfileCategory

LONGEST_NAME: Final = 100
_NO_NUMBERS: Final = AlternateNumbers()
_NO_RESPONSES: Final = Responses()
_NO_VALUES: Final = FieldValues()
_NO_MERGES: Final = Merges()


class CustomerExistsError(ConflictError):
    """The customer number is taken."""


class CustomerNotFoundError(NotFoundError):
    """There is no customer with this number."""


class CustomerProfile(Aggregate):
    """One customer. Names, responses and fields have effective dates; alternate numbers hold from when they are recorded.

    `responses`, `fields` and `merges` are pure values that decide what is to be recorded and what a fact makes of them.
    """

    KIND: ClassVar[str] = "customer"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.number = ""
        self.registered_at: datetime | None = None
        self.names: Timeline[str] = Timeline()
        self.alternate_numbers = _NO_NUMBERS
        self.responses = _NO_RESPONSES
        self.fields = _NO_VALUES
        self.merges = _NO_MERGES
        self.erased = False

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
        self._record_all(origin, self.alternate_numbers.add(alternate_number, primary=primary))

    def make_primary(self, origin: Origin, alternate_number: str) -> None:
        """Makes a number of the list the primary one; the old one stays in the list (rule 1.14)."""
        self._record_all(origin, self.alternate_numbers.make_primary(alternate_number))

    def remove_alternate_number(self, origin: Origin, alternate_number: str) -> None:
        """Takes a number off the list. The primary one goes last."""
        self._record_all(origin, self.alternate_numbers.remove(alternate_number))

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
        """OK in the drawer: stores what was chosen and every shown default, or refuses all of it (rules 1.5-1.9).

        See `Responses.confirm`.
        """
        self._record_all(origin, self.responses.confirm(answers, categories, days, dated=dated, keep_later=keep_later))

    def edit_fields(
        self,
        origin: Origin,
        edits: Mapping[str, Any],
        definitions: Mapping[str, FieldDefinition],
        days: Days,
        *,
        dated: bool = False,
        keep_later: bool = False,
        seen_version: int | None = None,
        interaction: str | None = None,
        zone: ZoneOn = utc,
    ) -> None:
        """Save in the widget: all of the edits, or none (rules 3.4, 3.6, 3.7, 3.9). A blank value takes the field's value away.

        `seen_version` is the version that the caller saw, `interaction` the open interaction of an agent with this customer, if there is
        one, `zone` the company's, for times without one. Where the caller may not see the value, an equal one conflicts and is recorded
        like any other (rule 5.2).
        """
        editor = Editor(origin.role, seen_version, interaction)
        decisions = decide_edits(
            self.fields, editor, edits, definitions, days, dated=dated, keep_later=keep_later, zone=zone
        )
        self._record_all(origin, decisions)

    def upload_fields(
        self,
        origin: Origin,
        values: Mapping[str, str],
        definitions: Mapping[str, FieldDefinition],
        days: Days,
        *,
        upload: str,
        row: int,
        file: str | None = None,
    ) -> bool:
        """A row of an upload, its values canonical already: each holds on the days on which no edit stands against it (rule 3.10).

        True when a value changes on some day. Records nothing when the files said it all before and it holds where it may (rule 3.2).
        Where the uploader may not see the value, an equal one is recorded and counts like any other (rule 5.2), unless it is the very
        row of the uploader's own file that spoke last.
        """
        decisions, changed = decide_row(
            self.fields, origin, values, definitions, days, upload=upload, row=row, file=file
        )
        self._record_all(origin, decisions)
        return changed

    def absorb(self, origin: Origin, other: "CustomerProfile", definitions: Mapping[str, FieldDefinition]) -> None:
        """Takes the other customer in: a field or category gets the other's values on the days on which it has none here."""
        self._record_all(origin, decide_merge(self, other, definitions))
        other.record(CustomerMergedAway, origin, number=other.number, survivor=self.number)

    def release(
        self,
        origin: Origin,
        other: "CustomerProfile",
        definitions: Mapping[str, FieldDefinition],
        still_merged: Sequence["CustomerProfile"],
    ) -> None:
        """Undoes the merge: the values that it brought and that still stand go, and what they covered comes to light.

        `still_merged` are the other customers that are merged into this one directly, in the order of their merges.
        """
        self._record_all(origin, decide_unmerge(self, other, definitions, still_merged))
        other.record(CustomerBroughtBack, origin, number=other.number, survivor=self.number)

    def erase(self, origin: Origin) -> None:
        """Erases the personal values; records nothing when they are erased already (rule 5.1). The store destroys the key."""
        if not self.erased:
            self.record(PersonalDataErased, origin, number=self.number)

    def _record_all(self, origin: Origin, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            self.record(decision.fact, origin, number=self.number, **decision.payload)

    # What the facts say

    @applies(CustomerRegistered)
    def _registered(self, event: CustomerRegistered) -> None:
        self.number, self.registered_at = event.number, event.recorded_at
        self.alternate_numbers = AlternateNumbers(event.number)
        self.names = self.names.supersede(event.days, event.name)
        self.fields = self.fields.after_row(event)

    @applies(CustomerRenamed)
    def _renamed(self, event: CustomerRenamed) -> None:
        self.names = self.names.supersede(event.days, event.name)

    @applies(AlternateNumberAdded)
    def _alternate_number_added(self, event: AlternateNumberAdded) -> None:
        self.alternate_numbers = self.alternate_numbers.after_addition(event)

    @applies(PrimaryAlternateNumberChanged)
    def _primary_alternate_number_changed(self, event: PrimaryAlternateNumberChanged) -> None:
        self.alternate_numbers = self.alternate_numbers.after_change_of_primary(event)

    @applies(AlternateNumberRemoved)
    def _alternate_number_removed(self, event: AlternateNumberRemoved) -> None:
        self.alternate_numbers = self.alternate_numbers.after_removal(event)

    @applies(ResponseSelected)
    def _response_selected(self, event: ResponseSelected) -> None:
        self.responses = self.responses.after_selection(event)

    @applies(ResponseCleared)
    def _response_cleared(self, event: ResponseCleared) -> None:
        self.responses = self.responses.after_blank(event)

    @applies(BusinessFieldEdited)
    def _field_edited(self, event: BusinessFieldEdited) -> None:
        self.fields = self.fields.after_edit(event)

    @applies(BusinessFieldsUploaded)
    def _fields_uploaded(self, event: BusinessFieldsUploaded) -> None:
        self.fields = self.fields.after_row(event)

    @applies(CustomerMerged)
    def _merged(self, event: CustomerMerged) -> None:
        self.fields = self.fields.after_merge(event)
        self.responses = self.responses.after_merge(event)
        self.merges = self.merges.after_merge(event)

    @applies(CustomerUnmerged)
    def _unmerged(self, event: CustomerUnmerged) -> None:
        self.fields = self.fields.after_unmerge(event)
        self.responses = self.responses.after_unmerge(event)
        self.merges = self.merges.after_unmerge(event)

    @applies(CustomerValuesPutBack)
    def _values_put_back(self, event: CustomerValuesPutBack) -> None:
        self.fields = self.fields.after_put_back(event)
        self.responses = self.responses.after_put_back(event)

    @applies(CustomerMergedAway)
    def _merged_away(self, event: CustomerMergedAway) -> None:
        self.merges = self.merges.after_leaving(event)

    @applies(CustomerBroughtBack)
    def _brought_back(self, event: CustomerBroughtBack) -> None:
        del event
        self.merges = self.merges.after_return()

    @applies(PersonalDataErased)
    def _personal_data_erased(self, event: PersonalDataErased) -> None:
        del event
        self.erased = True


def _name(value: str) -> str:
    return texts.text(value, field="name", label="The name", longest=LONGEST_NAME)

"""Business field values of a customer: edits by people, rows of uploads, and which of them wins (rules 3.2, 3.4, 3.7, 3.10, 3.11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from aggregates.aggregate import Aggregate, applies
from aggregates.customer.events import BusinessFieldEdited, BusinessFieldsUploaded
from aggregates.customer.unmasking import is_hidden
from aggregates.effective import Days, Timeline
from aggregates.errors import DomainError, ForbiddenError, InvalidError
from aggregates.fact import Erased, Origin, Role
from aggregates.field.field import FieldDefinition, Policy
from aggregates.texts import Faults

EDITED: Final = "edit"
UPLOADED: Final = "upload"
MERGED: Final = "merge"


class FieldNotDefinedError(InvalidError):
    """There is no such field, or it is not active any more."""


class FieldRequiredError(InvalidError):
    """A required field must keep a value."""


class NotAgentEditableError(ForbiddenError):
    """Agents may not edit this field (rule 3.4)."""


class NoOpenInteractionError(ForbiddenError):
    """The agent is not on a call with this customer, nor in its wrap-up (rule 3.4)."""


class FieldChangedMeanwhileError(DomainError):
    """Somebody else changed the field since the caller saw it (rule 3.7). `theirs` is what it is now, `yours` what was asked for.

    `hidden`: the caller may not see the field's value, so that nothing is said of whether the two are equal (rule 5.2).
    """

    def __init__(
        self,
        definition: FieldDefinition,
        change: "FieldChange",
        theirs: str | None,
        yours: str | None,
        *,
        hidden: bool = False,
    ) -> None:
        when = change.at.isoformat() if change.at else "just now"
        super().__init__(f"{definition.label} was changed by {change.by} at {when}.", field=f"fields.{definition.key}")
        self.key, self.by, self.at, self.theirs, self.yours = definition.key, change.by, change.at, theirs, yours
        self.hidden = hidden


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value, where it came from (`edit`, `upload`, `merge`) and the event that made it so."""

    value: str
    source: str
    event_id: UUID


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The last change of a field: the customer's version that it made, who and when."""

    version: int
    by: str
    at: datetime | None


class BusinessFields(Aggregate):
    """The part of a customer that holds business fields, each on effective dates."""

    number: str

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.fields: dict[str, Timeline[FieldValue]] = {}
        self.field_changes: dict[str, FieldChange] = {}
        self.edited: dict[str, Timeline[UUID]] = {}
        """The days on which a person's edit is the last word, by field, also where it took the value away."""
        self.uploaded: dict[str, tuple[str, date]] = {}
        """What an upload said last, by field, and from which day on: the same said again is no news."""
        self.said: dict[tuple[str, str], tuple[tuple[str, date, str], ...]] = {}
        """What each file said, by file and field: value, first day and upload. The same file again is no news either."""

    def field(self, key: str, day: date) -> FieldValue | None:
        """The value in force on `day`, `None` when there is none."""
        return self.fields.get(key, Timeline()).at(day)

    # Decisions

    def edit_fields(
        self,
        origin: Origin,
        edits: Mapping[str, Any],
        definitions: Mapping[str, FieldDefinition],
        days: Days,
        *,
        dated: bool = False,
        keep_later: bool = False,
        seen: int | None = None,
        interaction: str | None = None,
    ) -> None:
        """Save in the widget: all of the edits, or none (rules 3.4, 3.6, 3.7, 3.9). A blank value takes the field's value away.

        `seen` is the version that the caller saw; `interaction` the open interaction of an agent with this customer, if there is one.
        Where the caller may not see the value, an equal one conflicts and is recorded like any other (rule 5.2).
        """
        faults = Faults()
        checked: list[tuple[FieldDefinition, str | None]] = []
        for key, given in edits.items():
            with faults.at(f"fields.{key}"):
                definition = _defined(definitions, key)
                self._check_allowed(origin, definition, interaction)
                value = _value(definition, given)
                self._check_seen(definition, days, seen, value, hidden=is_hidden(definition, origin.role))
                checked.append((definition, value))
        faults.raise_any()
        for definition, value in checked:
            self._edit(origin, definition, value, days, dated=dated, keep_later=keep_later, interaction=interaction)

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
    ) -> None:
        """A row of an upload, its values canonical already: what is news is taken, unless a person's edit stands against it (rule 3.10).

        The same again records nothing (rule 3.2). Where an edit stands from a later day on, it holds until then, in its own fact.
        """
        parts: dict[Days, dict[str, str]] = {}
        withheld: set[str] = set()
        for key, value in self.unsaid(values, days, upload=upload, file=file).items():
            held = self.field(key, days.first)
            stands = held is not None and held.value == value
            until = None if stands else self._until_edit(definitions[key], days)
            parts.setdefault(until or days, {})[key] = value
            if until is None:
                withheld.add(key)
        for part, news in parts.items():
            self.record(
                BusinessFieldsUploaded,
                origin,
                number=self.number,
                upload=upload,
                row=row,
                file=file,
                values={key: value for key, value in news.items() if not definitions[key].personal},
                personal_values={key: value for key, value in news.items() if definitions[key].personal},
                withheld=sorted(withheld & news.keys()),
                effective_from=part.first,
                effective_to=part.last,
            )

    def unsaid(self, values: Mapping[str, str], days: Days, *, upload: str, file: str | None = None) -> dict[str, str]:
        """Those of a row's values that are news about this customer for these days (rule 3.2).

        What an upload said last is none when it is said again, nor what an earlier upload of the same file said, at any time.
        """
        return {key: value for key, value in values.items() if not self._said(key, value, days.first, upload, file)}

    def _said(self, key: str, value: str, first: date, upload: str, file: str | None) -> bool:
        last = self.uploaded.get(key)
        if last is not None and last[0] == value and last[1] <= first:
            return True
        earlier = () if file is None else self.said.get((file, key), ())
        return any(one == value and since <= first and by != upload for one, since, by in earlier)

    def _until_edit(self, definition: FieldDefinition, days: Days) -> Days | None:
        """The days up to the first edit of the field that stands against an upload; `None` when it stands from the first day on."""
        edited = self.edited.get(definition.key)
        if edited is None or definition.policy is Policy.UPLOAD:
            return days
        for one in edited.within(days):
            if definition.policy is Policy.AGENT or one.days.first > days.first:
                return days.before(one.days.first)
        return days

    def _check_allowed(self, origin: Origin, definition: FieldDefinition, interaction: str | None) -> None:
        if origin.role is not Role.AGENT:
            return
        if not definition.agent_editable:
            raise NotAgentEditableError(f"{definition.label} is not agent editable.")
        if interaction is None:
            raise NoOpenInteractionError("Editing is allowed only during a call or its wrap-up.")

    def _check_seen(
        self, definition: FieldDefinition, days: Days, seen: int | None, value: str | None, *, hidden: bool
    ) -> None:
        change = self.field_changes.get(definition.key)
        if seen is None or change is None or change.version <= seen:
            return
        theirs = held.value if (held := self.field(definition.key, days.first)) else None
        if hidden or theirs != value:
            raise FieldChangedMeanwhileError(definition, change, theirs, value, hidden=hidden)

    def _edit(
        self,
        origin: Origin,
        definition: FieldDefinition,
        value: str | None,
        days: Days,
        *,
        dated: bool,
        keep_later: bool,
        interaction: str | None,
    ) -> None:
        held = self.fields.get(definition.key, Timeline())
        days = held.until_next(days) if keep_later else days
        same = (stored.value if (stored := held.at(days.first)) else None) == value
        inside = held.within(days)
        covered = not inside if value is None else held.covers(days)
        stands = (same and not dated) or (covered and all(one.content.value == value for one in inside))
        if stands and (value is None or not is_hidden(definition, origin.role)):
            return
        self.record(
            BusinessFieldEdited,
            origin,
            number=self.number,
            field=definition.key,
            label=definition.label,
            is_personal=definition.personal,
            cleared=value is None,
            value=None if definition.personal else value,
            personal_value=value if definition.personal else None,
            interaction=interaction,
            effective_from=days.first,
            effective_to=days.last,
        )

    # What the facts say

    @applies(BusinessFieldEdited)
    def _edited(self, event: BusinessFieldEdited) -> None:
        days = Days(event.effective_from, event.effective_to)
        self.field_changes[event.field] = FieldChange(event.originator_version, event.origin.actor, event.recorded_at)
        self.edited[event.field] = self.edited.get(event.field, Timeline()).supersede(days, event.event_id)
        if event.cleared:
            self.fields[event.field] = self.fields.get(event.field, Timeline()).clear(days)
        else:
            value = event.personal_value if event.is_personal else event.value
            self._take(event.field, days, FieldValue(value or "", EDITED, event.event_id))

    @applies(BusinessFieldsUploaded)
    def _uploaded(self, event: BusinessFieldsUploaded) -> None:
        self._take_row(event, event.values, event.personal_values, event.withheld)

    def _take_row(
        self,
        event: Any,
        values: Mapping[str, str] | None,
        personal_values: Mapping[str, str] | Erased | None,
        withheld: list[str],
    ) -> None:
        """What a row said: it is remembered as said, and taken where it was not withheld."""
        days = Days(event.effective_from, event.effective_to)
        for key, value in row_values(values, personal_values).items():
            self.uploaded[key] = (value, days.first)
            if event.file is not None:
                said = (value, days.first, event.upload)
                self.said[event.file, key] = (*self.said.get((event.file, key), ()), said)
            if key not in withheld:
                self.field_changes[key] = FieldChange(event.originator_version, event.origin.actor, event.recorded_at)
                self._take(key, days, FieldValue(value, UPLOADED, event.event_id))

    def _take(self, key: str, days: Days, value: FieldValue) -> None:
        self.fields[key] = self.fields.get(key, Timeline()).supersede(days, value)
        if key in self.edited and value.source == UPLOADED:
            self.edited[key] = self.edited[key].clear(days)


def row_values(values: Mapping[str, str] | None, personal_values: Mapping[str, str] | Erased | None) -> dict[str, str]:
    """All values of an uploaded row; personal ones are gone once their key is destroyed."""
    personal = {} if personal_values is None or isinstance(personal_values, Erased) else personal_values
    return {**(values or {}), **personal}


def read_row(
    raw: Mapping[str, str], definitions: Mapping[str, FieldDefinition], *, new: bool
) -> tuple[dict[str, str], list[DomainError]]:
    """The canonical values of a row's cells by field key, blank ones left out, and what is wrong with the others.

    `new`: the row makes a customer, so every required field that is mapped must have a value.
    """
    wrong: list[DomainError] = []
    found: dict[str, str] = {}
    for key, cell in raw.items():
        definition = definitions[key]
        if cell and not cell.isspace():
            try:
                found[key] = definition.read(cell)
            except DomainError as fault:
                fault.field = key
                wrong.append(fault)
        elif new and definition.required:
            wrong.append(FieldRequiredError(f"{definition.label} must have a value.", field=key))
    return found, wrong


def _defined(definitions: Mapping[str, FieldDefinition], key: str) -> FieldDefinition:
    found = definitions.get(key)
    if found is None or not found.active:
        raise FieldNotDefinedError(f"Field {key[:60]} is not defined.")
    return found


def _value(definition: FieldDefinition, given: Any) -> str | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        if definition.required:
            raise FieldRequiredError(f"{definition.label} must have a value.")
        return None
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise InvalidError(f"{definition.label} must be given as text.")
    return definition.read(str(given))

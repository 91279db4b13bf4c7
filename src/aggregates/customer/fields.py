"""Business field values of a customer: edits by people, rows of uploads, and which of them wins (rules 3.2, 3.4, 3.7, 3.10, 3.11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.customer.events import BusinessFieldEdited, BusinessFieldsUploaded, CustomerRegistered
from aggregates.customer.raw_values import defined_field, edited_value
from aggregates.customer.rows import (
    Cell,
    EditedValue,
    UploadedValue,
    bundles,
    cells,
    personal_values,
    row_payload,
    spoken_days,
    standing_days,
    taken_values,
    uploaded_since,
)
from aggregates.customer.unmasking import is_hidden
from aggregates.effective import Days, Timeline, Version
from aggregates.errors import DomainError, ForbiddenError
from aggregates.fact import Fact, Origin, Role
from aggregates.field.field import FieldDefinition
from aggregates.field.types import ZoneOn, utc
from aggregates.texts import Faults

EDITED: Final = "edit"
UPLOADED: Final = "upload"
MERGED: Final = "merge"


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
    """A value, where it came from (`edit`, `upload`, `merge`), the event that made it so, and the customer whose merge brought it."""

    value: str
    source: str
    event_id: UUID
    brought_by: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The last change of a field: the customer's version that it made, who and when."""

    version: int
    by: str
    at: datetime | None


class BusinessFields(Aggregate):
    """The part of a customer that holds business fields, each on effective dates.

    Of each field there are three timelines: `uploaded` and `edited` say what came from where, `fields` what holds.
    """

    number: str

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.fields: dict[str, Timeline[FieldValue]] = {}
        """The value that holds, by field, whoever brought it: a file, an edit or a merge."""
        self.uploaded: dict[str, Timeline[UploadedValue]] = {}
        """What the files said last, by field, also where an edit stands against it or a merge brought another value since."""
        self.edited: dict[str, Timeline[EditedValue]] = {}
        """The days on which an edit is in force, by field: no file has won over it since. It may have taken the value away."""
        self.field_changes: dict[str, FieldChange] = {}
        """The last change of what holds, by field (rule 3.7)."""

    def field(self, key: str, day: date) -> FieldValue | None:
        """The value in force on `day`, `None` when there is none."""
        return self.fields.get(key, Timeline()).at(day)

    def own_values(self, key: str) -> Timeline[FieldValue]:
        """The values of a field by the customer's own edits and files, without what merges brought: an edit where one is in force, else the
        last file. Nothing holds on days on which an edit in force took the value away.

        Where no merge brought anything it is `fields`, but for files of before that were withheld from the first day on: what they said
        of days on which no edit was in force is in here only.
        """
        own: Timeline[FieldValue] = Timeline(
            tuple(
                Version(one.days, FieldValue(one.content.value, UPLOADED, one.content.event_id))
                for one in self.uploaded.get(key, ())
            )
        )
        for one in self.edited.get(key, ()):
            edit = one.content
            value = None if edit.value is None else FieldValue(edit.value, EDITED, edit.event_id)
            own = own.splice(one.days, value).timeline
        return own

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
        zone: ZoneOn = utc,
    ) -> None:
        """Save in the widget: all of the edits, or none (rules 3.4, 3.6, 3.7, 3.9). A blank value takes the field's value away.

        `seen` is the version that the caller saw; `interaction` the open interaction of an agent with this customer, if there is one;
        `zone` the company's, for times without one.
        Where the caller may not see the value, an equal one conflicts and is recorded like any other (rule 5.2).
        """
        faults = Faults()
        checked: list[tuple[FieldDefinition, str | None]] = []
        for key, given in edits.items():
            with faults.at(f"fields.{key}"):
                definition = defined_field(definitions, key)
                self._check_allowed(origin, definition, interaction)
                value = edited_value(definition, given, zone)
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
    ) -> bool:
        """A row of an upload, its values canonical already: each holds on the days on which no edit stands against it (rule 3.10).

        True when a value changes on some day. Records nothing when the files said it all before and it holds where it may (rule 3.2).
        Where the uploader may not see the value, an equal one is recorded and counts like any other (rule 5.2), unless it is the very
        row of the uploader's own file that spoke last.
        """
        parts: dict[Days, list[Cell]] = {}
        hidden = {key for key in values if is_hidden(definitions[key], origin.role)}
        for key, value in values.items():
            known_file = self._own_file(key, days, file, origin.actor) if key in hidden else file
            for cell in self._news(definitions[key], value, days, known_file, row, hidden=key in hidden):
                parts.setdefault(cell.days, []).append(cell)
        news = [cell for part in parts.values() for cell in part]
        changed = any(cell.key in hidden or not self._stands(cell, EDITED, UPLOADED, MERGED) for cell in news)
        for part in parts.values():
            for bundle in bundles(part):
                said = {"number": self.number, "upload": upload, "row": row, "file": file}
                self.record(BusinessFieldsUploaded, origin, **said, **row_payload(bundle))
        return changed

    def unsaid(self, values: Mapping[str, str], days: Days, *, row: int, file: str | None = None) -> dict[str, str]:
        """Those of a row's values that the files have not said of this customer for all of these days (rule 3.2)."""
        return {key: value for key, value in values.items() if not self._said(key, value, days, file, row)}

    def _said(self, key: str, value: str, days: Days, file: str | None, row: int) -> bool:
        uploaded = self.uploaded.get(key, Timeline())
        return uploaded.holds(days, lambda said: texts.same(said.value, value) or said.overrules(value, file, row))

    def _news(
        self, definition: FieldDefinition, value: str, days: Days, file: str | None, row: int, *, hidden: bool
    ) -> Iterator[Cell]:
        """The value over the days on which it counts, as far as it changes anything there."""
        key = definition.key
        uploaded, edited = self.uploaded.get(key, Timeline()), self.edited.get(key, Timeline())
        for spoken in spoken_days(uploaded, value, days, file, row):
            standing = standing_days(definition.policy, value, spoken, uploaded, edited)
            found = list(cells(definition, value, spoken, standing))
            heard = self._said(key, value, spoken, None, row) and all(self._stands(cell, UPLOADED) for cell in found)
            if not heard or (hidden and not uploaded.holds(spoken, lambda said: said.is_row(file, row))):
                yield from found

    def _own_file(self, key: str, days: Days, file: str | None, actor: str) -> str | None:
        """The file, or `None` where somebody else's spoke last on any of the days: that it is the same file would tell its values."""
        others = any(one.content.by != actor for one in self.uploaded.get(key, Timeline()).within(days))
        return None if others else file

    def _stands(self, cell: Cell, *sources: str) -> bool:
        """True when the value holds already wherever it is taken, from one of these sources."""
        held = self.fields.get(cell.key, Timeline())
        return all(
            held.holds(part, lambda one: one.source in sources and texts.same(one.value, cell.value))
            for part in cell.taken
        )

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
        if hidden or not texts.same(theirs, value):
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
        same = texts.same(stored.value if (stored := held.at(days.first)) else None, value)
        inside = held.within(days)
        covered = not inside if value is None else held.covers(days)
        stands = (same and not dated) or (covered and all(texts.same(one.content.value, value) for one in inside))
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
        key, days = event.field, Days(event.effective_from, event.effective_to)
        value = event.personal_value if event.is_personal else event.value
        edit = EditedValue(None if event.cleared else value or "", event.event_id, event.originator_version)
        held = None if edit.value is None else FieldValue(edit.value, EDITED, event.event_id)
        self.edited[key] = self.edited.get(key, Timeline()).supersede(days, edit)
        self._hold(event, key, days, held)

    @applies(BusinessFieldsUploaded)
    def _uploaded(self, event: BusinessFieldsUploaded) -> None:
        self._take_row(event)

    def _take_row(self, event: CustomerRegistered | BusinessFieldsUploaded) -> None:
        """What a row said: it is remembered as said, and holds where it was taken; no edit is in force there any more."""
        days = Days(event.effective_from, event.effective_to)
        for key, value in {**(event.values or {}), **personal_values(event)}.items():
            said = UploadedValue(value, event.event_id, event.file, event.row, event.origin.actor)
            self.uploaded[key] = uploaded_since(self.uploaded.get(key, Timeline()), days, said)
        for key, value, _, part in taken_values(event):
            self._hold(event, key, part, FieldValue(value, UPLOADED, event.event_id))
            if key in self.edited:
                self.edited[key] = self.edited[key].clear(part)

    def _hold(self, event: Fact, key: str, days: Days, value: FieldValue | None) -> None:
        """The value holds on these days since this event; `None`: no value does."""
        self.fields[key] = self.fields.get(key, Timeline()).splice(days, value).timeline
        self.field_changes[key] = FieldChange(event.originator_version, event.origin.actor, event.recorded_at)

"""Business field values of a customer: what files, edits and merges said, and what holds (rules 3.2, 3.10, 3.11).

`FieldValues` is a pure value: each fact gives the next one. `edits` and `rows` decide over it what is to be recorded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from aggregates import texts
from aggregates.customer.events import (
    BusinessFieldEdited,
    BusinessFieldsUploaded,
    CustomerMerged,
    CustomerRegistered,
    CustomerUnmerged,
    CustomerValuesPutBack,
)
from aggregates.effective import Days, Timeline, Version
from aggregates.fact import Erased, Fact

EDITED: Final = "edit"
UPLOADED: Final = "upload"
MERGED: Final = "merge"


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value, where it came from (`edit`, `upload`, `merge`), the event that made it so, and the customer whose merge brought it."""

    value: str
    source: str
    event_id: UUID
    brought_by: str | None = None


@dataclass(frozen=True, slots=True)
class UploadedValue:
    """What the files said last of a field on some days: the value, the last event that said it, and the file and row that brought it.

    `by`: who uploaded the last word; `repeated`: the file and row that said it again last, if another one did.
    """

    value: str
    event_id: UUID
    file: str | None
    row: int | None
    by: str
    repeated: tuple[str | None, int | None] | None = None

    def overrules(self, value: str, file: str | None, row: int) -> bool:
        """Returns whether it is another value further down in the same file: the last row of a file counts (rule 3.2)."""
        further_down = file is not None and file == self.file and self.row is not None and row < self.row
        return further_down and not texts.same(value, self.value)

    def is_row(self, file: str | None, row: int) -> bool:
        """Returns whether this row of this file said it last."""
        return file is not None and (file, row) == (self.repeated or (self.file, self.row))


@dataclass(frozen=True, slots=True)
class EditedValue:
    """What a person's edit says of a field on some days, its event and the version it made; `None` when it took the value away."""

    value: str | None
    event_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The last change of a field: the customer's version that it made, who and when."""

    version: int
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class FieldValues:
    """A customer's business fields by key, each on effective dates.

    Of each field there are three timelines: `uploaded` and `edited` say what came from where, `in_force` what holds.
    """

    in_force: Mapping[str, Timeline[FieldValue]] = field(default_factory=dict)
    """The value that holds, from a file, an edit or a merge."""
    uploaded: Mapping[str, Timeline[UploadedValue]] = field(default_factory=dict)
    """What the files said last, also where an edit stands against it or a merge brought another value since."""
    edited: Mapping[str, Timeline[EditedValue]] = field(default_factory=dict)
    """The days on which an edit is in force: no file has won over it since. It may have taken the value away."""
    changes: Mapping[str, FieldChange] = field(default_factory=dict)
    """The last change of what holds (rule 3.7)."""

    def at(self, key: str, day: date) -> FieldValue | None:
        """The value in force on `day`, `None` when there is none."""
        return self.in_force.get(key, Timeline()).at(day)

    def own_values(self, key: str) -> Timeline[FieldValue]:
        """Returns a field's values by the customer's own edits and files, without those of merges: an edit where one is in force, else the
        last file. Nothing holds on days on which an edit in force took the value away.

        Where no merge brought anything it is what is in force, but for files of before that were withheld from the first day on: what they
        said of days on which no edit was in force is in here only.
        """
        values: Timeline[FieldValue] = Timeline(
            tuple(
                Version(version.days, FieldValue(version.content.value, UPLOADED, version.content.event_id))
                for version in self.uploaded.get(key, ())
            )
        )
        for version in self.edited.get(key, ()):
            edit = version.content
            value = None if edit.value is None else FieldValue(edit.value, EDITED, edit.event_id)
            values = values.splice(version.days, value).timeline
        return values

    # What the facts say

    def after_edit(self, event: BusinessFieldEdited) -> "FieldValues":
        """Returns the values after a person changed one."""
        key, text = event.field, event.personal_value if event.is_personal else event.value
        edit = EditedValue(None if event.cleared else text or "", event.event_id, event.originator_version)
        edited = self.edited.get(key, Timeline()).supersede(event.days, edit)
        value = None if edit.value is None else FieldValue(edit.value, EDITED, event.event_id)
        return self._with(event, [(key, event.days, value)], edited={**self.edited, key: edited})

    def after_row(self, event: CustomerRegistered | BusinessFieldsUploaded) -> "FieldValues":
        """The values since a row was taken: it is remembered whole, and holds where it was taken; no edit is in force there any more."""
        days, uploaded, edited = event.days, dict(self.uploaded), dict(self.edited)
        for key, value in {**(event.values or {}), **personal_values(event)}.items():
            last_word = UploadedValue(value, event.event_id, event.file, event.row, event.origin.actor)
            uploaded[key] = _uploaded_since(uploaded.get(key, Timeline()), days, last_word)
        changes: list[tuple[str, Days, FieldValue | None]] = []
        for key, value, _, part in taken_values(event):
            if key in edited:
                edited[key] = edited[key].clear(part)
            changes.append((key, part, FieldValue(value, UPLOADED, event.event_id)))
        return self._with(event, changes, uploaded=uploaded, edited=edited)

    def after_merge(self, event: CustomerMerged) -> "FieldValues":
        """Returns the values with those that the merge brought."""
        return self._with(
            event,
            (
                (key, dated_value.days, FieldValue(dated_value.value or "", MERGED, event.event_id, event.other))
                for key, values in {**event.fields, **_readable(event.personal_fields_taken)}.items()
                for dated_value in values
            ),
        )

    def after_unmerge(self, event: CustomerUnmerged) -> "FieldValues":
        """Returns the values without those that went when the merge was undone."""
        return self._with(
            event, ((key, dated_value.days, None) for key, values in event.fields.items() for dated_value in values)
        )

    def after_put_back(self, event: CustomerValuesPutBack) -> "FieldValues":
        """Returns the values with those that reappear because the merge was undone."""
        return self._with(
            event,
            (
                (
                    key,
                    dated_value.days,
                    FieldValue(dated_value.value or "", dated_value.source, event.event_id, dated_value.brought_by),
                )
                for key, values in {**event.fields, **_readable(event.personal_fields_put_back)}.items()
                for dated_value in values
            ),
        )

    def _with(
        self,
        event: Fact,
        changes: Iterable[tuple[str, Days, FieldValue | None]],
        *,
        uploaded: Mapping[str, Timeline[UploadedValue]] | None = None,
        edited: Mapping[str, Timeline[EditedValue]] | None = None,
    ) -> "FieldValues":
        """The values after changes of what holds: key, days, and the value, `None` where none does any more; the rest where it is given."""
        in_force, last = dict(self.in_force), dict(self.changes)
        change = FieldChange(event.originator_version, event.origin.actor, event.recorded_at)
        for key, days, value in changes:
            in_force[key] = in_force.get(key, Timeline()).splice(days, value).timeline
            last[key] = change
        return FieldValues(
            in_force, self.uploaded if uploaded is None else uploaded, self.edited if edited is None else edited, last
        )


def _uploaded_since(uploaded: Timeline[UploadedValue], days: Days, last_word: UploadedValue) -> Timeline[UploadedValue]:
    """Returns the timeline of the last uploads after this one; a repeated value keeps the row that first brought it."""
    since = uploaded.supersede(days, last_word)
    for version in uploaded.within(days):
        first = version.content
        if texts.same(first.value, last_word.value):
            repeated = replace(last_word, file=first.file, row=first.row, repeated=(last_word.file, last_word.row))
            since = since.supersede(version.days.within(days), repeated)
    return since


def taken_values(fact: CustomerRegistered | BusinessFieldsUploaded) -> Iterator[tuple[str, str, bool, Days]]:
    """The values of a row with the days on which each holds since this fact: all but those on which an edit stood against it.

    Field, value, whether it is a personal one, days. Personal values are gone once their key is destroyed.
    """
    days = fact.days
    for values, personal in ((fact.values or {}, False), (personal_values(fact), True)):
        for key, value in values.items():
            for part in (days,) if isinstance(fact, CustomerRegistered) else _taken_days(fact, key, days):
                yield key, value, personal, part


def _taken_days(fact: BusinessFieldsUploaded, key: str, days: Days) -> Iterable[Days]:
    if key in fact.withheld:
        return ()
    withheld = (fact.withheld_on or {}).get(key)
    return (days,) if withheld is None else days.without(stretch.days for stretch in withheld)


def personal_values(fact: CustomerRegistered | BusinessFieldsUploaded) -> Mapping[str, str]:
    """The personal values of a row by field; none once their key is destroyed, which hides the fields, too."""
    return _readable(fact.personal_values)


def _readable(personal: Any) -> Mapping[str, Any]:
    """Returns these personal values by field; none once their key is destroyed."""
    return {} if personal is None or isinstance(personal, Erased) else personal

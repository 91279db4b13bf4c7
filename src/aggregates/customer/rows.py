"""What a row of a contact upload says of one field: on which days it counts, and where an edit stands against it (rules 3.2, 3.10).

Pure functions over the layers of a customer's field, used by `BusinessFields` when it decides; `taken_values` reads the answer out of a
fact, for appliers and read models alike.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from json import dumps
from typing import Any, Final
from uuid import UUID

from aggregates import texts
from aggregates.customer.events import BusinessFieldsUploaded, CustomerRegistered, Held
from aggregates.effective import Days, Timeline
from aggregates.fact import MOST_EVENT_BYTES, Erased
from aggregates.field.field import FieldDefinition, Policy

MOST_VALUE_BYTES: Final = MOST_EVENT_BYTES * 5 // 8
"""What the values of one fact may take of the bound of an event as it is stored; the rest of the bound is for everything else in it."""
MOST_STRETCHES: Final = 500
"""Stretches of days on which an edit stands, by field and fact."""
_MOST_BYTES_PER_LETTER: Final = 6
"""Of a letter of four bytes in base64; letters that JSON escapes take fewer."""
_OUTLINE_BYTES: Final = 16
"""That the field of a personal value takes besides, in clear."""
_STRETCH_BYTES: Final = 64


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
        """True when it is another value further down in the same file: a file that contradicts itself means its last row (rule 3.2)."""
        further_down = file is not None and file == self.file and self.row is not None and row < self.row
        return further_down and not texts.same(value, self.value)

    def is_row(self, file: str | None, row: int) -> bool:
        """True when it is this row of this file that said it last."""
        return file is not None and (file, row) == (self.repeated or (self.file, self.row))


@dataclass(frozen=True, slots=True)
class EditedValue:
    """What a person's edit says of a field on some days, its event and the version it made; `None` when it took the value away."""

    value: str | None
    event_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a row on the days of one fact, and the days among them on which an edit stands against it."""

    key: str
    value: str
    personal: bool
    days: Days
    withheld: Sequence[Days] = ()

    @property
    def taken(self) -> tuple[Days, ...]:
        """The days on which the value holds."""
        return tuple(self.days.without(self.withheld))

    @property
    def size(self) -> int:
        """Bytes that it takes in the event as stored, or some more."""
        value = len(dumps(self.value, ensure_ascii=False).encode()) + len(self.key) + _STRETCH_BYTES
        stored = value * 4 // 3 + len(self.key) + _OUTLINE_BYTES if self.personal else value
        return stored + _STRETCH_BYTES * len(self.withheld)


def uploaded_since(uploaded: Timeline[UploadedValue], days: Days, said: UploadedValue) -> Timeline[UploadedValue]:
    """The timeline of what files said last, after this was said of these days: whoever repeats a value is not the one who brought it."""
    since = uploaded.supersede(days, said)
    for before in uploaded.within(days):
        if texts.same(before.content.value, said.value):
            brought = replace(said, file=before.content.file, row=before.content.row, repeated=(said.file, said.row))
            since = since.supersede(before.days.within(days), brought)
    return since


def spoken_days(
    uploaded: Timeline[UploadedValue], value: str, days: Days, file: str | None, row: int
) -> Iterator[Days]:
    """The days on which the row is not overruled by what the same file said further down, at an earlier time."""
    return days.without(one.days for one in uploaded.within(days) if one.content.overrules(value, file, row))


def standing_days(
    policy: Policy, value: str, days: Days, uploaded: Timeline[UploadedValue], edited: Timeline[EditedValue]
) -> list[Days]:
    """The days on which an edit stands against a file's value, in order (rule 3.10).

    `newest`: where the file repeats what the last file said; `agent`: wherever an edit is in force; `upload`: nowhere.
    """
    if policy is Policy.UPLOAD:
        return []
    in_force = [version.days.within(days) for version in edited.within(days)]
    if policy is Policy.AGENT:
        return in_force
    return [
        repeated.days.within(part)
        for part in in_force
        for repeated in uploaded.within(part)
        if texts.same(repeated.content.value, value)
    ]


def cells(definition: FieldDefinition, value: str, days: Days, standing: Sequence[Days]) -> Iterator[Cell]:
    """The value over these days, cut where one fact could not hold all the stretches on which an edit stands."""
    while len(standing) > MOST_STRETCHES:
        first = standing[MOST_STRETCHES].first
        if (before := days.before(first)) is not None:
            yield Cell(definition.key, value, definition.personal, before, standing[:MOST_STRETCHES])
        days, standing = days.since(first), standing[MOST_STRETCHES:]
    yield Cell(definition.key, value, definition.personal, days, standing)


def bundles(row: Iterable[Cell]) -> Iterator[list[Cell]]:
    """The cells in order, in as few bundles as fit one event each (rule 0.11)."""
    bundle: list[Cell] = []
    size = 0
    for cell in row:
        if bundle and size + cell.size > MOST_VALUE_BYTES:
            yield bundle
            bundle, size = [], 0
        bundle.append(cell)
        size += cell.size
    if bundle:
        yield bundle


def first_values(
    values: Mapping[str, str], definitions: Mapping[str, FieldDefinition], days: Days
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The values that the fact that registers a customer brings, and those that are left for further facts.

    Those that do not fit it are left (rule 0.11), and all of them where the days have an end, which is not that of the name.
    """
    if days.last is not None:
        return {}, values
    if _MOST_BYTES_PER_LETTER * sum(map(len, values.values())) + 2 * _STRETCH_BYTES * len(values) <= MOST_VALUE_BYTES:
        return values, {}
    first = next(bundles(Cell(key, value, definitions[key].personal, days) for key, value in values.items()))
    kept = {cell.key: cell.value for cell in first}
    return kept, {key: value for key, value in values.items() if key not in kept}


def taken_values(fact: CustomerRegistered | BusinessFieldsUploaded) -> Iterator[tuple[str, str, bool, Days]]:
    """The values of a row with the days on which each holds since this fact: all but those on which an edit stood against it.

    Field, value, whether it is a personal one, days. Personal values are gone once their key is destroyed.
    """
    days = Days(fact.effective_from, fact.effective_to)
    for values, personal in ((fact.values or {}, False), (personal_values(fact), True)):
        for key, value in values.items():
            for part in (days,) if isinstance(fact, CustomerRegistered) else _taken(fact, key, days):
                yield key, value, personal, part


def _taken(fact: BusinessFieldsUploaded, key: str, days: Days) -> Iterable[Days]:
    if key in fact.withheld:
        return ()
    standing = (fact.withheld_on or {}).get(key)
    return (days,) if standing is None else days.without(Days(one.effective_from, one.effective_to) for one in standing)


def personal_values(fact: CustomerRegistered | BusinessFieldsUploaded) -> Mapping[str, str]:
    """The personal values of a row by field; none once their key is destroyed, which hides the fields, too."""
    values: Any = fact.personal_values
    return {} if values is None or isinstance(values, Erased) else values


def row_payload(bundle: Sequence[Cell]) -> dict[str, Any]:
    """The payload of a fact of a row with these cells, which are of the same days."""
    partly = {
        cell.key: [Held(effective_from=one.first, effective_to=one.last) for one in cell.withheld]
        for cell in bundle
        if cell.withheld and cell.taken
    }
    return {
        "values": {cell.key: cell.value for cell in bundle if not cell.personal},
        "personal_values": {cell.key: cell.value for cell in bundle if cell.personal},
        "withheld": sorted(cell.key for cell in bundle if not cell.taken),
        "withheld_on": partly or None,
        "effective_from": bundle[0].days.first,
        "effective_to": bundle[0].days.last,
    }

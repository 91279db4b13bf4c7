"""Rows of contact uploads: on which days a value counts, where an edit stands against it, and the facts that it comes to (rules 3.2, 3.10).

Pure functions over the `FieldValues` of a customer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any, Final

from aggregates import texts
from aggregates.aggregate import Decision
from aggregates.customer.events import BusinessFieldsUploaded, Held
from aggregates.customer.fields import EDITED, MERGED, UPLOADED, EditedValue, FieldValues, UploadedValue
from aggregates.customer.unmasking import is_hidden
from aggregates.effective import Days, Timeline
from aggregates.fact import MOST_EVENT_BYTES, Origin
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
class Cell:
    """A value of a row on the days of one fact, and the days among them on which an edit stands against it."""

    key: str
    value: str
    personal: bool
    days: Days
    withheld: Sequence[Days] = ()

    @property
    def effective_days(self) -> tuple[Days, ...]:
        """The days on which the value holds."""
        return tuple(self.days.without(self.withheld))

    @property
    def size(self) -> int:
        """Bytes that it takes in the event as stored, or some more."""
        value = len(dumps(self.value, ensure_ascii=False).encode()) + len(self.key) + _STRETCH_BYTES
        stored = value * 4 // 3 + len(self.key) + _OUTLINE_BYTES if self.personal else value
        return stored + _STRETCH_BYTES * len(self.withheld)


def decide_row(
    fields: FieldValues,
    origin: Origin,
    values: Mapping[str, str],
    definitions: Mapping[str, FieldDefinition],
    days: Days,
    *,
    upload: str,
    row: int,
    file: str | None,
) -> tuple[list[Decision], bool]:
    """Returns the facts of a row, and whether a value changes on some day. See `CustomerProfile.upload_fields`."""
    cells_by_days: dict[Days, list[Cell]] = {}
    hidden = {key for key in values if is_hidden(definitions[key], origin.role)}
    for key, value in values.items():
        known_file = _own_file(fields, key, days, file, origin.actor) if key in hidden else file
        for cell in _changing_cells(
            fields, definitions[key], value, days, row=row, file=known_file, hidden=key in hidden
        ):
            cells_by_days.setdefault(cell.days, []).append(cell)
    changed = any(
        cell.key in hidden or not _is_in_force(fields, cell, EDITED, UPLOADED, MERGED)
        for cells in cells_by_days.values()
        for cell in cells
    )
    place = {"upload": upload, "row": row, "file": file}
    decisions = [
        Decision(BusinessFieldsUploaded, {**place, **_payload(bundle)})
        for cells in cells_by_days.values()
        for bundle in _bundles(cells)
    ]
    return decisions, changed


def registration(
    number: str,
    name: str,
    values: Mapping[str, str],
    definitions: Mapping[str, FieldDefinition],
    days: Days,
    *,
    upload: str,
    row: int,
    file: str | None,
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The payload of `CustomerRegistered` for a customer that a row brings, and the values left for further facts (rules 3.2, 0.11).

    The name, and the values in it, hold from the first of the days on, open-ended.
    """
    first, left_over = _first_values(values, definitions, days)
    personal = {key: value for key, value in first.items() if definitions[key].personal}
    payload = {
        "effective_from": days.first,
        "effective_to": None,
        "number": number,
        "name": name,
        "upload": upload,
        "row": row,
        "file": file,
        "values": {key: value for key, value in first.items() if key not in personal},
        "personal_values": personal,
    }
    return payload, left_over


def values_not_uploaded(
    fields: FieldValues, values: Mapping[str, str], days: Days, *, row: int, file: str | None = None
) -> dict[str, str]:
    """Returns the row's values that the files have not brought this customer for all of these days (rule 3.2)."""
    return {
        key: value for key, value in values.items() if not _is_uploaded(fields, key, value, days, row=row, file=file)
    }


def _is_uploaded(fields: FieldValues, key: str, value: str, days: Days, *, row: int, file: str | None = None) -> bool:
    uploaded = fields.uploaded.get(key, Timeline())
    return uploaded.holds(
        days, lambda last_upload: texts.same(last_upload.value, value) or last_upload.overrules(value, file, row)
    )


def _changing_cells(
    fields: FieldValues,
    definition: FieldDefinition,
    value: str,
    days: Days,
    *,
    row: int,
    file: str | None,
    hidden: bool,
) -> Iterator[Cell]:
    """Yields the value over the days on which it counts, as far as it changes anything there."""
    key = definition.key
    uploaded, edited = fields.uploaded.get(key, Timeline()), fields.edited.get(key, Timeline())
    for counting_days in _counting_days(uploaded, value, days, file, row):
        days_of_edits = _days_of_edits(definition.policy, value, counting_days, uploaded, edited)
        cells = list(_cells(definition, value, counting_days, days_of_edits))
        repeated = _is_uploaded(fields, key, value, counting_days, row=row) and all(
            _is_in_force(fields, cell, UPLOADED) for cell in cells
        )
        if not repeated or (
            hidden and not uploaded.holds(counting_days, lambda last_upload: last_upload.is_row(file, row))
        ):
            yield from cells


def _own_file(fields: FieldValues, key: str, days: Days, file: str | None, actor: str) -> str | None:
    """The file, or `None` where somebody else's spoke last on any of the days: that it is the same file would tell its values."""
    uploaded = fields.uploaded.get(key, Timeline())
    return None if any(version.content.by != actor for version in uploaded.within(days)) else file


def _is_in_force(fields: FieldValues, cell: Cell, *sources: str) -> bool:
    """Returns whether the value is in force already on all its days, from one of these sources."""
    in_force = fields.in_force.get(cell.key, Timeline())
    return all(
        in_force.holds(days, lambda present: present.source in sources and texts.same(present.value, cell.value))
        for days in cell.effective_days
    )


def _counting_days(
    uploaded: Timeline[UploadedValue], value: str, days: Days, file: str | None, row: int
) -> Iterator[Days]:
    """Yields the days on which no row further down in the same file overrules this one."""
    return days.without(
        version.days for version in uploaded.within(days) if version.content.overrules(value, file, row)
    )


def _days_of_edits(
    policy: Policy, value: str, days: Days, uploaded: Timeline[UploadedValue], edited: Timeline[EditedValue]
) -> list[Days]:
    """Returns the days on which an edit has precedence over a file's value, in order (rule 3.10).

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


def _cells(definition: FieldDefinition, value: str, days: Days, days_of_edits: Sequence[Days]) -> Iterator[Cell]:
    """Yields the value over these days, split where one fact could not hold all the stretches of days of edits."""
    while len(days_of_edits) > MOST_STRETCHES:
        first = days_of_edits[MOST_STRETCHES].first
        if (before := days.before(first)) is not None:
            yield Cell(definition.key, value, definition.personal, before, days_of_edits[:MOST_STRETCHES])
        days, days_of_edits = days.since(first), days_of_edits[MOST_STRETCHES:]
    yield Cell(definition.key, value, definition.personal, days, days_of_edits)


def _bundles(row: Iterable[Cell]) -> Iterator[list[Cell]]:
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


def _first_values(
    values: Mapping[str, str], definitions: Mapping[str, FieldDefinition], days: Days
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The values that the fact that registers a customer brings, and those that are left for further facts.

    Those that do not fit it are left (rule 0.11), and all of them where the days have an end, which is not that of the name.
    """
    if days.last is not None:
        return {}, values
    if _MOST_BYTES_PER_LETTER * sum(map(len, values.values())) + 2 * _STRETCH_BYTES * len(values) <= MOST_VALUE_BYTES:
        return values, {}
    first = next(_bundles(Cell(key, value, definitions[key].personal, days) for key, value in values.items()))
    fitting = {cell.key: cell.value for cell in first}
    return fitting, {key: value for key, value in values.items() if key not in fitting}


def _payload(bundle: Sequence[Cell]) -> dict[str, Any]:
    """The payload of a fact of a row with these cells, which are of the same days."""
    partly = {
        cell.key: [Held(effective_from=days.first, effective_to=days.last) for days in cell.withheld]
        for cell in bundle
        if cell.withheld and cell.effective_days
    }
    return {
        "values": {cell.key: cell.value for cell in bundle if not cell.personal},
        "personal_values": {cell.key: cell.value for cell in bundle if cell.personal},
        "withheld": sorted(cell.key for cell in bundle if not cell.effective_days),
        "withheld_on": partly or None,
        "effective_from": bundle[0].days.first,
        "effective_to": bundle[0].days.last,
    }

"""Suggests where the columns of a contact file go: by a mapping, by their names, or by the look of their values (rule 3.2). Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aggregates.customer.numbers import alternate_number_text, customer_number
from aggregates.customer.profile import LONGEST_NAME
from aggregates.errors import DomainError
from aggregates.field.field import FieldDefinition
from aggregates.field.types import FieldType, ZoneOn, read
from aggregates.texts import text
from aggregates.upload.mapping import ALTERNATE_NUMBER, LONGEST_COLUMN, MOST_COLUMNS, NAME, NUMBER, SPECIAL, column_key
from jobs.upload.contact_file.head import Column
from jobs.upload.contact_file.originals import REASON_COLUMN

EXAMPLES: Final = 5
"""Different values of a column that are shown."""
_NUMBER_WORDS: Final = ("number", "no", "nr", "num", "id", "code")
_EMAIL_WORDS: Final = ("email", "e mail", "mail", "email address", "e mail address", "mail address", "email id")
_SYNONYMS: Final[Mapping[str, Sequence[str]]] = {
    NUMBER: (
        *(f"{who} {what}" for who in ("customer", "cust", "client") for what in _NUMBER_WORDS),
        *("customer", "client", "number", "no", "nr", "id", "rec id", "record id"),
    ),
    ALTERNATE_NUMBER: ("alternate number", "alternate no", "alternate id", "alternate customer number", "alt"),
    NAME: ("name", "customer name", "full name"),
    "first_name": ("given name", "forename", "first"),
    "last_name": ("surname", "family name", "last"),
    "address": ("street", "street address", "address 1"),
    "date_of_birth": ("birth date", "birthdate", "birthday", "born", "dob"),
    "city": ("town", "suburb"),
}
"""Other names, of what every row may have and of the fields that exist from the start."""
_TELLING: Final = (FieldType.EMAIL, FieldType.PHONE, FieldType.DATE, FieldType.DATETIME, FieldType.CHOICE)
"""Types that are recognised by their values."""
_APART: Final = re.compile(r"[\W_]+")


class SuggestedBy(StrEnum):
    """What a suggestion comes from."""

    REQUEST = "request"
    MAPPING = "mapping"
    NAME = "name"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a column goes: a field's key, `customer_number`, `alternate_number` or `name`."""

    target: str
    by: SuggestedBy


class Names:
    """The targets that the name of a column may mean: what a row may have besides fields, and the fields that are active."""

    def __init__(self, fields: Mapping[str, FieldDefinition]) -> None:
        self._targets: dict[str, str] = {}
        active = [definition for definition in fields.values() if definition.active]
        for target in SPECIAL:
            self._add(target, target)
        for definition in active:
            self._add(definition.key, definition.key)
        for definition in active:
            self._add(definition.label, definition.key)
        for target in (*SPECIAL, *(definition.key for definition in active)):
            for name in _SYNONYMS.get(target, ()):
                self._add(name, target)
        addresses = [definition.key for definition in active if definition.type is FieldType.EMAIL]
        for name in _EMAIL_WORDS if len(addresses) == 1 else ():
            self._add(name, addresses[0])

    def target(self, name: str) -> str | None:
        """Returns the target that a column's name means, `None` if it means none."""
        return self._targets.get(_plain(name))

    def is_name(self, cell: str) -> bool:
        """Returns true if a cell is such a name."""
        return self.target(cell) is not None

    def _add(self, name: str, target: str) -> None:
        self._targets.setdefault(_plain(name), target)


def suggestions(
    columns: Sequence[Column],
    fields: Mapping[str, FieldDefinition],
    *,
    mapped: Mapping[str, str],
    by: SuggestedBy,
    zone: ZoneOn,
) -> dict[int, Suggestion]:
    """Returns where columns go, by their place; each target is suggested once. `mapped` is what a mapping, or the request, says.

    Where the request says it, nothing else is suggested.
    """
    targets = {column_key(name): target for name, target in mapped.items()}
    suggested = {
        column.place: Suggestion(targets[column_key(column.name)], by)
        for column in columns
        if column_key(column.name) in targets
    }
    if by is SuggestedBy.REQUEST:
        return suggested
    names = Names(fields)
    for column in _free(columns, suggested):
        target = names.target(column.name)
        if target is not None and not _taken(target, suggested):
            suggested[column.place] = Suggestion(target, SuggestedBy.NAME)
    suggested |= _by_look(_free(columns, suggested), fields, suggested, zone)
    return dict(sorted(suggested.items())[:MOST_COLUMNS])


def examples(column: Column) -> list[str]:
    """Returns the first different values of a column."""
    values: dict[str, None] = {}
    for _, cell in column.cells:
        values[cell] = None
        if len(values) == EXAMPLES:
            break
    return list(values)


def fault_of(target: str, cell: str, fields: Mapping[str, FieldDefinition], zone: ZoneOn) -> str | None:
    """Returns why a value would be refused, `None` if it would be taken as far as can be told from the value alone."""
    checks: dict[str, Callable[[str], object]] = {
        NUMBER: customer_number,
        ALTERNATE_NUMBER: alternate_number_text,
        NAME: lambda name: text(name, field=NAME, label="The name", longest=LONGEST_NAME),
    }
    check = checks.get(target) or (lambda value: fields[target].read(value, zone))
    try:
        check(cell)
    except DomainError as fault:
        return fault.text
    return None


def is_reason(column: Column) -> bool:
    """Returns true for the column that Dossier adds to a file of refused rows."""
    return column_key(column.name) == column_key(REASON_COLUMN)


def _plain(name: str) -> str:
    return _APART.sub(" ", column_key(name)).strip()


def _free(columns: Iterable[Column], found: Mapping[int, Suggestion]) -> list[Column]:
    """Returns the columns that a mapping could name and that go nowhere yet."""
    return [
        column
        for column in columns
        if column.place not in found and 1 <= len(column.name) <= LONGEST_COLUMN and not is_reason(column)
    ]


def _taken(target: str, found: Mapping[int, Suggestion]) -> bool:
    return any(suggestion.target == target for suggestion in found.values())


def _by_look(
    columns: Sequence[Column], fields: Mapping[str, FieldDefinition], found: Mapping[int, Suggestion], zone: ZoneOn
) -> dict[int, Suggestion]:
    """Returns suggestions where one column looks like the only free field of its type, and no other column does."""
    free = [field for field in fields.values() if field.active and not _taken(field.key, found)]
    guesses: dict[int, Suggestion] = {}
    for type_ in _TELLING:
        of_type = [field for field in free if field.type is type_]
        if len(of_type) == 1:
            [field] = of_type
            alike = [column for column in columns if column.place not in guesses and _looks_like(column, field, zone)]
            if len(alike) == 1:
                guesses[alike[0].place] = Suggestion(field.key, SuggestedBy.VALUES)
    return guesses


def _looks_like(column: Column, field: FieldDefinition, zone: ZoneOn) -> bool:
    """Returns true if all examples of a column are values of the field's type."""
    values = examples(column)
    try:
        for value in values:
            read(field.type, value, field.choices, zone=zone)
    except DomainError:
        return False
    return bool(values)

"""Values of business fields as they are typed or stand in a row, read into their canonical texts (rules 3.1, 3.2, 3.9)."""

from collections.abc import Mapping
from typing import Any, Final

from aggregates.errors import DomainError, InvalidError
from aggregates.field.field import FieldDefinition
from aggregates.field.types import FieldType, ZoneOn, utc

_NUMBERS: Final = (FieldType.INTEGER, FieldType.DECIMAL)


class FieldNotDefinedError(InvalidError):
    """There is no such field, or it is not active any more."""


class FieldRequiredError(InvalidError):
    """A required field must keep a value."""


def read_row(
    raw: Mapping[str, str], definitions: Mapping[str, FieldDefinition], *, new: bool, zone: ZoneOn = utc
) -> tuple[dict[str, str], list[DomainError]]:
    """The canonical values of a row's cells by field key, blank ones left out, and what is wrong with the others.

    `new`: the row makes a customer, so every required field that is mapped must have a value.
    `zone`: the company's, for times without one.
    """
    faults: list[DomainError] = []
    values: dict[str, str] = {}
    for key, cell in raw.items():
        definition = definitions[key]
        if cell and not cell.isspace():
            try:
                values[key] = definition.read(cell, zone)
            except DomainError as fault:
                fault.field = key
                faults.append(fault)
        elif new and definition.required:
            faults.append(FieldRequiredError(f"{definition.label} must have a value.", field=key))
    return values, faults


def defined_field(definitions: Mapping[str, FieldDefinition], key: str) -> FieldDefinition:
    """The definition of an active field. Raises `FieldNotDefinedError`."""
    definition = definitions.get(key)
    if definition is None or not definition.active:
        raise FieldNotDefinedError(f"Field {key[:60]} is not defined.")
    return definition


def edited_value(definition: FieldDefinition, raw: Any, zone: ZoneOn = utc) -> str | None:
    """The canonical text of what was typed, `None` for a blank: a text, or a whole number where the field holds numbers.

    `zone`: the company's, for times without one. Raises `FieldRequiredError`, `InvalidError`, `TextError`.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        if definition.required:
            raise FieldRequiredError(f"{definition.label} must have a value.")
        return None
    if type(raw) is not str and (type(raw) is not int or definition.type not in _NUMBERS):
        raise InvalidError(f"{definition.label} must be given as text.")
    return definition.read(str(raw), zone)

"""Use cases of business field definitions."""

from collections.abc import Mapping
from typing import Any

from aggregates.field.field import BusinessField, FieldNotFoundError, is_key
from aggregates.use_case import FactStore, Outcome, Request, command


@command
def define_field(store: FactStore, request: Request, *, key: str, members: Mapping[str, Any]) -> Outcome:
    """Defines a business field; `members` are the other members of `FieldDefinition` (rule 3.1)."""
    valid_key = key.strip() if is_key(key) else ""
    field = store.load(BusinessField, valid_key) or BusinessField.new(store.company, valid_key)
    field.expect(request.expected_versions)
    field.define(request.origin, key=key, **members)
    return store.keep(request, field)


@command
def change_field(store: FactStore, request: Request, *, key: str, changes: Mapping[str, Any]) -> Outcome:
    """Changes what is given, and not `None`, of a field's definition; `active=False` takes it out of the widget."""
    field = store.load(BusinessField, key)
    if field is None:
        raise FieldNotFoundError(f"Field {key} is not defined.")
    field.expect(request.expected_versions)
    field.change(request.origin, **changes)
    return store.keep(request, field)


@command
def define_standard_field(store: FactStore, request: Request, *, key: str, members: Mapping[str, Any]) -> Outcome:
    """Defines a field of `STANDARD`; records nothing when it is defined already, even if it was changed since."""
    field = store.load(BusinessField, key)
    if field is None:
        field = BusinessField.new(store.company, key)
        field.define(request.origin, key=key, **members)
    return store.keep(request, field)

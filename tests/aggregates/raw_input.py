"""Parses raw options, amounts and attributes as commands do, for their tests."""

from typing import Any

from aggregates.errors import DomainError
from aggregates.profile_class.terms import read_patch
from aggregates.texts import Faults


def read(**given: Any) -> tuple[dict[str, Any], list[tuple[str | None, str]]]:
    """The patch of a raw input, and its faults by field."""
    faults = Faults()
    patch = read_patch(faults, **given)
    assert all(isinstance(fault, DomainError) for fault in faults.errors)
    return patch, [(fault.field, fault.text) for fault in faults.errors]


def fault_of(**given: Any) -> tuple[str | None, str]:
    """The one fault of a raw input, of which nothing is left."""
    patch, [fault] = read(**given)
    assert patch == {}
    return fault

"""System controls and attribute mappings, at two clocks (rules 4.1, 4.2). Called with a view of the read model `controls`."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from aggregates.setup.controls import CONTROLS, SystemControls
from aggregates.setup.mappings import AttributeMappings
from projections.controls.tables import VERSIONS
from projections.reading.view import View
from projections.tables.bitemporal import clocks, in_force, known_then
from projections.tables.explanation import Explainable
from store.database import Row

_IN_FORCE: Final = f"""
    SELECT code, value, lower(valid), upper(valid) - 1, event_id, set_by, set_at, reason
    FROM control_values AS control WHERE {in_force("control")}
"""
_MAPPED: Final = f"SELECT mapped, attribute FROM attribute_mappings AS mapping WHERE {known_then('mapping')}"


class ControlValue(Explainable):
    """A system control and its value. `default`: none was set for the day, so it has the one it starts with, and no dates, nor anybody
    who set it.

    `version` is the one of all controls together.
    """

    code: str
    label: str
    value: str
    default: bool
    effective_from: date | None
    effective_to: date | None
    set_by: str | None = Field(description="Who set it; `null` where none was set for the day.")
    set_at: datetime | None = Field(description="When it was set; `null` where none was set for the day.")
    reason: str | None = Field(description="Why it was set; `null` where no reason was given.")
    event_id: UUID | None = Field(description="The event that set it; `null` where none was set for the day.")
    version: int


class MappingRow(Explainable):
    """What is mapped (`category:<code>`, `field:<key>`) to which Customer Engagement attribute."""

    mapped: str
    attribute: str


def controls(view: View) -> list[ControlValue]:
    """Every system control that is listed (see `Control`) with its value in force, in order of display."""
    values = _values(view)
    return [value for value in values if not (value.default and CONTROLS[value.code].since_recorded)]


def control(view: View, code: str) -> ControlValue | None:
    """One system control, listed or not, whatever the case of the code; `None` when there is none."""
    folded = code.strip().casefold()
    return next((control for control in _values(view) if control.code.casefold() == folded), None)


def _values(view: View) -> list[ControlValue]:
    in_force_by_code = {row[0]: row[1:] for row in view.connection.execute(_IN_FORCE, clocks(view))}
    version = VERSIONS.at(view, SystemControls.KIND)
    return [_value(code, in_force_by_code.get(code), version) for code in CONTROLS]


def mappings(view: View) -> list[MappingRow]:
    """Returns all mappings, as known then: by kind, then by code."""
    rows = view.connection.execute(_MAPPED, clocks(view)).fetchall()
    return [MappingRow(mapped=mapped, attribute=attribute) for mapped, attribute in sorted(rows, key=_order)]


def mappings_version(view: View) -> int:
    """The version of all mappings together; 0 while nothing was ever mapped."""
    return VERSIONS.at(view, AttributeMappings.KIND)


def _value(code: str, row: Row | None, version: int) -> ControlValue:
    value, first, last, event_id, set_by, set_at, reason = row or (CONTROLS[code].default, *[None] * 6)
    return ControlValue(
        code=code,
        label=CONTROLS[code].label,
        value=value,
        default=row is None,
        effective_from=first,
        effective_to=last,
        set_by=set_by,
        set_at=set_at,
        reason=reason,
        event_id=event_id,
        version=version,
    )


def _order(row: Row) -> tuple[str, int, str]:
    kind, _, code = row[0].partition(":")
    return kind, int(code) if code.isdecimal() else 0, code

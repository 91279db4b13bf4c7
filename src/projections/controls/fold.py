"""`controls`: the read model of system control values and attribute mappings, at two clocks (rules 4.1, 4.2).

Read by the API through `controls`, `control`, `mappings` and `mappings_version`. Mappings have no effective dates. To recover it:
`dossier rebuild controls`.
"""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, Final

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.setup.controls import CONTROLS, SystemControls
from aggregates.setup.events import AttributeMapped, AttributeUnmapped, ControlValueSet
from aggregates.setup.mappings import AttributeMappings
from projections.engine.projection import Projection, Seen
from projections.reading.read_models import View
from projections.tables.bitemporal import clocks, in_force, known_then
from projections.tables.controls import control_change, controls_table, mapping_change, mappings_table
from projections.tables.versions import Versions
from store.database import Row

_VALUES: Final = controls_table("control_values")
_MAPPINGS: Final = mappings_table("attribute_mappings")
_VERSIONS: Final = Versions("control_versions")
"""By kind of aggregate: the controls are one aggregate, the mappings another."""

_IN_FORCE: Final = f"""
    SELECT code, value, lower(valid), upper(valid) - 1 FROM control_values AS control WHERE {in_force("control")}
"""
_MAPPED: Final = f"SELECT mapped, attribute FROM attribute_mappings AS mapping WHERE {known_then('mapping')}"


class ControlValue(BaseModel):
    """A system control and its value. `default`: none was set for the day, so it has the one it starts with, and no dates.

    `version` is the one of all controls together.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    label: str
    value: str
    default: bool
    effective_from: date | None
    effective_to: date | None
    version: int


class MappingRow(BaseModel):
    """What is mapped (`category:<code>`, `field:<key>`) to which Customer Engagement attribute."""

    model_config = ConfigDict(frozen=True)

    mapped: str
    attribute: str


class ControlsProjection(Projection):
    """System control values and attribute mappings."""

    name: ClassVar[str] = "controls"
    topics: ClassVar[frozenset[str]] = frozenset(
        {ControlValueSet.TOPIC, AttributeMapped.TOPIC, AttributeUnmapped.TOPIC}
    )
    tables: ClassVar[tuple[str, ...]] = (_VALUES.table, _MAPPINGS.table, _VERSIONS.table)
    ddl: ClassVar[str] = _VALUES.ddl + _MAPPINGS.ddl + _VERSIONS.ddl

    def fold(self, connection: Connection[Row], facts: Sequence[Seen]) -> None:
        """See `Projection`."""
        told = [seen.fact for seen in facts]
        _VALUES.fold(connection, [control_change(fact) for fact in told if isinstance(fact, ControlValueSet)])
        mapping = [fact for fact in told if isinstance(fact, AttributeMapped | AttributeUnmapped)]
        _MAPPINGS.fold(connection, [mapping_change(fact) for fact in mapping])
        _VERSIONS.fold(connection, [(fact.TOPIC.partition(".")[0], fact) for fact in told])


def controls(view: View) -> list[ControlValue]:
    """Every system control that is listed (see `Control`) with its value in force, in order of display."""
    values = _values(view)
    return [value for value in values if not (value.default and CONTROLS[value.code].since_recorded)]


def control(view: View, code: str) -> ControlValue | None:
    """One system control, listed or not, whatever the case of the code; `None` when there is none."""
    return next((one for one in _values(view) if one.code.casefold() == code.strip().casefold()), None)


def _values(view: View) -> list[ControlValue]:
    found: dict[str, tuple[str, date, date | None]] = {
        code: (value, first, last) for code, value, first, last in view.connection.execute(_IN_FORCE, clocks(view))
    }
    version = _VERSIONS.at(view, SystemControls.KIND)
    return [_value(code, found.get(code), version) for code in CONTROLS]


def mappings(view: View) -> list[MappingRow]:
    """What is mapped, as known then: by kind, then by code."""
    rows = view.connection.execute(_MAPPED, clocks(view)).fetchall()
    return [MappingRow(mapped=mapped, attribute=attribute) for mapped, attribute in sorted(rows, key=_order)]


def mappings_version(view: View) -> int:
    """The version of all mappings together; 0 while nothing was ever mapped."""
    return _VERSIONS.at(view, AttributeMappings.KIND)


def _value(code: str, found: tuple[str, date, date | None] | None, version: int) -> ControlValue:
    value, first, last = found or (CONTROLS[code].default, None, None)
    return ControlValue(
        code=code,
        label=CONTROLS[code].label,
        value=value,
        default=found is None,
        effective_from=first,
        effective_to=last,
        version=version,
    )


def _order(row: Row) -> tuple[str, int, str]:
    kind, _, code = row[0].partition(":")
    return kind, int(code) if code.isdecimal() else 0, code

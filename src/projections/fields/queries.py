"""Business fields as they are read, at two clocks: definitions, and the values of a customer (rules 3.1, 5.2).

Called by the API, and by `answers`, with a view of the read model `fields`. A value is to be masked where its field is masked, as known
then or now: an earlier `known_at` is no way around a mask.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from aggregates.customer.profile import CustomerProfile
from aggregates.field.field import Group
from projections.fields.tables import DEFINITIONS, MERGES, PLACES, UPLOADS, VALUES, VERSIONS, open_value
from projections.reading.view import View
from projections.tables.bitemporal import clocks, in_force, known_then
from projections.tables.explanation import Explainable

_DEFINITIONS: Final = f"""
    SELECT one.field, one.definition, {known_then("one")}, upper(one.known) = 'infinity', {VERSIONS.at_known("one.field")}
    FROM {DEFINITIONS.table} AS one JOIN {PLACES} AS place USING (field)
    WHERE {known_then("one")} OR upper(one.known) = 'infinity'
    ORDER BY place.position
"""
_VALUES: Final = f"""
    SELECT owner.number, wanted.field, found.*
    FROM unnest(%(numbers)s::text[]) AS owner (number) CROSS JOIN unnest(%(fields)s::text[]) AS wanted (field)
    CROSS JOIN LATERAL (
        SELECT one.value, one.personal, one.source, one.event_id, one.changed_by, one.changed_at,
               lower(one.valid), upper(one.valid) - 1
        FROM {VALUES.table} AS one
        WHERE one.number = owner.number AND one.field = wanted.field AND {in_force("one")} OFFSET 0
    ) AS found
"""


def brought(number: str, fields: str) -> str:
    """SQL expression: whether an upload brought a customer one of these fields (rule 3.3), each an SQL expression, too.

    Uploads of the customer, and of those merged into it, count. OFFSET 0 keeps it index probes, whatever the planner knows.
    """
    return f"""(
        WITH RECURSIVE own AS (
            SELECT {number}::text COLLATE "C" AS number
            UNION
            SELECT found.other FROM own CROSS JOIN LATERAL (
                SELECT one.other FROM {MERGES.table} AS one WHERE one.number = own.number AND {known_then("one")} OFFSET 0
            ) AS found
        )
        SELECT EXISTS (
            SELECT FROM own CROSS JOIN LATERAL (
                SELECT FROM {UPLOADS} AS row
                WHERE row.number = own.number AND row.recorded_at <= %(known_at)s
                  AND string_to_array(row.fields, ' ') && {fields} OFFSET 0
            ) AS brought
        )
    )"""


class FieldRead(Explainable):
    """A definition as known then (rule 3.1). `group`: where the widget shows it; `policy`: what an upload does to an edit."""

    key: str
    label: str
    group: str
    type: str
    agent_editable: bool
    position: int
    required: bool
    personal: bool
    masked: bool
    choices: list[str]
    policy: str
    validators: list[str]
    active: bool
    searchable: bool
    version: int


@dataclass(frozen=True, slots=True)
class Definitions:
    """Definitions as known then, by group, position, then order of definition (rule 3.8), and the fields that are masked, then or now."""

    fields: Sequence[FieldRead]
    masked: Collection[str]

    def shown(self, group: Group) -> list[FieldRead]:
        """Active ones of a group."""
        return [field for field in self.fields if field.group == group and field.active]


def definitions(view: View) -> list[FieldRead]:
    """All definitions: by group, position, then order of definition (rule 3.8)."""
    return list(known_definitions(view).fields)


def definition(view: View, key: str) -> FieldRead | None:
    """One definition; `None` when there was none, as known then."""
    return next((field for field in definitions(view) if field.key == key), None)


def masked_fields(view: View) -> Collection[str]:
    """Fields that are masked, as known then or now."""
    return known_definitions(view).masked


def values_of(view: View, number: str) -> list[tuple[FieldRead, str, UUID, bool]]:
    """Every value in force of a customer, shown in the widget or not: its definition, the event that set it, and whether to mask it."""
    definitions = known_definitions(view)
    values = values_in_force(view, number, [field.key for field in definitions.fields])
    return [
        (field, values[field.key]["value"], values[field.key]["event_id"], field.key in definitions.masked)
        for field in definitions.fields
        if field.key in values
    ]


def known_definitions(view: View) -> Definitions:
    """The definitions of a view."""
    rows = view.connection.execute(_DEFINITIONS, clocks(view)).fetchall()
    recorded = [(orjson.loads(row[1]), *row[2:]) for row in rows]
    fields = [FieldRead(**content, version=version) for content, is_known, _, version in recorded if is_known]
    masked = {content["key"] for content, *_ in recorded if content["masked"]}
    return Definitions(sorted(fields, key=lambda field: (field.group, field.position)), masked)


def values_in_force(view: View, number: str, fields: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The values of a customer by field, of these fields: the members of a `WidgetField` that a value has, and its `event_id`."""
    return each_values_in_force(view, [number], fields)[number]


def each_values_in_force(
    view: View, numbers: Sequence[str], fields: Sequence[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The same of several customers, by number."""
    subjects = {number: CustomerProfile.id_of(view.company, number) for number in numbers}
    parameters = {**clocks(view), "numbers": list(numbers), "fields": list(fields)}
    rows = view.connection.execute(_VALUES, parameters).fetchall()
    view.keys.preload({subjects[number] for number, _, value, *_ in rows if value is None}, view.connection)
    values: dict[str, dict[str, dict[str, Any]]] = {number: {} for number in numbers}
    for number, field, value, sealed, source, event_id, changed_by, changed_at, first, last in rows:
        values[number][field] = {
            "value": value
            if value is not None
            else str.__str__(open_value(view.keys, subjects[number], field, sealed)),
            "source": source,
            "event_id": event_id,
            "effective_from": first,
            "effective_to": last,
            "changed_by": changed_by,
            "changed_at": changed_at,
        }
    return values

"""Business fields as they are read, at two clocks: definitions, and a customer's widget (rules 3.1, 3.3, 3.8, 5.2).

Called by the API and the command line with a view of the read models in `WIDGET`; definitions need `fields` only. A value is masked
where its field is masked, as known then or now: an earlier `known_at` is no way around a mask.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from aggregates.customer.profile import CustomerProfile
from aggregates.field.field import Group
from projections.customers.queries import customer
from projections.fields.tables import DEFINITIONS, MERGES, PLACES, UPLOADS, VALUES, VERSIONS, open_value
from projections.reading.read_models import View
from projections.tables.bitemporal import clocks, in_force, known_then

WIDGET: Final = ("fields", "customers")
"""The read models that a view for `widget` must be of."""
MASK: Final = "••••"
"""What a masked value reads as, whatever its length."""
BUSINESS_FIELDS: Final = "Business Fields"
OPTIONAL_BUSINESS_FIELDS: Final = "Optional Business Fields"

_DEFINITIONS: Final = f"""
    SELECT one.field, one.definition, {known_then("one")}, upper(one.known) = 'infinity', {VERSIONS.then("one.field")}
    FROM {DEFINITIONS.table} AS one JOIN {PLACES} AS place USING (field)
    WHERE {known_then("one")} OR upper(one.known) = 'infinity'
    ORDER BY place.position
"""
_VALUES: Final = f"""
    SELECT wanted.field, found.* FROM unnest(%(fields)s::text[]) AS wanted (field)
    CROSS JOIN LATERAL (
        SELECT one.value, one.personal, one.source, one.event_id, one.changed_by, one.changed_at,
               lower(one.valid), upper(one.valid) - 1
        FROM {VALUES.table} AS one
        WHERE one.number = %(number)s AND one.field = wanted.field AND {in_force("one")} OFFSET 0
    ) AS found
"""
_BROUGHT: Final = f"""
    WITH RECURSIVE own AS (
        SELECT %(number)s::text COLLATE "C" AS number
        UNION
        SELECT found.other FROM own CROSS JOIN LATERAL (
            SELECT one.other FROM {MERGES.table} AS one WHERE one.number = own.number AND {known_then("one")} OFFSET 0
        ) AS found
    )
    SELECT EXISTS (
        SELECT FROM own CROSS JOIN LATERAL (
            SELECT FROM {UPLOADS} AS row
            WHERE row.number = own.number AND row.recorded_at <= %(known_at)s
              AND string_to_array(row.fields, ' ') && %(fields)s::text[] OFFSET 0
        ) AS brought
    )
"""
"""Uploads of the customer, and of those merged into it, count. OFFSET 0 keeps it index probes, whatever the planner knows."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldRead(_Model):
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
    version: int


class WidgetField(_Model):
    """A field and its value on the day, `None` where it has none.

    `masked`: the value is hidden behind `••••`. `editable`: agents may edit it, on a call and in its wrap-up. `source` is `edit`,
    `upload` or `merge`; `effective_from` and `effective_to` are the days, both inclusive, on which the value holds.
    """

    key: str
    label: str
    type: str
    value: str | None
    masked: bool
    editable: bool
    required: bool
    personal: bool
    choices: list[str]
    source: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None


class WidgetGroup(_Model):
    """A section of the widget."""

    label: str
    fields: list[WidgetField]


class Widget(_Model):
    """A customer's business fields. `version` is the customer's; `optional` is absent when no upload brought an optional field."""

    number: str
    name: str
    title: str
    version: int
    valid_at: date
    known_at: datetime
    business: WidgetGroup
    optional: WidgetGroup | None = Field(None, exclude_if=lambda group: group is None)

    @property
    def fields(self) -> list[WidgetField]:
        """All that is shown."""
        return [*self.business.fields, *(self.optional.fields if self.optional else ())]


@dataclass(frozen=True, slots=True)
class _Definitions:
    """Definitions as known then, in the widget's order, and the fields that are masked, then or now."""

    fields: Sequence[FieldRead]
    masked: Collection[str]

    def shown(self, group: Group) -> list[FieldRead]:
        """Active ones of a group."""
        return [one for one in self.fields if one.group == group and one.active]


def definitions(view: View) -> list[FieldRead]:
    """All definitions: by group, position, then order of definition (rule 3.8)."""
    return list(_read(view).fields)


def definition(view: View, key: str) -> FieldRead | None:
    """One definition; `None` when there was none, as known then."""
    return next((one for one in definitions(view) if one.key == key), None)


def masked_fields(view: View) -> Collection[str]:
    """Fields that are masked, as known then or now."""
    return _read(view).masked


def widget(view: View, number: str, *, sort: bool = False, unmask: bool = False) -> Widget | None:
    """The widget of a customer; `None` when there is none with this number, as known then.

    `sort`: each group ascending by label, whatever its case (rule 3.8). `unmask`: masked values are shown, which the caller must
    have recorded (rule 5.2).
    """
    found = customer(view, number)
    if found is None:
        return None
    known = _read(view)
    optional = known.shown(Group.OPTIONAL)
    groups = [known.shown(Group.BUSINESS), optional if _brought(view, number, optional) else []]
    values = _values(view, number, [one.key for group in groups for one in group])
    hidden = () if unmask else known.masked
    business, further = (
        [_field(one, values.get(one.key, {}), hidden=one.key in hidden) for one in _ordered(group, sort=sort)]
        for group in groups
    )
    return Widget(
        number=number,
        name=found.name,
        title=f"{found.name} {number}",
        version=found.version,
        valid_at=view.valid_at,
        known_at=view.known_at,
        business=WidgetGroup(label=BUSINESS_FIELDS, fields=business),
        optional=WidgetGroup(label=OPTIONAL_BUSINESS_FIELDS, fields=further) if further else None,
    )


def values_of(view: View, number: str) -> list[tuple[FieldRead, str, UUID, bool]]:
    """Every value in force of a customer, shown in the widget or not: its definition, the event that set it, and whether to mask it."""
    known = _read(view)
    values = _values(view, number, [one.key for one in known.fields])
    return [
        (one, values[one.key]["value"], values[one.key]["event_id"], one.key in known.masked)
        for one in known.fields
        if one.key in values
    ]


def _ordered(fields: list[FieldRead], *, sort: bool) -> list[FieldRead]:
    return sorted(fields, key=lambda one: one.label.casefold()) if sort else fields


def _read(view: View) -> _Definitions:
    rows = view.connection.execute(_DEFINITIONS, clocks(view)).fetchall()
    said = [(orjson.loads(row[1]), *row[2:]) for row in rows]
    fields = [FieldRead(**one, version=version) for one, then, _, version in said if then]
    masked = {one["key"] for one, *_ in said if one["masked"]}
    return _Definitions(sorted(fields, key=lambda one: (one.group, one.position)), masked)


def _brought(view: View, number: str, optional: Sequence[FieldRead]) -> bool:
    asked = {"number": number, "known_at": view.known_at, "fields": [one.key for one in optional]}
    row = view.connection.execute(_BROUGHT, asked).fetchone() if optional else None
    return row is not None and bool(row[0])


def _values(view: View, number: str, fields: Sequence[str]) -> dict[str, dict[str, Any]]:
    subject = CustomerProfile.id_of(view.company, number)
    rows = view.connection.execute(_VALUES, {**clocks(view), "number": number, "fields": list(fields)}).fetchall()
    if any(row[1] is None for row in rows):
        view.keys.preload([subject], view.connection)
    return {
        field: {
            "value": value if value is not None else str.__str__(open_value(view.keys, subject, field, sealed)),
            "source": source,
            "event_id": event_id,
            "effective_from": first,
            "effective_to": last,
            "changed_by": changed_by,
            "changed_at": changed_at,
        }
        for field, value, sealed, source, event_id, changed_by, changed_at, first, last in rows
    }


def _field(of: FieldRead, held: dict[str, Any], *, hidden: bool) -> WidgetField:
    shown = {name: one for name, one in held.items() if name != "event_id"}
    return WidgetField(
        key=of.key,
        label=of.label,
        type=of.type,
        masked=hidden,
        editable=of.agent_editable,
        required=of.required,
        personal=of.personal,
        choices=of.choices,
        **{"value": None, **shown, **({"value": MASK} if hidden and held else {})},
    )

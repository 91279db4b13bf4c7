"""Customers by the value of a searchable business field, at two clocks, also while the value is sealed (rules 3.11, 5.1).

Called by `answers` with a view of the read model `fields`. The entries of the blind index are walked in the order of customer numbers, and
each is looked up at the clocks. An erased customer is not found by what was personal.
"""

from collections.abc import Iterator
from typing import Final

from aggregates.customer.profile import CustomerProfile
from aggregates.errors import InvalidError
from aggregates.fact import Erased
from aggregates.field.types import FieldType, read, searched_form
from aggregates.texts import TextError
from projections.fields.blind_index import SEARCHABLE, token_of
from projections.fields.queries import FieldRead, definitions
from projections.fields.tables import INDEX, VALUES, open_value
from projections.reading.view import View
from projections.tables.bitemporal import clocks, in_force

_FIRST_STEP: Final = 8
_LAST_STEP: Final = 1_024
"""Entries that are looked up together: the step doubles up to this."""
_SEARCHABLE_NOW: Final = f"SELECT field FROM ({SEARCHABLE}) AS searchable"
_IN_FORCE: Final = f"""
    SELECT entry.number, held.value, held.personal FROM {INDEX} AS entry
    LEFT JOIN LATERAL (
        SELECT one.value, one.personal FROM {VALUES.table} AS one
        WHERE one.number = entry.number AND one.field = %(field)s AND {in_force("one")} OFFSET 0
    ) AS held ON true
    WHERE entry.token = %(token)s AND entry.number > %(after)s
    ORDER BY entry.number LIMIT %(rows)s
"""


class NotSearchableError(InvalidError):
    """Customers cannot be searched by this field."""


def searchable_fields(view: View) -> list[FieldRead]:
    """The fields by which customers can be searched: those that are searchable as known then, and still are.

    A field that is not searchable any more has no entries in the index, whatever `known_at` is.
    """
    searchable_now = {field for (field,) in view.connection.execute(_SEARCHABLE_NOW)}
    return [field for field in definitions(view) if field.searchable and field.key in searchable_now]


def searchable_field(view: View, key: str) -> FieldRead:
    """A field by which customers can be searched. Raises `NotSearchableError`."""
    field = next((field for field in definitions(view) if field.key == key), None)
    if field is None:
        raise NotSearchableError(f"Field {key} is not defined.", field="field")
    if all(field.key != searchable.key for searchable in searchable_fields(view)):
        raise NotSearchableError(f"Customers cannot be searched by {field.label}.", field="field")
    return field


def holders(view: View, field: FieldRead, value: str, after: str = "") -> Iterator[str]:
    """The numbers, in order and behind `after`, of the customers that have this value of a searchable field, merged into others or not.

    Raises `TextError` for what cannot be a value of the field, in words that begin with its label.
    """
    kind = FieldType(field.type)
    try:
        canonical = read(kind, value, tuple(field.choices))
    except TextError as fault:
        raise TextError(f"{field.label} {fault.text.strip()}", field="value") from None
    return _holders(view, field.key, kind, canonical, after)


def _holders(view: View, field: str, kind: FieldType, canonical: str, after: str) -> Iterator[str]:
    wanted, step = searched_form(kind, canonical), _FIRST_STEP
    token = token_of(view.keys, view.company, field, kind, canonical)
    while True:
        parameters = {**clocks(view), "field": field, "token": token, "after": after, "rows": step}
        rows = view.connection.execute(_IN_FORCE, parameters).fetchall()
        subjects = {number: CustomerProfile.id_of(view.company, number) for number, _, sealed in rows if sealed}
        view.keys.preload(subjects.values(), view.connection)
        for number, open_, sealed in rows:
            value = open_ if sealed is None else open_value(view.keys, subjects[number], field, sealed)
            if value is not None and not isinstance(value, Erased) and searched_form(kind, value) == wanted:
                yield number
        if len(rows) < step:
            return
        after, step = rows[-1][0], min(2 * step, _LAST_STEP)

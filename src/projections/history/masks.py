"""What `history` knows of business fields: whose values are masked or personal (rules 5.1, 5.2).

A value is masked where its field is masked, as known then or now: an earlier `known_at` is no way around a mask.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from aggregates.fact import ERASED
from aggregates.field.field import MASK
from projections.history.tables import MASKS
from projections.reading.view import View
from projections.tables.bitemporal import known_then

_MASKED: Final = f"""
    SELECT DISTINCT field FROM {MASKS.table} AS one WHERE masked AND ({known_then("one")} OR upper(one.known) = 'infinity')
"""
_OPEN: Final = f"SELECT DISTINCT field FROM {MASKS.table} WHERE NOT personal"
_BY_FIELD: Final = ("personal_values", "personal_fields_taken", "personal_fields_put_back")
"""Personal values, by field."""


def masked_fields(view: View) -> Collection[str]:
    """The fields whose values are masked in this view."""
    return frozenset(row[0] for row in view.connection.execute(_MASKED, {"known_at": view.known_at}))


def open_fields(view: View) -> Collection[str]:
    """The fields that are not personal."""
    return frozenset(row[0] for row in view.connection.execute(_OPEN))


def personal_values(
    open_values: Mapping[str, Any], opened: Mapping[str, Any] | None, personal: Collection[str], masked: Collection[str]
) -> dict[str, Any]:
    """The personal values of an event, `open_values` the rest of it: those of masked fields masked, all of them erased without a key."""
    if opened is None:
        return {name: None if _is_absent(open_values, name) else str.__str__(ERASED) for name in personal}
    visible = dict(opened)
    if open_values.get("field") in masked and opened.get("personal_value") is not None:
        visible["personal_value"] = MASK
    for name in _BY_FIELD:
        if values := opened.get(name):
            visible[name] = {key: _hidden(value) if key in masked else value for key, value in values.items()}
    return visible


def _is_absent(open_values: Mapping[str, Any], name: str) -> bool:
    """Returns whether an event has no such value anyway: an edit of a field that is not personal, a customer that no upload brought."""
    if name == "personal_value":
        return not open_values["is_personal"]
    return name == "personal_values" and open_values.get("upload") is None


def _hidden(value: Any) -> Any:
    """A masked value; of values with days, the days stay."""
    return [{**dated_value, "value": MASK} for dated_value in value] if isinstance(value, list) else MASK

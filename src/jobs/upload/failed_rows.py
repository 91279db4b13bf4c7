"""What is kept and shown of a row that failed: the number of its customer, and the row as it came (rules 3.2, 5.1, 5.2).

`decide` asks what is to be kept, `records` seals it, and `progress` shows it. Values of masked fields are neither kept nor shown.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from aggregates.field.field import FieldDefinition
from aggregates.upload.mapping import NUMBER
from jobs.upload.contact_file.originals import restored, stored
from jobs.upload.contact_file.rows import Row

LONGEST_ORIGINAL: Final = 16_384
"""Characters of a row that is kept."""


def masked_targets(definitions: Mapping[str, FieldDefinition]) -> frozenset[str]:
    """Returns the fields whose values are neither kept nor shown."""
    return frozenset(key for key, definition in definitions.items() if definition.masked)


def content_of(row: Row, customer: str | None, hidden: AbstractSet[str]) -> dict[str, Any]:
    """Returns the values to keep of a row. `customer` is the number of its customer; by default it is the number in the row.

    The number is not taken from a row that cannot be split: what stands in its place may be another field's value.
    """
    number = None if row.fault is not None else row.cells.get(NUMBER)
    content: dict[str, Any] = {"customer_number": customer or number or None, "line": row.line}
    if row.original is not None:
        original = row.original.without(hidden)
        if len(original.written()) <= LONGEST_ORIGINAL:
            content["original"] = stored(original)
    return content


def shown(content: Mapping[str, Any] | None, hidden: AbstractSet[str]) -> tuple[str | None, str | None]:
    """Returns the number of the customer and the row as a line of its file; `None` for what is not kept or must not be shown now."""
    if content is None:
        return None, None
    original = content.get("original")
    written = "" if original is None else restored(original).without(hidden).written()
    return content.get("customer_number"), written or None

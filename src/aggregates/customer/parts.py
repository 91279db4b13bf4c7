"""Values with their days in parts that each fit one event, however many there are (rule 0.11). Used by `merging`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aggregates.customer.events import Held

MOST_PART_BYTES: Final = 80 * 1024
"""Below a third of what an event may have. Sealing makes four bytes of three, and the days of a sealed value are stored in clear, too, so
that a short one takes up to two and a half times its size; the rest of the event comes on top.
"""

Groups = Mapping[str, Mapping[Any, Sequence[Held]]]
"""Values by the name of an event's field, then by business field or category."""


def parts(groups: Groups) -> list[dict[str, dict[Any, list[Held]]]]:
    """The groups in as few parts as fit one event each, their values in the same order; one part where there are no values."""
    filled: list[dict[str, dict[Any, list[Held]]]] = [{name: {} for name in groups}]
    size = 0
    for name, values_by_key in groups.items():
        for key, values in values_by_key.items():
            for dated_value in values:
                value_size = len(dated_value.model_dump_json(exclude_none=True).encode()) + len(str(key))
                if size and size + value_size > MOST_PART_BYTES:
                    filled.append({name: {} for name in groups})
                    size = 0
                filled[-1][name].setdefault(key, []).append(dated_value)
                size += value_size
    return filled

"""Numbers of customers, accounts and sites are found by how they begin: a range of an index in the order of bytes."""

from typing import Final

BEHIND: Final = "~"
"""Sorts behind every letter, digit and hyphen, of which numbers are made."""
IN_ORDER: Final = "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)"
"""Until the transaction ends, a page is read from an index, in order, also before the server has statistics: else every page costs as much
as all of them."""


def begins(number: str, beginning: str) -> str:
    """SQL condition: the number, a column of collation "C", begins with this. Both are SQL expressions."""
    return f"""{number} >= {beginning} COLLATE "C" AND {number} < ({beginning} || '{BEHIND}') COLLATE "C\""""

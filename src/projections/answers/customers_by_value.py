"""Customers by the value of a searchable business field, in pages, with their names (rules 3.11, 5.1, 6.1).

Called by the API with a view of the read models in `BY_VALUE`. A customer that was merged into another is left out, as in other lists.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from projections.customers import queries as customers
from projections.customers.tables import NAMES
from projections.fields.by_value import holders
from projections.fields.queries import FieldRead
from projections.reading.paging import MOST_COUNTED, CountedPage, bounded, keys_of, totals
from projections.reading.view import View
from projections.tables.names import CustomerSummary, summary_page
from store.database import Row

BY_VALUE: Final = ("fields", "customers")
"""The read models that a view must be of."""
_STEP: Final = 500


def customers_by_value(
    view: View, field: FieldRead, value: str, limit: int = 100, cursor: str | None = None, *, total: bool = False
) -> CountedPage[CustomerSummary]:
    """Customers that have this value of a searchable field on the day, by number; with `total`, how many.

    Raises `InvalidError` for a bad limit or cursor, or what cannot be a value of the field.
    """
    most = bounded(limit)
    after = keys_of(cursor, str) or ("",)
    rows = list(islice(_standing(view, holders(view, field, value, after[0]), most + 1), most + 1))
    page = summary_page(view, NAMES.table, rows, most)
    counted = totals(_count(view, holders(view, field, value))) if total else {}
    return CountedPage(items=page.items, next_cursor=page.next_cursor, **counted)


def _standing(view: View, numbers: Iterator[str], step: int) -> Iterator[Row]:
    """Yields rows of those customers that are not merged into another; they are looked up in steps."""
    while part := list(islice(numbers, step)):
        yield from customers.standing(view, part)


def _count(view: View, numbers: Iterator[str]) -> int:
    """Counts those customers, to one more than `MOST_COUNTED`."""
    rows: Iterable[Row] = islice(_standing(view, numbers, _STEP), MOST_COUNTED + 1)
    return sum(1 for _ in rows)

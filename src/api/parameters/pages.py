"""Pages of the short lists that are in memory: categories, responses, controls, mappings. Cursors: `projections.reading.paging`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from api.parameters.shapes import USUAL_PAGE, Cursor, Limit
from projections.reading.paging import Page, cursor_of, keys_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paging:
    """The page of a list that is requested."""

    limit: int
    cursor: str | None


async def _page(
    limit: Annotated[Limit, Query(description="The most items on the page.")] = USUAL_PAGE,
    cursor: Annotated[Cursor | None, Query(description="`next_cursor` of the previous page.")] = None,
) -> Paging:
    return Paging(limit, cursor)


Paged = Annotated[Paging, Depends(_page)]


def page_of(items: Sequence[T], page: Paging) -> Page[T]:
    """Returns the requested page of a list in memory. Raises `CursorError` for a cursor that was not given for such a list."""
    start = place_after(page.cursor)
    end = start + page.limit
    return Page(items=list(items[start:end]), next_cursor=cursor_of(end) if end < len(items) else None)


def place_after(cursor: str | None) -> int:
    """Returns the index that a cursor stands for, 0 without one. Raises `CursorError`."""
    keys = keys_of(cursor, int)
    return 0 if keys is None else int(keys[0])

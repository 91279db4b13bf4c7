"""Lists in pages: keyset cursors, opaque to callers, and one bound on the length of a page for every list.

Every query function that gives a list calls `bounded` and `page`. A cursor names the last item of its page by the keys the list is
sorted by, so that a page costs the same wherever it is, and items that appear or go meanwhile neither repeat nor hide others.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, Self, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field

from aggregates.errors import InvalidError
from projections.reading.view import View
from store.database import Row

LONGEST_PAGE: Final = 500
"""Items."""
LONGEST_CURSOR: Final = 500
"""Characters."""
MOST_COUNTED: Final = 10_000
"""Items up to which a total is exact."""
_HIGHEST: Final = 2**63 - 1

T = TypeVar("T")


class CursorError(InvalidError):
    """The cursor is not one that this list gave."""


class LimitError(InvalidError):
    """The length of a page is out of bounds."""


class Page(BaseModel, Generic[T]):
    """Some items of a list; `next_cursor` asks for those that follow and is `None` on the last page."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next_cursor: str | None = None

    def explained(self, view: View, explain: Callable[[View, Sequence[T]], list[T]]) -> Self:
        """Returns the same page with its items explained."""
        return self.model_copy(update={"items": explain(view, self.items)})


class CountedPage(Page[T], Generic[T]):
    """Some items of a list, and how many there are on all its pages, where that was asked for."""

    total: int | None = Field(
        None,
        exclude_if=lambda total: total is None,
        description="How many there are on all pages, counted up to 10,000; absent unless `total=true` asks for it.",
    )
    total_is_exact: bool | None = Field(
        None,
        exclude_if=lambda is_exact: is_exact is None,
        description="Whether there are no more than `total`; absent where that is.",
    )


def bounded(limit: int) -> int:
    """The limit, 1 to `LONGEST_PAGE`. Raises `LimitError`."""
    if not 1 <= limit <= LONGEST_PAGE:
        raise LimitError(f"The limit must be 1 to {LONGEST_PAGE}.", field="limit")
    return limit


def cursor_of(*keys: str | int) -> str:
    """The cursor behind the item with these sort keys."""
    return urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


def keys_of(cursor: str | None, *kinds: type[str] | type[int]) -> tuple[Any, ...] | None:
    """The sort keys in a cursor, of these types; `None` for the first page. Raises `CursorError`."""
    if cursor is None:
        return None
    try:
        keys = orjson.loads(urlsafe_b64decode(cursor[:LONGEST_CURSOR] + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise _not_a_cursor() from error
    if not isinstance(keys, list) or [type(key) for key in keys] != list(kinds) or not all(map(_storable, keys)):
        raise _not_a_cursor()
    return tuple(keys)


def page(
    rows: Sequence[Row], limit: int, keys: Callable[[Row], tuple[str | int, ...]], make: Callable[[Row], T]
) -> Page[T]:
    """The page of at most `limit` items made of `rows`, of which one more than `limit` was asked for."""
    page_rows = rows[:limit]
    more = len(rows) > limit
    return Page(items=[make(row) for row in page_rows], next_cursor=cursor_of(*keys(page_rows[-1])) if more else None)


def totals(count: int) -> dict[str, Any]:
    """The members of a `CountedPage` that tell its total, from a count of one more than `MOST_COUNTED` at most."""
    return {"total": min(count, MOST_COUNTED), "total_is_exact": count <= MOST_COUNTED}


def _storable(key: str | int) -> bool:
    """Returns whether PostgreSQL can compare with the key, which may come from a forged cursor."""
    return "\0" not in key if isinstance(key, str) else 0 <= key <= _HIGHEST


def _not_a_cursor() -> CursorError:
    return CursorError("The cursor is not one that this list gave.", field="cursor")

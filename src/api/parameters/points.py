"""Points on two clocks as one query parameter: `valid_at@known_at`, such as `2026-01-01@2026-02-01T00:00:00Z`.

`2026-01-01` alone is that day as known now, `@2026-02-01T00:00:00Z` today as known then, `@` today as known now.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, WithJsonSchema

from aggregates.clocks import AsOf
from api.parameters.reading import Read
from api.parameters.shapes import day, moment
from projections.reading.view import View


def point(text: str) -> AsOf:
    """Parses a point. Raises `ValueError`."""
    valid_at, _, known_at = text.partition("@")
    return AsOf(day(valid_at) if valid_at else None, moment(known_at) if known_at else None)


def _checked(text: str) -> str:
    point(text)
    return text


Point = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2})?(@(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z)?)?$"}
    ),
]
From = Annotated[Point, Query(alias="from", description="`valid_at@known_at`; either may be left out.")]
To = Annotated[Point | None, Query(description="The other point; by default today as known now.")]


@contextmanager
def two_views(read: Read, from_: Point, to: Point | None, *names: str) -> Iterator[tuple[View, View]]:
    """Opens read models as of two points, in one transaction."""
    points = (point(from_), AsOf() if to is None else point(to))
    for known_at in filter(None, (as_of.known_at for as_of in points)):
        with read.at(AsOf(known_at=known_at)).view(*names):
            pass  # opening the view waits until everything recorded by then can be read
    with read.view(*names) as view:
        before, after = (view.at(as_of) for as_of in points)
        yield before, after

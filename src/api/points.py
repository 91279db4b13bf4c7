"""Points on two clocks as one query parameter: `valid_at@known_at`, such as `2026-01-01@2026-02-01T00:00:00Z`.

`2026-01-01` alone is that day as known now, `@2026-02-01T00:00:00Z` today as known then, `@` today as known now.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from api.shapes import day, moment


@dataclass(frozen=True, slots=True)
class PointInTime:
    """A day and an instant of knowledge; `None` is today, and now."""

    valid_at: date | None
    known_at: datetime | None


NOW: Final = PointInTime(None, None)


def point(text: str) -> PointInTime:
    """The point that is written there; a `ValueError` where none is."""
    valid_at, _, known_at = text.partition("@")
    return PointInTime(day(valid_at) if valid_at else None, moment(known_at) if known_at else None)


def _checked(text: str) -> str:
    point(text)
    return text


Point = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2})?(@(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)?)?$"}),
]

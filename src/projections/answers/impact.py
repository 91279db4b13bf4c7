"""What the previews and impacts of changes of accounts, sites and customers have in common: ranges of days with the paths that differ."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from aggregates.effective import Days, joined

MOST_RANGES: Final = 50
"""Ranges of days of one thing that are told."""
Ranges = Sequence[tuple[Days, list[str]]]
"""Days, in order, each with the paths that differ on them."""


class Model(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class DayRange(Model):
    """Whole days, both inclusive."""

    effective_from: date = Field(description="The first day.")
    effective_to: date | None = Field(description="The last day; `null`: open-ended.")


class PreviewPast(Model):
    """The days in the past that the change is about."""

    count: int = Field(description="How many they are.")
    days: list[DayRange] = Field(description="The days before today.")
    changes_answers: bool = Field(
        description="Whether a question about one of them would be answered otherwise than until now."
    )


class ImpactRange(DayRange):
    """Days on which the same values would differ."""

    fields: list[str] = Field(description="Paths of the values, and `profile_class` and `class_version`.")


class Impact(Model):
    """The answers that would differ if the change were made. A change that follows may carry the digest."""

    digest: str = Field(
        description="SHA-256 of the effect on this profile, in hexadecimal digits, for `impact` in the body of the change."
    )
    past_days: int = Field(description="Days before today on which the profile's own answer would differ.")
    past_answers: list[DayRange] = Field(
        description=f"Those days, in as few ranges as they make: the first {MOST_RANGES}."
    )
    ranges: list[ImpactRange] = Field(
        description=f"All days on which the profile's own answer would differ: the first {MOST_RANGES} ranges."
    )
    ranges_left_off: int = Field(description="How many ranges there are besides.")


def impact_members(digest: str, ranges: Ranges, today: date) -> dict[str, Any]:
    """Returns the members of an `Impact`."""
    past = days_before(today, (days for days, _ in ranges))
    return {
        "digest": digest,
        "past_days": counted(past),
        "past_answers": [day_range(days) for days in past[:MOST_RANGES]],
        **range_members(ranges),
    }


def range_members(ranges: Ranges) -> dict[str, Any]:
    """Returns `ranges` and `ranges_left_off` of an answer."""
    first = [
        ImpactRange(effective_from=days.first, effective_to=days.last, fields=fields)
        for days, fields in ranges[:MOST_RANGES]
    ]
    return {"ranges": first, "ranges_left_off": max(len(ranges) - MOST_RANGES, 0)}


def past_read(past: Sequence[Days], *, changes_answers: bool) -> PreviewPast | None:
    """Returns what an answer says of the past days that a change is about; `None` where there are none."""
    if not past:
        return None
    return PreviewPast(count=counted(past), days=[day_range(days) for days in past], changes_answers=changes_answers)


def day_range(days: Days) -> DayRange:
    """Returns days as answers have them."""
    return DayRange(effective_from=days.first, effective_to=days.last)


def days_before(today: date, ranges: Iterable[Days]) -> list[Days]:
    """Returns the days of these ranges that lie before today, in as few ranges as they make."""
    return joined(past for days in ranges if (past := days.before(today)) is not None)


def counted(ranges: Iterable[Days]) -> int:
    """Returns how many days these ranges have; one that is open-ended has none."""
    return sum(days.count() or 0 for days in ranges)


def with_same_fields(ranges: Iterable[tuple[Days, list[str]]]) -> list[tuple[Days, list[str]]]:
    """Returns these ranges, those that meet and have the same paths as one."""
    merged: list[tuple[Days, list[str]]] = []
    for days, fields in ranges:
        if merged and merged[-1][1] == fields and len(joined([merged[-1][0], days])) == 1:
            merged[-1] = (merged[-1][0].hull(days), fields)
        else:
            merged.append((days, fields))
    return merged

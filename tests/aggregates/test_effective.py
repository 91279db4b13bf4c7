"""`Days` and `Timeline`, case by case; `test_effective_properties.py` has the random histories."""

from datetime import date, timedelta
from typing import Final

import pytest

from aggregates.effective import FIRST_DAY, LAST_DAY, Days, EffectiveDatesError, Timeline, joined

JAN: Final = Days(date(2026, 1, 1), date(2026, 1, 31))
FEB: Final = Days(date(2026, 2, 1), date(2026, 2, 28))
MID_JAN: Final = Days(date(2026, 1, 10), date(2026, 1, 20))
FROM_MID_JAN: Final = Days(date(2026, 1, 10))
ALWAYS: Final = Days(date(2025, 1, 1))


def timeline(*versions: tuple[Days, str]) -> Timeline[str]:
    built: Timeline[str] = Timeline()
    for days, content in versions:
        built = built.supersede(days, content)
    return built


def shown(line: Timeline[str]) -> list[str]:
    """The versions as `first..last content`, month and day only; `…` when open-ended."""
    return [
        f"{one.days.first:%m-%d}..{one.days.last:%m-%d} {one.content}"
        if one.days.last
        else f"{one.days.first:%m-%d}.. {one.content}"
        for one in line
    ]


# Days


def test_the_end_date_must_not_be_before_the_start_date() -> None:  # rule 2.10
    with pytest.raises(EffectiveDatesError) as refused:
        Days(date(2026, 1, 2), date(2026, 1, 1))
    assert str(refused.value) == "The end date must not be before the start date."
    assert refused.value.field == "effective_to"


def test_a_range_may_be_one_day() -> None:  # rule 0.2
    day = date(2026, 1, 1)
    assert day in Days(day, day)
    assert day + timedelta(1) not in Days(day, day)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(date(9999, 1, 1), None, "effective_from"), (date(2026, 1, 1), date.max, "effective_to")],
)
def test_dates_after_the_last_day_are_refused(first: date, last: date | None, field: str) -> None:  # rule 0.2
    with pytest.raises(EffectiveDatesError, match="must lie in the years 0001 to 9998") as refused:
        Days(first, last)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 1, 31), True),
        (date(2026, 2, 1), False),
    ],
)
def test_both_ends_of_a_range_are_inclusive(day: date, inside: bool) -> None:  # rule 0.2
    assert (day in JAN) is inside


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [(JAN, FEB, False), (JAN, MID_JAN, True), (FROM_MID_JAN, FEB, True), (FEB, FROM_MID_JAN, True), (JAN, JAN, True)],
)
def test_ranges_overlap_when_they_share_a_day(one: Days, other: Days, overlap: bool) -> None:  # rule 2.11
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap


# Supersession, case by case


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([(JAN, "a"), (FEB, "b")], ["01-01..01-31 a", "02-01..02-28 b"]),
        ([(FEB, "b"), (JAN, "a")], ["01-01..01-31 a", "02-01..02-28 b"]),
        ([(JAN, "a"), (MID_JAN, "b")], ["01-01..01-09 a", "01-10..01-20 b", "01-21..01-31 a"]),
        ([(MID_JAN, "a"), (JAN, "b")], ["01-01..01-31 b"]),
        ([(JAN, "a"), (FROM_MID_JAN, "b")], ["01-01..01-09 a", "01-10.. b"]),
        ([(JAN, "a"), (FEB, "b"), (FROM_MID_JAN, "c")], ["01-01..01-09 a", "01-10.. c"]),
        ([(ALWAYS, "a"), (JAN, "b")], ["01-01..12-31 a", "01-01..01-31 b", "02-01.. a"]),
    ],
    ids=["apart", "earlier one told later", "inside", "around", "open-ended", "over every later one", "resumes"],
)
def test_what_is_told_later_wins_on_its_days(versions: list[tuple[Days, str]], expected: list[str]) -> None:
    # rule 2.11, rule 1.15
    assert shown(timeline(*versions)) == expected


def test_clearing_leaves_a_gap_and_keeps_both_rests() -> None:  # rule 2.11
    assert shown(timeline((JAN, "a")).clear(MID_JAN)) == ["01-01..01-09 a", "01-21..01-31 a"]


def test_keeping_later_versions_ends_the_day_before_the_next_one() -> None:  # rule 2.11
    line = timeline((MID_JAN, "a"), (FEB, "b"))
    assert line.until_next(Days(date(2026, 1, 5))) == Days(date(2026, 1, 5), date(2026, 1, 9))
    assert line.until_next(FROM_MID_JAN) == JAN.after(date(2026, 1, 9))
    assert line.until_next(Days(date(2026, 2, 1))) == Days(date(2026, 2, 1))


def test_keeping_later_versions_does_not_lengthen_a_range() -> None:  # rule 2.11
    assert timeline((FEB, "b")).until_next(MID_JAN) == MID_JAN


def test_keeping_an_end_stops_the_day_before_the_first_day_without_content() -> None:  # rule 2.11
    line = timeline((MID_JAN, "a"), (FEB, "b"))
    assert line.until_ended(Days(date(2026, 1, 15))) == Days(date(2026, 1, 15), MID_JAN.last)
    assert line.until_ended(FEB) == FEB
    assert line.until_ended(Days(date(2026, 2, 1))) == FEB
    assert timeline((FEB, "b"), (Days(date(2026, 3, 1)), "c")).until_ended(FROM_MID_JAN) == FROM_MID_JAN


def test_the_last_day_of_all_cuts_an_open_ended_version_without_a_rest() -> None:  # rule 2.11
    until_the_end = Days(date(2026, 1, 10), LAST_DAY)
    line = timeline((ALWAYS, "a"), (until_the_end, "b"))
    assert [version.content for version in line] == ["a", "b"]
    assert line.says(FROM_MID_JAN, "b")


def test_the_first_day_of_all_can_be_superseded() -> None:  # rule 0.4
    assert timeline((Days(FIRST_DAY), "a"), (Days(FIRST_DAY), "b")).at(FIRST_DAY) == "b"


def test_a_timeline_is_a_value() -> None:  # rule 0.1
    line = timeline((JAN, "a"))
    line.supersede(MID_JAN, "b")
    assert line == timeline((JAN, "a"))
    assert line
    assert not Timeline()


@pytest.mark.parametrize(
    ("days", "content", "expected"),
    [
        (MID_JAN, "a", True),
        (MID_JAN, "b", False),
        (MID_JAN, None, False),
        (FEB, None, True),
        (FROM_MID_JAN, "a", False),
        (Days(date(2025, 12, 31), date(2026, 1, 5)), "a", False),
    ],
    ids=["same", "other", "blank where one is", "blank where none is", "reaches further", "begins earlier"],
)
def test_saying_again_what_holds_on_every_day_changes_nothing(days: Days, content: str | None, expected: bool) -> None:
    # rule 0.5
    assert timeline((JAN, "a")).says(days, content) is expected


def test_versions_that_touch_say_the_same_together() -> None:  # rule 0.5
    assert timeline((JAN, "a"), (FEB, "a")).says(Days(MID_JAN.first, FEB.last), "a")


@pytest.mark.parametrize(
    ("days", "covered"),
    [
        (JAN, True),
        (MID_JAN, True),
        (Days(JAN.first, FEB.last), True),
        (Days(JAN.first, date(2026, 3, 1)), False),
        (FROM_MID_JAN, False),
        (Days(date(2025, 12, 31), JAN.last), False),
    ],
)
def test_days_are_covered_when_something_holds_on_every_one_of_them(days: Days, covered: bool) -> None:  # rule 2.12
    assert timeline((JAN, "a"), (FEB, "b")).covers(days) is covered
    assert timeline((JAN, "a"), (FEB, "b")).clear(Days(FEB.first, FEB.first)).covers(FEB) is False


def test_a_splice_names_the_versions_that_go_and_at_most_three_that_come() -> None:  # rule 2.11
    line = timeline((JAN, "a"), (FEB, "b"))
    splice = line.splice(Days(date(2026, 1, 10), date(2026, 2, 10)), "c")
    assert splice.removed == line.versions
    assert shown(Timeline(splice.added)) == ["01-01..01-09 a", "01-10..02-10 c", "02-11..02-28 b"]
    assert splice.timeline == line.supersede(Days(date(2026, 1, 10), date(2026, 2, 10)), "c")
    assert line.splice(MID_JAN, None).added == line.clear(MID_JAN).versions[:2]


def test_the_part_of_some_days_since_a_day() -> None:  # rule 2.16
    assert JAN.since(date(2026, 1, 10)) == Days(date(2026, 1, 10), JAN.last)
    assert JAN.since(date(2025, 12, 31)) == JAN
    assert FROM_MID_JAN.since(date(2026, 2, 1)) == Days(date(2026, 2, 1))


@pytest.mark.parametrize(
    ("ranges", "whole"),
    [
        ([], []),
        ([FEB, JAN], [Days(JAN.first, FEB.last)]),
        ([MID_JAN, JAN], [JAN]),
        ([FEB, MID_JAN], [MID_JAN, FEB]),
        ([FROM_MID_JAN, FEB, JAN], [Days(JAN.first)]),
        ([Days(LAST_DAY, LAST_DAY), JAN], [JAN, Days(LAST_DAY, LAST_DAY)]),
    ],
)
def test_ranges_that_meet_or_overlap_are_told_as_one(ranges: list[Days], whole: list[Days]) -> None:  # rule 2.22
    assert joined(ranges) == whole

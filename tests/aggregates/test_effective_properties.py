"""`Timeline` over random histories, against a model that keeps one content per day."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregates.effective import Days, Timeline

BASE: Final = date(2026, 1, 1)
HORIZON: Final = 40
"""The model knows this many days from `BASE`; the last one stands for all that follow."""

Step = tuple[Days, str | None]
Model = dict[date, str]


def day(offset: int) -> date:
    return BASE + timedelta(offset)


DAY: Final = st.integers(0, HORIZON - 2)
LENGTH: Final = st.none() | st.integers(0, 20)


def ranges(first: int, length: int | None) -> Days:
    return Days(day(first), None if length is None else day(min(first + length, HORIZON - 2)))


RANGES: Final = st.builds(ranges, DAY, LENGTH)
STEPS: Final = st.lists(st.tuples(RANGES, st.sampled_from(["a", "b", "c", None])), max_size=8)
ALL_DAYS: Final = [day(offset) for offset in range(HORIZON)]
quick = settings(deadline=None, database=None, max_examples=200)


def folded(steps: list[Step]) -> tuple[Timeline[str], Model]:
    """The same steps told to a timeline and to the model; `None` clears."""
    line: Timeline[str] = Timeline()
    model: Model = {}
    for days, content in steps:
        line = line.clear(days) if content is None else line.supersede(days, content)
        for one in (one for one in ALL_DAYS if one in days):
            model.pop(one, None)
            if content is not None:
                model[one] = content
    return line, model


@quick
@given(STEPS)
def test_every_day_reads_as_in_a_calendar(steps: list[Step]) -> None:  # rule 2.11
    line, model = folded(steps)
    assert {one: line.at(one) for one in ALL_DAYS} == {one: model.get(one) for one in ALL_DAYS}


@quick
@given(STEPS, RANGES)
def test_a_cut_timeline_holds_on_the_days_of_the_cut_only(steps: list[Step], days: Days) -> None:  # rule 2.21
    line, model = folded(steps)
    cut = line.cut(days)
    assert {one: cut.at(one) for one in ALL_DAYS} == {one: model.get(one) if one in days else None for one in ALL_DAYS}


@quick
@given(STEPS, RANGES)
def test_what_has_ended_stays_ended(steps: list[Step], days: Days) -> None:  # rule 2.11
    line, model = folded(steps)
    on = [one for one in ALL_DAYS if one in days]
    ends = [one for before, one in pairwise(on) if before in model and one not in model]
    kept = line.until_ended(days)
    assert [one for one in ALL_DAYS if one in kept] == [one for one in on if not ends or one < ends[0]]


@quick
@given(STEPS)
def test_versions_ascend_and_never_overlap(steps: list[Step]) -> None:  # rule 2.11
    versions = folded(steps)[0].versions
    for one, following in pairwise(versions):
        assert one.days.last is not None
        assert one.days.last < following.days.first


@quick
@given(STEPS, RANGES, st.sampled_from(["a", None]))
def test_days_outside_a_command_stay_as_they_are(steps: list[Step], days: Days, content: str | None) -> None:
    # rule 2.11
    before, after = folded(steps)[0], folded([*steps, (days, content)])[0]
    outside = [one for one in ALL_DAYS if one not in days]
    assert [after.at(one) for one in outside] == [before.at(one) for one in outside]


@quick
@given(STEPS, RANGES, st.sampled_from(["a", "b", None]))
def test_says_is_true_exactly_when_nothing_would_change(steps: list[Step], days: Days, content: str | None) -> None:
    # rule 0.5
    line, model = folded(steps)
    assert line.says(days, content) is all(model.get(one) == content for one in ALL_DAYS if one in days)


@quick
@given(STEPS, RANGES)
def test_keeping_later_versions_changes_no_later_version(steps: list[Step], days: Days) -> None:  # rule 2.11
    line = folded(steps)[0]
    kept = line.until_next(days)
    assert kept.first == days.first
    later = {version for version in line if version.days.first > days.first}
    assert later <= set(line.supersede(kept, "new"))


@quick
@given(STEPS, st.sampled_from(ALL_DAYS))
def test_the_version_at_a_day_holds_on_that_day(steps: list[Step], one: date) -> None:  # rule 0.3
    line, model = folded(steps)
    version = line.version_at(one)
    assert (version is None) is (one not in model)
    assert version is None or (one in version.days and version in line.versions)


@quick
@given(RANGES, STEPS)
def test_days_without_others_are_the_days_that_are_in_none_of_them(days: Days, steps: list[Step]) -> None:
    line, model = folded(steps)
    parts = list(days.without(version.days for version in line))
    assert [one for one in ALL_DAYS if any(one in part for part in parts)] == [
        one for one in ALL_DAYS if one in days and one not in model
    ]
    assert all(before.last is not None and before.last < after.first for before, after in pairwise(parts))


@quick
@given(RANGES, STEPS)
def test_a_condition_holds_where_every_day_has_a_content_that_meets_it(days: Days, steps: list[Step]) -> None:
    line, model = folded(steps)
    expected = all(model.get(one) in {"a", "b"} for one in ALL_DAYS if one in days)
    assert line.holds(days, lambda content: content in {"a", "b"}) == expected

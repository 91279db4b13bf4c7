"""Parts of what events say supersede each other, subject by subject, as the versions of a `Timeline` do (rules 1.15, 2.11, 2.22)."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregates.effective import FIRST_DAY, LAST_DAY, Days, Timeline, Version
from projections.history.days import Folding, Part
from projections.history.statements import FIELDS, Statement
from projections.tables.superseding import last_of

KEY = ("aggregate", FIELDS)
SUBJECTS = ["city", "phone", "street"]
EDGES = [FIRST_DAY, *(date(2026, 1, 1) + timedelta(number) for number in range(8)), LAST_DAY - timedelta(1), LAST_DAY]


@st.composite
def statements(draw: st.DrawFn) -> list[Statement]:
    """Statements about some subjects of one family, in log order."""
    drawn = []
    for _ in range(draw(st.integers(1, 12))):
        first = draw(st.sampled_from(EDGES))
        last = draw(st.none() | st.sampled_from([day for day in EDGES if day >= first]))
        subjects = draw(st.sets(st.sampled_from(SUBJECTS), min_size=1))
        drawn.append(Statement(FIELDS, Days(first, last), tuple(sorted(subjects))))
    return drawn


@given(statements())
def test_what_is_in_force_is_the_timeline_of_each_subject_and_the_rest_is_superseded(drawn: list[Statement]) -> None:
    folding = Folding({})
    timelines: dict[str, Timeline[int]] = {subject: Timeline() for subject in SUBJECTS}
    superseded: list[tuple[str, int, Days, int | None]] = []
    for position, statement in enumerate(drawn, start=1):
        folding.apply(KEY, statement, position)
        for subject in statement.subjects:
            versions = timelines[subject].within(statement.days)
            superseded += [
                (subject, version.content, version.days.within(statement.days), position) for version in versions
            ]
            timelines[subject] = timelines[subject].supersede(statement.days, position)
        for subject, timeline in timelines.items():
            assert [_version(part) for part in folding.lines[KEY].get(subject, [])] == list(timeline)
    ended = [(subject, *_standing(part)) for _, part in folding.ended for subject in part.subjects]
    assert sorted(ended, key=str) == sorted(superseded, key=str)
    begun = {(subject, *_standing(part)) for part in folding.begun for subject in part.subjects}
    assert begun == {(s, version.content, version.days, None) for s, line in timelines.items() for version in line}


@given(statements(), st.integers(0, 12))
def test_rows_that_are_there_are_used_once_for_what_their_event_says(drawn: list[Statement], written: int) -> None:
    folding = Folding({})
    for position, statement in enumerate(drawn[:written], start=1):
        folding.apply(KEY, statement, position)
    rows = {f"(0,{number})": part.position for number, part in enumerate(folding.begun)}
    for place, part in zip(rows, folding.begun, strict=True):
        part.place = place
    folding = Folding(folding.lines)
    for position, statement in enumerate(drawn[written:], start=written + 1):
        folding.apply(KEY, statement, position)
    in_force = {part for line in folding.lines.get(KEY, {}).values() for part in line}
    parts = [*in_force, *(part for _, part in folding.ended)]
    assert sorted((p.place, p.position) for p in parts if p.place) == sorted(rows.items())
    assert {part for part in in_force if part.place is None} <= set(folding.begun) <= in_force


def _standing(part: Part) -> tuple[int, Days, int | None]:
    return part.position, Days(part.first, last_of(part.past)), part.superseded_by


def _version(part: Part) -> Version[int]:
    return Version(Days(part.first, last_of(part.past)), part.position)

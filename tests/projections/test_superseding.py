"""Rectangles supersede each other as the versions of a `Timeline` do (rules 1.15, 2.10, 2.11)."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregates.effective import FIRST_DAY, LAST_DAY, Days, Timeline, Version
from projections.tables.superseding import NEVER, Change, Content, Folding, Span

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
EDGES = [FIRST_DAY, *(date(2026, 1, 1) + timedelta(number) for number in range(8)), LAST_DAY - timedelta(1), LAST_DAY]


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    """Changes of one key in log order; several may share an instant, as those of one commit do."""
    drawn, at = [], BEGIN
    for _ in range(draw(st.integers(1, 12))):
        at += timedelta(minutes=draw(st.integers(0, 1)))
        first = draw(st.sampled_from(EDGES))
        last = draw(st.none() | st.sampled_from([day for day in EDGES if day >= first]))
        content = draw(st.none() | st.sampled_from([("A",), ("B",)]))
        drawn.append(Change(("key",), Days(first, last), content, at))
    return drawn


@given(changes())
def test_spans_are_the_versions_of_a_timeline_each_known_since_the_change_that_made_it(drawn: list[Change]) -> None:
    folding = Folding({("key",): []})
    timeline: Timeline[Content] = Timeline()
    since: dict[Version[Content], datetime] = {}
    for change in drawn:
        folding.apply(change)
        splice = timeline.splice(change.days, change.content)
        timeline = splice.timeline
        since = {version: since.get(version, change.at) for version in timeline}
        for version in splice.added:
            if version not in splice.removed:
                since[version] = change.at
        assert [_of(span) for span in folding.spans["key",]] == [(version, since[version]) for version in timeline]


@given(changes(), st.integers(0, 12))
def test_what_ends_was_known_until_its_end_and_is_told_once(drawn: list[Change], written: int) -> None:
    folding = Folding({("key",): []})
    for change in drawn[:written]:
        folding.apply(change)
    folding.momentary.clear()
    before = folding.spans["key",]
    for number, span in enumerate(before):
        span.place = f"(0,{number})"
    since = {span.place: span.since for span in before}
    for change in drawn[written:]:
        folding.apply(change)
    stay = {span.place for span in folding.spans["key",] if span.place is not None}
    ended = [place for place, _ in folding.closed]
    assert sorted([*ended, *folding.undone, *stay]) == sorted(place for place in since if place is not None)
    assert all(since[place] < at for place, at in folding.closed)
    assert len(list(folding.begun())) == len(folding.spans["key",]) - len(stay)


def _of(span: Span) -> tuple[Version[Content], datetime]:
    last = None if span.past == NEVER else span.past - timedelta(days=1)
    return Version(Days(span.first, last), span.content), span.since

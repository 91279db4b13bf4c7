"""Rectangles: batches of any size give the same rows, and the rows give the same answers as the timelines."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from aggregates.effective import Days, Timeline
from projections.tables.bitemporal import ALWAYS, Rectangles, in_force, instant_of
from projections.tables.superseding import Change
from store.database import Database

TABLE = Rectangles("told", (("who", "text"), ("what", "integer")), (("said", "text"), ("seal", "bytea")))
FIRST = date(2026, 1, 1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HORIZON = 12


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def instant(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)


def change(content: str | None, first: int = 0, last: int | None = None, at: int = 0, who: str = "ann") -> Change:
    days = Days(day(first), None if last is None else day(last))
    return Change((who, 1), days, None if content is None else (content, b"\x00\\"), instant(at))


@pytest.fixture
def connection(database: Database) -> Iterator[Connection[tuple[Any, ...]]]:
    with database.connect(autocommit=False) as connection:
        connection.execute(TABLE.ddl.encode())
        yield connection
        connection.rollback()


def rows(connection: Connection[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    shown = "who, what, said, seal, valid::text, known::text"
    return connection.execute(f"SELECT {shown} FROM told ORDER BY who, what, lower(known), lower(valid)").fetchall()


def folded(connection: Connection[tuple[Any, ...]], batches: list[list[Change]]) -> list[tuple[Any, ...]]:
    connection.execute("TRUNCATE told")
    for batch in batches:
        TABLE.fold(connection, batch)
    return rows(connection)


def told(connection: Connection[tuple[Any, ...]], who: str, valid_at: date, known_at: datetime) -> list[str]:
    query = f"SELECT said FROM told AS one WHERE who = %(who)s AND {in_force('one')}"
    asked = {"who": who, "valid_at": valid_at, "known_at": known_at}
    return [said for (said,) in connection.execute(query, asked)]


def replayed(changes: list[Change], who: str, valid_at: date, known_at: datetime) -> list[str]:
    timeline: Timeline[str] = Timeline()
    for one in changes:
        if one.key[0] == who and one.at <= known_at:
            timeline = timeline.clear(one.days) if one.content is None else timeline.supersede(one.days, one.content[0])
    found = timeline.at(valid_at)
    return [] if found is None else [found]


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Changes in log order; several may share an instant, as those of one commit do."""
    changes, at = [], 0
    for _ in range(draw(st.integers(1, 14))):
        at += draw(st.integers(0, 1))
        first = draw(st.integers(0, HORIZON))
        last = draw(st.none() | st.integers(first, HORIZON))
        content = draw(st.none() | st.sampled_from(["A", "B", "tab\tback\\slash"]))
        changes.append(change(content, first, last, at, draw(st.sampled_from(["ann", "bob"]))))
    return changes


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.lists(st.integers(1, 5), min_size=1), st.integers(-1, HORIZON + 1), st.integers(-1, 14))
def test_any_batches_give_the_same_rows_and_the_rows_say_what_the_timeline_says(
    connection: Connection[tuple[Any, ...]], changes: list[Change], sizes: list[int], on: int, known: int
) -> None:
    # rules 0.3, 1.15, 2.11
    batches, left = [], list(changes)
    while left:
        size = sizes[len(batches) % len(sizes)]
        batches.append(left[:size])
        left = left[size:]
    at_once = folded(connection, [changes])
    assert folded(connection, [[one] for one in changes]) == at_once
    assert folded(connection, batches) == at_once
    for who in ("ann", "bob"):
        assert told(connection, who, day(on), instant(known)) == replayed(changes, who, day(on), instant(known))


def test_a_correction_ends_what_was_known_and_keeps_it_for_earlier_instants(
    connection: Connection[tuple[Any, ...]],
) -> None:
    # rules 0.1, 0.3
    TABLE.fold(connection, [change("A", at=1), change("B", at=1, who="bob")])
    TABLE.fold(connection, [change("C", first=3, last=5, at=2)])
    assert told(connection, "ann", day(4), instant(1)) == ["A"]
    assert told(connection, "ann", day(4), instant(2)) == ["C"]
    assert told(connection, "ann", day(6), instant(2)) == ["A"]
    assert told(connection, "bob", day(4), instant(2)) == ["B"]
    assert told(connection, "ann", day(4), instant(0)) == []


@pytest.mark.parametrize("apart", [True, False])
def test_what_was_changed_within_one_instant_was_never_known(
    connection: Connection[tuple[Any, ...]], apart: bool
) -> None:
    both = [change("A", at=1), change("B", at=1)]
    found = folded(connection, [[one] for one in both] if apart else [both])
    assert [row[2] for row in found] == ["B"]


def test_a_fact_without_effective_dates_holds_on_all_days(connection: Connection[tuple[Any, ...]]) -> None:
    TABLE.fold(connection, [Change(("ann", 1), ALWAYS, ("A", None), instant(0))])
    assert told(connection, "ann", date(1, 1, 1), instant(0)) == ["A"]
    assert told(connection, "ann", date(9998, 12, 31), instant(0)) == ["A"]


def test_contents_come_back_as_they_were_written(connection: Connection[tuple[Any, ...]]) -> None:
    odd = 'tab\t \\N "x" \\. é 李'
    TABLE.fold(connection, [Change(("an\\n", 1), ALWAYS, (odd, b"\x00\xff\\"), instant(0))])
    [row] = rows(connection)
    assert row[:4] == ("an\\n", 1, odd, b"\x00\xff\\")
    [(key, timeline)] = TABLE.timelines(connection).items()
    assert (key, timeline.at(FIRST)) == (("an\\n", 1), (odd, b"\x00\xff\\"))


@pytest.mark.parametrize(
    ("valid", "known"),
    [
        ("[2026-01-05,2026-02-01)", "[2026-01-01 00:05Z,infinity)"),
        ("[2025-01-01,2026-01-02)", "[2026-01-01 00:01Z,infinity)"),
        ("[2026-01-01,)", "[2026-01-01 00:01Z,infinity)"),
        ("[2026-01-01,)", "[2026-01-01 00:01Z,2026-01-01 00:02Z)"),
    ],
)
def test_the_database_itself_refuses_an_overlap(
    connection: Connection[tuple[Any, ...]], valid: str, known: str
) -> None:
    TABLE.fold(connection, [change("A", at=1)])
    insert = "INSERT INTO told VALUES (%s, 1, 'B', NULL, %s, %s)"
    connection.execute(insert, ["bob", valid, known])
    with pytest.raises(psycopg.errors.ExclusionViolation, match="Overlap in told: ann 1"):
        connection.execute(insert, ["ann", valid, known])


def test_the_database_accepts_rectangles_that_only_touch(connection: Connection[tuple[Any, ...]]) -> None:
    TABLE.fold(connection, [change("A", first=3, last=5, at=1), change("B", first=6, at=1), change("C", first=6, at=2)])
    assert [row[2] for row in rows(connection)] == ["A", "B", "C"]


def test_a_fact_that_was_not_read_from_the_log_has_no_instant() -> None:
    with pytest.raises(ValueError, match="not read from the log"):
        instant_of(None)


def test_no_changes_write_nothing(connection: Connection[tuple[Any, ...]]) -> None:
    TABLE.fold(connection, [])
    assert rows(connection) == []

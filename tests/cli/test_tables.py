"""Tables never break a timestamp, a day or an id, and are never wider than the terminal."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aggregates.customer.commands import confirm_drawer
from cli.local.demo.set_up import set_up
from cli.output import show, tables
from command_line import CommandLine, request
from projections.catalogue import projections
from read_models import fold_log

INSTANT = datetime(2026, 11, 21, 14, 5, 0, 123456, tzinfo=UTC)
EVENT = UUID("0f7a8d52-6b0e-5c39-9c9e-0d3f3c2b1a00")
WIDTHS = [60, 80, 120]
CELLS = st.one_of(
    st.just(INSTANT),
    st.just(EVENT),
    st.dates().map(lambda day: f"from {day}"),
    st.lists(st.text("abcdefgh", min_size=1, max_size=12), max_size=12).map(" ".join),
    st.integers(0, 10**9),
    st.none(),
)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[list[str], list[list[object]]]:
    columns = draw(st.lists(st.text("abcdefgh ", min_size=1, max_size=14).map(str.strip), min_size=1, max_size=10))
    row = st.lists(CELLS, min_size=len(columns), max_size=len(columns))
    return columns, draw(st.lists(row, max_size=4))


def broken(text: str, words: list[str]) -> list[str]:
    return [word for word in words if word not in text]


@pytest.mark.parametrize("width", WIDTHS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=drawn())
@example(table=(["event", "customer", "died at", "reason"], [[EVENT, "1001", INSTANT, "refused " * 20]]))
def test_no_word_is_broken_and_no_line_is_too_long(
    width: int, table: tuple[list[str], list[list[object]]], capsys: pytest.CaptureFixture[str]
) -> None:
    columns, rows = table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_width", lambda: width)
        show.table(columns, rows)
    printed = capsys.readouterr().out
    assert broken(printed, [word for row in rows for cell in row for word in show.words(cell).split()]) == []
    assert max(map(len, printed.splitlines()), default=0) <= width


def test_every_table_is_drawn_in_one_place() -> None:
    source = Path(tables.__file__).parent
    assert [path.name for path in source.glob("*.py") if "rich.table" in path.read_text()] == ["tables.py"]


@pytest.mark.parametrize("width", [60, 80])
def test_what_commands_tell_fits_the_terminal(line: CommandLine, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    with line.dossier() as dossier:
        set_up(dossier)
        confirm_drawer(dossier, request(reason="told us on the phone, twice"), number="1001", responses={1: "A2"})
        for projection in projections(dossier):
            fold_log(dossier, projection)
    monkeypatch.setattr(tables, "_width", lambda: width)
    for command in (
        ("status",),
        ("history", "customer", "1001"),
        ("history", "account", "A-7"),
        ("history", "controls"),
        ("as-of", "customer", "1001"),
        ("as-of", "account", "A-7"),
        ("replay", "customer", "1001"),
        ("replay", "account", "A-7"),
    ):
        shown = line.run(*command)
        assert shown.exit_code == (1 if command == ("status",) else 0), shown.output  # nothing runs here
        tabled = [text for text in shown.stdout.splitlines() if text[:1] in "┏┃┡│├└ "]
        assert max(map(len, tabled), default=0) <= width, command
        if command[0] == "history":
            assert broken(shown.stdout, [entry["recorded_at"] for entry in line.asked(*command)]) == []

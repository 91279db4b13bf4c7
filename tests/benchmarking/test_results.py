"""What is kept of measurements: medians and spreads, the rows of other parts, and the tables and plots made of them."""

from pathlib import Path

import pytest
from benchmarks.reporting import readme, results
from benchmarks.reporting.plots import times_the_goal
from benchmarks.reporting.results import Measured, Results
from benchmarks.rows import Row, at_least, at_most, at_most_times, below, summarised

NOTHING = Results([], {})
MACHINE = {"processor": "a processor", "cores": "2"}


def rates(*ours: float) -> list[Row]:
    return [
        at_least("saves (peer: no-op POST)", "requests/s", each, 100, 0.5, limit=f"limit of {each}") for each in ours
    ]


def kept(part: str, name: str, before: Results = NOTHING, *, full: bool = False) -> Results:
    summaries = summarised([at_least(name, "1/s", 60, 100, 0.5)])
    return before.with_part(part, summaries, full=full, commit="abc", machine=MACHINE)


def names(of: Results) -> list[str]:
    return [row.summary.name for row in of.rows]


def test_a_summary_has_the_median_its_limit_and_the_spread() -> None:
    [summary] = summarised(rates(40, 70, 60))
    assert (summary.ours, summary.ours_spread, summary.rounds) == (60, (40, 70), 3)
    assert (summary.ratio, summary.ratio_spread, summary.limit) == (0.6, (0.4, 0.7), "limit of 60")


@pytest.mark.parametrize(("ours", "met"), [((40, 60, 60), True), ((40, 40, 60), False), ((60,), True)])
def test_a_goal_is_met_if_the_median_meets_it(ours: tuple[float, ...], met: bool) -> None:
    assert summarised(rates(*ours))[0].met is met


def test_a_row_without_goal_is_neither_met_nor_missed() -> None:
    [summary] = summarised([at_least("saves", "1/s", 1, 2, None)])
    assert (summary.met, summary.goal) == (None, "")


def test_details_are_medians_of_the_rounds_that_have_them() -> None:
    measured = [
        below("memory", "MiB", 1, 2, details={"p50_ms": 1.0, "p99.9_ms": 9.0}),
        below("memory", "MiB", 1, 2, details={"p50_ms": 3.0}),
        below("memory", "MiB", 1, 2, details={"p50_ms": 2.0}),
    ]
    assert summarised(measured)[0].details == {"p50_ms": 2.0, "p99.9_ms": 9.0}


def test_a_run_of_one_part_leaves_the_rows_of_others_where_they_are() -> None:
    both = kept("second", "b", kept("first", "a"))
    assert names(kept("first", "new", both)) == ["new", "b"]


def test_a_full_run_leaves_the_rows_of_the_usual_run() -> None:
    assert names(kept("first", "large", kept("first", "small"), full=True)) == ["small", "large"]


def test_a_machine_without_rows_is_forgotten() -> None:
    before = kept("first", "a")
    after = before.with_part("first", [], full=False, commit="abc", machine={"processor": "another"})
    assert (after.rows, after.machines) == ([], {})


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    written = kept("second", "b", kept("first", "a"), full=True)
    results.save(written, tmp_path / "results.json")
    assert results.load(tmp_path / "results.json") == written


def test_results_of_this_repository_can_be_read() -> None:
    assert all(row.machine in results.load().machines for row in results.load().rows)


@pytest.mark.parametrize(
    ("row", "times"),
    [
        (at_least("a", "1/s", 60, 100, 0.5), 1.2),
        (at_most_times("a", "ms", 1, 4, 0.5), 2),
        (at_most("a", "ms, p95", 4, 1, 8), 2),
        (below("a", "MB", 10, 5), 0.5),
        (at_least("a", "1/s", 60, 100, None), None),
    ],
)
def test_a_goal_is_reached_so_many_times(row: Row, times: float | None) -> None:
    [summary] = summarised([row])
    assert times_the_goal(Measured("part", False, summary, "abc", "2026-01-01", "key")) == times


def test_the_readme_keeps_what_people_wrote_and_names_missed_goals(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"By hand.\n\n{readme.MARK}\n\nOld.\n", encoding="utf-8")
    http = summarised([*rates(40, 40, 70), at_least("saves (peer: stock stack)", "requests/s", 40, 4, 8)])
    readme.write(NOTHING.with_part("http", http, full=False, commit="abc", machine=MACHINE), file)
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"By hand.\n\n{readme.MARK}\n\n1 of 2 goals are met.")
    assert "Old." not in text
    assert (
        "| saves (peer: no-op POST) | requests/s | 40 (40–70) | 100 | 0.4 (0.4–0.7) | ratio &gt;= 0.5 | **no** |"
        in text
    )
    for plot in ("goals", "requests"):
        assert (tmp_path / "plots" / f"{plot}.svg").read_text(encoding="utf-8").startswith("<svg")
        assert f"(plots/{plot}.svg)" in text

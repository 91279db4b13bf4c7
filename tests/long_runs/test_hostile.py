"""The hostile run (`benchmarks/hostile`) detects lost saves, server errors and slow answers."""

import math
from collections import Counter
from pathlib import Path

import orjson
import pytest
from benchmarks.hostile import report, run
from benchmarks.hostile.attacking import ATTACKS
from benchmarks.hostile.report import Findings
from benchmarks.hostile.saving import Measured
from benchmarks.hostile.target import json_writes
from benchmarks.hostile.watching import Cost
from benchmarks.running.comparing import Counts


def findings(**given: object) -> Findings:
    phases = run.plan(0.0, 10.0, ["deep JSON"])
    usual: dict[str, object] = {
        "phases": phases,
        "costs": [Cost(100, 100, {}, 0) for _ in phases],
        "outcomes": {"deep JSON": Counter({"422": 5})},
        "measured": Measured(),
        "saves": Counts("hostile", "log", 5, 0, 0, 0, 0),
        "counted": Counter({"POST /v1/customers 201": 5}),
        "logged": Counter(),
        "ended": {},
    }
    return Findings(**{**usual, **given})  # type: ignore[arg-type]


def test_a_run_is_right_when_every_save_is_stored_once_and_no_answer_was_a_fault() -> None:
    assert findings().right


@pytest.mark.parametrize(
    "wrong",
    [
        {"saves": Counts("hostile", "log", 0, 0, 0, 0, 0)},
        {"saves": Counts("hostile", "log", 5, 1, 0, 0, 0)},
        {"saves": Counts("hostile", "log", 5, 0, 1, 0, 0)},
        {"outcomes": {"document routes": Counter({"/docs 500": 1})}},
        {"measured": Measured(save_answers=Counter({"500": 1}))},
        {"counted": Counter({"POST /v1/accounts 500": 1})},
        {"ended": {"serve": 1}},
    ],
    ids=["nothing saved", "one lost", "one doubled", "seen by an attacker", "seen by a client", "counted", "ended"],
)
def test_each_fault_makes_a_run_wrong(wrong: dict[str, object]) -> None:
    assert not findings(**wrong).right


def test_phases_follow_each_other_and_end_with_all_attacks_together() -> None:
    phases = run.plan(100.0, 60.0, ["a", "b"])
    assert [phase.name for phase in phases] == ["quiet", "a", "b", "all together"]
    assert [phase.begins for phase in phases[1:]] == [phase.ends for phase in phases[:-1]]
    assert phases[-1].ends == pytest.approx(160.0)
    assert all(phase.begins < phase.calm < phase.ends for phase in phases)


def test_errors_are_found_in_a_log_and_so_is_what_is_no_entry(tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    log.write_text('{"event": "request", "level": "info"}\n{"event": "fault", "level": "error"}\nTraceback\n')
    assert report.errors_logged(log) == {"fault": 1, "Traceback": 1}


def test_percentiles_are_values_that_were_measured() -> None:
    ordered = [float(number) for number in range(1, 101)]
    assert [report.percentile(ordered, part) for part in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert math.isnan(report.percentile([], 0.5))


def test_deep_json_goes_to_every_write_that_takes_json() -> None:
    writes = json_writes()
    assert len(writes) >= 29
    assert not [path for _, path in writes if "{" in path]


def test_a_short_run_attacks_with_everything_and_finds_each_save(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run.main(["--seconds", "8", "--customers", "20", "--json", str(tmp_path / "found.json")])
    found = orjson.loads((tmp_path / "found.json").read_bytes())
    assert status == 0, "a save was lost or doubled, an answer was a 500, or a process ended"
    assert found["saves"]["acknowledged"] > 0
    assert (found["saves"]["lost"], found["saves"]["doubled"]) == (0, 0)
    assert {name for name, outcomes in found["outcomes"].items() if outcomes} == {attack.name for attack in ATTACKS}
    assert "/health/live p99" in capsys.readouterr().out

"""The outages run (`benchmarks/outages`) distinguishes reported outages from unrelated reports."""

import re

import pytest
from benchmarks.outages import run, statements
from benchmarks.outages.judging import Window, changes, told, well_after
from benchmarks.outages.observing import METRICS, READY, Observation

KAFKA = Window("Kafka", re.compile("kafka"), re.compile("kafka_up"), begins=10, ends=20, closes=30)
USUAL = frozenset({"HTTP 200", "lag=0"})
OUT = frozenset({"HTTP 200", "faults[]=kafka cannot be reached"})


def observed(*said: tuple[float, frozenset[str]]) -> list[Observation]:
    return [Observation(at, at, statements) for at, statements in said]


def test_an_outage_is_told_from_the_first_statement_that_names_it_until_its_end() -> None:
    found = told(READY, KAFKA, USUAL, observed((9, USUAL), (11, USUAL), (13, OUT), (19, OUT), (21, OUT), (23, USUAL)))
    assert (found.after_s, found.until_the_end, found.by) == (3, True, "faults[]=kafka cannot be reached")
    assert found.well_after_s == 3


def test_an_outage_that_is_no_longer_told_before_its_end_was_not_told_until_then() -> None:
    assert not told(READY, KAFKA, USUAL, observed((11, OUT), (15, USUAL), (21, USUAL))).until_the_end


@pytest.mark.parametrize(
    "said", [USUAL, {*USUAL, "HTTP 503"}, {"kafka.lag=100+"}], ids=["the usual", "another fault", "only how much waits"]
)
def test_what_does_not_name_the_outage_does_not_tell_it(said: frozenset[str]) -> None:
    found = told(READY, KAFKA, USUAL, observed((11, frozenset(said)), (15, frozenset(said))))
    assert (found.after_s, found.until_the_end) == (None, False)


def test_of_the_metrics_those_of_the_api_are_to_tell_it() -> None:
    assert told(METRICS, KAFKA, USUAL, observed((11, frozenset({"relay: kafka_up=0"})))).after_s is None
    assert told(METRICS, KAFKA, USUAL, observed((11, frozenset({"serve: kafka_up=0"})))).after_s == 1


def test_what_is_asked_in_one_time_and_answered_in_another_belongs_to_neither() -> None:
    early = Observation(9, 11, OUT)
    late = [Observation(19, 21, USUAL), Observation(22, 23, USUAL), Observation(29, 31, OUT)]
    found = told(READY, KAFKA, USUAL, [early, Observation(12, 12, OUT), *late])
    assert (found.after_s, found.until_the_end, found.well_after_s) == (2, True, 2)


def test_all_is_well_from_the_first_look_after_the_last_that_was_not() -> None:
    assert well_after([(21, True), (22, False), (24, True), (25, True)], 20) == 4
    assert well_after([(21, True), (22, False)], 20) is None
    assert well_after([], 20) is None


def test_the_timeline_has_changes_only() -> None:
    found = list(changes(KAFKA, USUAL, observed((11, USUAL), (12, OUT), (13, OUT), (21, USUAL))))
    assert found == [(2, ["faults[]=kafka cannot be reached"], []), (11, [], ["faults[]=kafka cannot be reached"])]


def test_statements_leave_out_what_rises_by_itself_and_make_counts_coarse() -> None:
    body = '{"status": "ready", "log_position": 7, "faults": ["for 3.5 s"], "projections": [{"name": "a", "position": 7, "lag": 250}]}'
    expected = {"HTTP 200", "status=ready", "faults[]=for # s", "projections[a].name=a", "projections[a].lag=100+"}
    assert statements.of_http(200, body) == expected
    metrics = '# TYPE dossier_up gauge\ndossier_up{name="a"} 0.0\n# TYPE dossier_x_total counter\ndossier_x_total 4.0\n'
    assert statements.of_metrics("serve", metrics) == {'serve: dossier_up{name="a"}=0'}
    assert statements.of_command(1, "", "Error: gone since 4 s") == {"exit status 1", "Error: gone since # s"}


def test_a_short_run_kills_the_projections_and_sees_them_come_back(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--without-kafka", "--without-full-disk", "--quiet", "2", "--seconds", "3", "--after", "4"]
    run.main([*options, "--only", "killed"])
    printed = capsys.readouterr().out
    assert "projections killed: ended at" in printed
    assert re.search(r"projections killed\s*│\s*\d", printed), "a save was acknowledged after the end"

"""The parts of `make bench` that go over HTTP run to their end, with very little to measure."""

from collections.abc import Iterator

import pytest
from benchmarks.over_http import rates
from benchmarks.over_http.cores import Cores
from benchmarks.over_http.wrk import LoadError, Requests, send
from benchmarks.rows import summarised
from benchmarks.servers import BIN, Server, listening, postgres, process_environment

TINY = rates.Sizes(things=200, hot=100, connections=4, seconds=1, rounds=1, works=1)


@pytest.fixture(scope="module")
def noop() -> Iterator[Server]:
    command = [str(BIN / "uvicorn"), "--log-level", "warning", "benchmarks.noop:app", "--port"]
    with listening(command, process_environment("", "bench")) as server:
        yield server


def test_saves_and_reads_are_measured_against_both_peers() -> None:
    with postgres() as url:
        summaries = {row.name: row for row in summarised(rates.run(url, TINY))}
    assert {name.partition(" (peer: ")[2] for name in summaries} == {"no-op GET)", "no-op POST)", "stock stack)"}
    for row in summaries.values():
        assert row.ours > 0
        assert {"p50_ms", "processor_ms", "peak_mib", "peer_p50_ms", "peer_processor_ms"} <= row.details.keys()
        assert row.limit


def test_a_refused_request_ends_the_measurement(noop: Server) -> None:
    with pytest.raises(LoadError, match="refused"):
        send(noop.port, Requests("GET", "/nowhere/{n}", 10), connections=1, seconds=1, seed=1, cores=Cores.here())


def test_a_run_sends_no_more_a_second_than_it_is_told(noop: Server) -> None:
    requests = Requests(
        "GET", "/noop/{n}?valid_at={d}&known_at={k}", 10, days=["2026-01-01"], instants=["2026-01-01T00:00:00Z"]
    )
    load = send(noop.port, requests, connections=2, seconds=1, seed=1, cores=Cores.here(), rate=50)
    assert load.requests <= 60

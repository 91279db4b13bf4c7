"""An outage is one log line at its beginning and one at its end, however many loops wait; a command reports it in one line."""

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest

from command_line import CommandLine
from cutting_proxy import CuttingProxy

NOWHERE = "postgresql://127.0.0.1:1/postgres"


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(postgres_url)
    yield proxy
    proxy.close()


@pytest.mark.parametrize("command", ["project", "work", "forward"])
def test_an_outage_of_the_database_is_one_line_at_its_beginning_and_one_at_its_end(
    line: CommandLine, proxy: CuttingProxy, command: str
) -> None:
    proxy.refusing = True
    process = line.process(
        command,
        DATABASE_URL=proxy.url,
        CUSTOMER_ENGAGEMENT_URL="http://127.0.0.1:1",
        CUSTOMER_ENGAGEMENT_TOKEN="t",
        PYTHONFAULTHANDLER="1",
    )
    lines: list[dict[str, object]] = []
    assert process.stderr is not None
    for text in process.stderr:
        lines.append(json.loads(text))
        if lines[-1]["event"] == "server.away":
            proxy.refusing = False
        if lines[-1]["event"] == "server.back":
            break
    process.send_signal(signal.SIGTERM)
    try:
        _, rest = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        pytest.fail(f"It does not end; its threads are here: {process.communicate()[1]}")
    lines += map(json.loads, rest.splitlines())
    told = [entry for entry in lines if entry["level"] != "info" or str(entry["event"]).startswith("server.")]
    assert [entry["event"] for entry in told] == ["server.away", "server.back"]
    assert str(told[0]["reason"]).startswith("The database cannot be reached.")
    assert "\n" not in str(told[0]["reason"])


def test_a_kafka_that_is_away_is_one_line_for_relay_and_none_of_its_library(line: CommandLine) -> None:
    process = line.process("relay", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", DOSSIER_LOG_LEVEL="info")
    try:
        assert process.stderr is not None
        events = []
        while "server.away" not in events:
            events.append(json.loads(process.stderr.readline())["event"])
    finally:
        process.terminate()
        _, rest = process.communicate(timeout=60)
    assert [event for event in events if event not in {"started", "server.away"}] == []
    assert [json.loads(text)["event"] for text in rest.splitlines()] == ["stopped"]


@pytest.mark.parametrize("command", [("history", "customer", "1"), ("verify",), ("migrate",), ("dead-letters", "list")])
def test_a_command_tells_an_outage_in_one_line(line: CommandLine, command: tuple[str, ...]) -> None:
    process = line.process(*command, DATABASE_URL=NOWHERE)
    printed, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert [text.startswith("dossier: The database cannot be reached") for text in complaints.splitlines()] == [True]
    assert printed == ""

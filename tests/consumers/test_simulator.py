"""Tests rely on the simulator, so it is tested too: one effect per key, the configured faults, nothing forgotten."""

import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cli.processes.simulator import LONGEST_ATTRIBUTE, create_app
from consumer_world import TOKEN, Simulator, serving

BODY: dict[str, Any] = {"value": "A", "effective_from": "2026-11-21"}


def put(simulator: Simulator, key: str, number: str = "1001", **body: Any) -> int:
    return simulator.put(number, "age", {**BODY, **body}, **{"Idempotency-Key": key}).status_code


def test_a_repeated_key_has_no_effect(simulator: Simulator) -> None:
    assert [put(simulator, "k1"), put(simulator, "k2", value="B"), put(simulator, "k1")] == [201, 201, 200]
    assert put(simulator, "k3", number="1002") == 201
    assert simulator.values("1001") == {"age": "B"}
    received = simulator.received()
    assert (received["effective"], received["duplicates"]) == (3, 1)
    assert received["order"] == {"1001": ["k1", "k2"], "1002": ["k3"]}


def test_a_fault_meets_so_many_requests_of_its_customer(simulator: Simulator) -> None:
    simulator.fail(429, times=2, number="1001", retry_after=7)
    refused = simulator.put("1001", "age", BODY, **{"Idempotency-Key": "k1"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert put(simulator, "k2", number="1002") == 201
    assert [put(simulator, "k1"), put(simulator, "k1")] == [429, 201]
    simulator.fail(500, times=9)
    simulator.recover()
    assert put(simulator, "k3") == 201


def test_a_value_that_is_too_long_for_an_attribute_is_refused_and_a_shorter_one_taken(simulator: Simulator) -> None:
    assert [put(simulator, "k1", value="x" * length) for length in (LONGEST_ATTRIBUTE + 1, LONGEST_ATTRIBUTE)] == [
        422,
        201,
    ]
    assert simulator.received()["refused"] == 1


def test_who_has_not_the_token_or_no_key_is_refused(simulator: Simulator) -> None:
    headers = {"Idempotency-Key": "k1", "Authorization": "Bearer wrong"}
    assert simulator.put("1001", "age", BODY, **headers).status_code == 401
    assert simulator.put("1001", "age", BODY).status_code == 422
    assert simulator.values("1001") == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/customers/1001/attributes/age"),
        ("GET", "/customers/1001/attributes"),
        ("GET", "/received"),
        ("POST", "/faults"),
        ("DELETE", "/faults"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_every_route_asks_for_the_token(
    simulator: Simulator, method: str, path: str, headers: dict[str, str]
) -> None:  # rule 5.1
    assert put(simulator, "k1") == 201
    refused = httpx2.request(method, f"{simulator.url}{path}", headers=headers, trust_env=False)
    assert refused.status_code == 401
    assert refused.json() == {"detail": "The bearer token is wrong."}


def test_there_is_no_route_besides_those_and_its_health(simulator: Simulator) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/"):
        assert httpx2.get(f"{simulator.url}{path}", trust_env=False).status_code == 404
    assert httpx2.get(f"{simulator.url}/health", trust_env=False).json() == {"status": "ok"}


def test_its_journal_is_for_its_owner_only_also_one_of_a_former_release(tmp_path: Path) -> None:  # rule 5.1
    journal = tmp_path / "journal.jsonl"
    journal.touch(0o644)
    with serving(create_app(TOKEN, journal)) as url:
        first = Simulator(url)
        assert put(first, "k1") == 201
        first.close()
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_a_killed_simulator_remembers_what_it_acknowledged(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    with serving(create_app(TOKEN, journal)) as url:
        first = Simulator(url)
        assert [put(first, "k1"), put(first, "k2", value=None)] == [201, 201]
        first.close()
    with journal.open("ab") as file:
        file.write(b'{"key": "cut off in the mid')
    for expected in (200, 200):
        with serving(create_app(TOKEN, journal)) as url:
            again = Simulator(url)
            assert put(again, "k1") == expected
            assert again.values("1001") == {"age": None}
            assert again.received()["order"] == {"1001": ["k1", "k2"]}
            again.close()

"""Health: kinds of bugs known from public reports about services that looked healthy and were not.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from psycopg import errors
from psycopg_pool.base import AttemptWithBackoff

from api_client import Api, assert_problem, register
from command_line import CommandLine, eventually, free_port, text_of
from cutting_proxy import CuttingProxy

from .company import installed, served

RECOVERED_S = 20.0


@pytest.fixture(autouse=True)
def _no_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question about health is asked anew."""
    monkeypatch.setattr("api.background.health.KEPT_S", 0.0)


@pytest.fixture
def idle(postgres_url: str, tmp_path: Path) -> Iterator[tuple[CommandLine, Api]]:
    """A company whose events nobody folds."""
    with installed(postgres_url, tmp_path) as line, served(line, folded=False) as api:
        yield line, api


def faults(api: Api) -> str:
    """What is told to be wrong."""
    return str(assert_problem(api.get("/health/ready", None), 503, "not-ready")["faults"])


def test_a_projector_that_does_not_run_is_told_everywhere(idle: tuple[CommandLine, Api]) -> None:
    """Kind: the process that makes the answers has died, and health, status and metrics say that all is well.

    Public report: github.com/afreidah/s3-orchestrator/issues/806 (workers stopped, and the API looked healthy).
    """
    line, api = idle
    assert "dossier project" in faults(api)
    status = line.run("status")
    assert status.exit_code == 1
    assert "dossier project" in status.stderr
    assert 'dossier_projection_running{name="drawer"} 0.0' in api.get("/metrics", None).text
    assert api.post("/v1/customers", {"number": "1", "name": "Ada"}).status_code == 201  # rule 0.8


def test_a_read_model_of_another_version_is_told_and_refuses_in_words(idle: tuple[CommandLine, Api]) -> None:
    """Kind: after an upgrade the tables are not those of the program; it is ready, and every read is an error of the server.

    Public report: github.com/neochaotic/leoflow/issues/1023 (ready with a database in which there was not one table).
    """
    _, api = idle
    with api.dossier.database.connection() as connection:
        connection.execute("UPDATE projections SET shape = 'another'")
    for path in ("/v1/customers", "/v1/fields", "/v1/categories"):
        answer = api.get(path)
        assert answer.status_code == 503
        assert "dossier rebuild" in answer.json()["detail"]
    assert "dossier rebuild" in faults(api)


def test_a_full_disk_is_told_as_what_it_is(idle: tuple[CommandLine, Api], monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: the disk is full, and the operator is sent to look for a database that cannot be reached.

    Public report: github.com/matrix-org/synapse/issues/10594 (a full disk was a flood of faults of operation).
    """
    _, api = idle

    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("It failed.") from errors.DiskFull("could not extend file")

    monkeypatch.setattr(api.dossier, "renew_setup", refuse)
    answer = api.post("/v1/customers", {"number": "1", "name": "Ada"})
    assert assert_problem(answer, 503, "unavailable")["detail"] == "The database's disk is full."


def test_an_outage_of_minutes_is_over_within_seconds_of_its_end(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind: a pool's back-off outlasts the outage.

    Public report: github.com/psycopg/psycopg/issues/1315 (after some minutes without its database the pool stayed stuck).
    """
    monkeypatch.setattr(AttemptWithBackoff, "INITIAL_DELAY", 100.0)  # the pool's own pause after some minutes
    with behind_a_proxy(postgres_url, tmp_path) as (line, proxy), served(line, folded=False) as api:
        register(api, "1")
        proxy.refusing = True
        end_connections(postgres_url, line.schema)
        for number in "23":
            assert_problem(api.post("/v1/customers", {"number": number, "name": "Ada"}), 503, "unavailable")
        proxy.refusing = False
        began = time.monotonic()
        eventually(lambda: api.post("/v1/customers", {"number": "4", "name": "Ada"}).status_code == 201, "it is over")
        assert time.monotonic() - began < RECOVERED_S


@contextmanager
def behind_a_proxy(url: str, directory: Path) -> Iterator[tuple[CommandLine, CuttingProxy]]:
    """A company whose connections can be refused."""
    proxy = CuttingProxy(url)
    with installed(url, directory) as line:
        line.environment["DATABASE_URL"] = proxy.url
        yield line, proxy
    proxy.close()


def end_connections(url: str, schema: str) -> None:
    """Ends those that there are."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [f"dossier/{schema}"]
        )


def test_one_scrape_of_several_workers_is_their_sum(line: CommandLine) -> None:
    """Kind: each worker counts for itself, so that a counter jumps up and down from one scrape to the next.

    Public report: github.com/BerriAI/litellm/issues/10595 (a scrape met another worker each time, and counts went down).
    """
    port = free_port()
    process = line.process("serve", "--port", str(port), "--workers", "2")
    url = f"http://127.0.0.1:{port}"
    asked = 'dossier_http_requests_total{method="GET",route="/health/live",status="200"} '

    def counted() -> float:
        text = text_of(f"{url}/metrics") or ""
        return sum(float(row.removeprefix(asked)) for row in text.splitlines() if row.startswith(asked))

    try:
        eventually(lambda: text_of(f"{url}/health/live"), "it answers")
        before = counted()
        for _ in range(20):
            assert text_of(f"{url}/health/live")
        eventually(lambda: counted() == before + 20, "all are counted")
        assert {counted() for _ in range(8)} == {before + 20}
    finally:
        process.terminate()
        process.communicate(timeout=30)

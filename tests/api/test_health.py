"""`/health/ready` and `/metrics` report running processes, lag and faults; every route that refuses a request meanwhile says why."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import errors

from api.app import create_app
from api.background.health import KEPT_S, SILENT, HealthCheck
from api.settings import ApiSettings
from api_client import SECRET, Api, assert_problem, register
from projections import catalogue
from projections.customers.fold import CustomersProjection
from projections.drawer.fold import DrawerProjection
from projections.engine.faults import ProjectionStoppedError
from projections.health.judgement import Expected
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store import heartbeats
from store.application import Dossier
from store.database import Database
from vital_signs import EVERYTHING, LONG_S, running

ROUTES_WITHOUT_READ_MODELS: Final = {
    "/v1/current-interaction/stream",
    "/v1/events",
    "/v1/operations",
    "/v1/operations/stream",
    "/v1/projections",
    "/v1/projections/{name}",
}
PATH: Final = {
    "number": "1001",
    "account": "A-1",
    "site": "S-1",
    "code": "1",
    "name": "DEFAULT",
    "key": "city",
    "version": "1",
}
UNKNOWN: Final = "00000000-0000-0000-0000-000000000001"
WITHIN_S: Final = 20.0


@pytest.fixture(autouse=True)
def _no_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.background.health.KEPT_S", 0.0)


def caught_up(dossier: Dossier) -> None:
    for projection in catalogue.projections(dossier):
        fold_log(dossier, projection)


def faults(document: dict[str, Any]) -> dict[str, str]:
    return {fault["what"]: fault["why"] for fault in document["faults"]}


def gauge(api: Api, name: str) -> float | None:
    rows = [row for row in api.get("/metrics", None).text.splitlines() if row.startswith(f"{name} ")]
    assert len(rows) <= 1
    return float(rows[0].split()[-1]) if rows else None


@contextmanager
def unfoldable(projection: type[Any], topic: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes a read model stop at every event of a topic."""
    fold = projection.fold

    def broken(self: Any, connection: Any, facts: Any) -> None:
        if any(topic == seen.fact.TOPIC for seen in facts):
            raise ValueError("the abacus is broken")
        fold(self, connection, facts)

    with monkeypatch.context() as patch:
        patch.setattr(projection, "fold", broken)
        yield


def test_without_a_projector_reads_are_not_ready_and_metrics_say_so(api: Api) -> None:
    document = assert_problem(api.get("/health/ready", None), 503, "not-ready")
    assert faults(document)["read models"] == "Nobody folds events: no `dossier project` has been seen."
    assert "Start `dossier project`" in document["detail"]
    assert gauge(api, 'dossier_projection_running{name="drawer"}') == 0
    assert gauge(api, 'dossier_process_up{process="project",task="drawer"}') == 0
    assert gauge(api, 'dossier_fault{what="read models"}') == 1
    assert (gauge(api, "dossier_ready"), gauge(api, "dossier_database_up")) == (0, 1)
    assert api.post("/v1/customers", {"number": "1", "name": "Ada"}).status_code == 201  # rule 0.8: writes go on


def test_an_idle_installation_in_which_all_runs_is_ready(api: Api) -> None:
    with running(api.dossier.database):
        document = api.get("/health/ready", None).json()
        assert (document["status"], document["faults"]) == ("ready", [])
        assert {one["state"] for one in document["projections"]} == {"running"}
        assert gauge(api, 'dossier_projection_running{name="drawer"}') == 1
        assert gauge(api, "dossier_ready") == 1


def test_a_standby_is_enough_and_a_hung_one_is_not(api: Api) -> None:
    with running(api.dossier.database) as progress:
        for name in EVERYTHING["project"]:
            progress[name].mark("standby", patience_s=LONG_S)
        assert api.get("/health/ready", None).status_code == 200
        progress["drawer"].mark(patience_s=0.0)
        deadline = time.monotonic() + WITHIN_S
        while api.get("/health/ready", None).status_code == 200:
            assert time.monotonic() < deadline
        document = api.get("/health/ready", None).json()
        assert list(faults(document)) == ["read model drawer"]
        assert faults(document)["read model drawer"].startswith("Nobody folds events: last made progress ")


def test_how_far_behind_a_read_model_is_is_told_in_events_and_seconds(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.health.judgement.BEHIND_S", 1.0)
    register(api)
    with running(api.dossier.database):
        moved = "UPDATE projections SET position = position + 1 WHERE name = 'drawer'"
        with api.dossier.database.connection() as connection:
            end = connection.execute("SELECT max(position) FROM events").fetchone()
            connection.execute("UPDATE projections SET position = %s", [end and end[0]])
            assert api.get("/health/ready", None).json()["status"] == "ready"
            connection.execute("UPDATE projections SET position = position - 1 WHERE name = 'drawer'")
            deadline = time.monotonic() + WITHIN_S
            while (document := api.get("/health/ready", None).json())["status"] == "ready":
                assert time.monotonic() < deadline
                threading.Event().wait(0.1)
            connection.execute(moved)
        assert document["status"] == "degraded"
        assert faults(document)["read model drawer"].startswith("It is 1 events and ")
        [drawer] = [one for one in document["projections"] if one["name"] == "drawer"]
        assert (drawer["lag"], drawer["lag_s"] >= 1) == (1, True)


def test_what_only_delays_is_degraded(dossier: Dossier, reads: ReadModels) -> None:
    settings = ApiSettings(token_secret=SECRET, expected=Expected(relay=True, forward=True))
    with TestClient(create_app(dossier, reads, settings)) as client, running(dossier.database):
        document = client.get("/health/ready").json()
    assert document["status"] == "degraded"
    assert list(faults(document)) == ["relay", "relay (profiles)", "forward", "forward (resend)"]
    assert faults(document)["relay"].startswith("It does not run: no `dossier relay` has been seen.")


def test_why_a_process_waits_is_told(api: Api) -> None:
    with running(api.dossier.database, {**EVERYTHING, "relay": ("relay",)}) as progress:
        progress["relay"].mark("waiting", "Kafka cannot be reached.", patience_s=LONG_S)
        deadline = time.monotonic() + WITHIN_S
        while (document := api.get("/health/ready", None).json())["status"] == "ready":
            assert time.monotonic() < deadline
    assert faults(document) == {"relay": "It waits: Kafka cannot be reached."}


def test_a_database_that_is_not_migrated_is_told(postgres_url: str, schema: str, dossier: Dossier) -> None:
    check = HealthCheck(dossier, catalogue.classes(), Expected())
    with dossier.database.connection() as connection:
        connection.execute("DELETE FROM migrations WHERE number = 18")
    report = asyncio.run(check.report())
    check.close()
    [fault] = report.health.faults
    assert (fault.what, fault.why) == ("database", "The tables of the database are those of an earlier version.")
    assert fault.todo == "Run `dossier migrate`."


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.DiskFull("could not extend file"), "The database's disk is full."),
        (errors.ReadOnlySqlTransaction("cannot execute"), "The database is read-only."),
        (OperationalError("FATAL: sorry, too many clients already"), "The database has too many connections."),
        (OperationalError("connection refused"), "The database cannot be reached."),
    ],
)
def test_why_the_database_cannot_be_used_is_told_by_readiness_and_by_whatever_is_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        if isinstance(error, psycopg.Error):
            raise OperationalError("It failed.") from error
        raise error

    monkeypatch.setattr("projections.health.vitals.VitalsReader._read", refuse)
    monkeypatch.setattr(api.dossier, "renew_setup", refuse)
    document = assert_problem(api.get("/health/ready", None), 503, "not-ready")
    assert (faults(document), gauge(api, "dossier_database_up")) == ({"database": words}, 0)
    assert (
        assert_problem(api.post("/v1/customers", {"number": "1", "name": "A"}), 503, "unavailable")["detail"] == words
    )


def test_a_database_that_does_not_answer_is_told_in_time_and_asked_once(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.background.health.WAIT_S", 0.3)
    going, asked = threading.Event(), []

    def hang(_: Any) -> Any:
        asked.append(1)
        going.wait(WITHIN_S)
        raise OperationalError("gone")

    monkeypatch.setattr("projections.health.vitals.VitalsReader.read", hang)
    check = HealthCheck(dossier, catalogue.classes(), Expected())

    async def ask() -> list[Any]:
        return await asyncio.gather(*(check.report() for _ in range(200)))

    before = threading.active_count()
    reports = asyncio.run(ask())
    assert (len(asked), threading.active_count() - before) == (1, 1)
    assert all(report.health is SILENT for report in reports)
    going.set()
    check.close()


def test_callers_share_one_answer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.background.health.KEPT_S", 60.0)
    first = api.get("/health/ready", None).json()
    with running(api.dossier.database):
        assert faults(api.get("/health/ready", None).json()) == faults(first)


def test_nothing_is_asked_to_say_that_the_process_lives(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HealthCheck, "report", None)
    monkeypatch.setattr(Database, "connection", None)
    monkeypatch.setattr("starlette.concurrency.run_in_threadpool", None)
    assert api.get("/health/live", None).json() == {"status": "live"}


# what every read route answers while a read model is stopped


def read_routes(app: FastAPI) -> list[str]:
    """Every GET route under /v1 with its path filled in."""
    found = []
    for path, item in app.openapi()["paths"].items():
        if path.startswith("/v1/") and "get" in item and path not in ROUTES_WITHOUT_READ_MODELS:
            filled = re.sub(r"{(\w+)}", lambda name: PATH.get(name[1], UNKNOWN), path)
            found.append(filled + ("?from=2026-01-01" if path.endswith("/diff") else ""))
    return found


def make_a_company(api: Api) -> int:
    """A customer with an account; gives the position of the last event."""
    register(api)
    answer = api.post("/v1/accounts", {"number": "A-1", "customer": "1001", "start_date": "2026-01-01", "name": "Main"})
    return int(answer.headers.get("Dossier-Position", "1"))


def all_answers(api: Api, app: FastAPI, position: int | None = None) -> dict[str, tuple[int, str]]:
    headers = {} if position is None else {"Dossier-Position": str(position)}
    answers = {}
    for path in read_routes(app):
        answer = api.call("GET", path, headers=headers)
        detail = answer.json().get("detail", "") if answer.status_code >= 400 else ""
        answers[path] = (answer.status_code, detail)
    return answers


def without_tables(api: Api) -> None:
    with api.dossier.database.connection() as connection:
        for projection in catalogue.classes():
            for table in projection.tables:
                connection.execute(f"DROP TABLE {table} CASCADE")
        connection.execute("DELETE FROM projections")


def of_another_shape(api: Api) -> None:
    with api.dossier.database.connection() as connection:
        connection.execute("UPDATE projections SET shape = 'another'")


@pytest.mark.parametrize(
    ("harm", "words"), [(without_tables, "tables are missing"), (of_another_shape, "made by another version")]
)
@pytest.mark.parametrize("waiting", [False, True])
def test_no_read_route_breaks_while_read_models_are_missing_or_of_another_version(
    api: Api, app: FastAPI, harm: Callable[[Api], None], words: str, waiting: bool
) -> None:
    position = make_a_company(api)
    caught_up(api.dossier)
    harm(api)
    answers = all_answers(api, app, position if waiting else None)
    assert len(answers) > 40
    assert {path: answer for path, answer in answers.items() if answer[0] >= 500 and answer[0] != 503} == {}
    refused = {path: detail for path, (status, detail) in answers.items() if status == 503}
    assert len(refused) > 25
    for detail in refused.values():
        assert words in detail or "run dossier migrate" in detail
        assert "dossier rebuild" in detail or "dossier migrate" in detail
    document = assert_problem(api.get("/health/ready", None), 503, "not-ready")
    assert "dossier rebuild --all" in document["detail"] or "dossier migrate" in document["detail"]


@pytest.mark.usefixtures("reads")
def test_a_read_model_stopped_at_an_event_answers_for_what_it_has_and_says_so(
    api: Api, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_a_company(api)
    caught_up(api.dossier)
    with (
        unfoldable(DrawerProjection, "customer.registered", monkeypatch),
        unfoldable(CustomersProjection, "customer.registered", monkeypatch),
    ):
        answer = api.post("/v1/customers", {"number": "1002", "name": "Grace Hopper"})
        position = int(answer.headers["Dossier-Position"])
        for projection in catalogue.projections(api.dossier):
            with suppress(ProjectionStoppedError):
                fold_log(api.dossier, projection)
    of_then = api.get("/v1/customers/1001")
    assert of_then.status_code == 200
    assert of_then.headers["Dossier-Known-At"] < api.get("/v1/controls").headers["Dossier-Known-At"]
    answers = {**all_answers(api, app), **all_answers(api, app, position)}
    assert not [path for path, (status, _) in answers.items() if status >= 500 and status != 503]
    status, detail = answers["/v1/customers/1001/drawer"]
    assert status == 503
    assert "drawer" in detail
    assert f"stopped before position {position}" in detail
    assert "the event has personal values" in detail  # rule 5.1: the text of the error may repeat one
    with running(api.dossier.database):
        document = assert_problem(api.get("/health/ready", None), 503, "not-ready")
    assert list(faults(document)) == ["read model customers", "read model drawer"]
    assert f"(customer.registered) at position {position}" in faults(document)["read model drawer"]
    assert gauge(api, 'dossier_projection_state{name="drawer",state="stopped"}') == 1


def test_a_process_that_was_killed_is_told_within_five_seconds_to_whoever_asks_each_second() -> None:  # rule 0.8
    asked_every_s = 1.0
    assert heartbeats.ABSENT_S + KEPT_S + asked_every_s < 5.0

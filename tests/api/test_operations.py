"""Health, metrics, documentation and logs: outside /v1, without a token, without a personal value."""

import io
import json
import re
from datetime import date
from pathlib import Path

import pytest
from eventsourcing.persistence import OperationalError

from aggregates.fact import Role
from aggregates.setup.controls import SystemControls
from aggregates.setup.events import ControlValueSet
from api.app import openapi_document
from api_client import Api, assert_problem, define_age, register
from api_routes import every_route
from projections import catalogue
from projections.health.vitals import VitalsReader
from read_models import fold_log
from scenario import ORIGIN
from vital_signs import running

ROOT = Path(__file__).parent.parent.parent
EPOCH = date(2020, 1, 1)


def test_live_and_ready(api: Api) -> None:
    assert api.get("/health/live", None).json() == {"status": "live"}
    api.post("/v1/customers", {"number": "1", "name": "Ada"})
    with running(api.dossier.database):
        report = api.get("/health/ready", None).json()
    assert (report["status"], report["log_position"], report["warnings"]) == ("ready", 1, [])


def test_a_zone_that_this_version_does_not_know_stops_nothing_and_is_told(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.10
    monkeypatch.setattr("api.background.health.KEPT_S", 0.0)
    controls = SystemControls.new("demo", "demo")
    controls.record(ControlValueSet, ORIGIN, code="TZ", value="Mars/Olympus", effective_from=EPOCH, effective_to=None)
    api.dossier.put(controls.collect_events())
    with running(api.dossier.database):
        report = api.get("/health/ready", None).json()
    assert report["status"] == "ready"
    assert report["warnings"] == [
        "Mars/Olympus is not a time zone of the tz database; days are those of UTC. Set the control TZ."
    ]
    register(api)
    for projection in catalogue.projections(api.dossier):
        fold_log(api.dossier, projection)
    assert api.get("/v1/customers/1001/history").status_code == 200
    assert api.put("/v1/controls/TZ", {"value": "Europe/Paris"}).status_code == 200
    assert api.get("/health/ready", None).json()["warnings"] == []


def test_without_a_database_it_lives_but_is_not_ready(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(VitalsReader, "read", lost)
    assert api.get("/health/live", None).status_code == 200
    assert_problem(api.get("/health/ready", None), 503, "not-ready")
    assert "dossier_database_up 0.0" in api.get("/metrics", None).text


def test_metrics_count_by_route_template(api: Api) -> None:
    api.post("/v1/customers", {"number": "1001", "name": "Ada"})
    for _ in range(2):
        api.get("/v1/customers/4711/nothing")
    text = api.get("/metrics", None).text
    assert 'dossier_http_requests_total{method="POST",route="/v1/customers",status="201"} 1.0' in text
    assert 'dossier_http_requests_total{method="GET",route="unmatched",status="404"} 2.0' in text
    assert "dossier_log_position 1.0" in text
    assert "dossier_database_up 1.0" in text
    assert 'dossier_http_request_seconds_bucket{le="0.1",method="POST",route="/v1/customers"}' in text
    assert "4711" not in text


def test_the_log_says_who_what_how_and_how_long_and_nothing_personal(api: Api, log_lines: io.BytesIO) -> None:
    api.post("/v1/customers", {"number": "1001", "name": "Ada Byron", "reason": "moved"}, Role.AGENT)
    api.get("/v1/customers?name=Byron", Role.AGENT)
    api.get("/v1/customers/1001", None)
    api.client.app.state.services.access_log.flush()  # type: ignore[attr-defined]
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    first, _, last = (line for line in lines if line["event"] == "request")
    assert (first["actor"], first["method"], first["route"], first["status"]) == ("agent", "POST", "/v1/customers", 201)
    assert (first["process"], first["company"]) == ("api", "demo")
    assert first["ms"] > 0
    assert len(first["correlation_id"]) == 36
    assert (last["actor"], last["status"]) == (None, 401)
    for personal in (b"Byron", b"1001", b"moved", b"eyJ"):
        assert personal not in log_lines.getvalue()


def test_the_documentation_lists_every_operation_and_needs_nothing_from_elsewhere(api: Api) -> None:
    answer = api.get("/docs", None)
    for path in api.get("/openapi.json", None).json()["paths"]:
        assert path in answer.text
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_message_contract_is_served_as_the_composition_root_gives_it(api: Api) -> None:
    answer = api.get("/asyncapi.yaml", None)
    assert (answer.text, answer.headers["content-type"]) == ("asyncapi: 3.0.0\n", "application/yaml")


def test_docs_openapi_json_is_what_the_routes_say() -> None:
    stored = (ROOT / "docs/openapi.json").read_text()
    assert stored == openapi_document(), "stale: run `dossier docs --write`"


def test_the_openapi_document_is_the_same_every_time_and_names_roles_and_refusals(api: Api) -> None:
    assert openapi_document() == openapi_document()
    document = json.loads(openapi_document())
    assert api.get("/openapi.json", None).json() == document
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["responses"]["4XX"]["content"].keys() == {"application/problem+json"}
            if path.startswith("/v1"):
                assert operation["x-roles"]
                bearer, session = operation["security"]
                assert (bearer, {"session"}) == ({"bearer": []}, session.keys() - {"console"})


def test_nothing_that_may_hold_personal_data_is_kept_on_the_way(api: Api, subtests: pytest.Subtests) -> None:
    setup = ("/v1/categories/", "/v1/fields/", "/v1/profile-classes/")
    for route in (route for route in every_route() if route.path.startswith("/v1/")):
        with subtests.test(repr(route)):
            answer = route.call(api)
            revalidated = route.path.startswith(setup) and "ETag" in answer.headers and route.method == "GET"
            assert answer.headers["Cache-Control"] == ("private, no-cache" if revalidated else "no-store")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_setup_may_be_kept_and_asked_for_again(api: Api, runners: None) -> None:
    define_age(api)
    seen = api.seen("/v1/categories/7")
    again = api.get("/v1/categories/7", headers={"If-None-Match": seen.headers["ETag"]})
    assert [answer.headers["Cache-Control"] for answer in (seen, again)] == ["private, no-cache"] * 2
    assert [answer.status_code for answer in (seen, again)] == [200, 304]

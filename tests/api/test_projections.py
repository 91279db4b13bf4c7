"""Read models over HTTP: their position, why one has stopped, and rebuilding one."""

from typing import Any

import pytest

from api.background import rebuilds
from api_client import Api, assert_problem
from command_line import eventually

WAIT_S = 30.0


@pytest.mark.usefixtures("runners")
def test_read_models_say_where_they_are(api: Api) -> None:
    api.post("/v1/customers", {"number": "1001", "name": "Ada"})
    api.seen("/v1/customers/1001")
    listed = api.get("/v1/projections").json()["items"]
    assert {one["name"] for one in listed} >= {"drawer", "customers", "controls", "history", "deliveries"}
    one = api.get("/v1/projections/customers").json()
    assert (one["position"], one["lag"], one["state"], one["active"]) == (1, 0, "running", True)
    assert_problem(api.get("/v1/projections/nothing"), 404, "not-found")
    assert 'dossier_projection_lag{name="customers"} 0.0' in api.get("/metrics", None).text


@pytest.mark.usefixtures("runners")
def test_a_read_model_is_built_anew_in_the_background(api: Api) -> None:
    api.post("/v1/customers", {"number": "1001", "name": "Ada"})
    api.seen("/v1/customers/1001")
    generation = api.get("/v1/projections/customers").json()["generation"]
    answer = api.post("/v1/projections/customers/rebuild")
    assert (answer.status_code, answer.headers["Location"]) == (202, "/v1/projections/customers")

    def rebuilt() -> bool:
        report = api.get("/v1/projections/customers").json()
        assert report["rebuild_error"] is None
        return report["generation"] == generation + 1 and not report["rebuild_active"]

    eventually(rebuilt, "the read model is rebuilt")
    assert api.get("/v1/customers/1001").json()["name"] == "Ada"
    assert_problem(api.post("/v1/projections/nothing/rebuild"), 404, "not-found")


def test_two_rebuilds_of_one_read_model_are_a_conflict_and_a_failure_is_shown(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    going = Event()

    def fail(*_: Any) -> None:
        going.wait(WAIT_S)
        raise ValueError("no room")

    monkeypatch.setattr(rebuilds, "rebuild", fail)
    assert api.post("/v1/projections/drawer/rebuild").status_code == 202
    assert_problem(api.post("/v1/projections/drawer/rebuild"), 409, "conflict")
    going.set()
    told = eventually(lambda: api.get("/v1/projections/drawer").json()["rebuild_error"], "the failure is shown")
    assert told == "no room"

"""The state of the installation over HTTP, once and as it changes: positions, lag, counts, and what is wrong."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest
from eventsourcing.persistence import OperationalError
from fastapi.testclient import TestClient
from psycopg import Connection

from aggregates.fact import Role
from api.app import create_app
from api.background import operations as watching
from api.settings import ApiSettings
from api_client import Api, assert_problem, define_age
from projections import catalogue
from projections.deliveries.fold import DeliveriesProjection
from projections.drawer.fold import DrawerProjection
from projections.engine.faults import ProjectionStoppedError
from projections.engine.rebuild import rebuild
from projections.health import traffic
from projections.health.traffic import DeliveryCounts, TrafficReader, Waiting
from projections.health.vitals import VitalsReader
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store import outcomes
from store.database import Row
from store.deliveries import Sending
from store.log import RELAY, move
from vital_signs import running

OPERATIONS: Final = "/v1/operations"
STREAM: Final = f"{OPERATIONS}/stream"
FAR_S: Final = 20.0


@pytest.fixture(autouse=True)
def _no_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.background.health.KEPT_S", 0.0)


def caught_up(api: Api) -> None:
    for projection in catalogue.projections(api.dossier):
        fold_log(api.dossier, projection)


def answered(api: Api, most: int) -> None:
    """So many customers, each of whom was asked for its age: the first is not sent, the others are meant to be sent."""
    define_age(api)
    for number in range(1, most + 1):
        api.post("/v1/customers", {"number": str(number), "name": "Ada"})
        api.put(f"/v1/customers/{number}/drawer", {"responses": {"7": "A"}})
        if number == 1:
            api.put("/v1/controls/L37", {"value": "INTERACT"})
            api.put("/v1/controls/L51", {"value": "Yes"})
            api.put("/v1/attribute-mappings/category:7", {"attribute": "age"})
    caught_up(api)


def settle(api: Api, number: str, record: Callable[[Connection[Row], Sending], None]) -> None:
    """Gives the delivery of a customer its outcome."""
    with api.dossier.database.connection() as connection:
        row = connection.execute("SELECT delivery_id, position FROM deliveries WHERE number = %s", [number]).fetchone()
        assert row is not None
        record(connection, Sending(row[0], number, "age", "A", date(2026, 1, 1), None, row[1]))


def sent(connection: Connection[Row], sending: Sending) -> None:
    outcomes.record_sent(connection, sending, 1)


def dead(connection: Connection[Row], sending: Sending) -> None:
    outcomes.record_dead(connection, sending, 3, "422: unknown value", 422)


def told(api: Api) -> dict[str, Any]:
    answer = api.get(OPERATIONS)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def messages(text: str) -> list[tuple[int, dict[str, Any]]]:
    """The ids and documents of a stream."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith((":", "retry")))
        if lines:
            assert lines["event"] == "operations"
            found.append((int(lines["id"]), json.loads(lines["data"])))
    return found


def test_it_says_how_far_everything_is_and_who_works_on_it(api: Api) -> None:
    answered(api, 1)
    with api.dossier.database.connection() as connection:
        move(connection, RELAY, api.end() - 2)
        for partition, position in ((0, api.end()), (1, api.end() - 3)):
            move(connection, f"dossier-forwarder/{partition}", position)
    with running(api.dossier.database):
        document = told(api)
    assert (document["status"], document["faults"], document["warnings"]) == ("ready", [], [])
    assert document["log"] == {"position": api.end(), "events_per_s": api.end() / traffic.RATE_S}
    assert (document["relay"]["position"], document["relay"]["lag"]) == (api.end() - 2, 2)
    [feed] = document["feeds"]
    assert (feed["consumer"], feed["partitions"], feed["position"], feed["lag"]) == (
        "dossier-forwarder",
        2,
        api.end() - 3,
        3,
    )
    assert [one["name"] for one in document["read_models"]] == sorted(one.name for one in catalogue.classes())
    for model in document["read_models"]:
        assert (model["state"], model["position"], model["lag"], model["failure"]) == ("running", api.end(), 0, None)
        assert (model["generation"], model["runner"]["state"], model["rebuild"]) == (1, "active", None)
    assert {"process": "work", "task": "uploads", "runs": True} in document["processes"]


def test_deliveries_are_counted_by_status_and_the_oldest_that_waits_is_named(api: Api) -> None:  # rule 4.5
    answered(api, 5)
    counts = told(api)["deliveries"]
    assert {name: counts[name] for name in ("waiting", "sent", "not_sent", "dead")} == {
        "waiting": 4,
        "sent": 0,
        "not_sent": 1,
        "dead": 0,
    }
    with api.dossier.database.connection() as connection:
        rows = dict(connection.execute("SELECT number, position FROM deliveries").fetchall())
    assert (counts["oldest"]["position"], 0 <= counts["oldest"]["age_s"] < 60) == (rows["2"], True)
    settle(api, "2", sent)
    settle(api, "4", dead)
    document = told(api)
    counts = document["deliveries"]
    assert (counts["waiting"], counts["sent"], counts["not_sent"], counts["dead"]) == (2, 1, 1, 1)
    assert counts["oldest"]["position"] == rows["3"]
    assert document["dead_letters"] == {"dead": 1, "resending": 0, "resent": 0}
    for number in ("3", "5"):
        settle(api, number, sent)
    assert told(api)["deliveries"] == {"waiting": 0, "sent": 3, "not_sent": 1, "dead": 1, "oldest": None}


def read_traffic(api: Api, reader: TrafficReader) -> traffic.Traffic:
    connection = api.dossier.database.connect()
    try:
        return reader.read(connection, deliveries=True)
    finally:
        connection.close()


def test_a_long_history_is_counted_a_little_at_a_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(api, 3)
    reader = TrafficReader()
    monkeypatch.setattr(traffic, "CHUNK", 1)
    monkeypatch.setattr(traffic, "COUNTING_S", 0.0)
    assert read_traffic(api, reader).deliveries is None
    monkeypatch.setattr(traffic, "COUNTING_S", 20.0)
    first = read_traffic(api, reader).deliveries
    assert first is not None
    assert (first.waiting.waiting, first.sent, first.not_sent, first.dead) == (2, 0, 1, 0)
    monkeypatch.setattr(traffic, "_COUNT", "SELECT 1 / 0, %s, %s")  # what was counted is not counted again
    again = read_traffic(api, reader).deliveries
    assert again is not None
    assert again.not_sent == 1
    monkeypatch.setattr(traffic, "MOST_COUNTED", 2)
    settle(api, "2", sent)
    known = read_traffic(api, reader).deliveries
    assert known == DeliveryCounts(Waiting(1, known.waiting.oldest_s, known.waiting.first), 1, 1, 0) if known else False
    monkeypatch.setattr(traffic, "MOST_COUNTED", 1)
    more = read_traffic(api, reader).deliveries
    assert more is not None
    assert (more.waiting.waiting, more.sent) == (1, None)


def test_a_rebuilt_read_model_of_deliveries_is_counted_anew(api: Api) -> None:
    answered(api, 3)
    reader = TrafficReader()
    before = read_traffic(api, reader).deliveries
    keys = (api.dossier.fact_mapper.keys, api.dossier.company)
    rebuild(api.dossier, DeliveriesProjection(*keys), lambda _done, _of: None)
    after = read_traffic(api, reader).deliveries
    assert before is not None
    assert after is not None
    assert (after.waiting.waiting, after.not_sent) == (before.waiting.waiting, before.not_sent) == (2, 1)
    assert next(one for one in told(api)["read_models"] if one["name"] == "deliveries")["generation"] == 2


def test_a_locked_table_of_deliveries_leaves_the_rest_to_be_told(api: Api) -> None:
    answered(api, 2)
    with running(api.dossier.database), api.dossier.database.connect(autocommit=False) as connection:
        connection.execute("LOCK TABLE deliveries")
        document = told(api)
        connection.rollback()
    assert document["deliveries"] == dict.fromkeys(("waiting", "sent", "not_sent", "dead", "oldest"))
    assert (document["log"]["position"], document["status"]) == (api.end(), "ready")


def test_a_stopped_read_model_says_where_and_why(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the abacus is broken")

    api.post("/v1/customers", {"number": "1", "name": "Ada"})
    monkeypatch.setattr(DrawerProjection, "fold", broken)
    with pytest.raises(ProjectionStoppedError):
        fold_log(api.dossier, DrawerProjection(api.dossier.fact_mapper.keys, api.dossier.company))
    document = told(api)
    drawer = next(one for one in document["read_models"] if one["name"] == "drawer")
    assert (drawer["state"], drawer["lag"], drawer["failure"]["position"]) == ("stopped", 1, 1)
    assert drawer["failure"]["topic"] == "customer.registered"
    assert drawer["failure"]["error"].startswith("ValueError in ")
    assert (document["status"], document["faults"][0]["what"]) == ("unready", "read model drawer")


def test_without_a_database_it_says_what_is_wrong(
    api: Api, reads: ReadModels, settings: ApiSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(VitalsReader, "read_with_traffic", lost)
    problem = assert_problem(api.get(OPERATIONS), 503, "not-ready")
    assert problem["faults"][0]["what"] == "database"
    with TestClient(create_app(api.dossier, reads, replace(settings, follow_s=FAR_S))) as client:
        begun = time.monotonic()
        stream = Api(client, api.dossier).get(STREAM)
        assert (stream.status_code, messages(stream.text)) == (200, [])
        assert time.monotonic() - begun < FAR_S  # it ends, so that the page connects again


def test_the_stream_tells_a_message_a_second_and_goes_on_after_the_last_one(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = VitalsReader.read_with_traffic

    def read_and_saved_after(reader: VitalsReader) -> Any:
        reading = read(reader)
        api.post("/v1/customers", {"number": "2", "name": "Bob"})
        return reading

    monkeypatch.setattr(watching, "EVERY_S", 0.3)
    monkeypatch.setattr(VitalsReader, "read_with_traffic", read_and_saved_after)
    api.post("/v1/customers", {"number": "1", "name": "Ada"})
    first = messages(api.get(STREAM, Role.AUDITOR).text)
    ids = [id_ for id_, _ in first]
    assert ids == sorted(set(ids))
    assert 2 <= len(ids) <= 4
    assert [first[at][1]["log"]["position"] for at in (0, -1)] == [1, 2]
    later = messages(api.get(STREAM, Role.AUDITOR, headers={"Last-Event-ID": str(ids[0])}).text)
    assert [id_ for id_, _ in later][: len(ids) - 1] == ids[1:]
    beyond = messages(api.get(STREAM, Role.AUDITOR, headers={"Last-Event-ID": str(2**62)}).text)
    assert {id_ for id_, _ in beyond}.isdisjoint({*ids, *(id_ for id_, _ in later)})
    assert beyond


def test_all_who_follow_share_one_reading_and_without_any_nothing_is_read(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[float] = []
    read = VitalsReader.read_with_traffic

    def counted(reader: VitalsReader) -> Any:
        reads.append(time.monotonic())
        return read(reader)

    monkeypatch.setattr(VitalsReader, "read_with_traffic", counted)
    monkeypatch.setattr(watching, "EVERY_S", 0.3)
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        texts = [answer.text for answer in pool.map(lambda _: api.get(STREAM), range(8))]
    assert all(messages(text) for text in texts)
    assert len(reads) <= 2 + (time.monotonic() - begun) / 0.3
    assert api.client.app.state.services.operations._reading is None  # type: ignore[attr-defined]

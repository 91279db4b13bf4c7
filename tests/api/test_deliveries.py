"""Deliveries over HTTP: sent, not sent, and dead letters that are sent again (rules 4.2, 4.4, 4.5)."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from store import outcomes
from store.deliveries import Sending


def dead(api: Api, number: str, position: int, attribute: str = "age") -> UUID:
    """A forwarding that died."""
    event_id = uuid4()
    sending = Sending(event_id, number, attribute, "A", date(2026, 1, 1), None, position)
    with api.dossier.database.connection() as connection:
        outcomes.record_dead(connection, sending, 3, "422: unknown value", 422)
    return event_id


@pytest.mark.usefixtures("runners")
def test_every_change_has_a_delivery_status_and_a_reason(api: Api) -> None:
    api.post("/v1/categories", {"code": 7, "description": "Age"})
    api.post("/v1/categories/7/responses", {"code": "A", "description": "Young"})
    api.post("/v1/customers", {"number": "1001", "name": "Ada"})
    api.post("/v1/customers", {"number": "1002", "name": "Bob"})
    api.put("/v1/customers/1001/drawer", {"responses": {"7": "A"}})
    api.put("/v1/controls/L37", {"value": "INTERACT"})
    api.put("/v1/controls/L51", {"value": "Yes"})
    api.put("/v1/attribute-mappings/category:7", {"attribute": "age"})
    api.put("/v1/customers/1002/drawer", {"responses": {"7": "A"}})
    found = api.seen("/v1/deliveries").json()["items"]
    assert [(one["number"], one["status"], one["reason"]) for one in found] == [
        ("1002", "waiting", None),
        ("1001", "not_sent", "L37 is not INTERACT"),
    ]
    for role in Role:  # rule 4.5: every user sees what became of a change
        assert api.get("/v1/deliveries", role).json()["items"] == found
    assert [one["number"] for one in api.get("/v1/deliveries?number=1001").json()["items"]] == ["1001"]
    assert [one["number"] for one in api.get("/v1/deliveries?status=waiting").json()["items"]] == ["1002"]
    assert api.get("/v1/deliveries?limit=1").json()["next_cursor"]
    answer = api.get("/v1/deliveries?status=lost&number=%00")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"status", "number"}


@pytest.mark.usefixtures("runners")
def test_a_delivery_tells_the_value_that_was_sent_in_place_of_the_recorded_one(api: Api) -> None:  # rule 4.5
    api.post("/v1/categories", {"code": 7, "description": "Age"})
    api.post("/v1/categories/7/responses", {"code": "A", "description": "Young"})
    api.post("/v1/customers", {"number": "1001", "name": "Ada"})
    api.put("/v1/controls/L37", {"value": "INTERACT"})
    api.put("/v1/controls/L51", {"value": "Yes"})
    api.put("/v1/attribute-mappings/category:7", {"attribute": "age"})
    api.put("/v1/customers/1001/drawer", {"responses": {"7": "A"}})
    [waiting] = api.seen("/v1/deliveries").json()["items"]
    assert (waiting["corrected"], waiting["corrected_value"]) == (False, None)
    change = UUID(waiting["delivery_id"])
    sending = Sending(change, "1001", "age", "A", date(2026, 1, 1), None, waiting["position"])
    with api.dossier.database.connection() as connection:
        outcomes.record_dead(connection, sending, 3, "422: unknown value", 422)
    assert api.post(f"/v1/dead-letters/{change}/resend", {"value": "30-39"}).status_code == 202
    with api.dossier.database.connection() as connection:
        outcomes.record_resent(connection, sending, 1)
    [sent] = api.get("/v1/deliveries").json()["items"]
    members = {name: sent[name] for name in ("status", "value", "corrected", "corrected_value", "attempts")}
    assert members == {"status": "sent", "value": "A", "corrected": True, "corrected_value": "30-39", "attempts": 4}
    assert api.get(f"/v1/dead-letters/{change}").json()["attempts"] == 4


def test_dead_letters_are_listed_in_pages_and_read(api: Api) -> None:
    first, second = dead(api, "1001", 1), dead(api, "1002", 2)
    page = api.get("/v1/dead-letters?limit=1").json()
    assert [one["event_id"] for one in page["items"]] == [str(first)]
    rest = api.get("/v1/dead-letters", params={"cursor": page["next_cursor"]}).json()
    assert ([one["event_id"] for one in rest["items"]], rest["next_cursor"]) == ([str(second)], None)
    letter = api.get(f"/v1/dead-letters/{second}").json()
    assert (letter["number"], letter["reason"], letter["state"]) == ("1002", "422: unknown value", "dead")
    assert api.get("/v1/dead-letters?state=resent").json()["items"] == []
    assert_problem(api.get(f"/v1/dead-letters/{uuid4()}"), 404, "not-found")


def test_a_dead_letter_is_sent_again_corrected_and_only_once(api: Api) -> None:
    event_id = dead(api, "1001", 1)
    answer = api.post(f"/v1/dead-letters/{event_id}/resend", {"value": "B"}, Role.INTEGRATOR)
    assert (answer.status_code, answer.json()["state"], answer.json()["corrected_value"]) == (202, "resending", "B")
    assert answer.json()["resend_requested_by"] == "integrator"
    assert_problem(api.post(f"/v1/dead-letters/{event_id}/resend", {}), 409, "conflict")
    assert_problem(api.post(f"/v1/dead-letters/{uuid4()}/resend", {}), 404, "not-found")


def test_a_dead_letter_is_sent_again_as_it_was_without_a_body_and_cleared_with_null(api: Api) -> None:
    as_it_was, cleared = dead(api, "1001", 1), dead(api, "1002", 2)
    answer = api.call("POST", f"/v1/dead-letters/{as_it_was}/resend")
    assert (answer.status_code, answer.json()["corrected"]) == (202, False)
    answer = api.post(f"/v1/dead-letters/{cleared}/resend", {"value": None})
    assert (answer.json()["corrected"], answer.json()["corrected_value"]) == (True, None)


def test_an_old_value_never_overtakes_a_later_one_unless_forced(api: Api) -> None:
    event_id = dead(api, "1001", 1)
    with api.dossier.database.connection() as connection:
        outcomes.record_sent(connection, Sending(uuid4(), "1001", "age", "B", date(2026, 1, 2), None, 5), 1)
    assert_problem(api.post(f"/v1/dead-letters/{event_id}/resend", {}), 409, "conflict")
    assert api.post(f"/v1/dead-letters/{event_id}/resend", {"force": True}).status_code == 202


def test_a_wrong_correction_is_refused(api: Api) -> None:
    event_id = dead(api, "1001", 1)
    for body, wrong in (
        ({"value": "\u0000"}, {"value"}),
        ({"value": 5, "force": "x", "by": 1}, {"value", "force", "by"}),
    ):
        answer = api.post(f"/v1/dead-letters/{event_id}/resend", body)
        assert_problem(answer, 422, "invalid")
        assert fields(answer) == wrong
    assert api.get(f"/v1/dead-letters/{event_id}").json()["state"] == "dead"


def sent_later(api: Api, number: str, position: int) -> None:
    """A later value of a customer's attribute was sent."""
    with api.dossier.database.connection() as connection:
        outcomes.record_sent(connection, Sending(uuid4(), number, "age", "B", date(2026, 1, 2), None, position), 1)


def unreadable(api: Api, reason: str) -> UUID:
    """A message that could not be read."""
    event_id = uuid4()
    with api.dossier.database.connection() as connection:
        outcomes.record_unreadable(connection, event_id, "dossier.demo/0/1", reason, b"?")
    return event_id


def states(api: Api) -> list[str]:
    return [letter["state"] for letter in api.get("/v1/dead-letters").json()["items"]]


def test_dead_letters_are_counted_by_reason(api: Api) -> None:
    assert api.get("/v1/dead-letters/reasons").json() == {"items": [], "dead": 0}
    for position in (1, 2, 3):
        dead(api, "1001", position)
    api.post(f"/v1/dead-letters/{dead(api, '1002', 4)}/resend", {})  # is on its way
    unreadable(api, "no JSON")
    told = api.get("/v1/dead-letters/reasons", Role.AUDITOR).json()
    assert [(one["reason"], one["dead"], one["unreadable"]) for one in told["items"]] == [
        ("422: unknown value", 3, 0),
        ("no JSON", 1, 1),
    ]
    assert told["dead"] == 4
    assert told["items"][0]["first_died_at"] < told["items"][0]["last_died_at"]
    listed = api.get("/v1/dead-letters", params={"reason": "no JSON"}).json()["items"]
    assert [one["reason"] for one in listed] == ["no JSON"]


def test_all_with_one_reason_are_sent_again_and_those_that_cannot_be_are_named(api: Api) -> None:
    for position in (1, 2):
        dead(api, "1001", position)
    late = dead(api, "1002", 3)
    sent_later(api, "1002", 9)
    lost = unreadable(api, "422: unknown value")
    unreadable(api, "no JSON")
    answer = api.post("/v1/dead-letters/resend", {"reason": "422: unknown value", "count": 4}, Role.INTEGRATOR)
    assert answer.status_code == 202
    assert answer.json() == {
        "requested": 2,
        "refused": 2,
        "refusals": [
            {
                "event_id": str(late),
                "why": "A later value of the attribute was sent for this customer already.",
            },
            {
                "event_id": str(lost),
                "why": "This message could not be read: it holds nothing that could be sent.",
            },
        ],
    }
    assert states(api) == ["resending", "resending", "dead", "dead", "dead"]
    first = api.get("/v1/dead-letters").json()["items"][0]
    assert (first["resend_requested_by"], first["corrected"]) == ("integrator", False)
    body = {"event_ids": [str(late), str(lost)], "count": 2, "force": True}
    assert api.post("/v1/dead-letters/resend", body).json()["requested"] == 1
    assert states(api) == ["resending", "resending", "resending", "dead", "dead"]


def test_nothing_is_sent_again_where_the_count_that_was_seen_is_no_longer_true(api: Api) -> None:
    first, second = dead(api, "1001", 1), dead(api, "1002", 2)
    for body in (
        {"reason": "422: unknown value", "count": 1},
        {"reason": "422: unknown value", "count": 3},
        {"event_ids": [str(first), str(second), str(first)], "count": 3},
    ):
        problem = assert_problem(api.post("/v1/dead-letters/resend", body), 409, "conflict")
        assert (problem["count"], problem["errors"][0]["field"]) == (2, "count")
        assert problem["detail"] == f"You saw {body['count']}, but there are 2 now. Nothing was sent again."
    assert states(api) == ["dead", "dead"]
    assert api.post("/v1/dead-letters/resend", {"reason": "422: unknown value", "count": 2}).status_code == 202
    problem = assert_problem(
        api.post("/v1/dead-letters/resend", {"reason": "422: unknown value", "count": 2}), 409, "conflict"
    )
    assert problem["count"] == 0  # a request that is repeated finds them on their way


def test_a_letter_that_dies_meanwhile_is_not_sent_again_unseen(api: Api) -> None:
    seen = dead(api, "1001", 1)
    with api.dossier.database.connect(autocommit=False) as connection:
        sending = Sending(uuid4(), "1002", "age", "A", date(2026, 1, 1), None, 2)
        outcomes.record_dead(connection, sending, 3, "422: unknown value", 422)  # not committed yet
        answer = api.post("/v1/dead-letters/resend", {"reason": "422: unknown value", "count": 1})
        connection.commit()
    assert answer.json()["requested"] == 1
    assert api.get(f"/v1/dead-letters/{seen}").json()["state"] == "resending"
    assert api.get(f"/v1/dead-letters/{sending.event_id}").json()["state"] == "dead"


def test_which_dead_letters_are_meant_is_said_in_one_way(api: Api) -> None:
    event = str(dead(api, "1001", 1))
    wrong: list[tuple[dict[str, object], set[str]]] = [
        ({"count": 1}, {"reason"}),
        ({"count": 1, "reason": "r", "event_ids": [event]}, {"reason"}),
        ({"count": 0, "reason": "", "event_ids": []}, {"count", "reason", "event_ids"}),
        ({"count": 100_001, "reason": "\u0000", "event_ids": ["x"]}, {"count", "reason", "event_ids.0"}),
        ({"reason": "r" * 2_001, "state": "dead"}, {"count", "reason", "state"}),
    ]
    for body, named in wrong:
        answer = api.post("/v1/dead-letters/resend", body)
        assert_problem(answer, 422, "invalid")
        assert fields(answer) == named
    assert states(api) == ["dead"]

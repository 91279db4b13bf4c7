"""Interactions over HTTP, as the telephony system reports them: on call, wrap-up, closed; one open per agent (rules 3.4, 3.5)."""

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields, register, token

CALLS = "/v1/interactions"
TELEPHONY = Role.INTEGRATOR


@pytest.fixture
def prepared_api(api: Api) -> Api:
    """Customers 1001 and 1002."""
    register(api)
    register(api, "1002", "Bob Ray")
    return api


def start(api: Api, key: str = "I-1", customer: str = "1001", agent: str = "agent") -> None:
    body = {"interaction": key, "customer": customer, "agent": agent}
    assert api.post(CALLS, body, TELEPHONY).status_code == 201


def state(api: Api, key: str = "I-1") -> str:
    return str(api.get(f"{CALLS}/{key}", Role.AUDITOR).json()["state"])


def test_a_call_begins_ends_and_is_closed(prepared_api: Api) -> None:  # rule 3.5
    answer = prepared_api.post(CALLS, {"interaction": "I-1", "customer": "1001", "agent": "bob"}, TELEPHONY)
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{CALLS}/I-1")
    assert answer.json() == {"changed": True, "version": 1, "position": 3, "interaction": "I-1"}
    assert state(prepared_api) == "on_call"
    assert prepared_api.patch(f"{CALLS}/I-1", {"state": "wrap_up"}, TELEPHONY).json()["changed"] is True
    assert state(prepared_api) == "wrap_up"
    assert prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, TELEPHONY).json()["changed"] is True
    read = prepared_api.get(f"{CALLS}/I-1")
    told = read.json()
    assert (told["state"], told["customer"], told["agent"], read.headers["ETag"]) == ("closed", "1001", "bob", '"3"')
    assert told["started_at"] < told["ended_at"] < told["closed_at"]


def test_it_is_read_as_it_was_known(prepared_api: Api) -> None:  # rule 0.3
    start(prepared_api)
    then = prepared_api.get(f"{CALLS}/I-1").json()["started_at"]
    prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, TELEPHONY)
    told = prepared_api.get(f"{CALLS}/I-1", params={"known_at": then}).json()
    assert (told["state"], told["version"], told["closed_at"]) == ("on_call", 1, None)
    early = prepared_api.get(f"{CALLS}/I-1", params={"known_at": "2020-01-01T00:00:00Z"})
    assert_problem(early, 404, "not-found")
    assert_problem(prepared_api.get(f"{CALLS}/I-2"), 404, "not-found")


def test_saying_the_same_again_changes_nothing(prepared_api: Api) -> None:  # rule 0.5
    start(prepared_api)
    for change in ("wrap_up", "closed"):
        prepared_api.patch(f"{CALLS}/I-1", {"state": change}, TELEPHONY)
        with prepared_api.storing_nothing():
            assert prepared_api.patch(f"{CALLS}/I-1", {"state": change}, TELEPHONY).json()["changed"] is False


def test_a_closed_interaction_does_not_begin_again(prepared_api: Api) -> None:  # rule 3.5
    start(prepared_api)
    prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, TELEPHONY)
    with prepared_api.storing_nothing():
        assert_problem(prepared_api.patch(f"{CALLS}/I-1", {"state": "wrap_up"}, TELEPHONY), 409, "conflict")
        again = prepared_api.post(CALLS, {"interaction": "I-1", "customer": "1001", "agent": "agent"}, TELEPHONY)
    assert_problem(again, 409, "conflict")
    assert fields(again) == {"interaction"}


def test_an_agent_has_one_open_interaction_at_a_time(prepared_api: Api) -> None:  # rule 3.5
    start(prepared_api)
    for _ in ("on call", "in wrap-up"):
        with prepared_api.storing_nothing():
            busy = prepared_api.post(CALLS, {"interaction": "I-2", "customer": "1002", "agent": "agent"}, TELEPHONY)
        problem = assert_problem(busy, 409, "conflict")
        assert (fields(busy), problem["interaction"]) == ({"agent"}, "I-1")
        assert problem["detail"] == "agent has another open interaction, I-1."
        prepared_api.patch(f"{CALLS}/I-1", {"state": "wrap_up"}, TELEPHONY)
    start(prepared_api, "I-3", "1002", "carol")
    prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, TELEPHONY)
    start(prepared_api, "I-2", "1002")
    prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, TELEPHONY)
    with prepared_api.storing_nothing():
        busy = prepared_api.post(CALLS, {"interaction": "I-4", "customer": "1001", "agent": "agent"}, TELEPHONY)
    assert_problem(busy, 409, "conflict")


def test_without_an_id_one_is_made_and_a_repeated_request_gets_the_same(prepared_api: Api) -> None:  # rules 0.7, 3.5
    prepared_api.put("/v1/controls/agents_start_interactions", {"value": "Yes"})
    key = {"Idempotency-Key": "call 4711"}
    one, two = (prepared_api.post(CALLS, {"customer": "1001"}, Role.AGENT, headers=key) for _ in range(2))
    assert one.status_code == 201
    assert (one.json(), one.headers["Location"]) == (
        {**two.json(), "position": one.json()["position"]},
        f"{CALLS}/{one.json()['interaction']}",
    )
    assert prepared_api.get(one.headers["Location"]).json()["agent"] == "agent"
    prepared_api.patch(one.headers["Location"], {"state": "closed"}, Role.AGENT)
    other = prepared_api.post(CALLS, {"customer": "1001"}, Role.AGENT)
    assert other.json()["interaction"] != one.json()["interaction"]


def test_an_agent_starts_no_call_unless_the_control_says_so(prepared_api: Api) -> None:  # rule 3.5
    with prepared_api.storing_nothing():
        problem = assert_problem(prepared_api.post(CALLS, {"customer": "1001"}, Role.AGENT), 403, "forbidden")
    assert "agents_start_interactions" in problem["detail"]
    assert prepared_api.put("/v1/controls/agents_start_interactions", {"value": "Yes"}).status_code == 200
    assert prepared_api.post(CALLS, {"customer": "1001"}, Role.AGENT).status_code == 201


def test_a_start_is_never_back_dated(prepared_api: Api) -> None:  # rules 0.9, 3.5
    for member in ("started_at", "effective_from", "valid_at"):
        with prepared_api.storing_nothing():
            body = {"interaction": "I-1", "customer": "1001", "agent": "bob", member: "2020-01-01"}
            assert fields(prepared_api.post(CALLS, body, TELEPHONY)) == {member}


def test_the_open_calls_of_an_agent_are_listed(prepared_api: Api, runners: None) -> None:  # rules 0.3, 3.5
    start(prepared_api)
    then = prepared_api.seen(f"{CALLS}?state=open&agent=agent").headers["Dossier-Known-At"]
    prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, TELEPHONY)
    start(prepared_api, "I-2", "1002")
    [item] = prepared_api.seen(f"{CALLS}?state=open&agent=agent", Role.AGENT).json()["items"]
    assert (item["interaction"], item["customer"], item["state"]) == ("I-2", "1002", "on_call")
    [known] = prepared_api.get(f"{CALLS}?state=open&agent=agent", params={"known_at": then}).json()["items"]
    assert known["interaction"] == "I-1"
    assert fields(prepared_api.get(f"{CALLS}?state=ringing")) == {"state"}


def test_an_agent_tells_of_own_calls_only(prepared_api: Api) -> None:  # rule 3.4
    prepared_api.put("/v1/controls/agents_start_interactions", {"value": "Yes"})
    with prepared_api.storing_nothing():
        answer = prepared_api.post(CALLS, {"customer": "1001", "agent": "carol"}, Role.AGENT)
        assert_problem(answer, 403, "forbidden")
        assert fields(answer) == {"agent"}
    start(prepared_api, agent="carol")
    with prepared_api.storing_nothing():
        assert_problem(prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, Role.AGENT), 403, "forbidden")
    carol = {"Authorization": f"Bearer {token(Role.AGENT, sub='carol')}"}
    assert prepared_api.patch(f"{CALLS}/I-1", {"state": "closed"}, None, headers=carol).status_code == 200


def test_the_telephony_side_names_the_agent(prepared_api: Api) -> None:  # rule 3.5
    with prepared_api.storing_nothing():
        answer = prepared_api.post(CALLS, {"customer": "1001"}, TELEPHONY)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"agent"}


def test_one_answer_names_every_wrong_member(prepared_api: Api) -> None:
    wrong = {"interaction": "-", "customer": " ", "agent": "\u0000", "state": "on_call"}
    with prepared_api.storing_nothing():
        assert fields(prepared_api.post(CALLS, wrong, TELEPHONY)) == wrong.keys()
        unknown = prepared_api.post(CALLS, {"interaction": "I-1", "customer": "4711", "agent": "bob"}, TELEPHONY)
        assert (unknown.status_code, fields(unknown)) == (422, {"customer"})
    start(prepared_api)
    with prepared_api.storing_nothing():
        assert fields(prepared_api.patch(f"{CALLS}/I-1", {"state": "on_call"}, TELEPHONY)) == {"state"}
    assert_problem(prepared_api.patch(f"{CALLS}/I-9", {"state": "closed"}, TELEPHONY), 404, "not-found")

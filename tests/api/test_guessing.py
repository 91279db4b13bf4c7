"""An agent cannot guess a masked value: right and wrong guesses get the same answers and leave a trace (rule 5.2)."""

from typing import Any

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from business_fields import standard_fields, upload_row

RIGHT, WRONG = "1815-12-10", "1815-12-11"
NUMBERS = ("1001", "1002")
UNTOLD = {"position", "correlation_id", "known_at", "recorded_at", "at"}
"""Members in which any two answers differ."""


@pytest.fixture
def prepared_api(api: Api, runners: None) -> Api:
    """Two customers with the same date of birth, which is masked since, and agent editable; the agent is on a call with either in turn."""
    standard_fields(api.dossier)
    for number in NUMBERS:
        upload_row(api.dossier, number, {"date_of_birth": RIGHT, "city": "London"})
    api.patch("/v1/fields/date_of_birth", {"masked": True, "agent_editable": True})
    return api


def guess(api: Api, number: str, value: str, seen: int | None = None, **more: Any) -> Any:
    """An agent's Save of a date of birth, on a call of its own."""
    call = {"interaction": f"I-{number}-{api.end()}", "customer": number, "agent": "agent"}
    assert api.post("/v1/interactions", call, Role.INTEGRATOR).status_code == 201
    body = {"fields": {"date_of_birth": value}, "interaction": call["interaction"], **more}
    headers = {} if seen is None else {"If-Match": f'"{seen}"'}
    answer = api.patch(f"/v1/customers/{number}/fields", body, Role.AGENT, headers=headers)
    api.patch(f"/v1/interactions/{call['interaction']}", {"state": "closed"}, Role.INTEGRATOR)
    return answer


def told(value: Any) -> Any:
    """An answer without that in which any two differ, and without the number and the guess itself."""
    if isinstance(value, dict):
        return {name: told(one) for name, one in value.items() if name not in UNTOLD}
    if isinstance(value, list):
        return [told(one) for one in value]
    text = str(value)
    return "…" if any(word in text for word in (*NUMBERS, RIGHT, WRONG, " at 20", "-")) else value


@pytest.mark.parametrize(
    "days", [{}, {"effective_from": "2031-01-01", "effective_to": "2031-01-01"}], ids=["from today", "a later day"]
)
def test_a_right_guess_is_answered_and_shown_like_a_wrong_one(
    prepared_api: Api, days: dict[str, str]
) -> None:  # rule 5.2
    answers = []
    for number, value in zip(NUMBERS, (RIGHT, WRONG), strict=True):
        saved = guess(prepared_api, number, value, **days)
        path = f"/v1/customers/{number}"
        day = days.get("effective_from", "")
        shown = [
            prepared_api.seen(f"{path}{read}", Role.AGENT).json()
            for read in (
                f"/fields?valid_at={day or '2031-01-01'}",
                "/history",
                f"/diff?from=2000-01-01&to={day or '2031-01-01'}",
            )
        ]
        differing = prepared_api.seen(f"{path}/diff?from=2030-01-01&to=2031-01-01", Role.AGENT).json()
        answers.append((saved.status_code, saved.headers["ETag"], told([saved.json(), *shown, differing])))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert answers[0][2][0]["changed"] is True


def test_a_guess_on_an_old_version_is_refused_right_or_wrong_and_recorded(prepared_api: Api) -> None:  # rules 3.7, 5.2
    for number in NUMBERS:
        prepared_api.patch(f"/v1/customers/{number}/fields", {"fields": {"date_of_birth": WRONG}})
        prepared_api.patch(f"/v1/customers/{number}/fields", {"fields": {"date_of_birth": RIGHT}})
    refusals = [
        guess(prepared_api, number, value, seen=1) for number, value in zip(NUMBERS, (RIGHT, WRONG), strict=True)
    ]
    for refusal in refusals:
        assert_problem(refusal, 412, "field-changed")
    assert told(refusals[0].json()) == told(refusals[1].json())
    facts = [
        prepared_api.dossier.fact_mapper.to_domain_event(event)
        for event in prepared_api.dossier.log_of_facts.select_notifications(1, 1_000)
        if event.topic == "unmasking.edit_refused"
    ]
    assert [(fact.number, fact.fields, fact.origin.actor) for fact in facts] == [
        (number, ["date_of_birth"], "agent") for number in NUMBERS
    ]
    with prepared_api.storing_nothing():
        same = prepared_api.patch(
            "/v1/customers/1001/fields", {"fields": {"date_of_birth": RIGHT}}, headers={"If-Match": '"1"'}
        )
    assert same.json()["changed"] is False


def test_a_guess_among_unreadable_members_is_told_alike(prepared_api: Api) -> None:  # rules 0.12, 5.2
    prepared_api.patch("/v1/customers/1001/fields", {"fields": {"date_of_birth": WRONG}})
    answers = [guess(prepared_api, "1001", value, seen=1, keep_later="no") for value in (WRONG, RIGHT)]
    assert [(answer.status_code, fields(answer)) for answer in answers] == [(422, {"keep_later"})] * 2


STORED = ("/v1/events", "/v1/history?format=ndjson&proof=true", "/v1/history?format=csv", "/v1/history")


@pytest.mark.parametrize("role", Role)
def test_no_read_gives_a_masked_value_in_clear_however_it_came(api: Api, runners: None, role: Role) -> None:  # rule 5.2
    standard_fields(api.dossier)
    defined = {"key": "tax", "label": "Tax", "group": "business", "type": "string", "personal": True, "masked": True}
    assert api.post("/v1/fields", {**defined, "searchable": True, "agent_editable": True}).status_code == 201
    upload_row(api.dossier, "1001", {"city": "London"})
    upload_row(api.dossier, "1002", {"tax": "Secret-1"})
    assert api.post("/v1/customers/1001/merge", {"other": "1002", "survivor": "1001"}).status_code == 200
    bounded = {"effective_from": "2031-01-01", "effective_to": "2031-01-31"}
    api.patch("/v1/customers/1001/fields", {"fields": {"tax": "Secret-2"}, **bounded})
    upload_row(api.dossier, "1001", {"tax": "Secret-3"}, upload="U-2")
    assert api.post("/v1/customers/1001/unmerge", {"other": "1002"}).status_code == 200
    for number in NUMBERS:
        for read in ("/history", "/fields?valid_at=2031-01-15", "/diff?from=2000-01-01&to=2031-01-15"):
            answer = api.seen(f"/v1/customers/{number}{read}", role)
            assert (answer.status_code, "Secret" in answer.text) == (200, False), answer.text
    if role is Role.AGENT:
        return
    for path in (*STORED, *(f"/v1/proof/inclusion?position={place}" for place in range(1, api.end() + 1))):
        answer = api.get(path, role) if path.startswith(("/v1/events", "/v1/proof")) else api.seen(path, role)
        assert (answer.status_code, "Secret" in answer.text) == (200, False), answer.text


def test_a_field_that_is_not_personal_cannot_be_masked(api: Api) -> None:
    """Values of masked fields are encrypted in the log, so that no read of what is stored has to mask them (rule 5.2)."""
    body = {"key": "plan", "label": "Plan", "group": "business", "type": "string"}
    assert fields(api.post("/v1/fields", {**body, "masked": True})) == {"masked"}
    assert api.post("/v1/fields", body).status_code == 201
    assert fields(api.patch("/v1/fields/plan", {"masked": True})) == {"masked"}
    assert fields(api.patch("/v1/fields/plan", {"personal": True, "masked": True})) == {"personal"}

"""`…/fields/preview` and `…/drawer/preview` take the request of the write, answer what it would do, and record nothing."""

from datetime import date, timedelta
from typing import Any, Final

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields, register
from business_fields import standard_fields, upload_row
from conftest import TODAY
from store.deliveries import Sending
from store.outcomes import record_sent

FIELDS: Final = "/v1/customers/1001/fields"
DRAWER: Final = "/v1/customers/1001/drawer"
KEY: Final = {"Idempotency-Key": "k-1"}
FIRST: Final = "2020-02-01"
LAST: Final = "2020-02-10"
PAST: Final = {"effective_from": FIRST, "effective_to": LAST}
CALL: Final = {"interaction": "I-1", "customer": "1001", "agent": "agent"}


@pytest.fixture
def company(api: Api, runners: None) -> Api:
    """The standard fields and a masked one; category 7 with a default; 1001, uploaded in 2020 and on a call, 1002, and 1003, erased."""
    standard_fields(api.dossier)
    secret = {"key": "secret", "label": "Secret", "group": "business", "type": "string"}
    secret |= {"personal": True, "masked": True, "agent_editable": True}
    assert api.post("/v1/fields", secret).status_code == 201
    upload_row(api.dossier, "1001", {"city": "London", "secret": "owl"}, on=date(2020, 1, 1))
    register(api, "1002", "Bob Ray")
    register(api, "1003", "Eve Erased")
    assert api.post("/v1/customers/1003/erase", {"reason": "Asked for it"}).status_code == 200
    assert api.post("/v1/categories", {"code": 7, "description": "Age"}).status_code == 201
    for code, description in (("A", "Under 30"), ("B", "Older")):
        response = {"code": code, "description": description, "default": code == "B"}
        assert api.post("/v1/categories/7/responses", response).status_code == 201
    assert api.post("/v1/interactions", CALL, Role.INTEGRATOR).status_code == 201
    return api


def preview(api: Api, path: str, body: dict[str, Any], role: Role = Role.ADMINISTRATOR, **more: Any) -> dict[str, Any]:
    """What a write would do."""
    headers = {"Dossier-Position": str(api.end()), **more.pop("headers", {})}
    method = "PUT" if path == DRAWER else "PATCH"
    with api.storing_nothing():
        answer = api.call(method, f"{path}/preview{more.pop('query', '')}", role, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    assert answer.headers["ETag"] == f'"{document["version"]}"'
    return document


def test_an_edit_is_shown_with_before_and_after_and_records_nothing(company: Api) -> None:  # rules 3.6, 3.11
    between = {"fields": {"city": "York"}, "effective_from": "2020-02-05", "effective_to": "2020-02-06"}
    assert company.patch(FIELDS, between).status_code == 200
    body = {"fields": {"city": "Rome", "loan_type": "Car"}, **PAST}
    shown = preview(company, FIELDS, body, headers=KEY)
    assert (shown["number"], shown["version"], shown["changed"], shown["changes_left_off"]) == ("1001", 2, True, 0)
    assert [
        (each["field"], each["label"], each["effective_from"], each["effective_to"], each["before"], each["after"])
        for each in shown["changes"]
    ] == [
        ("fields.city", "City", FIRST, "2020-02-04", "London", "Rome"),
        ("fields.city", "City", "2020-02-05", "2020-02-06", "York", "Rome"),
        ("fields.city", "City", "2020-02-07", LAST, "London", "Rome"),
        ("fields.loan_type", "Loan Type", FIRST, LAST, None, "Car"),
    ]
    assert shown["past"] == {"count": 10, "days": [PAST], "changes_answers": True}
    assert shown["impact"] is None
    kept = company.patch(FIELDS, body, headers=KEY)  # the preview kept no key
    assert (kept.status_code, kept.json()["version"]) == (200, 4)


def test_ok_in_the_drawer_is_shown_with_the_defaults_that_it_stores(company: Api) -> None:  # rules 1.6, 1.9, 1.15
    [change] = preview(company, DRAWER, {"responses": {}}, Role.AGENT)["changes"]
    assert (change["field"], change["before"], change["after"], change["after_description"]) == (
        "responses.7",
        None,
        "B",
        "Older",
    )
    assert company.put(DRAWER, {"responses": {"7": "B"}}).status_code == 200
    [change] = preview(company, DRAWER, {"responses": {"7": "A"}})["changes"]
    assert (change["before_description"], change["after_description"]) == ("Older", "Under 30")
    assert preview(company, DRAWER, {"responses": {}})["changed"] is False  # rule 0.5


@pytest.mark.parametrize(
    ("path", "body", "role", "headers"),
    [
        (FIELDS, {"fields": {"city": "Rome", "shoe_size": "9", "due_date": "soon"}}, Role.ADMINISTRATOR, {}),
        (FIELDS, {"fields": {"city": "Rome"}}, Role.AGENT, {}),
        (FIELDS, {"fields": {"city": "Rome"}, "effective_from": LAST, "effective_to": FIRST}, Role.ADMINISTRATOR, {}),
        (FIELDS, {"fields": {"city": 5, "x": []}, "effective_from": "soon"}, Role.ADMINISTRATOR, {}),
        (DRAWER, {"responses": {"7": "C", "8": "A"}}, Role.AGENT, {}),
        (DRAWER, {"responses": {}}, Role.AGENT, {"If-Match": '"9"'}),
        ("/v1/customers/1003/fields", {"fields": {"city": "Rome"}}, Role.ADMINISTRATOR, {}),
        ("/v1/customers/1009/fields", {"fields": {"city": "Rome"}}, Role.ADMINISTRATOR, {}),
    ],
)
def test_a_preview_is_refused_as_the_write_is(
    company: Api, path: str, body: dict[str, Any], role: Role, headers: dict[str, str]
) -> None:  # rules 0.7, 0.9, 0.12, 1.5, 3.4, 3.9, 5.1
    method = "PUT" if path == DRAWER else "PATCH"
    answers = [company.call(method, target, role, json=body, headers=headers) for target in (f"{path}/preview", path)]
    assert answers[0].status_code == answers[1].status_code >= 400
    assert fields(answers[0]) == fields(answers[1])
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_only_a_field_that_somebody_else_changed_conflicts(company: Api) -> None:  # rule 3.7
    assert company.patch(FIELDS, {"fields": {"city": "York"}}).status_code == 200
    seen = {"If-Match": '"1"'}
    assert preview(company, FIELDS, {"fields": {"loan_type": "Car"}}, headers=seen)["changed"] is True
    answer = company.patch(f"{FIELDS}/preview", {"fields": {"city": "Rome"}}, headers=seen)
    assert assert_problem(answer, 412, "field-changed")["conflicts"][0]["theirs"] == "York"


def test_the_number_of_a_merged_customer_leads_to_the_survivors_preview(company: Api) -> None:  # rule 6.1
    assert company.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    answer = company.patch("/v1/customers/1002/fields/preview?impact=true", {"fields": {"city": "Rome"}})
    # The client follows the redirect with the same body.
    assert (answer.status_code, answer.json()["number"]) == (200, "1001")


def test_masked_values_are_masked_and_say_nothing_of_what_they_equal(company: Api) -> None:  # rule 5.2
    body = {"fields": {"secret": "owl"}, "interaction": "I-1", **PAST}
    guesses = [{**body, "fields": {"secret": guess}} for guess in ("owl", "cat")]
    told = [preview(company, FIELDS, guess, Role.AGENT, query="?impact=true") for guess in guesses]
    assert told[0] == told[1]
    [change] = told[0]["changes"]
    assert (change["before"], change["after"], told[0]["impact"]["past_days"]) == ("••••", "••••", 10)


def test_that_an_administrator_tried_a_masked_value_is_recorded(company: Api) -> None:  # rule 5.2
    for guess, changes in (("owl", []), ("cat", [("••••", "••••")])):
        body = {"fields": {"secret": guess, "city": "Rome"}, **PAST}
        shown = company.patch(f"{FIELDS}/preview?impact=true", body, headers={"If-Match": '"1"'}).json()
        secrets = [each for each in shown["changes"] if each["field"] == "fields.secret"]
        assert [(each["before"], each["after"]) for each in secrets] == changes
    items = company.seen("/v1/customers/1001/unmaskings").json()["items"]
    assert [(item["topic"], item["data"]["fields"], item["actor"]) for item in items] == [
        ("unmasking.shown", ["secret"], "administrator")
    ] * 2
    assert company.get(FIELDS).json()["version"] == 1


def send_everything(api: Api) -> list[dict[str, Any]]:
    """All that waits was sent; gives it."""
    waiting = api.seen("/v1/deliveries?number=1001&status=waiting").json()["items"]
    with api.dossier.database.connection() as connection:
        for each in waiting:
            record_sent(connection, Sending(each["delivery_id"], "1001", each["attribute"], None, TODAY, None, 1), 1)
    return list(waiting)


def forward(api: Api) -> None:
    for code, value in (("L37", "INTERACT"), ("L51", "Yes")):
        assert api.put(f"/v1/controls/{code}", {"value": value, "effective_from": "2020-01-01"}).status_code == 200
    assert api.put("/v1/attribute-mappings/field:city", {"attribute": "town"}).status_code == 200


def test_the_impact_tells_of_past_answers_and_of_what_was_sent(company: Api) -> None:  # rules 4.2, 4.5
    forward(company)
    assert company.patch(FIELDS, {"fields": {"city": "York"}, **PAST}).status_code == 200
    [sent] = send_everything(company)
    body = {"fields": {"city": "Rome"}, "effective_from": "2020-02-09", "effective_to": "2020-02-12"}
    impact = preview(company, FIELDS, body, query="?impact=true")["impact"]
    days = {"effective_from": "2020-02-09", "effective_to": "2020-02-12"}
    assert (impact["past_days"], impact["past_answers"]) == (4, [days])
    assert impact["ranges"] == [{**days, "fields": ["fields.city"]}]
    [delivery] = impact["deliveries"]
    assert (delivery["delivery_id"], delivery["field"], delivery["attribute"]) == (
        sent["delivery_id"],
        "fields.city",
        "town",
    )
    assert delivery["days"] == [{"effective_from": "2020-02-09", "effective_to": LAST}]
    assert company.patch(FIELDS, body).status_code == 200
    [later] = send_everything(company)
    again = preview(company, FIELDS, {**body, "fields": {"city": "Oslo"}}, query="?impact=true")["impact"]
    assert [each["delivery_id"] for each in again["deliveries"]] == [later["delivery_id"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (FIELDS, {"fields": {"city": "Rome"}, "interaction": "I-1", **PAST}),
        (DRAWER, {"responses": {"7": "A"}, **PAST}),
    ],
)
def test_a_write_may_carry_the_digest_and_is_refused_where_it_would_have_another_effect(
    company: Api, path: str, body: dict[str, Any]
) -> None:  # rules 0.2, 0.6
    method = "PUT" if path == DRAWER else "PATCH"
    seen = {**body, "impact": preview(company, path, body, Role.AGENT, query="?impact=true")["impact"]["digest"]}
    first = date.fromisoformat(FIRST)
    between = {"effective_from": str(first + timedelta(2)), "effective_to": str(first + timedelta(3))}
    other = {"responses": {"7": "B"}} if path == DRAWER else {"fields": {"city": "York"}}
    assert company.call(method, path, json={**other, **between}).status_code == 200
    with company.storing_nothing():
        for target in (path, f"{path}/preview"):
            answer = company.call(method, target, Role.AGENT, json=seen)
            assert_problem(answer, 409, "conflict")
            assert fields(answer) == {"impact"}
    digest = preview(company, path, body, query="?impact=true")["impact"]["digest"]  # the same for everybody who looks
    answer = company.call(method, path, Role.AGENT, json={**body, "impact": digest})
    assert (answer.status_code, answer.json()["changed"]) == (200, True)
    entry = company.seen("/v1/customers/1001/history?order=newest&limit=1").json()["items"][0]
    assert entry["data"]["impact"] == digest
    assert_problem(company.call(method, path, json={**body, "impact": "seen"}), 422, "invalid")


def test_a_merge_and_its_undoing_are_shown_with_the_values_that_come_and_go(company: Api) -> None:  # rule 6.1
    assert company.patch("/v1/customers/1002/fields", {"fields": {"loan_type": "Car"}, **PAST}).status_code == 200
    body = {"other": "1001", "survivor": "1001"}  # asked for at the number that would be merged away
    with company.storing_nothing():
        answer = company.post("/v1/customers/1002/merge/preview?impact=true", body)
    shown = answer.json()
    assert (shown["survivor"], shown["merged_away"], shown["number"]) == ("1001", "1002", "1001")
    assert (shown["version"], answer.headers["ETag"]) == (2, '"2"')  # those of 1002
    assert [(each["field"], each["before"], each["after"]) for each in shown["changes"]] == [
        ("fields.loan_type", None, "Car")
    ]
    assert (shown["impact"]["past_answers"], shown["impact"]["deliveries"]) == ([PAST], [])
    assert company.patch(FIELDS, {"fields": {"loan_type": "House"}, **PAST}).status_code == 200
    stale = company.post("/v1/customers/1002/merge", {**body, "impact": shown["impact"]["digest"]})
    assert_problem(stale, 409, "conflict")
    seen = company.post("/v1/customers/1002/merge/preview?impact=true", body).json()
    digest = seen["impact"]["digest"]
    assert seen["changes"] == []
    assert company.post("/v1/customers/1002/merge", {**body, "impact": digest}).json()["changed"] is True
    entry = company.seen("/v1/customers/1001/history?order=newest&limit=1").json()["items"][0]
    assert (entry["topic"], entry["data"]["impact"]) == ("customer.merged", digest)
    undone = company.post("/v1/customers/1001/unmerge/preview?impact=true", {"other": "1002"})
    assert (undone.status_code, undone.json()["changed"], undone.json()["changes"]) == (200, True, [])
    again = company.post("/v1/customers/1001/merge/preview", {"other": "1002"}).json()
    assert (again["changed"], again["survivor"], again["merged_away"]) == (False, "1001", "1002")


def test_the_digest_says_nothing_of_personal_values(company: Api) -> None:  # rule 5.1
    bodies = [{"fields": {"first_name": guess}, **PAST} for guess in ("Ada", "Eve")]
    impacts = [preview(company, FIELDS, body, query="?impact=true")["impact"] for body in bodies]
    assert impacts[0] == impacts[1]

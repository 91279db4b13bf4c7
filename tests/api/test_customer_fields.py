"""The Customer Profile widget over HTTP: groups, order, masks; who may save, and which saves conflict (rules 3.3-3.9, 3.11, 5.2)."""

import time
from typing import Any

import jwt
import pytest
from httpx2 import Response

from aggregates.fact import Role
from api_client import SECRET, Api, assert_problem, fields, register, token
from business_fields import standard_fields, upload_row
from conftest import TODAY

WIDGET = "/v1/customers/1001/fields"
CALL = {"interaction": "I-1", "customer": "1001", "agent": "agent"}
ROW = {"first_name": "Ada", "last_name": "Byron", "date_of_birth": "18151210", "city": "London"}


@pytest.fixture
def prepared_api(api: Api, runners: None) -> Api:
    """The standard fields; 1001, uploaded with a loan, and 1002, registered by hand."""
    standard_fields(api.dossier)
    upload_row(api.dossier, "1001", {**ROW, "loan_type": "Car"})
    register(api, "1002", "Bob Ray")
    return api


def call(api: Api, **more: str) -> None:
    """The agent is on a call with 1001."""
    assert api.post("/v1/interactions", {**CALL, **more}, Role.INTEGRATOR).status_code == 201


def save(api: Api, role: Role = Role.ADMINISTRATOR, seen: int | None = None, **values: Any) -> Response:
    """Save of these values; an agent names the call."""
    body = {"fields": values, **({"interaction": "I-1"} if role is Role.AGENT else {})}
    return api.patch(WIDGET, body, role, headers={} if seen is None else {"If-Match": f'"{seen}"'})


def value(api: Api, key: str, **asked: Any) -> Any:
    found = api.seen(WIDGET, **asked).json()
    return next(one for one in _all(found) if one["key"] == key)["value"]


def _all(widget: dict[str, Any]) -> list[dict[str, Any]]:
    return [*widget["business"]["fields"], *widget.get("optional", {"fields": []})["fields"]]


def test_the_widget_reads_in_two_groups(prepared_api: Api) -> None:  # rules 3.1, 3.3
    answer = prepared_api.seen(WIDGET, Role.AGENT)
    told = answer.json()
    assert (told["title"], told["version"], answer.headers["ETag"]) == ("Ada Byron 1001", 1, '"1"')
    assert [told[group]["label"] for group in ("business", "optional")] == [
        "Business Fields",
        "Optional Business Fields",
    ]
    assert [(one["label"], one["value"]) for one in _all(told)] == [
        ("First Name", "Ada"),
        ("Last Name", "Byron"),
        ("Address", None),
        ("Date of Birth", "1815-12-10"),
        ("City", "London"),
        ("Loan Type", "Car"),
        ("Due Date", None),
        ("Loan Number", None),
    ]
    assert told["business"]["fields"][4] == {
        "key": "city",
        "label": "City",
        "type": "string",
        "value": "London",
        "masked": False,
        "editable": True,
        "required": False,
        "personal": False,
        "choices": [],
        "source": "upload",
        "effective_from": TODAY.isoformat(),
        "effective_to": None,
        "changed_by": "clerk",
        "changed_at": told["business"]["fields"][4]["changed_at"],
        "may_edit": False,
        "refusal": "Editing is allowed only during a call or its wrap-up.",
    }


def test_the_optional_group_is_absent_and_not_empty_when_no_upload_brought_one(prepared_api: Api) -> None:  # rule 3.3
    told = prepared_api.seen("/v1/customers/1002/fields").json()
    assert "optional" not in told
    assert len(told["business"]["fields"]) == 5


def test_sorting_is_a_way_of_reading(prepared_api: Api) -> None:  # rule 3.8
    before = prepared_api.seen(WIDGET).json()
    with prepared_api.storing_nothing():
        by_label = prepared_api.seen(f"{WIDGET}?sort=label").json()
    assert [one["label"] for one in _all(by_label)] == [
        "Address",
        "City",
        "Date of Birth",
        "First Name",
        "Last Name",
        "Due Date",
        "Loan Number",
        "Loan Type",
    ]
    assert prepared_api.seen(WIDGET).json() == before
    assert fields(prepared_api.get(f"{WIDGET}?sort=value")) == {"sort"}


def test_save_says_that_the_profile_was_changed(prepared_api: Api) -> None:  # rules 0.5, 3.6
    answer = save(prepared_api, city="York", due_date="20270131")
    assert answer.status_code == 200
    assert answer.json() == {
        "changed": True,
        "version": 3,
        "position": prepared_api.end(),
        "message": "Customer profile changed successfully",
    }
    assert (value(prepared_api, "city"), value(prepared_api, "due_date")) == ("York", "2027-01-31")
    with prepared_api.storing_nothing():
        again = save(prepared_api, city=" York ", due_date="2027-01-31").json()
    assert (again["changed"], again["message"]) == (False, "Nothing changed.")


def test_a_value_is_taken_away_by_null_or_blank(prepared_api: Api) -> None:
    for nothing in (None, "", "  "):
        assert save(prepared_api, city="York").json()["changed"]
        assert save(prepared_api, city=nothing).json()["changed"]
        assert value(prepared_api, "city") is None


def test_an_agent_edits_on_a_call_and_in_its_wrap_up_only(prepared_api: Api) -> None:  # rule 3.4
    denied = "Editing is allowed only during a call or its wrap-up."
    with prepared_api.storing_nothing():
        problem = assert_problem(save(prepared_api, Role.AGENT, city="York"), 403, "forbidden")
        assert problem["detail"] == denied
        assert problem["errors"] == [{"field": "fields.city", "message": denied}]
    call(prepared_api)
    assert save(prepared_api, Role.AGENT, city="York").json()["message"] == "Customer profile changed successfully"
    prepared_api.patch("/v1/interactions/I-1", {"state": "wrap_up"}, Role.INTEGRATOR)
    assert save(prepared_api, Role.AGENT, city="Hull").status_code == 200
    prepared_api.patch("/v1/interactions/I-1", {"state": "closed"}, Role.INTEGRATOR)
    with prepared_api.storing_nothing():
        assert assert_problem(save(prepared_api, Role.AGENT, city="Deal"), 403, "forbidden")["detail"] == denied
    entry = prepared_api.seen("/v1/customers/1001/history").json()["items"][-1]
    assert (entry["data"]["interaction"], entry["data"]["field"], entry["data"]["value"]) == ("I-1", "city", "Hull")


@pytest.mark.parametrize(
    "body",
    [
        {"fields": {"city": "York"}},
        {"fields": {"city": "York"}, "interaction": "I-9"},
        {"fields": {"city": "York"}, "interaction": "I-2"},
    ],
)
def test_the_interaction_must_be_named_and_this_agents_with_this_customer(
    prepared_api: Api, body: dict[str, Any]
) -> None:
    # rule 3.4
    call(prepared_api, agent="carol", interaction="I-2")
    with prepared_api.storing_nothing():
        assert_problem(prepared_api.patch(WIDGET, body, Role.AGENT), 403, "forbidden")
    call(prepared_api)
    with prepared_api.storing_nothing():
        other = prepared_api.patch("/v1/customers/1002/fields", {**body, "interaction": "I-1"}, Role.AGENT)
        assert_problem(other, 403, "forbidden")


def test_an_agent_edits_only_what_is_agent_editable_and_an_administrator_everything(
    prepared_api: Api,
) -> None:  # rule 3.4
    call(prepared_api)
    with prepared_api.storing_nothing():
        problem = assert_problem(save(prepared_api, Role.AGENT, loan_type="House", city="York"), 403, "forbidden")
    assert problem["errors"] == [{"field": "fields.loan_type", "message": "Loan Type is not agent editable."}]
    assert save(prepared_api, loan_type="House", first_name="Augusta").status_code == 200
    for role in (Role.INTEGRATOR, Role.AUDITOR):
        assert_problem(save(prepared_api, role, city="York"), 403, "forbidden")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", [None, "on_call", "wrap_up", "closed"])
def test_each_field_says_whether_the_caller_may_edit_it_as_the_save_decides(
    prepared_api: Api, role: Role, state: str | None
) -> None:  # rule 3.4
    if state is not None:
        call(prepared_api)
    if state in {"wrap_up", "closed"}:
        prepared_api.patch("/v1/interactions/I-1", {"state": state}, Role.INTEGRATOR)
    told = prepared_api.seen(WIDGET, role).json()
    named = {name: told[name]["interaction"] for name in ("interaction",) if name in told}
    assert bool(named) == (role is Role.AGENT and state in {"on_call", "wrap_up"})
    allowed = {}
    for one in _all(told):
        with prepared_api.storing_nothing():
            saved = prepared_api.patch(WIDGET, {"fields": {one["key"]: one["value"]}, **named}, role)
        assert one["may_edit"] == (saved.status_code == 200)
        if role in {Role.ADMINISTRATOR, Role.AGENT}:
            assert one.get("refusal") == (None if one["may_edit"] else saved.json()["detail"])
        else:
            assert one["refusal"] == "Business fields are edited by administrators and agents only."
        allowed[one["key"]] = one["may_edit"]
    assert allowed["loan_type"] is (role is Role.ADMINISTRATOR)
    assert allowed["city"] is (role is Role.ADMINISTRATOR or bool(named))


def test_a_call_with_another_customer_allows_nothing_until_that_one_is_merged(prepared_api: Api) -> None:
    # rules 3.4, 6.1
    call(prepared_api, customer="1002")
    city = prepared_api.seen(WIDGET, Role.AGENT).json()["business"]["fields"][4]
    assert city["refusal"] == "Editing is allowed only during a call or its wrap-up."
    assert prepared_api.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    told = prepared_api.seen(WIDGET, Role.AGENT).json()
    assert (told["interaction"]["customer"], told["business"]["fields"][4]["may_edit"]) == ("1002", True)
    assert save(prepared_api, Role.AGENT, city="York").status_code == 200


def test_whether_an_agent_might_edit_is_answered_as_known_then(prepared_api: Api) -> None:  # rules 0.3, 3.4
    call(prepared_api)
    during = prepared_api.seen(WIDGET, Role.AGENT)
    clocks = {"valid_at": during.json()["valid_at"], "known_at": during.headers["Dossier-Known-At"]}
    prepared_api.patch("/v1/interactions/I-1", {"state": "closed"}, Role.INTEGRATOR)
    assert prepared_api.get(WIDGET, Role.AGENT, params=clocks).content == during.content
    assert "interaction" not in prepared_api.seen(WIDGET, Role.AGENT).json()


def test_a_caller_with_several_roles_unmasks_as_one_and_edits_as_the_other(prepared_api: Api) -> None:
    # rules 3.4, 5.2
    call(prepared_api)
    claims = {"sub": "agent", "roles": ["auditor", "agent"], "company": "demo", "exp": time.time() + 600}
    both = {"Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}"}
    answer = prepared_api.seen(f"{WIDGET}?unmask=true", None, headers=both)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["interaction"]["interaction"], told["business"]["fields"][4]["may_edit"]) == ("I-1", True)


def test_the_same_field_changed_meanwhile_conflicts_with_both_values(prepared_api: Api) -> None:  # rule 3.7
    seen = prepared_api.seen(WIDGET).json()["version"]
    assert save(prepared_api, seen=seen, city="York", due_date="2027-01-31").status_code == 200
    with prepared_api.storing_nothing():
        answer = save(prepared_api, seen=seen, city="Hull", due_date="2028-01-31", loan_type="House")
    problem = assert_problem(answer, 412, "field-changed")
    assert answer.headers["Dossier-Position"] == str(prepared_api.end())
    [city, due] = problem["conflicts"]
    assert city == {
        "field": "city",
        "label": "City",
        "by": "administrator",
        "at": city["at"],
        "theirs": "York",
        "yours": "Hull",
    }
    assert (due["field"], due["theirs"], due["yours"]) == ("due_date", "2027-01-31", "2028-01-31")
    assert prepared_api.seen("/v1/customers/1001/history").json()["items"][-2]["recorded_at"] == city["at"]
    assert {error["field"]: error["message"] for error in problem["errors"]}["fields.city"].startswith(
        "City was changed by administrator at 20"
    )


def test_another_field_does_not_conflict_nor_does_the_same_value(prepared_api: Api) -> None:  # rule 3.7
    seen = prepared_api.seen(WIDGET).json()["version"]
    assert save(prepared_api, seen=seen, city="York").status_code == 200
    assert save(prepared_api, seen=seen, loan_type="House").status_code == 200
    assert save(prepared_api, seen=seen, city="York").json()["changed"] is False
    assert prepared_api.patch("/v1/customers/1001", {"name": "Ada L"}).status_code == 200
    assert save(prepared_api, seen=seen, address="Elm 1").status_code == 200


def test_a_conflict_does_not_show_a_masked_value(prepared_api: Api) -> None:  # rules 3.7, 5.2
    prepared_api.patch("/v1/fields/first_name", {"masked": True})
    save(prepared_api, first_name="Zaphod")
    answer = save(prepared_api, seen=1, first_name="Ford")
    assert "Zaphod" not in answer.text
    [conflict] = assert_problem(answer, 412, "field-changed")["conflicts"]
    assert (conflict["theirs"], conflict["yours"]) == ("••••", "Ford")


def test_one_answer_names_every_wrong_field(prepared_api: Api) -> None:  # rules 0.12, 3.9
    for key, kind in (("age", "integer"), ("income", "decimal"), ("phone", "phone"), ("mail", "email")):
        body = {"key": key, "label": key.title(), "group": "business", "type": kind}
        assert prepared_api.post("/v1/fields", body).status_code == 201
    prepared_api.patch("/v1/fields/city", {"required": True})
    wrong = {
        "age": "1,000",
        "income": "1.000,50",
        "phone": "0632 960961",
        "mail": "nobody",
        "due_date": "31/01/2027",
        "city": None,
        "first_name": "x" * 501,
        "loan_type": 5,
        "planet": "Mars",
    }
    shapes = {"last_name": ["Byron"], "address": True, "street": 1.5}
    for sent, named in ((wrong | shapes, shapes), (wrong, wrong)):
        with prepared_api.storing_nothing():
            answer = save(prepared_api, **sent)
        assert_problem(answer, 422, "invalid")
        assert fields(answer) == {f"fields.{key}" for key in named}
    told = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert told["fields.phone"] == "Phone must be a phone number in international form, like +441632960961."
    assert told["fields.planet"] == "Field planet is not defined."
    right = {
        "age": 42,
        "income": "1250.50",
        "phone": "+44 1632 960961",
        "mail": "ada@example.com",
        "due_date": "20270131",
    }
    assert save(prepared_api, **right).status_code == 200


def test_wrong_dates_and_wrong_fields_are_named_together(prepared_api: Api) -> None:  # rules 0.12, 2.10
    body = {"fields": {"due_date": "soon"}, "effective_from": "2027-02-01", "effective_to": "2027-01-01"}
    with prepared_api.storing_nothing():
        answer = prepared_api.patch(WIDGET, body)
        assert fields(answer) == {"fields.due_date", "effective_to"}
        body |= {"effective_from": "tomorrow", "interaction": "-", "keep_later": "no", "colour": 1}
        answer = prepared_api.patch(WIDGET, body)
    assert fields(answer) == {"effective_from", "interaction", "keep_later", "colour"}
    for nothing in ({}, {"fields": None}, {"fields": ["city"]}):
        assert fields(prepared_api.patch(WIDGET, nothing)) == {"fields"}


def test_names_as_people_have_them_are_taken(prepared_api: Api) -> None:  # rule 3.9
    for name in ("O'Brien", "李", "Núñez-García", "X"):
        assert save(prepared_api, last_name=name).status_code == 200
        assert value(prepared_api, "last_name") == name


def test_a_value_may_hold_from_a_later_day_and_be_read_as_known_then(prepared_api: Api) -> None:  # rules 0.3, 3.11
    before = prepared_api.seen(WIDGET)
    body = {"fields": {"city": "York"}, "effective_from": "2031-01-01", "effective_to": "2031-12-31"}
    assert prepared_api.patch(WIDGET, body).json()["changed"]
    for day, city in (("2030-12-31", "London"), ("2031-06-01", "York"), ("2032-01-01", "London")):
        assert value(prepared_api, "city", params={"valid_at": day}) == city
    clocks = {"known_at": before.headers["Dossier-Known-At"], "valid_at": before.json()["valid_at"]}
    assert prepared_api.get(WIDGET, params=clocks).content == before.content


def test_masked_values_are_shown_only_to_who_may_and_that_is_recorded_first(prepared_api: Api) -> None:  # rule 5.2
    for key in ("date_of_birth", "address"):
        prepared_api.patch("/v1/fields/" + key, {"masked": True})
    for role in Role:
        assert value(prepared_api, "date_of_birth", role=role) == "••••"
    for role in (Role.AGENT, Role.INTEGRATOR):
        with prepared_api.storing_nothing():
            assert_problem(prepared_api.get(f"{WIDGET}?unmask=true", role), 403, "forbidden")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        before = prepared_api.end()
        reason = {"Dossier-Reason": "asked by the customer"}
        told = prepared_api.get(f"{WIDGET}?unmask=true", role, headers=reason).json()
        born = next(one for one in _all(told) if one["key"] == "date_of_birth")
        assert (born["value"], born["masked"]) == ("1815-12-10", False)
        [event] = prepared_api.dossier.log_of_facts.select_notifications(before + 1, 10)
        fact: Any = prepared_api.dossier.fact_mapper.to_domain_event(event)
        assert (fact.TOPIC, fact.number, fact.fields) == ("unmasking.shown", "1001", ["date_of_birth"])
        assert (fact.origin.actor, fact.origin.reason) == (role.value, "asked by the customer")


def test_nothing_is_recorded_when_nothing_masked_is_shown(prepared_api: Api) -> None:  # rule 5.2
    with prepared_api.storing_nothing():
        assert prepared_api.seen(f"{WIDGET}?unmask=true").status_code == 200
    prepared_api.patch("/v1/fields/address", {"masked": True})
    with prepared_api.storing_nothing():
        assert prepared_api.seen(f"{WIDGET}?unmask=true").status_code == 200


def test_a_caller_who_is_agent_and_auditor_may_unmask(prepared_api: Api) -> None:  # rule 5.2
    prepared_api.patch("/v1/fields/first_name", {"masked": True})
    both = {"Authorization": f"Bearer {token(Role.AUDITOR)}"}
    assert value(prepared_api, "first_name", role=Role.AGENT) == "••••"
    assert prepared_api.get(f"{WIDGET}?unmask=true", None, headers=both).status_code == 200


def test_history_and_differences_tell_of_fields_and_keep_the_mask(prepared_api: Api) -> None:  # rules 0.3, 3.10, 5.2
    before = prepared_api.seen(WIDGET).headers["Dossier-Known-At"]
    prepared_api.patch("/v1/fields/date_of_birth", {"masked": True})
    save(prepared_api, city="York", date_of_birth="1815-12-11")
    items = prepared_api.seen("/v1/customers/1001/history").json()["items"]
    assert [(one["source"], one["topic"]) for one in items] == [
        ("upload", "customer.registered"),
        ("api", "customer.field_edited"),
        ("api", "customer.field_edited"),
    ]
    assert "1815" not in str(items)
    told = prepared_api.seen(f"/v1/customers/1001/diff?from=@{before}").json()["differences"]
    assert [(one["field"], one["before"], one["after"]) for one in told] == [
        ("fields.city", "London", "York"),
        ("fields.date_of_birth", "••••", "••••"),
    ]


def test_a_customer_who_does_not_exist_has_no_widget(prepared_api: Api) -> None:
    assert_problem(prepared_api.seen("/v1/customers/4711/fields"), 404, "not-found")
    assert_problem(prepared_api.get("/v1/customers/4711/fields?unmask=true"), 404, "not-found")
    assert_problem(prepared_api.patch("/v1/customers/4711/fields", {"fields": {"city": "York"}}), 404, "not-found")


def test_the_same_key_and_body_is_saved_once(prepared_api: Api) -> None:  # rule 0.7
    key = {"Idempotency-Key": "save-1"}
    one, two = (prepared_api.patch(WIDGET, {"fields": {"city": "York"}}, headers=key) for _ in range(2))
    assert (one.json()["version"], two.json()["version"]) == (2, 2)
    other = prepared_api.patch(WIDGET, {"fields": {"city": "Hull"}}, headers=key)
    assert_problem(other, 422, "key-reused")

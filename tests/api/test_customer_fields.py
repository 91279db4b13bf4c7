"""The Customer Profile widget over HTTP: groups, order, masks; who may save, and which saves conflict (rules 3.3-3.9, 3.11, 5.2)."""

from typing import Any

import pytest
from httpx2 import Response

from aggregates.fact import Role
from api_client import Api, assert_problem, fields, register, token
from business_fields import standard_fields, upload_row
from conftest import TODAY

WIDGET = "/v1/customers/1001/fields"
CALL = {"interaction": "I-1", "customer": "1001", "agent": "agent"}
ROW = {"first_name": "Ada", "last_name": "Byron", "date_of_birth": "18151210", "city": "London"}


@pytest.fixture
def house(api: Api, runners: None) -> Api:
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


def test_the_widget_reads_in_two_groups(house: Api) -> None:  # rules 3.1, 3.3
    answer = house.seen(WIDGET, Role.AGENT)
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
    }


def test_the_optional_group_is_absent_and_not_empty_when_no_upload_brought_one(house: Api) -> None:  # rule 3.3
    told = house.seen("/v1/customers/1002/fields").json()
    assert "optional" not in told
    assert len(told["business"]["fields"]) == 5


def test_sorting_is_a_way_of_reading(house: Api) -> None:  # rule 3.8
    before = house.seen(WIDGET).json()
    with house.storing_nothing():
        by_label = house.seen(f"{WIDGET}?sort=label").json()
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
    assert house.seen(WIDGET).json() == before
    assert fields(house.get(f"{WIDGET}?sort=value")) == {"sort"}


def test_save_says_that_the_profile_was_changed(house: Api) -> None:  # rules 0.5, 3.6
    answer = save(house, city="York", due_date="20270131")
    assert answer.status_code == 200
    assert answer.json() == {
        "changed": True,
        "version": 3,
        "position": house.end(),
        "message": "Customer profile changed successfully",
    }
    assert (value(house, "city"), value(house, "due_date")) == ("York", "2027-01-31")
    with house.storing_nothing():
        again = save(house, city=" York ", due_date="2027-01-31").json()
    assert (again["changed"], again["message"]) == (False, "Nothing changed.")


def test_a_value_is_taken_away_by_null_or_blank(house: Api) -> None:
    for nothing in (None, "", "  "):
        assert save(house, city="York").json()["changed"]
        assert save(house, city=nothing).json()["changed"]
        assert value(house, "city") is None


def test_an_agent_edits_on_a_call_and_in_its_wrap_up_only(house: Api) -> None:  # rule 3.4
    denied = "Editing is allowed only during a call or its wrap-up."
    with house.storing_nothing():
        problem = assert_problem(save(house, Role.AGENT, city="York"), 403, "forbidden")
        assert problem["detail"] == denied
        assert problem["errors"] == [{"field": "fields.city", "message": denied}]
    call(house)
    assert save(house, Role.AGENT, city="York").json()["message"] == "Customer profile changed successfully"
    house.patch("/v1/interactions/I-1", {"state": "wrap_up"}, Role.INTEGRATOR)
    assert save(house, Role.AGENT, city="Hull").status_code == 200
    house.patch("/v1/interactions/I-1", {"state": "closed"}, Role.INTEGRATOR)
    with house.storing_nothing():
        assert assert_problem(save(house, Role.AGENT, city="Deal"), 403, "forbidden")["detail"] == denied
    entry = house.seen("/v1/customers/1001/history").json()["items"][-1]
    assert (entry["data"]["interaction"], entry["data"]["field"], entry["data"]["value"]) == ("I-1", "city", "Hull")


@pytest.mark.parametrize(
    "body",
    [
        {"fields": {"city": "York"}},
        {"fields": {"city": "York"}, "interaction": "I-9"},
        {"fields": {"city": "York"}, "interaction": "I-2"},
    ],
)
def test_the_interaction_must_be_named_and_this_agents_with_this_customer(house: Api, body: dict[str, Any]) -> None:
    # rule 3.4
    call(house, agent="carol", interaction="I-2")
    with house.storing_nothing():
        assert_problem(house.patch(WIDGET, body, Role.AGENT), 403, "forbidden")
    call(house)
    with house.storing_nothing():
        other = house.patch("/v1/customers/1002/fields", {**body, "interaction": "I-1"}, Role.AGENT)
        assert_problem(other, 403, "forbidden")


def test_an_agent_edits_only_what_is_agent_editable_and_an_administrator_everything(house: Api) -> None:  # rule 3.4
    call(house)
    with house.storing_nothing():
        problem = assert_problem(save(house, Role.AGENT, loan_type="House", city="York"), 403, "forbidden")
    assert problem["errors"] == [{"field": "fields.loan_type", "message": "Loan Type is not agent editable."}]
    assert save(house, loan_type="House", first_name="Augusta").status_code == 200
    for role in (Role.INTEGRATOR, Role.AUDITOR):
        assert_problem(save(house, role, city="York"), 403, "forbidden")


def test_the_same_field_changed_meanwhile_conflicts_with_both_values(house: Api) -> None:  # rule 3.7
    seen = house.seen(WIDGET).json()["version"]
    assert save(house, seen=seen, city="York", due_date="2027-01-31").status_code == 200
    with house.storing_nothing():
        answer = save(house, seen=seen, city="Hull", due_date="2028-01-31", loan_type="House")
    problem = assert_problem(answer, 412, "field-changed")
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
    assert house.seen("/v1/customers/1001/history").json()["items"][-2]["recorded_at"] == city["at"]
    assert {error["field"]: error["message"] for error in problem["errors"]}["fields.city"].startswith(
        "City was changed by administrator at 20"
    )


def test_another_field_does_not_conflict_nor_does_the_same_value(house: Api) -> None:  # rule 3.7
    seen = house.seen(WIDGET).json()["version"]
    assert save(house, seen=seen, city="York").status_code == 200
    assert save(house, seen=seen, loan_type="House").status_code == 200
    assert save(house, seen=seen, city="York").json()["changed"] is False
    assert house.patch("/v1/customers/1001", {"name": "Ada L"}).status_code == 200
    assert save(house, seen=seen, address="Elm 1").status_code == 200


def test_a_conflict_does_not_show_a_masked_value(house: Api) -> None:  # rules 3.7, 5.2
    house.patch("/v1/fields/first_name", {"masked": True})
    save(house, first_name="Zaphod")
    answer = save(house, seen=1, first_name="Ford")
    assert "Zaphod" not in answer.text
    [conflict] = assert_problem(answer, 412, "field-changed")["conflicts"]
    assert (conflict["theirs"], conflict["yours"]) == ("••••", "Ford")


def test_one_answer_names_every_wrong_field(house: Api) -> None:  # rules 0.12, 3.9
    for key, kind in (("age", "integer"), ("income", "decimal"), ("phone", "phone"), ("mail", "email")):
        body = {"key": key, "label": key.title(), "group": "business", "type": kind}
        assert house.post("/v1/fields", body).status_code == 201
    house.patch("/v1/fields/city", {"required": True})
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
        with house.storing_nothing():
            answer = save(house, **sent)
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
    assert save(house, **right).status_code == 200


def test_wrong_dates_and_wrong_fields_are_named_together(house: Api) -> None:  # rules 0.12, 2.10
    body = {"fields": {"due_date": "soon"}, "effective_from": "2027-02-01", "effective_to": "2027-01-01"}
    with house.storing_nothing():
        answer = house.patch(WIDGET, body)
        assert fields(answer) == {"fields.due_date", "effective_to"}
        body |= {"effective_from": "tomorrow", "interaction": "-", "keep_later": "no", "colour": 1}
        answer = house.patch(WIDGET, body)
    assert fields(answer) == {"effective_from", "interaction", "keep_later", "colour"}
    for nothing in ({}, {"fields": None}, {"fields": ["city"]}):
        assert fields(house.patch(WIDGET, nothing)) == {"fields"}


def test_names_as_people_have_them_are_taken(house: Api) -> None:  # rule 3.9
    for name in ("O'Brien", "李", "Núñez-García", "X"):
        assert save(house, last_name=name).status_code == 200
        assert value(house, "last_name") == name


def test_a_value_may_hold_from_a_later_day_and_be_read_as_known_then(house: Api) -> None:  # rules 0.3, 3.11
    before = house.seen(WIDGET)
    body = {"fields": {"city": "York"}, "effective_from": "2031-01-01", "effective_to": "2031-12-31"}
    assert house.patch(WIDGET, body).json()["changed"]
    for day, city in (("2030-12-31", "London"), ("2031-06-01", "York"), ("2032-01-01", "London")):
        assert value(house, "city", params={"valid_at": day}) == city
    clocks = {"known_at": before.headers["Dossier-Known-At"], "valid_at": before.json()["valid_at"]}
    assert house.get(WIDGET, params=clocks).content == before.content


def test_masked_values_are_shown_only_to_who_may_and_that_is_recorded_first(house: Api) -> None:  # rule 5.2
    for key in ("date_of_birth", "address"):
        house.patch("/v1/fields/" + key, {"masked": True})
    for role in Role:
        assert value(house, "date_of_birth", role=role) == "••••"
    for role in (Role.AGENT, Role.INTEGRATOR):
        with house.storing_nothing():
            assert_problem(house.get(f"{WIDGET}?unmask=true", role), 403, "forbidden")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        before = house.end()
        reason = {"Dossier-Reason": "asked by the customer"}
        told = house.get(f"{WIDGET}?unmask=true", role, headers=reason).json()
        born = next(one for one in _all(told) if one["key"] == "date_of_birth")
        assert (born["value"], born["masked"]) == ("1815-12-10", False)
        [event] = house.dossier.log_of_facts.select_notifications(before + 1, 10)
        fact: Any = house.dossier.fact_mapper.to_domain_event(event)
        assert (fact.TOPIC, fact.number, fact.fields) == ("unmasking.shown", "1001", ["date_of_birth"])
        assert (fact.origin.actor, fact.origin.reason) == (role.value, "asked by the customer")


def test_nothing_is_recorded_when_nothing_masked_is_shown(house: Api) -> None:  # rule 5.2
    with house.storing_nothing():
        assert house.seen(f"{WIDGET}?unmask=true").status_code == 200
    house.patch("/v1/fields/address", {"masked": True})
    with house.storing_nothing():
        assert house.seen(f"{WIDGET}?unmask=true").status_code == 200


def test_a_caller_who_is_agent_and_auditor_may_unmask(house: Api) -> None:  # rule 5.2
    house.patch("/v1/fields/first_name", {"masked": True})
    both = {"Authorization": f"Bearer {token(Role.AUDITOR)}"}
    assert value(house, "first_name", role=Role.AGENT) == "••••"
    assert house.get(f"{WIDGET}?unmask=true", None, headers=both).status_code == 200


def test_history_and_differences_tell_of_fields_and_keep_the_mask(house: Api) -> None:  # rules 0.3, 3.10, 5.2
    before = house.seen(WIDGET).headers["Dossier-Known-At"]
    house.patch("/v1/fields/date_of_birth", {"masked": True})
    save(house, city="York", date_of_birth="1815-12-11")
    items = house.seen("/v1/customers/1001/history").json()["items"]
    assert [(one["source"], one["topic"]) for one in items] == [
        ("upload", "customer.registered"),
        ("api", "customer.field_edited"),
        ("api", "customer.field_edited"),
    ]
    assert "1815" not in str(items)
    told = house.seen(f"/v1/customers/1001/diff?from=@{before}").json()["differences"]
    assert [(one["field"], one["before"], one["after"]) for one in told] == [
        ("fields.city", "London", "York"),
        ("fields.date_of_birth", "••••", "••••"),
    ]


def test_a_customer_who_does_not_exist_has_no_widget(house: Api) -> None:
    assert_problem(house.seen("/v1/customers/4711/fields"), 404, "not-found")
    assert_problem(house.get("/v1/customers/4711/fields?unmask=true"), 404, "not-found")
    assert_problem(house.patch("/v1/customers/4711/fields", {"fields": {"city": "York"}}), 404, "not-found")


def test_the_same_key_and_body_is_saved_once(house: Api) -> None:  # rule 0.7
    key = {"Idempotency-Key": "save-1"}
    one, two = (house.patch(WIDGET, {"fields": {"city": "York"}}, headers=key) for _ in range(2))
    assert (one.json()["version"], two.json()["version"]) == (2, 2)
    other = house.patch(WIDGET, {"fields": {"city": "Hull"}}, headers=key)
    assert_problem(other, 422, "key-reused")

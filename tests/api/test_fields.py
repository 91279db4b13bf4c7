"""Definitions of business fields over HTTP: standard ones, new ones, changes, and one answer that names every error (rules 3.1, 3.9)."""

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields
from business_fields import standard_fields

FIELDS = "/v1/fields"
SEGMENT = {
    "key": "segment",
    "label": "Segment",
    "group": "optional",
    "type": "choice",
    "choices": ["Gold", "Silver"],
    "agent_editable": True,
    "position": 3,
    "required": True,
    "personal": True,
    "masked": True,
    "policy": "agent",
    "validators": ["name_1"],
    "active": True,
    "searchable": True,
}


def test_the_standard_fields_are_listed_as_the_widget_shows_them(api: Api, runners: None) -> None:  # rule 3.1
    standard_fields(api.dossier)
    listed = api.seen(FIELDS, Role.AGENT).json()["items"]
    assert [(one["group"], one["label"], one["agent_editable"]) for one in listed] == [
        ("business", "First Name", False),
        ("business", "Last Name", False),
        ("business", "Address", False),
        ("business", "Date of Birth", False),
        ("business", "City", True),
        ("optional", "Loan Type", False),
        ("optional", "Due Date", True),
        ("optional", "Loan Number", False),
    ]
    assert [one["key"] for one in listed if one["personal"]] == ["first_name", "last_name", "address", "date_of_birth"]


def test_a_field_is_defined_and_reads_back_whole(api: Api, runners: None) -> None:  # rule 3.1
    answer = api.post(FIELDS, {**SEGMENT, "reason": "asked for by sales"})
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{FIELDS}/segment")
    assert answer.json() == {"changed": True, "version": 1, "position": 1}
    read = api.seen(f"{FIELDS}/segment", Role.AUDITOR)
    assert read.json() == {**SEGMENT, "version": 1}
    assert read.headers["ETag"] == '"1"'
    [entry] = api.seen(f"{FIELDS}/segment/history").json()["items"]
    assert (entry["topic"], entry["reason"]) == ("field.defined", "asked for by sales")


def test_a_field_needs_little(api: Api, runners: None) -> None:  # rules 3.1, 3.10
    answer = api.post(FIELDS, {"key": "note", "label": "Note", "group": "business", "type": "string"})
    assert answer.status_code == 201
    told = api.seen(f"{FIELDS}/note").json()
    assert (told["policy"], told["validators"], told["active"], told["agent_editable"]) == ("newest", [], True, False)


def test_a_key_is_taken_once(api: Api) -> None:  # rule 3.1
    standard_fields(api.dossier)
    with api.storing_nothing():
        answer = api.post(FIELDS, {"key": "city", "label": "Town", "group": "business", "type": "string"})
    assert_problem(answer, 409, "conflict")
    assert fields(answer) == {"key"}


def test_one_answer_names_every_wrong_member_and_nothing_is_stored(api: Api) -> None:  # rule 0.12
    shapes = {"agent_editable": "yes", "position": 10_000, "required": 1, "colour": "red"}
    rules = {
        "key": "Not Snake",
        "label": " ",
        "group": "other",
        "type": "colour",
        "choices": ["x" * 61],
        "policy": "oldest",
        "validators": ["none"],
    }
    for sent, wrong in ((rules | shapes, shapes), (rules, rules)):
        with api.storing_nothing():
            answer = api.post(FIELDS, sent)
        assert_problem(answer, 422, "invalid")
        named = {str(name).partition(".")[0] for name in fields(answer)}
        assert named == wrong.keys()


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"type": "choice", "choices": []}, {"choices"}),
        ({"type": "string", "choices": ["A"]}, {"choices"}),
        ({"type": "choice", "choices": ["A", "a"]}, {"choices"}),
        ({"masked": True}, {"masked"}),
        ({"masked": True, "type": "choice"}, {"masked", "choices"}),
        ({"masked": True, "label": ""}, {"masked", "label"}),
    ],
)
def test_members_must_fit_each_other(api: Api, more: dict[str, object], wrong: set[str]) -> None:  # rules 3.1, 5.2
    with api.storing_nothing():
        answer = api.post(FIELDS, {"key": "note", "label": "Note", "group": "business", "type": "string", **more})
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == wrong


def test_a_change_says_what_is_given_and_a_repetition_changes_nothing(
    api: Api, runners: None
) -> None:  # rules 0.5, 3.1
    standard_fields(api.dossier)
    change = {"label": "Town", "position": 4, "agent_editable": False, "required": True}
    answer = api.patch(f"{FIELDS}/city", change, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["changed"], answer.headers["ETag"]) == (200, True, '"2"')
    again = api.patch(f"{FIELDS}/city", change)
    assert (again.json()["changed"], again.json()["version"]) == (False, 2)
    told = api.seen(f"{FIELDS}/city").json()
    assert {name: told[name] for name in change} == change
    assert_problem(api.patch(f"{FIELDS}/city", {"label": "C"}, headers={"If-Match": '"1"'}), 412, "stale-version")
    before = api.seen(f"{FIELDS}/city", params={"known_at": _recorded(api, 8)})
    assert before.json()["label"] == "City"


def _recorded(api: Api, position: int) -> str:
    [event] = api.dossier.log_of_facts.select_notifications(position, 1)
    return event.recorded_at.isoformat().replace("+00:00", "Z")


def test_type_and_personal_flag_are_fixed(api: Api) -> None:  # rules 3.1, 5.1
    standard_fields(api.dossier)
    for change in ({"type": "integer"}, {"personal": True}):
        with api.storing_nothing():
            answer = api.patch(f"{FIELDS}/city", change)
        assert_problem(answer, 422, "invalid")
        assert fields(answer) == set(change)
    assert api.patch(f"{FIELDS}/city", {"type": "string", "personal": False}).json()["changed"] is False
    with api.storing_nothing():
        assert fields(api.patch(f"{FIELDS}/city", {"key": "town"})) == {"key"}


def test_a_field_that_is_not_defined_is_not_found(api: Api, runners: None) -> None:
    assert_problem(api.seen(f"{FIELDS}/country"), 404, "not-found")
    assert_problem(api.patch(f"{FIELDS}/country", {}), 404, "not-found")
    assert_problem(api.seen(f"{FIELDS}/country/history"), 404, "not-found")
    assert fields(api.get(f"{FIELDS}/Not%20Snake")) == {"key"}


def test_only_administrators_define_fields(api: Api) -> None:  # rule 3.1
    for role in (Role.AGENT, Role.INTEGRATOR, Role.AUDITOR):
        assert_problem(api.post(FIELDS, SEGMENT, role), 403, "forbidden")
        assert_problem(api.patch(f"{FIELDS}/city", {}, role), 403, "forbidden")

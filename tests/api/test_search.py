"""One text finds whatever it may be the number, the name or the id of, within what the caller may read (rules 0.3, 1.14, 6.1)."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from aggregates.fact import Role
from api_client import Api, assert_problem, fields, register
from payers import payers

pytestmark = pytest.mark.usefixtures("runners")


@pytest.fixture
def company(api: Api) -> Api:
    """Ada Byron (1001) with account A-7 and site S-1, and Bob Ray (1002) with alternate number B2."""
    payers(api)
    register(api, "1002", "Bob Ray", alternate_number="B2")
    return api


def found(api: Api, query: str, role: Role = Role.ADMINISTRATOR, **params: str) -> dict[str, Any]:
    answer = api.seen("/v1/search", role, params={"q": query, **params})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def groups(document: dict[str, Any]) -> set[str]:
    """The groups in which something was found."""
    return {name for name, group in document.items() if group is not None and group["items"]}


def test_a_customer_is_found_by_the_beginning_of_its_number_or_of_words_of_its_name(company: Api) -> None:
    by_number = found(company, "100")["customers"]
    assert [(one["number"], one["name"], one["found_by"]) for one in by_number["items"]] == [
        ("1001", "Ada Byron", "number"),
        ("1002", "Bob Ray", "number"),
    ]
    for words in ("byr", "ADA b", "byron ada"):
        [ada] = found(company, words)["customers"]["items"]
        assert ada == {"number": "1001", "name": "Ada Byron", "found_by": "name", "merged_into": None}
    assert groups(found(company, "nobody")) == set()


def test_accounts_and_sites_are_found_by_the_beginning_of_their_number_in_either_case(company: Api) -> None:
    for query in ("A-7", "a-"):
        told = found(company, query, Role.AGENT)
        assert told["accounts"]["items"] == [{"account": "A-7", "customer": "1001"}]
    for query in ("S-1", "s"):
        assert found(company, query)["sites"]["items"] == [{"account": "A-7", "site": "S-1"}]


def test_a_replaced_alternate_number_says_since_when_it_is_out_of_date(company: Api) -> None:  # rule 1.14
    [current] = found(company, "b2")["alternate_numbers"]["items"]
    assert current == {
        "alternate_number": "B2",
        "number": "1002",
        "name": "Bob Ray",
        "out_of_date": False,
        "out_of_date_since": None,
        "merged_from": None,
    }
    before = company.seen("/v1/search?q=B2").headers["Dossier-Known-At"]
    company.post("/v1/customers/1002/alternate-numbers", {"alternate_number": "B3", "primary": True})
    replaced_at = company.seen("/v1/customers/1002/history").json()["items"][-1]["recorded_at"]
    former, present = found(company, "B")["alternate_numbers"]["items"]
    assert (former["alternate_number"], former["out_of_date"]) == ("B2", True)
    assert former["out_of_date_since"] == replaced_at
    assert (present["alternate_number"], present["out_of_date"]) == ("B3", False)
    then = found(company, "B", known_at=before)["alternate_numbers"]["items"]
    assert then == [current]  # rule 0.3
    company.delete("/v1/customers/1002/alternate-numbers/B2")
    [gone, _] = found(company, "B")["alternate_numbers"]["items"]
    assert (gone["out_of_date"], gone["number"]) == (True, "1002")


def test_a_merged_customer_says_into_whom(company: Api) -> None:  # rule 6.1
    register(company, "1003", "Cy Lee")
    company.post("/v1/customers/1002/merge", {"other": "1003"})
    company.post("/v1/customers/1001/merge", {"other": "1002"})
    told = found(company, "100")["customers"]["items"]
    assert [(one["number"], one["name"], one["merged_into"]) for one in told] == [
        ("1001", "Ada Byron", None),
        ("1002", "Bob Ray", "1001"),
        ("1003", "Cy Lee", "1001"),
    ]
    [number] = found(company, "B2")["alternate_numbers"]["items"]
    assert (number["number"], number["name"], number["merged_from"]) == ("1001", "Ada Byron", "1002")


def test_an_event_is_found_by_its_id_by_those_who_may_read_events(company: Api) -> None:
    entry = company.seen("/v1/customers/1002/history").json()["items"][0]
    for role in (Role.ADMINISTRATOR, Role.INTEGRATOR, Role.AUDITOR):
        [event] = found(company, entry["event_id"], role)["events"]["items"]
        assert (event["topic"], event["kind"], event["key"]) == ("customer.registered", "customer", "1002")
        assert (event["position"], event["recorded_at"]) == (entry["position"], entry["recorded_at"])
    assert found(company, entry["event_id"], Role.AGENT)["events"] is None
    assert found(company, str(uuid4()))["events"]["items"] == []
    assert found(company, entry["event_id"], known_at="2020-01-01T00:00:00Z")["events"]["items"] == []


def test_an_upload_is_found_by_its_id_by_those_who_may_read_uploads(company: Api) -> None:
    headers = {"Content-Type": "text/csv", "Dossier-Upload-Columns": json.dumps({"number": "customer_number"})}
    answer = company.call("POST", "/v1/uploads", content=b"number\n1009\n", headers=headers)
    assert answer.status_code == 202, answer.text
    upload = answer.json()["upload"]
    for role in (Role.ADMINISTRATOR, Role.INTEGRATOR):
        [told] = found(company, upload, role)["uploads"]["items"]
        assert UUID(told["upload"]) == UUID(upload)
        assert found(company, str(uuid4()), role)["uploads"]["items"] == []
    for role in (Role.AGENT, Role.AUDITOR):
        assert found(company, upload, role)["uploads"] is None


def test_a_group_has_five_at_most_and_says_where_there_are_more(company: Api) -> None:
    for number in range(5):
        register(company, f"100{number + 3}", "Ada")
    told = found(company, "100")["customers"]
    assert ([one["number"] for one in told["items"]], told["more"]) == (["1001", "1002", "1003", "1004", "1005"], True)
    assert [len(told["items"]) for told in (found(company, "ada")["customers"],)] == [5]
    assert found(company, "1007")["customers"]["more"] is False


def test_a_customer_is_found_by_the_value_of_a_searchable_field(company: Api) -> None:  # rules 3.9, 6.1
    body = {"group": "business", "type": "phone", "personal": True, "searchable": True}
    company.post("/v1/fields", {"key": "phone", "label": "Phone", **body})
    company.patch("/v1/customers/1002/fields", {"fields": {"phone": "+441632960961"}})
    then = company.seen("/v1/search?q=1").headers["Dossier-Known-At"]
    [bob] = found(company, "+44 1632 960961", Role.AGENT)["business_fields"]["items"]
    assert bob == {"number": "1002", "name": "Bob Ray", "field": "phone", "label": "Phone", "merged_from": None}
    company.patch("/v1/customers/1001/fields", {"fields": {"phone": "+441632960962"}})
    company.post("/v1/customers/1001/merge", {"other": "1002"})
    [merged] = found(company, "+441632960961")["business_fields"]["items"]
    assert (merged["number"], merged["merged_from"]) == ("1001", "1002")
    assert found(company, "+441632960961", known_at=then)["business_fields"]["items"] == [bob]  # rule 0.3
    assert groups(found(company, "+441632960961", valid_at="2020-01-01")) == set()
    for number in range(6):
        register(company, f"200{number}", "Cy")
        company.patch(f"/v1/customers/200{number}/fields", {"fields": {"phone": "+441632960963"}})
    many = found(company, "+441632960963")["business_fields"]
    assert ([each["number"] for each in many["items"]], many["more"]) == ([f"200{n}" for n in range(5)], True)


def test_no_masked_value_is_searched_or_shown(company: Api) -> None:  # rule 5.2
    body = {"key": "town", "label": "Town", "group": "business", "type": "string", "masked": True, "personal": True}
    body |= {"searchable": True}
    assert company.post("/v1/fields", body).status_code == 201
    assert company.patch("/v1/customers/1001/fields", {"fields": {"town": "Zanzibar"}}).status_code == 200
    assert groups(found(company, "Zanzibar")) == set()
    assert "Zanzibar" not in company.seen("/v1/search?q=1001").text


@pytest.mark.parametrize("query", ["~", "%", "_", "'", "1001~", "-", "é", "١٠٠١", "a" * 100, "0190f3c2", "{" * 36])
def test_what_is_no_number_finds_nothing(company: Api, query: str) -> None:
    assert groups(found(company, query)) == set()


@pytest.mark.parametrize("query", ["", "  ", "\x00", "x" * 500])
def test_a_query_that_cannot_be_searched_is_refused_by_name(company: Api, query: str) -> None:
    answer = company.get("/v1/search", params={"q": query})
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"q"}
    assert fields(company.get("/v1/search")) == {"q"}

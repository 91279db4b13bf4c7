"""The personal data of a customer are erased by one request: unreadable everywhere, while the history stands (rule 5.1)."""

from collections.abc import Iterator
from typing import Any

import pytest

from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Role
from api_client import Api, assert_problem, fields, register
from business_fields import standard_fields, upload_row
from store.keys import SEARCH_INDEX

WHY = {"reason": "Asked for it"}
NAME, PHONE, CITY = "Zaphod Beeblebrox", "+4366012345678", "Graz"


@pytest.fixture
def prepared_api(api: Api, runners: None) -> Api:
    """Customer 1001 with a name, a searchable personal phone and a city; 1002 was merged into it, and 1003 into 1002 before."""
    standard_fields(api.dossier)
    api.post(
        "/v1/fields",
        {"key": "phone", "label": "Phone", "group": "business", "type": "phone", "personal": True, "searchable": True},
    )
    for number in ("1001", "1002", "1003"):
        upload_row(api.dossier, number, {"phone": PHONE, "city": CITY}, name=NAME)
    for survivor, other in (("1002", "1003"), ("1001", "1002")):
        merge = {"other": other, "survivor": survivor}
        assert api.post(f"/v1/customers/{survivor}/merge", merge).status_code == 200
    return api


def rows(api: Api, query: str) -> list[Any]:
    with api.dossier.database.connection() as connection:
        return connection.execute(query.encode()).fetchall()


def answers(api: Api, role: Role) -> Iterator[str]:
    """Everything that this role is told about the customers."""
    for path in (
        *(f"/v1/customers/{number}/history" for number in ("1001", "1002", "1003")),
        *(f"/v1/customers/1001{part}" for part in ("", "/fields", "/drawer", "?source=log", "?explain=true")),
        "/v1/customers",
        *(("/v1/history", "/v1/events", "/v1/history?format=ndjson&proof=true") if role is not Role.AGENT else ()),
    ):
        answer = api.get(path, role) if path == "/v1/events" else api.seen(path, role)
        assert answer.status_code == 200, (path, answer.text)
        yield answer.text


def test_what_is_erased_is_read_by_nobody_and_the_rest_stays(prepared_api: Api) -> None:
    api = prepared_api
    answer = api.seen("/v1/customers?name=Zaph")
    assert [customer["number"] for customer in answer.json()["items"]] == ["1001"]
    erased = api.post("/v1/customers/1001/erase", WHY)
    assert (erased.status_code, erased.json()["changed"]) == (200, True)
    assert erased.json()["message"] == "The personal data of customer 1001 were erased."
    for role in Role:
        for text in answers(api, role):
            assert all(word not in text for word in ("Zaphod", "Beeblebrox", PHONE))
    customer = api.seen("/v1/customers/1001").json()
    assert (customer["name"], customer["aliases"]) == ("[erased]", ["1002", "1003"])
    widget = api.seen("/v1/customers/1001/fields").json()
    shown = {field["key"]: field["value"] for field in widget["business"]["fields"]}
    assert (shown["phone"], shown["city"]) == ("[erased]", CITY)


def test_who_erased_and_why_is_in_the_history_of_all_who_were_merged(prepared_api: Api) -> None:
    prepared_api.post("/v1/customers/1001/erase", WHY)
    for number in ("1001", "1002", "1003"):
        entry = prepared_api.seen(f"/v1/customers/{number}/history?order=newest").json()["items"][0]
        assert (entry["topic"], entry["actor"], entry["reason"]) == (
            "customer.personal_data_erased",
            "administrator",
            "Asked for it",
        )
        assert [(change["field"], change["after"]) for change in entry["changes"]] == [("erased", True)]


def test_neither_tokens_of_names_nor_entries_of_the_search_are_left(prepared_api: Api) -> None:
    tokens = "SELECT number FROM customer_names WHERE tokens <> ''"
    entries = f"SELECT number FROM {SEARCH_INDEX} WHERE field = 'phone'"
    register(prepared_api, "2001", "Zaphod the Second")
    prepared_api.seen("/v1/customers/1001")
    prepared_api.seen("/v1/customers/1001/fields")
    assert {number for (number,) in rows(prepared_api, entries)} == {"1001", "1002", "1003"}
    prepared_api.post("/v1/customers/1001/erase", WHY)
    found = prepared_api.seen("/v1/customers?name=Zaph").json()["items"]
    prepared_api.seen("/v1/customers/1001/fields")
    assert [customer["number"] for customer in found] == ["2001"]
    assert rows(prepared_api, tokens) == [("2001",)]
    assert rows(prepared_api, entries) == []


def test_a_second_erasure_records_nothing_and_says_so(prepared_api: Api) -> None:  # rule 0.5
    first = prepared_api.post("/v1/customers/1001/erase", WHY).json()
    with prepared_api.storing_nothing():
        again = prepared_api.post("/v1/customers/1001/erase", WHY)
    assert (again.status_code, again.json()["changed"], again.json()["version"]) == (200, False, first["version"])
    assert again.json()["message"] == "The personal data of customer 1001 are erased already."


def test_a_customer_who_was_erased_is_not_changed_any_more(prepared_api: Api) -> None:
    api = prepared_api
    assert api.post("/v1/customers/1001/alternate-numbers", {"alternate_number": "A1"}).status_code == 201
    register(api, "2001")
    api.post("/v1/customers/1001/erase", WHY)
    with api.storing_nothing():
        for method, path, body in (
            ("PATCH", "", {"name": "New"}),
            ("PATCH", "/fields", {"fields": {"city": "Linz"}}),
            ("PUT", "/drawer", {"responses": {}}),
            ("POST", "/alternate-numbers", {"alternate_number": "A2"}),
            ("POST", "/merge", {"other": "2001"}),
            ("POST", "/unmerge", {"other": "1002"}),
        ):
            answer = api.call(method, f"/v1/customers/1001{path}", json=body)
            assert "were erased" in assert_problem(answer, 409, "conflict")["detail"]
        answer = api.post("/v1/customers/2001/merge", {"other": "1001"})
        assert_problem(answer, 409, "conflict")
        assert fields(answer) == {"other"}
    assert api.delete("/v1/customers/1001/alternate-numbers/A1").json()["changed"] is True


def test_the_number_of_a_merged_customer_leads_to_the_survivor(prepared_api: Api) -> None:
    with prepared_api.storing_nothing():
        answer = prepared_api.client.post(
            "/v1/customers/1002/erase",
            json=WHY,
            headers={"Authorization": f"Bearer {prepared_api.token()}"},
            follow_redirects=False,
        )
    assert (answer.status_code, answer.headers["Location"]) == (308, "/v1/customers/1001/erase")


def test_an_erasure_needs_a_reason_and_a_customer(prepared_api: Api) -> None:
    with prepared_api.storing_nothing():
        assert fields(prepared_api.post("/v1/customers/1001/erase", {})) == {"reason"}
        assert_problem(prepared_api.post("/v1/customers/9/erase", WHY), 404, "not-found")
        stale = prepared_api.post("/v1/customers/1001/erase", WHY, headers={"If-Match": '"1"'})
        assert_problem(stale, 412, "stale-version")


def test_a_key_goes_with_the_fact_that_says_so_or_not_at_all(prepared_api: Api) -> None:  # rule 0.6
    keys = prepared_api.dossier.fact_mapper.keys
    id_ = CustomerProfile.id_of(prepared_api.dossier.company, "1001")
    with prepared_api.storing_nothing():
        prepared_api.post("/v1/customers/1001/erase", WHY, headers={"If-Match": '"1"'})
    assert rows(prepared_api, "SELECT FROM personal_keys WHERE destroyed_at IS NOT NULL") == []
    prepared_api.post("/v1/customers/1001/erase", WHY)
    assert keys.find(id_) == (True, None)
    assert len(rows(prepared_api, "SELECT FROM personal_keys WHERE destroyed_at IS NOT NULL AND wrapped IS NULL")) == 3

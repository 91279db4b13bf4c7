"""Customers found by the value of a business field over HTTP: who may, what is recorded, pages and totals (rules 0.9, 5.1, 5.2)."""

from typing import Any

import pytest

from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Role
from api_client import Api, assert_problem, fields, register

pytestmark = pytest.mark.usefixtures("runners")
PHONE = "+441632960961"
SECRET_FIELD = {"group": "business", "type": "phone", "personal": True, "searchable": True}


@pytest.fixture
def company(api: Api) -> Api:
    """Customers 1001 to 1003; a phone number that everybody may see, and a secret one that is masked."""
    api.post("/v1/fields", {"key": "phone", "label": "Phone", **SECRET_FIELD})
    api.post("/v1/fields", {"key": "secret", "label": "Secret Phone", "masked": True, **SECRET_FIELD})
    for number in ("1001", "1002", "1003"):
        register(api, number, f"Ada {number}")
        assert api.patch(f"/v1/customers/{number}/fields", {"fields": {"phone": PHONE}}).status_code == 200
    api.patch("/v1/customers/1002/fields", {"fields": {"secret": PHONE}})
    return api


def listed(api: Api, role: Role = Role.AGENT, **params: str) -> dict[str, Any]:
    answer = api.seen("/v1/customers", role, params={"value": PHONE, **params})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def numbers(document: dict[str, Any]) -> list[str]:
    return [customer["number"] for customer in document["items"]]


@pytest.mark.parametrize("role", list(Role))
def test_everybody_who_may_see_a_value_may_search_by_it(company: Api, role: Role) -> None:
    found = listed(company, role, field="phone", value=" +44 1632 960 961")
    assert (numbers(found), found["items"][0]["name"]) == (["1001", "1002", "1003"], "Ada 1001")
    assert "total" not in found


def test_a_list_comes_in_pages_with_a_total(company: Api) -> None:
    first = listed(company, field="phone", limit="2", total="true")
    assert (numbers(first), first["total"], first["total_is_exact"]) == (["1001", "1002"], 3, True)
    second = listed(company, field="phone", limit="2", cursor=first["next_cursor"], total="true")
    assert (numbers(second), second["total"], second["next_cursor"]) == (["1003"], 3, None)
    everybody = company.seen("/v1/customers?total=true&limit=1").json()
    assert (everybody["total"], everybody["total_is_exact"], len(everybody["items"])) == (3, True, 1)


@pytest.mark.parametrize("role", [Role.AGENT, Role.INTEGRATOR])
def test_who_may_not_see_a_masked_value_cannot_search_by_it_rightly_or_not(company: Api, role: Role) -> None:
    # rule 5.2
    before = company.end()
    for guess in (PHONE, "+441632960000"):
        for unmask in ({}, {"unmask": "true"}):
            params = {"field": "secret", "value": guess, **unmask}
            assert_problem(company.seen("/v1/customers", role, params=params), 403, "forbidden")
        found = company.seen("/v1/search", role, params={"q": guess}).json()["business_fields"]["items"]
        assert {value["field"] for value in found} <= {"phone"}
    assert company.end() == before


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_a_search_by_a_masked_field_is_recorded_for_each_customer_it_shows(company: Api, role: Role) -> None:
    # rule 5.2
    assert_problem(company.seen("/v1/customers", role, params={"field": "secret", "value": PHONE}), 403, "forbidden")
    before = company.end()
    assert numbers(listed(company, role, field="secret", unmask="true", value="+441632960000")) == []
    assert company.end() == before
    assert numbers(listed(company, role, field="secret", unmask="true")) == ["1002"]
    [shown] = company.seen("/v1/customers/1002/unmaskings").json()["items"]
    assert (shown["topic"], shown["role"], shown["data"]["fields"]) == ("unmasking.shown", role.value, ["secret"])
    assert company.seen("/v1/customers/1001/unmaskings").json()["items"] == []


def test_a_field_that_was_masked_after_all_is_not_searched_at_an_earlier_instant(company: Api) -> None:  # rule 5.2
    then = company.seen("/v1/customers").headers["Dossier-Known-At"]
    company.patch("/v1/fields/phone", {"masked": True})
    params = {"field": "phone", "value": PHONE, "known_at": then}
    assert_problem(company.seen("/v1/customers", Role.AGENT, params=params), 403, "forbidden")
    assert company.seen("/v1/search", params={"q": PHONE, "known_at": then}).json()["business_fields"]["items"] == []


def test_an_erased_customer_is_found_no_more(company: Api) -> None:  # rule 5.1
    then = company.seen("/v1/customers").headers["Dossier-Known-At"]
    company.dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(company.dossier.company, "1002"))
    for clock in ({}, {"known_at": then}):
        found = listed(company, field="phone", total="true", **clock)
        assert (numbers(found), found["total"]) == (["1001", "1003"], 2)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"field": "phone"}, {"value"}),
        ({"value": PHONE}, {"field"}),
        ({"field": "nope", "value": PHONE}, {"field"}),
        ({"field": "Not a key", "value": ""}, {"field", "value"}),
        ({"field": "phone", "value": "none"}, {"value"}),
        ({"field": "phone", "value": PHONE, "name": "Ada", "total": "true"}, {"field", "name"}),
        ({"name": "Ada", "total": "true", "unmask": "true"}, {"total", "unmask"}),
        ({"field": "phone", "value": PHONE, "cursor": "x"}, {"cursor"}),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(company: Api, query: dict[str, str], wrong: set[str]) -> None:
    # rules 0.9, 0.12
    answer = company.seen("/v1/customers", params=query)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == wrong


def test_a_field_that_is_not_searchable_is_refused_by_its_label(company: Api) -> None:
    company.patch("/v1/fields/phone", {"searchable": False})
    answer = company.seen("/v1/customers", params={"field": "phone", "value": PHONE})
    assert_problem(answer, 422, "invalid")
    assert "Customers cannot be searched by Phone." in answer.text
    assert company.seen("/v1/search", params={"q": PHONE}).json()["business_fields"]["items"] == []
    [defined, changed] = company.seen("/v1/fields/phone/history").json()["items"]
    told = {change["field"]: (change["before"], change["after"]) for change in changed["changes"]}
    assert told == {"searchable": (True, None)}
    assert (defined["data"]["searchable"], company.seen("/v1/fields/phone").json()["searchable"]) == (True, False)

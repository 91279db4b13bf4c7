"""The items of lists at two clocks are explained like each alone, in as many statements for a page as for one item (rules 0.1, 0.2)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from psycopg import Connection

from aggregates.fact import Role
from api_client import Api, define_age, register
from business_fields import standard_fields
from payers import ACCOUNT, SITE, assign, payers, update
from projections.accounts.lists import all_sites
from projections.accounts.queries import accounts
from projections.answers.explained_accounts import explained_accounts, explained_sites
from projections.answers.explained_customers import explained_by_field, explained_by_response, explained_names
from projections.answers.explained_interactions import explained_interactions
from projections.answers.explanation import EXPLAINING
from projections.customers.queries import all_customers
from projections.interactions.queries import interactions
from projections.reading.read_models import ReadModels
from projections.reading.view import View

pytestmark = pytest.mark.usefixtures("runners")
MOST_STATEMENTS = 11
PHONE = "+441632960961"
OF_EVENTS = {"history", "events", "unmaskings", "diff", "versions", "{version}", "{event_id}"}
"""The last parts of paths of answers that are made of events, or of differences between points."""
NOT_EXPLAINED = {"/v1/search", "/v1/deliveries"}
"""Hits, and what became of changes."""


def explained(api: Api, path: str, **params: str) -> list[dict[str, Any]]:
    """The items of a list, explained; without that, they are the same."""
    answer = api.seen(path, params={**params, "explain": "true"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    plain = api.seen(path, params=params).json()["items"]
    for item in plain:
        assert "explanations" not in item
    without = [{name: value for name, value in item.items() if name not in _OF_ANSWER} for item in items]
    assert without == [{name: value for name, value in item.items() if name not in _OF_ANSWER} for item in plain]
    assert items
    return items


_OF_ANSWER = {"explanations", "known_at", "customer"}
"""Members that an answer has of its own; the customer of an alternate number has them, too."""


def alone(api: Api, path: str, *paths: str, **params: str) -> dict[str, Any]:
    """What explains these values in the answer for one thing."""
    answer = api.seen(path, params={**params, "explain": "true"})
    assert answer.status_code == 200, answer.text
    made = answer.json()["explanations"]
    return {value: made[value] for value in paths}


@pytest.fixture
def company(api: Api) -> Api:
    """Customers with names, responses, fields and a merge, one of them registered ahead."""
    define_age(api)
    standard_fields(api.dossier)
    definition = {
        "key": "phone",
        "label": "Phone",
        "group": "business",
        "type": "phone",
        "searchable": True,
        "personal": True,
    }
    assert api.post("/v1/fields", definition).status_code == 201
    for number in ("1001", "1002", "1003"):
        register(api, number, f"Ada {number}", alternate_number=f"B{number}", reason=f"Walk-in {number}")
        body = {"fields": {"phone": PHONE}, "reason": f"Called {number}"}
        assert api.patch(f"/v1/customers/{number}/fields", body).status_code == 200
        assert api.put(f"/v1/customers/{number}/drawer", {"responses": {"7": "B"}}).status_code == 200
    assert api.patch("/v1/customers/1002", {"name": "Ada King", "reason": "Married"}).status_code == 200
    register(api, "1004", "Ada Ahead", effective_from="2027-03-01")
    assert api.post("/v1/customers/1001/merge", {"other": "1003"}).status_code == 200
    return api


def test_customers_in_lists_are_explained_like_each_alone(company: Api) -> None:  # rules 1.6, 3.4, 6.1
    for params in ({}, {"name": "ada"}):
        items = explained(company, "/v1/customers", **params)
        for item in items:
            assert item["explanations"] == alone(company, f"/v1/customers/{item['number']}", "name")
    assert len(explained(company, "/v1/customers")) == 3
    by_response = explained(company, "/v1/customers", response="7:B")
    by_field = explained(company, "/v1/customers", field="phone", value=PHONE)
    assert [[item["number"] for item in items] for items in (by_response, by_field)] == [["1001", "1002"]] * 2
    for item in by_response:
        path = f"/v1/customers/{item['number']}/drawer"
        assert item["explanations"] == alone(company, path, "name", "responses.7")
    for item in by_field:
        path = f"/v1/customers/{item['number']}/fields"
        assert item["explanations"] == alone(company, path, "name", "fields.phone")
    [lost] = by_field[0]["explanations"]["fields.phone"]["merge"]["lost"]
    assert lost == {"customer": "1003", "value": PHONE}
    [by_number] = explained(company, "/v1/customers", alternate_number="B1003")
    own = company.seen("/v1/customers/1001?explain=true").json()
    assert by_number["customer"]["explanations"] == own["explanations"]


def test_a_list_is_explained_as_known_then_and_with_its_masks(company: Api) -> None:  # rules 0.3, 5.2
    known_at = company.seen("/v1/customers").headers["Dossier-Known-At"]
    assert company.patch("/v1/customers/1002", {"name": "Ada Byron", "reason": "Divorced"}).status_code == 200
    body = {"fields": {"phone": "+441632960000"}}
    assert company.patch("/v1/customers/1002/fields", body).status_code == 200
    then = explained(company, "/v1/customers", known_at=known_at)[1]["explanations"]["name"]
    now = explained(company, "/v1/customers")[1]["explanations"]["name"]
    assert (then["reason"], then["before"], now["reason"], now["before"]) == (
        "Married",
        "Ada 1002",
        "Divorced",
        "Ada King",
    )
    query = {"field": "phone", "value": PHONE, "known_at": known_at}
    assert explained(company, "/v1/customers", **query)[1]["explanations"]["fields.phone"]["reason"] == "Called 1002"
    assert company.patch("/v1/fields/phone", {"masked": True}).status_code == 200
    answer = company.seen("/v1/customers", params={**query, "unmask": "true", "explain": "true"})
    assert [lost["value"] for lost in answer.json()["items"][0]["explanations"]["fields.phone"]["merge"]["lost"]] == [
        "••••"
    ]
    assert PHONE not in answer.text


def test_accounts_and_sites_in_lists_are_explained_like_each_alone(api: Api) -> None:  # rules 2.7, 2.8
    payers(api)
    assert api.post("/v1/accounts", {"account": "A-8", "customer": "1001"}).status_code == 201
    for place in (ACCOUNT, SITE):
        assign(api, place, "Late payers", **({"create": True} if place == SITE else {}))
        update(api, place, options={"collector": "S-9"}, reason=f"Of {place}")
    of_opening = ("customer", "start")
    for params in ({}, {"customer": "1001"}):
        items = explained(api, "/v1/accounts", **params)
        assert [item["account"] for item in items] == ["A-7", "A-8"]
        for item in items:
            assert item["explanations"] == alone(api, f"/v1/accounts/{item['account']}", *of_opening)
    for path in (f"{ACCOUNT}/sites", "/v1/sites"):
        [site] = explained(api, path)
        assert site["explanations"] == alone(api, SITE, "account")
    by_class = {"profile_class": "late payers", "class_version_below": "2"}
    for filters, paths in (
        (by_class, ["profile_class"]),
        ({"set_here": "options.collector"}, ["profile_class", "options.collector"]),
    ):
        [account] = explained(api, "/v1/accounts", **filters)
        profile = alone(api, f"{ACCOUNT}/profile", *paths)
        assert account["explanations"] == alone(api, ACCOUNT, *of_opening) | profile
        [site] = explained(api, "/v1/sites", **filters)
        assert site["explanations"] == alone(api, SITE, "account") | alone(api, f"{SITE}/profile", *paths)
    assert account["explanations"]["options.collector"]["before"] == "EU-2"
    assert account["explanations"]["options.collector"]["reason"] == f"Of {ACCOUNT}"


def test_interactions_say_who_began_each_and_what_led_to_its_state(api: Api) -> None:  # rule 3.5
    register(api)
    for key in ("I-1", "I-2"):
        body = {"interaction": key, "customer": "1001", "agent": "agent", "reason": f"Call {key}"}
        assert api.post("/v1/interactions", body, Role.INTEGRATOR).status_code == 201
        known_at = api.seen("/v1/interactions").headers["Dossier-Known-At"]
        if key == "I-1":
            for state in ("wrap_up", "closed"):
                assert api.patch("/v1/interactions/I-1", {"state": state, "reason": state}).status_code == 200
    later, earlier = explained(api, "/v1/interactions")
    assert (later["interaction"], later["explanations"]["state"]["before"]) == ("I-2", None)
    state = earlier["explanations"]["state"]
    assert (state["topic"], state["reason"], state["before"]) == ("interaction.closed", "closed", "wrap_up")
    begun = earlier["explanations"]["agent"]
    assert (begun["reason"], begun["version"], begun) == ("Call I-1", 1, earlier["explanations"]["customer"])
    assert later["explanations"] == alone(api, "/v1/interactions/I-2", "customer", "agent", "state")
    own = api.seen("/v1/current-interaction?explain=true", Role.AGENT).json()["interaction"]
    assert own["explanations"] == later["explanations"]
    assert api.patch("/v1/interactions/I-2", {"state": "wrap_up"}).status_code == 200
    then = alone(api, "/v1/interactions/I-2", "state", known_at=known_at)["state"]
    assert then["topic"] == "interaction.started"
    assert alone(api, "/v1/interactions/I-2", "state")["state"]["before"] == "on_call"


def test_a_mapping_of_columns_says_which_version_changed_each_column(api: Api) -> None:  # rule 3.2
    standard_fields(api.dossier)
    for columns, reason in (
        ({"id": "customer_number", "town": "city"}, "First"),
        ({"id": "customer_number"}, "No town"),
    ):
        body = {"columns": columns, "header": True, "reason": reason}
        assert api.put("/v1/upload-mappings/crm", body).status_code in {200, 201}
    body = {"columns": {"id": "customer_number", "place": "city"}, "header": True, "reason": "Renamed"}
    assert api.put("/v1/upload-mappings/crm", body).status_code == 200
    [mapping] = explained(api, "/v1/upload-mappings")
    made = alone(api, "/v1/upload-mappings/crm", "columns.id", "columns.place", "header")
    assert mapping["explanations"] == made
    assert [made[path]["reason"] for path in made] == ["First", "Renamed", "First"]


@dataclass
class Counted:
    """A connection that counts what it executes."""

    connection: Connection[Any]
    statements: int = 0

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Executes a statement."""
        self.statements += 1
        return self.connection.execute(*args, **kwargs)


@pytest.fixture
def statements(api: Api, reads: ReadModels) -> Callable[..., int]:
    """How many statements a list takes to be explained, with its items already there."""

    def count(names: tuple[str, ...], listed: Callable[[View], Any], explain: Callable[..., Any]) -> int:
        with reads.view(*names, EXPLAINING, position=api.end()) as view:
            items = listed(view).items
            counted = Counted(view.connection)
            explained_items = explain(replace(view, connection=counted), items)
        assert len(explained_items) == len(items)
        assert all(item.explanations for item in explained_items)
        return counted.statements

    return count


def add(api: Api, *numbers: str) -> None:
    """Adds customers with everything that lists show, each with another one merged into it."""
    for number in numbers:
        for customer in (number, f"X{number}"):
            register(api, customer, f"Ada {customer}")
            api.patch(f"/v1/customers/{customer}/fields", {"fields": {"city": f"Town {customer}"}})
            api.put(f"/v1/customers/{customer}/drawer", {"responses": {"7": "B"}})
        assert api.post(f"/v1/customers/{number}/merge", {"other": f"X{number}"}).status_code == 200
        api.patch(f"/v1/customers/{number}", {"name": f"Ada King {number}", "effective_from": "2026-01-01"})
        api.post("/v1/accounts", {"account": f"A-{number}", "customer": number, "start": "2026-01-01"})
        api.patch(f"/v1/accounts/A-{number}/profile", {"options": {"collector": number}})
        api.post(f"/v1/accounts/A-{number}/sites", {"site": "S-1"})
        body = {"interaction": f"I-{number}", "customer": number, "agent": f"agent {number}"}
        api.post("/v1/interactions", body, Role.INTEGRATOR)


def test_a_page_is_explained_in_as_many_statements_as_one_item(api: Api, statements: Callable[..., int]) -> None:
    payers(api)
    define_age(api)
    standard_fields(api.dossier)
    by_profile = partial(explained_accounts, by_profile=["profile_class", "options.collector"])
    lists: list[tuple[tuple[str, ...], Callable[[View], Any], Callable[..., Any]]] = [
        (("customers",), all_customers, explained_names),
        (("customers", "drawer"), all_customers, partial(explained_by_response, category=7)),
        (("customers", "fields"), all_customers, partial(explained_by_field, field="city")),
        (("accounts",), accounts, by_profile),
        (("accounts",), lambda view: all_sites(view, 100, None), explained_sites),
        (("interactions",), interactions, explained_interactions),
    ]
    add(api, "2001")
    few = [statements(*of_list) for of_list in lists]
    add(api, "2002", "2003")
    assert [statements(*of_list) for of_list in lists] == few
    assert max(few) <= MOST_STATEMENTS, few


def test_every_read_at_two_clocks_can_be_explained(api: Api) -> None:
    document = api.get("/openapi.json").json()
    takes = {
        path: {parameter.get("name") for parameter in operations["get"].get("parameters", ())}
        for path, operations in document["paths"].items()
        if "get" in operations
    }
    read = {path for path, names in takes.items() if {"valid_at", "known_at"} <= names}
    of_values = {path for path in read if path.rpartition("/")[2] not in OF_EVENTS} - NOT_EXPLAINED
    assert len(of_values) > 30
    assert {path for path in of_values if "explain" not in takes[path]} == set()

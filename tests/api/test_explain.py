"""What made each value so, on every read at two clocks: the event, and the file, call, class or merge that it came by (rules 0.1, 0.2)."""

from typing import Any

import pytest

from aggregates.fact import Role
from aggregates.profile_class.commands import found_company
from api_client import Api, define_age, register
from business_fields import standard_fields
from conftest import TODAY
from payers import ACCOUNT, SITE, assign, payers, update
from propagation_helpers import begin, change, company, work
from store.application import Dossier
from upload_helpers import request, uploaded

pytestmark = pytest.mark.usefixtures("runners")
FILE = "id,town,loan\n1001,Vienna,L-1\n1002,Graz,L-2\n"
MAPPED = {"id": "customer_number", "town": "city", "loan": "loan_number"}
DAY = TODAY.isoformat()
OF_EVENT = ("event_id", "position", "recorded_at", "actor", "role", "source", "reason")
"""Members that an explanation shares with the entry of its event."""


def explained(api: Api, path: str, role: Role = Role.ADMINISTRATOR, **query: Any) -> dict[str, Any]:
    """What explains the values of an answer; each is what the history says of its event, and without asking nothing is explained."""
    plain = api.seen(path, role, params=query)
    assert plain.status_code == 200, plain.text
    assert "explanations" not in plain.json()
    answer = api.seen(path, role, params={**query, "explain": "true"}).json()
    made: dict[str, Any] = answer.pop("explanations")
    shown = plain.json()
    for body in (answer, shown):
        body.pop("known_at", None)
        body.pop("explain", None)
    assert answer == shown
    for explanation in made.values():
        entry = api.get(f"/v1/history/{explanation['event_id']}").json()
        assert {name: explanation[name] for name in OF_EVENT} == {name: entry[name] for name in OF_EVENT}
    return made


def ways(explanation: dict[str, Any]) -> set[str]:
    """The ways by which a value came."""
    return {name for name in ("upload", "interaction", "profile_class", "merge") if explanation[name] is not None}


def test_a_value_of_a_file_names_upload_file_row_column_and_mapping_version(api: Api) -> None:  # rule 3.2
    standard_fields(api.dossier)
    for columns in ({"town": "city"}, MAPPED):
        assert api.put("/v1/upload-mappings/crm", {"columns": columns}).status_code in {200, 201}
    read = uploaded(api.dossier, FILE, MAPPED, mapping="crm")
    made = explained(api, "/v1/customers/1002/fields")
    assert made.keys() == {"name", "fields.city", "fields.loan_number"}
    for path, column in (("fields.city", "town"), ("fields.loan_number", "loan"), ("name", None)):
        assert ways(made[path]) == {"upload"}
        assert made[path]["upload"] == {
            "upload": str(read.upload),
            "file": "contacts.csv",
            "row": 2,
            "column": column,
            "mapping": "crm",
            "mapping_version": 2,
        }
    city = made["fields.city"]
    assert (city["source"], city["reason"], city["changed"], city["before"]) == ("upload", "Campaign", True, None)
    assert (city["effective_from"], city["effective_to"]) == (DAY, None)


def test_an_edit_during_a_call_names_the_call_the_agent_and_what_the_agent_saw(api: Api) -> None:  # rules 3.4, 3.7
    standard_fields(api.dossier)
    register(api)
    assert api.patch("/v1/customers/1001/fields", {"fields": {"city": "Graz", "loan_number": "L-1"}}).status_code == 200
    api.post("/v1/interactions", {"interaction": "I-1", "customer": "1001", "agent": "agent"}, Role.INTEGRATOR)
    body = {"fields": {"city": "Vienna"}, "interaction": "I-1", "reason": "Moved"}
    assert api.patch("/v1/customers/1001/fields", body, Role.AGENT).status_code == 200
    made = explained(api, "/v1/customers/1001/fields", Role.AGENT)
    city = made["fields.city"]
    assert ways(city) == {"interaction"}
    call = city["interaction"]
    assert (call["interaction"], call["agent"], call["customer"], call["saw"]) == ("I-1", "agent", "1001", "Graz")
    assert (city["actor"], city["role"], city["reason"], city["before"]) == ("agent", "agent", "Moved", "Graz")
    assert ways(made["name"]) == set()


def test_a_masked_value_is_masked_in_what_explains_it(api: Api) -> None:  # rule 5.2
    standard_fields(api.dossier)
    register(api)
    for born in ("18151210", "18151211"):
        api.patch("/v1/customers/1001/fields", {"fields": {"date_of_birth": born}})
    assert api.patch("/v1/fields/date_of_birth", {"masked": True}).status_code == 200
    for role in (Role.AGENT, Role.AUDITOR):
        answer = api.seen("/v1/customers/1001/fields?explain=true", role)
        assert answer.json()["explanations"]["fields.date_of_birth"]["before"] == "••••"
        assert "1815" not in answer.text


def test_a_response_is_explained_as_known_then_and_a_default_by_who_made_it_one(api: Api) -> None:  # rules 0.3, 1.6
    define_age(api)
    register(api)
    [default] = explained(api, "/v1/customers/1001/drawer", valid_at="2027-01-01").keys() - {"name"}
    made = explained(api, "/v1/customers/1001/drawer", valid_at="2027-01-01")
    assert (default, made[default]["topic"]) == ("responses.7", "category.default_response_moved")
    for response, more in (("A", {}), ("B", {"effective_from": "2027-01-01", "reason": "As told"})):
        assert api.put("/v1/customers/1001/drawer", {"responses": {"7": response}, **more}).status_code == 200
    known_at = api.seen("/v1/customers/1001/drawer").headers["Dossier-Known-At"]
    body = {"responses": {"7": "A"}, "effective_from": "2027-01-15"}
    assert api.put("/v1/customers/1001/drawer", body).status_code == 200
    path = "/v1/customers/1001/drawer"
    then = explained(api, path, valid_at="2027-02-01", known_at=known_at)["responses.7"]
    assert (then["topic"], then["reason"], then["before"]) == ("customer.response_selected", "As told", "A")
    assert (then["effective_from"], then["effective_to"]) == ("2027-01-01", None)
    now = explained(api, path, valid_at="2027-02-01")["responses.7"]
    assert (now["reason"], now["before"], now["changed"]) == (None, "B", True)
    assert now["position"] > then["position"]


def test_values_of_a_profile_name_class_version_and_the_run_that_wrote_them(api: Api, dossier: Dossier) -> None:
    # rules 2.7, 2.8, 2.16
    company(dossier, accounts=1)
    version = change(dossier, "all")
    begin(dossier, version)
    work(dossier)
    update(api, "/v1/accounts/A-1", options={"risk_code": "LOW"}, effective_from=DAY, reason="Paid")
    made = explained(api, "/v1/accounts/A-1/profile")
    versions = api.seen("/v1/profile-classes/Prompt/versions").json()["items"]
    for path, class_version, propagated in (("payment_terms", 2, True), ("collector", 1, False)):
        explanation = made[f"options.{path}"]
        assert ways(explanation) == {"profile_class"}
        assert explanation["profile_class"] == {
            "level": "account",
            "origin": "class",
            "profile_class": "Prompt",
            "class_version": class_version,
            "class_event_id": versions[class_version - 1]["event_id"],
            "propagated": propagated,
        }
    risk = made["options.risk_code"]
    assert (risk["profile_class"]["origin"], risk["profile_class"]["class_event_id"]) == ("here", None)
    assert (risk["reason"], risk["before"], risk["effective_from"]) == ("Paid", None, DAY)
    assert (made["options.payment_terms"]["before"], made["options.payment_terms"]["reason"]) == ("NET30", "New terms")
    assert made["profile_class"]["topic"] == "account.profile_updated"


def test_what_applies_to_a_transaction_is_explained_at_every_level(api: Api) -> None:  # rule 2.13
    payers(api)
    for place in (ACCOUNT, SITE):
        assign(api, place, "Late payers", **({"create": True} if place == SITE else {}))
    update(api, SITE, options={"collector": "S-9"}, effective_from="2026-01-01")
    options = {"options": {"risk_code": "HIGH"}, "effective_from": "2026-01-01", "reason": "Audit"}
    assert api.patch("/v1/system-options", options).status_code == 200
    made = explained(api, f"{ACCOUNT}/resolve", site="S-1", date="2026-06-01")
    levels = {path: explanation["profile_class"]["level"] for path, explanation in made.items()}
    assert levels["options.collector"] == "site"
    assert (levels["options.risk_code"], made["options.risk_code"]["reason"]) == ("system", "Audit")
    assert made["options.collector"]["before"] == "EU-2"
    assert made["amounts.USD.credit_limit"]["profile_class"]["profile_class"] == "Late payers"
    system = explained(api, "/v1/system-options", valid_at="2026-06-01")
    assert system == {"options.risk_code": made["options.risk_code"]}
    assert explained(api, ACCOUNT).keys() == {"customer", "start"}
    assert explained(api, SITE)["account"]["topic"] == "site.created"


def test_a_merge_names_its_side_and_what_lost(api: Api) -> None:  # rules 5.2, 6.1
    standard_fields(api.dossier)
    define_age(api)
    for number, city, loan in (("1001", "Graz", None), ("1002", "Rome", "L-2"), ("1003", "Bonn", "L-3")):
        register(api, number)
        values = {"city": city} | ({} if loan is None else {"loan_number": loan})
        assert api.patch(f"/v1/customers/{number}/fields", {"fields": values}).status_code == 200
        assert api.put(f"/v1/customers/{number}/drawer", {"responses": {"7": "B"}}).status_code == 200
    for other in ("1002", "1003"):
        assert api.post("/v1/customers/1001/merge", {"other": other}).status_code == 200
    made = explained(api, "/v1/customers/1001/fields")
    lost = [{"customer": "1002", "value": "Rome"}, {"customer": "1003", "value": "Bonn"}]
    assert made["fields.city"]["merge"] == {"side": "survivor", "brought_by": None, "lost": lost}
    age = explained(api, "/v1/customers/1001/drawer")["responses.7"]["merge"]
    assert (age["side"], [one["customer"] for one in age["lost"]]) == ("survivor", ["1002", "1003"])
    fields = api.seen("/v1/customers/1001/fields").json()
    loans = [one for one in fields.get("optional", {"fields": []})["fields"] if one["key"] == "loan_number"]
    assert loans == []  # no upload brought it (rule 3.3), so nothing is shown that could be explained
    assert api.post("/v1/customers/1001/unmerge", {"other": "1002"}).status_code == 200
    [city] = [made for path, made in explained(api, "/v1/customers/1001/fields").items() if path == "fields.city"]
    assert city["merge"]["lost"] == [{"customer": "1003", "value": "Bonn"}]


def test_a_value_that_a_merge_brought_names_who_brought_it_also_when_it_reappears(api: Api) -> None:  # rule 6.1
    standard_fields(api.dossier)
    for number, city in (("1001", None), ("1002", "Rome"), ("1003", "Bonn")):
        register(api, number)
        if city is not None:
            api.patch(f"/v1/customers/{number}/fields", {"fields": {"city": city}})
    for other in ("1002", "1003"):
        assert api.post("/v1/customers/1001/merge", {"other": other}).status_code == 200
    city = explained(api, "/v1/customers/1001/fields")["fields.city"]
    lost = [{"customer": "1003", "value": "Bonn"}]
    assert (city["topic"], city["merge"]) == ("customer.merged", {"side": "other", "brought_by": "1002", "lost": lost})
    api.post("/v1/customers/1001/unmerge", {"other": "1002"})
    city = explained(api, "/v1/customers/1001/fields")["fields.city"]
    assert (city["topic"], city["merge"]["brought_by"], city["merge"]["lost"]) == (
        "customer.values_put_back",
        "1003",
        [],
    )


def test_a_definition_is_explained_by_who_last_changed_each_value(api: Api) -> None:  # rules 1.1-1.3, 2.1, 3.1
    found_company(api.dossier, request())
    standard_fields(api.dossier)
    define_age(api)
    api.patch("/v1/categories/7", {"required": True, "reason": "Law"})
    api.patch("/v1/categories/7/responses/B", {"description": "Second", "reason": "Spelling"})
    made = explained(api, "/v1/categories/7")
    assert (made["required"]["reason"], made["required"]["before"]) == ("Law", False)
    assert (made["description"]["topic"], made["description"]["version"]) == ("category.defined", 1)
    assert made["responses.B.description"]["reason"] == "Spelling"
    assert made["default_response"]["topic"] == "category.default_response_moved"
    assert explained(api, "/v1/categories/7/responses/B").keys() == {
        "responses.B.description",
        "responses.B.position",
        "responses.B.active",
    }
    api.patch("/v1/fields/city", {"label": "Town", "reason": "Style"})
    city = explained(api, "/v1/fields/city")
    assert (city["label"]["before"], city["label"]["reason"], city["type"]["version"]) == ("City", "Style", 1)
    api.patch("/v1/profile-classes/DEFAULT", {"options": {"risk_code": "LOW"}, "apply_to": "new", "reason": "Risk"})
    default = explained(api, "/v1/profile-classes/default")
    assert (default["options.risk_code"]["reason"], default["options.risk_code"]["version"]) == ("Risk", 2)
    assert default["options.collector"]["version"] == 1


def test_controls_mappings_and_alternate_numbers_say_who_set_them(api: Api) -> None:  # rules 1.14, 4.1, 4.2
    define_age(api)
    register(api, alternate_number="B1", reason="Walk-in")
    for day, value in (("2026-01-01", "Yes"), ("2026-07-01", "No")):
        body = {"value": value, "effective_from": day, "reason": f"From {day}"}
        assert api.put("/v1/controls/K87", body).status_code == 200
    assert explained(api, "/v1/controls/K87", valid_at="2026-03-01")["controls.K87"]["reason"] == "From 2026-01-01"
    later = explained(api, "/v1/controls/K87", valid_at="2026-08-01")["controls.K87"]
    assert (later["reason"], later["before"], later["effective_from"]) == ("From 2026-07-01", "Yes", "2026-07-01")
    assert explained(api, "/v1/controls/L51") == {}
    api.put("/v1/attribute-mappings/category:7", {"attribute": "ageGroup", "reason": "CE"})
    mapped = explained(api, "/v1/attribute-mappings/category:7")["mappings.category:7"]
    assert (mapped["reason"], mapped["effective_from"]) == ("CE", None)
    number = explained(api, "/v1/customers/1001/alternate-numbers/B1")["alternate_numbers.B1"]
    assert (number["topic"], number["reason"]) == ("customer.alternate_number_added", "Walk-in")
    assert explained(api, "/v1/customers/1001").keys() == {"name", "alternate_numbers.B1"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/categories",
        "/v1/categories/7/responses",
        "/v1/fields",
        "/v1/controls",
        "/v1/attribute-mappings",
        "/v1/profile-classes",
        "/v1/customers/1001/alternate-numbers",
    ],
)
def test_the_items_of_lists_are_explained_like_each_alone(api: Api, path: str) -> None:
    found_company(api.dossier, request())
    standard_fields(api.dossier)
    define_age(api)
    register(api, alternate_number="B1")
    api.put("/v1/controls/K87", {"value": "Yes"})
    api.put("/v1/attribute-mappings/category:7", {"attribute": "ageGroup"})
    items = api.seen(path, params={"explain": "true"}).json()["items"]
    assert items
    for item in items:
        key = next(str(item[name]) for name in ("mapped", "number", "code", "key", "name") if name in item)
        assert explained(api, f"{path}/{key}") == item["explanations"]
    assert any(item["explanations"] for item in items)

"""Merging over HTTP: the survivor, the redirect of the other number, and the answers for past instants (rules 0.5, 0.7, 4.2, 6.1)."""

from typing import Any

import pytest
from fastapi import FastAPI

from aggregates.fact import Role, Source
from aggregates.profile_class.commands import found_company
from api.openapi import description
from api_client import Api, assert_problem, define_age, fields, register
from business_fields import standard_fields
from propagation_helpers import request

pytestmark = pytest.mark.usefixtures("runners")
DAY = "from=2026-01-01"


@pytest.fixture
def company(api: Api) -> Api:
    """Category Age; 1001 Ada, older than 1002 Bob, who has the alternate number B2 and answered Age."""
    standard_fields(api.dossier)
    define_age(api)
    register(api)
    register(api, "1002", "Bob Ray", alternate_number="B2")
    assert api.put("/v1/customers/1002/drawer", {"responses": {"7": "B"}}).status_code == 200
    return api


def merge(api: Api, number: str = "1001", other: str = "1002", **more: Any) -> Any:
    answer = api.post(f"/v1/customers/{number}/merge", {"other": other, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_older_customer_survives_unless_it_is_named(company: Api) -> None:  # rule 6.1
    told = merge(company, "1002", "1001")
    assert (told["survivor"], told["merged_away"], told["changed"]) == ("1001", "1002", True)
    assert told["message"] == "Customer 1002 was merged into 1001."
    read = company.seen("/v1/customers/1001").json()
    assert (read["aliases"], read["version"]) == (["1002"], told["version"])
    undone = company.post("/v1/customers/1001/unmerge", {"other": "1002", "reason": "Not the same"})
    assert (undone.status_code, undone.json()["changed"]) == (200, True)
    for path in ("1001", "1002"):
        assert merge(company, path, "1001" if path == "1002" else "1002", survivor="1002")["survivor"] == "1002"
        assert company.post("/v1/customers/1002/unmerge", {"other": "1001"}).status_code == 200


def test_both_histories_stay_and_say_that_it_was_a_merge(company: Api) -> None:  # rules 0.2, 6.1
    merge(company, reason="Same person")
    for number, topic, count in (("1001", "customer.merged", 2), ("1002", "customer.merged_away", 4)):
        entries = company.seen(f"/v1/customers/{number}/history").json()["items"]
        assert (len(entries), entries[-1]["topic"]) == (count, topic)
        assert (entries[-1]["source"], entries[-1]["reason"]) == (Source.MERGE, "Same person")
    assert_problem(company.get("/v1/customers/1003/history"), 404, "not-found")


def test_undoing_one_merge_leaves_what_another_brings(company: Api) -> None:  # rules 0.3, 6.1
    register(company, "1003", "Cy")
    for number, city, age in (("1002", "Rome", "B"), ("1003", "Bonn", "A")):
        assert company.patch(f"/v1/customers/{number}/fields", {"fields": {"city": city}}).status_code == 200
        company.put(f"/v1/customers/{number}/drawer", {"responses": {"7": age}})
        merge(company, "1001", number)

    def read(**clocks: str) -> list[Any]:
        answers = [company.seen(f"/v1/customers/1001/{path}", params=clocks) for path in ("fields", "drawer")]
        return [one.content for one in answers] + [one.headers["Dossier-Known-At"] for one in answers]

    def shown() -> list[Any]:
        fields_shown = company.seen("/v1/customers/1001/fields").json()["business"]["fields"]
        [age] = company.seen("/v1/customers/1001/drawer").json()["categories"]
        city = next(one["value"] for one in fields_shown if one["key"] == "city")
        return [city, age["value"] if age["shown"] == "stored" else None]

    while_merged = read(valid_at="2026-12-01")
    assert shown() == ["Rome", "B"]
    company.post("/v1/customers/1001/unmerge", {"other": "1002"})
    assert shown() == ["Bonn", "A"]
    assert read(valid_at="2026-12-01", known_at=while_merged[-1])[:2] == while_merged[:2]
    company.post("/v1/customers/1001/unmerge", {"other": "1003"})
    assert shown() == [None, None]


def test_merging_again_changes_nothing(company: Api) -> None:  # rules 0.5, 0.7
    headers = {"Idempotency-Key": "merge-1"}
    first = company.post("/v1/customers/1001/merge", {"other": "1002"}, headers=headers)
    with company.storing_nothing():
        assert company.post("/v1/customers/1001/merge", {"other": "1002"}, headers=headers).json() == first.json()
        again = merge(company)
    assert (again["changed"], again["survivor"], again["message"]) == (False, "1001", "They are merged already.")


def test_every_read_of_a_merged_number_leads_to_the_survivor(company: Api, app: FastAPI) -> None:  # rule 6.1
    merge(company)
    paths = {
        route.path
        for route in description.routes_of(app)
        if route.path.startswith("/v1/customers/{number}") and "GET" in route.methods
    }
    own = {"/v1/customers/{number}/history", "/v1/customers/{number}/unmaskings"}
    assert len(paths) > 5
    for path in sorted(paths - own):
        rest = path.removeprefix("/v1/customers/{number}").replace("{alternate_number}", "B2")
        query = f"?{DAY}&valid_at=2026-12-01" if rest == "/diff" else "?valid_at=2026-12-01"
        answer = company.seen(f"/v1/customers/1002{rest}{query}", follow_redirects=False)
        assert assert_problem(answer, 308, "merged-away")["survivor"] == "1001"
        assert answer.headers["Location"] == f"/v1/customers/1001{rest}{query}"
    followed = company.seen("/v1/customers/1002/drawer")
    assert (followed.status_code, followed.json()["number"]) == (200, "1001")
    assert followed.json()["categories"][0]["value"] == "B"


def test_every_write_on_a_merged_number_leads_to_the_survivor(company: Api) -> None:  # rule 6.1
    merge(company)
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", "", {"name": "Bo"}),
        ("PUT", "/drawer", {"responses": {"7": "A"}}),
        ("PATCH", "/fields", {"fields": {"city": "York"}}),
        ("POST", "/alternate-numbers", {"alternate_number": "C3"}),
        ("PATCH", "/alternate-numbers/B2", {"primary": True}),
        ("DELETE", "/alternate-numbers/B2", None),
        ("POST", "/merge", {"other": "1003"}),
        ("POST", "/unmerge", {"other": "1003"}),
    ]
    register(company, "1003", "Cy")
    for method, rest, body in writes:
        given = {} if body is None else {"json": body}
        with company.storing_nothing():
            answer = company.call(method, f"/v1/customers/1002{rest}", follow_redirects=False, **given)
        assert_problem(answer, 308, "merged-away")
        assert answer.headers["Location"] == f"/v1/customers/1001{rest}"
    saved = company.patch("/v1/customers/1002/fields", {"fields": {"city": "York"}}, follow_redirects=True)
    assert (saved.status_code, saved.json()["changed"]) == (200, True)
    shown = company.seen("/v1/customers/1001/fields").json()["business"]["fields"]
    assert "York" in {one["value"] for one in shown}


def test_an_instant_before_the_merge_is_answered_as_it_was(company: Api) -> None:  # rules 0.3, 6.1
    paths = ("/v1/customers/1002", "/v1/customers/1002/drawer", "/v1/customers/1002/fields")
    before = [company.seen(path, params={"valid_at": "2026-12-01"}) for path in paths]
    merge(company)
    for path, old in zip(paths, before, strict=True):
        clocks = {"valid_at": "2026-12-01", "known_at": old.headers["Dossier-Known-At"]}
        again = company.seen(path, params=clocks, follow_redirects=False)
        assert (again.status_code, again.content) == (200, old.content)


def test_an_alternate_number_of_the_merged_customer_finds_the_survivor(company: Api) -> None:  # rules 1.14, 6.1
    merge(company)
    [found] = company.seen("/v1/customers?alternate_number=B2").json()["items"]
    assert (found["customer"]["number"], found["merged_from"]) == ("1001", "1002")
    assert [one["number"] for one in company.get("/v1/customers").json()["items"]] == ["1001"]


def test_what_cannot_be_merged_is_refused_and_named(company: Api) -> None:  # rule 6.1
    register(company, "1003", "Cy")
    merge(company)
    cases: list[tuple[str, str, dict[str, Any], int, str, set[str | None]]] = [
        ("1001", "merge", {"other": "1001"}, 422, "invalid", {"other"}),
        ("1001", "merge", {"other": "9999"}, 422, "invalid", {"other"}),
        ("1001", "merge", {"other": "1003", "survivor": "1002"}, 422, "invalid", {"survivor"}),
        ("1001", "merge", {}, 422, "invalid", {"other"}),
        ("1003", "merge", {"other": "1002"}, 409, "conflict", set()),
        ("9999", "merge", {"other": "1001"}, 404, "not-found", set()),
        ("1003", "unmerge", {"other": "1002"}, 422, "invalid", {"other"}),
        ("1001", "unmerge", {"other": "9999"}, 422, "invalid", {"other"}),
    ]
    for number, verb, body, status, slug, named in cases:
        with company.storing_nothing():
            answer = company.post(f"/v1/customers/{number}/{verb}", body, follow_redirects=False)
        assert_problem(answer, status, slug)
        assert fields(answer) == named
    for role in (Role.AGENT, Role.AUDITOR, Role.INTEGRATOR):
        assert company.post("/v1/customers/1001/merge", {"other": "1003"}, role).status_code == 403
    stale = company.post("/v1/customers/1001/merge", {"other": "1003"}, headers={"If-Match": '"1"'})
    assert_problem(stale, 412, "stale-version")


def test_a_business_field_is_mapped_and_unmapped(company: Api) -> None:  # rule 4.2
    mapped = company.put("/v1/attribute-mappings/field:city", {"attribute": "town"})
    assert (mapped.status_code, mapped.json()["changed"]) == (200, True)
    company.put("/v1/attribute-mappings/category:7", {"attribute": "age"})
    listed = company.seen("/v1/attribute-mappings").json()["items"]
    assert listed == [{"mapped": "category:7", "attribute": "age"}, {"mapped": "field:city", "attribute": "town"}]
    assert company.get("/v1/attribute-mappings/field:city").json()["attribute"] == "town"
    assert_problem(company.put("/v1/attribute-mappings/field:address", {"attribute": "town"}), 409, "conflict")
    assert_problem(company.put("/v1/attribute-mappings/field:nothing", {"attribute": "x"}), 404, "not-found")
    for wrong in ("field:City", "field:", "field:a__b", f"field:{'a' * 61}", "city"):
        assert_problem(company.put(f"/v1/attribute-mappings/{wrong}", {"attribute": "x"}), 422, "invalid")
    assert company.delete("/v1/attribute-mappings/field:city").json()["changed"] is True
    assert_problem(company.delete("/v1/attribute-mappings/field:city"), 404, "not-found")


def test_deliveries_say_which_field_and_never_a_personal_value(company: Api) -> None:  # rules 4.2, 4.5, 5.1
    company.put("/v1/controls/L37", {"value": "INTERACT"})
    company.put("/v1/controls/L51", {"value": "Yes"})
    for key, attribute in (("city", "town"), ("first_name", "given")):
        company.put(f"/v1/attribute-mappings/field:{key}", {"attribute": attribute})
    company.patch("/v1/customers/1001/fields", {"fields": {"city": "York", "first_name": "Zaphod", "last_name": "B"}})
    found = company.seen("/v1/deliveries?number=1001").json()["items"]
    told = {one["mapped"][0]: (one["attribute"], one["value"], one["status"], one["reason"]) for one in found}
    assert told == {
        "field:city": ("town", "York", "waiting", None),
        "field:first_name": ("given", None, "waiting", None),
        "field:last_name": (None, None, "not_sent", "not mapped"),
    }
    assert {one["mapped"][0] for one in found if one["personal"]} == {"field:first_name", "field:last_name"}


def test_a_write_on_a_version_of_the_number_that_is_gone_is_refused(company: Api) -> None:  # rules 0.7, 6.1
    merge(company)
    body = {"fields": {"city": "Oslo"}}
    with company.storing_nothing():
        answer = company.patch("/v1/customers/1002/fields", body, headers={"If-Match": '"4"'})
    assert assert_problem(answer, 412, "stale-version")["survivor"] == "1001"


def test_an_account_opened_under_the_number_that_is_gone_is_the_survivors(company: Api) -> None:  # rule 6.1
    found_company(company.dossier, request())
    merge(company)
    assert company.post("/v1/accounts", {"account": "A-1", "customer": "1002"}).status_code == 201
    assert company.seen("/v1/accounts/A-1").json()["customer"] == "1001"


def test_nobody_has_seen_a_version_that_is_still_to_come(company: Api) -> None:  # rules 0.7, 3.7
    with company.storing_nothing():
        answer = company.patch("/v1/customers/1001/fields", {"fields": {"city": "Oslo"}}, headers={"If-Match": '"99"'})
    assert_problem(answer, 412, "stale-version")

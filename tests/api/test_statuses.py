"""The OpenAPI document lists exactly the statuses that a route returns; each call of `api_client` checks one half of this."""

from typing import Any

from api_client import Api, define_age, documented, register
from business_fields import standard_fields
from payers import payers

OPERATIONS = [(method, pattern, operation) for pattern, item in documented() for method, operation in item.items()]


def operations_with(status: str) -> set[str]:
    """The operations of the document that list this status."""
    return {
        f"{method.upper()} {pattern.pattern}" for method, pattern, told in OPERATIONS if status in told["responses"]
    }


def operation(method: str, path: str) -> str:
    """The operation that a call is of, in the form of `operations_with`."""
    return next(f"{method} {pattern.pattern}" for pattern, item in documented() if pattern.fullmatch(path))


def test_what_leads_on_to_the_survivor_says_so(api: Api, runners: None) -> None:  # rule 6.1
    standard_fields(api.dossier)
    define_age(api)
    register(api)
    register(api, "1002", "Bob Ray", alternate_number="B2")
    register(api, "1003", "Cy")
    assert api.post("/v1/customers/1001/merge", {"other": "1002"}).status_code == 200
    old = "/v1/customers/1002"
    calls: list[tuple[str, str, Any]] = [
        ("GET", old, None),
        ("PATCH", old, {"name": "B"}),
        ("GET", f"{old}/alternate-numbers", None),
        ("POST", f"{old}/alternate-numbers", {"alternate_number": "B3"}),
        ("GET", f"{old}/alternate-numbers/B2", None),
        ("PATCH", f"{old}/alternate-numbers/B2", {"primary": True}),
        ("DELETE", f"{old}/alternate-numbers/B2", None),
        ("GET", f"{old}/drawer", None),
        ("PUT", f"{old}/drawer", {"responses": {}}),
        ("PUT", f"{old}/drawer/preview", {"responses": {}}),
        ("GET", f"{old}/history", None),
        ("GET", f"{old}/unmaskings", None),
        ("GET", f"{old}/diff", None),
        ("GET", f"{old}/fields", None),
        ("PATCH", f"{old}/fields", {"fields": {"city": "Rome"}}),
        ("PATCH", f"{old}/fields/preview", {"fields": {"city": "Rome"}}),
        ("POST", f"{old}/merge", {"other": "1003"}),
        ("POST", f"{old}/unmerge", {"other": "1003"}),
        ("POST", f"{old}/merge/preview", {"other": "1003"}),
        ("POST", f"{old}/unmerge/preview", {"other": "1003"}),
        ("POST", f"{old}/erase", {"reason": "Asked for it"}),
    ]
    assert {operation(method, path) for method, path, _ in calls} == {
        f"{method.upper()} {pattern.pattern}"
        for method, pattern, _ in OPERATIONS
        if pattern.pattern.startswith("/v1/customers/")
    }
    answered = set()
    for method, path, body in calls:
        kwargs: dict[str, Any] = {"params": {"from": "2026-01-01"}} if path.endswith("diff") else {}
        kwargs |= {} if body is None else {"json": body}
        kwargs |= {"headers": {"Dossier-Position": str(api.end())}} if method == "GET" else {}
        if api.call(method, path, follow_redirects=False, **kwargs).status_code == 308:
            answered.add(operation(method, path))
    assert answered == operations_with("308")


def test_what_makes_something_answers_200_where_it_says_so(api: Api) -> None:  # rule 0.5
    payers(api)
    calls: list[tuple[str, Any]] = [
        ("/v1/categories", {"code": 7, "description": "Age"}),
        ("/v1/categories/7/responses", {"code": "A", "description": "Young"}),
        ("/v1/customers", {"number": "2001", "name": "Bob"}),
        ("/v1/customers/2001/alternate-numbers", {"alternate_number": "B2"}),
        ("/v1/fields", {"key": "town", "label": "Town", "group": "business", "type": "string"}),
        ("/v1/interactions", {"interaction": "I-9", "customer": "2001", "agent": "ann"}),
        ("/v1/accounts", {"account": "B-1", "customer": "2001"}),
        ("/v1/accounts/B-1/sites", {"site": "S-1"}),
        ("/v1/accounts/B-1/profile", {"profile_class": "Late payers"}),
        ("/v1/accounts/B-1/sites/S-1/profile", {"profile_class": "Late payers"}),
        (
            "/v1/profile-classes",
            {"name": "L", "description": "L", "options": {"collector": "A", "allow_discount": True}},
        ),
    ]
    mapping = ("PUT", "/v1/upload-mappings/contacts", {"columns": {"N": "customer_number"}})
    requests = [*(("POST", path, body) for path, body in calls), mapping]
    assert {operation(method, path) for method, path, _ in requests} == operations_with("201")
    again = {operation(method, path) for method, path, body in requests if _twice(api, method, path, body) == 200}
    assert again == operations_with("200") & operations_with("201")


def _twice(api: Api, method: str, path: str, body: Any) -> int:
    """The status of the second of two equal requests, of which the first made something."""
    first = api.call(method, path, json=body)
    assert first.status_code == 201, first.text
    with api.storing_nothing():
        return api.call(method, path, json=body).status_code


def test_what_may_be_spared_says_so(api: Api, runners: None) -> None:
    payers(api)
    define_age(api)
    api.post("/v1/fields", {"key": "town", "label": "Town", "group": "business", "type": "string"})
    spared = set()
    for path in (
        "/v1/categories/7",
        "/v1/categories/7/responses/A",
        "/v1/fields/town",
        "/v1/profile-classes/DEFAULT",
        "/v1/profile-classes/DEFAULT/versions/1",
    ):
        assert api.seen(path, headers={"If-None-Match": "*"}).status_code == 304
        spared.add(operation("GET", path))
    assert api.get("/asyncapi.yaml", headers={"If-None-Match": "*"}).status_code == 304
    assert spared | {operation("GET", "/asyncapi.yaml")} == operations_with("304")

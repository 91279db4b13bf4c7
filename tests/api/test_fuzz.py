"""No input causes a 500: inputs are generated from the OpenAPI document and from values that often break programs.

It is limited to some tens of requests per operation, against the real database with the read models running.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aggregates.fact import Role
from aggregates.field.types import FieldType
from aggregates.profile_class.amounts import AMOUNTS
from aggregates.profile_class.options import OPTIONS
from api_client import Api, token
from business_fields import standard_fields, upload_row
from payers import SITE, assign, payers
from vital_signs import running

EXAMPLES = 4
"""Inputs of each operation, of those that its description allows and of those that it forbids; generating them takes most of the time."""
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
QUIETLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
NASTY = [
    "",
    " ",
    "\u0000",
    "\ud800",
    "\u202e",
    "💥" * 50,
    "A" * 5_000,
    "0000-00-00",
    "9999-12-31",
    "-0001-01-01",
    "1e309",
    "NaN",
    "%00",
    "../../etc/passwd",
    "' OR 1=1 --",
    "{{7*7}}",
    -1,
    0,
    2**31,
    2**63,
    2**64,
    10**400,
    1e308,
    -0.0,
    True,
    None,
    [],
    {},
    [[[[[[[[]]]]]]]],
    {"a": {"a": {"a": {}}}},
]
HEADERS = {
    "If-Match": ["", '"', '"-1"', "W/*", '"99999999999999999999"', "*, *", "\u00ff", "a" * 9_000],
    "Idempotency-Key": ["", "\u00e9", "\t", "a" * 9_000],
    "Dossier-Position": ["", "-0", "1e3", "99999999999999999999", "\u0663"],
    "Dossier-Correlation-Id": ["", "0", "{" * 40, "\u00ff"],
    "Dossier-Source": ["", "cli", "UI"],
    "Dossier-Reason": ["\u0080", "a" * 9_000, "\u00ff\u00fe"],
    "Accept": ["", "*/*", ";;;", "text/event-stream;q=x"],
    "Last-Event-ID": ["", "x", "99999999999999999999"],
    "If-None-Match": ["", "*", '"', "\u00ff"],
    "Content-Type": [
        "",
        "application/json; charset=utf-7",
        "application/json;" + ";" * 500,
        "\u00ff/json",
        "application/json\u00ff",
    ],
    "Content-Length": ["99999999999999999999", "x", "-1"],
    "Authorization": ["Bearer", "Bearer \u00ff", "Bearer " + "." * 9_000],
}


@pytest.fixture
def filled(api: Api, runners: None) -> Iterator[Api]:
    """A company with something in every read model, whose processes run."""
    payers(api)
    assign(api, SITE, "Late payers", create=True)
    api.patch("/v1/system-options", {"options": {"clearing_days": 3}})
    api.patch("/v1/profile-classes/Late%20payers", {"options": {"clearing_days": 9}, "apply_to": "all"})
    api.post("/v1/categories", {"code": 7, "description": "Age"})
    api.post("/v1/categories/7/responses", {"code": "A", "description": "Young"})
    api.post("/v1/customers/1001/alternate-numbers", {"alternate_number": "A1"})
    api.put("/v1/customers/1001/drawer", {"responses": {"7": "A"}})
    api.put("/v1/attribute-mappings/category:7", {"attribute": "age"})
    standard_fields(api.dossier)
    upload_row(api.dossier, "1009", {"first_name": "Ada", "loan_type": "Car"})
    for kind in FieldType:
        choices = {"choices": ["Gold", "Silver"]} if kind is FieldType.CHOICE else {}
        body = {"key": f"a_{kind}", "label": f"A {kind}", "group": "business", "type": kind, **choices}
        assert api.post("/v1/fields", body).status_code == 201
    api.post("/v1/interactions", {"interaction": "I-1", "customer": "1001", "agent": "agent"})
    api.patch("/v1/customers/1001/fields", {"fields": {"city": "York"}})
    with running(api.dossier.database):
        yield api


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_the_document_allows_or_forbids_is_answered_as_it_says(
    filled: Api, app: FastAPI, mode: GenerationMode
) -> None:
    document = filled.get("/openapi.json", None).json()
    schema = schemathesis.openapi.from_dict(document)
    bearer = {"Authorization": f"Bearer {token(Role.ADMINISTRATOR)}"}

    def play(operation: schemathesis.APIOperation) -> None:
        @QUIETLY
        @given(case=operation.as_strategy(generation_mode=mode))
        def once(case: schemathesis.Case) -> None:
            sent = case.as_transport_kwargs(base_url="http://testserver", headers=bearer)
            answer = filled.client.request(**_for_client(sent))
            case.validate_response(answer, checks=CHECKS, headers=bearer)

        with suppress(Unsatisfiable):  # an operation without any input cannot be given a wrong one
            once()

    for found in schema.get_all_operations():
        play(found.ok())


def _for_client(sent: dict[str, Any]) -> dict[str, Any]:
    """What the test client takes of what schemathesis would send."""
    kwargs = {name: sent[name] for name in ("method", "url", "params", "json", "headers") if sent.get(name) is not None}
    if sent.get("data") is not None:
        kwargs["content"] = sent["data"] if isinstance(sent["data"], str | bytes) else str(sent["data"])
    kwargs["headers"] = {name: str(value).encode("latin-1", "replace") for name, value in sent["headers"].items()}
    return kwargs


TERMS = ["options", "amounts", "attributes"]
DATES = ["effective_from", "effective_to", "keep_later"]
FIELD = [
    *("label", "group", "position", "agent_editable", "required", "masked"),
    *("choices", "policy", "validators", "active", "reason"),
]
BODIES: dict[tuple[str, str], list[str]] = {
    ("POST", "/v1/categories"): ["code", "description", "required", "position", "active", "reason"],
    ("PATCH", "/v1/categories/7"): ["description", "required", "position", "active"],
    ("POST", "/v1/categories/7/responses"): ["code", "description", "default", "position"],
    ("PATCH", "/v1/categories/7/responses/A"): ["description", "default", "position", "active"],
    ("POST", "/v1/customers"): ["number", "name", "alternate_number", "effective_from", "reason"],
    ("PATCH", "/v1/customers/1001"): ["name", *DATES],
    ("POST", "/v1/customers/1001/alternate-numbers"): ["alternate_number", "primary"],
    ("PATCH", "/v1/customers/1001/alternate-numbers/A1"): ["primary", "reason"],
    ("PUT", "/v1/customers/1001/drawer"): ["responses", "effective_from", "effective_to", "keep_later", "reason"],
    ("PUT", "/v1/controls/H95"): ["value", *DATES, "reason"],
    ("PUT", "/v1/attribute-mappings/category:7"): ["attribute", "reason"],
    ("POST", "/v1/profile-classes"): ["name", "description", "active", "options", "amounts", "attributes", "reason"],
    ("PATCH", "/v1/profile-classes/DEFAULT"): ["description", "active", *TERMS, "apply_to", "reason"],
    ("PATCH", "/v1/system-options"): [*TERMS, *DATES, "reason"],
    ("POST", "/v1/accounts"): ["account", "customer", "start", "reason"],
    ("POST", "/v1/accounts/A-7/sites"): ["site", "reason"],
    ("POST", "/v1/accounts/A-7/profile"): ["profile_class", *DATES, "keep_overrides", "reason"],
    ("PATCH", "/v1/accounts/A-7/profile"): [*TERMS, *DATES, "reason"],
    ("POST", "/v1/accounts/A-7/profile/preview"): ["profile_class", *DATES, "keep_overrides", "reason"],
    ("PATCH", "/v1/accounts/A-7/sites/S-1/profile/preview"): [*TERMS, *DATES, "reason"],
    ("POST", "/v1/accounts/A-7/sites/S-1/profile"): ["profile_class", *DATES, "keep_overrides", "create"],
    ("PATCH", "/v1/accounts/A-7/sites/S-1/profile"): [*TERMS, *DATES],
    ("POST", "/v1/accounts/A-7/sites/S-1/profile/end"): ["effective_to", "keep_later", "reason"],
    ("POST", "/v1/profile-classes/Late%20payers/propagations/2"): ["run_date", "include_later", "reason"],
    ("POST", "/v1/fields"): [*FIELD, "key", "type", "personal"],
    ("PATCH", "/v1/fields/city"): [*FIELD, "type", "personal"],
    ("PATCH", "/v1/customers/1001/fields"): ["fields", "interaction", *DATES, "reason"],
    ("POST", "/v1/interactions"): ["interaction", "customer", "agent", "reason"],
    ("PATCH", "/v1/interactions/I-1"): ["state", "reason"],
    ("POST", "/v1/dead-letters/00000000-0000-0000-0000-000000000001/resend"): ["value", "force"],
}


def test_nasty_values_in_every_field_are_never_our_fault(filled: Api) -> None:
    chance = random.Random(7)
    for (method, path), names in BODIES.items():
        bodies: list[Any] = [{name: chance.choice(NASTY) for name in names} for _ in range(30)]
        bodies += [{"responses": {str(chance.choice(NASTY)): chance.choice(NASTY)}} for _ in range(3)]
        for body in (*bodies, *NASTY):
            _fine(filled.call(method, path, json=body), body)


def test_nasty_values_of_every_option_and_amount_are_never_our_fault(filled: Api) -> None:
    for value in NASTY:
        interest = ({"rate": value}, {"amount": value}, value)
        bodies: list[dict[str, Any]] = [
            {"options": dict.fromkeys(OPTIONS, value), "amounts": {"USD": dict.fromkeys(AMOUNTS, value)}},
            *({"amounts": {"USD": {"interest": one}}} for one in interest),
            {"amounts": {"USD": value}, "attributes": {"region": value}},
            *({kind: {str(value): value}} for kind in TERMS),
            {kind: {str(value): {str(value): "1"}} for kind in TERMS} | {"keep_later": 5},
        ]
        for body in bodies:
            _fine(filled.patch("/v1/accounts/A-7/profile", body), body)


def test_nasty_values_of_every_kind_of_field_are_never_our_fault(filled: Api) -> None:
    filled.patch("/v1/fields/a_string", {"validators": ["name_2"]})
    for value in NASTY:
        for kind in FieldType:
            _fine(filled.patch("/v1/customers/1001/fields", {"fields": {f"a_{kind}": value}}), (kind, value))
        _fine(filled.patch("/v1/customers/1001/fields", {"fields": {str(value): value, "city": value}}), value)
        for name in FIELD:
            body = {"key": "fresh", "label": "F", "group": "business", "type": "string", name: value}
            _fine(filled.post("/v1/fields", body), body)


def test_weird_headers_are_never_our_fault(filled: Api) -> None:
    for method, path, body in (
        ("GET", "/v1/customers/1001/drawer", None),
        ("GET", "/v1/categories/7", None),
        ("GET", "/v1/events", None),
        ("GET", "/v1/accounts/A-7/profile?source=log", None),
        ("GET", "/v1/accounts/A-7/resolve?site=S-1", None),
        ("GET", "/v1/customers/1001/fields?unmask=true", None),
        ("GET", "/v1/interactions/I-1", None),
        ("PATCH", "/v1/customers/1001/fields", {"fields": {"city": "Hull"}}),
        ("PATCH", "/v1/accounts/A-7/profile", {}),
        ("PUT", "/v1/customers/1001/drawer", {"responses": {}}),
        ("DELETE", "/v1/attribute-mappings/category:8", None),
    ):
        for name, values in HEADERS.items():
            for value in values:
                kwargs = {} if body is None else {"json": body}
                _fine(
                    filled.call(method, path, headers={name: value.encode("latin-1", "replace")}, **kwargs),
                    (name, value),
                )


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(place=st.text(max_size=40), asked=st.text(max_size=40), role=st.sampled_from(list(Role)))
def _wander(api: Api, place: str, asked: str, role: Role) -> None:
    quoted = place.encode("utf-8", "surrogatepass").hex(" ")
    path = "".join(f"%{pair}" for pair in quoted.split())
    for where in (
        f"/v1/customers/{path}",
        f"/v1/categories/{path}",
        f"/v1/attribute-mappings/{path}",
        f"/v1/controls/{path}",
        f"/v1/profile-classes/{path}",
        f"/v1/profile-classes/{path}/versions",
        f"/v1/accounts/{path}",
        f"/v1/accounts/A-7/sites/{path}",
        f"/v1/accounts/{path}/profile?source=log",
        f"/v1/customers/{path}/fields",
        f"/v1/fields/{path}",
        f"/v1/interactions/{path}",
    ):
        _fine(api.get(where, role), where)
    query = dict.fromkeys(("name", "alternate_number", "response", "cursor", "limit", "valid_at", "known_at"), asked)
    for name, value in query.items():
        _fine(api.get("/v1/customers", role, params={name: value.encode("utf-8", "replace")}), (name, value))
    asked_of = dict.fromkeys(("site", "date", "currency", "source", "valid_at", "known_at", "from", "to"), asked)
    for name, value in asked_of.items():
        for where in ("/v1/accounts/A-7/resolve", "/v1/accounts/A-7/diff"):
            _fine(api.get(where, role, params={name: value.encode("utf-8", "replace")}), (where, name, value))


def test_random_paths_and_queries_are_never_our_fault(filled: Api) -> None:
    _wander(filled)


def _fine(answer: Any, sent: object) -> None:
    assert answer.status_code < 500, f"{sent!r}: {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", f"{sent!r}: {answer.text}"

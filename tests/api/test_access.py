"""Who may do what: tokens, roles, companies. Every route under /v1 declares its roles."""

import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from fastapi import FastAPI

from aggregates.fact import Role
from api import tokens
from api.auth import GuardedRoute, allowed
from api.openapi import routes_of
from api.settings import ApiSettings, SettingsError
from api.tokens import OtherCompanyError, TokenError, Tokens
from api_client import SECRET, Api, assert_problem, fields, token

EVERYBODY = {Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR, Role.AUDITOR}
WRITERS = {Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR}
FACTS = {Role.ADMINISTRATOR, Role.INTEGRATOR, Role.AUDITOR}
UPLOADERS = {Role.ADMINISTRATOR, Role.INTEGRATOR}
ADMINISTRATOR = {Role.ADMINISTRATOR}
EVENT = "00000000-0000-0000-0000-000000000001"

TABLE: list[tuple[str, str, object, set[Role]]] = [
    ("GET", "/v1/categories", None, EVERYBODY),
    ("POST", "/v1/categories", {"code": 8, "description": "B"}, ADMINISTRATOR),
    ("GET", "/v1/categories/7", None, EVERYBODY),
    ("PATCH", "/v1/categories/7", {}, ADMINISTRATOR),
    ("DELETE", "/v1/categories/7", None, ADMINISTRATOR),
    ("GET", "/v1/categories/7/history", None, EVERYBODY),
    ("GET", "/v1/categories/7/responses", None, EVERYBODY),
    ("POST", "/v1/categories/7/responses", {"code": "A", "description": "A"}, ADMINISTRATOR),
    ("GET", "/v1/categories/7/responses/A", None, EVERYBODY),
    ("PATCH", "/v1/categories/7/responses/A", {}, ADMINISTRATOR),
    ("DELETE", "/v1/categories/7/responses/A", None, ADMINISTRATOR),
    ("GET", "/v1/customers", None, EVERYBODY),
    ("POST", "/v1/customers", {"number": "1", "name": "A"}, WRITERS),
    ("GET", "/v1/customers/1", None, EVERYBODY),
    ("PATCH", "/v1/customers/1", {"name": "B"}, WRITERS),
    ("GET", "/v1/customers/1/alternate-numbers", None, EVERYBODY),
    ("POST", "/v1/customers/1/alternate-numbers", {"alternate_number": "A"}, WRITERS),
    ("GET", "/v1/customers/1/alternate-numbers/A", None, EVERYBODY),
    ("PATCH", "/v1/customers/1/alternate-numbers/A", {"primary": True}, WRITERS),
    ("DELETE", "/v1/customers/1/alternate-numbers/A", None, WRITERS),
    ("GET", "/v1/customers/1/drawer", None, EVERYBODY),
    ("PUT", "/v1/customers/1/drawer", {"responses": {}}, WRITERS),
    ("GET", "/v1/customers/1/history", None, EVERYBODY),
    ("GET", "/v1/customers/1/diff?from=2026-01-01", None, EVERYBODY),
    ("GET", "/v1/customers/1/fields", None, EVERYBODY),
    ("GET", "/v1/customers/1/fields?unmask=true", None, {Role.ADMINISTRATOR, Role.AUDITOR}),
    ("PATCH", "/v1/customers/1/fields", {"fields": {}}, {Role.ADMINISTRATOR, Role.AGENT}),
    ("POST", "/v1/customers/1/merge", {"other": "2"}, ADMINISTRATOR),
    ("POST", "/v1/customers/1/unmerge", {"other": "2"}, ADMINISTRATOR),
    ("GET", "/v1/fields", None, EVERYBODY),
    ("POST", "/v1/fields", {"key": "f", "label": "F", "group": "business", "type": "string"}, ADMINISTRATOR),
    ("GET", "/v1/fields/f", None, EVERYBODY),
    ("PATCH", "/v1/fields/f", {}, ADMINISTRATOR),
    ("GET", "/v1/fields/f/history", None, EVERYBODY),
    ("POST", "/v1/interactions", {"interaction": "I-1", "customer": "1", "agent": "agent"}, WRITERS),
    ("GET", "/v1/interactions", None, EVERYBODY),
    ("GET", "/v1/interactions/I-1", None, EVERYBODY),
    ("PATCH", "/v1/interactions/I-1", {"state": "closed"}, WRITERS),
    ("GET", "/v1/accounts", None, EVERYBODY),
    ("POST", "/v1/accounts", {"account": "A-1", "customer": "1"}, WRITERS),
    ("GET", "/v1/accounts/A-1", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/resolve", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/profile", None, EVERYBODY),
    ("POST", "/v1/accounts/A-1/profile", {"profile_class": "DEFAULT"}, WRITERS),
    ("PATCH", "/v1/accounts/A-1/profile", {}, WRITERS),
    ("GET", "/v1/accounts/A-1/history", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/diff?from=2026-01-01", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/sites", None, EVERYBODY),
    ("POST", "/v1/accounts/A-1/sites", {"site": "S-1"}, WRITERS),
    ("GET", "/v1/accounts/A-1/sites/S-1", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/sites/S-1/profile", None, EVERYBODY),
    ("POST", "/v1/accounts/A-1/sites/S-1/profile", {"profile_class": "DEFAULT"}, WRITERS),
    ("PATCH", "/v1/accounts/A-1/sites/S-1/profile", {}, WRITERS),
    ("POST", "/v1/accounts/A-1/sites/S-1/profile/end", {}, WRITERS),
    ("GET", "/v1/accounts/A-1/sites/S-1/history", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/sites/S-1/diff?from=2026-01-01", None, EVERYBODY),
    ("GET", "/v1/profile-classes", None, EVERYBODY),
    (
        "POST",
        "/v1/profile-classes",
        {"name": "L", "description": "L", "options": {"collector": "A", "allow_discount": True}},
        ADMINISTRATOR,
    ),
    ("GET", "/v1/profile-classes/L", None, EVERYBODY),
    ("PATCH", "/v1/profile-classes/L", {}, ADMINISTRATOR),
    ("GET", "/v1/profile-classes/L/versions", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/versions/1", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/propagations", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/propagations/2", None, EVERYBODY),
    ("POST", "/v1/profile-classes/L/propagations/2", {}, ADMINISTRATOR),
    ("GET", "/v1/profile-classes/L/propagations/2/preview", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/propagations/2/report", None, EVERYBODY),
    ("DELETE", "/v1/profile-classes/L", None, ADMINISTRATOR),
    ("GET", "/v1/system-options", None, EVERYBODY),
    ("PATCH", "/v1/system-options", {}, ADMINISTRATOR),
    ("GET", "/v1/uploads", None, UPLOADERS),
    ("POST", "/v1/uploads", {}, UPLOADERS),
    ("GET", f"/v1/uploads/{EVENT}", None, UPLOADERS),
    ("GET", f"/v1/uploads/{EVENT}/errors", None, UPLOADERS),
    ("POST", f"/v1/uploads/{EVENT}/cancel", {}, UPLOADERS),
    ("GET", "/v1/upload-mappings", None, UPLOADERS),
    ("GET", "/v1/upload-mappings/M", None, UPLOADERS),
    ("PUT", "/v1/upload-mappings/M", {"columns": {"Town": "f"}}, UPLOADERS),
    ("GET", "/v1/controls", None, EVERYBODY),
    ("GET", "/v1/controls/K87", None, EVERYBODY),
    ("PUT", "/v1/controls/K87", {"value": "Yes"}, ADMINISTRATOR),
    ("GET", "/v1/attribute-mappings", None, FACTS),
    ("GET", "/v1/attribute-mappings/category:7", None, FACTS),
    ("PUT", "/v1/attribute-mappings/category:7", {"attribute": "a"}, ADMINISTRATOR),
    ("DELETE", "/v1/attribute-mappings/category:7", None, ADMINISTRATOR),
    ("GET", "/v1/deliveries", None, FACTS),
    ("GET", "/v1/dead-letters", None, FACTS),
    ("GET", f"/v1/dead-letters/{EVENT}", None, FACTS),
    ("POST", f"/v1/dead-letters/{EVENT}/resend", {}, {Role.ADMINISTRATOR, Role.INTEGRATOR}),
    ("GET", "/v1/events", None, FACTS),
    ("GET", "/v1/projections", None, {Role.ADMINISTRATOR, Role.AUDITOR}),
    ("GET", "/v1/projections/drawer", None, {Role.ADMINISTRATOR, Role.AUDITOR}),
    ("POST", "/v1/projections/nothing/rebuild", None, ADMINISTRATOR),
]


def test_every_route_under_v1_declares_its_roles_and_is_guarded(app: FastAPI) -> None:
    routes = [route for route in routes_of(app) if route.path.startswith("/v1")]
    for route in routes:
        assert allowed(route) is not None, f"{route.path} lets everybody in"
        assert isinstance(route, GuardedRoute), f"{route.path} reads the body before the token"
    methods = {(method, route.path) for route in routes for method in route.methods or ()}
    told = {(method, path.partition("?")[0]) for method, path, _, _ in TABLE}
    assert len(methods) == len(told), "the table above lacks a route"


def test_each_route_lets_in_exactly_the_roles_of_the_table(api: Api) -> None:
    api.put("/v1/controls/agents_start_interactions", {"value": "Yes"})
    for method, path, body, roles in TABLE:
        assert_problem(api.call(method, path, None, json=body), 401, "unknown-caller")
        for role in sorted(EVERYBODY - roles):
            with api.storing_nothing():
                problem = assert_problem(api.call(method, path, role, json=body), 403, "forbidden")
            assert "Allowed to" in problem["detail"], f"{method} {path} as {role}"
        for role in sorted(roles):
            status = api.call(method, path, role, json=body).status_code
            assert status not in {401, 403, 405, 500}, f"{method} {path} as {role}: {status}"


def test_a_query_parameter_that_a_route_does_not_have_is_refused_by_name(api: Api) -> None:  # rule 0.9
    for method, path, body, roles in TABLE:
        role = Role.ADMINISTRATOR if Role.ADMINISTRATOR in roles else next(iter(roles))
        asked = f"{path}{'&' if '?' in path else '?'}dryrun=true&%00=1"
        headers = {"Content-Type": "text/csv"} if path == "/v1/uploads" else {}
        with api.storing_nothing():
            answer = api.call(method, asked, role, json=body, headers=headers)
        assert_problem(answer, 422, "invalid")
        assert fields(answer) == {"dryrun", "\0"}, f"{method} {path}"


def test_a_query_parameter_that_comes_twice_is_refused_by_name(api: Api) -> None:  # rule 0.9
    answer = api.call(
        "POST", "/v1/uploads?dry_run=true&dry_run=false", content=b"N", headers={"Content-Type": "text/csv"}
    )
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"dry_run"}


def test_a_stranger_learns_nothing_about_the_input_rules(api: Api) -> None:
    for body in (b"{", b"x" * 2_000_000, b"{}"):
        answer = api.call("POST", "/v1/customers", None, content=body, headers={"Content-Type": "text/plain"})
        assert_problem(answer, 401, "unknown-caller")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_another_company_is_forbidden(api: Api) -> None:
    headers = {"Authorization": f"Bearer {token(Role.ADMINISTRATOR, company='other')}"}
    assert_problem(api.get("/v1/categories", None, headers=headers), 403, "forbidden")


def _signed(algorithm: str = "HS256", secret: str = SECRET, **claims: object) -> str:
    until = datetime.now(UTC) + timedelta(minutes=1)
    given = {"sub": "ann", "role": "agent", "company": "demo", "exp": until, **claims}
    return jwt.encode({name: claim for name, claim in given.items() if claim is not None}, secret, algorithm)


@pytest.mark.parametrize(
    "bearer",
    [
        "",
        "x",
        "a.b.c",
        "é" * 10,
        "[" * 9_000,
        jwt.encode({"sub": "ann"}, "", algorithm="none"),
        _signed(secret="another secret, which is long enough too"),
        _signed("HS512", secret=SECRET * 2),
        _signed(exp=None),
        _signed(exp=1),
        _signed(exp="never"),
        _signed(sub=None),
        _signed(sub=""),
        _signed(sub="\u0000"),
        _signed(sub=7),
        _signed(role=None),
        _signed(role="king"),
        _signed(roles=7),
        _signed(roles=[["agent"]]),
        _signed(aud="somebody else"),
    ],
)
def test_a_token_that_is_not_valid_is_refused(bearer: str) -> None:
    with pytest.raises(TokenError):
        Tokens(SECRET, "demo").caller(f"Bearer {bearer}")


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Bearer", "bearer"])
def test_a_header_without_a_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(TokenError):
        Tokens(SECRET, "demo").caller(header)


def test_a_caller_with_several_roles_acts_in_the_first_that_may(api: Api) -> None:
    bearer = {"Authorization": f"Bearer {_signed(role=None, roles=['auditor', 'agent'])}"}
    assert api.post("/v1/customers", {"number": "1", "name": "A"}, None, headers=bearer).status_code == 201
    assert api.get("/v1/events", None, headers=bearer).status_code == 200
    (recorded,) = api.dossier.log_of_facts.select_notifications(1, 1)
    assert api.dossier.fact_mapper.to_domain_event(recorded).origin.role is Role.AGENT


def test_a_remembered_token_ends_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Tokens(SECRET, "demo")
    header = f"Bearer {token(Role.AGENT, seconds=3)}"
    now = time.monotonic()
    assert verifier.caller(header) is verifier.caller(header)
    monkeypatch.setattr("api.tokens.time.monotonic", lambda: now + 3.1)
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Later)
    with pytest.raises(TokenError, match="ended"):
        verifier.caller(header)


class _Later(datetime):
    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime.now(UTC) + timedelta(seconds=3.1)


def test_the_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_REMEMBERED", 2)
    verifier = Tokens(SECRET, "demo")
    for subject in ("a", "b", "c"):
        assert verifier.caller(f"Bearer {token(Role.AGENT, sub=subject)}").actor == subject
    assert len(verifier._remembered) == 1


def test_a_token_of_another_company_is_not_remembered_as_ours() -> None:
    header = f"Bearer {token(Role.AGENT, company='other')}"
    verifier = Tokens(SECRET, "demo")
    for _ in range(2):
        with pytest.raises(OtherCompanyError):
            verifier.caller(header)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SettingsError):
        ApiSettings(token_secret="short")

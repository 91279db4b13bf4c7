"""Who may do what: tokens, roles, companies. Every route under /v1 declares its roles."""

import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from fastapi import FastAPI

from aggregates.fact import Role
from api.http import tokens
from api.http.tokens import OtherCompanyError, TokenError, Tokens
from api.openapi.description import routes_of
from api.routing.auth import GuardedRoute, allowed
from api.settings import ApiSettings, SettingsError
from api_client import SECRET, Api, assert_problem, token
from api_routes import EVERYBODY, ROUTES


def test_every_route_under_v1_declares_its_roles_and_is_guarded(app: FastAPI) -> None:
    routes = [route for route in routes_of(app) if route.path.startswith("/v1")]
    for route in routes:
        assert allowed(route) is not None, f"{route.path} lets everybody in"
        assert isinstance(route, GuardedRoute), f"{route.path} reads the body before the token"


def test_each_route_lets_in_exactly_the_roles_of_the_table(api: Api) -> None:
    api.put("/v1/controls/agents_start_interactions", {"value": "Yes"})
    for method, path, body, roles in ROUTES:
        assert_problem(api.call(method, path, None, json=body), 401, "unknown-caller")
        for role in sorted(EVERYBODY - roles):
            with api.storing_nothing():
                problem = assert_problem(api.call(method, path, role, json=body), 403, "forbidden")
            assert "Allowed to" in problem["detail"], f"{method} {path} as {role}"
        for role in sorted(roles):
            status = api.call(method, path, role, json=body).status_code
            assert status not in {401, 403, 405, 500}, f"{method} {path} as {role}: {status}"


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
    monkeypatch.setattr("api.http.tokens.time.monotonic", lambda: now + 3.1)
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Later)
    with pytest.raises(TokenError, match="expired"):
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

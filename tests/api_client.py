"""An HTTP client of the application for tests, in one of the four roles."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Headers, Response

from aggregates.fact import Role
from api.app import describe_only
from api.http.tokens import issue_token
from store.application import Dossier

SECRET = "a secret of the tests, long enough for HS256"
CORRELATION = "Dossier-Correlation-Id"
PATIENCE_S = 20.0


def token(
    role: Role, *, sub: str | None = None, company: str = "demo", secret: str = SECRET, seconds: int = 600
) -> str:
    """A token of this role; its subject is the role's name where none is given."""
    return issue_token(secret, sub or role.value, role, company, timedelta(seconds=seconds))


class Api:
    """Speaks to the application. Every call says as whom: `api.get(path, Role.AGENT)`, an administrator by default.

    It takes answers as they are, not compressed, so that each tag is that of a version.
    """

    def __init__(self, client: TestClient, dossier: Dossier) -> None:
        self.client = client
        client.headers["Accept-Encoding"] = "identity"
        self.dossier = dossier
        self._tokens = {role: token(role, company=dossier.company) for role in Role}

    def token(self, role: Role = Role.ADMINISTRATOR) -> str:
        """The token of this role."""
        return self._tokens[role]

    def call(self, method: str, path: str, role: Role | None = Role.ADMINISTRATOR, **kwargs: Any) -> Response:
        """One request; `role=None` sends no token."""
        headers = [*Headers(kwargs.pop("headers", {})).raw]
        if "json" in kwargs:  # escaped, so that a lone surrogate can be sent
            kwargs["content"] = json.dumps(kwargs.pop("json")).encode()
            if all(name.lower() != b"content-type" for name, _ in headers):
                headers.append((b"content-type", b"application/json"))
        if role is not None:
            headers.append((b"authorization", f"Bearer {self._tokens[role]}".encode()))
        answer = self.client.request(method, path, headers=headers, **kwargs)
        assert_documented(method, path, answer.status_code)
        return answer

    def get(self, path: str, role: Role | None = Role.ADMINISTRATOR, **kwargs: Any) -> Response:
        return self.call("GET", path, role, **kwargs)

    def post(self, path: str, body: Any = None, role: Role | None = Role.ADMINISTRATOR, **kwargs: Any) -> Response:
        return self.call("POST", path, role, json=body, **kwargs)

    def put(self, path: str, body: Any, role: Role | None = Role.ADMINISTRATOR, **kwargs: Any) -> Response:
        return self.call("PUT", path, role, json=body, **kwargs)

    def patch(self, path: str, body: Any, role: Role | None = Role.ADMINISTRATOR, **kwargs: Any) -> Response:
        return self.call("PATCH", path, role, json=body, **kwargs)

    def delete(self, path: str, role: Role | None = Role.ADMINISTRATOR, **kwargs: Any) -> Response:
        return self.call("DELETE", path, role, **kwargs)

    def end(self) -> int:
        """The log's end."""
        return self.dossier.log_of_facts.max_notification_id() or 0

    def seen(self, path: str, role: Role = Role.ADMINISTRATOR, **kwargs: Any) -> Response:
        """A read that waits for everything that was recorded so far, longer than the application does if need be."""
        headers = {**kwargs.pop("headers", {}), "Dossier-Position": str(self.end())}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self.call("GET", path, role, headers=headers, **kwargs)
            is_behind = answer.status_code == 503 and answer.json()["type"] == "/problems/behind"
            if not is_behind or time.monotonic() > deadline:
                return answer

    @contextmanager
    def storing_nothing(self) -> Iterator[None]:
        """The log is the same afterwards."""
        before = self.end()
        yield
        assert self.end() == before


@cache
def documented() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Every path of the OpenAPI document as a pattern, those without parameters first, and its operations by method."""
    paths = sorted(describe_only()["paths"].items(), key=lambda item: "{" in item[0])
    return [(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), item) for path, item in paths]


def assert_documented(method: str, path: str, status: int) -> None:
    """The OpenAPI document says that this may be answered there. A fault of ours is for the test itself to judge."""
    method, place = "get" if method == "HEAD" else method.lower(), path.partition("?")[0]
    operations = next((item for pattern, item in documented() if pattern.fullmatch(place)), {})
    if method in operations and status != 500:
        told = operations[method]["responses"].keys()
        assert {str(status), f"{status // 100}XX"} & told, (
            f"{method} {place} answered {status}, documented are {sorted(told)}"
        )


def fields(answer: Response) -> set[str | None]:
    """The fields that a problem document names."""
    return {error["field"] for error in answer.json()["errors"]}


def assert_problem(answer: Response, status: int, slug: str) -> dict[str, Any]:
    """The answer is a problem document of this kind; gives it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["correlation_id"] == answer.headers[CORRELATION]
    return document


def define_age(api: Api, **more: object) -> None:
    """Category 7, Age, with responses A (default) and B."""
    assert api.post("/v1/categories", {"code": 7, "description": "Age", **more}).status_code == 201
    for code, default in (("A", True), ("B", False)):
        body = {"code": code, "description": f"Group {code}", "default": default}
        assert api.post("/v1/categories/7/responses", body).status_code == 201


def register(api: Api, number: str = "1001", name: str = "Ada Byron", **more: object) -> None:
    """A customer."""
    assert api.post("/v1/customers", {"number": number, "name": name, **more}).status_code == 201

"""Every route of the application: method, an example path, a valid body, and the roles that may use it."""

from collections.abc import Iterator
from typing import Any

from httpx2 import Response

from aggregates.fact import Role
from api.docs_page.page import STYLE
from api_client import Api

EVERYBODY = {Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR, Role.AUDITOR}
WRITERS = {Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR}
FACTS = {Role.ADMINISTRATOR, Role.INTEGRATOR, Role.AUDITOR}
UPLOADERS = {Role.ADMINISTRATOR, Role.INTEGRATOR}
ADMINISTRATOR = {Role.ADMINISTRATOR}
EVENT = "00000000-0000-0000-0000-000000000001"

ROUTES: list[tuple[str, str, object, set[Role]]] = [
    ("GET", "/v1/me", None, EVERYBODY),
    ("GET", "/v1/categories", None, EVERYBODY),
    ("POST", "/v1/categories", {"code": 8, "description": "B"}, ADMINISTRATOR),
    ("GET", "/v1/categories/7", None, EVERYBODY),
    ("PATCH", "/v1/categories/7", {}, ADMINISTRATOR),
    ("DELETE", "/v1/categories/7", None, ADMINISTRATOR),
    ("GET", "/v1/categories/7/history", None, EVERYBODY),
    ("GET", "/v1/categories/7/diff?from=2026-01-01", None, EVERYBODY),
    ("GET", "/v1/categories/7/responses", None, EVERYBODY),
    ("POST", "/v1/categories/7/responses", {"code": "A", "description": "A"}, ADMINISTRATOR),
    ("GET", "/v1/categories/7/responses/A", None, EVERYBODY),
    ("PATCH", "/v1/categories/7/responses/A", {}, ADMINISTRATOR),
    ("DELETE", "/v1/categories/7/responses/A", None, ADMINISTRATOR),
    ("GET", "/v1/customers", None, EVERYBODY),
    ("GET", "/v1/customers?field=f&value=1&unmask=true", None, {Role.ADMINISTRATOR, Role.AUDITOR}),
    ("POST", "/v1/customers", {"number": "1", "name": "A"}, WRITERS),
    ("GET", "/v1/search?q=1", None, EVERYBODY),
    ("GET", "/v1/history", None, FACTS),
    ("GET", f"/v1/history/{EVENT}", None, FACTS),
    ("GET", "/v1/proof/keys", None, EVERYBODY),
    ("GET", "/v1/proof/head", None, EVERYBODY),
    ("GET", "/v1/proof/heads", None, EVERYBODY),
    ("GET", "/v1/proof/inclusion?position=1", None, FACTS),
    ("GET", "/v1/proof/consistency?from=1", None, EVERYBODY),
    ("GET", "/v1/proof/verification", None, FACTS),
    ("GET", "/v1/customers/1", None, EVERYBODY),
    ("PATCH", "/v1/customers/1", {"name": "B"}, WRITERS),
    ("GET", "/v1/customers/1/alternate-numbers", None, EVERYBODY),
    ("POST", "/v1/customers/1/alternate-numbers", {"alternate_number": "A"}, WRITERS),
    ("GET", "/v1/customers/1/alternate-numbers/A", None, EVERYBODY),
    ("PATCH", "/v1/customers/1/alternate-numbers/A", {"primary": True}, WRITERS),
    ("DELETE", "/v1/customers/1/alternate-numbers/A", None, WRITERS),
    ("GET", "/v1/customers/1/drawer", None, EVERYBODY),
    ("PUT", "/v1/customers/1/drawer", {"responses": {}}, WRITERS),
    ("PUT", "/v1/customers/1/drawer/preview", {"responses": {}}, WRITERS),
    ("GET", "/v1/customers/1/history", None, EVERYBODY),
    ("GET", "/v1/customers/1/unmaskings", None, FACTS),
    ("GET", "/v1/customers/1/diff?from=2026-01-01", None, EVERYBODY),
    ("GET", "/v1/customers/1/fields", None, EVERYBODY),
    ("GET", "/v1/customers/1/fields?unmask=true", None, {Role.ADMINISTRATOR, Role.AUDITOR}),
    ("PATCH", "/v1/customers/1/fields", {"fields": {}}, {Role.ADMINISTRATOR, Role.AGENT}),
    ("PATCH", "/v1/customers/1/fields/preview", {"fields": {}}, {Role.ADMINISTRATOR, Role.AGENT}),
    ("POST", "/v1/customers/1/merge", {"other": "2"}, ADMINISTRATOR),
    ("POST", "/v1/customers/1/unmerge", {"other": "2"}, ADMINISTRATOR),
    ("POST", "/v1/customers/1/merge/preview", {"other": "2"}, ADMINISTRATOR),
    ("POST", "/v1/customers/1/unmerge/preview", {"other": "2"}, ADMINISTRATOR),
    ("POST", "/v1/customers/1/erase", {"reason": "Asked for it"}, ADMINISTRATOR),
    ("GET", "/v1/fields", None, EVERYBODY),
    ("POST", "/v1/fields", {"key": "f", "label": "F", "group": "business", "type": "string"}, ADMINISTRATOR),
    ("GET", "/v1/fields/f", None, EVERYBODY),
    ("PATCH", "/v1/fields/f", {}, ADMINISTRATOR),
    ("GET", "/v1/fields/f/history", None, EVERYBODY),
    ("GET", "/v1/fields/f/diff?from=2026-01-01", None, EVERYBODY),
    ("POST", "/v1/interactions", {"interaction": "I-1", "customer": "1", "agent": "agent"}, WRITERS),
    ("GET", "/v1/interactions", None, EVERYBODY),
    ("GET", "/v1/interactions/I-1", None, EVERYBODY),
    ("PATCH", "/v1/interactions/I-1", {"state": "closed"}, WRITERS),
    ("GET", "/v1/current-interaction", None, EVERYBODY),
    ("GET", "/v1/current-interaction/stream", None, EVERYBODY),
    ("GET", "/v1/accounts", None, EVERYBODY),
    ("POST", "/v1/accounts", {"account": "A-1", "customer": "1"}, WRITERS),
    ("GET", "/v1/accounts/A-1", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/resolve", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/profile", None, EVERYBODY),
    ("POST", "/v1/accounts/A-1/profile", {"profile_class": "DEFAULT"}, WRITERS),
    ("PATCH", "/v1/accounts/A-1/profile", {}, WRITERS),
    ("POST", "/v1/accounts/A-1/profile/preview", {"profile_class": "DEFAULT"}, WRITERS),
    ("PATCH", "/v1/accounts/A-1/profile/preview", {}, WRITERS),
    ("GET", "/v1/accounts/A-1/history", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/events", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/sites/S-1/events", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/versions", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/diff?from=2026-01-01", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/sites", None, EVERYBODY),
    ("POST", "/v1/accounts/A-1/sites", {"site": "S-1"}, WRITERS),
    ("GET", "/v1/accounts/A-1/sites/S-1", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/sites/S-1/profile", None, EVERYBODY),
    ("POST", "/v1/accounts/A-1/sites/S-1/profile", {"profile_class": "DEFAULT"}, WRITERS),
    ("PATCH", "/v1/accounts/A-1/sites/S-1/profile", {}, WRITERS),
    ("POST", "/v1/accounts/A-1/sites/S-1/profile/end", {}, WRITERS),
    ("POST", "/v1/accounts/A-1/sites/S-1/profile/preview", {"profile_class": "DEFAULT"}, WRITERS),
    ("PATCH", "/v1/accounts/A-1/sites/S-1/profile/preview", {}, WRITERS),
    ("POST", "/v1/accounts/A-1/sites/S-1/profile/end/preview", {}, WRITERS),
    ("GET", "/v1/accounts/A-1/sites/S-1/history", None, EVERYBODY),
    ("GET", "/v1/accounts/A-1/sites/S-1/diff?from=2026-01-01", None, EVERYBODY),
    ("POST", "/v1/resolutions", {}, FACTS),
    ("GET", "/v1/sites", None, EVERYBODY),
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
    ("GET", "/v1/profile-classes/L/history", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/diff?from=2026-01-01", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/versions/1", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/propagations", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/propagations/2", None, EVERYBODY),
    ("POST", "/v1/profile-classes/L/propagations/2", {}, ADMINISTRATOR),
    ("GET", "/v1/profile-classes/L/propagations/2/preview", None, EVERYBODY),
    ("GET", "/v1/profile-classes/L/propagations/2/report", None, EVERYBODY),
    ("DELETE", "/v1/profile-classes/L", None, ADMINISTRATOR),
    ("GET", "/v1/system-options", None, EVERYBODY),
    ("GET", "/v1/system-options/history", None, EVERYBODY),
    ("GET", "/v1/system-options/diff?from=2026-01-01", None, EVERYBODY),
    ("PATCH", "/v1/system-options", {}, ADMINISTRATOR),
    ("GET", "/v1/uploads", None, UPLOADERS),
    ("POST", "/v1/uploads", {}, UPLOADERS),
    ("POST", "/v1/uploads/preview", {}, UPLOADERS),
    ("GET", f"/v1/uploads/{EVENT}", None, UPLOADERS),
    ("GET", f"/v1/uploads/{EVENT}/errors", None, UPLOADERS),
    ("POST", f"/v1/uploads/{EVENT}/cancel", {}, UPLOADERS),
    ("GET", "/v1/upload-mappings", None, UPLOADERS),
    ("GET", "/v1/upload-mappings/M", None, UPLOADERS),
    ("GET", "/v1/upload-mappings/M/history", None, UPLOADERS),
    ("PUT", "/v1/upload-mappings/M", {"columns": {"Town": "f"}}, UPLOADERS),
    ("GET", "/v1/controls", None, EVERYBODY),
    ("GET", "/v1/controls/K87", None, EVERYBODY),
    ("GET", "/v1/controls/K87/history", None, EVERYBODY),
    ("GET", "/v1/controls/K87/diff?from=2026-01-01", None, EVERYBODY),
    ("PUT", "/v1/controls/K87", {"value": "Yes"}, ADMINISTRATOR),
    ("GET", "/v1/attribute-mappings", None, EVERYBODY),
    ("GET", "/v1/attribute-mappings/category:7", None, EVERYBODY),
    ("GET", "/v1/attribute-mappings/category:7/history", None, EVERYBODY),
    ("GET", "/v1/attribute-mappings/category:7/diff?from=2026-01-01", None, EVERYBODY),
    ("PUT", "/v1/attribute-mappings/category:7", {"attribute": "a"}, ADMINISTRATOR),
    ("DELETE", "/v1/attribute-mappings/category:7", None, ADMINISTRATOR),
    ("GET", "/v1/deliveries", None, EVERYBODY),
    ("GET", "/v1/dead-letters", None, FACTS),
    ("GET", "/v1/dead-letters/reasons", None, FACTS),
    ("POST", "/v1/dead-letters/resend", {"reason": "r", "count": 1}, {Role.ADMINISTRATOR, Role.INTEGRATOR}),
    ("GET", f"/v1/dead-letters/{EVENT}", None, FACTS),
    ("POST", f"/v1/dead-letters/{EVENT}/resend", {}, {Role.ADMINISTRATOR, Role.INTEGRATOR}),
    ("GET", "/v1/events", None, FACTS),
    ("GET", "/v1/operations", None, FACTS),
    ("GET", "/v1/operations/stream", None, FACTS),
    ("GET", "/v1/projections", None, FACTS),
    ("GET", "/v1/projections/drawer", None, FACTS),
    ("POST", "/v1/projections/nothing/rebuild", None, ADMINISTRATOR),
]

FILES = ("/v1/uploads", "/v1/uploads/preview", "/v1/resolutions")
"""Paths to which a file is sent."""
OPEN = (
    "/health/live",
    "/health/ready",
    "/metrics",
    "/docs",
    f"/docs/{STYLE}",
    "/problems/invalid",
    "/asyncapi.yaml",
    "/openapi.json",
    "/licenses.md",
    "/favicon.ico",
    "/assets/index.js",
)
"""Paths that everybody may read, without a token."""
SESSION: list[tuple[str, str, object]] = [
    ("POST", "/console/session", {"token": "x"}),
    ("DELETE", "/console/session", None),
]
"""What everybody may do from the console's pages, without a token."""


class Route:
    """A route, to be called by somebody who may."""

    def __init__(self, method: str, path: str, body: object, roles: set[Role]) -> None:
        self.method, self.path, self._body = method, path, body
        self._role = next((role for role in Role if role in roles), None)

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"

    def call(self, api: Api, *, query: str = "", headers: tuple[tuple[str, str], ...] = (), **more: Any) -> Response:
        """Calls it with a further query or headers; `method` for another method."""
        file = (("Content-Type", "text/csv"),) if self.path in FILES else ()
        kwargs = {} if self._body is None else {"json": self._body}
        path = f"{self.path}{'&' if '?' in self.path else '?'}{query}" if query else self.path
        return api.call(more.get("method", self.method), path, self._role, headers=[*file, *headers], **kwargs)


def every_route() -> Iterator[Route]:
    """Every route."""
    for method, path, body, roles in ROUTES:
        yield Route(method, path, body, roles)
    for path in OPEN:
        yield Route("GET", path, None, set())
    for method, path, body in SESSION:
        yield Route(method, path, body, set())

"""The OpenAPI document: what FastAPI gathers from the routes, completed with what it cannot know.

`dossier docs --write` writes `docs/openapi.json`; a test fails when that file is stale. Added here: the bearer token, the roles of
each route (`x-roles`), problem documents as the only shape of a refusal, and the headers of answers.
"""

from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from aggregates.strict_json import MOST_DEPTH, MOST_MEMBERS
from api.http import sessions
from api.http.problems import KINDS, MEDIA_TYPE
from api.parameters.write_headers import CORRELATION
from api.parameters.writing import headers_of
from api.routing.auth import allowed

TITLE: Final = "Dossier"
VERSION: Final = "1"
DESCRIPTION: Final = (
    "Customer and account profiles in which every change is kept and every past answer can be given again. Reads take two clocks,"
    " `valid_at` and `known_at`; writes take `Idempotency-Key` and `If-Match` and answer with `ETag`, `Dossier-Position` and `changed`."
    " Refusals are problem documents (RFC 9457) that name every value of the wrong shape, and once there is none, every value that"
    f" breaks a rule. A body is JSON in UTF-8: 1 MiB, {MOST_DEPTH} levels and {MOST_MEMBERS:,} members at most, no name twice in an object."
)
_PROBLEM: Final = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "enum": [f"/problems/{kind.slug}" for kind in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": ["string", "null"]}, "message": {"type": "string"}},
            },
        },
        "correlation_id": {"type": "string", "format": "uuid"},
    },
}
_SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": sessions.COOKIE,
        "description": "The session of the console, begun by `POST /console/session`; over HTTPS the cookie is named"
        f" `{sessions.SECURE_COOKIE}`. It counts only for requests with `Sec-Fetch-Site: same-origin`.",
    },
    "console": {
        "type": "apiKey",
        "in": "header",
        "name": sessions.HEADER,
        "description": f"`{sessions.HEADER_VALUE.decode()}` in each request of the console; only a stream may come without it.",
    },
}
_HEADERS_OF_READS: Final = {
    "Dossier-Known-At": "The instant of knowledge of the answer.",
    "ETag": "The version, if any.",
}
_HEADERS_OF_WRITES: Final = {
    "ETag": "The new version.",
    "Dossier-Position": "Log position of the last event, when something was recorded.",
}
_PUBLISHED: Final = {
    "jobs__propagation__progress__State": "jobs__states__State",
    "jobs__upload__progress__State": "jobs__upload_states__State",
}
"""Names that FastAPI makes of a class and the module it is in, where two classes share one, and the names that were published."""
_CHANGING: Final = {"post", "put", "patch", "delete"}


def describe(app: FastAPI) -> dict[str, Any]:
    """Returns the document of an application's routes."""
    document = _gather(app)
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = _SECURITY
    parts["schemas"] = {
        name: schema
        for name, schema in {**parts.get("schemas", {}), "Problem": _PROBLEM}.items()
        if name not in {"HTTPValidationError", "ValidationError"}
    }
    for route in routes_of(app):
        if route.include_in_schema:
            for method in route.methods or ():
                _complete(document["paths"][route.path][method.lower()], method.lower(), route)
    return document


def _gather(app: FastAPI) -> dict[str, Any]:
    """Returns what FastAPI gathers from the routes, with schemas under the names that clients know."""
    text = orjson.dumps(get_openapi(title=TITLE, version=VERSION, description=DESCRIPTION, routes=app.routes)).decode()
    for name, published in _PUBLISHED.items():
        text = text.replace(name, published)
    document: dict[str, Any] = orjson.loads(text)
    return document


def routes_of(app: FastAPI) -> list[APIRoute]:
    """Returns every route of the application that a router declares."""
    return [route for route in app.routes if isinstance(route, APIRoute)]


def _complete(operation: dict[str, Any], method: str, route: APIRoute) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    refusal = {
        "description": "A refusal.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in ("4XX", "503"):
        answers[status] = refusal
    guard = allowed(route)
    if guard is None:
        return
    operation["parameters"] = [*operation.get("parameters", ()), *headers_of(route.dependant), CORRELATION]
    operation["security"] = [{"bearer": []}, {"session": []} if guard.stream else {"session": [], "console": []}]
    operation["x-roles"] = [role.value for role in guard.roles]
    headers = _HEADERS_OF_WRITES if method in _CHANGING else _HEADERS_OF_READS
    for status, answer in answers.items():
        if status.startswith("2"):
            described = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
            answer.setdefault("headers", described)

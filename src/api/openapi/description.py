"""The OpenAPI document: what FastAPI gathers from the routes, completed with what it cannot know.

`dossier docs --write` writes `docs/openapi.json`; a test fails when that file is stale. Added here: the bearer token, the roles of
each route (`x-roles`), problem documents as the only shape of a refusal, the headers of answers, a summary of each operation (the first
clause of its docstring), the description of each field (`glossary`), an example of each body and answer (`examples`), and enumerations.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from aggregates.catalogue import FACTS, KEY_FIELDS
from aggregates.customer.fields import EDITED, MERGED, UPLOADED
from aggregates.fact import Role, Source
from aggregates.field.field import Group, Policy
from aggregates.field.types import VALIDATORS, FieldType
from aggregates.interaction.interaction import State
from aggregates.profile_class.profile_class import ApplyTo
from aggregates.strict_json import MOST_DEPTH, MOST_MEMBERS
from aggregates.upload.mapping import DELIMITERS
from api.http import sessions
from api.http.problems import INVALID, KINDS, MEDIA_TYPE
from api.openapi.example_values import PARAMETERS
from api.openapi.examples import Examples
from api.openapi.glossary import DESCRIPTIONS
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
    "description": "Why a request was refused, in the form of RFC 9457.",
    "type": "object",
    "examples": [
        {
            "type": f"/problems/{INVALID.slug}",
            "title": INVALID.title,
            "status": INVALID.status,
            "detail": "The request has values that cannot be accepted.",
            "errors": [{"field": "fields.city", "message": "City is required."}],
            "correlation_id": "0197a3c4-5d60-7c1e-9f2b-3a4b5c6d7e8f",
        }
    ],
    "required": ["type", "title", "status", "detail", "errors", "correlation_id"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "enum": [f"/problems/{kind.slug}" for kind in KINDS],
            "x-enum-varnames": [kind.slug.upper().replace("-", "_") for kind in KINDS],
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {
                        "type": ["string", "null"],
                        "description": "The field that is wrong, such as `fields.city`; `null` where it is none.",
                    },
                    "message": {"type": "string", "description": "What is wrong with it, in a sentence."},
                },
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
        "description": f"`{sessions.HEADER_VALUE.decode()}` in each request of the console; streams and downloads may come without it.",
    },
}
_HEADERS_OF_READS: Final = {
    "Dossier-Known-At": "The instant of knowledge of the answer.",
    "ETag": "The version, if any.",
    "Dossier-Receipt": "The receipt in base64, where one was asked for.",
}
_HEADERS_OF_WRITES: Final = {
    "ETag": "The new version.",
    "Dossier-Position": "Log position of the last event, when something was recorded.",
}
_HEADERS_OF_REFUSED_WRITES: Final = {
    "Dossier-Position": "Of 412: the log position from which on what was changed meanwhile can be read.",
}
_PUBLISHED: Final = {
    "jobs__propagation__progress__State": "PropagationState",
    "jobs__upload__progress__State": "UploadState",
}
"""Names that FastAPI makes of a class and the module it is in, where two classes share one, and the published ones."""
_ENUMERATIONS: Final[dict[str, Iterable[str]]] = {
    "Cause.role": Role,
    "Cause.source": Source,
    "Cause.topic": FACTS,
    "ClassVersion.apply_to": ApplyTo,
    "DryRun.delimiter": DELIMITERS,
    "Explanation.role": Role,
    "Explanation.source": Source,
    "Explanation.topic": FACTS,
    "FieldRead.group": Group,
    "FieldRead.policy": Policy,
    "FieldRead.type": FieldType,
    "FieldRead.validators": VALIDATORS,
    "HistoryEntry.kind": KEY_FIELDS,
    "HistoryEntry.role": Role,
    "HistoryEntry.source": Source,
    "HistoryEntry.topic": FACTS,
    "InteractionRead.state": State,
    "MappingRead.delimiter": DELIMITERS,
    "ProfileVersion.role": Role,
    "ProfileVersion.source": Source,
    "ReadAs.delimiter": DELIMITERS,
    "SavedMapping.delimiter": DELIMITERS,
    "UploadRead.delimiter": DELIMITERS,
    "WidgetField.source": (EDITED, UPLOADED, MERGED),
    "WidgetField.type": FieldType,
}
"""The values of fields that models hold as plain text, as it was stored."""
_SUMMARY: Final = re.compile(r"(.+?)(?:[.:;](?:\s|$)|\s\(rules? )", re.DOTALL)
"""The first clause of a docstring, without the rules that it names."""
_CHANGING: Final = {"post", "put", "patch", "delete"}


def describe(app: FastAPI) -> dict[str, Any]:
    """Returns the document of an application's routes."""
    document = _gather(app)
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = _SECURITY
    schemas = parts["schemas"] = {
        name: schema
        for name, schema in {**parts.get("schemas", {}), "Problem": _PROBLEM}.items()
        if name not in {"HTTPValidationError", "ValidationError"}
    }
    parts["schemas"] = {name: _described(name, schema) for name, schema in schemas.items()}
    examples = Examples(parts["schemas"])
    for route in routes_of(app):
        if route.include_in_schema:
            for method in route.methods or ():
                _complete(document["paths"][route.path][method.lower()], method.lower(), route)
    _finish_parameters(document, examples)
    for content in _contents(document):
        for described in content.values():
            if "schema" in described and not described.keys() & {"example", "examples"}:
                described["example"] = examples.of(described["schema"])
    return document


def _described(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Returns a schema under its own name, with the description of each field, and with enumerations."""
    schema = {**schema, "title": name.rstrip("_")}
    if "properties" not in schema:
        return schema
    properties = {}
    for field, described in schema["properties"].items():
        text = described.get("description") or DESCRIPTIONS.get(f"{name}.{field}") or DESCRIPTIONS.get(field)
        enumeration = _ENUMERATIONS.get(f"{name}.{field}")
        properties[field] = described if enumeration is None else _enumerated(described, [*enumeration])
        if text is not None:
            properties[field] = {**properties[field], "description": text}
    return {"description": _purpose(name), **schema, "properties": properties}


def _purpose(name: str) -> str:
    """Returns the description of a schema whose class has none: a list of things."""
    kind, _, item = name.rstrip("_").partition("_")
    return {
        "Page": f"One page of a list of {item}.",
        "CountedPage": f"One page of a list of {item}.",
        "Results": f"The {item} items that were found.",
    }.get(kind, "")


def _enumerated(schema: dict[str, Any], values: list[str]) -> dict[str, Any]:
    """Returns a schema whose texts are those of an enumeration."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_enumerated(choice, values) for choice in schema["anyOf"]]}
    if schema.get("type") == "array":
        return {**schema, "items": _enumerated(schema["items"], values)}
    return {**schema, "enum": values} if schema.get("type") == "string" else schema


def _finish_parameters(document: dict[str, Any], examples: Examples) -> None:
    """Takes `null` from parameters, which are left out instead, and gives an example to each that a request must have."""
    for path, item in document["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _without_null(parameter["schema"])
                if parameter.get("required"):
                    name = parameter["name"]
                    part = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
                    value = PARAMETERS.get(f"{part}/{name}", PARAMETERS.get(name))
                    parameter["example"] = value or examples.of(parameter["schema"], name)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a value that cannot be `null`."""
    choices: list[dict[str, Any]] = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if not choices:
        return schema
    if len(choices) > 1:
        return {**schema, "anyOf": choices}
    return choices[0] | {name: value for name, value in schema.items() if name != "anyOf"}


def _contents(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the content of each body and answer, by media type."""
    for item in document["paths"].values():
        for operation in item.values():
            yield operation.get("requestBody", {}).get("content", {})
            for answer in operation["responses"].values():
                yield answer.get("content", {})


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
    match = _SUMMARY.match(operation.get("description", ""))
    operation["summary"] = " ".join(match[1].split()) if match else ""
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
        operation["security"] = []
        return
    operation["parameters"] = [*operation.get("parameters", ()), *headers_of(route.dependant), CORRELATION]
    operation["security"] = [{"bearer": []}, {"session": []} if guard.stream else {"session": [], "console": []}]
    operation["x-roles"] = [role.value for role in guard.roles]
    headers = _HEADERS_OF_WRITES if method in _CHANGING else _HEADERS_OF_READS
    for status, answer in answers.items():
        if status.startswith("2"):
            answer.setdefault("headers", _described_headers(headers))
    if method in _CHANGING:
        answers["4XX"] = {**refusal, "headers": _described_headers(_HEADERS_OF_REFUSED_WRITES)}


def _described_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}

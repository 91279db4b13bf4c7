"""Query parameters and headers that a route does not have, or that come twice, are refused by name (rule 0.9).

Otherwise `?dryrun=true` would upload in earnest, and `Dossier-Sorce: ui` would be taken for a program. Only headers that this API gives
a meaning to are checked: `Dossier-…` and those of `MEANT`; all others belong to HTTP and to proxies.
"""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from api.http import request_context, sessions
from api.http.request_context import RequestContext
from api.parameters.write_headers import CORRELATION
from api.parameters.writing import headers_of

PREFIXES: Final = (b"dossier-", b"dossier_")
MEANT: Final = frozenset({b"idempotency-key", b"if-match", b"if-none-match"})
LISTS: Final = frozenset({b"if-match", b"if-none-match", b"accept"})
"""Headers that are lists, which may come on several lines (RFC 9110, 5.3); every other one has one value."""


@dataclass(frozen=True, slots=True)
class Names:
    """The query parameters that a route takes, and its headers by their lower-case names."""

    query: frozenset[str]
    headers: dict[bytes, str]


def names_of(dependant: Dependant, methods: AbstractSet[str]) -> Names:
    """Returns the names that a route and its dependencies take. Every GET takes If-None-Match (RFC 9110, 13.1.2)."""
    query, headers = _parameters(dependant)
    headers |= {parameter["name"] for parameter in (*headers_of(dependant), CORRELATION)} | {sessions.HEADER}
    if "GET" in methods:
        headers.add("If-None-Match")
    return Names(frozenset(query), {name.lower().encode(): name for name in headers})


def faults(request: Request, names: Names) -> list[dict[str, Any]]:
    """Returns what is wrong with the names in a request, in the form of Pydantic's errors."""
    errors = list(_header_faults(request_context.of(request.scope), names.headers))
    if request.scope["query_string"]:
        errors += _query_faults(request, names.query)
    return errors


def header_fault(context: RequestContext, names: Names) -> bool:
    """Returns whether something is wrong with the names of the headers."""
    return next(_header_faults(context, names.headers), None) is not None


def _parameters(dependant: Dependant) -> tuple[set[str], set[str]]:
    query = {parameter.alias for parameter in dependant.query_params}
    headers = {parameter.alias for parameter in dependant.header_params}
    for dependency in dependant.dependencies:
        more_query, more_headers = _parameters(dependency)
        query |= more_query
        headers |= more_headers
    return query, headers


def _query_faults(request: Request, names: AbstractSet[str]) -> Iterator[dict[str, Any]]:
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if name not in names:
            yield _fault("query", name, "Unknown query parameter")
        elif count > 1:
            yield _fault("query", name, "Given more than once")


def _header_faults(context: RequestContext, names: dict[bytes, str]) -> Iterator[dict[str, Any]]:
    for name in context.headers:
        if (name in MEANT or name.startswith(PREFIXES)) and name not in names:
            yield _fault("header", name.decode("latin-1").title(), "Unknown header")
    for name in (context.repeated & names.keys()) - LISTS:
        yield _fault("header", names[name], "Given more than once")
    if context.headers.get(sessions.HEADER_NAME, sessions.HEADER_VALUE) != sessions.HEADER_VALUE:
        yield _fault("header", sessions.HEADER, f"Must be {sessions.HEADER_VALUE.decode()}")
    correlation = context.headers.get(b"dossier-correlation-id")
    if correlation is not None and correlation.lower() != str(context.correlation_id).encode():
        yield _fault("header", CORRELATION["name"], "Must be a UUID such as 0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11")


def _fault(place: str, name: str, message: str) -> dict[str, Any]:
    return {"type": "name", "loc": (place, name), "msg": message}

"""Names of query parameters and headers that a route does not have, or that come twice: refused by name (rule 0.9).

Whoever writes `?dryrun=true` would otherwise upload in earnest, and whoever writes `Dossier-Sorce: ui` would be taken for a program.
Of the headers, those are looked at that this API gives a meaning: `Dossier-…` and those of `MEANT`; all others belong to HTTP
and to whoever stands between.
"""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from api.http import request_context
from api.http.request_context import RequestContext
from api.parameters.write_headers import CORRELATION
from api.parameters.writing import headers_of

PREFIXES: Final = (b"dossier-", b"dossier_")
MEANT: Final = frozenset({b"idempotency-key", b"if-match", b"if-none-match"})
LISTS: Final = frozenset({b"if-match", b"if-none-match", b"accept"})
"""Headers whose lines are one list (RFC 9110, 5.3); every other one has one value."""


@dataclass(frozen=True, slots=True)
class Names:
    """The query parameters that a route takes, and its headers as they are written, by their lower case."""

    query: frozenset[str]
    headers: dict[bytes, str]


def names_of(dependant: Dependant, methods: AbstractSet[str]) -> Names:
    """What a route takes, its dependencies included. What can be read takes If-None-Match (RFC 9110, 13.1.2)."""
    query, headers = _parameters(dependant)
    headers |= {parameter["name"] for parameter in (*headers_of(dependant), CORRELATION)}
    if "GET" in methods:
        headers.add("If-None-Match")
    return Names(frozenset(query), {name.lower().encode(): name for name in headers})


def faults(request: Request, names: Names) -> list[dict[str, Any]]:
    """What is wrong with the names in a request, in the form of Pydantic's errors."""
    known = request_context.of(request.scope)
    found = list(_of_headers(known, names.headers))
    if request.scope["query_string"]:
        found += _of_query(request, names.query)
    return found


def _parameters(dependant: Dependant) -> tuple[set[str], set[str]]:
    query = {parameter.alias for parameter in dependant.query_params}
    headers = {parameter.alias for parameter in dependant.header_params}
    for needed in dependant.dependencies:
        more_query, more_headers = _parameters(needed)
        query |= more_query
        headers |= more_headers
    return query, headers


def _of_query(request: Request, names: AbstractSet[str]) -> Iterator[dict[str, Any]]:
    times = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in times.items():
        if name not in names:
            yield _fault("query", name, "There is no such query parameter here")
        elif count > 1:
            yield _fault("query", name, "It is given more than once")


def _of_headers(known: RequestContext, names: dict[bytes, str]) -> Iterator[dict[str, Any]]:
    for name in known.headers:
        if (name in MEANT or name.startswith(PREFIXES)) and name not in names:
            yield _fault("header", name.decode("latin-1").title(), "There is no such header here")
    for name in (known.repeated & names.keys()) - LISTS:
        yield _fault("header", names[name], "It is given more than once")
    correlation = known.headers.get(b"dossier-correlation-id")
    if correlation is not None and correlation.lower() != str(known.correlation_id).encode():
        yield _fault("header", CORRELATION["name"], "It is a UUID such as 0190f3c2-7b1e-4a7c-9d51-2f6c8f0b7a11")


def _fault(place: str, name: str, message: str) -> dict[str, Any]:
    return {"type": "name", "loc": (place, name), "msg": message}

"""Query parameters that a route does not have, or that come twice: refused by name, so that none is ignored in silence (rule 0.9).

Whoever writes `?dryrun=true` would otherwise upload in earnest, and whoever writes `?valid=2030-01-01` would read today's answer.
"""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request


def names_of(dependant: Dependant) -> frozenset[str]:
    """The query parameters of a route, those of its dependencies included."""
    own = (parameter.alias for parameter in dependant.query_params)
    return frozenset(own).union(*map(names_of, dependant.dependencies))


def check(request: Request, names: AbstractSet[str]) -> None:
    """Raises `RequestValidationError` naming every parameter that is none of these or comes more than once."""
    faults = list(_faults(request, names))
    if faults:
        raise RequestValidationError(faults)


def _faults(request: Request, names: AbstractSet[str]) -> Iterator[dict[str, Any]]:
    times = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in times.items():
        if name not in names:
            yield _fault(name, "There is no such query parameter here")
        elif count > 1:
            yield _fault(name, "It is given more than once")


def _fault(name: str, message: str) -> dict[str, Any]:
    return {"type": "query_name", "loc": ("query", name), "msg": message}

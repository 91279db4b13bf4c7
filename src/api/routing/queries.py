"""Routes that only read run their query in a thread for queries, and run it again when read models have not caught up.

`auth.GuardedRoute` wraps the functions of its GET routes in `until_answered`. Running a query again is safe: it changes nothing.
"""

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Final

from starlette.requests import Request

from api.services import services_of

_REQUEST: Final = "request_of_query"

Query = Callable[..., Any]
AsyncQuery = Callable[..., Coroutine[Any, Any, Any]]


def until_answered(query: Query) -> AsyncQuery:
    """Returns the query of a route as a coroutine function with the same parameters. It raises what the query raises."""
    signature = inspect.signature(query)
    name = next((name for name, parameter in signature.parameters.items() if parameter.annotation is Request), None)

    @functools.wraps(query)
    async def run(**values: Any) -> Any:
        request: Request = values.pop(_REQUEST) if name is None else values[name]
        return await run_until_caught_up(request, functools.partial(query, **values))

    del run.__dict__["__wrapped__"]  # or it would be taken for a function that is not a coroutine
    if name is None:
        parameter = inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
        signature = signature.replace(parameters=[*signature.parameters.values(), parameter])
    run.__dict__["__signature__"] = signature
    return run


async def run_until_caught_up(request: Request, query: Callable[[], Any]) -> Any:
    """Returns the query's answer once its read models have caught up. Raises after `waiting.WAIT_S`."""
    services = services_of(request)
    return await services.waiting.until_caught_up(lambda: services.queries.run(query))

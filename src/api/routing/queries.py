"""A route that only reads asks its query in a thread for queries, and again where read models had not come far enough.

`auth.GuardedRoute` wraps the functions of its GET routes in `asked_until_answered`. Asking again is safe: a query changes nothing.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Final

from starlette.requests import Request

from api.services import services_of
from projections.reading.view import BehindError
from store.log import UnsettledError

WAIT_S: Final = 2.0
"""The longest that a read waits."""
UNSETTLED_S: Final = 0.05
"""Seconds until a query is asked again that met an append under way."""
_REQUEST: Final = "asking_request"

Query = Callable[..., Any]
Question = Callable[..., Coroutine[Any, Any, Any]]


def asked_until_answered(query: Query) -> Question:
    """The query of a route as a coroutine function with the same parameters. Raises what the query raises."""
    signature = inspect.signature(query)
    name = next((name for name, one in signature.parameters.items() if one.annotation is Request), None)

    @functools.wraps(query)
    async def ask(**values: Any) -> Any:
        request: Request = values.pop(_REQUEST) if name is None else values[name]
        return await _answered(request, functools.partial(query, **values))

    del ask.__dict__["__wrapped__"]  # or it would be taken for a function that is not a coroutine
    if name is None:
        own = inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
        signature = signature.replace(parameters=[*signature.parameters.values(), own])
    ask.__dict__["__signature__"] = signature
    return ask


async def _answered(request: Request, query: Callable[[], Any]) -> Any:
    """The query's answer, once its read models have come far enough, at most `WAIT_S` from now."""
    services = services_of(request)
    now = asyncio.get_running_loop().time
    deadline = now() + WAIT_S
    while True:
        try:
            return await services.queries.run(query)
        except UnsettledError:
            if now() + UNSETTLED_S > deadline:
                raise
            await asyncio.sleep(UNSETTLED_S)
        except BehindError as behind:
            if not behind.names or now() >= deadline:
                raise
            await services.waiting.until(behind, deadline)

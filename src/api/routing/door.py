"""The way of each request to the function of its route: found in a table, read by `inputs`, answered in one go.

Routes are declared and described by FastAPI. Here, each thing is done once: the route is found by its path, the token and the role are
checked, then the names, the headers and the body. FastAPI itself serves what the table does not know, such as a wrong path or method, and
any request with something wrong in it: before a function is called, nothing has happened, so that it can begin again and name every fault.
"""

from collections.abc import Mapping, Sequence
from inspect import iscoroutinefunction
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl

from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregates import strict_json
from api.http import bodies, compression
from api.http.bodies import JsonRequest
from api.http.middleware import Exchange
from api.parameters import names
from api.routing.auth import JSON, WITH_BODY, GuardedRoute, check_media_type
from api.routing.inputs import FaultyError, Given, Inputs
from api.routing.refusals import Handler
from api.services import Services

Handlers = Mapping[Any, Any]


class Served:
    """A route whose requests are served here."""

    def __init__(self, route: GuardedRoute, inputs: Inputs) -> None:
        self.route = route
        self._inputs = inputs
        self._call: Any = route.dependant.call
        self._is_coroutine = iscoroutinefunction(self._call)
        self._has_body = not WITH_BODY.isdisjoint(route.methods or set())
        parts = enumerate(route.path.split("/"))
        self._parameters = [(place, part[1:-1]) for place, part in parts if part.startswith("{")]

    async def response(self, exchange: Exchange, segments: Sequence[str]) -> Response:
        """Returns the answer of the function.

        Raises:
            FaultyError: something in the request is wrong; the function was not called.
            Exception: what the function raises, or whatever the caller is refused by.
        """
        route, scope = self.route, exchange.scope
        scope["route"] = route
        request = JsonRequest(scope, exchange.receive)
        if route.guard is not None:
            route.guard.check(request)
        body = None
        if self._has_body:
            check_media_type(exchange.context)
            body = await self._body(exchange, request)
        if names.header_fault(exchange.context, route.known_names):
            raise FaultyError
        path = {name: segments[place] for place, name in self._parameters}
        query = _query(scope["query_string"], route.known_names) if scope["query_string"] else {}
        given = Given(request, path, query, exchange.context.headers, body)
        values = await self._inputs.read(given)
        if self._is_coroutine:
            return await self._call(**values)  # type: ignore[no-any-return]
        return await run_in_threadpool(self._call, **values)

    async def _body(self, exchange: Exchange, request: JsonRequest) -> Any:
        """Returns the parsed body, `None` where there is none and none is expected. Raises what `bodies.read` raises, `FaultyError`."""
        content = await exchange.body()
        request.keep(content)
        if bool(content) is (self.route.body_field is None):
            raise FaultyError
        if not content:
            return None
        parsed = strict_json.read(content, label=bodies.LABEL)
        content_type = exchange.context.header(b"content-type") or ""
        if content_type.partition(";")[0].strip().lower() != JSON:
            raise FaultyError
        return parsed


def _query(text: bytes, known_names: names.Names) -> dict[str, str]:
    """Returns the query by names. Raises `FaultyError` where a name is unknown or comes twice."""
    pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True)
    query = dict(pairs)
    if len(query) < len(pairs) or not query.keys() <= known_names.query:
        raise FaultyError
    return query


class Table:
    """The routes by method and path: what `Router` finds by trying one regular expression after the other."""

    def __init__(self, routes: Sequence[APIRoute]) -> None:
        self._shapes: dict[tuple[str, int], dict[tuple[int, ...], dict[Any, tuple[int, Served | None]]]] = {}
        for order, route in enumerate(routes):
            served = None
            if isinstance(route, GuardedRoute) and route.inputs is not None:
                served = Served(route, route.inputs)
            parts = route.path.split("/")
            places = tuple(place for place, part in enumerate(parts) if not part.startswith("{"))
            for method in route.methods or ():
                shapes = self._shapes.setdefault((method, len(parts)), {})
                shapes.setdefault(places, {}).setdefault(itemgetter(*places)(parts), (order, served))
        self._by_shape = {
            key: [(itemgetter(*places), routes) for places, routes in shapes.items()]
            for key, shapes in self._shapes.items()
        }

    def find(self, method: str, segments: Sequence[str]) -> Served | None:
        """Returns the first route of this method that the path fits, `None` where there is none, or FastAPI serves it."""
        entries = [
            entry
            for literals, routes in self._by_shape.get((method, len(segments)), ())
            if (entry := routes.get(literals(segments))) is not None
        ]
        if (
            not entries or not all(segments[1:]) or segments[-1].endswith("\n")
        ):  # the router takes a line feed for an end
            return None
        return min(entries)[1]


class Door:
    """Serves every request of an application: by the table, or else by FastAPI's router."""

    def __init__(self, router: ASGIApp, routes: Sequence[APIRoute], handlers: Handlers, services: Services) -> None:
        self._table = Table(routes)
        self._handlers = handlers
        self._metrics, self._access_log = services.metrics, services.access_log
        self._framework: ASGIApp = ExceptionMiddleware(AsyncExitStackMiddleware(router), handlers=handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        await Exchange(scope, receive, send).run(self._serve, self._metrics, self._access_log)

    async def _serve(self, exchange: Exchange) -> None:
        scope = exchange.scope
        path: str = scope["path"]
        if path.startswith(compression.PREFIX):
            compression.take_tags_of_versions(scope, exchange.context)
        segments = path.split("/")
        served = None if scope.get("root_path") else self._table.find(scope["method"], segments)
        if served is None:
            await self._serve_by_framework(exchange)
            return
        try:
            await exchange.answer(await served.response(exchange, segments))
        except FaultyError:
            await self._serve_by_framework(exchange)
        except Exception as error:
            response = await self._refusal(exchange, error)
            if response is None:
                raise
            await exchange.answer(response)
            error.__traceback__ = None  # an error that is raised again would keep those of all requests

    async def _refusal(self, exchange: Exchange, error: Exception, *, may_fail: bool = True) -> Response | None:
        """Returns what answers an error, or the one that comes meanwhile; `None` where nothing does, or an answer has begun.

        Raises the error that comes meanwhile, where nothing answers that.
        """
        handle = self._handler_of(error)
        if handle is None or exchange.has_begun:
            return None
        try:
            return await handle(Request(exchange.scope, exchange.receive), error)
        except Exception as meanwhile:
            response = await self._refusal(exchange, meanwhile, may_fail=False) if may_fail else None
            if response is None:
                raise
            return response

    async def _serve_by_framework(self, exchange: Exchange) -> None:
        send = compression.compressing(exchange.scope, exchange.send)
        await self._framework(exchange.scope, exchange.receive, send)

    def _handler_of(self, error: Exception) -> Handler | None:
        """Returns what answers an error, `None` where nothing does."""
        return next((self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers), None)

"""Who may use a route: every route under `/v1` declares it with `allow`; a test fails for any route that does not.

`GuardedRoute` checks the caller before anything of the request is parsed, so that a stranger learns nothing about the input rules and
costs little. On a route of another class the same declaration works as a plain dependency.
"""

from collections.abc import Callable, Coroutine, Sequence
from copy import copy
from dataclasses import replace
from inspect import isclass, iscoroutinefunction
from typing import Any, Final

from fastapi import Depends
from fastapi.dependencies.utils import get_typed_return_annotation
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregates.errors import ForbiddenError
from aggregates.fact import Role
from api.http import bodies, request_context, sessions
from api.http.request_context import RequestContext
from api.parameters import names
from api.routing.inputs import Inputs, UnreadError
from api.routing.queries import until_answered
from api.services import services_of

ADMINISTRATORS: Final = (Role.ADMINISTRATOR,)
PROFILE_READERS: Final = (Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR, Role.AUDITOR)
PROFILE_WRITERS: Final = (Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR)
FACT_READERS: Final = (Role.ADMINISTRATOR, Role.INTEGRATOR, Role.AUDITOR)
UPLOADERS: Final = (Role.ADMINISTRATOR, Role.INTEGRATOR)
FORWARDERS: Final = (Role.ADMINISTRATOR, Role.INTEGRATOR)
Handle = Callable[[Request], Coroutine[Any, Any, Response]]

_READING: Final = {"GET", "HEAD"}
WITH_BODY: Final = {"POST", "PUT", "PATCH", "DELETE"}
JSON: Final = "application/json"


class RoleError(ForbiddenError):
    """None of the caller's roles allows this."""


class Allowed:
    """The roles that may use a route. A caller with several of them acts in the first one. `stream`: see `allow`."""

    def __init__(self, roles: tuple[Role, ...], *, stream: bool = False) -> None:
        self.roles = roles
        self.stream = stream

    async def __call__(self, request: Request) -> None:
        self.check(request)

    def check(self, request: Request) -> None:
        """Completes the request's context with its caller. Raises `TokenError` (401), or `RoleError` or `OtherCompanyError` (403)."""
        context = request_context.of(request.scope)
        if context.role in self.roles:
            return
        is_stream = self.stream and request.method in _READING
        caller = services_of(request).tokens.caller(sessions.authorization(context, is_stream=is_stream))
        context.caller = caller
        role = next((role for role in self.roles if role in caller.roles), None)
        if role is None:
            raise RoleError(f"Allowed to {', '.join(self.roles)} only.")
        context.role = role


def allow(roles: tuple[Role, ...], *, stream: bool = False) -> Dependency:
    """Declares who may use a route: `dependencies=[allow(PROFILE_WRITERS)]`.

    A `stream` of events, or a list that is also had as a file, may be read by the console without the header `Dossier-Console` (see
    `sessions`): neither records anything, and neither `EventSource` nor a link can send a header.
    """
    return Depends(Allowed(roles, stream=stream))  # type: ignore[no-any-return]


def allowed(route: APIRoute) -> Allowed | None:
    """Returns the declaration of a route, `None` where it has none."""
    return getattr(route, "guard", None)


async def _refuse(**_: Any) -> Response:
    """Stands in for the function of a route when a name in the request is wrong, so that the function is not called."""
    raise RequestValidationError(())


async def _with_wrong_values(
    validate: Handle, request: Request, wrong_names: list[dict[str, Any]]
) -> RequestValidationError:
    """Returns one error for the wrong names and all values of the wrong shape (rule 0.12)."""
    try:
        await validate(request)
    except RequestValidationError as error:
        locations = [fault["loc"] for fault in wrong_names]
        wrong_values = [fault for fault in error.errors() if fault["loc"] not in locations]
        return RequestValidationError([*wrong_names, *wrong_values], body=error.body)
    return RequestValidationError(wrong_names)


def _name_of(route: APIRoute) -> str:
    """Returns the id of an operation in the OpenAPI document."""
    return route.name


class GuardedRoute(APIRoute):
    """A route that checks the token, the role and the media type, and reads the body, before anything else of the request.

    Without `allow` it is open to everybody. `inputs` reads the arguments of its function; it is `None` where only FastAPI can.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: set[str] | list[str] | None = None,
        dependencies: Sequence[Dependency] | None = None,
        **kwargs: Any,
    ) -> None:
        if _READING.issuperset(methods or _READING) and not iscoroutinefunction(endpoint):
            endpoint = until_answered(endpoint)
        declared = dependencies or ()
        self.guard = next((item.dependency for item in declared if isinstance(item.dependency, Allowed)), None)
        others = [item for item in declared if item.dependency is not self.guard]
        kwargs["generate_unique_id_function"] = _name_of
        super().__init__(path, endpoint, methods=methods, dependencies=others, **kwargs)
        self.known_names = names.names_of(self.dependant, self.methods or set())
        self.inputs = self._inputs()

    def _inputs(self) -> Inputs | None:
        """Returns what reads the arguments of the function, `None` where the body, an argument or the answer is of another kind."""
        annotation = get_typed_return_annotation(self.endpoint)
        if type(self).take_body is not GuardedRoute.take_body or self._embed_body_fields:
            return None
        if not (isclass(annotation) and issubclass(annotation, Response)):
            return None
        try:
            return Inputs(self.dependant)
        except UnreadError:
            return None

    def get_route_handler(self) -> Handle:
        """Returns the handler of the route behind its guard."""
        handle = super().get_route_handler()
        guard = self.guard
        validate = self._without_effect()

        async def guarded(request: Request) -> Response:
            if guard is not None:
                guard.check(request)
            if request.method in WITH_BODY:
                request = await self.take_body(request)
            if wrong_names := names.faults(request, self.known_names):
                raise await _with_wrong_values(validate, request, wrong_names)
            return await handle(request)

        return guarded

    def _without_effect(self) -> Handle:
        """Returns a handler that only validates the input: it does nothing but raise `RequestValidationError`."""
        twin = copy(self)
        twin.dependant = replace(self.dependant, call=_refuse)
        return APIRoute.get_route_handler(twin)

    async def take_body(self, request: Request) -> Request:
        """Returns the request with its body read: JSON, unless a route overrides this. Raises 415, `JsonError`, `RefusedError`."""
        check_media_type(request_context.of(request.scope))
        json_request = await bodies.read(request)
        if self.body_field is None:
            await bodies.check_none(json_request)
        return json_request


def check_media_type(context: RequestContext) -> None:
    """Checks that the body is sent as JSON; a request without a body needs no type. Raises 415."""
    content_type = context.header(b"content-type")
    if content_type == JSON:
        return
    if content_type is None:
        if context.headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in context.headers:
            return
        content_type = ""
    essence = content_type.partition(";")[0].strip().lower()
    if essence != JSON and not (essence.startswith("application/") and essence.endswith("+json")):
        raise HTTPException(415, "The body must be sent as application/json.", {"Accept": JSON})

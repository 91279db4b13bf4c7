"""Who may use a route: every route under `/v1` declares it with `allow`; a test walks all routes and fails where one does not.

`GuardedRoute` checks before anything of the request is parsed, so that a stranger learns nothing about the input rules and costs
little. On a route of another class the same declaration works as a plain dependency.
"""

from collections.abc import Callable, Coroutine, Sequence
from copy import copy
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import Any, Final

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregates.errors import ForbiddenError
from aggregates.fact import Role
from api.http import bodies, request_context
from api.http.request_context import RequestContext
from api.parameters import names
from api.routing.queries import asked_until_answered
from api.services import services_of

ADMINISTRATORS: Final = (Role.ADMINISTRATOR,)
PROFILE_READERS: Final = (Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR, Role.AUDITOR)
PROFILE_WRITERS: Final = (Role.ADMINISTRATOR, Role.AGENT, Role.INTEGRATOR)
FACT_READERS: Final = (Role.ADMINISTRATOR, Role.INTEGRATOR, Role.AUDITOR)
UPLOADERS: Final = (Role.ADMINISTRATOR, Role.INTEGRATOR)
FORWARDERS: Final = (Role.ADMINISTRATOR, Role.INTEGRATOR)
OPERATORS: Final = (Role.ADMINISTRATOR, Role.AUDITOR)
Handle = Callable[[Request], Coroutine[Any, Any, Response]]

_READING: Final = {"GET", "HEAD"}
_WITH_BODY: Final = {"POST", "PUT", "PATCH", "DELETE"}
_JSON: Final = "application/json"


class RoleError(ForbiddenError):
    """None of the caller's roles may do this."""


class Allowed:
    """The roles that may use a route, in the order in which a caller with several of them acts."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> None:
        self.check(request)

    def check(self, request: Request) -> None:
        """Raises `TokenError` (401), or `RoleError` or `OtherCompanyError` (403)."""
        known = request_context.of(request.scope)
        if known.role in self.roles:
            return
        caller = services_of(request).tokens.caller(known.header(b"authorization"))
        known.actor, known.expires_at = caller.actor, caller.expires_at
        role = next((role for role in self.roles if role in caller.roles), None)
        if role is None:
            raise RoleError(f"Allowed to {', '.join(self.roles)} only.")
        known.role = role


def allow(roles: tuple[Role, ...]) -> Dependency:
    """Declares who may use a route: `dependencies=[allow(PROFILE_WRITERS)]`."""
    return Depends(Allowed(roles))  # type: ignore[no-any-return]


def allowed(route: APIRoute) -> Allowed | None:
    """Who may use this route, `None` when it does not say."""
    return getattr(route, "guard", None)


async def _refuse(**_: Any) -> Response:
    """Stands for what a route does when nothing is to be done: a name in the request is wrong, and that is told already."""
    raise RequestValidationError(())


async def _with_wrong_values(
    judge: Handle, request: Request, wrong_names: list[dict[str, Any]]
) -> RequestValidationError:
    """One error of all that is wrong: the names, and the values of the wrong shape (rule 0.12)."""
    try:
        await judge(request)
    except RequestValidationError as error:
        places = [fault["loc"] for fault in wrong_names]
        values = [fault for fault in error.errors() if fault["loc"] not in places]
        return RequestValidationError([*wrong_names, *values], body=error.body)
    return RequestValidationError(wrong_names)


def _name_of(route: APIRoute) -> str:
    """The id of an operation in the OpenAPI document."""
    return route.name


class GuardedRoute(APIRoute):
    """A route that checks the token, the role and the media type, and then reads the body, before anything else is looked at.

    Without `allow` it lets everybody in.
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
            endpoint = asked_until_answered(endpoint)
        found = dependencies or ()
        self.guard = next((one.dependency for one in found if isinstance(one.dependency, Allowed)), None)
        others = [one for one in found if one.dependency is not self.guard]
        kwargs["generate_unique_id_function"] = _name_of
        super().__init__(path, endpoint, methods=methods, dependencies=others, **kwargs)

    def get_route_handler(self) -> Handle:
        """The handler behind its guard."""
        handle = super().get_route_handler()
        guard = self.guard
        taken = names.names_of(self.dependant, self.methods or set())
        judge = self._without_effect()

        async def guarded(request: Request) -> Response:
            if guard is not None:
                guard.check(request)
            if request.method in _WITH_BODY:
                request = await self.take_body(request)
            if wrong_names := names.faults(request, taken):
                raise await _with_wrong_values(judge, request, wrong_names)
            return await handle(request)

        return guarded

    def _without_effect(self) -> Handle:
        """The handler of a route with the same input and nothing behind it: it only ever raises `RequestValidationError`."""
        twin = copy(self)
        twin.dependant = replace(self.dependant, call=_refuse)
        return APIRoute.get_route_handler(twin)

    async def take_body(self, request: Request) -> Request:
        """The request with its body read: JSON, unless a route says otherwise. Raises 415, `JsonError`, `RefusedError`."""
        _check_media_type(request_context.of(request.scope))
        read = await bodies.read(request)
        if self.body_field is None:
            await bodies.check_none(read)
        return read


def _check_media_type(known: RequestContext) -> None:
    """Bodies are JSON. A request without a body needs no type. Raises 415."""
    kind = known.header(b"content-type")
    if kind == _JSON:
        return
    if kind is None:
        if known.headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in known.headers:
            return
        kind = ""
    essence = kind.partition(";")[0].strip().lower()
    if essence != _JSON and not (essence.startswith("application/") and essence.endswith("+json")):
        raise HTTPException(415, "The body must be sent as application/json.", {"Accept": _JSON})

"""Who is calling (`/v1/me`), and the session of the console (`/console/session`); see `http.sessions`.

A session is a token in a cookie: the server keeps nothing of it, so signing out takes the cookie away and leaves the token valid.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from aggregates.fact import Role
from api.http import request_context, sessions
from api.http.tokens import Caller, TokenError
from api.parameters.reading import as_json
from api.parameters.shapes import Body
from api.parameters.writing import JSON
from api.routing.auth import PROFILE_READERS, GuardedRoute, allow
from api.services import Services, services_of

router: Final = APIRouter(tags=["session"], route_class=GuardedRoute)
_PATH: Final = "/console/session"
_EXAMPLE: Final[dict[str, Any]] = {
    "actor": "ada",
    "roles": ["agent"],
    "company": "demo",
    "time_zone": "Europe/London",
    "today": "2026-06-20",
    "expires_at": "2026-06-20T17:00:00Z",
}


class Me(BaseModel):
    """The caller, and what a user interface needs to know of its company."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    actor: str = Field(description="The caller's name, as events record it.")
    roles: list[Role] = Field(description="The caller's roles. A route is used in the first of those that it allows.")
    company: str = Field(description="The company that the token is for.")
    time_zone: str = Field(description="The company's time zone, by its name in the IANA database.")
    today: date = Field(description="The business day: today in that time zone.")
    expires_at: datetime = Field(description="When the token, and a session with it, ends.")


class NewSession(Body):
    """The token to sign in with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"}]}
    )

    token: Annotated[str, Field(max_length=sessions.LONGEST_TOKEN, description="A bearer token, without `Bearer`.")]


@router.get("/v1/me", response_model=Me, dependencies=[allow(PROFILE_READERS)])
def read_me(request: Request) -> Response:
    """Who is calling, in which roles, for which company, and until when."""
    caller = request_context.of(request.scope).caller
    if caller is None:
        raise TokenError("A bearer token is required.")
    return Response(as_json(_me(services_of(request), caller)), media_type=JSON)


_SET_COOKIE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": {"Set-Cookie": {"description": "The session.", "schema": {"type": "string"}}}}
}


@router.post(_PATH, response_model=Me, responses=_SET_COOKIE)
async def begin_session(request: Request, body: NewSession) -> Response:
    """Signs in to the console: the token becomes a cookie that ends with it, and no script can read it. For the console's pages only."""
    sessions.check_own_page(request_context.of(request.scope))
    services = services_of(request)
    try:
        caller = services.tokens.caller(f"Bearer {body.token.strip()}")
    except TokenError as error:
        raise TokenError(error.text, field="token") from None
    me = await run_in_threadpool(_me, services, caller)
    response = Response(as_json(me), headers={"Cache-Control": "no-store"}, media_type=JSON)
    sessions.begin(request, response, caller, body.token.strip())
    return response


@router.delete(_PATH, status_code=204, response_class=Response)
async def end_session(request: Request) -> Response:
    """Signs out of the console: takes the cookie away. For the console's pages only."""
    sessions.check_own_page(request_context.of(request.scope))
    response = Response(status_code=204)
    sessions.end(response)
    return response


def _me(services: Services, caller: Caller) -> Me:
    """Returns what the caller is told about itself."""
    return Me(
        actor=caller.actor,
        roles=[role for role in Role if role in caller.roles],
        company=services.dossier.company,
        time_zone=services.day.zone().key,
        today=services.day.today(),
        expires_at=datetime.fromtimestamp(caller.expires_at, UTC),
    )

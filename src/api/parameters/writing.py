"""What all writes share: who asks and why, Idempotency-Key and If-Match (rule 0.7), and the answer with ETag and position.

Routes take `Writing`, run the use case by `write.run` with `write.ask(body.reason)`, and answer with `write.done(outcome)`. All
writes of one caller with the same key are one write, whichever process they reach.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Concatenate, Final, ParamSpec

import orjson
from fastapi import Depends
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from aggregates.errors import ForbiddenError, StaleVersionError
from aggregates.fact import Origin
from aggregates.use_case import Decides, IdempotencyKey, Outcome
from aggregates.use_case import Request as UseCaseRequest
from api.http import request_context
from api.http.etags import tag
from api.http.ids import new_id
from api.http.request_context import RequestContext
from api.parameters import write_headers
from api.parameters.write_headers import PARAMETERS, RECORDING
from api.services import Services, services_of

JSON: Final = "application/json"
P = ParamSpec("P")


class WriteAnswer(BaseModel):
    """The result of a write: the new version of the aggregate, and the position of the last event, `None` when nothing changed."""

    changed: bool
    version: int
    position: int | None
    message: str | None = Field(None, description="A text for the user, if there is one.")


UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": WriteAnswer, "description": "It was already so; nothing was recorded."}
}
MADE: Final[dict[int | str, dict[str, Any]]] = {201: {"model": WriteAnswer, "description": "Something was created."}}
"""Further answers of a route, for the OpenAPI document."""


class MustExistError(StaleVersionError):
    """`If-Match: *` came with a request that creates something."""

    def __init__(self) -> None:
        super().__init__((), 0, None, None)
        self.text = "If-Match: * requires something that exists, but this request creates something."


class NoCallerError(ForbiddenError):
    """A write reached a route that requires no token; a test makes sure that there is no such route."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write request. `digest` is that of the request, where it came with an Idempotency-Key."""

    services: Services
    context: RequestContext
    digest: bytes | None

    def ask(self, reason: str | None = None, *, creates: bool = False, impact: str | None = None) -> UseCaseRequest:
        """Returns the request for the use case. `creates` is set when it creates something, so that `If-Match: *` cannot hold.

        `impact` is the digest of the effect that the caller has seen, if any.

        Raises:
            InvalidError, RefusedError: a header is wrong.
            MustExistError: see `creates`.
        """
        headers = write_headers.read(self.context)
        actor, role = self.context.actor, self.context.role
        if actor is None or role is None:
            raise NoCallerError("The caller is not known.")
        if creates and headers.must_exist:
            raise MustExistError
        origin = Origin(
            actor=actor,
            role=role,
            source=headers.source,
            correlation_id=self.context.correlation_id,
            causation_id=new_id(),
            reason=reason or headers.reason,
            impact=impact,
        )
        key = IdempotencyKey(actor, headers.key, self.digest) if headers.key and self.digest else None
        return UseCaseRequest(origin, self.services.day.today(), headers.expected, key)

    async def run(
        self,
        use_case: Callable[Concatenate[Decides, UseCaseRequest, P], Outcome],
        request: UseCaseRequest,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Outcome:
        """Runs a use case, and returns its outcome once it is stored. Raises what it raises."""
        writer = self.services.dossier.log_of_facts.writer
        return await writer.submit(request, lambda store: use_case(store, request, *args, **kwargs))

    def done(
        self, outcome: Outcome, *, location: str | None = None, message: str | None = None, **more: object
    ) -> Response:
        """Returns the answer: 201 with its location when the write created something, else 200 (rule 0.5). `more` are further members."""
        body: dict[str, Any] = {"changed": outcome.changed, "version": outcome.version, "position": outcome.position}
        body |= more
        if message is not None:
            body["message"] = message
        headers = {"ETag": tag(outcome.version)}
        if outcome.position is not None:
            headers["Dossier-Position"] = str(outcome.position)
        if location is None or not outcome.changed:
            return Response(orjson.dumps(body), 200, headers, JSON)
        headers["Location"] = location
        return Response(orjson.dumps(body), 201, headers, JSON)


async def writing(request: Request) -> Write:
    """Returns the write of a request; its headers are parsed when the use case is called."""
    context = request_context.of(request.scope)
    context.writes = True
    digest = await _digest(request) if b"idempotency-key" in context.headers else None
    services = services_of(request)
    await services.day.renew()
    return Write(services, context, digest)


async def _digest(request: Request) -> bytes:
    """Returns the digest of method, path and body."""
    line = f"{request.method} {request.scope['path']}\0".encode()
    return sha256(line + await request.body()).digest()


async def unkeyed(request: Request) -> Write:
    """Returns the write of a request whose body is not read beforehand; the route that reads it sets the `digest`."""
    context = request_context.of(request.scope)
    context.writes = True
    return Write(services_of(request), context, None)


async def recording(request: Request) -> Write:
    """Returns the write behind a read that is recorded."""
    return await unkeyed(request)


Writing = Annotated[Write, Depends(writing)]
WritingUnkeyed = Annotated[Write, Depends(unkeyed)]
Recording = Annotated[Write, Depends(recording)]
_HEADERS: Final[dict[Any, tuple[dict[str, Any], ...]]] = {
    writing: PARAMETERS,
    unkeyed: PARAMETERS,
    recording: RECORDING,
}


def headers_of(dependant: Dependant) -> tuple[dict[str, Any], ...]:
    """Returns the headers of a write that a route takes, as the OpenAPI document describes them."""
    calls = (dependency.call for dependency in dependant.dependencies)
    return next((_HEADERS[call] for call in calls if call in _HEADERS), ())

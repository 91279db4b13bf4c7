"""What every write shares: who asks and why, Idempotency-Key and If-Match (rule 0.7), and the answer with ETag and position.

Routes take `Writing`, ask the use case with `write.ask(body.reason)` and answer with `write.done(outcome)`. All writes of one
caller with the same key are one write, whichever process they reach.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import uuid4

import orjson
from fastapi import Depends
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from aggregates.errors import ForbiddenError, StaleVersionError
from aggregates.fact import Origin
from aggregates.use_case import IdempotencyKey, Outcome
from aggregates.use_case import Request as Asked
from api.http import request_context
from api.http.etags import tag
from api.http.request_context import RequestContext
from api.parameters import write_headers
from api.parameters.write_headers import PARAMETERS, RECORDING
from api.services import Services, services_of

JSON: Final = "application/json"


class WriteAnswer(BaseModel):
    """What a write did. `version` is the new one of the aggregate, `position` that of the last event, `None` when nothing changed."""

    changed: bool
    version: int
    position: int | None
    message: str | None = Field(None, description="A text for the user, where there is one.")


UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": WriteAnswer, "description": "It was so already: nothing was recorded."}
}
MADE: Final[dict[int | str, dict[str, Any]]] = {201: {"model": WriteAnswer, "description": "Something new was made."}}
"""What the OpenAPI document says of a route that answers with these, too."""


class MustExistError(StaleVersionError):
    """`If-Match: *` came with a request that makes something new."""

    def __init__(self) -> None:
        super().__init__((), 0, None, None)
        self.text = "If-Match: * asks for something that exists; this makes something new."


class NobodyError(ForbiddenError):
    """A write reached a route that asks nobody for a token; a test sees to it that there is none."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write request. `digest` is what was asked, where it came with an Idempotency-Key."""

    services: Services
    context: RequestContext
    digest: bytes | None

    def ask(self, reason: str | None = None, *, creates: bool = False) -> Asked:
        """What the use case is asked with. `creates`: it makes something new, so `If-Match: *` cannot hold.

        Raises:
            InvalidError, RefusedError: a header is wrong.
            MustExistError: see `creates`.
        """
        told = write_headers.read(self.context)
        actor, role = self.context.actor, self.context.role
        if actor is None or role is None:
            raise NobodyError("Nobody is named who does this.")
        if creates and told.must_exist:
            raise MustExistError
        origin = Origin(
            actor=actor,
            role=role,
            source=told.source,
            correlation_id=self.context.correlation_id,
            causation_id=uuid4(),
            reason=reason or told.reason,
        )
        key = IdempotencyKey(actor, told.key, self.digest) if told.key and self.digest else None
        return Asked(origin, self.services.day.today(), told.expected, key)

    def done(
        self, outcome: Outcome, *, location: str | None = None, message: str | None = None, **more: object
    ) -> Response:
        """The answer: 201 with its location when the write made something, else 200 (rule 0.5). `more` are further members."""
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
    """The write that a request asks for; its headers are looked at when the use case is asked."""
    known = request_context.of(request.scope)
    known.writes = True
    digest = await _digest(request) if b"idempotency-key" in known.headers else None
    return Write(services_of(request), known, digest)


async def _digest(request: Request) -> bytes:
    """What was asked: method, path and body."""
    asked = f"{request.method} {request.scope['path']}\0".encode()
    return sha256(asked + await request.body()).digest()


async def unkeyed(request: Request) -> Write:
    """The same where the body is not read beforehand: whoever takes it in sets the `digest`."""
    known = request_context.of(request.scope)
    known.writes = True
    return Write(services_of(request), known, None)


async def recording(request: Request) -> Write:
    """The write behind a read that is recorded."""
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
    """The headers of a write that a route takes, as the OpenAPI document describes them."""
    return next((_HEADERS[needed.call] for needed in dependant.dependencies if needed.call in _HEADERS), ())

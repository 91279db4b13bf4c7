"""`/v1/events`: the public form of the log, as NDJSON, or as server-sent events where the Accept header asks for them.

Positions rise without gaps, so `after` is the position of the last event that the client has. Personal values are never in it; see
`store.public`. With `follow=true` a server-sent answer stays open, with a comment after every `heartbeat_s` of silence. It ends after
`follow_s` or when the token expires; then clients connect again by themselves and send `Last-Event-ID`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Final

from eventsourcing.persistence import OperationalError
from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from aggregates.errors import InvalidError
from api.background.event_batches import Batch, EventBatches
from api.http import request_context
from api.http.request_context import RequestContext
from api.http.streaming import Stream
from api.parameters.reading import UnknownPositionError
from api.parameters.shapes import LogPosition
from api.parameters.spellings import WHOLE, Flag
from api.routing.auth import FACT_READERS, GuardedRoute, allow
from api.services import Services, services_of

router: Final = APIRouter(prefix="/v1/events", tags=["events"], route_class=GuardedRoute)
MOST_EVENTS: Final = 100_000
USUAL_EVENTS: Final = 1_000
NDJSON: Final = "application/x-ndjson"
SSE: Final = "text/event-stream"
RECONNECT_MS: Final = 2_000
_OPENING: Final = f"retry: {RECONNECT_MS}\n\n".encode()
_HEARTBEAT: Final = b": nothing new\n\n"
_EXPIRED: Final = b": the token has expired\n\n"

Most = Annotated[int, Field(ge=1, le=MOST_EVENTS), WHOLE]
Encode = Callable[[Batch, int], bytes]
"""Encodes up to so many events of a batch."""


@router.get(
    "",
    dependencies=[allow(FACT_READERS, stream=True)],
    response_class=Response,
    responses={
        200: {
            "description": "One event a line, or a message each.",
            "content": {NDJSON: {"schema": {"type": "string"}}, SSE: {"schema": {"type": "string"}}},
        }
    },
)
async def read_events(  # noqa: PLR0917  (query parameters)
    request: Request,
    after: Annotated[LogPosition, Query(description="Position of the last event that the client has.")] = 0,
    limit: Annotated[Most, Query(description="The most events in the answer.")] = USUAL_EVENTS,
    follow: Annotated[
        Flag, Query(description="Keep the answer open for further events; server-sent events only.")
    ] = False,
    accept: Annotated[str, Header()] = NDJSON,
    last_event_id: Annotated[LogPosition | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """Events after a position, in the order in which they were recorded."""
    services = services_of(request)
    start, parameter = (after, "after") if last_event_id is None else (last_event_id, "Last-Event-ID")
    if not await services.queries.run(lambda: services.log_end.reached(start)):
        raise UnknownPositionError("The log has not reached this position.", field=parameter)
    if follow:
        _check_following(request, accept)
        return Followed(services, request_context.of(request.scope), start)
    first = await services.batches.after(start)
    encode, media_type = (Batch.as_messages, SSE) if SSE in accept else (Batch.as_lines, NDJSON)
    return Stream(_encoded(services.batches, first, limit, encode), media_type=media_type)


def _check_following(request: Request, accept: str) -> None:
    """Raises `InvalidError` where the request cannot be followed."""
    if SSE not in accept:
        raise InvalidError(f"Following needs Accept: {SSE}.", field="follow")
    if "limit" in request.query_params:
        raise InvalidError("Following has no limit; leave it out.", field="limit")


async def _encoded(batches: EventBatches, batch: Batch | None, limit: int, encode: Encode) -> AsyncIterator[bytes]:
    """Yields the first batch and the following ones, `limit` events in all, with one batch in memory."""
    while batch is not None:
        yield encode(batch, limit)
        limit -= len(batch)
        batch = await batches.after(batch.last) if limit > 0 else None


class Followed(Stream):
    """Messages without end, for `follow_s` or until the token expires. It has its place among the followers from its start to its end."""

    def __init__(self, services: Services, context: RequestContext, after: int) -> None:
        super().__init__((), media_type=SSE)
        self._services = services
        self._actor = context.actor or ""
        self._expires_at = context.expires_at
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers. Raises `FollowersError` before the answer has begun."""
        with self._services.followers.follower(self._actor) as growth:
            self.body_iterator = self._messages(growth)
            await super().__call__(scope, receive, send)

    async def _messages(self, growth: asyncio.Event) -> AsyncIterator[bytes]:
        """Yields the messages until the answer ends. It also ends when the database is lost, after which the client connects again."""
        settings, followers = self._services.settings, self._services.followers
        token_ends = time.monotonic() + self._expires_at - time.time()
        ends = min(time.monotonic() + settings.follow_s, token_ends)
        yield _OPENING
        while (remaining_s := ends - time.monotonic()) > 0:
            growth.clear()
            try:
                batch = await self._services.batches.after(self._after, followers.position)
            except OperationalError:
                return
            if batch is not None:
                yield batch.as_messages()
                self._after = batch.last
                if not 0 < followers.position <= self._after:
                    continue
            try:
                await asyncio.wait_for(growth.wait(), min(settings.heartbeat_s, remaining_s))
            except TimeoutError:
                yield _HEARTBEAT
        if ends == token_ends:
            yield _EXPIRED

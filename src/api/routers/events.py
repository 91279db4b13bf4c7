"""`/v1/events`: the public form of the log, as NDJSON, or as server-sent events where the Accept header asks for them.

Positions rise without gaps, so `after` is the position of the last event that the client has. `api.parameters.subscribing` has from
where on, and which events. Personal values are never in it; see `store.public`. With `follow=true` a server-sent answer stays open,
with a comment after every `heartbeat_s` of silence (see `server_sent`). When it ends, clients connect again by themselves and send
`Last-Event-ID`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from starlette.responses import Response

from aggregates.errors import InvalidError
from api.background.event_batches import Batch, EventBatches, Wanted
from api.http import request_context
from api.http.request_context import RequestContext
from api.http.server_sent import MEDIA_TYPE as SSE
from api.http.server_sent import ServerSent
from api.http.streaming import Stream
from api.parameters.spellings import WHOLE, Flag
from api.parameters.subscribing import Subscribed, Subscription
from api.routing.auth import FACT_READERS, GuardedRoute, allow
from api.services import Services, services_of

router: Final = APIRouter(prefix="/v1/events", tags=["events"], route_class=GuardedRoute)
MOST_EVENTS: Final = 100_000
USUAL_EVENTS: Final = 1_000
NDJSON: Final = "application/x-ndjson"
_LOG: Final = "0b7e5c1a-2f64-4d0e-9a3c-7c1d5e8f9a20"
_EVENT: Final = orjson.dumps(
    {
        "event_id": "0197a3c4-5d60-7c1e-9f2b-3a4b5c6d7e8f",
        "type": "customer.renamed",
        "profile": "customer:1001",
        "company": "demo",
        "version": 3,
        "position": 4711,
        "recorded_at": "2026-06-20T10:42:00.000000Z",
        "actor": "ada",
        "role": "administrator",
        "source": "api",
        "reason": None,
        "correlation_id": "0197a3c4-5d60-7a0b-8c1d-2e3f4a5b6c7d",
        "causation_id": "0197a3c4-5d60-7a0b-8c1d-2e3f4a5b6c7d",
        "effective_from": "2026-07-01",
        "effective_to": None,
        "data": {"name": "Ada Byron"},
        "personal_fields": [],
    }
).decode()

Most = Annotated[int, Field(ge=1, le=MOST_EVENTS), WHOLE]
Encode = Callable[[Batch, int], bytes]
"""Encodes up to so many events of a batch."""


_HEADERS: Final = {
    "Dossier-Log": "The id of the log. Another one than before: positions were given again, so begin at the first event.",
    "Dossier-Position": "The end of the log when the answer began: with fewer events than `limit`, everything up to it was read.",
}


@router.get(
    "",
    dependencies=[allow(FACT_READERS, stream=True)],
    response_class=Response,
    responses={
        200: {
            "description": "One event a line, or a message each.",
            "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()},
            "content": {
                NDJSON: {"schema": {"type": "string"}, "example": f"{_EVENT}\n"},
                SSE: {"schema": {"type": "string"}, "example": f"id: {_LOG}/4711\ndata: {_EVENT}\n\n"},
            },
        }
    },
)
async def read_events(
    request: Request,
    subscription: Subscribed,
    limit: Annotated[Most, Query(description="The most events in the answer.")] = USUAL_EVENTS,
    follow: Annotated[
        Flag, Query(description="Keep the answer open for further events; server-sent events only.")
    ] = False,
    accept: Annotated[str, Header(description=f"`{NDJSON}`, or `{SSE}` for server-sent events.")] = NDJSON,
) -> Response:
    """Events after a position, in the order in which they were recorded: all of them, or those of some kinds or of one subject."""
    services = services_of(request)
    end = await services.queries.run(lambda: subscription.check(services))
    headers = {"Dossier-Log": str(services.dossier.log_id), "Dossier-Position": str(end)}
    if follow:
        _check_following(request, accept)
        return Followed(services, request_context.of(request.scope), subscription, headers)
    first = await services.batches.after(subscription.after, wanted=subscription.wanted)
    encode, media_type = (Batch.as_messages, SSE) if SSE in accept else (Batch.as_lines, NDJSON)
    return Stream(_encoded(services.batches, first, limit, encode, subscription.wanted), 200, headers, media_type)


def _check_following(request: Request, accept: str) -> None:
    """Raises `InvalidError` where the request cannot be followed."""
    if SSE not in accept:
        raise InvalidError(f"Following needs Accept: {SSE}.", field="follow")
    if "limit" in request.query_params:
        raise InvalidError("Following has no limit; leave it out.", field="limit")


async def _encoded(
    batches: EventBatches, batch: Batch | None, limit: int, encode: Encode, wanted: Wanted
) -> AsyncIterator[bytes]:
    """Yields the first batch and the following ones, `limit` events in all, with one batch in memory."""
    while batch is not None:
        yield encode(batch, limit)
        limit -= len(batch)
        batch = await batches.after(batch.last, wanted=wanted) if limit > 0 else None


class Followed(ServerSent):
    """The events after a position, and those recorded meanwhile."""

    def __init__(
        self, services: Services, context: RequestContext, subscription: Subscription, headers: dict[str, str]
    ) -> None:
        settings = services.settings
        super().__init__(context, follow_s=settings.follow_s, heartbeat_s=settings.heartbeat_s)
        self.headers.update(headers)
        self._services = services
        self._actor = context.actor or ""
        self._after = subscription.after
        self._wanted = subscription.wanted

    @contextmanager
    def woken(self) -> Iterator[asyncio.Event]:
        """Takes a place among those who follow the log. Raises `FollowersError`."""
        with self._services.log_places.taken(self._actor), self._services.followers.follower() as grown:
            yield grown

    async def news(self) -> AsyncIterator[bytes]:
        """Yields the events since the last call, batch by batch."""
        async for batch in self._services.batches.until(self._after, self._services.followers, self._wanted):
            yield batch.as_messages()
            self._after = batch.last

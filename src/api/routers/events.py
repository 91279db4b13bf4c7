"""`/v1/events`: the log as others may see it, as NDJSON, or as server-sent events where the Accept header asks for them.

Positions rise without gaps, so `after` is the position of the last event one has. Personal values are never in it; see
`store.public`. With `follow=true` a server-sent answer stays open: a comment every `heartbeat_s`, an end after `follow_s`, after
which clients connect again by themselves and say `Last-Event-ID`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Final

import orjson
from eventsourcing.persistence import OperationalError
from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from aggregates.errors import InvalidError
from api.auth import FACT_READERS, GuardedRoute, allow
from api.services import Services, services_of
from api.shapes import LogPosition
from store.public import public_event

router: Final = APIRouter(prefix="/v1/events", tags=["events"], route_class=GuardedRoute)
BATCH: Final = 500
MOST_EVENTS: Final = 100_000
USUAL_EVENTS: Final = 1_000
NDJSON: Final = "application/x-ndjson"
SSE: Final = "text/event-stream"
RECONNECT_MS: Final = 2_000
_OPENING: Final = f"retry: {RECONNECT_MS}\n\n".encode()
_HEARTBEAT: Final = b": nothing new\n\n"

Line = tuple[int, str, bytes]
"""Position, type and JSON of an event."""


@router.get(
    "",
    dependencies=[allow(FACT_READERS)],
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
    after: Annotated[LogPosition, Query(description="Position of the last event one has.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS, description="How many at most.")] = USUAL_EVENTS,
    follow: Annotated[bool, Query(description="Stay and wait for more; server-sent events only.")] = False,
    accept: Annotated[str, Header()] = NDJSON,
    last_event_id: Annotated[LogPosition | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """Events after a position, in the order in which they were recorded."""
    services = services_of(request)
    start = after if last_event_id is None else last_event_id
    first = await run_in_threadpool(_batch, services, start, min(limit, BATCH))
    if SSE not in accept:
        if follow:
            raise InvalidError(f"Following needs Accept: {SSE}.", field="follow")
        return StreamingResponse(map(_lines, _batches(services, first, limit)), media_type=NDJSON)
    if follow:
        services.bell.check()
        return StreamingResponse(_followed(services, start), media_type=SSE)
    return StreamingResponse(map(_messages, _batches(services, first, limit)), media_type=SSE)


def _batch(services: Services, after: int, most: int) -> list[Line]:
    """Up to `most` events after a position; empty at the log's end."""
    dossier = services.dossier
    recorded = dossier.log_of_facts.select_notifications(after, most, inclusive_of_start=False)
    return [(one.id, one.topic, orjson.dumps(public_event(dossier.fact_mapper, one))) for one in recorded]


def _batches(services: Services, batch: list[Line], limit: int) -> Iterator[list[Line]]:
    """The first batch and what follows it, `limit` events in all, one batch in memory."""
    while batch:
        yield batch
        limit -= len(batch)
        batch = _batch(services, batch[-1][0], min(limit, BATCH)) if limit else []


def _lines(batch: list[Line]) -> bytes:
    return b"".join(part for event in batch for part in (event[2], b"\n"))


def _messages(batch: list[Line]) -> bytes:
    return b"".join(
        f"id: {position}\nevent: {kind}\ndata: ".encode() + data + b"\n\n" for position, kind, data in batch
    )


async def _followed(services: Services, after: int) -> AsyncIterator[bytes]:
    """Messages without end, for `follow_s`; a lost database ends it, and the client comes again."""
    ends = time.monotonic() + services.settings.follow_s
    with services.bell.follower() as rung:
        yield _OPENING
        while (left := ends - time.monotonic()) > 0:
            rung.clear()
            try:
                batch = await run_in_threadpool(_batch, services, after, BATCH)
            except OperationalError:
                return
            if batch:
                yield _messages(batch)
                after = batch[-1][0]
                continue
            try:
                await asyncio.wait_for(rung.wait(), min(services.settings.heartbeat_s, left))
            except TimeoutError:
                yield _HEARTBEAT

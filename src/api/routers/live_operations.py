"""`/v1/operations`: the state of the installation, once or as it changes, for operators.

It is the judgement of `/health/ready` with what only operators need. The stream is fed by `OperationsWatch`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from api.http import request_context
from api.http.problems import UNREADY, problem
from api.http.request_context import RequestContext
from api.http.server_sent import ServerSent, answer_of
from api.parameters.reading import as_json
from api.parameters.shapes import LogPosition
from api.parameters.writing import JSON
from api.routing.auth import FACT_READERS, GuardedRoute, allow
from api.services import Services, services_of
from projections.health.operations import Operations, operations

router: Final = APIRouter(prefix="/v1/operations", tags=["operations"], route_class=GuardedRoute)
_MESSAGE: Final = (
    'id: 1781952120000\nevent: operations\ndata: {"at": "2026-06-20T10:42:00.000000Z", "status": "ready"}\n\n'
)


@router.get("", response_model=Operations, dependencies=[allow(FACT_READERS)])
async def read_operations(request: Request) -> Response:
    """The state of the installation now: log, relay, read models, feeds, deliveries, dead letters, and what is wrong.

    It is at most half a second old. 503 where the database cannot be used; member `faults` says why.
    """
    report = await services_of(request).health.report_with_traffic()
    vitals = report.health.vitals
    if vitals is None:
        faults = [{"what": fault.what, "why": fault.why, "todo": fault.todo} for fault in report.health.faults]
        detail = " ".join(f"{fault['what']}: {fault['why']} {fault['todo']}" for fault in faults)
        return problem(request.scope, UNREADY, detail, members={"faults": faults})
    return Response(as_json(operations(report.health, vitals, report.warnings, report.at)), media_type=JSON)


@router.get(
    "/stream",
    dependencies=[allow(FACT_READERS, stream=True)],
    response_class=Response,
    responses=answer_of("operations", "A message a second. Its data is what `/v1/operations` answers.", _MESSAGE),
)
async def follow_operations(
    request: Request,
    last_event_id: Annotated[
        LogPosition | None,
        Header(
            alias="Last-Event-ID",
            description="Id of the last message that the client has; it gets the later ones of the last five minutes at once.",
        ),
    ] = None,
) -> Response:
    """The state of the installation, at most once a second, as server-sent events. It ends when the database is lost."""
    return FollowedOperations(services_of(request), request_context.of(request.scope), last_event_id)


class FollowedOperations(ServerSent):
    """The readings after one that the client has, or after the newest one."""

    def __init__(self, services: Services, context: RequestContext, last: int | None) -> None:
        settings = services.settings
        super().__init__(context, follow_s=settings.follow_s, heartbeat_s=settings.heartbeat_s)
        self._services = services
        self._actor = context.actor or ""
        newest = services.operations.newest
        self._last = newest if last is None else min(last, newest)

    @contextmanager
    def woken(self) -> Iterator[asyncio.Event]:
        """Takes a place among the pages that follow what they show. Raises `FollowersError`."""
        with self._services.page_places.taken(self._actor), self._services.operations.follower() as read:
            yield read

    async def news(self) -> AsyncIterator[bytes]:
        """Yields the messages since the last call."""
        for id_, message in self._services.operations.after(self._last):
            yield message
            self._last = id_

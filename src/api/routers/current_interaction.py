"""`/v1/current-interaction`: the caller's own open interaction, once or as it changes (rule 3.5).

It is not under `/v1/interactions`, where `current` would be the id of an interaction.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http import request_context
from api.http.request_context import RequestContext
from api.http.server_sent import ServerSent, answer_of
from api.parameters.reading import Explain, Reading, as_json
from api.routing.auth import PROFILE_READERS, GuardedRoute, allow
from api.services import Services, services_of
from projections.answers.explained_interactions import explained_interactions
from projections.interactions.queries import (
    CurrentInteraction,
    InteractionRead,
    current_interaction,
    open_interaction,
)
from store.public import PublicEvent

router: Final = APIRouter(prefix="/v1/current-interaction", tags=["interactions"], route_class=GuardedRoute)
_MESSAGE: Final = 'event: interaction\ndata: {"interaction": null}\n\n'


@router.get("", response_model=CurrentInteraction, dependencies=[allow(PROFILE_READERS)])
def read_current_interaction(request: Request, read: Reading, explain: Explain = False) -> Response:
    """The caller's open interaction, on call or in wrap-up, as known then; `null` where there is none."""
    with read.asked("interactions", explain=explain) as view:
        interaction = open_interaction(view, request_context.of(request.scope).actor or "")
        if explain and interaction is not None:
            [interaction] = explained_interactions(view, [interaction])
        return read.answer(CurrentInteraction(interaction=interaction), view)


@router.get(
    "/stream",
    dependencies=[allow(PROFILE_READERS, stream=True)],
    response_class=Response,
    responses=answer_of(
        "interaction",
        "A message at once and after each change. Its data is what `/v1/current-interaction` answers.",
        _MESSAGE,
    ),
)
async def follow_current_interaction(request: Request) -> Response:
    """The caller's open interaction at once, and again whenever it changes, as server-sent events."""
    return FollowedInteraction(services_of(request), request_context.of(request.scope))


class FollowedInteraction(ServerSent):
    """The open interaction of one agent. It is read again only after an event that may concern it."""

    def __init__(self, services: Services, context: RequestContext) -> None:
        settings = services.settings
        super().__init__(context, follow_s=settings.follow_s, heartbeat_s=settings.heartbeat_s)
        self._services = services
        self._agent = context.actor or ""
        self._position: int | None = None
        self._shown: InteractionRead | None = None

    @contextmanager
    def woken(self) -> Iterator[asyncio.Event]:
        """Takes a place among the pages that follow what they show. Raises `FollowersError`."""
        with self._services.page_places.taken(self._agent), self._services.followers.follower() as grown:
            yield grown

    async def news(self) -> AsyncIterator[bytes]:
        """Yields the interaction at the first call, and where it has changed."""
        if self._position is None:
            self._position = await self._services.queries.run(self._services.log_end.look)
            self._shown = await self._read()
            yield self._message()
        elif await self._may_have_changed(self._position):
            shown, self._shown = self._shown, await self._read()
            if _identity(shown) != _identity(self._shown):
                yield self._message()

    async def _may_have_changed(self, position: int) -> bool:
        """Reads on in the log, and returns whether an event concerns the agent."""
        concerned = False
        async for batch in self._services.batches.until(position, self._services.followers):
            concerned = concerned or any(self._concerns(event) for event in batch.events_of("interaction"))
            self._position = batch.last
        return concerned

    def _concerns(self, event: PublicEvent) -> bool:
        data: dict[str, Any] = event["data"]
        shown = None if self._shown is None else self._shown.interaction
        return data.get("agent") == self._agent or data["interaction"] == shown

    async def _read(self) -> InteractionRead | None:
        return await self._services.queries.run(lambda: current_interaction(self._services.dossier, self._agent))

    def _message(self) -> bytes:
        return b"event: interaction\ndata: " + as_json(CurrentInteraction(interaction=self._shown)) + b"\n\n"


def _identity(interaction: InteractionRead | None) -> tuple[str, int] | None:
    """Returns what two states of the open interaction differ in."""
    return None if interaction is None else (interaction.interaction, interaction.version)

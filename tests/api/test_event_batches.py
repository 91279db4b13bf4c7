"""Many readers of the log together cost as much work as one, and bounded memory however large events are."""

import asyncio
import re
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from aggregates.customer.commands import register_customer
from aggregates.fact import MOST_EVENT_BYTES, Role
from aggregates.use_case import Request
from api.app import create_app
from api.background import event_batches
from api.http.streaming import PIECE_BYTES
from api.settings import ApiSettings
from api_client import token
from projections.reading.read_models import ReadModels
from served import served
from store import public
from store.application import Dossier
from store.events import NewEvent

Ask = Callable[..., Request]
FOLLOWERS = 100
RECORDED = 1_030
"""Events: the last batch of them is not full."""
LARGE = 60
PATIENCE_S = 240.0
_ID = re.compile(rb"^id: \S+/(\d+)$", re.MULTILINE)


@pytest.fixture
def crowded(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> FastAPI:
    """The application with places for all followers, who stay."""
    return create_app(
        dossier, reads, replace(settings, followers=FOLLOWERS, followers_each=FOLLOWERS, follow_s=PATIENCE_S)
    )


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions of which a public event is made from here on."""
    positions: list[int] = []
    shaped = public._shaped

    def counted(recorded: Any, *more: Any) -> public.PublicEvent:
        positions.append(recorded.id)
        return shaped(recorded, *more)

    monkeypatch.setattr(public, "_shaped", counted)
    return positions


def copies(dossier: Dossier, ask: Ask, most: int, padding: int = 0) -> None:
    """Registers a customer and records the same of `most - 1` others, their reasons with so many bytes."""
    register_customer(dossier, ask(reason="x" * 10), number="1", name="Ada Byron")
    [event] = dossier.log_of_facts.select_notifications(1, 1)
    state = event.state.replace(b"x" * 10, b"x" * (10 + padding))
    dossier.log_of_facts.append(
        [
            NewEvent(
                originator_id=uuid4(),
                originator_version=1,
                topic=event.topic,
                state=state,
                event_id=uuid4(),
                correlation_id=uuid4(),
            )
            for _ in range(most - 1)
        ]
    )


async def positions(client: httpx2.AsyncClient) -> AsyncIterator[int]:
    """What a follower from the beginning gets."""
    async with client.stream("GET", "/v1/events?follow=true") as answer:
        assert answer.status_code == 200
        rest = b""
        async for piece in answer.aiter_bytes():
            whole, _, rest = (rest + piece).rpartition(b"\n\n")
            for position in _ID.findall(whole):
                yield int(position)


def test_a_hundred_followers_cost_as_much_work_as_one_and_get_every_event_once(
    crowded: FastAPI, dossier: Dossier, ask: Ask, encoded: list[int]
) -> None:
    copies(dossier, ask, RECORDED)
    caught_up: list[int] = []

    async def follow(client: httpx2.AsyncClient) -> list[int]:
        got: list[int] = []
        async for position in positions(client):
            got.append(position)
            if position == RECORDED:
                caught_up.append(position)
            if len(caught_up) == FOLLOWERS and position == RECORDED:
                await asyncio.to_thread(register_customer, dossier, ask(), number="2", name="Cy")
            if position > RECORDED:
                break
        return got

    async def crowd(port: int) -> list[list[int]]:
        headers = {"Authorization": f"Bearer {token(Role.AUDITOR)}", "Accept": "text/event-stream"}
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=PATIENCE_S
        ) as client:
            return await asyncio.gather(*[follow(client) for _ in range(FOLLOWERS)])

    with served(crowded) as port:
        got = asyncio.run(crowd(port))
    assert got == [[*range(1, RECORDED + 2)]] * FOLLOWERS
    assert len(encoded) < 3 * RECORDED


@pytest.mark.parametrize("accept", ["text/event-stream", "application/x-ndjson"])
def test_large_events_are_neither_read_nor_sent_all_at_once(
    crowded: FastAPI, dossier: Dossier, ask: Ask, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.11
    monkeypatch.setattr(event_batches, "KEPT_BYTES", MOST_EVENT_BYTES)
    copies(dossier, ask, LARGE, padding=MOST_EVENT_BYTES - 2_000)
    sent: list[int] = []

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if "body" in message:
                sent.append(len(message["body"]))
                message = {**message, "body": b""}
            await send(message)

        await crowded(scope, receive, counted)

    with TestClient(measured) as client:
        headers = {"Authorization": f"Bearer {token(Role.AUDITOR)}", "Accept": accept}
        client.get("/v1/events?limit=1", headers=headers)
        sent.clear()
        tracemalloc.start()
        client.get("/v1/events", headers=headers)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert sum(sent) > (LARGE - 1) * (MOST_EVENT_BYTES - 2_000)
    assert max(sent) <= PIECE_BYTES
    assert peak < 32 * MOST_EVENT_BYTES

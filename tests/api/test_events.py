"""The feed of events over HTTP: lines, server-sent events and following, without personal values."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from eventsourcing.persistence import OperationalError
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect
from starlette.types import Message

from aggregates.fact import Role
from api.app import create_app
from api.background import event_batches, following
from api.background.event_batches import EventBatches
from api.background.following import Places
from api.http import streaming
from api.http.problems import FollowersError
from api.services import Services
from api.settings import ApiSettings
from api_client import Api, assert_problem, fields, token
from cli.http_server.server import serve
from projections.reading.read_models import ReadModels
from store.application import Dossier
from store.stopping import Stop

SSE = {"Accept": "text/event-stream"}


def fill(api: Api, most: int = 5) -> None:
    for number in range(1, most + 1):
        api.post("/v1/customers", {"number": str(number), "name": f"Ada {number}", "reason": "moved in"})


def messages(text: str) -> list[dict[str, str]]:
    """The messages of a server-sent answer, without comments."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block and not block.startswith((":", "retry"))]
    return [dict(line.split(": ", 1) for line in block) for block in blocks]


def test_events_come_as_lines_in_order_from_a_position_on(api: Api) -> None:
    fill(api)
    answer = api.get("/v1/events?after=2&limit=2")
    assert answer.headers["content-type"] == "application/x-ndjson"
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["position"] for one in found] == [3, 4]
    assert (found[0]["type"], found[0]["profile"], found[0]["reason"]) == (
        "customer.registered",
        "customer:3",
        "moved in",
    )
    assert found[0]["personal_fields"] == ["name", "personal_values"]
    assert "Ada" not in answer.text
    assert api.get("/v1/events?after=5").text == ""


def test_a_long_answer_is_read_batch_by_batch(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_batches, "BATCH", 2)
    fill(api, 7)
    for query, expected in (("", 7), ("?limit=5", 5), ("?limit=4", 4), ("?after=4", 3)):
        assert len(api.get(f"/v1/events{query}").text.splitlines()) == expected
        assert len(messages(api.get(f"/v1/events{query}", headers=SSE).text)) == expected


def test_events_come_as_server_sent_events_where_they_are_asked_for(api: Api) -> None:
    fill(api, 2)
    answer = api.get("/v1/events", headers=SSE)
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second = messages(answer.text)
    log = answer.headers["dossier-log"]
    assert (first["id"], first["event"], json.loads(first["data"])["position"]) == (
        f"{log}/1",
        "customer.registered",
        1,
    )
    for last in ("1", first["id"]):
        assert messages(api.get("/v1/events", headers={**SSE, "Last-Event-ID": last}).text) == [second]


def test_a_follower_gets_what_is_recorded_meanwhile_and_a_sign_of_life(api: Api) -> None:
    fill(api, 1)
    writer = threading.Timer(0.15, api.post, ["/v1/customers", {"number": "late", "name": "Cy"}])
    writer.start()
    answer = api.get("/v1/events?follow=true", headers=SSE)
    writer.join()
    assert [one["id"].rpartition("/")[2] for one in messages(answer.text)] == ["1", "2"]
    assert answer.text.startswith("retry: ")
    assert ": nothing new" in answer.text


def test_following_needs_server_sent_events(api: Api) -> None:
    answer = api.get("/v1/events?follow=true")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"follow"}


def test_one_follower_too_many_is_asked_to_come_later(api: Api, settings: ApiSettings) -> None:
    places = _services(api).log_places

    async def crowd() -> None:
        with places.taken("bea"), places.taken("cem"):
            answer = await asyncio.to_thread(api.get, "/v1/events?follow=true", headers=SSE)
            assert "2 answers are open already" in assert_problem(answer, 503, "unavailable")["detail"]
            assert answer.headers["retry-after"]

    assert settings.followers == 2
    asyncio.run(crowd())
    assert api.get("/v1/events", headers=SSE).status_code == 200


def test_one_caller_does_not_take_all_places_of_followers() -> None:
    places = Places(most=5, most_each=2)
    with places.taken("bea"), places.taken("bea"):
        with pytest.raises(FollowersError, match="2 answers to you are open already"), places.taken("bea"):
            pass
        with places.taken("cem"):
            pass
    with places.taken("bea"):
        pass


def test_the_sign_of_life_comes_however_often_the_log_is_looked_at(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "POLL_S", 0.01)
    monkeypatch.setattr(following, "POLLS_A_LOOK", 1)
    fill(api, 1)
    assert ": nothing new" in api.get("/v1/events?follow=true&after=1", headers=SSE).text


def test_a_followed_answer_ends_with_its_token(dossier: Dossier, reads: ReadModels, settings: ApiSettings) -> None:
    app = create_app(dossier, reads, replace(settings, follow_s=60.0))
    with TestClient(app) as client:
        headers = {**SSE, "Authorization": f"Bearer {token(Role.AUDITOR, seconds=2)}"}
        begun = time.monotonic()
        answer = client.get("/v1/events?follow=true", headers=headers)
        assert time.monotonic() - begun < 20
        assert answer.text.endswith(": the token has expired\n\n")
        assert client.get("/v1/events?follow=true", headers=headers).status_code == 401


def test_a_followed_answer_ends_when_the_server_stops(
    dossier: Dossier, reads: ReadModels, settings: ApiSettings
) -> None:
    app = create_app(dossier, reads, replace(settings, follow_s=60.0, heartbeat_s=60.0))
    stop = Stop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(app, listener, stop))
        thread.start()
        connection = http.client.HTTPConnection(*listener.getsockname(), timeout=20)
        headers = {**SSE, "Authorization": f"Bearer {token(Role.AUDITOR)}"}
        connection.request("GET", "/v1/events?follow=true", headers=headers)
        answer = connection.getresponse()
        assert answer.readline().startswith(b"retry: ")
        stop.set()
        assert answer.read() == b"\n"  # to its end: an answer that is cut off raises IncompleteRead
        connection.close()
        thread.join(20)


@pytest.mark.parametrize("query", ["", "?limit=1", "?follow=true"])
def test_a_position_beyond_the_end_of_the_log_is_refused_by_name(api: Api, query: str) -> None:
    fill(api, 1)
    more = "&" if query else "?"
    answer = api.get(f"/v1/events{query}{more}after=2", headers=SSE)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"after"}
    answer = api.get(f"/v1/events{query}", headers={**SSE, "Last-Event-ID": "2"})
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"Last-Event-ID"}


def test_following_takes_no_limit(api: Api) -> None:
    answer = api.get("/v1/events?follow=true&limit=5", headers=SSE)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"limit"}


def test_a_client_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "UNREAD_S", 0.05)

    async def piece() -> AsyncIterator[bytes]:
        yield b"piece"

    async def unread(_message: Message) -> None:
        await asyncio.Event().wait()

    async def answer() -> None:
        async with asyncio.timeout(20):
            await streaming.Stream(piece()).stream_response(unread)

    with pytest.raises(ClientDisconnect):
        asyncio.run(answer())


def test_a_follower_whose_database_goes_away_is_let_go(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    async def lost(_batches: EventBatches, position: int, *_more: object) -> None:
        calls.append(position)
        if len(calls) > 2:
            raise OperationalError("gone")

    monkeypatch.setattr(EventBatches, "after", lost)
    answer = api.get("/v1/events?follow=true", headers=SSE)
    assert answer.status_code == 200
    assert messages(answer.text) == []


def _services(api: Api) -> Services:
    found: Services = api.client.app.state.services  # type: ignore[attr-defined]
    return found

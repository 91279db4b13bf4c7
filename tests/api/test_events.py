"""The feed of events over HTTP: lines, server-sent events, following, and nothing personal in any of them."""

import asyncio
import json
import threading
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from api.routers import events
from api.services import Services
from api.settings import ApiSettings
from api_client import Api, assert_problem, fields

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
    monkeypatch.setattr(events, "BATCH", 2)
    fill(api, 7)
    for query, expected in (("", 7), ("?limit=5", 5), ("?limit=4", 4), ("?after=4", 3)):
        assert len(api.get(f"/v1/events{query}").text.splitlines()) == expected
        assert len(messages(api.get(f"/v1/events{query}", headers=SSE).text)) == expected


def test_events_come_as_server_sent_events_where_they_are_asked_for(api: Api) -> None:
    fill(api, 2)
    answer = api.get("/v1/events", headers=SSE)
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second = messages(answer.text)
    assert (first["id"], first["event"], json.loads(first["data"])["position"]) == ("1", "customer.registered", 1)
    assert messages(api.get("/v1/events", headers={**SSE, "Last-Event-ID": "1"}).text) == [second]


def test_a_follower_gets_what_is_recorded_meanwhile_and_a_sign_of_life(api: Api) -> None:
    fill(api, 1)
    writer = threading.Timer(0.3, api.post, ["/v1/customers", {"number": "late", "name": "Cy"}])
    writer.start()
    answer = api.get("/v1/events?follow=true", headers=SSE)
    writer.join()
    assert [one["id"] for one in messages(answer.text)] == ["1", "2"]
    assert answer.text.startswith("retry: ")
    assert ": nothing new" in answer.text


def test_following_needs_server_sent_events(api: Api) -> None:
    answer = api.get("/v1/events?follow=true")
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"follow"}


def test_one_follower_too_many_is_asked_to_come_later(api: Api, settings: ApiSettings) -> None:
    bell = _services(api).bell

    async def crowd() -> None:
        with bell.follower(), bell.follower():
            answer = await asyncio.to_thread(api.get, "/v1/events?follow=true", headers=SSE)
            assert_problem(answer, 503, "unavailable")

    assert settings.followers == 2
    asyncio.run(crowd())
    assert api.get("/v1/events", headers=SSE).status_code == 200


def test_a_follower_whose_database_goes_away_is_let_go(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def lost(_services: Any, after: int, _most: int) -> list[events.Line]:
        calls.append(after)
        if len(calls) > 2:
            raise OperationalError("gone")
        return []

    monkeypatch.setattr(events, "_batch", lost)
    answer = api.get("/v1/events?follow=true", headers=SSE)
    assert answer.status_code == 200
    assert messages(answer.text) == []


def _services(api: Api) -> Services:
    found: Services = api.client.app.state.services  # type: ignore[attr-defined]
    return found

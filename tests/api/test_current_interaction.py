"""The caller's open interaction, once and as it changes, so that a page shows the state of the call (rules 3.4, 3.5)."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from aggregates.fact import Role
from api.routers.current_interaction import FollowedInteraction
from api.settings import ApiSettings
from api_client import Api, register, token

CURRENT = "/v1/current-interaction"
STREAM = f"{CURRENT}/stream"
TELEPHONY = Role.INTEGRATOR


@pytest.fixture
def prepared_api(api: Api, runners: None) -> Api:
    """Customers 1001 and 1002."""
    register(api)
    register(api, "1002", "Bob Ray")
    return api


def start(api: Api, key: str = "I-1", customer: str = "1001", agent: str = "agent") -> None:
    body = {"interaction": key, "customer": customer, "agent": agent}
    assert api.post("/v1/interactions", body, TELEPHONY).status_code == 201


def move(api: Api, state: str, key: str = "I-1") -> None:
    assert api.patch(f"/v1/interactions/{key}", {"state": state}, TELEPHONY).json()["changed"]


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    """Streams that stay open until the test ends them."""
    return replace(settings, follow_s=60.0, pages=2)


@contextmanager
def followed(address: tuple[str, int], role: Role = Role.AGENT) -> Iterator[Iterator[tuple[str, str] | None]]:
    """The id and state of the open interaction in each message of a stream, as they come."""
    with closing(http.client.HTTPConnection(*address, timeout=20)) as connection:
        connection.request("GET", STREAM, headers={"Authorization": f"Bearer {token(role)}"})
        answer = connection.getresponse()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield (_state(line) for line in iter(answer.readline, b"") if line.startswith(b"data: "))


def _state(line: bytes) -> tuple[str, str] | None:
    told = json.loads(line.removeprefix(b"data: "))["interaction"]
    return told and (told["interaction"], told["state"])


def test_the_open_interaction_is_the_callers_own(prepared_api: Api) -> None:  # rule 3.5
    assert prepared_api.seen(CURRENT, Role.AGENT).json() == {"interaction": None}
    start(prepared_api, "I-2", "1002", "carol")
    assert prepared_api.seen(CURRENT, Role.AGENT).json() == {"interaction": None}
    start(prepared_api)
    told = prepared_api.seen(CURRENT, Role.AGENT).json()["interaction"]
    assert (told["interaction"], told["customer"], told["agent"], told["state"]) == ("I-1", "1001", "agent", "on_call")
    move(prepared_api, "wrap_up")
    assert prepared_api.seen(CURRENT, Role.AGENT).json()["interaction"]["state"] == "wrap_up"
    move(prepared_api, "closed")
    assert prepared_api.seen(CURRENT, Role.AGENT).json() == {"interaction": None}


def test_it_is_read_as_it_was_known(prepared_api: Api) -> None:  # rule 0.3
    start(prepared_api)
    during = prepared_api.seen(CURRENT, Role.AGENT)
    move(prepared_api, "closed")
    then = prepared_api.seen(CURRENT, Role.AGENT, params={"known_at": during.headers["Dossier-Known-At"]})
    assert then.content == during.content


def test_the_stream_begins_with_the_present_state(prepared_api: Api, address: tuple[str, int]) -> None:
    start(prepared_api)
    move(prepared_api, "wrap_up")
    with followed(address) as told, followed(address, Role.AUDITOR) as others:
        assert (next(told), next(others)) == (("I-1", "wrap_up"), None)


def test_every_change_is_told_and_nothing_else(
    prepared_api: Api, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 3.5
    reads: list[int] = []
    read = FollowedInteraction._read

    async def counted(stream: FollowedInteraction) -> Any:
        reads.append(1)
        return await read(stream)

    monkeypatch.setattr(FollowedInteraction, "_read", counted)
    with followed(address) as told:
        assert next(told) is None
        start(prepared_api, "I-2", "1002", "carol")
        register(prepared_api, "1003", "Cy")
        for state in ("wrap_up", "closed"):
            move(prepared_api, state, "I-2")
        start(prepared_api)
        assert next(told) == ("I-1", "on_call")
        move(prepared_api, "wrap_up")
        assert next(told) == ("I-1", "wrap_up")
        move(prepared_api, "closed")
        assert next(told) is None
        start(prepared_api, "I-3", "1002")
        assert next(told) == ("I-3", "on_call")
    assert len(reads) == 5  # the calls of others cost no look


def test_pages_have_places_of_their_own(prepared_api: Api, address: tuple[str, int]) -> None:
    with followed(address) as one, followed(address, Role.AUDITOR) as two:
        assert (next(one), next(two)) == (None, None)
        connection = http.client.HTTPConnection(*address, timeout=20)
        connection.request("GET", STREAM, headers={"Authorization": f"Bearer {token(Role.INTEGRATOR)}"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert json.loads(answer.read())["detail"] == "2 answers are open already; try again later."
        connection.close()

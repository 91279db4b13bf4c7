"""Following the log over HTTP: kinds of bugs known from public reports about event streams.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

import time

import pytest

from aggregates.fact import Role
from api.background import following
from api_client import SECRET, Api, assert_problem, fields, register, token

STREAM = {"Accept": "text/event-stream"}
SOON_S = 30.0


def test_a_quiet_stream_gives_signs_of_life(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: a stream on which nothing happens sends nothing, and whatever is between drops the connection.

    Public report: github.com/Wave-RF/WaveHouse/issues/226 (a quiet stream was reset every two minutes).
    """
    monkeypatch.setattr(following, "POLL_S", 0.01)
    register(api, "L1")
    answer = follow(api, f"?follow=true&after={api.end()}", seconds=2)
    assert ": nothing new" in answer


def test_a_stream_ends_with_the_token_of_its_caller(api: Api) -> None:
    """Kind: whoever has a stream open keeps it after the right to it has ended.

    Public report: github.com/pubky/pubky-homeserver/issues/492 (a stream went on after its session was revoked).
    """
    began = time.monotonic()
    assert follow(api, "?follow=true", seconds=2).endswith(": the token has expired\n\n")
    assert time.monotonic() - began < SOON_S


def test_a_position_beyond_the_end_is_refused_by_name(api: Api) -> None:  # rule 0.9
    """Kind: a subscriber asks from a position that there is not, and waits in silence for ever.

    Public report: github.com/kurrent-io/KurrentDB/issues/3195 (a position too far failed without saying what was wrong).
    """
    register(api, "P1")
    answer = api.get(f"/v1/events?follow=true&after={api.end() + 1_000}", headers=STREAM)
    assert_problem(answer, 422, "invalid")
    assert fields(answer) == {"after"}


def follow(api: Api, query: str, *, seconds: int) -> str:
    """What a stream says to a caller whose token holds for so many seconds."""
    bearer = token(Role.AUDITOR, company=api.dossier.company, secret=SECRET, seconds=seconds)
    return api.get(f"/v1/events{query}", None, headers={**STREAM, "Authorization": f"Bearer {bearer}"}).text

"""Fixtures of the tests of consumers."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from cli.simulator import create_app
from consumer_world import TOKEN, Company, Loops, Simulator, serving
from consumers.bus import Topics
from store.application import Dossier


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops look around more often, so that they end sooner; signals wake them all the same."""
    for name in ("consumers.relay.POLL_S", "consumers.log_feed.POLL_S", "consumers.resender.POLL_S"):
        monkeypatch.setattr(name, 0.1)
    monkeypatch.setattr("store.leadership.STANDBY_S", 0.1)
    monkeypatch.setattr("projections.engine.POLL_S", 0.1)


@pytest.fixture
def loops() -> Iterator[Loops]:
    """Loops that end with the test."""
    running = Loops()
    yield running
    running.end()


@pytest.fixture
def topics() -> Topics:
    """Topics of this test's own."""
    name = uuid4().hex[:12]
    return Topics(events=f"events-{name}", dead_letters=f"dead-{name}", partitions=12)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A Customer Engagement of this test's own."""
    with serving(create_app(TOKEN)) as url:
        one = Simulator(url)
        yield one
        one.close()


@pytest.fixture
def company(dossier: Dossier, ask: Callable[..., Any]) -> Company:
    """Fills the log of this test."""
    return Company(dossier, ask)

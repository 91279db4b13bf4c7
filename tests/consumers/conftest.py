"""Fixtures of the tests of consumers."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from cli.simulator import create_app
from consumer_world import TOKEN, Company, Loops, Simulator, serving
from consumers.bus import Topics
from store.application import Dossier


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

"""Fixtures for the tests of consumers."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from cli.processes.simulator import create_app
from consumer_world import FAST, TOKEN, Company, Loops, Simulator, World, serving
from consumers.bus import Topics
from consumers.customer_engagement import CustomerEngagement
from consumers.dead_letters import DeadLetters
from consumers.forwarder import Forwarder
from consumers.forwarding import FORWARD, RESEND, forwarding
from projections.deliveries.fold import DeliveriesProjection
from projections.engine.runner import Runner
from store.application import Dossier


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops look around more often, so that they end sooner; signals wake them all the same."""
    for name in ("consumers.relay.POLL_S", "consumers.log_feed.POLL_S", "consumers.resender.POLL_S"):
        monkeypatch.setattr(name, 0.1)
    monkeypatch.setattr("store.leadership.STANDBY_S", 0.1)
    monkeypatch.setattr("projections.engine.runner.POLL_S", 0.1)


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
    return Topics("demo", f"events-{name}", f"dead-{name}")


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


@pytest.fixture
def projecting(dossier: Dossier, loops: Loops) -> None:
    projection = DeliveriesProjection(dossier.fact_mapper.keys, dossier.company)
    loops.start(Runner(dossier, projection).run)


@pytest.fixture
def world(dossier: Dossier, company: Company, simulator: Simulator, projecting: None, loops: Loops) -> Any:
    """Everything at work, fed from the log."""
    company.define().integrate().register("1001", "1002")
    with forwarding(dossier, url=simulator.url, token=TOKEN, sending=FAST) as tasks:
        ends = [loops.start(tasks[name]) for name in (FORWARD, RESEND)]
        yield World(dossier, company, simulator)
        for end in ends:
            end()


@pytest.fixture
def forwarder(dossier: Dossier, simulator: Simulator) -> Any:
    engagement = CustomerEngagement(simulator.url, TOKEN)
    yield Forwarder(dossier.database, dossier.fact_mapper, engagement, DeadLetters(dossier.database), FAST)
    engagement.close()

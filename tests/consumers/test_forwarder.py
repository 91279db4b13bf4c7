"""Forwarding to Customer Engagement: once, in order, visibly, and no change waits for another customer (rules 4.2-4.5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from aggregates.effective import When
from aggregates.setup import commands as setup
from conftest import TODAY
from consumer_world import (
    FAST,
    TOKEN,
    Company,
    Loops,
    Simulator,
    World,
    on_topic,
    wait_for,
)
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.forwarding import FORWARD, RESEND, forwarding
from consumers.relay import Relay
from projections.deliveries.queries import decision
from store.application import Dossier


def test_a_change_arrives_with_its_days_and_the_event_id_as_key(world: World) -> None:  # rules 4.2, 4.3
    event = world.company.answer("1001", "A", when=When(effective_to=TODAY + timedelta(days=30)))
    assert world.wait_for(event, "sent").attempts == 1
    assert world.received("1001") == [str(event.event_id)]
    stored = world.simulator._client.get("/customers/1001/attributes").json()
    day = TODAY.isoformat()
    assert stored == {
        "age": {"value": "A", "effective_from": day, "effective_to": (TODAY + timedelta(days=30)).isoformat()}
    }
    assert world.simulator.values("1002") == {}


def test_a_cleared_response_clears_the_attribute(world: World) -> None:  # rule 4.2
    world.wait_for(world.company.answer("1001", "A"), "sent")
    world.wait_for(world.company.answer("1001", None), "sent")
    assert world.simulator.values("1001") == {"age": None}


def test_the_changes_of_a_customer_arrive_in_order(world: World) -> None:  # rule 4.3
    world.simulator.fail(503, times=2)
    events = [world.company.answer("1001", response) for response in "ABCAB"]
    world.wait_for(events[-1], "sent")
    assert world.received("1001") == [str(event.event_id) for event in events]
    assert world.simulator.values("1001") == {"age": "B"}


def test_what_may_pass_is_tried_again(world: World) -> None:  # rule 4.4
    world.simulator.fail(503, times=2)
    event = world.company.answer("1001", "A")
    assert world.wait_for(event, "sent").attempts == 3


def test_a_pause_that_the_other_side_asks_for_is_kept(world: World) -> None:  # rule 4.4
    world.simulator.fail(429, retry_after=1)
    event = world.company.answer("1001", "A")
    sent = world.wait_for(event, "sent")
    assert sent.at - event.recorded_at >= timedelta(seconds=1)


def test_a_refusal_is_a_dead_letter_at_once_and_the_next_change_goes_on(world: World) -> None:  # rule 4.4
    world.simulator.fail(422)
    refused, following = world.company.answer("1001", "A"), world.company.answer("1001", "B")
    dead = world.wait_for(refused, "dead")
    assert (dead.attempts, dead.reason is not None and "422" in dead.reason) == (1, True)
    world.wait_for(following, "sent")
    letter = world.letter(refused)
    assert (letter.number, letter.attribute, letter.value, letter.state) == ("1001", "age", "A", "dead")
    assert (letter.status_code, letter.effective_from, letter.attempts) == (422, TODAY, 1)
    assert world.simulator.values("1001") == {"age": "B"}


def test_what_still_fails_after_the_last_try_is_a_dead_letter(world: World) -> None:  # rule 4.4
    world.simulator.fail(503, times=FAST.most_attempts)
    event = world.company.answer("1001", "A")
    assert world.wait_for(event, "dead").attempts == FAST.most_attempts
    assert "503" in world.letter(event).reason
    assert world.simulator.values("1001") == {}


def test_a_failing_customer_delays_nobody_else(world: World) -> None:  # rule 4.4
    world.simulator.fail(429, times=1_000, number="1001", retry_after=120)
    stuck = world.company.answer("1001", "A")
    wait_for(lambda: world.simulator.received()["refused"], "it was refused once")
    world.wait_for(world.company.answer("1002", "A"), "sent")
    assert world.outcome(stuck) is None


@pytest.mark.parametrize(
    ("l37", "l51", "category", "reason"),
    [
        ("", "Yes", 1, "L37 is not INTERACT"),
        ("SALES", "No", 1, "L37 is not INTERACT"),
        ("INTERACT", "No", 1, "L51 is No"),
        ("INTERACT", "Yes", 2, "not mapped"),
        ("INTERACT", "Yes", 1, None),
    ],
)
def test_only_what_is_switched_on_and_mapped_goes_out(
    dossier: Dossier,
    company: Company,
    simulator: Simulator,
    projecting: None,
    loops: Loops,
    l37: str,
    l51: str,
    category: int,
    reason: str | None,
) -> None:  # rule 4.2
    company.define().integrate(l37, l51).register("1001", "1002")
    with forwarding(dossier, url=simulator.url, token=TOKEN, sending=FAST) as tasks:
        end = loops.start(tasks[FORWARD])
        event = company.answer("1001", "A" if category == 1 else "S", category)
        company.integrate()
        marker = company.answer("1002", "B")
        world = World(dossier, company, simulator)
        world.wait_for(marker, "sent")
        wait_for(lambda: _progress(dossier) >= event.id, "the event is done with")
        end()
    with dossier.database.connection() as connection:
        decided = decision(connection, event.event_id)
    assert decided is not None
    assert decided.not_sent_reason == reason
    assert bool(world.received("1001")) == (reason is None)
    assert (world.outcome(event) is None) == (reason is not None)


def _progress(dossier: Dossier) -> int:
    with dossier.database.connection() as connection:
        row = connection.execute("SELECT min(position) FROM tracking WHERE follower LIKE 'dossier-forwarder/%'")
        return (row.fetchone() or (0,))[0] or 0


def test_the_switches_at_the_time_of_the_change_decide(world: World, ask: Callable[..., Any]) -> None:  # rule 4.2
    setup.set_control(world.dossier, ask(), code="L51", value="No")
    event = world.company.answer("1001", "A")
    setup.set_control(world.dossier, ask(), code="L51", value="Yes")
    following = world.company.answer("1001", "B")
    world.wait_for(following, "sent")
    assert world.received("1001") == [str(following.event_id)]
    assert world.outcome(event) is None


def test_through_kafka_a_refusal_is_on_the_dead_letter_topic_too(
    dossier: Dossier,
    company: Company,
    simulator: Simulator,
    projecting: None,
    loops: Loops,
    kafka_servers: str,
    topics: Topics,
) -> None:  # rules 4.3, 4.4
    company.define().integrate().register("1001", "1002")
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    world = World(dossier, company, simulator)
    with forwarding(
        dossier, url=simulator.url, token=TOKEN, brokers=Brokers(kafka_servers), topics=topics, sending=FAST
    ) as tasks:
        ends = [loops.start(tasks[name]) for name in (FORWARD, RESEND)]
        simulator.fail(422)
        refused = company.answer("1001", "A")
        world.wait_for(refused, "dead")
        events = [company.answer("1001", response) for response in "BCA"]
        world.wait_for(events[-1], "sent")
        world.wait_for(company.answer("1002", "B"), "sent")
        for end in ends:
            end()
    assert world.received("1001") == [str(event.event_id) for event in events]
    [letter] = on_topic(kafka_servers, topics.dead_letters)
    assert letter.key == b"demo/customer:1001"
    assert letter.headers["ce_id"] == str(refused.event_id).encode()
    assert b"422" in letter.headers["dossierreason"]
    assert letter.headers["dossierstatus"] == b"422"
    assert letter.headers["dossierattempts"] == b"1"

"""Out to Customer Engagement: once, in order, visibly, and nothing waits for another customer (rules 4.2-4.5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from aggregates.setup import commands as setup
from conftest import TODAY
from consumer_world import FAST, TOKEN, Company, Loops, Simulator, on_topic, wait_for
from consumers.bus import Topics
from consumers.customer_engagement import CustomerEngagement
from consumers.dead_letters import DeadLetters, unreadable_id
from consumers.forwarder import Forwarder
from consumers.forwarding import FORWARD, RESEND, forwarding
from consumers.messages import Received, message
from consumers.relay import Relay
from projections.deliveries import DeliveriesProjection, decision
from projections.engine import Runner
from store import deliveries
from store.application import Dossier
from store.deliveries import NotResendableError, SupersededError


class World:
    """A company whose changes go out: projection, feed and simulator at work."""

    def __init__(self, dossier: Dossier, company: Company, simulator: Simulator) -> None:
        self.dossier, self.company, self.simulator = dossier, company, simulator

    def outcome(self, event: Any) -> deliveries.Delivered | None:
        with self.dossier.database.connection() as connection:
            return deliveries.outcome(connection, event.event_id)

    def wait_for(self, event: Any, status: str) -> deliveries.Delivered:
        def reached() -> deliveries.Delivered | None:
            found = self.outcome(event)
            return found if found is not None and found.status == status else None

        found: deliveries.Delivered = wait_for(reached, f"{event.event_id} is {status}")
        return found

    def letter(self, event: Any) -> deliveries.DeadLetter:
        with self.dossier.database.connection() as connection:
            found = deliveries.dead_letter(connection, event.event_id)
        assert found is not None
        return found

    def resend(self, event: Any, **how: Any) -> deliveries.DeadLetter:
        with self.dossier.database.connection() as connection:
            return deliveries.request_resend(connection, event.event_id, "ann", **how)

    def received(self, number: str) -> list[str]:
        return list(self.simulator.received()["order"].get(number, []))


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


def test_a_change_arrives_with_its_days_and_the_event_id_as_key(world: World) -> None:  # rules 4.2, 4.3
    event = world.company.answer("1001", "A", effective_to=TODAY + timedelta(days=30))
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


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again(world: World, status: int) -> None:  # rule 4.4
    world.simulator.fail(status, times=2)
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


# Redelivery and poison, straight at the handler


@pytest.fixture
def forwarder(dossier: Dossier, simulator: Simulator) -> Any:
    engagement = CustomerEngagement(simulator.url, TOKEN)
    yield Forwarder(dossier.database, engagement, DeadLetters(dossier.database), FAST)
    engagement.close()


def _received(dossier: Dossier, event: Any) -> Received:
    made = message(dossier.fact_mapper, event)
    return Received(made.key, made.value, dict(made.headers), f"test/0/{event.id}", event.id)


def _fold(dossier: Dossier) -> None:
    Runner(dossier, DeliveriesProjection(dossier.fact_mapper.keys, dossier.company)).catch_up()


def test_a_message_waits_for_the_read_model_that_decides(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:
    company.define().integrate().register("1001")
    received = _received(dossier, company.answer("1001", "A"))
    later = forwarder.handle(received, 1)
    assert later is not None
    assert not later.attempted
    assert simulator.received()["requests"] == 0
    _fold(dossier)
    assert forwarder.handle(received, 1) is None
    assert simulator.values("1001") == {"age": "A"}


def test_a_redelivered_message_has_one_effect(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:  # rule 4.3
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    _fold(dossier)
    assert forwarder.handle(_received(dossier, event), 1) is None
    assert forwarder.handle(_received(dossier, event), 1) is None
    with dossier.database.connection() as connection:  # as if it had been killed before the outcome was stored
        connection.execute("DELETE FROM delivery_outcomes")
    assert forwarder.handle(_received(dossier, event), 1) is None
    counts = simulator.received()
    assert (counts["requests"], counts["effective"], counts["duplicates"]) == (2, 1, 1)
    with dossier.database.connection() as connection:
        found = deliveries.outcome(connection, event.event_id)
    assert found is not None
    assert found.status == "sent"


def test_a_redelivered_dead_message_is_not_sent_by_itself(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder
) -> None:  # rule 4.4
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    _fold(dossier)
    simulator.fail(400)
    assert forwarder.handle(_received(dossier, event), 1) is None
    assert forwarder.handle(_received(dossier, event), 1) is None
    assert simulator.received()["requests"] == 1


@pytest.mark.parametrize(
    ("value", "left_out", "why"), [(b"not json", None, "not JSON"), (..., "ce_id", "ce_id"), (b"{}", None, "members")]
)
def test_an_unreadable_message_is_put_aside_with_its_reason(
    dossier: Dossier, company: Company, forwarder: Forwarder, value: Any, left_out: str | None, why: str
) -> None:  # rule 4.4
    company.define().integrate().register("1001")
    good = _received(dossier, company.answer("1001", "A"))
    headers = {name: one for name, one in good.headers.items() if name != left_out}
    broken = Received(good.key, good.value if value is ... else value, headers, "topic/3/17", 17)
    assert forwarder.handle(broken, 1) is None
    assert forwarder.handle(broken, 1) is None
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
        kept = deliveries.unreadable_message(connection, letter.event_id)
        with pytest.raises(NotResendableError):
            deliveries.request_resend(connection, letter.event_id, "ann")
    assert letter.event_id == unreadable_id(broken)
    assert why in letter.reason
    assert (letter.number, letter.source, kept) == (None, "topic/3/17", broken.value)


def test_a_message_of_an_event_that_the_log_does_not_have_is_put_aside(
    dossier: Dossier, company: Company, forwarder: Forwarder
) -> None:
    company.define().integrate().register("1001")
    good = _received(dossier, company.answer("1001", "A"))
    _fold(dossier)
    event_id = good.headers["ce_id"]
    foreign = Received(
        good.key, (good.value or b"").replace(event_id, str(uuid4()).encode()), good.headers, "topic/3/18", 18
    )
    assert forwarder.handle(foreign, 1) is None
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
    assert "has no event" in letter.reason


def test_other_messages_are_none_of_its_business(dossier: Dossier, company: Company, forwarder: Forwarder) -> None:
    company.define().register("1001")
    for event in dossier.log_of_facts.select_notifications(1, 100):
        assert forwarder.handle(_received(dossier, event), 1) is None


def test_another_side_that_is_not_there_is_tried_again(dossier: Dossier, company: Company) -> None:  # rule 4.4
    engagement = CustomerEngagement("http://127.0.0.1:1", TOKEN)
    forwarder = Forwarder(dossier.database, engagement, DeadLetters(dossier.database), FAST)
    company.define().integrate().register("1001")
    event = company.answer("1001", "A")
    _fold(dossier)
    assert forwarder.handle(_received(dossier, event), 1) is not None
    assert forwarder.handle(_received(dossier, event), FAST.most_attempts) is None
    engagement.close()
    with dossier.database.connection() as connection:
        [letter] = deliveries.dead_letters(connection)
    assert "No answer" in letter.reason
    assert letter.status_code is None


# Sending dead letters again


@pytest.fixture
def dead(world: World) -> Any:
    world.simulator.fail(422)
    event = world.company.answer("1001", "A")
    world.wait_for(event, "dead")
    return event


def test_a_dead_letter_can_be_sent_again(world: World, dead: Any) -> None:  # rule 4.4
    asked = world.resend(dead)
    assert (asked.state, asked.resend_requested_by) == ("resending", "ann")
    assert world.wait_for(dead, "sent").attempts == 2
    wait_for(lambda: world.letter(dead).state == "resent", "the letter is resent")
    assert world.received("1001") == [str(dead.event_id)]
    assert world.simulator.values("1001") == {"age": "A"}
    with pytest.raises(NotResendableError):
        world.resend(dead)


def test_a_dead_letter_can_be_corrected_and_sent_again(world: World, dead: Any) -> None:  # rule 4.4
    world.resend(dead, value="30-39")
    world.wait_for(dead, "sent")
    assert world.simulator.values("1001") == {"age": "30-39"}
    assert world.received("1001") == [str(uuid5(dead.event_id, "30-39"))]
    letter = world.letter(dead)
    assert (letter.value, letter.corrected_value, letter.corrected) == ("A", "30-39", True)


def test_a_correction_can_clear_the_attribute(world: World, dead: Any) -> None:
    world.resend(dead, value=None)
    world.wait_for(dead, "sent")
    assert world.simulator.values("1001") == {"age": None}


def test_a_superseded_dead_letter_is_sent_again_only_by_force(world: World, dead: Any) -> None:  # rule 4.4
    world.wait_for(world.company.answer("1001", "B"), "sent")
    with pytest.raises(SupersededError):
        world.resend(dead)
    assert world.letter(dead).state == "dead"
    world.resend(dead, force=True)
    world.wait_for(dead, "sent")
    assert world.simulator.values("1001") == {"age": "A"}


def test_a_later_value_of_another_customer_supersedes_nothing(world: World, dead: Any) -> None:
    world.wait_for(world.company.answer("1002", "B"), "sent")
    world.resend(dead)
    world.wait_for(dead, "sent")


def test_a_resend_that_fails_for_a_while_is_tried_again(world: World, dead: Any) -> None:
    world.simulator.fail(503, times=2)
    world.resend(dead)
    assert world.wait_for(dead, "sent").attempts == 4


def test_a_resend_that_is_refused_again_is_a_dead_letter_again(world: World, dead: Any) -> None:
    world.simulator.fail(409)
    world.resend(dead)
    wait_for(lambda: world.letter(dead).state == "dead", "it is dead again")
    assert "409" in world.letter(dead).reason
    assert world.letter(dead).attempts == 2
    world.resend(dead)
    world.wait_for(dead, "sent")


def test_a_value_sent_between_request_and_resend_wins(
    dossier: Dossier, company: Company, simulator: Simulator, forwarder: Forwarder, loops: Loops
) -> None:  # rule 4.4
    company.define().integrate().register("1001")
    world = World(dossier, company, simulator)
    dead = company.answer("1001", "A")
    _fold(dossier)
    simulator.fail(422)
    forwarder.handle(_received(dossier, dead), 1)
    world.resend(dead)  # nobody resends yet
    later = company.answer("1001", "B")
    _fold(dossier)
    forwarder.handle(_received(dossier, later), 1)
    with forwarding(dossier, url=simulator.url, token=TOKEN, sending=FAST) as tasks:
        end = loops.start(tasks[RESEND])
        wait_for(lambda: world.letter(dead).state == "dead", "it is put back")
        end()
    assert str(later.event_id) in world.letter(dead).reason
    assert simulator.values("1001") == {"age": "B"}


def test_dead_letters_are_listed_page_by_page_and_by_state(world: World) -> None:  # rule 4.4
    world.simulator.fail(422, times=3)
    events = [world.company.answer(number, "A") for number in ("1001", "1002")]
    events.append(world.company.answer("1002", "B"))
    for event in events:
        world.wait_for(event, "dead")
    with world.dossier.database.connection() as connection:
        first = deliveries.dead_letters(connection, 2)
        rest = deliveries.dead_letters(connection, 2, first[-1].letter)
        assert {letter.event_id for letter in first + rest} == {event.event_id for event in events}
        assert [len(first), len(rest)] == [2, 1]
        assert len(deliveries.dead_letters(connection, state="dead")) == 3
        assert deliveries.dead_letters(connection, state="resent") == []


def test_asking_for_what_is_not_there_is_refused(world: World, dead: Any) -> None:
    with world.dossier.database.connection() as connection:
        with pytest.raises(deliveries.DeadLetterNotFoundError):
            deliveries.request_resend(connection, UUID(int=1), "ann")
        for value in ("", "x" * 1_001):
            with pytest.raises(deliveries.CorrectedValueError):
                deliveries.request_resend(connection, dead.event_id, "ann", value=value)
    assert world.letter(dead).state == "dead"


@pytest.mark.kafka
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
    loops.start(Relay(dossier, kafka_servers, topics, FAST).run)
    world = World(dossier, company, simulator)
    with forwarding(
        dossier, url=simulator.url, token=TOKEN, servers=kafka_servers, topics=topics, sending=FAST
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
    assert letter.key == b"customer:1001"
    assert letter.headers["ce_id"] == str(refused.event_id).encode()
    assert b"422" in letter.headers["dossierreason"]
    assert letter.headers["dossierstatus"] == b"422"
    assert letter.headers["dossierattempts"] == b"1"

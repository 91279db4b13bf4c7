"""A message that Kafka refuses permanently: its key waits visibly, and all others continue (rules 0.11, 4.3)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from aggregates.customer.events import ResponseSelected
from aggregates.customer.profile import CustomerProfile
from aggregates.use_case import Request
from conftest import TODAY
from consumer_world import FAST, Company, Loops, Recorder, message_of, on_topic, relay_state, wait_for
from consumers.brokers import Brokers
from consumers.bus import LARGEST_MESSAGE_BYTES, Topics, producing
from consumers.kafka_client import ConfigResource, ConfigResourceType, KafkaAdminClient
from consumers.kafka_feed import KafkaFeed
from consumers.messages import POSITION_HEADER
from consumers.relay import Relay
from consumers.relay_metrics import RELAY_REFUSED
from consumers.topics import LIMIT, ensure_topics
from store import mapper, refusals
from store.application import Dossier
from store.refusals import Refusal, RefusalNotFoundError, RefusalSettledError

LOW = 20_000
"""Bytes that the topic takes in some tests."""


def limit_of(servers: str, topic: str) -> int:
    admin = KafkaAdminClient(bootstrap_servers=servers)
    described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, [LIMIT])], config_filter="all")
    admin.close()
    return int(described["topic"][topic][LIMIT]["value"])


@pytest.fixture
def low_limit(kafka_servers: str, topics: Topics, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A topic that takes little; gives what lets it take as much as usual."""
    monkeypatch.setattr("consumers.topics.LARGEST_MESSAGE_BYTES", LOW)
    ensure_topics(Brokers(kafka_servers), topics)

    def mended() -> None:
        monkeypatch.setattr("consumers.topics.LARGEST_MESSAGE_BYTES", LARGEST_MESSAGE_BYTES)
        ensure_topics(Brokers(kafka_servers), topics)

    return mended


def record_large(dossier: Dossier, ask: Callable[..., Request], number: str, size: int) -> int:
    """Records an event of a customer with a description of so many characters; gives its position."""
    customer = dossier.load(CustomerProfile, number)
    assert customer is not None
    customer.record(
        ResponseSelected,
        ask().origin,
        number=number,
        category=1,
        category_description="x" * size,
        response="A",
        response_description="Age A",
        by_default=False,
        effective_from=TODAY,
        effective_to=None,
    )
    return dossier.put(customer.collect_events())[-1]


def open_refusals(dossier: Dossier) -> list[Refusal]:
    with dossier.database.connection() as connection:
        return refusals.refusals(connection)


def is_through(dossier: Dossier) -> bool:
    return relay_state(dossier.database).lag == 0


def positions_of(servers: str, topics: Topics, number: str) -> list[int]:
    """Positions of a customer's messages on the topic, in order."""
    key = f"demo/customer:{number}".encode()
    found = [one for one in on_topic(servers, topics.events) if one.key == key]
    return [int(one.headers[POSITION_HEADER]) for one in found]


def test_topics_take_large_messages_also_those_that_were_made_before(
    kafka_servers: str, topics: Topics, low_limit: Callable[[], None]
) -> None:  # rule 0.11
    assert limit_of(kafka_servers, topics.events) == LOW
    low_limit()
    assert (
        limit_of(kafka_servers, topics.events) == limit_of(kafka_servers, topics.dead_letters) == LARGEST_MESSAGE_BYTES
    )
    ensure_topics(Brokers(kafka_servers), topics)
    assert limit_of(kafka_servers, topics.events) == LARGEST_MESSAGE_BYTES


def test_an_event_of_former_times_above_the_bound_reaches_subscribers(
    dossier: Dossier,
    company: Company,
    ask: Callable[..., Request],
    kafka_servers: str,
    topics: Topics,
    loops: Loops,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # rules 0.1, 0.11
    company.define().register("1001")
    with monkeypatch.context() as former:
        former.setattr(mapper, "MOST_EVENT_BYTES", 10_000_000)
        large = record_large(dossier, ask, "1001", 3_000_000)
    following = company.answer("1001", "B")
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    subscriber = Recorder()
    loops.start(lambda stop: KafkaFeed(Brokers(kafka_servers), "subscriber", topics, FAST).run(subscriber, stop))
    wait_for(lambda: subscriber.handled["customer:1001"][-2:] == [large, following.id], "both came, in order")
    assert open_refusals(dossier) == []


def test_what_is_refused_holds_up_only_its_key_until_it_can_be_sent(
    dossier: Dossier,
    company: Company,
    ask: Callable[..., Request],
    kafka_servers: str,
    topics: Topics,
    loops: Loops,
    low_limit: Callable[[], None],
) -> None:  # rule 4.3
    company.define().register("1001", "1002")
    end = loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    large = record_large(dossier, ask, "1001", 2 * LOW)
    waiting = [company.answer("1001", answer).id for answer in "BC"]
    other = company.answer("1002", "A").id
    wait_for(lambda: is_through(dossier), "the relay goes on")
    assert positions_of(kafka_servers, topics, "1002")[-1] == other
    before = positions_of(kafka_servers, topics, "1001")
    assert before == [position for position in before if position < large]
    [refused] = open_refusals(dossier)
    assert (refused.position, refused.key, refused.state, refused.waiting) == (
        large,
        "demo/customer:1001",
        "refused",
        2,
    )
    assert refused.bytes > 2 * LOW
    assert "MessageSizeTooLarge" in refused.reason
    assert RELAY_REFUSED._value.get() == 1
    end()
    low_limit()
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(lambda: not open_refusals(dossier), "the next relay sends it")
    last = company.answer("1001", "A").id
    wait_for(lambda: is_through(dossier), "the key goes on")
    assert positions_of(kafka_servers, topics, "1001") == [*before, large, *waiting, last]


def test_an_operator_sends_again_or_skips_and_what_waits_follows_in_order(
    dossier: Dossier,
    company: Company,
    ask: Callable[..., Request],
    kafka_servers: str,
    topics: Topics,
    loops: Loops,
    low_limit: Callable[[], None],
) -> None:  # rule 4.3
    company.define().register("1001")
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    first = record_large(dossier, ask, "1001", 2 * LOW)
    between = company.answer("1001", "B").id
    second = record_large(dossier, ask, "1001", 2 * LOW)
    last = company.answer("1001", "C").id
    wait_for(lambda: is_through(dossier), "the relay goes on")
    [refused] = open_refusals(dossier)
    asked(dossier, refused, "sending")
    wait_for(lambda: [one.attempts for one in open_refusals(dossier)] == [2], "it is refused again")
    asked(dossier, refused, "skipping")
    wait_for(
        lambda: [one.position for one in open_refusals(dossier)] == [second], "what follows goes on to the next one"
    )
    assert positions_of(kafka_servers, topics, "1001")[-1] == between
    asked(dossier, open_refusals(dossier)[0], "skipping")
    wait_for(lambda: not open_refusals(dossier), "nothing waits")
    assert positions_of(kafka_servers, topics, "1001")[-2:] == [between, last]
    with dossier.database.connection() as connection:
        assert [(one.position, one.state) for one in refusals.refusals(connection, settled=True)] == [
            (first, "skipped"),
            (second, "skipped"),
        ]
        with pytest.raises(RefusalSettledError):
            refusals.ask(connection, refused.event_id, "ann", "sending")
        with pytest.raises(RefusalNotFoundError):
            refusals.refusal(connection, uuid4())


def asked(dossier: Dossier, refused: Refusal, wish: Any) -> None:
    with dossier.database.connection() as connection:
        refusals.ask(connection, refused.event_id, "ann", wish)


def test_a_batch_that_is_too_large_is_refused_as_a_whole(kafka_servers: str, topics: Topics, low_limit: Any) -> None:
    """The client would send its halves, and what comes after a refused message would overtake it."""
    with producing(Brokers(kafka_servers), "test") as producer:
        small, large = message_of(position=1), message_of(position=2, reason="x" * 2 * LOW)
        acks = [
            producer.send(topics.events, value=one.value, key=b"demo/customer:1001", headers=[])
            for one in (large, small)
        ]
        producer.flush(timeout=10)
    assert [ack.failed() for ack in acks] == [True, True]
    assert on_topic(kafka_servers, topics.events) == []

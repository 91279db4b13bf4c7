"""One handler, two feeds: the same promises from Kafka and from the log itself (rules 4.3, 4.4, 4.6)."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest

from consumer_world import FAST, NOT_UTF_8, Company, Loops, Recorder, drop_connections, message_of, succeeds, wait_for
from consumers.brokers import Brokers
from consumers.bus import Topics, producing
from consumers.feeds import MOST_FAULTS, Feed, Lane, Later
from consumers.kafka_feed import KafkaFeed
from consumers.log_feed import LogFeed
from consumers.messages import POSITION_HEADER, Received
from consumers.reading import Incoming
from consumers.relay import Relay
from consumers.topics import ensure_topics
from store.application import Dossier

NUMBERS = [str(number) for number in range(1_000, 1_012)]


OF_KAFKA = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]
"""Marks of what asks for the Kafka of the run by name, which `conftest` cannot see."""


@pytest.fixture(params=["log", pytest.param("kafka", marks=OF_KAFKA)])
def feed(request: pytest.FixtureRequest, dossier: Dossier, topics: Topics, loops: Loops) -> Callable[[], Feed]:
    """Makes feeds of one consumer, each as another process would."""
    consumer = f"test-{uuid4().hex[:8]}"
    if request.param == "log":
        return lambda: LogFeed(dossier, consumer, retrying=FAST)
    servers: str = request.getfixturevalue("kafka_servers")
    loops.start(Relay(dossier, Brokers(servers), topics, FAST).run)
    return lambda: KafkaFeed(Brokers(servers), consumer, topics, FAST)


@pytest.fixture
def answered(company: Company) -> Company:
    """Twelve customers with two answers each."""
    company.define().register(*NUMBERS)
    for response in "AB":
        for number in NUMBERS:
            company.answer(number, response)
    return company


def run(loops: Loops, feed: Feed, handler: Recorder) -> Callable[[], None]:
    return loops.start(lambda stop: feed.run(handler, stop))


def test_every_message_is_handled_in_order_per_profile(
    feed: Callable[[], Feed], answered: Company, loops: Loops
) -> None:  # rule 4.3
    handler = Recorder()
    run(loops, feed(), handler)
    wait_for(lambda: handler.total >= 36, "everything is handled")
    answered.answer("1000", "C")
    wait_for(lambda: len(handler.handled["customer:1000"]) == 4, "what is recorded later is handled, too")
    assert {profile for profile in handler.handled if profile.startswith("customer")} >= {
        f"customer:{number}" for number in NUMBERS
    }
    assert all(positions == sorted(set(positions)) for positions in handler.handled.values())
    assert not handler.overlapped


def test_only_the_partition_whose_handler_waits_waits(
    feed: Callable[[], Feed], answered: Company, loops: Loops
) -> None:  # rule 4.4
    handler = Recorder()
    failing = threading.Event()
    failing.set()
    handler.behaviour["customer:1000"] = lambda _: Later(0.05) if failing.is_set() else None
    run(loops, feed(), handler)
    wait_for(lambda: len(handler.attempts["customer:1000"]) > 3, "it is tried again")
    wait_for(lambda: sum(len(positions) == 3 for positions in handler.handled.values()) >= 8, "the others go on")
    assert not handler.handled["customer:1000"]
    assert handler.attempts["customer:1000"][:4] == [1, 2, 3, 4]
    failing.clear()
    wait_for(lambda: len(handler.handled["customer:1000"]) == 3, "it goes on")
    wait_for(lambda: sum(len(positions) == 3 for positions in handler.handled.values()) == 12, "and those behind it")
    assert all(positions == sorted(set(positions)) for positions in handler.handled.values())


def test_what_was_handled_is_not_handled_again_by_the_next_process(
    feed: Callable[[], Feed], answered: Company, loops: Loops
) -> None:
    first, second = Recorder(), Recorder()
    end = run(loops, feed(), first)
    wait_for(lambda: first.total >= 36, "everything is handled")
    end()
    answered.answer("1000", "C")
    run(loops, feed(), second)
    wait_for(lambda: second.total, "the next process goes on")
    assert second.handled == {"customer:1000": [max(second.handled["customer:1000"])]}


def test_what_was_not_finished_is_handled_by_the_next_process(
    feed: Callable[[], Feed], answered: Company, loops: Loops
) -> None:
    first, second = Recorder(), Recorder()
    first.behaviour["customer:1000"] = lambda _: Later(60)
    end = run(loops, feed(), first)
    wait_for(lambda: sum(len(positions) == 3 for positions in first.handled.values()) >= 8, "the others are handled")
    end()
    run(loops, feed(), second)
    wait_for(lambda: len(second.handled["customer:1000"]) == 3, "it is handled", within_s=60)
    both = {profile: {*first.handled[profile], *second.handled[profile]} for profile in second.handled}
    assert all(len(positions) == 3 for profile, positions in both.items() if profile.startswith("customer"))


def test_a_message_that_breaks_the_handler_is_given_up_and_the_next_ones_go_on(
    feed: Callable[[], Feed], answered: Company, loops: Loops, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 4.4
    def broken(attempt: int) -> Later | None:
        if len(handler.attempts["customer:1000"]) <= MOST_FAULTS:
            raise KeyError("a bug")
        return None

    handler = Recorder()
    handler.behaviour["customer:1000"] = broken
    run(loops, feed(), handler)
    wait_for(lambda: handler.total == 35, "all but one are handled")
    [reason] = handler.given_up
    assert "a bug" in reason
    assert len(handler.handled["customer:1000"]) == 2


def test_two_processes_share_the_work_or_stand_by(feed: Callable[[], Feed], answered: Company, loops: Loops) -> None:
    first, second = Recorder(), Recorder()
    end_first = run(loops, feed(), first)
    run(loops, feed(), second)
    wait_for(lambda: first.total + second.total >= 36, "everything is handled")
    end_first()
    for number in NUMBERS:
        answered.answer(number, "C")

    def taken() -> set[int]:
        return {one for handler in (first, second) for each in list(handler.handled.values()) for one in each}

    wait_for(lambda: len(taken()) == 48, "the other one takes over", within_s=60)
    assert all(each == sorted(each) for each in second.handled.values())


def test_a_message_without_headers_or_key_does_not_stop_a_partition(
    kafka_servers: str, topics: Topics, loops: Loops
) -> None:  # rule 4.4
    ensure_topics(Brokers(kafka_servers), topics)
    handler = Recorder()
    good = message_of()
    with producing(Brokers(kafka_servers), "test") as producer:
        for key, headers in ((None, []), (b"customer:1", [(POSITION_HEADER, b"7")])):
            producer.send(topics.events, value=b"\xff", key=key, headers=headers, partition=0)
        producer.send(topics.events, value=good.value, key=good.key, headers=[*good.headers.items()], partition=0)
        producer.flush(timeout=10)
    run(loops, KafkaFeed(Brokers(kafka_servers), "test", topics, FAST), handler)
    wait_for(lambda: handler.total == 1, "the good one is handled")
    assert handler.handled == {"customer:1001": [1]}
    assert [(one.key, one.value) for one in handler.unreadable] == [(None, b"\xff"), (b"customer:1", b"\xff")]


def test_a_record_that_the_client_cannot_decode_is_put_aside_and_those_around_it_get_through(
    kafka_servers: str, topics: Topics, loops: Loops
) -> None:  # rule 4.4
    ensure_topics(Brokers(kafka_servers), topics)
    with producing(Brokers(kafka_servers), "test") as producer:
        for batch in ((1, 2, 3), (4,)):
            for position in batch:
                made = message_of("demo", "1001", position)
                name = [(NOT_UTF_8, b"x")] if position == 2 else []
                headers = [*made.headers.items(), *name]
                producer.send(topics.events, value=made.value, key=made.key, headers=headers, partition=0)
            producer.flush(timeout=10)
    first, second = Recorder(), Recorder()
    end = run(loops, KafkaFeed(Brokers(kafka_servers), "test", topics, FAST), first)
    wait_for(lambda: first.handled["customer:1001"] == [1, 3, 4], "the good ones are handled, in order")
    [letter] = first.unreadable
    assert (letter.source, letter.value) == (f"{topics.events}/0/1", message_of("demo", "1001", 2).value)
    assert "utf-8" in (letter.undecodable or "")
    end()
    run(loops, KafkaFeed(Brokers(kafka_servers), "test", topics, FAST), second)
    with producing(Brokers(kafka_servers), "test") as producer:
        made = message_of("demo", "1001", 5)
        producer.send(topics.events, value=made.value, key=made.key, headers=[*made.headers.items()], partition=0)
        producer.flush(timeout=10)
    wait_for(lambda: second.handled["customer:1001"] == [5], "what was stepped over is committed")
    assert not second.unreadable


def test_a_partition_with_enough_read_ahead_is_held_back(
    kafka_servers: str, topics: Topics, loops: Loops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.kafka_feed.MOST_WAITING", 10)
    monkeypatch.setattr("consumers.kafka_feed.PARTITION_FETCH_BYTES", 2_000)
    ensure_topics(Brokers(kafka_servers), topics)
    with producing(Brokers(kafka_servers), "test") as producer:
        for position in range(1, 121):
            for made in (message_of("demo", "1", position), message_of("demo", "2", position)):
                producer.send(topics.events, value=made.value, key=made.key, headers=[*made.headers.items()])
            if position % 20 == 0:
                producer.flush(timeout=10)
    handler = Recorder()
    handler.behaviour["customer:1"] = lambda attempt: Later(0.01) if attempt == 1 else None
    feed = KafkaFeed(Brokers(kafka_servers), f"test-{uuid4().hex[:8]}", topics, FAST)
    run(loops, feed, handler)
    wait_for(lambda: handler.total == 240, "all are handled")
    assert handler.handled["customer:1"] == handler.handled["customer:2"] == list(range(1, 121))


def test_what_is_wanted_afresh_is_counted_from_the_first_attempt() -> None:  # rule 4.4
    attempts: list[int] = []

    class Told:
        types: frozenset[str] = Recorder.types

        def handle(self, incoming: Incoming, attempt: int) -> Later | None:
            attempts.append(attempt)
            return [Later(0.0), Later(0.0, attempted=False), Later(0.0, afresh=True), Later(0.0), None][
                len(attempts) - 1
            ]

        def give_up(self, incoming: Incoming, reason: str) -> None:
            raise AssertionError(reason)

        def put_aside(self, received: Received, reason: str) -> None:
            raise AssertionError(reason)

    lane = Lane("test/0")
    lane.put([message_of()])
    while lane.begin():
        lane.work(Told(), "demo")
    assert attempts == [1, 2, 2, 1, 2]
    assert lane.done == 1


def test_a_lagging_partition_of_the_log_is_read_again_from_where_it_stands(
    dossier: Dossier, answered: Company, loops: Loops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.log_feed.MOST_WAITING", 2)
    monkeypatch.setattr("consumers.log_feed.BATCH_EVENTS", 3)
    handler = Recorder()
    waiting = threading.Event()
    handler.behaviour["customer:1000"] = lambda _: None if waiting.is_set() else Later(0.02)
    run(loops, LogFeed(dossier, "test", partitions=3, retrying=FAST), handler)
    wait_for(lambda: handler.total > 10, "the others go on")
    waiting.set()
    wait_for(lambda: handler.total == 36, "everything is handled")
    assert all(positions == sorted(set(positions)) for positions in handler.handled.values())


def test_the_log_feed_goes_on_after_the_database_dropped_its_connections(
    dossier: Dossier, answered: Company, loops: Loops
) -> None:
    handler = Recorder()
    run(loops, LogFeed(dossier, "test", retrying=FAST), handler)
    wait_for(lambda: handler.total == 36, "everything is handled")
    drop_connections(dossier.database)
    wait_for(lambda: succeeds(lambda: answered.answer("1000", "C")), "the database is there again")
    wait_for(lambda: len(handler.handled["customer:1000"]) >= 4, "the feed goes on")

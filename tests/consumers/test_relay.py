"""From the log to Kafka: everything, at least once, in order per key, whatever fails (rules 0.8, 4.3, 4.6)."""

import gc
import logging
import shutil
import socket
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from conftest import kafka_module
from consumer_world import FAST, Company, Loops, drop_connections, on_topic, relay_state, succeeds, wait_for
from consumers.brokers import Brokers, TopicShape
from consumers.bus import Topics, producing
from consumers.kafka_client import KafkaAdminClient, KafkaError
from consumers.messages import POSITION_HEADER, Received, key_of
from consumers.metrics import FAULTS
from consumers.reading import read_message
from consumers.relay import Relay
from consumers.topics import ensure_topics
from store.application import Dossier
from store.events import NewEvent
from store.log import RELAY, move

UNCLOSED = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""The client drops the socket of a connection that failed without closing it; Python closes it then."""


def positions_by_key(messages: list[Received]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = defaultdict(list)
    for one in messages:
        assert one.key is not None
        found[one.key].append(int(one.headers[POSITION_HEADER]))
    return found


def first_receipts(positions: list[int]) -> list[int]:
    """What a subscriber takes that drops every position which is not above the last it saw (the published promise)."""
    taken: list[int] = []
    for position in positions:
        if not taken or position > taken[-1]:
            taken.append(position)
    return taken


def is_through(dossier: Dossier) -> Callable[[], bool]:
    return lambda: relay_state(dossier.database).lag == 0


def test_everything_goes_to_the_bus_in_order_per_key(
    dossier: Dossier, company: Company, kafka_servers: str, topics: Topics, loops: Loops
) -> None:  # rule 4.6
    company.define().integrate().register("1001", "1002")
    relay = Relay(dossier, Brokers(kafka_servers), topics, FAST)
    loops.start(relay.run)
    for response in "ABCA":
        company.answer("1001", response)
        company.answer("1002", response)
    wait_for(is_through(dossier), "the relay comes to the log's end")
    messages = on_topic(kafka_servers, topics.events)
    by_key = positions_by_key(messages)
    assert sorted(position for each in by_key.values() for position in each) == list(
        range(1, relay_state(dossier.database).log_end + 1)
    )
    assert all(each == sorted(each) for each in by_key.values())
    assert len(by_key[b"demo/customer:1001"]) == len(by_key[b"demo/customer:1002"]) == 5
    assert {key_of("demo", read_message(one, "demo").event.profile) for one in messages} == by_key.keys()


def test_topics_are_made_when_they_are_missing_and_left_when_they_are_there(kafka_servers: str, topics: Topics) -> None:
    ensure_topics(Brokers(kafka_servers), topics)
    ensure_topics(Brokers(kafka_servers), Topics("demo", topics.events, topics.dead_letters, TopicShape(partitions=3)))
    admin = KafkaAdminClient(bootstrap_servers=kafka_servers)
    described = admin.describe_topics([topics.events, topics.dead_letters])
    admin.close()
    assert [len(topic["partitions"]) for topic in described] == [12, 12]


def test_a_relay_that_lost_its_last_position_sends_again_and_no_subscriber_is_misled(
    dossier: Dossier, company: Company, kafka_servers: str, topics: Topics, loops: Loops
) -> None:  # rule 4.3
    company.define().register("1001")
    end = loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(is_through(dossier), "the relay comes to the log's end")
    end()
    with dossier.database.connection() as connection:  # as if it had been killed between acknowledgement and position
        move(connection, RELAY, 4)
    company.answer("1001", "A")
    company.answer("1001", "B")
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(is_through(dossier), "the second relay comes to the log's end")
    by_key = positions_by_key(on_topic(kafka_servers, topics.events))
    taken = sorted(position for each in by_key.values() for position in first_receipts(each))
    assert taken == list(range(1, relay_state(dossier.database).log_end + 1))
    assert sum(map(len, by_key.values())) > len(taken)


def test_one_relay_is_active_and_the_standby_takes_over(
    dossier: Dossier, company: Company, kafka_servers: str, topics: Topics, loops: Loops
) -> None:
    company.define()
    end_first = loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(is_through(dossier), "the first relay works")
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    company.register("1001")
    wait_for(is_through(dossier), "one of them works")
    assert all(
        each == first_receipts(each) for each in positions_by_key(on_topic(kafka_servers, topics.events)).values()
    )
    end_first()
    company.register("1002")
    wait_for(is_through(dossier), "the standby works")
    by_key = positions_by_key(on_topic(kafka_servers, topics.events))
    assert {b"demo/customer:1001", b"demo/customer:1002"} <= by_key.keys()
    assert all(len(each) == len(set(each)) for each in by_key.values())


def test_an_event_that_cannot_be_read_is_never_skipped(
    dossier: Dossier, company: Company, kafka_servers: str, topics: Topics, loops: Loops
) -> None:
    """Such as one that a newer version of Dossier wrote: what follows it waits for a relay that can."""
    company.define()
    before = relay_state(dossier.database).log_end
    foreign = NewEvent(uuid4(), 1, "customer.from_the_future", b"{}", uuid4(), uuid4())
    dossier.log_of_facts.append([foreign])
    company.register("1001")
    faults = FAULTS.labels("relay")._value
    known = faults.get()
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(lambda: faults.get() > known + 1, "the relay tries again")
    assert relay_state(dossier.database).position <= before
    assert b"demo/customer:1001" not in positions_by_key(on_topic(kafka_servers, topics.events))


def test_the_relay_goes_on_after_the_database_dropped_its_connections(
    dossier: Dossier, company: Company, kafka_servers: str, topics: Topics, loops: Loops
) -> None:
    company.define()
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(is_through(dossier), "the relay works")
    drop_connections(dossier.database)
    wait_for(lambda: succeeds(lambda: company.register("1001")), "the database is there again")
    wait_for(lambda: succeeds(is_through(dossier)), "the relay goes on")
    assert b"demo/customer:1001" in positions_by_key(on_topic(kafka_servers, topics.events))


def test_windows_larger_than_the_bounds_go_out_in_order(
    dossier: Dossier,
    company: Company,
    kafka_servers: str,
    topics: Topics,
    loops: Loops,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumers.relay.WINDOW_EVENTS", 7)
    monkeypatch.setattr("consumers.relay.WINDOW_BYTES", 3_000)
    company.define().register(*(str(number) for number in range(2_000, 2_040)))
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(is_through(dossier), "the relay comes to the log's end")
    by_key = positions_by_key(on_topic(kafka_servers, topics.events))
    assert sum(map(len, by_key.values())) == relay_state(dossier.database).log_end
    assert all(each == sorted(each) for each in by_key.values())


@pytest.fixture(scope="module")
def spare_kafka() -> Iterator[tuple[Any, Path]]:
    """A broker of this module's own, to be stopped and started."""
    kafka = kafka_module()
    directory = Path(tempfile.mkdtemp(prefix="dossier-spare-kafka-"))
    yield kafka, directory
    with suppress(Exception):
        kafka.stop(directory, kill=True)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def own_kafka(spare_kafka: tuple[Any, Path]) -> Iterator[tuple[Any, Path, str]]:
    """The spare broker, running. What the client left unclosed is collected before the next test."""
    kafka, directory = spare_kafka
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # its records would keep the unclosed sockets alive
    yield kafka, directory, kafka.start(directory)
    gc.collect()
    logging.getLogger("kafka").setLevel(logging.NOTSET)


@UNCLOSED
def test_a_broker_that_dies_delays_no_save_and_loses_nothing(
    dossier: Dossier, company: Company, topics: Topics, own_kafka: tuple[Any, Path, str], loops: Loops
) -> None:  # rules 0.8, 4.3
    kafka, directory, servers = own_kafka
    company.define()
    loops.start(Relay(dossier, Brokers(servers), topics, FAST).run)
    wait_for(is_through(dossier), "the relay works")
    kafka.stop(directory, kill=True)
    started = time.monotonic()
    company.register(*(str(number) for number in range(3_000, 3_050)))
    assert time.monotonic() - started < 10
    assert relay_state(dossier.database).lag > 0
    kafka.start(directory)
    company.register("3999")
    wait_for(is_through(dossier), "the relay goes on by itself", within_s=60)
    by_key = positions_by_key(on_topic(servers, topics.events))
    assert len(by_key) == 50 + 1 + 2
    taken = sorted(position for each in by_key.values() for position in first_receipts(each))
    assert taken == list(range(1, relay_state(dossier.database).log_end + 1))


@UNCLOSED
def test_a_producer_ends_within_seconds_whatever_it_holds(own_kafka: tuple[Any, Path, str]) -> None:
    kafka, directory, servers = own_kafka
    ensure_topics(Brokers(servers), Topics("demo", "t", "d", TopicShape(partitions=1)))
    with producing(Brokers(servers), "test") as producer:
        producer.partitions_for("t")
        kafka.stop(directory, kill=True)
        ack = producer.send("t", value=b"1", key=b"k", headers=[])
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert ack.failed()
    assert "test-network-thread" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("mute", [False, True], ids=["refused", "accepted, not answered"])
def test_trying_without_a_broker_leaves_nothing_behind(mute: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may go on for hours: neither threads nor open files may pile up."""
    monkeypatch.setattr("consumers.reaching.PROBE_S", 0.1)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if mute:
            listening.listen()
        server = f"127.0.0.1:{listening.getsockname()[1]}"
        before = (threading.active_count(), len(list(Path("/proc/self/fd").iterdir())))
        for _ in range(3):
            with pytest.raises(KafkaError), producing(Brokers(server), "test"):
                pass
            with pytest.raises(KafkaError):
                ensure_topics(Brokers(server), Topics.of("demo"))
        assert (threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))) == before

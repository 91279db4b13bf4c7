"""Several companies on one broker and one database: none accepts anything of another (rule 4.7)."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from aggregates.use_case import Request
from cli.processes.simulator import create_app
from conftest import environment
from consumer_world import (
    FAST,
    NOT_UTF_8,
    TOKEN,
    Company,
    Loops,
    Recorder,
    Simulator,
    World,
    message_of,
    on_topic,
    received_of,
    relay_state,
    serving,
    wait_for,
)
from consumers.brokers import Brokers
from consumers.bus import Topics, producing
from consumers.delivery_metrics import FOREIGN
from consumers.forwarding import FORWARD, RESEND, forwarding
from consumers.kafka_client import KafkaAdminClient
from consumers.kafka_feed import KafkaFeed
from consumers.messages import Received
from consumers.relay import Relay
from malformed import malformed
from projections.catalogue import classes
from projections.deliveries.fold import DeliveriesProjection
from projections.engine.runner import Runner, install
from store import deliveries
from store.application import Dossier
from store.database import Database
from store.log import move
from store.schema import migrate


@dataclass(frozen=True, slots=True)
class Installed:
    """A company with everything at work, and a subscriber of its topic."""

    world: World
    topics: Topics
    subscriber: Recorder


@pytest.fixture
def installed(
    postgres_url: str, kafka_servers: str, ask: Callable[..., Request], loops: Loops
) -> Iterator[Callable[[str], Installed]]:
    """Installs companies by name, on the one database and the one broker, each under the names that it has by itself."""
    opened = ExitStack()

    def install_one(name: str) -> Installed:
        schema = f"dossier_{name}"
        opened.callback(_drop, postgres_url, schema)
        database = Database(postgres_url, schema)
        opened.callback(database.close)
        migrate(database, partial(install, classes=classes()))
        dossier = opened.enter_context(Dossier({**environment(postgres_url, schema), "DOSSIER_COMPANY": name}))
        topics = Topics.of(name)
        simulator = Simulator(opened.enter_context(serving(create_app(TOKEN))))
        opened.callback(simulator.close)
        company = Company(dossier, ask).define().integrate().register("1001", "1002")
        subscriber = Recorder()
        loops.start(Runner(dossier, DeliveriesProjection(dossier.fact_mapper.keys, name)).run)
        loops.start(Relay(dossier, Brokers(kafka_servers), retrying=FAST).run)
        loops.start(lambda stop: KafkaFeed(Brokers(kafka_servers), "subscriber", topics, FAST).run(subscriber, stop))
        tasks = opened.enter_context(
            forwarding(dossier, url=simulator.url, token=TOKEN, brokers=Brokers(kafka_servers), sending=FAST)
        )
        for task in (FORWARD, RESEND):
            loops.start(tasks[task])
        return Installed(World(dossier, company, simulator), topics, subscriber)

    yield install_one
    loops.end()
    opened.close()


def _drop(url: str, schema: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


def letters_of(one: Installed) -> list[deliveries.DeadLetter]:
    with one.world.dossier.database.connection() as connection:
        return deliveries.dead_letters(connection, 500)


def test_two_companies_on_one_broker_never_meet(
    installed: Callable[[str], Installed], kafka_servers: str
) -> None:  # rules 4.3, 4.7
    mark = uuid4().hex[:8]
    both = [installed(f"a{mark}"), installed(f"b{mark}")]
    before = FOREIGN._value.get()
    events: dict[int, list[Any]] = defaultdict(list)
    for answer in "ABCA":
        for number, one in enumerate(both):
            events[number].append(one.world.company.answer("1001", answer))
    for number, one in enumerate(both):
        one.world.wait_for(events[number][-1], "sent")
        assert one.world.received("1001") == [str(event.event_id) for event in events[number]]
        assert list(one.world.simulator.received()["order"]) == ["1001"]
        wait_for(lambda one=one: len(one.subscriber.handled["customer:1001"]) == 5, "the subscriber has all of it")
        positions = one.subscriber.handled["customer:1001"]
        assert positions == sorted(set(positions))
        keys = {message.key.partition(b"/")[0].decode() for message in on_topic(kafka_servers, one.topics.events)}
        assert keys == {one.topics.company}
        assert letters_of(one) == []
    assert FOREIGN._value.get() == before


def test_what_strays_onto_the_topic_of_another_company_is_counted_and_never_kept(
    installed: Callable[[str], Installed], kafka_servers: str
) -> None:  # rule 4.7
    mark = uuid4().hex[:8]
    one, other = installed(f"a{mark}"), installed(f"b{mark}")
    event = other.world.company.answer("1001", "A")
    stray = received_of(other.world.dossier, event)
    before = FOREIGN._value.get()
    with producing(Brokers(kafka_servers), "stray") as producer:
        for _ in range(3):
            send(producer, one.topics, stray)
        producer.flush(timeout=10)
    last = one.world.company.answer("1001", "B")
    one.world.wait_for(last, "sent")
    wait_for(lambda: FOREIGN._value.get() >= before + 6, "forwarder and subscriber have met and refused each")
    assert one.world.received("1001") == [str(last.event_id)]
    assert letters_of(one) == []
    assert on_topic(kafka_servers, one.topics.dead_letters) == []
    other.world.wait_for(event, "sent")


def send(
    producer: Any, topics: Topics, message: Received, partition: int | None = None, header: str | None = None
) -> None:
    """Sends a message as it is, or with another header."""
    headers = [*message.headers.items(), *([(header, b"")] if header else [])]
    producer.send(topics.events, value=message.value, key=message.key, headers=headers, partition=partition)


def test_malformed_messages_on_the_topic_are_dead_letters_and_no_partition_stands_still(
    installed: Callable[[str], Installed], kafka_servers: str
) -> None:  # rule 4.4
    one = installed(f"a{uuid4().hex[:8]}")
    chance = random.Random(4)
    template = message_of(one.topics.company, "1001", 1)
    wait_for(lambda: relay_state(one.world.dossier.database).lag == 0, "the relay works")
    events = []
    with producing(Brokers(kafka_servers), "fuzz") as producer:
        for round_ in range(3):
            for place in range(60):
                broken = malformed(chance, template)
                if broken.key is None and broken.value is None:
                    broken = replace(broken, key=b"x")
                send(producer, one.topics, broken, partition=place % 12)
            send(producer, one.topics, template, partition=round_, header=NOT_UTF_8)
            producer.flush(timeout=10)
            events.append(one.world.company.answer("1001", "ABC"[round_]))
    one.world.wait_for(events[-1], "sent")
    wait_for(lambda: len(letters_of(one)) == 183, "each is listed")
    assert one.world.received("1001") == [str(event.event_id) for event in events]
    assert len(one.subscriber.unreadable) == 183
    assert len(on_topic(kafka_servers, one.topics.dead_letters)) == 183


def test_every_name_on_the_broker_starts_with_the_company(
    installed: Callable[[str], Installed], kafka_servers: str
) -> None:  # rule 4.7
    one = installed(f"a{uuid4().hex[:8]}")
    one.world.wait_for(one.world.company.answer("1001", "A"), "sent")
    admin = KafkaAdminClient(bootstrap_servers=kafka_servers)
    company = one.topics.company
    topics = {name for name in admin.list_topics() if company in name}
    groups = {group["group_id"] for group in admin.list_groups() if company in group["group_id"]}
    admin.close()
    assert topics == {f"dossier.{company}.{name}" for name in ("profile-events.v3", "profiles.v1", "dead-letters.v2")}
    assert groups == {f"dossier.{company}.forwarder", f"dossier.{company}.subscriber"}


def test_an_installation_of_a_former_release_begins_the_new_topic_at_the_first_event_and_sends_nothing_twice(
    world: World, kafka_servers: str, topics: Topics, loops: Loops
) -> None:  # rules 4.3, 4.7
    sent = [world.company.answer("1001", answer) for answer in "AB"]
    world.wait_for(sent[-1], "sent")
    world.simulator.fail(422)
    dead = world.company.answer("1002", "A")
    world.wait_for(dead, "dead")
    requests = world.simulator.received()["requests"]
    with (
        world.dossier.database.connection() as connection
    ):  # where the relay of the former release stood, on its own topic
        move(connection, "relay", dead.id)
    loops.start(Relay(world.dossier, Brokers(kafka_servers), topics, FAST).run)
    subscriber = Recorder()
    loops.start(lambda stop: KafkaFeed(Brokers(kafka_servers), "subscriber", topics, FAST).run(subscriber, stop))
    with forwarding(
        world.dossier, url=world.simulator.url, token=TOKEN, brokers=Brokers(kafka_servers), topics=topics, sending=FAST
    ) as tasks:
        end = loops.start(tasks[FORWARD])
        wait_for(lambda: len(subscriber.handled["customer:1001"]) == 3, "the subscriber has it from the first event on")
        last = world.company.answer("1001", "C")
        world.wait_for(last, "sent")
        end()
    assert world.received("1001") == [str(event.event_id) for event in (*sent, last)]
    assert world.simulator.received()["duplicates"] == 0
    assert world.simulator.received()["requests"] == requests + 1
    assert world.letter(dead).state == "dead"

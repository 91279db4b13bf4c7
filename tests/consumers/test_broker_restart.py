"""When a broker goes down and comes back, the feed keeps its membership, reports the wait, and continues at once (rule 0.8)."""

import gc
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from conftest import kafka_module
from consumer_world import Loops, Recorder, message_of, wait_for
from consumers import contact, faults
from consumers.brokers import Brokers
from consumers.bus import Topics, producing
from consumers.contact import Contact
from consumers.feeds import Later
from consumers.kafka_client import KafkaConnectionError, KafkaConsumer, KafkaTimeoutError
from consumers.kafka_feed import SESSION_TIMEOUT_MS, KafkaFeed
from consumers.reaching import AWAY, NoAnswerError, NotLetInError
from consumers.topics import ensure_topics
from store.heartbeats import Progress

pytestmark = [
    pytest.mark.xdist_group("broker restart"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
GOES_ON_S: Final = 9.0
"""Less than a session of the group: a successor of the member would have to wait for its end."""


class Broker:
    """A broker of this module's own."""

    def __init__(self) -> None:
        self._kafka = kafka_module()
        self.directory = Path(tempfile.mkdtemp(prefix="dossier-kafka-"))

    def start(self) -> Brokers:
        """Returns when it answers."""
        return Brokers(self._kafka.start(self.directory))

    def kill(self) -> None:
        """Returns when it is gone."""
        self._kafka.stop(self.directory, kill=True)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    gc.collect()  # the client leaves sockets open whose connecting failed
    with suppress(Exception):
        broker.kill()
    shutil.rmtree(broker.directory, ignore_errors=True)


def send(brokers: Brokers, topics: Topics, position: int) -> None:
    message = message_of("demo", "1001", position)
    with producing(brokers, "test") as producer:
        headers = [*message.headers.items()]
        producer.send(topics.events, value=message.value, key=message.key, headers=headers)
        producer.flush(timeout=10)


@pytest.mark.kafka
def test_a_feed_waits_for_the_brokers_says_so_and_goes_on_at_once_when_they_are_back(
    broker: Broker, topics: Topics, loops: Loops, caplog: pytest.LogCaptureFixture
) -> None:  # rule 0.8
    caplog.set_level(logging.CRITICAL, "kafka")  # records would keep the sockets of failed tries
    caplog.set_level(logging.INFO, "store.outage_log")
    brokers = broker.start()
    ensure_topics(brokers, topics)
    send(brokers, topics, 1)
    handler, progress, released = Recorder(), Progress(), threading.Event()
    end = loops.start(lambda stop: KafkaFeed(brokers, "test", topics, progress=progress).run(handler, stop))
    wait_for(lambda: handler.total == 1, "the first message is handled")
    handler.behaviour["customer:1001"] = lambda _: None if released.is_set() else Later(0.05)
    send(brokers, topics, 2)
    wait_for(lambda: len(handler.attempts["customer:1001"]) > 1, "the second message is at work")
    caplog.clear()
    broker.kill()
    released.set()
    wait_for(lambda: progress.state() == ("waiting", AWAY), "the feed says why it waits")
    broker.start()
    back_at = time.monotonic()
    send(brokers, topics, 3)
    wait_for(lambda: handler.total == 3, "the third message is handled")
    assert time.monotonic() - back_at < GOES_ON_S < SESSION_TIMEOUT_MS / 1_000
    wait_for(lambda: progress.state() == ("active", None), "the feed says that it gets on")
    end()
    assert handler.handled == {"customer:1001": [1, 2, 3]}
    assert [record.message for record in caplog.records] == ["server.away", "server.back"]


@pytest.mark.kafka
def test_commits_that_fail_for_a_while_do_not_cost_the_membership(
    broker: Broker, topics: Topics, loops: Loops, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.8
    failures, members = [KafkaTimeoutError()] * 3, []
    committed = threading.Event()
    commit = KafkaConsumer.commit

    def commit_in_the_end(client: Any, *arguments: Any, **options: Any) -> None:
        members.append(client)
        if failures:
            raise failures.pop()
        commit(client, *arguments, **options)
        committed.set()

    monkeypatch.setattr(KafkaConsumer, "commit", commit_in_the_end)
    brokers = broker.start()
    ensure_topics(brokers, topics)
    send(brokers, topics, 1)
    handler = Recorder()
    end = loops.start(lambda stop: KafkaFeed(brokers, "test", topics).run(handler, stop))
    wait_for(committed.is_set, "the offset is committed")
    end()
    assert len(members) == 4
    assert len({id(member) for member in members}) == 1
    assert handler.handled == {"customer:1001": [1]}


def answering(error: Exception | None) -> Callable[[Brokers], None]:
    """What a look for a broker ends with."""

    def look(_: Brokers) -> None:
        if error is not None:
            raise error

    return look


@pytest.mark.parametrize("error", [KafkaConnectionError("refused"), NoAnswerError("it is starting")])
def test_brokers_that_do_not_answer_are_waited_for(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress()
    one = Contact(Brokers("127.0.0.1:1"), progress)
    monkeypatch.setattr(contact, "check_reachable", answering(error))
    one.look()
    assert one.obstacle == AWAY
    monkeypatch.setattr(contact, "check_reachable", answering(None))
    one.look()
    assert one.obstacle is None


def test_brokers_that_refuse_end_the_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "check_reachable", answering(NotLetInError("not with this password")))
    with pytest.raises(NotLetInError):
        Contact(Brokers("127.0.0.1:1"), Progress()).look()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoAnswerError("kafka:9092 does not answer"), "Kafka is starting, or is not one: kafka:9092 does not answer"),
        (NotLetInError("kafka:9092 refuses ann."), "Kafka does not let us in: kafka:9092 refuses ann."),
    ],
)
def test_why_kafka_is_waited_for_is_told_in_words(error: Exception, reason: str) -> None:
    assert faults.reason(error) == reason

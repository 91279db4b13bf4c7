"""The relay, log to Kafka, against a bare kafka-python producer that sends the same messages."""

import threading
import time
from typing import Any, Final
from uuid import uuid4

from benchmarks import catching_up
from benchmarks.rows import ROUNDS, Row, at_least
from benchmarks.servers import dossier
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.kafka_client import KafkaProducer
from consumers.messages import Message, message
from consumers.relay import Relay
from consumers.topics import ensure_topics
from store.application import Dossier
from store.log import RELAY, position_of, read
from store.stopping import Stop

EVENTS: Final = 20_000
GOAL: Final = 0.75
LONGEST_S: Final = 120.0
LINGER_MS: Final = 20
BATCH_BYTES: Final = 262_144


def run(url: str, servers: str) -> list[Row]:
    """One row, in every round."""
    with dossier(url) as application:
        catching_up.store_ours(application, EVENTS)
        with application.database.connection() as connection:
            messages = [
                message(application.fact_mapper, event, application.log_id)
                for event in read(connection, 0, 10 * EVENTS)
            ]
        rows = []
        for _ in range(ROUNDS):
            peer, ours = len(messages) / _bare(servers, messages), len(messages) / _relayed(application, servers)
            rows.append(at_least("relay, log to Kafka (peer: bare producer)", "messages/s", ours, peer, GOAL))
    return rows


def _topics(servers: str) -> Topics:
    mark = uuid4().hex[:8]
    topics = Topics("demo", f"bench-events-{mark}", f"bench-dead-{mark}")
    ensure_topics(Brokers(servers), topics)
    return topics


def _bare(servers: str, messages: list[Message]) -> float:
    """Seconds from the first send to the last acknowledgement."""
    topic = _topics(servers).events
    producer: Any = KafkaProducer(
        bootstrap_servers=servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=LINGER_MS,
        batch_size=BATCH_BYTES,
    )
    began = time.perf_counter()
    for one in messages:
        producer.send(topic, value=one.value, key=one.key, headers=one.headers)
    producer.flush(timeout=LONGEST_S)
    took = time.perf_counter() - began
    producer.close()
    return took


def _relayed(application: Dossier, servers: str) -> float:
    """Seconds from the start of a relay that has sent nothing yet to its last acknowledged message."""
    with application.database.connection() as connection:
        connection.execute("DELETE FROM tracking WHERE follower = %s", [RELAY])
    stop, topics = Stop(), _topics(servers)
    relay = threading.Thread(target=Relay(application, Brokers(servers), topics).run, args=(stop,))
    began = time.perf_counter()
    relay.start()
    while _lag(application) and time.perf_counter() - began < LONGEST_S:
        time.sleep(0.02)
    took = time.perf_counter() - began
    stop.set()
    relay.join(LONGEST_S)
    return took


def _lag(application: Dossier) -> int:
    """Events that are not on the bus yet."""
    end = application.log_of_facts.max_notification_id() or 0
    with application.database.connection() as connection:
        return end - (position_of(connection, RELAY) or 0)

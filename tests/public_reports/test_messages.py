"""Messages on a shared broker: kinds of bugs known from public reports about relays, outboxes and consumers.

Every case describes its kind of bug and names a public report of it, if there is one.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from api_client import Api, define_age, register
from cli.processes.simulator import create_app
from command_line import CommandLine
from consumer_world import FAST, PATIENCE_S, TOKEN, Loops, Simulator, message_of, on_topic, serving, wait_for
from consumers.brokers import Brokers
from consumers.bus import Topics, producing
from consumers.forwarding import FORWARD, forwarding
from consumers.kafka_client import ConfigResource, ConfigResourceType, KafkaAdminClient
from consumers.messages import Received
from consumers.relay import Relay
from consumers.topics import LIMIT, ensure_topics

from .company import installed, served


@dataclass(frozen=True, slots=True)
class Company:
    """A company whose changes go out over the broker to a Customer Engagement of its own."""

    line: CommandLine
    api: Api
    simulator: Simulator
    brokers: Brokers

    @property
    def topics(self) -> Topics:
        """Its topics."""
        return Topics.of(self.api.dossier.company)

    def answer(self, number: str, response: str) -> Any:
        """A customer answers; gives the position."""
        saved = self.api.put(f"/v1/customers/{number}/drawer", {"responses": {"7": response}})
        assert saved.status_code == 200, saved.text
        return saved.json()["position"]

    def senders(self) -> set[str]:
        """The companies that the keys on its topic name."""
        messages = on_topic(self.brokers.servers, self.topics.events)
        return {(message.key or b"").decode().partition("/")[0] for message in messages}

    def dead_letters(self) -> list[Any]:
        """Its dead letters, as the API lists them."""
        letters: list[Any] = self.api.get("/v1/dead-letters", params={"limit": 500}).json()["items"]
        return letters

    def put(self, *messages: Received) -> None:
        """Somebody puts messages onto its topic."""
        with producing(self.brokers, "somebody") as producer:
            for message in messages:
                headers = list(message.headers.items())
                producer.send(self.topics.events, value=message.value, key=message.key, headers=headers)
            producer.flush(timeout=10)


@contextmanager
def at_work(url: str, directory: Path, servers: str) -> Iterator[Company]:
    """A company with everything at work."""
    with ExitStack() as opened:
        line = opened.enter_context(installed(url, directory))
        api = opened.enter_context(served(line))
        simulator = opened.enter_context(closing(Simulator(opened.enter_context(serving(create_app(TOKEN))))))
        brokers = Brokers(servers)
        made = Company(line, api, simulator, brokers)
        ensure_topics(brokers, made.topics)
        sending = forwarding(api.dossier, url=simulator.url, token=TOKEN, brokers=brokers, sending=FAST)
        tasks = opened.enter_context(sending)
        loops = Loops()
        opened.callback(loops.end)
        loops.start(Relay(api.dossier, brokers, retrying=FAST).run)
        loops.start(tasks[FORWARD])
        define_age(api)
        for code, value in (("L37", "INTERACT"), ("L51", "Yes")):
            assert api.put(f"/v1/controls/{code}", {"value": value}).status_code == 200
        assert api.put("/v1/attribute-mappings/category:7", {"attribute": "age"}).status_code in {200, 201}
        register(api, "1001")
        register(api, "1002")
        yield made


@pytest.fixture(scope="module")
def north(postgres_server: str, tmp_path_factory: pytest.TempPathFactory, kafka_servers: str) -> Iterator[Company]:
    """A company on the broker."""
    with at_work(postgres_server, tmp_path_factory.mktemp("north"), kafka_servers) as company:
        yield company


@pytest.fixture(scope="module")
def south(postgres_server: str, tmp_path_factory: pytest.TempPathFactory, kafka_servers: str) -> Iterator[Company]:
    """Another one on the same broker, with the same numbers of customers."""
    with at_work(postgres_server, tmp_path_factory.mktemp("south"), kafka_servers) as company:
        yield company


def test_two_companies_on_one_broker_read_only_their_own(north: Company, south: Company) -> None:  # rule 4.7
    """Kind: two tenants on one broker share topic, key and consumer group, and read each other's messages.

    Public report: github.com/corda/corda-runtime-os/pull/5055 (two deployments with the same group names met on one cluster).
    """
    before = [company.dead_letters() for company in (north, south)]
    for response in "AB":
        north.answer("1001", response)
    south.answer("1001", "A")
    wait_for(lambda: north.simulator.values("1001") == {"age": "B"}, "the one has its own")
    wait_for(lambda: south.simulator.values("1001") == {"age": "A"}, "the other has its own")
    for company in (north, south):
        assert company.api.dossier.company in company.senders()
    assert north.senders().isdisjoint(south.senders())
    north.put(message_of(south.api.dossier.company, "1001", 1))
    north.answer("1001", "A")
    wait_for(lambda: north.simulator.values("1001") == {"age": "A"}, "what is foreign holds up nothing")
    assert [company.dead_letters() for company in (north, south)] == before


def test_a_malformed_message_is_a_dead_letter_and_holds_up_nobody(north: Company) -> None:  # rule 4.4
    """Kind: a message that cannot be read is tried for ever, and its partition stands still.

    Public report: github.com/vert-x3/vertx-kafka-client/issues/220 (a consumer met one corrupt record again and again).
    """
    good = message_of(north.api.dossier.company, "1002", 1)
    value = orjson.loads(good.value or b"")
    wrong = [{"event_id": 5}, {"event_id": None}, {"event_id": [1]}, {"position": "abc"}, {"position": True}]
    broken = [replace(good, value=orjson.dumps(value | change)) for change in wrong]
    before = len(north.dead_letters())
    north.put(*broken, replace(good, value=b"{" * 5_000))
    north.answer("1002", "B")
    wait_for(lambda: north.simulator.values("1002") == {"age": "B"}, "the next change arrives")
    wait_for(lambda: len(north.dead_letters()) == before + len(wrong) + 1, "each is listed")


def test_what_the_broker_refuses_holds_up_its_key_and_is_shown(south: Company) -> None:  # rules 0.11, 4.3
    """Kind: one message that the broker refuses stops the relay for everybody, and the status says that all is well.

    Public report: github.com/Pulsefy/Lumenpulse/issues/1200 (an outbox tried one event for ever, and all others waited behind it).
    """
    south.api.post("/v1/accounts", {"account": "A-1", "customer": "1001"})
    with taking_at_most(south, 8_000):
        attributes = {f"note{number}": "x" * 200 for number in range(60)}
        assert south.api.patch("/v1/accounts/A-1/profile", {"attributes": attributes}).status_code == 200
        south.answer("1002", "B")
        wait_for(lambda: south.simulator.values("1002") == {"age": "B"}, "another key goes on")
        wait_for(lambda: south.line.asked("status", status=1)["refused_messages"] == 1, "the status says so")
        [refused] = south.line.asked("refused-messages", "list")
        assert refused["key"] == f"{south.api.dossier.company}/account:A-1"
    south.line.run("refused-messages", "resend", refused["event_id"])
    wait_for(lambda: not south.line.asked("refused-messages", "list"), "it is sent once the topic takes it")


def test_topics_are_made_as_the_settings_say(postgres_url: str, tmp_path: Path, kafka_servers: str) -> None:  # rule 4.6
    """Kind: the tool makes its topics with one copy and its own settings, whatever the brokers are for.

    Public report: github.com/andreas-schroeder/kafka-health-check/issues/11 (topics with one copy, where two must acknowledge).
    """
    shape = {"KAFKA_PARTITIONS": "3", "KAFKA_REPLICATION_FACTOR": "1", "KAFKA_MIN_INSYNC_REPLICAS": "1"}
    with installed(postgres_url, tmp_path) as line, closing(KafkaAdminClient(bootstrap_servers=kafka_servers)) as admin:
        topic = Topics.of(line.company).events
        relay = line.process("relay", KAFKA_BOOTSTRAP_SERVERS=kafka_servers, KAFKA_RETENTION_MS="86400000", **shape)
        try:
            wait_for(lambda: topic in admin.list_topics(), "the relay makes its topic")
        finally:
            relay.terminate()
            relay.communicate(timeout=30)
        [described] = admin.describe_topics([topic])
        settings = [ConfigResource(ConfigResourceType.TOPIC, topic, ["retention.ms", "min.insync.replicas"])]
        values = admin.describe_configs(settings)["topic"][topic]
    assert len(described["partitions"]) == 3
    assert (values["retention.ms"]["value"], values["min.insync.replicas"]["value"]) == ("86400000", "1")


@contextmanager
def taking_at_most(company: Company, most: int) -> Iterator[None]:
    """Meanwhile the broker refuses messages of more bytes; afterwards what was sent to find that out is read and listed."""
    listed = len(company.dead_letters())
    accepted = 0

    def refused() -> set[bool]:
        """Whether each partition, which learns of the limit by itself, refuses such a message."""
        nonlocal accepted
        topic = company.topics.events
        with producing(company.brokers, "somebody") as producer:
            partitions = producer.partitions_for(topic)
            sent = [producer.send(topic, value=b"x" * most, partition=partition) for partition in partitions]
            producer.flush(timeout=10)
            refusals = [bool(message.failed()) for message in sent]
        accepted += refusals.count(False)
        return set(refusals)

    set_limit(company, most)
    wait_for(lambda: refused() == {True}, "the broker knows its new limit", within_s=2 * PATIENCE_S)
    try:
        yield
    finally:
        ensure_topics(company.brokers, company.topics)
        wait_for(lambda: refused() == {False}, "the broker knows the usual limit")
        wait_for(lambda: len(company.dead_letters()) == listed + accepted, "each is a dead letter")


def set_limit(company: Company, most: int) -> None:
    """Sets what the topic takes."""
    with closing(KafkaAdminClient(bootstrap_servers=company.brokers.servers)) as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, company.topics.events, {LIMIT: str(most)})
        admin.alter_configs([resource])

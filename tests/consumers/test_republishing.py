"""Sending a part of the log again (rules 4.3, 4.6)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import CommandLine, migrated
from command_line import company as company_of
from consumer_world import FAST, Company, Loops, on_topic, relay_state, wait_for
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.messages import POSITION_HEADER
from consumers.relay import Relay
from consumers.republishing import Republished, relayed_until, republish
from consumers.topics import ensure_topics
from store import refusals
from store.application import Dossier
from store.log import RELAY, move, read


def positions_on(servers: str, topics: Topics) -> list[int]:
    """Positions of all messages on the topic, in order."""
    return sorted(int(message.headers[POSITION_HEADER]) for message in on_topic(servers, topics.events))


@pytest.fixture
def relayed(dossier: Dossier, company: Company, kafka_servers: str, topics: Topics, loops: Loops) -> int:
    """A log of which everything was sent; the position of its end."""
    company.define().register("1001", "1002")
    for response in "ABC":
        company.answer("1001", response)
    loops.start(Relay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(lambda: relay_state(dossier.database).lag == 0, "the relay comes to the log's end")
    return relayed_until(dossier)


def test_a_part_of_the_log_is_sent_again_as_it_was(
    dossier: Dossier, kafka_servers: str, topics: Topics, relayed: int
) -> None:
    before = on_topic(kafka_servers, topics.events)
    assert republish(dossier, Brokers(kafka_servers), topics, 3, 6) == Republished(3, 6, 4, 0)
    assert positions_on(kafka_servers, topics) == sorted([*range(1, relayed + 1), 3, 4, 5, 6])
    again = [message for message in on_topic(kafka_servers, topics.events) if message not in before]
    told = {(message.key, message.value, tuple(message.headers.items())) for message in before}
    assert {(message.key, message.value, tuple(message.headers.items())) for message in again} <= told


def test_keys_that_wait_for_a_refused_message_are_left_out(
    dossier: Dossier, kafka_servers: str, topics: Topics, relayed: int
) -> None:
    with dossier.database.connection() as connection:
        last = read(connection, relayed - 1, 1)[0]
        waiting = [event.id for event in read(connection, 0, 100) if event.uuid == last.uuid]
        refusals.refuse(connection, last, b"demo/customer:1001", 10, "too large")
    result = republish(dossier, Brokers(kafka_servers), topics, 1, relayed)
    assert result == Republished(1, relayed, relayed - len(waiting), len(waiting))
    assert len(waiting) == 4


@pytest.fixture
def line(postgres_url: str, tmp_path: Path) -> Iterator[CommandLine]:
    """A company with empty tables."""
    with company_of(postgres_url, tmp_path / "data") as unmigrated:
        yield migrated(unmigrated)


def test_what_the_relay_has_not_sent_is_not_sent_before_it(line: CommandLine, kafka_servers: str) -> None:
    broker = {"KAFKA_BOOTSTRAP_SERVERS": kafka_servers}
    for options, words in (
        (("--from", "1"), "There is nothing from position 1 to 0."),
        (("--from", "1", "--to", "9"), "The relay has sent the log up to position 0"),
    ):
        refused = line.run("republish", *options, **broker)
        assert refused.exit_code == 1
        assert words in refused.stderr


def test_the_command_tells_what_was_sent_again(line: CommandLine, kafka_servers: str) -> None:
    broker = {"KAFKA_BOOTSTRAP_SERVERS": kafka_servers}
    ensure_topics(Brokers(kafka_servers), Topics.of(line.company))
    with line.dossier() as dossier, dossier.database.connection() as connection:
        move(connection, RELAY, 5)
    assert line.run("republish", "--from", "2", **broker).stdout == "Sent again, from position 2 to 5: 4 events.\n"
    topics = Topics.of(line.company)
    assert positions_on(kafka_servers, topics) == [2, 3, 4, 5]

"""The topic of profiles: the state of each, without personal values, until it is erased (rules 4.6, 5.1)."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

import scenario
from account_facts import ACCOUNT_FACTS
from aggregates.account.account import Account
from aggregates.aggregate import Aggregate
from aggregates.customer import commands as customers
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import When
from consumer_world import AGE, FAST, Company, Loops, on_topic, wait_for
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.kafka_client import ConfigResource, ConfigResourceType, KafkaAdminClient
from consumers.messages import LOG_HEADER, POSITION_HEADER, Received
from consumers.profile_relay import ProfileRelay
from consumers.profile_states import STATES, NoKeys, state_of
from consumers.schemas import state_schemas
from field_facts import FIELD_FACTS, PERSONAL
from store.application import Dossier
from store.identity import begin_another
from store.log import PROFILES, position_of, read
from store.mapper import FactMapper

PEOPLE = "Zaphod Beeblebrox"


@pytest.fixture
def topics(topics: Topics) -> Topics:
    """Topics of this test's own, also of profiles."""
    return Topics(topics.company, topics.events, topics.dead_letters, topics.shape, f"{topics.events}-profiles")


@pytest.fixture
def relaying(dossier: Dossier, kafka_servers: str, topics: Topics, loops: Loops) -> Callable[[], list[Received]]:
    """Runs the relay of profiles; gives what there is on the topic once it has come to the end of the log."""
    loops.start(ProfileRelay(dossier, Brokers(kafka_servers), topics, FAST).run)

    def through() -> bool:
        with dossier.database.connection() as connection:
            return (position_of(connection, PROFILES) or 0) >= (dossier.log_of_facts.max_notification_id() or 0)

    def messages() -> list[Received]:
        wait_for(through, "the relay of profiles comes to the end of the log")
        return on_topic(kafka_servers, topics.profiles or "")

    return messages


def latest(messages: list[Received]) -> dict[bytes, Received]:
    """The last message of each key."""
    return {message.key or b"": message for message in messages}


def state(message: Received) -> dict[str, Any]:
    """The state in a message."""
    read_back: dict[str, Any] = orjson.loads(message.value or b"null")["state"]
    return read_back


def test_every_profile_has_its_state_on_the_topic_and_no_personal_value_is_in_it(
    dossier: Dossier, relaying: Callable[[], list[Received]]
) -> None:  # rule 5.1
    facts = [scenario.customer_registered(PEOPLE), scenario.response_selected(), *ACCOUNT_FACTS, *FIELD_FACTS]
    for fact in scenario.history(*facts):
        dossier.put([fact])
    with dossier.database.connection() as connection:
        events = read(connection, 0, 1_000)
    last = {event.uuid: event for event in events if event.topic.partition(".")[0] in STATES}
    by_key = latest(relaying())
    assert len(by_key) == len(last)
    assert {int(message.headers[POSITION_HEADER]) for message in by_key.values()} == {
        event.id for event in last.values()
    }
    for message in by_key.values():
        kind = message.headers["ce_subject"].decode().partition(":")[0]
        value = orjson.loads(message.value or b"")
        checker = Draft202012Validator.FORMAT_CHECKER
        assert not list(Draft202012Validator(state_schemas()[kind], format_checker=checker).iter_errors(value))
        assert message.headers["ce_type"].decode() == f"io.dossier.{kind}.state"
        for personal in (PEOPLE, PERSONAL, "erased"):
            assert personal.encode() not in (message.value or b"")
    assert {fact.TOPIC.partition(".")[0] for fact in facts} > set(STATES)


def test_a_state_says_what_holds_on_which_days(company: Company, relaying: Callable[[], list[Received]]) -> None:
    company.define().register("1001")
    company.answer("1001", "A", when=When(scenario.TODAY))
    key = b"demo/customer:1001"
    first = latest(relaying())[key]
    assert state(first)["responses"] == {str(AGE): [{"effective_from": scenario.TODAY.isoformat(), "value": "A"}]}
    company.answer("1001", "B", when=When(scenario.TODAY, scenario.TODAY))
    values = state(latest(relaying())[key])["responses"][str(AGE)]
    assert [(value["value"], value.get("effective_to")) for value in values] == [
        ("B", scenario.TODAY.isoformat()),
        ("A", None),
    ]


def test_an_erased_customer_has_a_tombstone_whatever_comes_later(
    dossier: Dossier, company: Company, relaying: Callable[[], list[Received]], kafka_servers: str, topics: Topics
) -> None:  # rule 5.1
    company.define().register("1001", "1002")
    key, other = b"demo/customer:1001", b"demo/customer:1002"
    before = latest(relaying())
    assert before[key].value is not None
    dossier.fact_mapper.keys.destroy(CustomerProfile.id_of("demo", "1001"))

    def erased() -> bool:
        return latest(on_topic(kafka_servers, topics.profiles or ""))[key].value is None

    wait_for(erased, "the erasure is told, although nothing was recorded")
    company.answer("1001", "A")
    company.answer("1002", "A")
    after = latest(relaying())
    assert after[key].value is None
    assert after[key].headers["ce_type"] == b"io.dossier.customer.erased"
    assert "ce_dataschema" not in after[key].headers
    assert int(after[key].headers[POSITION_HEADER]) > int(before[key].headers[POSITION_HEADER])
    assert state(after[other])["responses"][str(AGE)][0]["value"] == "A"


def test_after_a_restore_nothing_is_left_of_profiles_that_only_the_former_log_had(
    dossier: Dossier, company: Company, kafka_servers: str, topics: Topics, loops: Loops
) -> None:  # rule 4.6
    company.define().register("1001", "1002")
    former = dossier.log_id
    end = loops.start(ProfileRelay(dossier, Brokers(kafka_servers), topics, FAST).run)
    wait_for(lambda: len(latest(on_topic(kafka_servers, topics.profiles or ""))) == 2, "both are on the topic")
    end()
    with dossier.database.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "DELETE FROM events WHERE originator_id = %s", [CustomerProfile.id_of(dossier.company, "1002")]
        )
        log = begin_another(connection)
    loops.start(ProfileRelay(dossier, Brokers(kafka_servers), topics, FAST).run)

    def of_this_log() -> bool:
        messages = latest(on_topic(kafka_servers, topics.profiles or ""))
        return {message.headers[LOG_HEADER] for message in messages.values()} == {str(log).encode()}

    wait_for(of_this_log, "every state is as of this log")
    messages = latest(on_topic(kafka_servers, topics.profiles or ""))
    assert log != former
    assert messages[b"demo/customer:1001"].value is not None
    assert messages[b"demo/customer:1002"].value is None
    with dossier.database.connection() as connection:
        assert position_of(connection, "profiles/former") == 2


def test_the_topic_keeps_the_last_state_of_each_profile_for_ever(
    company: Company, relaying: Callable[[], list[Received]], kafka_servers: str, topics: Topics
) -> None:
    company.define()
    relaying()
    admin = KafkaAdminClient(bootstrap_servers=kafka_servers)
    names = [topics.events, topics.profiles]
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, ["cleanup.policy"]) for name in names]
    described = admin.describe_configs(resources, config_filter="all")["topic"]
    admin.close()
    assert [described[name]["cleanup.policy"]["value"] for name in names] == ["delete", "compact"], described


def test_a_state_is_that_of_a_decision_without_what_is_personal(dossier: Dossier, company: Company, ask: Any) -> None:
    company.define().register("1001")
    customers.add_alternate_number(dossier, ask(), number="1001", alternate_number="A1")
    mapper = FactMapper(NoKeys(dossier.database))
    profile: Any = None
    with dossier.database.connection() as connection:
        for event in read(connection, 0, 100):
            if event.topic.startswith("customer."):
                profile = mapper.to_domain_event(event).mutate(profile)
    loaded = dossier.load(CustomerProfile, "1001")
    assert loaded is not None
    assert state_of(profile) == state_of(loaded)
    assert state_of(profile) == {
        "number": "1001",
        "alternate_numbers": ["A1"],
        "primary_alternate_number": "A1",
        "responses": {},
        "fields": {},
    }
    with pytest.raises(TypeError, match="is no profile"):
        state_of(Aggregate(Account.id_of("demo", "A-1")))

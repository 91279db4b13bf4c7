"""The official SDK of CloudEvents reads a message whole, from its headers, its key and its value (rule 4.6)."""

import json
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator

import scenario
from account_facts import ACCOUNT_FACTS
from aggregates.catalogue import FACTS
from consumers.messages import message
from field_facts import FIELD_FACTS
from store.application import Dossier
from store.log import read
from store.public import public_event

CONTRACT = Path(__file__).parents[2] / "docs/contract.json"
SCHEMAS = {
    schema["$id"]: schema
    for versions in json.loads(CONTRACT.read_text())["events"].values()
    for schema in versions.values()
}
FAMILIES = [scenario.customer_registered("Ada"), scenario.response_selected(), *ACCOUNT_FACTS, *FIELD_FACTS]


@pytest.fixture
def messages(dossier: Dossier) -> list[KafkaMessage]:
    """Messages of events of many kinds, as the SDK takes them from any client of Kafka."""
    for fact in scenario.history(*FAMILIES):
        dossier.put([fact])
    with dossier.database.connection() as connection:
        made = [message(dossier.fact_mapper, event, dossier.log_id) for event in read(connection, 0, 1_000)]
    return [KafkaMessage(dict(one.headers), one.key, one.value) for one in made]


def test_the_sdk_reads_a_message_whole(dossier: Dossier, messages: list[KafkaMessage]) -> None:
    with dossier.database.connection() as connection:
        recorded = read(connection, 0, 1_000)
    for one, event in zip(messages, recorded, strict=True):
        public = public_event(dossier.fact_mapper, event)
        read_back = from_kafka(one, JSONFormat())
        assert read_back.get_data() == public
        assert read_back.get_attributes() == {
            "specversion": "1.0",
            "id": str(event.event_id),
            "source": "/dossier/acme",
            "type": f"io.dossier.{event.topic}",
            "time": event.recorded_at,
            "subject": public["profile"],
            "dataschema": f"urn:dossier:event:{event.topic}:{FACTS[event.topic].class_version}",
            "datacontenttype": "application/json",
            "dossierlog": str(dossier.log_id),
            "dossierposition": str(event.id),
            "partitionkey": f"acme/{public['profile']}",
        }


def test_the_schema_that_a_message_names_is_published_and_kept(messages: list[KafkaMessage]) -> None:
    for one in messages:
        schema = SCHEMAS[from_kafka(one, JSONFormat()).get_dataschema() or ""]
        checker = Draft202012Validator.FORMAT_CHECKER
        assert list(Draft202012Validator(schema, format_checker=checker).iter_errors(json.loads(one.value))) == []

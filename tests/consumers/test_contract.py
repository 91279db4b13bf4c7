"""What subscribers were promised is kept: the code is compared with the published contract, and what breaks it is found (rule 4.6)."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aggregates.catalogue import FACTS
from consumers import compatibility
from consumers.compatibility import Break, Contract, schema_breaks
from consumers.contract import breaks, contract, document
from consumers.examples import example
from consumers.messages import EVENTS_TOPIC, PROFILES_TOPIC
from consumers.schemas import schema_id, schemas

PUBLISHED = Path(__file__).parents[2] / "docs/contract.json"
LATER_TOPIC = EVENTS_TOPIC[:-1] + str(int(EVENTS_TOPIC[-1]) + 1)
Change = Callable[[Contract], Any]


def event(contract: Contract, topic: str) -> dict[str, Any]:
    """The schema of an event in its present version."""
    return contract["events"][topic][str(FACTS[topic].class_version)]


def data(contract: Contract, topic: str) -> dict[str, Any]:
    return event(contract, topic)["properties"]["data"]


def members(contract: Contract, topic: str) -> dict[str, Any]:
    return data(contract, topic)["properties"]


def options(contract: Contract) -> dict[str, Any]:
    """The options of a profile, as one event has them."""
    return event(contract, "account.profile_updated")["$defs"]["Options"]["properties"]


def rename(contract: Contract) -> None:
    renamed = members(contract, "customer.response_selected")
    renamed["answer"] = renamed.pop("response")


def make_personal(contract: Contract) -> None:
    members(contract, "account.opened").pop("customer")
    event(contract, "account.opened")["properties"]["personal_fields"]["const"] = ["customer"]


def add_member(contract: Contract, schema: dict[str, Any], *, required: bool) -> None:
    members(contract, "customer.renamed")["nickname"] = schema
    if required:
        data(contract, "customer.renamed")["required"].append("nickname")


def rename_model(contract: Contract) -> None:
    schema = event(contract, "account.profile_updated")
    text = json.dumps(schema).replace("#/$defs/Terms", "#/$defs/Agreement").replace('"Terms"', '"Agreement"')
    contract["events"]["account.profile_updated"]["1"] = json.loads(text)


def new_version(contract: Contract) -> None:
    """A version in which a member is gone."""
    schema = contract["events"]["customer.renamed"].pop("1")
    del schema["properties"]["data"]["properties"]["number"]
    contract["events"]["customer.renamed"]["2"] = schema


BREAKING: dict[str, Change] = {
    "a member is removed": lambda c: members(c, "customer.response_selected").pop("response_description"),
    "a member is renamed": rename,
    "a member has another type": lambda c: members(c, "customer.response_selected")["category"].update(type="string"),
    "a member may be null": lambda c: members(c, "account.opened").update(
        customer={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "a member is null no more": lambda c: members(c, "customer.field_edited").update(value={"type": "string"}),
    "a member may be missing": lambda c: data(c, "account.opened")["required"].remove("customer"),
    "a member must be there that older events do not have": lambda c: add_member(c, {"type": "string"}, required=True),
    "a member becomes personal": make_personal,
    "a value is no longer among those of a member": lambda c: options(c)["bill_level"]["enum"].remove("site"),
    "a value joins those of a member": lambda c: options(c)["bill_level"]["enum"].append("region"),
    "a text gets a bound": lambda c: members(c, "account.opened")["account"].update(maxLength=10),
    "a number loses a bound": lambda c: event(c, "account.opened")["properties"]["position"].pop("minimum"),
    "a day becomes an instant": lambda c: members(c, "propagation.started")["run_date"].update(format="date-time"),
    "the items of a list have another type": lambda c: members(c, "unmasking.shown")["fields"].update(
        items={"type": "integer"}
    ),
    "the values of a map have another type": lambda c: members(c, "upload_mapping.saved")["columns"].update(
        additionalProperties={"type": "integer"}
    ),
    "an event is removed": lambda c: c["events"].pop("customer.renamed"),
    "an event stands for something else": lambda c: event(c, "customer.renamed").update(title="NicknameGiven"),
    "an event means something else": lambda c: event(c, "customer.renamed").update(
        description="The customer got a nickname."
    ),
    "an event gets a new version without an upcaster": new_version,
    "an event is no longer on its topic": lambda c: c["channels"][EVENTS_TOPIC]["messages"].remove("customer.renamed"),
    "a topic is removed": lambda c: c["channels"].pop(EVENTS_TOPIC),
    "a topic has another key": lambda c: c["channels"][EVENTS_TOPIC].update(key="The id of the event."),
    "a member of the state of a profile is removed": lambda c: c["states"][PROFILES_TOPIC]["site"]["properties"][
        "state"
    ]["properties"].pop("account"),
    "states of a kind of profile are removed": lambda c: c["states"][PROFILES_TOPIC].pop("site"),
    "a header is removed": lambda c: c["channels"][EVENTS_TOPIC]["headers"]["properties"].pop("ce_subject"),
    "a header may be missing": lambda c: c["channels"][EVENTS_TOPIC]["headers"]["required"].remove("ce_subject"),
}
HARMLESS: dict[str, Change] = {
    "a member joins the state of a profile": lambda c: c["states"][PROFILES_TOPIC]["site"]["properties"]["state"][
        "properties"
    ].update(name={"type": "string"}),
    "states of another kind of thing join their topic": lambda c: c["states"][PROFILES_TOPIC].update(upload={}),
    "a member is added that may be missing": lambda c: add_member(c, {"type": "string"}, required=False),
    "a member is added that is null in older events": lambda c: add_member(
        c, {"anyOf": [{"type": "string"}, {"type": "null"}]}, required=True
    ),
    "an option is added": lambda c: options(c).update(pays_by={"type": "string"}),
    "an event is added": lambda c: c["events"].update({"customer.praised": {"1": {"title": "Praised"}}}),
    "an event joins a topic": lambda c: c["channels"][EVENTS_TOPIC]["messages"].append("customer.praised"),
    "a topic is added": lambda c: c["channels"].update({"dossier.{company}.news.v1": c["channels"][EVENTS_TOPIC]}),
    "a topic gets a new version": lambda c: c["channels"].update({LATER_TOPIC: c["channels"].pop(EVENTS_TOPIC)}),
    "a header is added that may be missing": lambda c: c["channels"][EVENTS_TOPIC]["headers"]["properties"].update(
        ce_traceparent={"type": "string"}
    ),
    "another personal field is left out": lambda c: event(c, "customer.renamed")["properties"]["personal_fields"][
        "const"
    ].append("nickname"),
    "members stand in another order": lambda c: event(c, "customer.renamed").update(
        properties=dict(reversed(event(c, "customer.renamed")["properties"].items()))
    ),
    "the same alternatives are written in another way": lambda c: members(c, "customer.field_edited").update(
        value={"type": ["null", "string"]}
    ),
    "a model has another name": rename_model,
    "there is another example": lambda c: event(c, "customer.renamed").update(examples=[]),
}


def changed(change: Change) -> list[Break]:
    """The breaks that a change of the contract is."""
    present = contract()
    after = json.loads(json.dumps(present))  # what events share as objects is each one's own in a text
    change(after)
    assert json.dumps(after) != json.dumps(present)
    return compatibility.breaks(present, after, set())


@pytest.mark.parametrize("change", BREAKING)
def test_what_would_break_a_subscriber_is_found(change: str) -> None:  # rule 4.6
    assert len({fault.place for fault in changed(BREAKING[change])}) == 1


@pytest.mark.parametrize("change", HARMLESS)
def test_what_breaks_nobody_is_let_through(change: str) -> None:  # rule 4.6
    assert changed(HARMLESS[change]) == []


def test_a_break_names_its_place_and_its_reason() -> None:
    def told(change: str) -> list[str]:
        return list(map(str, changed(BREAKING[change])))

    assert told("a value joins those of a member") == [
        "account.profile_updated.data.profile.terms.options.bill_level: it may now be region"
    ]
    assert told("a text gets a bound") == ["account.opened.data.account: it is narrowed: maxLength was None and is 10"]
    assert told("a number loses a bound") == ["account.opened.position: it is widened: minimum was 1 and is None"]


def test_a_new_version_of_an_event_may_change_anything_if_old_ones_are_upcast() -> None:
    present = contract()
    after = deepcopy(present)
    new_version(after)
    assert compatibility.breaks(present, after, {("customer.renamed", 1)}) == []
    after["events"]["customer.renamed"]["4"] = after["events"]["customer.renamed"].pop("2")
    assert [str(fault) for fault in compatibility.breaks(present, after, {("customer.renamed", 1)})] == [
        "customer.renamed: version 4 comes without an upcaster from version 2",
        "customer.renamed: version 4 comes without an upcaster from version 3",
    ]
    assert [str(fault) for fault in compatibility.breaks(after, present, set())] == [
        "customer.renamed: version 4 was published, and this is version 1"
    ]


def test_models_that_refer_to_themselves_are_compared_once() -> None:
    part = {"type": "object", "properties": {"parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}}}}
    schema = {"$ref": "#/$defs/Part", "$defs": {"Part": part}}
    assert schema_breaks("part", schema, schema) == []
    changed_part = {**part, "properties": {**part["properties"], "name": {"type": "string"}}}
    [fault] = schema_breaks("part", {**schema, "$defs": {"Part": changed_part}}, schema)
    assert str(fault) == "part.name: the member is gone"


def test_the_code_keeps_what_was_published() -> None:  # rule 4.6
    """What to do where this fails is in CONTRIBUTING, under *Add an event*."""
    assert breaks(PUBLISHED.read_text()) == []


def test_earlier_versions_of_an_event_stay_in_the_contract() -> None:
    published = json.loads(PUBLISHED.read_text())
    published["events"]["customer.fields_uploaded"]["1"] = {"title": "FieldsUploaded"}
    published["channels"]["dossier.{company}.news.v1"] = published["channels"][EVENTS_TOPIC]
    written = json.loads(document(json.dumps(published)))
    assert written["events"]["customer.fields_uploaded"].keys() == {"1", "2"}
    assert written["channels"].keys() == contract()["channels"].keys()


@pytest.mark.parametrize("topic", FACTS)
def test_the_example_of_a_message_keeps_its_schema(topic: str) -> None:
    schema = schemas()[topic]
    message = example(topic, schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    assert list(Draft202012Validator(schema, format_checker=checker).iter_errors(message)) == []
    assert message.keys() == schema["properties"].keys()
    assert event(contract(), topic)["$id"] == schema_id(topic)

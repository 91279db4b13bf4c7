"""The public contract: every event as a message that keeps its schema, without personal values (rules 4.6, 5.1)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest
import yaml
from eventsourcing.persistence import MapperDeserialisationError
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

import scenario
from account_facts import ACCOUNT_FACTS, TERMS
from aggregates.catalogue import FACTS, aggregate_id
from aggregates.customer import commands as customers
from aggregates.fact import Fact, Personal
from consumers import asyncapi
from consumers.messages import HEADERS, Received, message
from consumers.profile_states import STATES
from consumers.reading import read_message
from consumers.schemas import definitions, schemas, state_schemas
from field_facts import FIELD_FACTS
from store.application import Dossier
from store.events import RecordedEvent
from store.log import read
from store.public import public_event

EVERY_FACT = [
    scenario.category_defined(),
    scenario.category_changed(),
    scenario.response_defined(),
    scenario.response_changed(),
    scenario.default_moved("A"),
    scenario.control_set("L37", "INTERACT"),
    scenario.attribute_mapped(),
    scenario.attribute_unmapped(),
    scenario.customer_registered("Zaphod Beeblebrox"),
    scenario.customer_renamed("Zaphod the First"),
    scenario.alternate_number_added("A1"),
    scenario.primary_changed("A1", None),
    scenario.alternate_number_removed("A1"),
    scenario.response_selected(last=scenario.TODAY),
    scenario.response_cleared(),
    *ACCOUNT_FACTS,
    *FIELD_FACTS,
]


def recorded(dossier: Dossier, *facts: Fact) -> list[RecordedEvent]:
    for fact in scenario.history(*facts):
        dossier.put([fact])
    with dossier.database.connection() as connection:
        return read(connection, 0, 1_000)


def received(event: RecordedEvent, dossier: Dossier) -> Received:
    made = message(dossier.fact_mapper, event, dossier.log_id)
    return Received(made.key, made.value, dict(made.headers), "test", made.position)


def test_every_event_keeps_its_schema(dossier: Dossier) -> None:  # rule 4.6
    by_topic = schemas()
    events = recorded(dossier, *EVERY_FACT)
    assert {event.topic for event in events} == set(FACTS)
    for event in events:
        schema = by_topic[event.topic]
        validator_for(schema).check_schema(schema)
        public = orjson.loads(message(dossier.fact_mapper, event, dossier.log_id).value)
        checker = Draft202012Validator.FORMAT_CHECKER
        assert not list(Draft202012Validator(schema, format_checker=checker).iter_errors(public))
        assert public.keys() == schema["properties"].keys()
        assert public["data"].keys() == schema["properties"]["data"]["properties"].keys()


def test_no_personal_value_is_in_a_message(dossier: Dossier) -> None:  # rule 5.1
    for event in recorded(dossier, *EVERY_FACT):
        made = message(dossier.fact_mapper, event, dossier.log_id)
        assert b"Zaphod" not in made.value
        assert b"Zaphod" not in b"".join(value for _, value in made.headers)
        public = read_message(received(event, dossier), "acme").event
        assert public.personal_fields == sorted(FACTS[event.topic].personal_fields())


def test_an_erasure_changes_no_message(dossier: Dossier) -> None:  # rules 0.3, 5.1
    before = [message(dossier.fact_mapper, event, dossier.log_id).value for event in recorded(dossier, *EVERY_FACT)]
    with dossier.database.connection() as connection:
        events = read(connection, 0, 100)
    dossier.fact_mapper.keys.destroy(next(event.uuid for event in events if event.topic == "customer.registered"))
    assert [message(dossier.fact_mapper, event, dossier.log_id).value for event in events] == before


def test_headers_are_those_of_a_cloud_event_and_the_position(dossier: Dossier) -> None:
    [event] = recorded(dossier, scenario.response_selected())
    made = message(dossier.fact_mapper, event, dossier.log_id)
    assert made.key == b"acme/customer:1001"
    assert dict(made.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": str(event.event_id).encode(),
        "ce_source": b"/dossier/acme",
        "ce_type": b"io.dossier.customer.response_selected",
        "ce_time": event.recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode(),
        "ce_subject": b"customer:1001",
        "content-type": b"application/json",
        "ce_dataschema": b"urn:dossier:event:customer.response_selected:1",
        "ce_dossierlog": str(dossier.log_id).encode(),
        "ce_dossierposition": b"1",
    }
    assert dict(made.headers).keys() == HEADERS.keys()


def test_the_size_of_a_message_is_never_too_small(dossier: Dossier) -> None:
    for event in recorded(dossier, *EVERY_FACT):
        made = message(dossier.fact_mapper, event, dossier.log_id)
        bare = sum(len(name) + len(value) for name, value in made.headers)
        assert made.size >= len(made.key) + len(made.value) + bare + 100


def test_the_key_is_the_company_and_the_profile_that_the_event_belongs_to(dossier: Dossier) -> None:  # rule 4.7
    keys = {message(dossier.fact_mapper, event, dossier.log_id).key for event in recorded(dossier, *EVERY_FACT)}
    assert keys == {
        b"acme/customer:1001",
        b"acme/category:7",
        b"acme/controls:acme",
        b"acme/mappings:acme",
        b"acme/system_options:acme",
        b"acme/profile_class:LATE",
        b"acme/propagation:LATE/2",
        b"acme/account:A-7",
        b"acme/site:A-7/S-1",
        b"acme/field:city",
        b"acme/customer:2001",
        b"acme/customer:2002",
        b"acme/unmasking:2001",
        b"acme/interaction:I-1",
        b"acme/upload_mapping:crm",
        b"acme/upload:U-1",
        b"acme/upload:U-2",
        b"acme/upload:U-3",
    }


def test_what_an_event_belongs_to_is_found_by_its_subject(dossier: Dossier) -> None:
    """A propagation may have several runs, which are one subject."""
    for event in recorded(dossier, *EVERY_FACT):
        found = aggregate_id("acme", public_event(dossier.fact_mapper, event)["profile"])
        assert found == (None if event.topic.startswith("propagation.") else event.uuid)


def test_the_fast_path_says_the_same_as_the_event_class(dossier: Dossier) -> None:
    for event in recorded(dossier, *EVERY_FACT):
        public = public_event(dossier.fact_mapper, event)
        fact = dossier.fact_mapper.to_domain_event(event)
        told = fact.model_dump(mode="json", exclude=set(Fact.model_fields) | set(public["personal_fields"]))
        told = {name: _set_only(value) for name, value in told.items()}
        days = {name: told.pop(name, None) for name in ("effective_from", "effective_to")}
        assert (public["data"], days) == (told, {name: public[name] for name in days})  # type: ignore[literal-required]
        assert public["reason"] == fact.origin.reason
        assert public["causation_id"] == str(fact.origin.causation_id)


def _set_only(value: Any) -> Any:
    """What a model within an event sets: what is not set is left out of it."""
    if isinstance(value, dict):
        return {name: _set_only(one) for name, one in value.items() if one is not None}
    return [_set_only(one) for one in value] if isinstance(value, list) else value


def test_an_event_about_a_profile_carries_its_days_and_all_that_holds_on_them(dossier: Dossier) -> None:
    """Decimals are texts, dates ISO 8601, and what is not set is not there."""
    *_, event = recorded(dossier, *ACCOUNT_FACTS[6:9])
    public = orjson.loads(message(dossier.fact_mapper, event, dossier.log_id).value)
    assert (public["type"], public["profile"]) == ("account.profile_updated", "account:A-7")
    assert (public["effective_from"], public["effective_to"]) == (scenario.TODAY.isoformat(), None)
    terms = public["data"]["profile"]["terms"]
    assert terms["options"] == {
        "collector": "EU-1",
        "tolerance_percent": "2.50",
        "allow_discount": False,
        "discount_grace_days": 0,
        "bill_level": "site",
        "hold_start_date": "2026-01-31",
    }
    assert terms["amounts"] == {
        "EUR": {"credit_limit": "1000.00", "interest": {"rate": "1.5"}},
        "JPY": {"interest": {"amount": "500"}},
    }
    assert terms["attributes"] == TERMS.attributes
    assert dossier.fact_mapper.to_domain_event(event).profile.terms == TERMS  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("profile", "class_version"), "2"),
        (("profile", "terms"), {}),
        (("profile", "terms", "options", "allow_discount"), "no"),
        (("profile", "terms", "options", "bill_level"), "planet"),
        (("profile", "terms", "amounts", "EUR", "credit_limit"), 5.5),
        (("profile", "marks", "options.collector", "event_id"), "x"),
        (("profile", "marks", "options.collector", "origin"), None),
        (("changed",), "options.collector"),
    ],
)
def test_the_schema_of_an_event_says_what_stands_in_its_models(
    dossier: Dossier, path: tuple[str, ...], value: Any
) -> None:  # rule 4.6
    *_, event = recorded(dossier, *ACCOUNT_FACTS[6:9])
    public = orjson.loads(message(dossier.fact_mapper, event, dossier.log_id).value)
    validator = Draft202012Validator(
        schemas()["account.profile_updated"], format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    assert validator.is_valid(public)
    *outer, last = path
    place = public["data"]
    for part in outer:
        place = place[part]
    place[last] = value
    assert not validator.is_valid(public)


class _Moved(Fact):
    """A fact whose shape changed once."""

    TOPIC: ClassVar[str] = "customer.moved_in_a_test"
    class_version: ClassVar[int] = 2
    number: str
    town: str
    street: Personal[str]

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["town"] = state.pop("city")


def test_an_old_shape_is_given_in_the_present_one(dossier: Dossier) -> None:
    [event] = recorded(dossier, scenario.customer_registered())
    [old, present] = [_moved(event, {"city": "Ulm"}), _moved(event, {"town": "Ulm", "v": 2})]
    for one in (old, present):
        public = public_event(dossier.fact_mapper, one)
        assert public["data"] == {"number": "1001", "town": "Ulm"}
        assert public["personal_fields"] == ["street"]


def test_an_event_of_a_newer_version_is_refused_by_name(dossier: Dossier) -> None:
    [event] = recorded(dossier, scenario.customer_registered())
    with pytest.raises(MapperDeserialisationError, match=str(event.event_id)):
        public_event(dossier.fact_mapper, _moved(event, {"town": "Ulm", "v": 3}))


def _moved(event: RecordedEvent, payload: dict[str, Any]) -> RecordedEvent:
    state = orjson.loads(event.state)
    mended = {"company": state["company"], "origin": state["origin"], "number": "1001", **payload}
    values = {**vars(event), "topic": _Moved.TOPIC, "state": orjson.dumps(mended)}
    return RecordedEvent(**values)


def test_an_instant_is_always_written_alike(dossier: Dossier) -> None:
    [event] = recorded(dossier, scenario.category_defined())
    whole = RecordedEvent(**{**vars(event), "recorded_at": datetime(2026, 1, 1, 9, 0, tzinfo=UTC)})
    assert public_event(dossier.fact_mapper, whole)["recorded_at"] == "2026-01-01T09:00:00.000000Z"


def test_a_use_case_gives_messages_of_two_customers(dossier: Dossier, ask: Any) -> None:
    for number in ("1001", "1002"):
        customers.register_customer(dossier, ask(reason="moved here"), number=number, name="Ada")
    with dossier.database.connection() as connection:
        events = [read_message(received(event, dossier), "demo").event for event in read(connection, 0, 100)]
    assert [event.profile for event in events] == ["customer:1001", "customer:1002"]
    assert [event.reason for event in events] == ["moved here"] * 2


def test_the_published_contract_is_the_one_in_the_code() -> None:  # rule 4.6
    published = Path(__file__).parents[2] / "docs/asyncapi.yaml"
    fresh = "Write it again: python -m consumers.asyncapi > docs/asyncapi.yaml"
    assert published.read_text() == asyncapi.document(), fresh


def test_the_contract_is_yaml_that_names_every_event() -> None:
    contract = yaml.safe_load(asyncapi.document())
    assert contract["asyncapi"] == "3.1.0"
    named = {one["name"] for one in contract["components"]["messages"].values() if "name" in one}
    assert named == {*FACTS, *(f"{kind}.{suffix}" for kind in STATES for suffix in ("state", "erased"))}
    assert (
        contract["components"]["messages"]["customer_registered"]["payload"]["schema"]
        == schemas()["customer.registered"]
    )


def test_every_reference_of_the_contract_leads_to_something_in_it(dossier: Dossier) -> None:
    contract = yaml.safe_load(asyncapi.document())
    references = list(_references(contract))
    assert "#/components/schemas/Profile" in references
    for reference in references:
        place = contract
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    assert contract["components"]["schemas"].keys() == definitions({**schemas(), **state_schemas()}).keys()
    *_, event = recorded(dossier, *ACCOUNT_FACTS[6:9])
    public = orjson.loads(message(dossier.fact_mapper, event, dossier.log_id).value)
    message_of = contract["components"]["messages"]["account_profile_updated"]
    whole = {**message_of["payload"]["schema"], "components": {"schemas": contract["components"]["schemas"]}}
    assert Draft202012Validator(whole).is_valid(public)
    public["data"]["profile"]["terms"]["options"]["allow_discount"] = "no"
    assert not Draft202012Validator(whole).is_valid(public)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name == "$ref":
                yield one
            else:
                yield from _references(one)

"""`docs/asyncapi.yaml`: the bus as a published contract, generated from the code. The same code always gives the same bytes.

Write it with `python -m consumers.asyncapi > docs/asyncapi.yaml`; a test fails when the file is stale.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

from consumers.contract import headers_schema
from consumers.examples import LOG, example, state_example
from consumers.messages import (
    CONTENT_TYPE,
    DEAD_LETTER_HEADERS,
    DEAD_LETTERS_TOPIC,
    EVENTS_TOPIC,
    HEADERS,
    KEY,
    PROFILES_TOPIC,
    STATE_HEADERS,
    headers_of,
)
from consumers.schemas import definitions, schema_id, schemas, state_schemas

VERSION: Final = "3.0.0"
PROMISE: Final = (
    "Every fact of the log, in the order of the log within a key. Delivered at least once, never out of order within a"
    " key: the header ce_dossierposition only rises there, so a subscriber that remembers the last position of a key drops"
    " a repetition with one comparison. Positions are those of one log, whose id is in ce_dossierlog. After a restore that"
    " lost events the log has another id and everything comes again: discard what was taken from the former log."
    " Messages are CloudEvents in binary mode; ce_dataschema is the id of the value's JSON Schema in docs/contract.json."
    " Personal values are left out; personal_fields names them. So the values of"
    " personal business fields never travel: customer.field_edited tells that one was changed (is_personal) or taken away"
    " (cleared), and who may reads it in GET /v1/customers/{number}/fields; other fields' values do. Members and event"
    " types may be added: ignore what you do not know. To begin from an earlier position than the topic holds, read"
    " GET /v1/events?after= and go on here. Topic and key begin with the company, so that companies share brokers: take in"
    " nothing of another company. A message is refused by the brokers only above their limit for the topic; then the later"
    " ones of its key wait here until an operator has sent or skipped it, and those of other keys go on."
)
COMPANY: Final = {"company": {"description": "The company, as in DOSSIER_COMPANY: small letters, digits, underscores."}}
SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"
PROFILES: Final = (
    "What is known now of each customer, account and site, on all days, without personal values: of a key the last message"
    " counts, and the topic is compacted, so that whoever begins at its first message has every profile. A message comes"
    " at least once, and with or after the events that it tells of; one whose ce_dossierposition is lower than the last of"
    " its key is a repetition. What holds on which days changes with events only: on another day, look at the same state"
    " again. A tombstone, a message without a value, says that a customer was erased. After a restore that lost events"
    " everything comes again as of another log (ce_dossierlog): discard the states of the former one."
)
_DEFS: Final = "#/$defs/"
_SCHEMAS: Final = "#/components/schemas/"
DEAD_LETTERS: Final = (
    "Messages that could not be delivered to Customer Engagement or could not be read: the original key, value and"
    " headers, and why."
)


def document() -> str:
    """The AsyncAPI document, as YAML."""
    return "\n".join(_lines(_contract(), 0)) + "\n"


def _contract() -> dict[str, Any]:
    by_topic, by_kind = schemas(), state_schemas()
    messages = {
        **{_name(topic): _message(topic, schema) for topic, schema in by_topic.items()},
        **{f"{kind}_state": _state(kind, schema) for kind, schema in by_kind.items()},
        **{f"{kind}_erased": _erased(kind) for kind in by_kind},
        "deadLetter": {"summary": DEAD_LETTERS, "headers": headers_schema(DEAD_LETTER_HEADERS)},
    }
    states = [f"{kind}_{suffix}" for kind in by_kind for suffix in ("state", "erased")]
    channels = {
        "profileEvents": _channel(EVENTS_TOPIC, PROMISE, map(_name, by_topic)),
        "profiles": _channel(PROFILES_TOPIC, PROFILES, states),
        "deadLetters": _channel(DEAD_LETTERS_TOPIC, DEAD_LETTERS, ["deadLetter"]),
    }
    return {
        "asyncapi": "3.1.0",
        "info": {"title": "Dossier", "version": VERSION, "description": PROMISE},
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": {
            f"publish{name[0].upper()}{name[1:]}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
            for name in channels
        },
        "components": {
            "messages": messages,
            "schemas": {name: _shared(schema) for name, schema in definitions({**by_topic, **by_kind}).items()},
            "messageTraits": {
                "cloudEvent": {"headers": headers_schema(HEADERS)},
                "cloudEventOfProfile": {"headers": headers_schema(STATE_HEADERS)},
            },
        },
    }


def _channel(address: str, description: str, messages: Iterable[str]) -> dict[str, Any]:
    return {
        "address": address,
        "parameters": COMPANY,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }


def _state(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        **_about_profile(f"{kind}.state", schema["description"]),
        "title": schema["title"],
        "contentType": CONTENT_TYPE,
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": _shared(schema)},
        "examples": [{"name": f"{kind}_state", "payload": state_example(kind)}],
    }


def _erased(kind: str) -> dict[str, Any]:
    summary = f"A tombstone, without a value: the {kind} was erased, and nothing of it is on the topic any more."
    return {**_about_profile(f"{kind}.erased", summary), "payload": {"type": "null"}}


def _about_profile(name: str, summary: str) -> dict[str, Any]:
    return {
        "name": name,
        "summary": summary,
        "bindings": {"kafka": {"key": {"type": "string", "description": KEY}}},
        "traits": [{"$ref": "#/components/messageTraits/cloudEventOfProfile"}],
    }


def _message(topic: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": topic,
        "title": schema["title"],
        "summary": schema["description"],
        "contentType": CONTENT_TYPE,
        "bindings": {"kafka": {"key": {"type": "string", "description": KEY}}},
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": _shared(schema)},
        "examples": [{"name": _name(topic), **_example(topic, schema)}],
    }


def _example(topic: str, schema: dict[str, Any]) -> dict[str, Any]:
    payload = example(topic, schema)
    headers = headers_of(
        payload["event_id"],
        payload["company"],
        topic,
        payload["recorded_at"],
        profile=payload["profile"],
        position=payload["position"],
        log=LOG.encode(),
        schema=schema_id(topic).encode(),
    )
    return {"headers": {name: value.decode() for name, value in headers}, "payload": payload}


def _shared(schema: Any) -> Any:
    """Returns a schema whose references lead to the one place of the document where all messages share their models."""
    if isinstance(schema, list):
        return [_shared(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: member.replace(_DEFS, _SCHEMAS) if name == "$ref" else _shared(member)
        for name, member in schema.items()
        if name != "$defs"
    }


def _name(topic: str) -> str:
    return topic.replace(".", "_")


def _lines(value: dict[str, Any], depth: int) -> Iterator[str]:
    for name, member in value.items():
        yield from _entry(f"{'  ' * depth}{_scalar(name)}:", member, depth + 1)


def _entry(start: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield start
        yield from _lines(value, depth)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield start
        for item in value:
            first, *rest = _lines(item, depth + 1)
            yield f"{'  ' * depth}- {first.strip()}"
            yield from rest
    else:
        yield f"{start} {_scalar(value)}"


def _scalar(value: Any) -> str:
    """JSON is YAML; only plain words go without quotes."""
    if isinstance(value, str) and value.replace("_", "").isalpha() and value.lower() not in _NOT_PLAIN:
        return value
    return json.dumps(value, ensure_ascii=False)


_NOT_PLAIN: Final = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


if __name__ == "__main__":
    sys.stdout.write(document())

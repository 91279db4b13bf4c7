"""`docs/contract.json`: what subscribers were promised, which later versions of the code may add to and must not break.

It has the topics, and the schema of every event in every version that was ever published, each under the id that header
`ce_dataschema` of a message names. `dossier docs --write` writes it, and writes nothing that would break a subscriber (see
`compatibility`).
"""

import json
from collections.abc import Set
from typing import Any, Final, cast

from aggregates.catalogue import FACTS
from consumers import compatibility
from consumers.compatibility import Break, Channel, Contract
from consumers.examples import example, state_example
from consumers.messages import (
    DEAD_LETTER_HEADERS,
    DEAD_LETTERS_TOPIC,
    EVENTS_TOPIC,
    HEADERS,
    KEY,
    PROFILES_TOPIC,
    SCHEMA_HEADER,
    STATE_HEADERS,
)
from consumers.profile_states import STATES
from consumers.schemas import schema_id, schemas, state_schema_id, state_schemas

DEAD_LETTER: Final = "dead_letter"


def contract() -> Contract:
    """Returns the contract that this version of the code keeps."""
    return {
        "channels": {
            EVENTS_TOPIC: _channel(list(FACTS), HEADERS),
            PROFILES_TOPIC: _channel(
                [f"{kind}.{suffix}" for kind in STATES for suffix in ("state", "erased")], STATE_HEADERS
            ),
            DEAD_LETTERS_TOPIC: _channel([DEAD_LETTER], DEAD_LETTER_HEADERS),
        },
        "events": {
            topic: {
                str(FACTS[topic].class_version): {
                    "$id": schema_id(topic),
                    **schema,
                    "examples": [example(topic, schema)],
                }
            }
            for topic, schema in schemas().items()
        },
        "states": {
            PROFILES_TOPIC: {
                kind: {"$id": state_schema_id(kind), **schema, "examples": [state_example(kind)]}
                for kind, schema in state_schemas().items()
            }
        },
    }


def breaks(published: str) -> list[Break]:
    """Returns in which ways the code breaks the contract in this text, as `document` has written it."""
    return compatibility.breaks(cast("Contract", {"states": {}, **json.loads(published)}), contract(), _upcasts())


def document(published: str | None) -> str:
    """Returns the contract of the code, with the earlier versions of events that are in the published text."""
    present = contract()
    earlier: dict[str, dict[str, Any]] = json.loads(published)["events"] if published else {}
    events = {topic: earlier.get(topic, {}) | versions for topic, versions in present["events"].items()}
    return json.dumps({**present, "events": events}, indent=2, ensure_ascii=False) + "\n"


def headers_schema(described: dict[str, str]) -> dict[str, Any]:
    """Returns the schema of headers, all of which are always there, but for that of a schema where there may be no value."""
    properties = {name: {"type": "string", "description": text} for name, text in described.items()}
    required = [name for name in described if described is not STATE_HEADERS or name != SCHEMA_HEADER]
    return {"type": "object", "properties": properties, "required": required}


def _channel(messages: list[str], headers: dict[str, str]) -> Channel:
    return {"key": KEY, "headers": headers_schema(headers), "messages": messages}


def _upcasts() -> Set[tuple[str, int]]:
    """Returns the events and their versions from which there is an upcaster to the next one."""
    return {
        (topic, version)
        for topic, fact in FACTS.items()
        for version in range(1, fact.class_version)
        if hasattr(fact, f"upcast_v{version}_v{version + 1}")
    }

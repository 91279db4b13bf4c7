"""JSON Schema of every message, generated from the event classes; part of the published contract (rule 4.6)."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_type_hints

from eventsourcing.utils import resolve_topic
from pydantic import BaseModel

from aggregates.catalogue import FACTS
from aggregates.fact import EffectiveFact, Fact, Role, Source
from consumers.profile_states import STATES
from store.mapper import shape
from store.public import PublicEvent

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_COMMON: Final = frozenset({*Fact.model_fields, *EffectiveFact.model_fields})
_ORIGIN: Final = frozenset({"Origin", "Role", "Source"})
"""Models that are told in the envelope."""
_UUID: Final = {"type": "string", "format": "uuid"}
_DAY: Final = {"type": ["string", "null"], "format": "date"}
_ENVELOPE: Final[dict[str, dict[str, Any]]] = {
    "event_id": {**_UUID, "description": "The same on every delivery."},
    "type": {"type": "string", "description": "The stored topic."},
    "profile": {
        "type": "string",
        "description": "What the event belongs to; with the company before it, the message's key.",
    },
    "company": {"type": "string"},
    "version": {"type": "integer", "minimum": 1, "description": "Number of the event within its profile."},
    "position": {"type": "integer", "minimum": 1, "description": "Number of the event in the log."},
    "recorded_at": {"type": "string", "format": "date-time", "description": "UTC, microseconds."},
    "actor": {"type": "string"},
    "role": {"enum": [role.value for role in Role]},
    "source": {"enum": [source.value for source in Source]},
    "reason": {"type": ["string", "null"]},
    "correlation_id": _UUID,
    "causation_id": _UUID,
    "effective_from": {**_DAY, "description": "First day on which the fact holds; null where it has no days."},
    "effective_to": {**_DAY, "description": "Last day on which the fact holds; null = open-ended."},
}


@cache
def schema_id(topic: str) -> str:
    """Returns the id of the schema of an event's messages, in the present version of the event."""
    return f"urn:dossier:event:{topic}:{shape(resolve_topic(topic)).version}"


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each event's message by stored topic. Members may be added later: readers ignore what they do not know."""
    return {topic: _schema(topic, fact) for topic, fact in FACTS.items()}


def _schema(topic: str, fact: type[Fact]) -> dict[str, Any]:
    generated = fact.model_json_schema(mode="serialization")
    properties = {
        **_ENVELOPE,
        "type": {"const": topic},
        "data": _data(fact, generated),
        "personal_fields": {
            "const": list(fact.personal_fields()),
            "description": "Fields of the event that are left out because they are personal.",
        },
    }
    if issubclass(fact, EffectiveFact):
        properties["effective_from"] = {**_ENVELOPE["effective_from"], "type": "string"}
    schema = {
        "$schema": DIALECT,
        "title": fact.__name__,
        "description": (fact.__doc__ or "").strip(),
        "type": "object",
        "required": list(get_type_hints(PublicEvent)),
        "properties": properties,
    }
    carried = {name: _carried(model) for name, model in generated.get("$defs", {}).items() if name not in _ORIGIN}
    return schema | ({"$defs": carried} if carried else {})


def _carried(model: dict[str, Any]) -> dict[str, Any]:
    """A model within an event. What is not set is left out of it, never null."""
    properties, required = {}, []
    for name, schema in model["properties"].items():
        kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
        if len(kinds) == len(schema.get("anyOf", ())):
            required.append(name)
        properties[name] = _untitled({**schema, "anyOf": kinds} if len(kinds) > 1 else (kinds or [schema])[0])
    carried = {"description": model["description"], "type": "object", "properties": properties}
    return carried | ({"required": required} if required else {})


def definitions(by_topic: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The models that events carry, by name: the `$defs` of all these schemas."""
    return {name: model for schema in by_topic.values() for name, model in schema.get("$defs", {}).items()}


def state_schemas() -> dict[str, dict[str, Any]]:
    """Returns the schema of the state of a profile by kind of profile. What is not set is left out, never null."""
    return {kind: _state_schema(kind, model) for kind, model in STATES.items()}


def state_schema_id(kind: str) -> str:
    """Returns the id of the schema of the states of a kind of profile."""
    return f"urn:dossier:state:{kind}:1"


def _state_schema(kind: str, model: type[BaseModel]) -> dict[str, Any]:
    generated = model.model_json_schema(mode="serialization")
    properties = {
        "profile": _ENVELOPE["profile"],
        "company": _ENVELOPE["company"],
        "version": {
            **_ENVELOPE["version"],
            "description": "Number of the last event of the profile that is in the state.",
        },
        "position": {**_ENVELOPE["position"], "description": "Number of that event in the log."},
        "recorded_at": _ENVELOPE["recorded_at"],
        "state": _carried(generated),
    }
    return {
        "$schema": DIALECT,
        "title": model.__name__,
        "description": f"What is known now of a profile of kind {kind}, on all days.",
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "$defs": {name: _carried(part) for name, part in generated.get("$defs", {}).items()},
    }


def _data(fact: type[Fact], generated: dict[str, Any]) -> dict[str, Any]:
    left_out = {*_COMMON, *fact.personal_fields()}
    properties = {name: _untitled(schema) for name, schema in generated["properties"].items() if name not in left_out}
    return {"type": "object", "required": list(properties), "properties": properties}


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in {"title", "default"}}

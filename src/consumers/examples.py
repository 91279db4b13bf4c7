"""An example of every message, made from its schema, so that none has to be kept up to date by hand.

A value comes from `VALUES`, from an enumeration, or from its type. All of them tell of the same customer, account and day.
"""

from collections.abc import Mapping
from typing import Any, Final

from aggregates.catalogue import natural_key

COMPANY: Final = "demo"
LOG: Final = "0b7e5c1a-2f64-4d0e-9a3c-7c1d5e8f9a20"
_EVENT: Final = "0197a3c4-5d60-7c1e-9f2b-3a4b5c6d7e8f"
_CAUSE: Final = "0197a3c4-5d60-7a0b-8c1d-2e3f4a5b6c7d"
_DAY: Final = "2026-07-01"
_TERMS: Final = {
    "options": {"allow_discount": False, "tolerance_percent": "2.5"},
    "amounts": {"EUR": {"credit_limit": "5000.00", "interest": {"rate": "1.5"}}},
    "attributes": {"region": "north"},
}
_PROFILE: Final = {
    "profile_class": "Slow payers",
    "class_version": 3,
    "assigned_version": 2,
    "assigned_by": _CAUSE,
    "terms": _TERMS,
    "marks": {"options.tolerance_percent": {"origin": "here", "class_version": 3, "event_id": _EVENT}},
}
_HELD: Final = {"effective_from": _DAY, "value": "Vienna"}
_PUT_BACK: Final = {**_HELD, "source": "merge", "brought_by": "1002"}
VALUES: Final[dict[str, Any]] = {
    "account": "A-2001",
    "active": True,
    "actor": "ada",
    "agent": "ada",
    "alternate_number": "5550100",
    "applied_version": 3,
    "apply_to": "all",
    "attribute": "contactPreference",
    "category": 1,
    "category_description": "Preferred contact",
    "causation_id": _CAUSE,
    "changed": 118,
    "choices": [],
    "code": 1,
    "columns": {"Number": "customer_number", "Town": "city"},
    "company": COMPANY,
    "correlation_id": _CAUSE,
    "customer": "1001",
    "delimiter": ",",
    "description": "By e-mail",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "effective_from": None,
    "effective_to": None,
    "event_id": _EVENT,
    "failed": 2,
    "field": "city",
    "fields": ["city"],
    "file": "contacts.csv",
    "from_response": "MAIL",
    "group": "business",
    "interaction": "I-20260620-17",
    "is_personal": False,
    "cleared": False,
    "key": "city",
    "label": "City",
    "mapped": "category:1",
    "mapping": "crm-export",
    "mapping_version": 2,
    "masked": False,
    "name": "Slow payers",
    "new": 40,
    "number": "1001",
    "numbered_by": "customer_number",
    "other": "1002",
    "personal": False,
    "policy": "overwrite",
    "position": 4711,
    "profile": _PROFILE,
    "profile_class": "Slow payers",
    "reason": "As agreed on the telephone.",
    "recorded_at": "2026-06-20T10:42:00.000000Z",
    "replaced": "5550099",
    "response": "EMAIL",
    "response_description": "By e-mail",
    "role": "agent",
    "row": 7,
    "rows": 160,
    "run": 1,
    "run_date": _DAY,
    "site": "S-1",
    "size": 20_480,
    "skipped": 0,
    "source": "ui",
    "survivor": "1001",
    "terms": _TERMS,
    "to_response": "EMAIL",
    "type": "string",
    "unchanged": 0,
    "upload": "U-20260620-1",
    "validators": [],
    "value": "Vienna",
    "version": 3,
    "withheld": [],
    "category.changed.position": 10,
    "category.defined.position": 10,
    "category.defined.description": "Preferred contact",
    "category.changed.description": "Preferred contact",
    "category.response_changed.position": 10,
    "category.response_defined.position": 10,
    "controls.value_set.code": "K87",
    "controls.value_set.value": "Y",
    "customer.fields_uploaded.values": {"city": "Vienna"},
    "customer.fields_uploaded.withheld_on": None,
    "customer.merged.fields": {"city": [_HELD]},
    "customer.merged.responses": {"1": [{"effective_from": _DAY, "value": "EMAIL"}]},
    "customer.merged_away.number": "1002",
    "customer.brought_back.number": "1002",
    "customer.registered.values": {"city": "Vienna"},
    "customer.unmerged.fields": {"city": [_HELD]},
    "customer.unmerged.responses": {"1": [{"effective_from": _DAY, "value": "EMAIL"}]},
    "customer.values_put_back.fields": {"city": [_PUT_BACK]},
    "customer.values_put_back.responses": {"1": [{**_PUT_BACK, "value": "EMAIL"}]},
    "field.changed.position": 10,
    "field.defined.position": 10,
    "profile_class.changed.changed": ["options.tolerance_percent"],
    "profile_class.changed.description": "Firms that pay late",
    "profile_class.defined.description": "Firms that pay late",
    "system_options.changed.set_by": {"options.tolerance_percent": _CAUSE},
    "upload.refused.reason": "The file has no column for the customer number.",
    "upload_mapping.saved.name": "crm-export",
}
"""Values by `<event>.<member>` and by `<member>`. One that does not have a member's type is passed over."""
_STATES: Final[dict[str, dict[str, Any]]] = {
    "customer": {
        "number": "1001",
        "alternate_numbers": ["5550100"],
        "primary_alternate_number": "5550100",
        "responses": {"1": [{"effective_from": _DAY, "value": "EMAIL"}]},
        "fields": {"city": [{**_HELD, "source": "edit"}]},
    },
    "account": {
        "account": "A-2001",
        "customer": "1001",
        "start": _DAY,
        "profiles": [{"effective_from": _DAY, "profile": _PROFILE}],
    },
    "site": {"account": "A-2001", "site": "S-1", "profiles": [{"effective_from": _DAY, "profile": _PROFILE}]},
}
_FORMATS: Final = {"date": _DAY, "date-time": VALUES["recorded_at"], "uuid": _EVENT}
_TYPES: Final[dict[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    list: "array",
    dict: "object",
    type(None): "null",
}


def example(topic: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a message that keeps the schema of an event."""
    described = schema["properties"]
    message = {name: _value("", name, member) for name, member in described.items() if name != "data"}
    data = {name: _value(topic, name, member) for name, member in described["data"]["properties"].items()}
    profile = f"{topic.partition('.')[0]}:{natural_key(topic.partition('.')[0], COMPANY, data)}"
    return {name: {"data": data, "profile": profile}.get(name, message.get(name)) for name in described}


def state_example(kind: str) -> dict[str, Any]:
    """Returns a message with the state of a profile of this kind."""
    state = _STATES[kind]
    return {
        "profile": f"{kind}:{natural_key(kind, COMPANY, state)}",
        "company": COMPANY,
        "version": VALUES["version"],
        "position": VALUES["position"],
        "recorded_at": VALUES["recorded_at"],
        "state": state,
    }


def _value(topic: str, name: str, schema: Mapping[str, Any]) -> Any:
    alternatives = schema.get("anyOf", (schema,))
    for value in (VALUES[known] for known in (f"{topic}.{name}", name) if known in VALUES):
        if any(_fits(value, alternative) for alternative in alternatives):
            return value
    first = alternatives[0]
    if "const" in first or "enum" in first:
        return first.get("enum", [first.get("const")])[0]
    if first["type"] == "array":
        return [_value(topic, "options.tolerance_percent", first["items"])]
    made: dict[str, Any] = {"boolean": True, "integer": 1, "object": {}}
    return made.get(first["type"], _FORMATS.get(first.get("format", ""), "options.tolerance_percent"))


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Returns whether a value has the type of a schema, and is among its values where they are enumerated."""
    if "$ref" in schema:
        return isinstance(value, dict)
    if "enum" in schema or "const" in schema:
        return value in schema.get("enum", (schema.get("const"),))
    if isinstance(value, list) and any(not _fits(item, schema.get("items", {})) for item in value):
        return False
    kinds = schema.get("type", ())
    return _TYPES[type(value)] in ([kinds] if isinstance(kinds, str) else kinds)

"""Examples of bodies and answers, made from their schemas, so that none has to be kept up to date by hand.

A schema that has an example of its own keeps it. Otherwise a value comes from `VALUES`, from an enumeration, or from the format. All of
them tell of the same customer, account and day.
"""

from collections.abc import Mapping
from typing import Any, Final

DAY: Final = "2026-07-01"
INSTANT: Final = "2026-06-20T10:42:00.000000Z"
ID: Final = "0197a3c4-5d60-7c1e-9f2b-3a4b5c6d7e8f"
MISSING: Final = "…"
"""Stands where a text has no example; a test finds it."""
_HASH: Final = "bjQLnP+zepqJpUTm5yq1LUWf2PYUOYRwZD+h4FgBKbg="
_HEAD: Final = f"dossier/demo\n4712\n{_HASH}\nsigned {INSTANT}\n\n\N{EM DASH} dossier/demo Whs8TfSLkA==\n"
_FORMATS: Final[dict[str, Any]] = {"date": DAY, "date-time": INSTANT, "uuid": ID}
_AMOUNTS: Final = {"EUR": {"credit_limit": "5000.00"}}
_EXPLAINED: Final[dict[str, Any]] = {
    "value": "2.5",
    "level": "account",
    "origin": "here",
    "profile_class": "Slow payers",
    "class_version": 3,
    "event_id": ID,
}
_NOTHING_WRONG: Final[dict[str, Any]] = dict.fromkeys(
    (
        *(
            "cancelled_by",
            "closed_at",
            "ended_at",
            "error",
            "failed_at",
            "failed_event",
            "failed_position",
            "failed_topic",
        ),
        *("merged_from", "merged_into", "next_cursor", "effective_to", "rebuild_error", "rebuild_position"),
        *("rebuild_started_at", "rebuild_target", "refusal", "resend_requested_at", "resend_requested_by", "resent_at"),
        *(
            "corrected_value",
            "explanations",
            "out_of_date_since",
            "superseded_by",
            "known_to",
            "message",
            "event_ids",
            "failure",
        ),
    )
)
_ORDERED: Final = (
    *(
        "Category",
        "CategoryChange",
        "DrawerCategory",
        "FieldChange",
        "FieldRead",
        "NewCategory",
        "NewField",
        "NewResponse",
    ),
    *("Response", "ResponseChange"),
)
_CATEGORIES: Final = ("Category", "CategoryChange", "DrawerCategory", "NewCategory")
_CLASSES: Final = ("ClassRead", "ClassVersion", "NewProfileClass", "ProfileClassChange")
VALUES: Final[dict[str, Any]] = {
    **_NOTHING_WRONG,
    **dict.fromkeys(("leaf", "previous_digest", "root"), _HASH),
    **dict.fromkeys(("from_size", "size", "to_size"), 4712),
    **{f"{schema}.position": 10 for schema in _ORDERED},
    **{f"{schema}.description": "Preferred contact" for schema in _CATEGORIES},
    **{f"{schema}.description": "Firms that pay late" for schema in _CLASSES},
    "account": "A-2001",
    "actor": "ada",
    "after": "Vienna",
    "after_description": "Yes",
    "agent": "ada",
    "alternate_number": "5550100",
    "amounts": _AMOUNTS,
    "attribute": "contactPreference",
    "attributes": {"region": "north"},
    "attempts": 1,
    "before": "Graz",
    "before_description": "No",
    "changed_by": "ada",
    "code": 1,
    "collector": "Ada Byron",
    "column": "Town",
    "columns": {"Number": "customer_number", "Town": "city"},
    "company": "demo",
    "consumer": "customer-engagement",
    "credit_limit": "5000.00",
    "currency": "EUR",
    "customer": "1001",
    "customer_number": "1001",
    "data": {"name": "Ada Byron"},
    "delimiter": ",",
    "description": "By e-mail",
    "detail": "The customer number 1001 is taken.",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "errors": [],
    "explain": {"options.tolerance_percent": _EXPLAINED},
    "field": "fields.city",
    "fields": ["options.tolerance_percent"],
    "file": "contacts",
    "goes_to": "city",
    "group": "business",
    "host": "dossier-1",
    "interaction": "I-20260620-17",
    "interest": {"rate": "1.5"},
    "key": "city",
    "key_id": "5a1b3c4d",
    "kind": "customer",
    "label": "City",
    "mapped": "field:city",
    "merged_away": "1002",
    "name": "Ada Byron",
    "note": _HEAD,
    "number": "1001",
    "options": {"tolerance_percent": "2.5"},
    "original_row": "1001,Vienna",
    "other": "1002",
    "path": "options.tolerance_percent",
    "position": 4711,
    "process": "project",
    "profile_class": "Slow payers",
    "propagation": "/v1/profile-classes/Slow%20payers/propagations/3",
    "public_key": f"dossier/demo+5a1b3c4d+{_HASH}",
    "reason": "As agreed on the telephone.",
    "received_by": "ada",
    "responses": {"1": "EMAIL"},
    "saved_by": "ada",
    "set_by": "ada",
    "set_here": {"options.tolerance_percent": "2.5"},
    "site": "S-1",
    "started_by": "ada",
    "status_code": 422,
    "survivor": "1001",
    "task": "drawer",
    "text": "At least one category is defined.",
    "time_zone": "Europe/Vienna",
    "title": "Profile",
    "todo": "Start `dossier project`.",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln",
    "topic": "customer.renamed",
    "value": "Vienna",
    "value_description": "By e-mail",
    "version": 3,
    "what": "The read model `drawer` is not kept up to date.",
    "why": "No process has folded events into it for 40 s.",
    "warnings": [],
    "faults": [],
    "AlternateNumber.number": "5550100",
    "AlternateNumbers.message": None,
    "Choice.code": "EMAIL",
    "ClassVersion.changed": ["options.tolerance_percent"],
    "ClassRead.name": "Slow payers",
    "ClassVersion.name": "Slow payers",
    "ConsistencyProof.path": [_HASH],
    "InclusionProof.path": [_HASH],
    "StoredEvent.content": '{"number":"1001","personal":"3q2+7w=="}',
    "Condition.text": "At least one category is defined.",
    "ControlValue.code": "K87",
    "ControlValue.label": "Display the drawer by itself",
    "ControlValue.value": "Y",
    "DeadLetter.reason": "422: unknown value",
    "Explained.value": "2.5",
    "FieldEdits.fields": {"city": "Vienna"},
    "HistoryEntry.key": "1001",
    "HistoryEntry.topic": "customer.field_edited",
    "HistoryEntry.data": {"field": "city", "value": "Vienna"},
    "InForce.about": ["name"],
    "MappingRead.name": "crm-export",
    "NewControlValue.value": "Y",
    "NewField.choices": [],
    "NewField.validators": [],
    "FieldChange.choices": None,
    "FieldChange.masked": None,
    "FieldChange.personal": None,
    "FieldChange.searchable": None,
    "FieldChange.type": None,
    "FieldChange.validators": None,
    "FieldRead.validators": [],
    "NewProfileClass.name": "Slow payers",
    "NewProfileClass.options": {"collector": "Ada Byron", "allow_discount": False, "tolerance_percent": "2.5"},
    "NewResponse.code": "EMAIL",
    "OptionsGiven": {"tolerance_percent": "2.5"},
    "PreviewColumn.examples": ["Vienna", "Graz"],
    "ProfileRead.set_here": ["options.tolerance_percent"],
    "ProfileVersion.changed": ["options.tolerance_percent"],
    "PreviewPeriod.dropped": ["options.tolerance_percent"],
    "PreviewProfile.set_here": [],
    "Customer.aliases": [],
    "FieldRead.choices": [],
    "WidgetField.choices": [],
    "ProjectionReport.name": "drawer",
    "PropagationDetail.message": "The run of version 3 has finished.",
    "PropagationRead.message": "The run of version 3 has finished.",
    "ReadModelRead.name": "drawer",
    "ReadModelShape.name": "drawer",
    "Reason.reason": "The value was set on the account.",
    "Resolution.amounts": {"EUR": {"credit_limit": {**_EXPLAINED, "value": "5000.00"}}},
    "Resolution.attributes": {"region": {**_EXPLAINED, "value": "north"}},
    "Resolution.options": {"tolerance_percent": _EXPLAINED},
    "Response.code": "EMAIL",
    "Superseded.about": ["name"],
    "WidgetGroup.label": "Business Fields",
    "Drawer.title": "Profile",
    "Widget.title": "Customer Profile",
    "WrongValue.field": "city",
    "WrongValue.reason": "City is required.",
    "ChangedValue.set_here": False,
    "ChangedValue.before": "1.5",
    "ChangedValue.after": "2.5",
}
"""Values by `<schema>`, by `<schema>.<field>` and by `<field>`. One that does not fit a field's type is passed over."""
PARAMETERS: Final = {
    "consistency/from": 4711,
    "controls/code": "K87",
    "from": "2026-06-01@2026-06-20T10:42:00Z",
    "interaction_id": "I-20260620-17",
    "profile-classes/name": "Slow payers",
    "projections/name": "drawer",
    "q": "Byron",
    "response": "EMAIL",
    "upload-mappings/name": "crm-export",
}
"""Values of parameters that must be given, by `<name>` or by `<part of the path before>/<name>`; others have those of fields."""
_TYPES: Final[dict[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


class Examples:
    """Makes examples for the schemas of one document."""

    def __init__(self, schemas: Mapping[str, dict[str, Any]]) -> None:
        self._schemas = schemas

    def of(self, schema: dict[str, Any], *names: str) -> Any:
        """Returns an example of a schema. `names` are those under which `VALUES` may have one, the best first."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.of(self._schemas[name], *names, name)
        if "examples" in schema:
            return self._whole(schema["examples"][0], schema)
        for value in (VALUES[name] for name in names if name in VALUES):
            if self._fits(value, schema):
                return value
        if schema.get("default") is not None:
            return schema["default"]
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], *names)
        return self._made(schema, names)

    def _made(self, schema: dict[str, Any], names: tuple[str, ...]) -> Any:
        kind = schema.get("type")
        if "const" in schema or "enum" in schema:
            return schema.get("enum", [schema.get("const")])[0]
        if kind == "object":
            return self._object(schema, names[-1] if names else "")
        if kind == "array":
            return [self.of(schema["items"], *names)]
        if kind == "string":
            return _FORMATS.get(schema.get("format", ""), MISSING)
        return {"boolean": True, "null": None}.get(str(kind), max(1, schema.get("minimum", 1)))

    def _object(self, schema: dict[str, Any], name: str) -> dict[str, Any]:
        """Returns an object with its fields; one that may be left out and would be `null` is left out."""
        required = schema.get("required", ())
        values = {
            field: self.of(described, f"{name}.{field}", field)
            for field, described in schema.get("properties", {}).items()
        }
        return {field: value for field, value in values.items() if value is not None or field in required}

    def _fits(self, value: Any, schema: dict[str, Any]) -> bool:
        """Returns whether a value has the type of a schema, and is among its values where they are enumerated."""
        if "$ref" in schema:
            return self._fits(value, self._schemas[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return any(self._fits(value, choice) for choice in schema["anyOf"])
        if "enum" in schema or "const" in schema:
            return value in schema.get("enum", (schema.get("const"),))
        if isinstance(value, list) and not all(self._fits(item, schema.get("items", {})) for item in value):
            return False
        if isinstance(value, dict) and not value.keys() >= {*schema.get("required", ())}:
            return False
        return schema.get("type") == _TYPES[type(value)] and not (isinstance(value, str) and "format" in schema)

    def _whole(self, value: Any, schema: dict[str, Any]) -> Any:
        """Returns the example of a model with the members that are `null`, which FastAPI leaves out of it."""
        if "$ref" in schema:
            return self._whole(value, self._schemas[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return value if value is None else self._whole(value, schema["anyOf"][0])
        if isinstance(value, list):
            return [self._whole(item, schema["items"]) for item in value]
        if not isinstance(value, dict) or "properties" not in schema:
            return value
        properties = schema["properties"]
        members = dict.fromkeys(schema.get("required", ())) | value
        return {name: self._whole(member, properties[name]) for name, member in members.items()}

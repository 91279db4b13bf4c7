"""Examples of bodies and answers, made from their schemas, so that none has to be kept up to date by hand.

A schema that has an example of its own keeps it. Otherwise a value comes from `VALUES`, from an enumeration, or from the format.
"""

from collections.abc import Mapping
from typing import Any, Final

from api.openapi.example_values import DAY, ID, INSTANT, VALUES

MISSING: Final = "…"
"""Stands where a text has no example; a test finds it."""
_FORMATS: Final[dict[str, Any]] = {"date": DAY, "date-time": INSTANT, "uuid": ID}
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

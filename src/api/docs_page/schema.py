"""Schemas in words: a table of fields with their types, and links from one to another."""

from html import escape
from typing import Any, Final

import orjson

from api.docs_page.words import prose

_WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
}
_FORMATS: Final = {"date": "date", "date-time": "instant", "uuid": "UUID", "binary": "file"}


def name_of(schema: dict[str, Any]) -> str:
    """Returns the name of the schema that is referred to; empty where there is none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def in_words(schema: dict[str, Any]) -> str:
    """Returns the type of a value as HTML."""
    if name := name_of(schema):
        return f'<a href="#schema-{escape(name)}"><code>{escape(name)}</code></a>'
    if "anyOf" in schema:
        return " or ".join(in_words(choice) for choice in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ("one of " if len(values) > 1 else "") + ", ".join(
            f"<code>{escape(literal(value))}</code>" for value in values
        )
    return _of_type(schema)


def literal(value: Any) -> str:
    """Returns a value as JSON writes it, a text without quotes."""
    return {"\t": "tab"}.get(value, value) if isinstance(value, str) else orjson.dumps(value).decode()


def _of_type(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "")
    if isinstance(kind, list):
        return " or ".join(_WORDS[each] for each in kind)
    if kind == "array":
        return f"list of {in_words(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {in_words(schema['additionalProperties'])} by name"
    return _FORMATS.get(schema.get("format", ""), _WORDS.get(kind, "any value")) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    bounds = []
    if "maxLength" in schema:
        bounds.append(f"at most {schema['maxLength']:,} characters")
    if "minimum" in schema and "maximum" in schema:
        bounds.append(f"{schema['minimum']:,.0f} to {schema['maximum']:,.0f}")
    return f" <small>({', '.join(bounds)})</small>" if bounds else ""


def fields_table(schema: dict[str, Any]) -> str:
    """Returns the fields of a schema as a table; where it has none, its values in words."""
    if "properties" not in schema:
        return f"<p>{in_words(schema)}</p>" if schema else ""
    required = schema.get("required", ())
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(field)}</code>{" <em>required</em>" if field in required else ""}</th>'
        f"<td>{in_words(described)}</td><td>{prose(described.get('description', ''))}</td></tr>"
        for field, described in schema["properties"].items()
    )
    return table("Fields", ("Field", "Type", "Meaning"), rows)


def table(caption: str, heads: tuple[str, ...], rows: str) -> str:
    """Returns a table that scrolls by itself where it is wider than the page."""
    head = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<div class="wide" tabindex="0"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )

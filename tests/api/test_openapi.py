"""The OpenAPI document reads well and is true: every operation, field, body and answer is described, and every example is valid."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator, FormatChecker

from api.openapi import description
from api.openapi.example_values import VALUES
from api.openapi.examples import MISSING
from api.openapi.glossary import DESCRIPTIONS
from store.public import PublicEvent, profile_of

ENUMERATED = {
    *(
        "apply_to",
        "before_origin",
        "after_origin",
        "delimiter",
        "encoding",
        "group",
        "level",
        "origin",
        "outcome",
        "policy",
    ),
    *("role", "shown", "source", "state", "status", "type", "found_by", "suggested_by"),
}
"""Names of fields whose texts are always those of a list."""


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    """The document of the application."""
    return description.describe(app)


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from item.values()


def fields(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            yield name, field, described


def contents(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields the operation, the media type and what is said of it for each body and answer."""
    for operation in operations(document):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media_type, content in part.get("content", {}).items():
                yield operation["operationId"], media_type, content


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(item)


def test_every_operation_has_a_summary_in_words_of_its_own(document: dict[str, Any]) -> None:
    summaries = {operation["operationId"]: operation["summary"] for operation in operations(document)}
    for name, summary in summaries.items():
        assert re.fullmatch(r"[A-Z“].*[^.:;\s]", summary), name
        assert len(summary.split()) >= 2, name
        assert len(summary) <= 120, name
        assert summary != name.replace("_", " ").title(), name
    assert len({*summaries.values()}) == len(summaries)


def test_every_schema_field_and_parameter_is_described(document: dict[str, Any]) -> None:
    bare = [name for name, schema in document["components"]["schemas"].items() if not schema.get("description")]
    bare += [f"{name}.{field}" for name, field, described in fields(document) if not described.get("description")]
    for operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if not parameter.get("description"):
                bare.append(f"{operation['operationId']}: {parameter['name']}")
    assert bare == []


def test_no_text_or_value_is_left_from_a_field_that_went(document: dict[str, Any]) -> None:
    names = {*document["components"]["schemas"]}
    for name, field, _ in fields(document):
        names |= {field, f"{name}.{field}"}
    assert {*DESCRIPTIONS, *VALUES} <= names


def test_every_body_and_answer_has_a_valid_example(document: dict[str, Any]) -> None:
    for name, media_type, content in contents(document):
        example = content["example"]
        assert MISSING not in texts(example), name
        if content["schema"].get("format") == "binary":
            continue
        if media_type == "text/event-stream" and content["schema"].get("type") != "string":
            example = dict(line.split(": ", 1) for line in example.split("\n\n")[0].splitlines())
        schema = {**content["schema"], "components": document["components"]}
        errors = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(example)
        assert [error.message for error in errors] == [], (name, media_type)


def test_every_parameter_that_must_be_given_has_a_valid_example(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter.get("required"):
                assert Draft202012Validator(parameter["schema"]).is_valid(parameter["example"]), parameter


def test_a_schema_has_its_name_as_its_title(document: dict[str, Any]) -> None:
    assert {name.rstrip("_"): schema["title"] for name, schema in document["components"]["schemas"].items()} == {
        title: title for title in (schema["title"] for schema in document["components"]["schemas"].values())
    }


def test_answers_with_content_say_what_it_is(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            assert answer.get("content") or status in {"204", "304", "308"}, (operation["operationId"], status)


def test_the_example_of_a_body_is_accepted(app: FastAPI, document: dict[str, Any]) -> None:
    accepted = 0
    for route in description.routes_of(app):
        if route.body_field is not None and route.include_in_schema:
            [method] = route.methods
            body = document["paths"][route.path][method.lower()]["requestBody"]["content"]["application/json"]
            _, errors = route.body_field.validate(body["example"], {}, loc=("body",))
            assert not errors, (route.name, errors)
            accepted += 1
    assert accepted > 30


def test_the_example_of_an_event_is_one(document: dict[str, Any]) -> None:
    content = document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"]
    event = json.loads(content["application/x-ndjson"]["example"])
    assert event.keys() == PublicEvent.__annotations__.keys()
    assert event["profile"] == profile_of(event["type"], event["company"], {"number": "1001"})


def test_a_list_of_values_is_an_enumeration(document: dict[str, Any]) -> None:
    def is_free(described: dict[str, Any]) -> bool:
        choices = described.get("anyOf", [described])
        return any(choice.get("type") == "string" and not choice.keys() & {"enum", "const"} for choice in choices)

    assert [
        f"{name}.{field}" for name, field, described in fields(document) if field in ENUMERATED and is_free(described)
    ] == []


def test_the_name_of_a_schema_tells_of_no_module(document: dict[str, Any]) -> None:
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_every_operation_says_who_may_use_it(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert bool(operation["security"]) == ("x-roles" in operation), operation["operationId"]

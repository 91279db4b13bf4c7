"""Every write parses its body in only one way and names what is wrong with it (rules 0.9, 0.12).

The writes and their bodies are taken from the OpenAPI document.
"""

import json
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any, Final

import pytest

from api.app import describe_only
from api_client import Api, assert_problem, fields

DOCUMENT: Final = describe_only()
SCHEMAS: Final = DOCUMENT["components"]["schemas"]
JSON: Final = "application/json"
Schema = dict[str, Any]
Path = tuple[str, ...]


def writes() -> dict[str, Schema | None]:
    """The schema of the body of every write whose body is no file, by method and path; `None` where it takes no body."""
    found: dict[str, Schema | None] = {}
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {JSON: {"schema": None}})
            if method not in ("get", "head") and JSON in content:
                filled = path.replace("{code}", "7").replace("{", "").replace("}", "")
                found[f"{method.upper()} {filled}"] = content[JSON]["schema"]
    return found


WRITES: Final = writes()
WITH_BODY: Final = {write: schema for write, schema in WRITES.items() if schema is not None}
VALUES: Final[dict[str, list[Any]]] = {
    "string": ["5"],
    "integer": [5],
    "number": [5.0, 5.5],
    "boolean": [True, False],
    "object": [{}],
    "array": [[]],
    "null": [None],
}
"""Values by their type in JSON; none of them is read as one of another type."""


def send(api: Api, write: str, content: bytes) -> Any:
    method, _, path = write.partition(" ")
    return api.call(method, path, content=content, headers={"Content-Type": JSON})


def test_all_writes_are_found() -> None:
    assert len(WRITES) >= 38
    assert len(WITH_BODY) >= 32


BROKEN: Final = {
    "600 arrays deep": (b"[" * 600 + b"]" * 600, "The body is nested more than 64 deep at character 65."),
    "600 objects deep": (b'{"a":' * 600 + b"1" + b"}" * 600, "The body is nested more than 64 deep at character 321."),
    "50,000 members": (
        b"{" + b", ".join(b'"m%08d":1' % number for number in range(50_000)) + b"}",
        "The body has more than 1,024 members and elements.",
    ),
    "not closed": (b'{"a": 1', "The body is not JSON. Expecting ',' delimiter at character 8."),
    "a name twice": (b'{"reason": "a", "reason": "b"}', "The member reason comes more than once."),
    "NaN": (b'{"reason": NaN}', "NaN is not JSON."),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_body_that_is_no_sound_json_is_refused_in_words_by_every_write(
    api: Api, broken: str, subtests: pytest.Subtests
) -> None:  # rule 0.9
    content, detail = BROKEN[broken]
    with api.storing_nothing():
        for write in WRITES:
            with subtests.test(write):
                assert assert_problem(send(api, write, content), 400, "malformed")["detail"] == detail
    assert api.post("/v1/customers", {"number": "1001", "name": "Ada"}).status_code == 201


WIDE: Final = {f"m{number:03}{'x' * 900}": "y" * 50 for number in range(1_000)}
COSTLY: Final = [
    ("POST /v1/customers", WIDE),
    ("PUT /v1/customers/1001/drawer", {"responses": WIDE}),
    ("PATCH /v1/customers/1001/fields", {"fields": WIDE}),
    ("PATCH /v1/profile-classes/DEFAULT", {"options": WIDE}),
    ("PATCH /v1/profile-classes/DEFAULT", {"amounts": {"USD": WIDE}}),
    ("PUT /v1/upload-mappings/m", {"columns": WIDE}),
    ("POST /v1/customers", {"number": "1002", "name": "a" + "\u0300" * 150_000 + "\u0316" * 150_000}),
]


def test_the_largest_wrong_bodies_cost_little(api: Api, subtests: pytest.Subtests) -> None:  # rules 0.11, 0.12
    api.post("/v1/customers", {"number": "1001", "name": "Ada"})
    bodies = [(write, json.dumps(body, ensure_ascii=False).encode()) for write, body in COSTLY]
    bodies += [("POST /v1/customers", content) for content, _ in BROKEN.values()]
    for write, content in bodies:
        with subtests.test(f"{write} {content[:20]!r}"):
            tracemalloc.start()
            start = time.process_time()
            assert send(api, write, content).status_code in (400, 422)
            seconds, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert seconds < 2  # of the processor; usually 0.05
            assert peak < 50_000_000  # usually 6 MB
    assert api.patch("/v1/customers/1001", {"name": "Ada Byron"}).status_code == 200


def test_an_unknown_member_is_refused_by_name_by_every_write(api: Api, subtests: pytest.Subtests) -> None:  # rule 0.9
    for write in WRITES:
        with subtests.test(write), api.storing_nothing():
            answer = send(api, write, b'{"colour": "red"}')
            assert_problem(answer, 422, "invalid")
            assert "colour" in fields(answer)


def test_what_is_no_object_is_refused_in_words_by_every_write(api: Api, subtests: pytest.Subtests) -> None:
    for write in WITH_BODY:
        for content in (b"[]", b'"x"', b"5", b"true"):
            with subtests.test(f"{write} {content!r}"), api.storing_nothing():
                answer = send(api, write, content)
                assert_problem(answer, 422, "invalid")
                assert {"field": "body", "message": "The body must be a JSON object."} in answer.json()["errors"]


def test_a_body_that_is_missing_is_asked_for_in_words(api: Api) -> None:
    answer = api.call("POST", "/v1/customers")
    assert_problem(answer, 422, "invalid")
    assert answer.json()["errors"] == [{"field": "body", "message": "The request needs a body: a JSON object."}]


def test_a_value_of_another_type_than_the_document_says_is_refused_by_its_path(
    api: Api, subtests: pytest.Subtests
) -> None:  # rule 0.12
    for write, schema in WITH_BODY.items():
        for body in bodies(wrong_values(schema)):
            with subtests.test(f"{write} {next(iter(body.values()))!r}"):
                answer = api.call(*write.split(), json=nested(body))
                assert_problem(answer, 422, "invalid")
                told = {tuple(str(field).split(".")) for field in fields(answer)}
                assert [path for path in body if not is_named(path, told)] == []


def is_named(path: Path, told: set[Path]) -> bool:
    """True when a fault is told at this path or within it, or at a value of two members that are judged together."""
    return any(one[: len(path)] == path for one in told) or (path[-2:-1] == ("interest",) and path[:-1] in told)


def wrong_values(schema: Schema) -> Iterator[tuple[Path, Any]]:
    """A value of every type that a member may not have, with its path."""
    for name, part in members(schema):
        allowed = types(part)
        for kind, values in VALUES.items():
            if kind not in allowed:
                yield from (((name,), value) for value in values)
        yield from (((name, *path), value) for path, value in wrong_values(part))


def types(schema: Schema) -> set[str]:
    """The types of JSON that a schema allows."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return {kind for one in schema["anyOf"] for kind in types(one)}
    if "const" in schema or "enum" in schema:
        return {"boolean" if isinstance(schema.get("const"), bool) else "string"}
    return {*schema["type"]} if isinstance(schema["type"], list) else {schema["type"]}


def members(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The members that an object may have by its schema; where it names none, one of those it allows."""
    schema = resolved(schema)
    for one in schema.get("anyOf", ()):
        yield from members(one)
    yield from schema.get("properties", {}).items()
    yield from (("USD", one) for one in schema.get("patternProperties", {}).values())
    if isinstance(schema.get("additionalProperties"), dict):
        yield ("7" if schema.get("title") == "Responses" else "a"), schema["additionalProperties"]


def resolved(schema: Schema) -> Schema:
    return SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def bodies(wrong: Iterator[tuple[Path, Any]]) -> list[dict[Path, Any]]:
    """As few bodies as hold all of these values."""
    found: list[dict[Path, Any]] = []
    for path, value in wrong:
        free = (body for body in found if not any(path[: len(one)] == one[: len(path)] for one in body))
        body = next(free, None)
        if body is None:
            found.append(body := {})
        body[path] = value
    return found


def nested(values: dict[Path, Any]) -> dict[str, Any]:
    """The body with these values at these paths."""
    body: dict[str, Any] = {}
    for path, value in values.items():
        within = body
        for name in path[:-1]:
            within = within.setdefault(name, {})
        within[path[-1]] = value
    return body

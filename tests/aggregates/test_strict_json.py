"""JSON from outside is parsed in only one way, within bounds, and errors are explained (rules 0.9, 0.11, 0.12)."""

import json
import random
import time
from contextlib import suppress
from typing import Any, Final

import pytest

from aggregates.errors import DomainError
from aggregates.strict_json import MOST_DEPTH, MOST_MEMBERS, JsonError, read, read_members


def refusal(content: bytes) -> dict[str | None, str]:
    """What is said of a text that is refused, by path."""
    with pytest.raises(DomainError) as refused:
        read(content, label="The body")
    faults = getattr(refused.value, "faults", (refused.value,))
    assert all(isinstance(fault, JsonError) for fault in faults)
    return {fault.field: fault.text for fault in faults}


def nested(depth: int) -> bytes:
    return b"[" * depth + b"1" + b"]" * depth


def elements(number: int) -> bytes:
    return json.dumps([[]] * number).encode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        -0.5,
        10**400,
        {},
        {"a": [1, {"b": "\u00e4\ud800\0"}], "A": None, "": '"[{,}]"', "\u00e4": 1, "a\u0308": 2},
        "[" * 5_000,
        "\\" * 5_000 + '"' + ",{" * 5_000,
    ],
)
def test_what_is_json_is_read_as_it_is(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1)):
        assert read(text.encode(), label="The body") == value


def test_a_name_that_comes_more_than_once_is_refused_by_its_path() -> None:  # rule 0.9
    content = b'{"a": 1, "b": {"c": [{"d": 1, "\\u0064": 1}]}, "a": 1, "a": 2}'
    assert refusal(content) == {
        "a": "The member a comes more than once.",
        "b.c.0.d": "The member d comes more than once.",
    }


def test_what_is_a_number_in_python_only_or_does_not_fit_is_refused_by_its_path() -> None:
    content = b'{"a": [NaN, -Infinity], "b": 1e400, "c": -1E999, "d": ' + b"9" * 5_000 + b', "e": ' + b"9" * 400 + b"}"
    assert refusal(content) == {
        "a.0": "NaN is not JSON.",
        "a.1": "-Infinity is not JSON.",
        "b": "The number is too large.",
        "c": "The number is too large.",
        "d": "The number is too large.",
    }
    assert refusal(b"NaN") == {None: "NaN is not JSON."}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "The body is not JSON. Expecting value at character 1."),
        (b'{"a" 1}', "The body is not JSON. Expecting ':' delimiter at character 6."),
        (b'{"a":\n"\t"}', "The body is not JSON. Invalid control character at line 2, column 2."),
        (b'{"a": 1, "a": 2}, NaN', "The body is not JSON. Extra data at character 17."),
        (b'[{"a": 1, "a": 2}, NaN', "The body is not JSON. Expecting ',' delimiter at character 23."),
        (b"{} {}", "The body is not JSON. Extra data at character 4."),
        (b"\xef\xbb\xbf{}", "The body begins with a byte order mark. Send it without."),
        ("{}".encode("utf-16"), "The body is not UTF-8. Send UTF-8, not UTF-16 or UTF-32."),
        ("{}".encode("utf-16-be"), "The body is not UTF-8. Send UTF-8, not UTF-16 or UTF-32."),
        (b'{"a": "\xe4"}', "The body is not UTF-8: byte 8 fits nothing."),
        (b'{"a": "\xed\xa0\x80"}', "The body is not UTF-8: byte 8 fits nothing."),
    ],
)
def test_what_is_no_json_is_refused_in_words(content: bytes, text: str) -> None:
    assert refusal(content) == {None: text}


def test_depth_and_members_are_bounded() -> None:  # rule 0.11
    assert read(nested(MOST_DEPTH), label="The body")
    assert refusal(nested(MOST_DEPTH + 1)) == {None: "The body is nested more than 64 deep at character 65."}
    assert read(elements(MOST_MEMBERS), label="The body")
    assert refusal(elements(MOST_MEMBERS + 1)) == {None: "The body has more than 1,024 members and elements."}


def test_a_drawer_of_all_categories_fits() -> None:
    days = {"effective_from": "2026-01-01", "effective_to": "2026-12-31", "keep_later": True, "reason": "Survey"}
    body = {"responses": {str(code): "A" for code in range(1, 1_000)}, **days}
    assert read(json.dumps(body).encode(), label="The body") == body


def test_more_than_a_hundred_faults_are_not_worked_out() -> None:
    content = "{" + ", ".join(f'"a{number // 2}": 1' for number in range(1_000)) + "}"
    assert len(refusal(content.encode())) == 101  # the last one says that there are more


def test_nothing_is_lost_of_members() -> None:
    members = read_members('{"b": 1.10, "a": {"c": 1e400}, "b": [null]}', label="The line", most=10)
    assert members == [("b", "1.10"), ("a", [("c", "1e400")]), ("b", [None])]
    with pytest.raises(JsonError, match=r"^The line has more than 5 members and elements\.$"):
        read_members(json.dumps([0] * 6), label="The line", most=5)
    with pytest.raises(JsonError, match=r"^The line is not JSON"):
        read_members("[NaN]", label="The line", most=5)


HOSTILE = {
    "brackets": b"[" * 1_000_000,
    "objects": b'{"":' * 250_000,
    "closing": b"]" * 1_000_000,
    "pairs": b"[]" * 500_000,
    "strings": b'"a"' * 330_000,
    "open string": b"[" * 65 + b'"' + b"[" * 1_000_000,
    "odd quotes": b"," * 2_000 + b'"a"' * 330_001 + b'"',
    "backslashes": b"," * 2_000 + b'"' + b"\\" * 1_000_001,
    "blanks": b"[ " * 65 + b" " * 1_000_000,
    "members": b"{" + b",".join(b'"%d":1' % number for number in range(80_000)) + b"}",
    "digits": b"9" * 1_000_000,
    "commas": b'["' + b"," * 1_000_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_mebibyte_costs_milliseconds(content: bytes) -> None:
    start = time.process_time()
    refusal(content)
    assert time.process_time() - start < 1  # usually 0.03


SIGNS: Final = [*b'{}[],:"19-. \n\\\xff', b'"a"', b'"b":', b"NaN", b"1e999", b"true", b"9" * 4_400, b'"\\ud800"']
SOUND: Final = [b'{"a":1,"a":{"b":[NaN,{"c":1,"c":2}]},"d":1e999}', b'[1,2,{"x":[]}]', b'{"a":{"b":[]},"c":"d"}']


def test_whatever_comes_is_read_as_json_or_refused_in_words() -> None:  # rule 0.9
    chance = random.Random(29)
    for _ in range(5_000):
        parts = [sign if isinstance(sign, bytes) else bytes([sign]) for sign in chance.choices(SIGNS, k=8)]
        changed = bytearray(chance.choice(SOUND))
        changed[chance.randrange(len(changed))] = chance.choice(b'{}[],:"a1 N\\e')
        for content in (b"".join(parts), bytes(changed)):
            with suppress(DomainError):
                assert read(content, label="The body") == json.loads(content)

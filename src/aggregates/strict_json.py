"""JSON from outside, read strictly: bodies of requests, lines of contact files, messages of the bus (rules 0.9, 0.11, 0.12).

What is deeper or larger than anybody needs is refused by a linear scan that builds nothing, before anything is parsed. What readers of
JSON understand differently is refused by its path: a name that comes more than once in an object, `NaN` and the infinities, numbers that do
not fit. The standard library parses: it takes whole numbers as they are, and says where a text is broken. `label` is what the words of a
refusal call the text, such as “The body”.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from math import isfinite
from typing import Any, Final, NoReturn

from aggregates.errors import InvalidError, refuse

MOST_DEPTH: Final = 64
"""Objects and arrays within each other."""
MOST_MEMBERS: Final = 1_024
"""Members and elements in all; the largest body that is of use, a drawer with 999 categories, has 1,004."""
MOST_FAULTS: Final = 100
"""Faults of one text that are worked out, and one more where there are more."""
_NEXT_SIGN: Final = re.compile(
    r'(?:[^"\[\]{},]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|\[\s*+\]|\{\s*+\})*+([\[\]{},])', re.DOTALL
)
"""Scalars and what is empty, up to the next comma or bracket outside of strings."""
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class JsonError(InvalidError):
    """The text is no JSON, or readers would understand it differently; `field` is the path of what is at fault, if one is."""


class Members(list[tuple[str, Any]]):
    """The members of a JSON object in their order, also where a name comes more than once."""


class Number(str):
    """A JSON number with all of its digits."""

    __slots__ = ()


class _Unfit(str):
    """In place of a value that is refused: why it is."""

    __slots__ = ()


class _UnfitError(ValueError):
    """Something is refused by its path, which the parser does not know."""


def read(content: bytes, *, label: str, most: int = MOST_MEMBERS) -> Any:
    """The value of a text in UTF-8, of `most` members at most. Raises `JsonError`, or `RefusedError` with several of them."""
    text = _decoded(content, label)
    check_bounds(text, most, label=label)
    try:
        return _parsed(_STRICT, text, label)
    except ValueError:  # also where `int` takes no more digits
        refuse(list(islice(_faults(_parsed(_MARKING, text, label)), MOST_FAULTS + 1)))
        raise


def read_members(text: str, *, label: str, most: int) -> Any:
    """The value of a text of `most` members at most, of which nothing is lost: an object as `Members`, a number as `Number`.

    Raises `JsonError`.
    """
    check_bounds(text, most, label=label)
    try:
        return _parsed(_LOSSLESS, text, label)
    except _UnfitError:
        raise JsonError(f"{label} is not JSON: it holds NaN or an infinity.") from None


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value within one that `read_members` gave, itself first, with its path."""
    yield path, value
    if isinstance(value, list):
        for name, inner in value if isinstance(value, Members) else enumerate(value):
            yield from walk(inner, (*path, str(name)))


def check_bounds(text: str, most: int, *, label: str) -> None:
    """Refuses what is deeper than `MOST_DEPTH` or has more than `most` members and elements. Raises `JsonError`."""
    opened = text.count("{") + text.count("[")
    if opened <= MOST_DEPTH and opened + text.count(",") <= most:
        return  # the usual text is within the bounds even if none of these signs stands in a string
    depth = members = position = 0
    while depth >= 0 and (sign := _NEXT_SIGN.match(text, position)):
        position = sign.end()
        if sign[1] in "]}":
            depth -= 1
            continue
        depth += sign[1] != ","
        members += 1
        if depth > MOST_DEPTH:
            raise JsonError(f"{label} is nested more than {MOST_DEPTH} deep at character {position}.")
        if members > most:
            raise JsonError(f"{label} has more than {most:,} members and elements.")


def _decoded(content: bytes, label: str) -> str:
    if content.startswith(_UTF_16) or b"\0" in content[:4]:
        raise JsonError(f"{label} is not UTF-8. Send UTF-8, not UTF-16 or UTF-32.")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise JsonError(f"{label} is not UTF-8: byte {error.start + 1} fits nothing.") from None
    if text.startswith("\ufeff"):
        raise JsonError(f"{label} begins with a byte order mark. Send it without.")
    return text


def _parsed(decoder: json.JSONDecoder, text: str, label: str) -> Any:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        place = f"character {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise JsonError(f"{label} is not JSON. {error.msg.removesuffix(' at')} at {place}.") from None


def _faults(document: Any) -> Iterator[JsonError]:
    """Returns the faults of a document that `_MARKING` read."""
    paths = set()
    for path, value in walk(document):
        if path in paths:
            yield JsonError(f"The member {path[-1][:60]} comes more than once.", field=".".join(path))
        elif isinstance(value, _Unfit):
            yield JsonError(value, field=".".join(path) or None)
        paths.add(path)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _UnfitError
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise _UnfitError
    return number


def _refuse(_: str) -> NoReturn:
    raise _UnfitError


def _marked(convert: Callable[[str], float]) -> Callable[[str], float | _Unfit]:
    def read_number(digits: str) -> float | _Unfit:
        try:
            return convert(digits)
        except ValueError:
            return _Unfit("The number is too large.")

    return read_number


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_constant=_refuse)
_LOSSLESS: Final = json.JSONDecoder(
    object_pairs_hook=Members, parse_float=Number, parse_int=Number, parse_constant=_refuse
)
_MARKING: Final = json.JSONDecoder(
    object_pairs_hook=Members,
    parse_float=_marked(_finite),
    parse_int=_marked(int),
    parse_constant=lambda constant: _Unfit(f"{constant} is not JSON."),
)
"""For a text that `_STRICT` refused."""

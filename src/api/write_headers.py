"""The headers of a write, read by hand: Idempotency-Key, If-Match (rule 0.7), Dossier-Source, -Reason and -Correlation-Id (rule 0.2).

Writing is the path that has to be fast, and a framework's parameter costs more than the whole of this. What is wrong is
collected: `refusals` adds it to what is wrong with the body, so that one answer names every wrong field. The document of the
routes gets `PARAMETERS`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from aggregates import texts
from aggregates.errors import InvalidError
from aggregates.fact import LONGEST_REASON, Source
from api.around import Around
from api.shapes import LAST_VERSION

ANY_VERSION: Final = -1
"""`If-Match: *`: it must exist, at whichever version."""
_VERSION: Final = re.compile(r'([0-9]{1,10})|"([0-9]{1,10})"', re.ASCII)
_KEY: Final = re.compile(r"[\x20-\x7e]{1,200}")
_SOURCES: Final = {"api": Source.API, "ui": Source.UI}


@dataclass(frozen=True, slots=True)
class WriteHeaders:
    """What they say. `expected` is a version, `ANY_VERSION`, or `None` where any will do."""

    expected: int | None
    key: str | None
    source: Source
    reason: str | None


def read(around: Around) -> WriteHeaders:
    """The headers of a write. Raises `InvalidError` or `RefusedError`, naming every wrong header."""
    faults = texts.Faults()
    faults.found.extend(_malformed(around))
    reason = around.header(b"dossier-reason")
    with faults:
        reason = (
            None
            if not reason
            else texts.text(reason, field="Dossier-Reason", label="The reason", longest=LONGEST_REASON)
        )
    faults.raise_any()
    key, source = around.header(b"idempotency-key"), around.header(b"dossier-source")
    return WriteHeaders(_expected(around), key, _SOURCES[source or "api"], reason)


def _malformed(around: Around) -> Iterator[InvalidError]:
    key, source = around.header(b"idempotency-key"), around.header(b"dossier-source")
    if key is not None and not _KEY.fullmatch(key):
        yield InvalidError("Idempotency-Key has 1 to 200 printable ASCII characters.", field="Idempotency-Key")
    if source is not None and source not in _SOURCES:
        yield InvalidError("Dossier-Source is api or ui.", field="Dossier-Source")
    if b"dossier-correlation-id" in around.headers and not _is_uuid(around.header(b"dossier-correlation-id")):
        yield InvalidError("Dossier-Correlation-Id is a UUID.", field="Dossier-Correlation-Id")
    asked = around.header(b"if-match")
    if (
        asked is not None
        and asked != "*"
        and not ((found := _VERSION.fullmatch(asked)) and _number(found) <= LAST_VERSION)
    ):
        yield InvalidError('If-Match is a version such as "5", or *.', field="If-Match")


def _expected(around: Around) -> int | None:
    asked = around.header(b"if-match")
    if asked == "*":
        return ANY_VERSION
    found = None if asked is None else _VERSION.fullmatch(asked)
    return _number(found) if found else None


def _number(found: re.Match[str]) -> int:
    return int(found[1] or found[2])


def _is_uuid(value: str | None) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


PARAMETERS: Final = (
    _parameter(
        "If-Match",
        'The version that was seen, such as `"5"`; `*`: it must exist.',
        pattern='^([0-9]{1,9}|"[0-9]{1,9}"|\\*)$',
    ),
    _parameter(
        "Idempotency-Key", "The same key and request again: the first answer again.", minLength=1, maxLength=200
    ),
    _parameter("Dossier-Source", "`ui` when a user interface sends it; else `api`.", enum=list(_SOURCES)),
    _parameter("Dossier-Reason", "Why, for a write whose body gives no reason. UTF-8.", maxLength=LONGEST_REASON),
    _parameter(
        "Dossier-Correlation-Id", "Ties together what belongs together; made where there is none.", format="uuid"
    ),
)
"""What the OpenAPI document says of them."""

"""The headers of a write, read by hand: Idempotency-Key, If-Match (rule 0.7), Dossier-Source and -Reason (rule 0.2).

Writes have to be fast, and one parameter of the framework costs more than all of this. Faults are collected: `refusals` adds them to those
of the body, so that one answer names every wrong field. The OpenAPI document gets `PARAMETERS`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from aggregates import texts
from aggregates.errors import InvalidError
from aggregates.fact import LONGEST_REASON, Source
from api.http.etags import Tags, tags
from api.http.request_context import RequestContext

_VERSION: Final = re.compile("0|[1-9][0-9]{0,9}", re.ASCII)
_KEY: Final = re.compile(r"[\x20-\x7e]{1,200}")
_SOURCES: Final = {"api": Source.API, "ui": Source.UI}
_NAMES: Final = frozenset({b"if-match", b"idempotency-key", b"dossier-source", b"dossier-reason"})


@dataclass(frozen=True, slots=True)
class WriteHeaders:
    """The parsed headers. `expected` are the versions of which one must be the current one, `None` where any will do; see `etags`.

    `must_exist` is set by `If-Match: *`: what is written to must exist, at whichever version.
    """

    expected: frozenset[int] | None
    must_exist: bool
    key: str | None
    source: Source
    reason: str | None


_NONE: Final = WriteHeaders(None, must_exist=False, key=None, source=Source.API, reason=None)


def read(context: RequestContext) -> WriteHeaders:
    """Parses the headers of a write. Raises `InvalidError` or `RefusedError`, naming every wrong header."""
    if _NAMES.isdisjoint(context.headers):
        return _NONE
    faults = texts.Faults()
    faults.errors.extend(_malformed(context))
    reason = context.header(b"dossier-reason")
    with faults:
        reason = (
            None
            if not reason
            else texts.text(reason, field="Dossier-Reason", label="The reason", longest=LONGEST_REASON)
        )
    faults.raise_any()
    key, source = context.header(b"idempotency-key"), context.header(b"dossier-source")
    condition = _condition(context)
    return WriteHeaders(
        None if condition is None or condition.any_version else _versions(condition),
        condition is not None and condition.any_version,
        key,
        _SOURCES[source or "api"],
        reason,
    )


def _malformed(context: RequestContext) -> Iterator[InvalidError]:
    key, source = context.header(b"idempotency-key"), context.header(b"dossier-source")
    if key is not None and not _KEY.fullmatch(key):
        yield InvalidError("Idempotency-Key must have 1 to 200 printable ASCII characters.", field="Idempotency-Key")
    if source is not None and source not in _SOURCES:
        yield InvalidError("Dossier-Source must be api or ui.", field="Dossier-Source")
    try:
        _condition(context)
    except ValueError:
        yield InvalidError('If-Match must be versions such as "5", or *.', field="If-Match")


def _condition(context: RequestContext) -> Tags | None:
    """Returns the tags in If-Match. A version without quotation marks is accepted. Raises `ValueError`."""
    text = context.header(b"if-match")
    if text is None:
        return None
    return tags(f'"{text}"' if _VERSION.fullmatch(text) else text)


def _versions(condition: Tags) -> frozenset[int]:
    """Returns the versions that can match: our tags are versions, and weak tags never match in If-Match."""
    return frozenset(int(text) for text in condition.strong if _VERSION.fullmatch(text))


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
        'The version that was seen, such as `"5"`, or a list of which one is to be there; `*`: it must exist. Weak tags never match.',
        pattern='^([0-9]{1,9}|"[0-9]{1,9}(-gzip)?"(, *"[0-9]{1,9}(-gzip)?")*|\\*)$',
    ),
    _parameter(
        "Idempotency-Key",
        "The same key and request again: the first answer again. Keys are kept for 30 days, unless the installation keeps them longer or"
        " shorter (`DOSSIER_KEEP_KEYS_DAYS`); a request that is repeated later is a new one.",
        minLength=1,
        maxLength=200,
    ),
    _parameter("Dossier-Source", "`ui` when a user interface sends it; else `api`.", enum=list(_SOURCES)),
    _parameter("Dossier-Reason", "Why, for a write whose body gives no reason. UTF-8.", maxLength=LONGEST_REASON),
)
"""The headers of a write, for the OpenAPI document."""
RECORDING: Final = tuple(
    parameter for parameter in PARAMETERS if parameter["name"] in {"Dossier-Source", "Dossier-Reason"}
)
"""The headers of a read that is recorded."""
CORRELATION: Final = _parameter(
    "Dossier-Correlation-Id", "Ties together what belongs together; made where there is none.", format="uuid"
)
"""A header that every request takes."""

"""The one table from what can go wrong to a status and a problem type (RFC 9457), and how a problem document is written.

The domain knows no HTTP: `refusals` looks its errors up here. `type` is a relative reference, such as `/problems/stale-version`, under
which this API explains the problem on a page. `errors` names every wrong field at once. Of the input, only what the domain's own messages
quote is given back, and every text is cut and cleaned, so that no input can break the answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypedDict
from uuid import UUID

import orjson
from eventsourcing.persistence import OperationalError
from starlette.responses import Response
from starlette.types import Scope

from aggregates import errors as domain
from aggregates.customer.edits import FieldChangedMeanwhileError
from aggregates.strict_json import JsonError
from aggregates.use_case import KeyReusedError
from api.http import request_context
from api.http.tokens import TokenError
from projections.engine.positions import NotInstalledError
from projections.reading.view import BehindError
from store.log import UnsettledError
from store.proof.notary import BehindLogError
from store.proof.tiles import NotInTreeError

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 100
MORE: Final = f"Only the first {MOST_ERRORS} faults are named."
LONGEST_MESSAGE: Final = 500
LONGEST_DETAIL: Final = 2_000
LONGEST_FIELD: Final = 100
RETRY_AFTER_S: Final = 1


class FollowersError(domain.DomainError):
    """As many answers follow the log as are allowed."""


class OtherLogError(domain.DomainError):
    """A position is one of another log than this."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: `slug` is the last part of its type, `meaning` the text of the page behind it."""

    status: int
    slug: str
    title: str
    meaning: str


class FieldError(TypedDict):
    """One wrong field: its path (`responses.7`, `If-Match`) or `None` for the whole request, and what is wrong with it."""

    field: str | None
    message: str


MERGED_AWAY: Final = Kind(
    308,
    "merged-away",
    "Merged into another customer",
    "The number leads to the survivor, whose path is in the Location header and whose number is in member survivor. Repeat the request"
    " there, with the same method and body.",
)
MALFORMED: Final = Kind(
    400,
    "malformed",
    "The request cannot be read",
    "The body is not JSON, or is JSON that different readers would understand differently, or the request itself is broken. The detail says"
    " where.",
)
UNKNOWN_CALLER: Final = Kind(
    401, "unknown-caller", "A valid token is required", "The bearer token is missing, not valid or expired."
)
FORBIDDEN: Final = Kind(
    403, "forbidden", "Not allowed", "The roles or the company of the token do not allow this. The detail says who may."
)
NOT_FOUND: Final = Kind(404, "not-found", "Not found", "There is nothing under this number, code or path.")
METHOD: Final = Kind(405, "method-not-allowed", "Not possible here", "The Allow header lists what is possible.")
CONFLICT: Final = Kind(
    409,
    "conflict",
    "Not possible now",
    "The request is well-formed, but what is stored forbids it. Nothing was stored.",
)
OTHER_LOG: Final = Kind(
    409,
    "other-log",
    "A position of another log",
    "The log was restored from a backup that lacked its last events, and has given their positions again. Discard what was taken from the"
    " other log, and begin at the first event. Header Dossier-Log of an answer has the id of the log.",
)
STALE: Final = Kind(
    412,
    "stale-version",
    "Changed meanwhile",
    "If-Match names a version other than the current one. Members: expected, actual, by, at. Read again, then decide.",
)
FIELD_CHANGED: Final = Kind(
    412,
    "field-changed",
    "A field was changed meanwhile",
    "Somebody else changed the same business field since the version in If-Match. Member conflicts: field, label, by, at, and both"
    " values, theirs and yours. Read again, then decide. Other fields never conflict; nothing was stored.",
)
TOO_SLOW: Final = Kind(
    408,
    "too-slow",
    "Sent too slowly",
    "The request line and headers, or the next part of the body, did not arrive in time. The connection is closed; the detail gives"
    " the limit. Nothing was stored.",
)
TOO_LARGE: Final = Kind(
    413,
    "too-large",
    "Too large",
    "The body is larger than the route takes; the detail gives the limit in bytes. A list of `POST /v1/resolutions` may have 32 MiB, a"
    " contact file of `POST /v1/uploads` as many bytes as the operator allows, every other body 1 MiB. Nothing was stored.",
)
URI_TOO_LONG: Final = Kind(
    414,
    "uri-too-long",
    "The address is too long",
    "The path and query of a request are limited; the detail gives the limit. The connection is closed.",
)
MEDIA: Final = Kind(
    415,
    "media-type",
    "Wrong media type",
    "Bodies are sent as application/json, contact files as delimited text or JSON lines. The detail says which.",
)
INVALID: Final = Kind(
    422, "invalid", "The input breaks a rule", "Member errors names every wrong field. Nothing was stored."
)
KEY_REUSED: Final = Kind(
    422, "key-reused", "Idempotency-Key used before", "The same key was used before with another method, path or body."
)
HEADERS_TOO_LARGE: Final = Kind(
    431,
    "headers-too-large",
    "Too many or too large headers",
    "The headers of a request are limited in size and number; the detail gives the limits. The connection is closed.",
)
BROKEN: Final = Kind(
    500,
    "broken",
    "A fault of Dossier",
    "This should never happen; the operator can find the cause by the correlation id.",
)
UNAVAILABLE: Final = Kind(
    503,
    "unavailable",
    "Not available at the moment",
    "The database is not reachable, or the change may have been stored and its answer lost: repeat it with the same Idempotency-Key.",
)
BUSY: Final = Kind(
    503,
    "busy",
    "Too many connections",
    "The server has as many connections as it allows. The request was not processed; send it again a little later.",
)
UNREADY: Final = Kind(
    503,
    "not-ready",
    "Not ready",
    "Answers cannot be given or trusted at the moment. Member faults names everything that is wrong, why, and what to do; the faults that"
    " make Dossier not ready are marked.",
)
BEHIND: Final = Kind(
    503,
    "behind",
    "Not up to date yet",
    "The read model did not reach the requested position within 2 s. Repeat the request.",
)
KINDS: Final = (
    MERGED_AWAY,
    MALFORMED,
    UNKNOWN_CALLER,
    FORBIDDEN,
    NOT_FOUND,
    METHOD,
    CONFLICT,
    OTHER_LOG,
    STALE,
    FIELD_CHANGED,
    TOO_SLOW,
    TOO_LARGE,
    URI_TOO_LONG,
    MEDIA,
    INVALID,
    KEY_REUSED,
    HEADERS_TOO_LARGE,
    BROKEN,
    UNAVAILABLE,
    BUSY,
    UNREADY,
    BEHIND,
)
"""Every kind of problem, by status."""

_OF_ERROR: Final[dict[type[Exception], Kind]] = {
    TokenError: UNKNOWN_CALLER,
    domain.ForbiddenError: FORBIDDEN,
    domain.NotFoundError: NOT_FOUND,
    domain.ConflictError: CONFLICT,
    domain.StaleVersionError: STALE,
    FieldChangedMeanwhileError: FIELD_CHANGED,
    domain.InvalidError: INVALID,
    JsonError: MALFORMED,
    KeyReusedError: KEY_REUSED,
    FollowersError: UNAVAILABLE,
    OtherLogError: OTHER_LOG,
    OperationalError: UNAVAILABLE,
    BehindError: BEHIND,
    BehindLogError: BEHIND,
    NotInTreeError: UNAVAILABLE,
    UnsettledError: BEHIND,
    NotInstalledError: UNAVAILABLE,
}
_OF_STATUS: Final = {
    400: MALFORMED,
    404: NOT_FOUND,
    405: METHOD,
    408: TOO_SLOW,
    412: STALE,
    413: TOO_LARGE,
    414: URI_TOO_LONG,
    415: MEDIA,
    431: HEADERS_TOO_LARGE,
}


def kind_of(error: Exception) -> Kind:
    """Returns the kind of problem of an error. Several faults of one kind are of that kind, mixed ones are invalid input."""
    if isinstance(error, domain.RefusedError):
        kinds = {kind_of(fault) for fault in error.faults}
        return kinds.pop() if len(kinds) == 1 else INVALID
    return next((_OF_ERROR[kind] for kind in type(error).__mro__ if kind in _OF_ERROR), BROKEN)


def kind_of_status(status: int) -> Kind:
    """Returns the kind of problem of an HTTP status that the framework gives."""
    return _OF_STATUS.get(status, BROKEN if status >= 500 else MALFORMED)


def problem(
    scope: Scope,
    kind: Kind,
    detail: str,
    *,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """Returns the answer that says what went wrong; see `document`."""
    body = document(kind, detail, request_context.of(scope).correlation_id, errors=errors, members=members)
    all_headers = dict(headers or {})
    if kind.status == 503:
        all_headers["Retry-After"] = str(RETRY_AFTER_S)
    if kind.status == 401:
        all_headers["WWW-Authenticate"] = 'Bearer realm="dossier"'
    return Response(body, kind.status, all_headers, MEDIA_TYPE)


def document(
    kind: Kind,
    detail: str,
    correlation_id: UUID,
    *,
    errors: Iterable[FieldError] = (),
    members: Mapping[str, Any] | None = None,
) -> bytes:
    """Returns the problem document as JSON, with the first `MOST_ERRORS` of `errors`; `members` are extension members."""
    cleaned = [_cleaned(error) for error in islice(errors, MOST_ERRORS + 1)]
    return orjson.dumps(
        {
            "type": f"/problems/{kind.slug}",
            "title": kind.title,
            "status": kind.status,
            "detail": clean(detail if len(cleaned) <= MOST_ERRORS else f"{MORE} {detail}", LONGEST_DETAIL),
            "errors": cleaned[:MOST_ERRORS],
            "correlation_id": str(correlation_id),
            **(members or {}),
        }
    )


def clean(text: str, longest: int) -> str:
    """Returns `text` cut to `longest` characters, without lone surrogates."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return cut.encode("utf-8", "replace").decode()


def _cleaned(error: FieldError) -> FieldError:
    field = error["field"]
    return {
        "field": None if field is None else clean(field, LONGEST_FIELD),
        "message": clean(error["message"], LONGEST_MESSAGE),
    }

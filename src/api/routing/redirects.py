"""The number of a customer that was merged into another redirects: 308 to the survivor's path, for reads and writes (rule 6.1).

Reads answer as known then: with a `known_at` before the merge, or after it was undone, the number answers for itself. A write to the old
number stored nothing, so the client repeats it as it is, with the same body and Idempotency-Key. Only a write with If-Match is refused
(412): the version that was seen is another customer's.
"""

from typing import Any, Final, cast
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from aggregates.customer.merging import MergedAwayError
from api.http import request_context
from api.http.problems import MEDIA_TYPE, MERGED_AWAY, STALE, problem
from api.routing.refusals import Handler, refused

LEADS_ON: Final[dict[int | str, dict[str, Any]]] = {
    308: {
        "description": "The customer was merged into another one, whose path is in Location.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "headers": {"Location": {"description": "The survivor's path.", "schema": {"type": "string"}}},
    }
}
"""The answer of routes that redirect, for the OpenAPI document."""
PREFIX: Final = "/v1/customers/"


async def redirected(request: Request, error: Exception) -> Response:
    """Redirects to the survivor's path where the path names the customer that was merged; else refuses like any other conflict."""
    fault = cast("MergedAwayError", error)
    path: str = request.scope["path"]
    number, slash, rest = path.removeprefix(PREFIX).partition("/")
    if not path.startswith(PREFIX) or number != fault.number:
        return await refused(request, fault)
    if request_context.of(request.scope).header(b"if-match") is not None:
        text = f"{fault.text} If-Match names a version of {fault.number}: read {fault.survivor} first."
        return problem(request.scope, STALE, text, members={"survivor": fault.survivor})
    query = request.scope["query_string"].decode("latin-1")
    location = f"{PREFIX}{fault.survivor}{slash}{quote(rest)}{'?' if query else ''}{query}"
    members = {"survivor": fault.survivor}
    return problem(request.scope, MERGED_AWAY, fault.text, headers={"Location": location}, members=members)


HANDLERS: Final[dict[int | type[Exception], Handler]] = {MergedAwayError: redirected}

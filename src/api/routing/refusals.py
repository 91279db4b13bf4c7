"""Exception handlers: each turns one family of errors into a problem document. Registered by `app.create_app`.

Pydantic's type errors and the domain's refusals come out in the same shape. An error without a handler ends in `middleware`, which logs
it with its correlation id and answers 500.
"""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final, cast

from eventsourcing.persistence import OperationalError
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregates.customer.edits import FieldChangedMeanwhileError
from aggregates.errors import DomainError, RefusedError, StaleVersionError
from aggregates.field.field import MASK
from aggregates.interaction.interaction import AgentBusyError
from api.http import request_context
from api.http.logs import FAULTS
from api.http.problems import INVALID, METHOD, MOST_ERRORS, UNAVAILABLE, FieldError, kind_of, kind_of_status, problem
from api.http.request_context import RequestContext
from api.parameters import write_headers
from api.parameters.shapes import DatedBody, message_of
from api.services import services_of
from projections.engine.positions import NotInstalledError
from projections.reading.view import BehindError
from store import outages
from store.committer import OutcomeUnknownError
from store.log import UnsettledError
from store.many_resends import CountChangedError
from store.proof.notary import BehindLogError
from store.proof.tiles import NotInTreeError
from store.public import instant

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]
_PLACES: Final = {"body", "query", "path", "header", "cookie"}
_IN_KEY: Final = "[key]"
_WHOLE_BODY: Final = ("body",)
_NO_BODY: Final = "The request needs a body: a JSON object."
_NO_OBJECT: Final = "The body must be a JSON object."


async def refused(request: Request, error: Exception) -> Response:
    """Answers with a refusal of the domain, in its own words."""
    fault = cast("DomainError", error)
    if isinstance(fault, StaleVersionError):
        at = None if fault.at is None else instant(fault.at)
        versions = {"expected": max(fault.expected, default=None), "actual": fault.actual, "by": fault.by, "at": at}
        condition = request_context.of(request.scope).header(b"if-match") or ""
        weak = " A weak tag never matches in If-Match." if 'W/"' in condition else ""
        position = await _position(request)
        return problem(request.scope, kind_of(fault), fault.text + weak, headers=position, members=versions)
    faults = fault.faults if isinstance(fault, RefusedError) else (fault,) if fault.field is not None else ()
    errors: list[FieldError] = [{"field": item.field, "message": item.text} for item in faults]
    conflicts = [_conflict(request, item) for item in faults if isinstance(item, FieldChangedMeanwhileError)]
    members: dict[str, Any] = {"conflicts": conflicts} if conflicts else {}
    if isinstance(fault, AgentBusyError):
        members["interaction"] = fault.interaction
    if isinstance(fault, CountChangedError):
        members["count"] = fault.count
    headers = await _position(request) if conflicts else None
    return problem(request.scope, kind_of(fault), fault.text, errors=errors, headers=headers, members=members)


async def _position(request: Request) -> dict[str, str]:
    """Returns the header that names the position from which on what a write has met can be read."""
    end = await run_in_threadpool(services_of(request).dossier.log_of_facts.max_notification_id)
    return {"Dossier-Position": str(end or 0)}


def _conflict(request: Request, fault: FieldChangedMeanwhileError) -> dict[str, Any]:
    """Returns both values of a field that was changed meanwhile (rule 3.7); a masked one stays masked (rule 5.2)."""
    definition = services_of(request).dossier.setup().fields[fault.key]
    theirs = MASK if definition.masked and fault.theirs is not None else fault.theirs
    return {
        "field": fault.key,
        "label": definition.label,
        "by": fault.by,
        "at": None if fault.at is None else instant(fault.at),
        "theirs": theirs,
        "yours": fault.yours,
    }


async def invalid_input(request: Request, error: Exception) -> Response:
    """Answers input of the wrong shape, naming every wrong value; no rule has been checked yet (rule 0.12)."""
    faults = sorted(cast("RequestValidationError", error).errors(), key=_is_shared)
    context = request_context.of(request.scope)
    errors = list(islice(chain(_header_errors(context), _field_errors(faults)), MOST_ERRORS + 1))
    detail = " ".join(f"{error['field']}: {error['message']}" for error in errors[:5])
    return problem(request.scope, INVALID, detail, errors=errors)


def _is_shared(fault: Any) -> bool:
    """Returns whether a fault is in a member that all dated bodies have; these are named after the members of the one body."""
    place, *path = fault["loc"]
    return place == "body" and len(path) > 0 and path[0] in DatedBody.model_fields


def _field_errors(faults: Sequence[Any]) -> Iterator[FieldError]:
    for fault in faults:
        place, *path = (str(part) for part in fault["loc"])
        path = [part for part in path if part != _IN_KEY]
        field = ".".join(path) if path or place not in _PLACES else place
        yield {"field": field, "message": _message(fault)}


def _message(fault: Any) -> str:
    if fault["loc"] == _WHOLE_BODY:
        return _NO_BODY if fault["type"] == "missing" else _NO_OBJECT
    return message_of(fault)


def _header_errors(context: RequestContext) -> list[FieldError]:
    """Returns what is wrong with the headers of a write, to be named together with what is wrong with its body."""
    if not context.writes:
        return []
    try:
        write_headers.read(context)
    except DomainError as error:
        return [{"field": fault.field, "message": fault.text} for fault in getattr(error, "faults", (error,))]
    return []


async def http_error(request: Request, error: Exception) -> Response:
    """Answers what the framework refuses: no such path, no such method, too large, not JSON."""
    fault = cast("HTTPException", error)
    kind = kind_of_status(fault.status_code)
    headers = dict(fault.headers or {})
    if kind is METHOD:
        headers["Allow"] = ", ".join(request.app.state.methods.of(request.scope["path"]))
    return problem(request.scope, kind, fault.detail, headers=headers)


async def unavailable(request: Request, error: Exception) -> Response:
    """Answers that the database is not reachable, or that a read model has not caught up. The client may repeat the request."""
    kind = kind_of(error)
    if isinstance(error, BehindError | BehindLogError | NotInTreeError | NotInstalledError | UnsettledError):
        return problem(request.scope, kind, str(error))
    if isinstance(error, OutcomeUnknownError):
        return problem(request.scope, kind, kind.meaning)
    FAULTS.warning(
        "unavailable",
        correlation_id=str(request_context.of(request.scope).correlation_id),
        error=outages.described(error),
    )
    return problem(request.scope, kind, outages.reason(error))


async def not_migrated(request: Request, error: Exception) -> Response:
    """Answers that a table or column which this version needs does not exist."""
    correlation_id = str(request_context.of(request.scope).correlation_id)
    FAULTS.error("not migrated", correlation_id=correlation_id, error=str(error).partition("\n")[0])
    return problem(
        request.scope, UNAVAILABLE, "The database does not have the tables of this version: run dossier migrate."
    )


HANDLERS: Final[dict[int | type[Exception], Handler]] = {
    DomainError: refused,
    RequestValidationError: invalid_input,
    HTTPException: http_error,
    OperationalError: unavailable,
    BehindError: unavailable,
    BehindLogError: unavailable,
    NotInTreeError: unavailable,
    NotInstalledError: unavailable,
    **dict.fromkeys(outages.NOT_MIGRATED, not_migrated),
}

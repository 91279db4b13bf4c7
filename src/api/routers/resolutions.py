"""`POST /v1/resolutions`: which past answers about accounts and sites differ today from what was answered then (rules 0.3, 2.13).

The list is kept in a temporary file until it is complete, and then answered while the answers are sent: so a client need not read while it
sends, a list that is wrong as a whole is refused as a whole, and neither list is ever in memory. Nothing is recorded.
"""

import json
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Send

from aggregates.clocks import AsOf
from aggregates.errors import InvalidError
from api.http import request_context
from api.http.csv_files import CSV, MEDIA_TYPE, csv_line
from api.http.streaming import Stream
from api.parameters.histories import NDJSON, WithMark
from api.parameters.reading import AtLeast, Read
from api.parameters.resolution_files import (
    ANSWER_COLUMNS,
    COLUMNS,
    MOST_ROWS,
    check,
    csv_lines,
    ndjson_lines,
    rows,
)
from api.parameters.shapes import Instant
from api.routing.auth import FACT_READERS, GuardedRoute, allow
from api.routing.queries import run_until_caught_up
from api.services import services_of
from projections.answers.resolution_models import ComparedResolution
from projections.answers.resolutions import COMPARED, compared
from projections.reading.read_models import newest_instant
from store.public import instant

MOST_BYTES: Final = 32 * 1_048_576
MEDIA_TYPES: Final = {"text/csv": True, "application/csv": True, NDJSON: False, "application/jsonl": False}
"""Media types of lists, and whether they are CSV."""
_ROW: Final = {"account": "A-2001", "site": "S-1", "date": "2026-03-01", "known_at": "2026-03-15T09:30:00Z"}
_CSV_EXAMPLE: Final = csv_line(COLUMNS) + csv_line(_ROW.values())
_DIFFERENT: Final = (
    *("1", "differs", *_ROW.values(), "options.tolerance_percent", "Tolerance %", "1.5", "2.5", "account", "account"),
    *("1", "0197a3c4-5d60-7c1e-9f2b-3a4b5c6d7e8f", "4711", "2026-06-20T10:42:00.000000Z", "ada"),
    *("As agreed on the telephone.", ""),
)


class ListRoute(GuardedRoute):
    """A route whose body is a list of rows."""

    async def take_body(self, request: Request) -> Request:
        """Leaves the list to be read as it comes. Raises 415 for other media types."""
        if _media_type(request) not in MEDIA_TYPES:
            raise HTTPException(415, f"A list of rows is sent as {NDJSON} or text/csv.")
        return request


class JsonLine(JSONResponse):
    """One line of the answer, for the OpenAPI document."""

    media_type = NDJSON


class Answers(Stream):
    """The answers to the rows of `file`, which is closed after them."""

    file: IO[bytes]

    async def stream_response(self, send: Send) -> None:
        """Sends the answer. Raises `ClientDisconnect`."""
        with self.file:
            await super().stream_response(send)


router: Final = APIRouter(prefix="/v1/resolutions", tags=["accounts"], route_class=ListRoute)
_SCHEMA: Final = {"type": "string", "format": "binary", "description": "The list, in UTF-8."}
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"At most {MOST_ROWS:,} rows and {MOST_BYTES // 1_048_576} MiB. Each row has `account`, `site` (which may be left"
        " out), `date` and `known_at`: a JSON object a line, or CSV whose first row names the columns.",
        "content": {
            NDJSON: {"schema": _SCHEMA, "example": json.dumps(_ROW) + "\n"},
            CSV: {"schema": _SCHEMA, "example": _CSV_EXAMPLE},
        },
    }
}
ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The answer to each row, in their order.",
        "content": {CSV: {"schema": {"type": "string"}, "example": csv_line(ANSWER_COLUMNS) + csv_line(_DIFFERENT)}},
        "headers": {
            "Dossier-Known-At": {
                "description": "The instant that all are compared with. With it as `known_at`, the answer is the same for ever.",
                "schema": {"type": "string"},
            }
        },
    }
}


@router.post(
    "",
    response_model=ComparedResolution,
    response_class=JsonLine,
    dependencies=[allow(FACT_READERS)],
    openapi_extra=BODY,
    responses=ANSWER,
)
async def compare_resolutions(
    request: Request,
    known_at: Annotated[
        Instant | None, Query(description="The instant that all are compared with; by default now.")
    ] = None,
    position: AtLeast = None,
    *,
    format: Annotated[  # noqa: A002  (the caller's word)
        Literal["ndjson", "csv"], Query(description="The form of the answer.")
    ] = "ndjson",
    bom: WithMark = None,
) -> Response:
    """Compares past answers with those of today: for each account or site and date, whether what applies differs from what was answered
    at an instant, in which values, and which events made the difference.

    A row that cannot be answered is told by the number of its line, with what is wrong, and does not stop the others. Values are compared;
    the same value from another level or class is the same.
    """
    if bom is not None and format != "csv":
        raise InvalidError("Only a CSV file has a byte order mark: ask for format=csv.", field="bom")
    services, is_csv = services_of(request), MEDIA_TYPES[_media_type(request)]
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115  (`Answers` closes it)
    try:
        await _take(request, file)
        await run_in_threadpool(check, file, is_csv=is_csv)
        newest = known_at
        if newest is None:
            newest = await run_in_threadpool(newest_instant, services.dossier.database)
        read = Read(services, AsOf(None, newest), position, None)
        await run_until_caught_up(request, lambda: _open(read))
    except BaseException:
        file.close()
        raise
    answers = compared(lambda: read.view(*COMPARED), rows(file, is_csv=is_csv, newest=newest))
    lines = csv_lines(answers, bom=bool(bom)) if format == "csv" else ndjson_lines(answers)
    answer = Answers(services.queries.each(lines), 200, media_type=MEDIA_TYPE if format == "csv" else NDJSON)
    answer.file = file
    answer.headers["Dossier-Known-At"] = instant(newest)
    answer.headers["Content-Disposition"] = f'attachment; filename="resolutions.{format}"'
    return answer


def _media_type(request: Request) -> str:
    content_type = request_context.of(request.scope).header(b"content-type") or ""
    return content_type.partition(";")[0].strip().lower()


async def _take(request: Request, file: IO[bytes]) -> None:
    """Writes the body into the file as it comes. Raises 413 beyond `MOST_BYTES`."""
    received = 0
    async for content in request.stream():
        received += len(content)
        if received > MOST_BYTES:
            raise HTTPException(413, f"A list may have at most {MOST_BYTES:,} bytes; split it.")
        await run_in_threadpool(file.write, content)


def _open(read: Read) -> None:
    """Returns when the read models have everything that was recorded until the instant of the read."""
    with read.view(*COMPARED):
        pass

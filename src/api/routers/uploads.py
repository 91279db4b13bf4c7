"""`/v1/uploads`: contact files in, how far each has been read, and what is wrong with their rows (rule 3.2).

A file is streamed into the database as it comes and answered with 202 once it is there whole; `dossier work` reads it. Its bound is a
setting of its own. What can be judged without the file is judged before its first byte is read.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from aggregates.errors import InvalidError
from aggregates.strict_json import JsonError, Members, read_members
from aggregates.upload.mapping import BYTE_ORDER_MARK, MOST_COLUMNS, trimmed
from aggregates.use_case import Request as Asked
from api.http import request_context
from api.http.streaming import Stream
from api.parameters.pages import Paged
from api.parameters.reading import answer_at, as_json
from api.parameters.shapes import Day
from api.parameters.spellings import Flag, Id
from api.parameters.writing import JSON, WriteAnswer, WritingUnkeyed
from api.routing.auth import UPLOADERS, GuardedRoute, allow
from api.services import services_of
from jobs.upload import progress, receive
from jobs.upload.dry_run import DryRun, Trying
from jobs.upload.progress import UploadRead, WrongValue
from jobs.upload.receive import Reading, Receiving
from jobs.upload.staging import CHUNK_BYTES
from projections.reading.paging import Page

MEDIA_TYPES: Final = (
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/csv",
    "application/x-ndjson",
    "application/jsonl",
    "application/octet-stream",
)
COLUMNS: Final = "Dossier-Upload-Columns"
LONGEST_COLUMNS: Final = 50_000
"""Characters of that header."""
FORMULA: Final = "=+-@"
"""What a value begins with that a spreadsheet would reckon with, in any width."""
ERROR_COLUMNS: Final = ("row", "field", "value", "reason", "customer_number", "original_row")
UPLOAD = Annotated[Id, Path(description="Id of an upload.")]


class FileRoute(GuardedRoute):
    """A route whose body is a file."""

    async def take_body(self, request: Request) -> Request:
        """Leaves the file to be read as it comes. Raises 415 for what is no contact file by its own account."""
        sent = request_context.of(request.scope).header(b"content-type")
        kind = (sent or MEDIA_TYPES[-1]).partition(";")[0].strip().lower()
        if kind not in MEDIA_TYPES:
            raise HTTPException(
                415, "A contact file is sent as text/csv, application/x-ndjson or application/octet-stream."
            )
        return request


class UploadAnswer(WriteAnswer):
    """What came of sending a file: which upload it is, to be asked for under `Location`."""

    upload: UUID


router: Final = APIRouter(prefix="/v1/uploads", tags=["uploads"], route_class=FileRoute)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES[:1] + MEDIA_TYPES[-3:]
        },
    }
}


@router.post(
    "",
    status_code=202,
    response_model=UploadAnswer,
    dependencies=[allow(UPLOADERS)],
    openapi_extra=_BODY,
    responses={200: {"model": DryRun, "description": "What an upload would come to, of a dry run."}},
)
async def receive_file(
    request: Request,
    write: WritingUnkeyed,
    *,
    mapping: Annotated[str | None, Query(max_length=200, description="Name of a saved mapping.")] = None,
    file: Annotated[str, Query(max_length=1_000, description="What the file is called.")] = "contacts",
    delimiter: Annotated[
        str | None, Query(max_length=10, description="One of , ; | ~ or tab; detected where it is left out.")
    ] = None,
    header: Annotated[Flag | None, Query(description="Whether the first row names the columns.")] = None,
    effective_from: Annotated[
        Day | None, Query(description="From which day the values hold; today by default.")
    ] = None,
    effective_to: Annotated[
        Day | None, Query(description="The last day on which the values hold; open-ended by default.")
    ] = None,
    dry_run: Annotated[
        Flag,
        Query(
            description="Only say what the upload would come to: counts and errors. Answers 200 at its end; nothing is recorded."
        ),
    ] = False,
    columns: Annotated[
        str | None,
        Header(alias=COLUMNS, max_length=LONGEST_COLUMNS, description="JSON object: each column and its field."),
    ] = None,
) -> Response:
    """Takes a contact file in: delimited text or JSON lines, UTF-8. It is read by `dossier work`; `Location` says how far that is.

    A file that does not have every mapped column is refused before its first row. Names are compared as for a saved mapping.
    """
    services = services_of(request)
    told = "\t" if delimiter == "tab" else delimiter
    reading = Reading(file, mapping, _columns(columns), told, header, effective_from, effective_to)
    asked = await run_in_threadpool(write.ask, creates=True)
    await run_in_threadpool(receive.check, services.dossier, asked, reading)
    incoming = await run_in_threadpool(Receiving, services.dossier, reading)
    try:
        await _take(request, incoming, services.settings.most_upload_bytes)
        digest = await run_in_threadpool(incoming.end)
        tried = await _try(request, incoming, asked, reading) if dry_run else None
    except BaseException as error:
        await run_in_threadpool(incoming.discard)
        if isinstance(error, ClientDisconnect):
            raise HTTPException(400, "The file did not come whole; nothing of it was kept.") from None
        raise
    if tried is not None:
        await run_in_threadpool(incoming.discard)
        return _answer(tried)
    write = replace(write, digest=_asked(request, columns, digest))
    upload, outcome = await run_in_threadpool(lambda: incoming.receive(write.ask(creates=True)))
    answer = write.done(outcome, upload=str(upload))
    answer.status_code = 202
    answer.headers["Location"] = f"/v1/uploads/{upload}"
    return answer


async def _take(request: Request, incoming: Receiving, most: int) -> None:
    """Hands the body over as it comes. Raises 413 beyond the bound."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told[:20]) > most:
        raise _too_large(most)
    rest, come = bytearray(), 0
    async for content in request.stream():
        rest += content
        come += len(content)
        if come > most:
            raise _too_large(most)
        if len(rest) >= CHUNK_BYTES:
            await run_in_threadpool(incoming.write, bytes(rest))
            rest.clear()
    await run_in_threadpool(incoming.write, bytes(rest))


async def _try(request: Request, incoming: Receiving, asked: Asked, reading: Reading) -> DryRun:
    """The result of a dry run of the file. Ends with `ClientDisconnect` when nobody waits for it any more."""
    dossier = services_of(request).dossier
    received = await run_in_threadpool(
        lambda: receive.as_received(dossier, asked, reading, size=incoming.size, digest=incoming.end())
    )
    trying = await run_in_threadpool(Trying, dossier, received, incoming.read)
    chunks = trying.chunks()
    try:
        while await run_in_threadpool(next, chunks, None) is not None:
            if await request.is_disconnected():
                raise ClientDisconnect
    finally:
        await run_in_threadpool(chunks.close)
    return trying.result()


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"A contact file may have {most:,} bytes; send it in several.")


def _columns(text: str | None) -> dict[str, str] | None:
    """The columns in the header. A header is Latin-1 by the letter; UTF-8 and JSON escapes are understood."""
    if text is None:
        return None
    try:
        sent = text.encode("latin-1").decode() if not text.isascii() else text
        members = read_members(sent, label="It", most=MOST_COLUMNS)
    except JsonError as fault:
        raise InvalidError(fault.text, field=COLUMNS) from None
    except ValueError:
        members = None
    if not isinstance(members, Members) or not all(type(target) is str for _, target in members):
        raise InvalidError('It is a JSON object such as {"Town": "city"}.', field=COLUMNS)
    found = dict(members)
    if len(found) < len(members):
        raise InvalidError("It names a column twice.", field=COLUMNS)
    return found


def _asked(request: Request, columns: str | None, digest: str) -> bytes:
    """What was asked, for the idempotency key: path, query, columns and file."""
    return sha256(f"POST {request.url.path}?{request.url.query}\0{columns}\0{digest}".encode()).digest()


@router.get("", response_model=Page[UploadRead], dependencies=[allow(UPLOADERS)])
def list_uploads(request: Request, page: Paged) -> Response:
    """Every upload, the latest first."""
    return _answer(progress.list_uploads(services_of(request).dossier, page.limit, page.cursor))


@router.get("/{upload}", response_model=UploadRead, dependencies=[allow(UPLOADERS)])
def read_upload(request: Request, upload: UPLOAD) -> Response:
    """One upload: how far it is, and what became of its rows."""
    found = progress.upload(services_of(request).dossier, upload)
    return answer_at(found, found.position)


@router.get(
    "/{upload}/errors",
    response_model=Page[WrongValue],
    dependencies=[allow(UPLOADERS)],
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def read_errors(
    request: Request,
    upload: UPLOAD,
    page: Paged,
    format: Annotated[  # noqa: A002  (the caller's word)
        Literal["csv", "json"], Query(description="`csv`: the whole file, to download; `json`: in pages.")
    ] = "json",
    bom: Annotated[
        Flag | None, Query(description="Of the file: whether it begins with a byte order mark, which Excel wants.")
    ] = None,
) -> Response:
    """What is wrong with which rows. In the file, a value that a spreadsheet would take for a formula has a `'` before it."""
    dossier = services_of(request).dossier
    if format == "json":
        if bom is not None:
            raise InvalidError("Only the file has a byte order mark: ask for format=csv.", field="bom")
        return _answer(progress.wrong_values(dossier, upload, page.limit, page.cursor))
    progress.upload(dossier, upload)
    headers = {"Content-Disposition": f'attachment; filename="errors-{upload}.csv"'}
    lines = csv_lines(progress.all_wrong_values(dossier, upload), bom=bool(bom))
    return Stream(services_of(request).queries.each(lines), 200, headers, "text/csv; charset=utf-8")


def csv_lines(errors: Iterator[WrongValue], *, bom: bool = False) -> Iterator[str]:
    """The errors as a file, a line at a time."""
    yield BYTE_ORDER_MARK * bom + _csv_line(ERROR_COLUMNS)
    for error in errors:
        yield _csv_line((error.row, *(harmless(getattr(error, column)) for column in ERROR_COLUMNS[1:])))


def harmless(text: str | None) -> str:
    """The text such that no spreadsheet reckons with it: also not behind what nobody sees, nor with signs of another width."""
    if not text:
        return ""
    first = unicodedata.normalize("NFKC", trimmed(text)[:1])
    begins = text[0] in "\t\r\n" or (first != "" and first in FORMULA)
    return f"'{text}" if begins else text


def _csv_line(cells: tuple[object, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _answer(body: Any) -> Response:
    return Response(as_json(body), media_type=JSON)

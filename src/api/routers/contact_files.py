"""`POST /v1/uploads`: takes contact files in (rule 3.2).

A file is streamed into the database as it comes and answered with 202 once it is complete; `dossier work` reads it. Its size limit is a
setting. What can be checked without the file is checked before its first byte is read.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from aggregates.effective import When
from aggregates.errors import InvalidError
from aggregates.strict_json import JsonError, Members, read_members
from aggregates.upload.mapping import MOST_COLUMNS
from aggregates.use_case import Request as UseCaseRequest
from api.http import request_context
from api.parameters.reading import as_json
from api.parameters.shapes import Day
from api.parameters.spellings import Flag
from api.parameters.writing import JSON, WriteAnswer, WritingUnkeyed
from api.routing.auth import UPLOADERS, GuardedRoute, allow
from api.services import services_of
from jobs.upload import receive
from jobs.upload.dry_run import DryRun, DryRunner
from jobs.upload.receive import Reading, Receiving
from jobs.upload.staging import CHUNK_BYTES

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
Mapping = Annotated[str | None, Query(max_length=200, description="Name of a saved mapping.")]
FileName = Annotated[str, Query(max_length=1_000, description="Name of the file.")]
Delimiter = Annotated[str | None, Query(max_length=10, description="One of , ; | ~ or tab; detected by default.")]
HasHeader = Annotated[Flag | None, Query(description="Whether the first row names the columns.")]
EffectiveFrom = Annotated[Day | None, Query(description="From which day the values hold; today by default.")]
EffectiveTo = Annotated[Day | None, Query(description="The last day on which the values hold; open-ended by default.")]
IsDryRun = Annotated[
    Flag,
    Query(
        description="Only show what the upload would do: counts and errors. Answers 200 at its end; nothing is recorded."
    ),
]
Columns = Annotated[
    str | None,
    Header(alias=COLUMNS, max_length=LONGEST_COLUMNS, description="JSON object: each column and its field."),
]


class FileRoute(GuardedRoute):
    """A route whose body is a file."""

    async def take_body(self, request: Request) -> Request:
        """Leaves the file to be read as it comes. Raises 415 for media types that are not contact files."""
        sent = request_context.of(request.scope).header(b"content-type")
        kind = (sent or MEDIA_TYPES[-1]).partition(";")[0].strip().lower()
        if kind not in MEDIA_TYPES:
            raise HTTPException(
                415, "A contact file is sent as text/csv, application/x-ndjson or application/octet-stream."
            )
        return request


class UploadAnswer(WriteAnswer):
    """The answer to a file: the id of its upload, which `Location` leads to."""

    upload: UUID


router: Final = APIRouter(prefix="/v1/uploads", tags=["uploads"], route_class=FileRoute)
_TEXT: Final = "customer_number,name,city\n1001,Ada Byron,Vienna\n"
_JSON_LINES: Final = '{"customer_number": "1001", "name": "Ada Byron", "city": "Vienna"}\n'
FILE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {"type": "string", "format": "binary", "description": "The file, in UTF-8."},
                "example": _JSON_LINES if "json" in kind else _TEXT,
            }
            for kind in MEDIA_TYPES[:1] + MEDIA_TYPES[-3:]
        },
    }
}


@router.post(
    "",
    status_code=202,
    response_model=UploadAnswer,
    dependencies=[allow(UPLOADERS)],
    openapi_extra=FILE_BODY,
    responses={200: {"model": DryRun, "description": "The result of a dry run: what an upload would do."}},
)
async def receive_file(
    request: Request,
    write: WritingUnkeyed,
    *,
    mapping: Mapping = None,
    file: FileName = "contacts",
    delimiter: Delimiter = None,
    header: HasHeader = None,
    effective_from: EffectiveFrom = None,
    effective_to: EffectiveTo = None,
    dry_run: IsDryRun = False,
    columns: Columns = None,
) -> Response:
    """Takes a contact file in: delimited text or JSON lines, UTF-8. It is read by `dossier work`; `Location` leads to its progress.

    A file that does not have every mapped column is refused before its first row. Names are compared as for a saved mapping.
    """
    services = services_of(request)
    sign = "\t" if delimiter == "tab" else delimiter
    reading = Reading(file, mapping, columns_of(columns), sign, header, When(effective_from, effective_to))
    use_case_request = await run_in_threadpool(write.ask, creates=True)
    await run_in_threadpool(receive.check, services.dossier, use_case_request, reading)
    incoming = await run_in_threadpool(Receiving, services.dossier, reading)
    async with _discarded_on_failure(incoming):
        await _take(request, incoming, services.settings.most_upload_bytes)
        digest = await run_in_threadpool(incoming.end)
        dry_result = await _try(request, incoming, use_case_request, reading) if dry_run else None
    if dry_result is not None:
        await run_in_threadpool(incoming.discard)
        return Response(as_json(dry_result), media_type=JSON)
    write = replace(write, digest=_digest(request, columns, digest))
    upload, outcome = await run_in_threadpool(lambda: incoming.receive(write.ask(creates=True)))
    answer = write.done(outcome, upload=str(upload))
    answer.status_code = 202
    answer.headers["Location"] = f"/v1/uploads/{upload}"
    return answer


@asynccontextmanager
async def _discarded_on_failure(incoming: Receiving) -> AsyncIterator[None]:
    """Discards a partly received file when the block fails. Raises 400 if the client hung up."""
    try:
        yield
    except BaseException as error:
        await run_in_threadpool(incoming.discard)
        if isinstance(error, ClientDisconnect):
            raise HTTPException(400, "The file did not arrive completely; nothing of it was kept.") from None
        raise


async def _take(request: Request, incoming: Receiving, most: int) -> None:
    """Hands the body over as it comes. Raises 413 beyond the limit."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > most:
        raise _too_large(most)
    buffer, received = bytearray(), 0
    async for content in request.stream():
        buffer += content
        received += len(content)
        if received > most:
            raise _too_large(most)
        if len(buffer) >= CHUNK_BYTES:
            await run_in_threadpool(incoming.write, bytes(buffer))
            buffer.clear()
    await run_in_threadpool(incoming.write, bytes(buffer))


async def _try(request: Request, incoming: Receiving, use_case_request: UseCaseRequest, reading: Reading) -> DryRun:
    """Returns the result of a dry run of the file. Raises `ClientDisconnect` when nobody waits for it any more."""
    dossier = services_of(request).dossier
    received = await run_in_threadpool(
        lambda: receive.as_received(dossier, use_case_request, reading, size=incoming.size, digest=incoming.end())
    )
    trying = await run_in_threadpool(DryRunner, dossier, received, incoming.read)
    chunks = trying.chunks()
    try:
        while await run_in_threadpool(next, chunks, None) is not None:
            if await request.is_disconnected():
                raise ClientDisconnect
    finally:
        await run_in_threadpool(chunks.close)
    return trying.result()


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"A contact file may have at most {most:,} bytes; split it.")


def columns_of(text: str | None) -> dict[str, str] | None:
    """Parses the columns in the header, which is decoded as UTF-8; JSON escapes are understood. Raises `InvalidError`."""
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
    columns = dict(members)
    if len(columns) < len(members):
        raise InvalidError("It names a column twice.", field=COLUMNS)
    return columns


def _digest(request: Request, columns: str | None, digest_of_file: str) -> bytes:
    """Returns the digest of a request for its idempotency key: path, query, columns and file."""
    return sha256(f"POST {request.url.path}?{request.url.query}\0{columns}\0{digest_of_file}".encode()).digest()

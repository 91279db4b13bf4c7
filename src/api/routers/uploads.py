"""`/v1/uploads`: how far each contact file has been read, what is wrong with its rows, and the end of an upload (rule 3.2).

`contact_files` takes the files in.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from aggregates.errors import InvalidError
from aggregates.upload.mapping import BYTE_ORDER_MARK
from api.http.csv_files import CSV, MEDIA_TYPE, csv_line, harmless
from api.http.streaming import Stream
from api.parameters.pages import Paged
from api.parameters.reading import answer_at, as_json
from api.parameters.shapes import Body, Reason
from api.parameters.spellings import Flag, Id
from api.parameters.writing import JSON, WriteAnswer, Writing
from api.routing.auth import UPLOADERS, GuardedRoute, allow
from api.services import services_of
from jobs.upload import cancel, progress, refused_file
from jobs.upload.progress import UploadRead, WrongValue
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/uploads", tags=["uploads"], route_class=GuardedRoute)
ERROR_COLUMNS: Final = ("row", "field", "value", "reason", "customer_number", "original_row")
UPLOAD = Annotated[Id, Path(description="Id of an upload.")]


class Cancel(Body):
    """The reason for cancelling an upload."""

    reason: Reason | None = None


@router.get("", response_model=Page[UploadRead], dependencies=[allow(UPLOADERS)])
def list_uploads(request: Request, page: Paged) -> Response:
    """Every upload, the latest first."""
    return _answer(progress.list_uploads(services_of(request).dossier, page.limit, page.cursor))


@router.get("/{upload}", response_model=UploadRead, dependencies=[allow(UPLOADERS)])
def read_upload(request: Request, upload: UPLOAD) -> Response:
    """The progress of one upload, and the outcome of its rows."""
    upload_read = progress.upload(services_of(request).dossier, upload)
    return answer_at(upload_read, upload_read.position)


@router.post("/{upload}/cancel", response_model=WriteAnswer, dependencies=[allow(UPLOADERS)])
def cancel_upload(write: Writing, upload: UPLOAD, body: Cancel | None = None) -> Response:
    """Ends an upload before the end of its file. The rows that were taken stay, and its state and counts say so."""
    request = write.ask(body.reason if body else None)
    return write.done(cancel.cancel(write.services.dossier, request, upload))


JSON_LINES: Final = "application/x-ndjson"
_REFUSED_JSON: Final = '{"id": "1001", "city": "", "Reason (Dossier)": "City is required."}\n'
_ERRORS: Final = f'{",".join(ERROR_COLUMNS)}\r\n2,1001,city,,City is required.,"1001,Ada Byron,"\r\n'


@router.get(
    "/{upload}/errors",
    response_model=Page[WrongValue],
    dependencies=[allow(UPLOADERS)],
    responses={
        200: {
            "content": {
                CSV: {"schema": {"type": "string"}, "example": _ERRORS},
                JSON_LINES: {"schema": {"type": "string"}, "example": _REFUSED_JSON},
            }
        }
    },
)
def read_errors(
    request: Request,
    upload: UPLOAD,
    page: Paged,
    format: Annotated[  # noqa: A002  (the caller's word)
        Literal["csv", "file", "json"],
        Query(
            description="`csv`: the whole list, as a file to download; `file`: the refused rows themselves, once each, laid out like the"
            " file that was uploaded, to be corrected and uploaded again; `json`: the list in pages."
        ),
    ] = "json",
    bom: Annotated[
        Flag | None, Query(description="Whether the file begins with a byte order mark, which Excel needs.")
    ] = None,
) -> Response:
    """The rows with faults, and what is wrong. In the list as CSV, a value that a spreadsheet would take for a formula has a `'` before it.

    With `format=file`, the cells are as they came, under the file's header, and a last column `Reason (Dossier)` says what is wrong. An
    upload and a preview leave that column out. Masked values are blank there, and so is a row that was not kept.
    """
    dossier = services_of(request).dossier
    if format == "json":
        if bom is not None:
            raise InvalidError("Only a file has a byte order mark: ask for format=csv or format=file.", field="bom")
        return _answer(progress.wrong_values(dossier, upload, page.limit, page.cursor))
    if format == "file":
        return _refused_file(request, upload, bom=bool(bom))
    progress.upload(dossier, upload)
    headers = {"Content-Disposition": f'attachment; filename="errors-{upload}.csv"'}
    lines = csv_lines(progress.all_wrong_values(dossier, upload), bom=bool(bom))
    return Stream(services_of(request).queries.each(lines), 200, headers, MEDIA_TYPE)


def _refused_file(request: Request, upload: UUID, *, bom: bool) -> Response:
    dossier = services_of(request).dossier
    shape = refused_file.shape_of(dossier, upload)
    is_json = shape.delimiter is None
    name = f"refused-{upload}.{'jsonl' if is_json else 'csv'}"
    lines = chain([BYTE_ORDER_MARK * bom], refused_file.refused_file(dossier, upload, shape))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(services_of(request).queries.each(lines), 200, headers, JSON_LINES if is_json else MEDIA_TYPE)


def csv_lines(errors: Iterator[WrongValue], *, bom: bool = False) -> Iterator[str]:
    """Yields the errors as a file, line by line."""
    yield BYTE_ORDER_MARK * bom + csv_line(ERROR_COLUMNS)
    for error in errors:
        yield csv_line((error.row, *(harmless(getattr(error, column)) for column in ERROR_COLUMNS[1:])))


def _answer(body: Any) -> Response:
    return Response(as_json(body), media_type=JSON)

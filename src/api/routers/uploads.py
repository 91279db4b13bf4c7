"""`/v1/uploads`: how far each contact file has been read, what is wrong with its rows, and the end of an upload (rule 3.2).

`contact_files` takes the files in.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

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
from jobs.upload import cancel, progress
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


_ERRORS: Final = f'{",".join(ERROR_COLUMNS)}\r\n2,1001,city,,City is required.,"1001,Ada Byron,"\r\n'


@router.get(
    "/{upload}/errors",
    response_model=Page[WrongValue],
    dependencies=[allow(UPLOADERS)],
    responses={200: {"content": {CSV: {"schema": {"type": "string"}, "example": _ERRORS}}}},
)
def read_errors(
    request: Request,
    upload: UPLOAD,
    page: Paged,
    format: Annotated[  # noqa: A002  (the caller's word)
        Literal["csv", "json"], Query(description="`csv`: the whole list, as a file to download; `json`: in pages.")
    ] = "json",
    bom: Annotated[
        Flag | None, Query(description="Whether the file begins with a byte order mark, which Excel needs.")
    ] = None,
) -> Response:
    """The rows with faults, and what is wrong. In the file, a value that a spreadsheet would take for a formula has a `'` before it."""
    dossier = services_of(request).dossier
    if format == "json":
        if bom is not None:
            raise InvalidError("Only the file has a byte order mark: ask for format=csv.", field="bom")
        return _answer(progress.wrong_values(dossier, upload, page.limit, page.cursor))
    progress.upload(dossier, upload)
    headers = {"Content-Disposition": f'attachment; filename="errors-{upload}.csv"'}
    lines = csv_lines(progress.all_wrong_values(dossier, upload), bom=bool(bom))
    return Stream(services_of(request).queries.each(lines), 200, headers, MEDIA_TYPE)


def csv_lines(errors: Iterator[WrongValue], *, bom: bool = False) -> Iterator[str]:
    """Yields the errors as a file, line by line."""
    yield BYTE_ORDER_MARK * bom + csv_line(ERROR_COLUMNS)
    for error in errors:
        yield csv_line((error.row, *(harmless(getattr(error, column)) for column in ERROR_COLUMNS[1:])))


def _answer(body: Any) -> Response:
    return Response(as_json(body), media_type=JSON)

"""`POST /v1/uploads/preview`: what a contact file holds and where its columns would go, from its beginning (rule 3.2).

The request is that of the upload, with the beginning of the file as its body, which the middleware bounds. Nothing is stored.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from aggregates.effective import When
from aggregates.errors import InvalidError
from api.parameters.reading import as_json
from api.parameters.shapes import LAST_POSITION
from api.parameters.spellings import WHOLE
from api.parameters.writing import JSON, WritingUnkeyed
from api.routers.contact_files import (
    FILE_BODY,
    Columns,
    Delimiter,
    EffectiveFrom,
    EffectiveTo,
    FileName,
    FileRoute,
    HasHeader,
    Mapping,
    columns_of,
)
from api.routing.auth import UPLOADERS, allow
from api.services import services_of
from jobs.upload import preview
from jobs.upload.contact_file.head import Encoding
from jobs.upload.preview import MOST_CHECKED, Sample
from jobs.upload.preview_models import HEAD_BYTES, UploadPreview
from jobs.upload.receive import Reading

router: Final = APIRouter(prefix="/v1/uploads", tags=["uploads"], route_class=FileRoute)
EncodingWord = Annotated[Encoding | None, Query(description="How characters are written; detected by default.")]
Rows = Annotated[
    int | None,
    Field(ge=1, le=MOST_CHECKED),
    WHOLE,
    Query(
        description="How many rows to check against what is stored, as a dry run does. Send enough of the file for them."
    ),
]
Size = Annotated[
    int | None,
    Field(ge=0, le=LAST_POSITION),
    WHOLE,
    Query(
        description="Bytes of the whole file. What was sent is taken for a part of it if it is shorter, and where this is left out if it"
        f" has {HEAD_BYTES:,} bytes or more; a row that may be cut off at its end is not looked at."
    ),
]


@router.post(
    "/preview",
    response_model=UploadPreview,
    dependencies=[allow(UPLOADERS)],
    openapi_extra=FILE_BODY,
)
async def preview_file(
    request: Request,
    write: WritingUnkeyed,
    *,
    mapping: Mapping = None,
    file: FileName = "contacts",
    delimiter: Delimiter = None,
    header: HasHeader = None,
    encoding: EncodingWord = None,
    effective_from: EffectiveFrom = None,
    effective_to: EffectiveTo = None,
    columns: Columns = None,
    rows: Rows = None,
    size: Size = None,
) -> Response:
    """Shows how a contact file is read, where its columns would go, and which values would be refused. Send its first 64 KiB.

    Columns go where the request or the mapping says, and else where their names or the look of their values suggest. With `rows`, the
    first rows are decided as well: how many would be new, changed, unchanged or refused.
    """
    services = services_of(request)
    sign = "\t" if delimiter == "tab" else delimiter
    reading = Reading(file, mapping, columns_of(columns), sign, header, When(effective_from, effective_to))
    content = await request.body()
    if size is not None and size < len(content):
        raise InvalidError("The file is smaller than what was sent of it.", field="size")
    sample = Sample(content, len(content) < HEAD_BYTES if size is None else size == len(content), encoding, rows)
    use_case_request = write.ask(creates=True)
    shown = await services.queries.run(lambda: preview.preview(services.dossier, use_case_request, reading, sample))
    return Response(as_json(shown), media_type=JSON)

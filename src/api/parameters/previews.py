"""What previews of writes share: `impact`, and the answer, whose ETag is the version for If-Match of the write."""

from typing import Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api.http.etags import tag
from api.parameters.reading import as_json
from api.parameters.spellings import Flag
from api.parameters.writing import JSON

ETAG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": {"ETag": {"description": "The version that it was decided on.", "schema": {"type": "string"}}}}
}
"""The OpenAPI description of the answer's header."""
WithImpact = Annotated[
    Flag,
    Query(
        description="Also show the answers that would differ: of past days, of transactions, of planned versions, and what was sent;"
        " with a digest that the change may carry."
    ),
]


def previewed(answer: Any, version: int) -> Response:
    """Returns the answer of a preview that was decided on this version."""
    return Response(as_json(answer), 200, {"ETag": tag(version)}, JSON)

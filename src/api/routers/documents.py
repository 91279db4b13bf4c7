"""What describes this API: its operations, the messages on the bus, and each kind of problem. Outside `/v1` and without a token."""

from collections.abc import Callable
from typing import Final, cast

import orjson
from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from api.http.problems import KINDS
from api.http.published import Published
from api.parameters.writing import JSON
from api.routing import docs_page
from api.routing.auth import GuardedRoute

router: Final = APIRouter(tags=["operations"], route_class=GuardedRoute)
YAML: Final = "application/yaml"
HTML: Final = "text/html; charset=utf-8"


class Documents:
    """The documents of one application. `asyncapi` gives the text of the message contract, where that is served."""

    def __init__(self, app: FastAPI, asyncapi: Callable[[], str] | None) -> None:
        def operations() -> bytes:
            return docs_page.operations(app.openapi()).encode()

        self.openapi = Published(lambda: orjson.dumps(app.openapi()), JSON)
        self.operations = Published(operations, HTML, docs_page.HEADERS)
        self.asyncapi = None if asyncapi is None else Published(lambda: asyncapi().encode(), YAML)
        self.problems = {kind.slug: _explained(docs_page.explained(kind)) for kind in KINDS}

    async def build(self) -> None:
        """Builds what takes long, one after the other."""
        for document in (self.openapi, self.operations, self.asyncapi):
            if document is not None:
                await document.built()


def _explained(page: str) -> Published:
    return Published(page.encode, HTML, docs_page.HEADERS)


def _documents(request: Request) -> Documents:
    return cast("Documents", request.app.state.documents)


@router.get("/openapi.json", response_class=Response, include_in_schema=False)
async def describe(request: Request) -> Response:
    """Every operation, for machines: OpenAPI 3.1."""
    return await _documents(request).openapi.answer(request)


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
async def docs(request: Request) -> Response:
    """Every operation on one page, without any script or outside asset."""
    return await _documents(request).operations.answer(request)


@router.get("/problems/{slug}", response_class=HTMLResponse, include_in_schema=False)
async def explain(request: Request, slug: str) -> Response:
    """What a problem type means."""
    page = _documents(request).problems.get(slug)
    if page is None:
        raise HTTPException(404, "There is no such kind of problem.")
    return await page.answer(request)


@router.get("/asyncapi.yaml", response_class=Response, responses={304: {"description": "The caller has it already."}})
async def asyncapi(request: Request) -> Response:
    """The contract of the messages on the bus, AsyncAPI 3."""
    contract = _documents(request).asyncapi
    if contract is None:
        raise HTTPException(404, "The message contract is not served here.")
    return await contract.answer(request)

"""What describes this API: its operations, the messages on the bus, and each kind of problem. Outside `/v1` and without a token."""

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from api.routing.auth import GuardedRoute
from api.routing.documents import YAML, Documents

router: Final = APIRouter(tags=["operations"], route_class=GuardedRoute)


def _documents(request: Request) -> Documents:
    return cast("Documents", request.app.state.documents)


@router.get("/openapi.json", response_class=Response, include_in_schema=False)
async def describe(request: Request) -> Response:
    """Every operation, for machines: OpenAPI 3.1."""
    return await _documents(request).openapi.answer(request)


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
async def docs(request: Request) -> Response:
    """Every operation on one page, with a form to try it."""
    return await _documents(request).operations.answer(request)


@router.get("/docs/{name}", response_class=Response, include_in_schema=False)
async def docs_asset(request: Request, name: str) -> Response:
    """The style or the script of the page; their names change with their content."""
    asset = _documents(request).assets.get(name)
    if asset is None:
        raise HTTPException(404, "There is no such file.")
    return await asset.answer(request)


@router.get("/problems/{slug}", response_class=HTMLResponse, include_in_schema=False)
async def explain(request: Request, slug: str) -> Response:
    """What a problem type means."""
    page = _documents(request).problems.get(slug)
    if page is None:
        raise HTTPException(404, "There is no such kind of problem.")
    return await page.answer(request)


@router.get(
    "/asyncapi.yaml",
    response_class=Response,
    responses={
        200: {
            "content": {YAML: {"schema": {"description": "An AsyncAPI 3 document."}, "example": "asyncapi: 3.0.0\n"}}
        },
        304: {"description": "The caller has it already."},
    },
)
async def asyncapi(request: Request) -> Response:
    """The contract of the messages on the bus, AsyncAPI 3."""
    contract = _documents(request).asyncapi
    if contract is None:
        raise HTTPException(404, "The message contract is not served here.")
    return await contract.answer(request)

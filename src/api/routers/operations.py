"""Operations, outside `/v1` and without a token: health, metrics, documentation. They show no fact and no personal value."""

from typing import Final

import orjson
from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from api import docs_page, metrics
from api.auth import GuardedRoute
from api.health_shapes import HealthDocument
from api.problems import KINDS, UNREADY, problem
from api.services import services_of
from api.writing import JSON
from projections.health import document

router: Final = APIRouter(tags=["operations"], route_class=GuardedRoute)
YAML: Final = "application/yaml"


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get(
    "/health/ready",
    response_model=HealthDocument,
    responses={503: {"description": "Answers cannot be given or trusted. Member faults says why, and what to do."}},
)
async def ready(request: Request) -> Response:
    """Whether answers can be given and trusted: the database can be written to, and every read model is kept up to date.

    `faults` are in words, each with what to do. Those that only delay what is sent leave the status at 200, `degraded`. `warnings` are
    words for operators about what stops nothing. Where only reads are not ready, writes are still taken.
    """
    report = await services_of(request).health.report()
    shown = document(report.health) | {"warnings": report.warnings}
    if report.health.status == "unready":
        detail = " ".join(f"{fault.what}: {fault.why} {fault.todo}" for fault in report.health.faults if fault.blocks)
        return problem(request.scope, UNREADY, detail, members={**shown, "status": UNREADY.status})
    return Response(orjson.dumps(shown), media_type=JSON)


@router.get("/metrics", response_class=Response)
async def read_metrics(request: Request) -> Response:
    """Prometheus' text format."""
    services = services_of(request)
    report = await services.health.report()
    return Response(services.metrics.text(report.health), headers={"Content-Type": metrics.MEDIA_TYPE})


@router.get("/openapi.json", response_class=Response, include_in_schema=False)
async def describe(request: Request) -> Response:
    """Every operation, for machines: OpenAPI 3.1."""
    return Response(orjson.dumps(request.app.openapi()), media_type=JSON)


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Every operation on one page, without any script or outside asset."""
    return HTMLResponse(docs_page.operations(request.app.openapi()), headers=docs_page.HEADERS)


@router.get("/problems/{slug}", response_class=HTMLResponse, include_in_schema=False)
async def explain(slug: str) -> HTMLResponse:
    """What a problem type means."""
    found = next((kind for kind in KINDS if kind.slug == slug), None)
    if found is None:
        raise HTTPException(404, "There is no such kind of problem.")
    return HTMLResponse(docs_page.explained(found), headers=docs_page.HEADERS)


@router.get("/asyncapi.yaml", response_class=Response)
async def asyncapi(request: Request) -> Response:
    """The contract of the messages on the bus, AsyncAPI 3."""
    give = services_of(request).settings.asyncapi
    if give is None:
        raise HTTPException(404, "The message contract is not served here.")
    return Response(give(), headers={"Content-Type": YAML})

"""Operations, outside `/v1` and without a token: health and metrics. They show no fact and no personal value."""

from typing import Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.background.health_shapes import HealthDocument
from api.http import metrics
from api.http.problems import UNREADY, problem
from api.parameters.writing import JSON
from api.routing.auth import GuardedRoute
from api.services import services_of
from projections.health.judgement import document

router: Final = APIRouter(tags=["operations"], route_class=GuardedRoute)


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

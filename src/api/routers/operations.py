"""Operations, outside `/v1` and without a token: health and metrics. They show no fact and no personal value.

The models are for the OpenAPI document; `projections.health.judgement.document` makes the answer.
"""

from typing import Final, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.http import metrics
from api.http.problems import UNREADY, problem
from api.parameters.writing import JSON
from api.routing.auth import GuardedRoute
from api.services import services_of
from projections.health.judgement import document

router: Final = APIRouter(tags=["operations"], route_class=GuardedRoute)
_METRICS: Final = 'dossier_http_requests_total{method="GET",route="/v1/me",status="200"} 12.0\n'


class FaultShape(BaseModel):
    """What is wrong, why, and what to do. `blocks`: answers cannot be given or trusted."""

    what: str
    why: str
    todo: str
    blocks: bool


class ReadModelShape(BaseModel):
    """A read model. `lag` counts events, `lag_s` is the age of the oldest of them in seconds."""

    name: str
    position: int
    lag: int
    lag_s: float
    state: Literal["running", "stopped", "outdated", "missing", "unattended"]


class ProcessShape(BaseModel):
    """A task of a process. `silent_s`: seconds since it was seen to make progress; `why` it waits."""

    process: str
    task: str
    runs: bool
    state: Literal["starting", "standby", "active", "waiting", "ended"] | None
    why: str | None
    silent_s: float | None


class RelayShape(BaseModel):
    """The position of the relay and its lag."""

    position: int
    lag: int
    lag_s: float


class DeliveriesShape(BaseModel):
    """Changes that wait to be sent to Customer Engagement; `null` while the read model cannot be asked."""

    waiting: int | None
    oldest_s: float | None


class HealthDocument(BaseModel):
    """The health of the installation."""

    status: Literal["ready", "degraded"]
    faults: list[FaultShape]
    warnings: list[str]
    log_position: int
    projections: list[ReadModelShape]
    processes: list[ProcessShape]
    relaying: RelayShape | None
    refused_messages: int
    deliveries: DeliveriesShape
    dead_letters: int
    failed_uploads: int
    failed_propagations: int
    relay_refused: int
    """The same as `refused_messages`."""


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Whether the process answers."""
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
    members = document(report.health) | {"warnings": report.warnings}
    if report.health.status == "unready":
        detail = " ".join(f"{fault.what}: {fault.why} {fault.todo}" for fault in report.health.faults if fault.blocks)
        return problem(request.scope, UNREADY, detail, members={**members, "status": UNREADY.status})
    return Response(orjson.dumps(members), media_type=JSON)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _METRICS}}}},
)
async def read_metrics(request: Request) -> Response:
    """The measurements of this process, in Prometheus' text format."""
    services = services_of(request)
    report = await services.health.report()
    return Response(services.metrics.text(report.health), headers={"Content-Type": metrics.MEDIA_TYPE})

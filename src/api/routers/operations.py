"""Operations, outside `/v1` and without a token: health, metrics, documentation. They show no fact and no personal value."""

from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from api import docs_page, metrics
from api.auth import GuardedRoute
from api.logs import FAULTS
from api.problems import KINDS, UNAVAILABLE, problem
from api.services import Services, services_of
from api.writing import JSON
from store import refusals

router: Final = APIRouter(tags=["operations"], route_class=GuardedRoute)
YAML: Final = "application/yaml"


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready", responses={503: {"description": "The database cannot be used."}})
async def ready(request: Request) -> Response:
    """The database answers and is migrated. Read models that stopped or lag do not make it unready: writing goes on.

    `warnings` are words for operators.
    """
    try:
        report = await run_in_threadpool(_check, services_of(request))
    except Exception as error:  # noqa: BLE001  (whatever the reason is, the answer is "not ready")
        FAULTS.warning("not ready", error=type(error).__name__)
        return problem(request.scope, UNAVAILABLE, "The database cannot be used at the moment.")
    return Response(orjson.dumps(report), media_type=JSON)


def _check(services: Services) -> dict[str, Any]:
    today = services.day.today()  # which also reads what is new in the setup
    return {
        "status": "ready",
        "warnings": services.dossier.setup().controls.warnings(today),
        "relay_refused": _refused(services),
        "log_position": services.dossier.log_of_facts.max_notification_id() or 0,
        "projections": [
            {"name": state.name, "position": state.position, "lag": state.lag, "state": state.state}
            for state in services.reads.states()
        ],
    }


def _refused(services: Services) -> int:
    """How many profiles' messages wait, because Kafka refused one of theirs."""
    with services.dossier.database.connection() as connection:
        return refusals.count(connection)


@router.get("/metrics", response_class=Response)
async def read_metrics(request: Request) -> Response:
    """Prometheus' text format."""
    text = await run_in_threadpool(services_of(request).metrics.text)
    return Response(text, headers={"Content-Type": metrics.MEDIA_TYPE})


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

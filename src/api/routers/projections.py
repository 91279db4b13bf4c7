"""`/v1/projections`: the position of each read model, why it stopped, and rebuilding it."""

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from aggregates.errors import NotFoundError
from api.background.rebuilds import RebuildRunningError
from api.parameters.paths import PROJECTION
from api.parameters.reading import as_json
from api.parameters.writing import JSON
from api.routing.auth import ADMINISTRATORS, FACT_READERS, GuardedRoute, allow
from api.services import Services, services_of
from projections.engine.projection import Projection
from projections.engine.states import ProjectionState
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/projections", tags=["projections"], route_class=GuardedRoute)


class ProjectionNotFoundError(NotFoundError):
    """There is no read model of this name."""


class ProjectionReport(ProjectionState):
    """A read model's state, and why the last rebuild asked for here failed."""

    rebuild_error: str | None = None


@router.get("", response_model=Page[ProjectionReport], dependencies=[allow(FACT_READERS)])
def list_projections(request: Request) -> Response:
    """Every read model: position, lag, state, rebuild."""
    return _answer({"items": _reports(services_of(request)), "next_cursor": None})


@router.get("/{name}", response_model=ProjectionReport, dependencies=[allow(FACT_READERS)])
def read_projection(request: Request, name: PROJECTION) -> Response:
    """One read model."""
    report = next((item for item in _reports(services_of(request)) if item.name == name), None)
    if report is None:
        raise ProjectionNotFoundError(f"There is no read model {name}.")
    return _answer(report)


@router.post("/{name}/rebuild", status_code=202, response_model=ProjectionReport, dependencies=[allow(ADMINISTRATORS)])
def rebuild_projection(request: Request, name: PROJECTION) -> Response:
    """Starts to rebuild a read model beside the one that is served; its progress is shown at the read model."""
    services = services_of(request)
    projection = _projection(services, name)
    if any(item.name == name and item.rebuild_active for item in _reports(services)):
        raise RebuildRunningError(f"{name} is being rebuilt already.")
    services.rebuilds.start(projection)
    report = next(item for item in _reports(services) if item.name == name)
    return _answer(report, 202, {"Location": f"/v1/projections/{name}"})


def _projection(services: Services, name: str) -> Projection:
    for projection in services.reads.projections:
        if projection.name == name:
            return projection
    raise ProjectionNotFoundError(f"There is no read model {name}.")


def _reports(services: Services) -> list[ProjectionReport]:
    return [
        ProjectionReport(**dict(state), rebuild_error=services.rebuilds.failure(state.name))
        for state in services.reads.states()
    ]


def _answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(as_json(body), status, headers, JSON)

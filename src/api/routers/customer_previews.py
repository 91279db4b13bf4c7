"""`/v1/customers/{number}/fields/preview` and `…/drawer/preview`: what a save would do, with nothing recorded (rules 1.5-1.9, 3.4-3.9).

Add `/preview` to the path of the write and leave the rest of the request as it is. It is decided, and refused, as the write is; it keeps
no idempotency key. The ETag is the version that it was decided on, for If-Match of the write.
"""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.clocks import AsOf
from aggregates.customer.edits import EDITORS
from api.parameters.paths import NUMBER
from api.parameters.previews import ETAG, WithImpact, previewed
from api.parameters.reading import AtLeast, Read
from api.parameters.writing import Write, WritingUnkeyed
from api.routers.customer_fields import FieldEdits
from api.routers.drawer import Confirmation
from api.routing.auth import PROFILE_WRITERS, GuardedRoute, allow
from api.routing.queries import until_answered
from api.routing.redirects import LEADS_ON
from projections.answers.customer_preview import customer_impact, plan, preview_read
from projections.answers.customer_preview_models import CustomerPreviewRead

router: Final = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=GuardedRoute)


@router.patch(
    "/{number}/fields/preview",
    response_model=CustomerPreviewRead,
    dependencies=[allow(EDITORS)],
    responses=LEADS_ON | ETAG,
)
@until_answered
def preview_fields(
    write: WritingUnkeyed, number: NUMBER, body: FieldEdits, position: AtLeast = None, *, impact: WithImpact = False
) -> Response:
    """Shows what saving fields of the widget would do: the same request to `…/fields` does it."""
    return _preview(write, number, body, position, impact=impact)


@router.put(
    "/{number}/drawer/preview",
    response_model=CustomerPreviewRead,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=LEADS_ON | ETAG,
)
@until_answered
def preview_drawer(
    write: WritingUnkeyed, number: NUMBER, body: Confirmation, position: AtLeast = None, *, impact: WithImpact = False
) -> Response:
    """Shows what confirming the drawer with OK would do: the same request to `…/drawer` does it."""
    return _preview(write, number, body, position, impact=impact)


def _preview(
    write: Write, number: str, body: FieldEdits | Confirmation, position: int | None, *, impact: bool
) -> Response:
    request = write.ask(body.reason, impact=body.impact)
    role, today = request.origin.role, request.today
    planned = plan(write.services.dossier, number, lambda store: body.decide(store, request, number))
    with Read(write.services, AsOf(), position, None).view("deliveries") as view:
        customer_effect = customer_impact(view, planned, role, today) if impact else None
    return previewed(preview_read(planned, role, today, impact=customer_effect), planned.version)

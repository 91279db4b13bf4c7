"""`/v1/customers/{number}/fields/preview`, `…/drawer/preview`, `…/merge/preview` and `…/unmerge/preview`: what a write would do.

Nothing of it is recorded (rules 1.5-1.9, 3.4-3.9, 6.1).

Add `/preview` to the path of the write and leave the rest of the request as it is. It is decided, and refused, as the write is; it keeps
no idempotency key. The ETag is the version that it was decided on, for If-Match of the write.
"""

from dataclasses import replace
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.clocks import AsOf
from aggregates.customer import unmasking_commands
from aggregates.customer.edits import EDITORS
from aggregates.customer.unmasking import UNMASKERS
from api.parameters.paths import NUMBER
from api.parameters.previews import ETAG, WithImpact, previewed
from api.parameters.reading import AtLeast, Read
from api.parameters.writing import Write, WritingUnkeyed
from api.routers.customer_fields import FieldEdits
from api.routers.drawer import Confirmation
from api.routers.merges import Merge, Unmerge
from api.routing.auth import ADMINISTRATORS, PROFILE_WRITERS, GuardedRoute, allow
from api.routing.queries import until_answered
from api.routing.redirects import LEADS_ON
from projections.answers.customer_preview import CustomerPlan, customer_impact, plan, preview_read
from projections.answers.customer_preview_models import CustomerPreviewRead, MergePreviewRead

router: Final = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=GuardedRoute)
_Change = FieldEdits | Confirmation | Merge | Unmerge


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
    """Shows what saving fields of the widget would do: the same request to `…/fields` does it.

    An administrator who tries a value for a masked field learns whether it is the one that is there, which is recorded (rule 5.2).
    """
    planned, read = _planned(write, number, body, position, impact=impact)
    request = replace(write.ask(body.reason), expected_versions=None)
    masked = [key for key in body.fields if planned.definitions[key].masked]
    if masked and request.origin.role in UNMASKERS:
        unmasking_commands.show_masked(write.services.dossier, request, number=number, fields=masked)
    return previewed(read, planned.version)


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


@router.post(
    "/{number}/merge/preview",
    response_model=MergePreviewRead,
    dependencies=[allow(ADMINISTRATORS)],
    responses=LEADS_ON | ETAG,
)
@until_answered
def preview_merge(
    write: WritingUnkeyed, number: NUMBER, body: Merge, position: AtLeast = None, *, impact: WithImpact = False
) -> Response:
    """Shows what merging two customers would do to the survivor: the same request to `…/merge` does it."""
    planned, read = _planned(write, number, body, position, impact=impact)
    survivor, away, version = number, body.other, planned.version
    if (merge := planned.merged_away) is not None:
        survivor, away = merge.survivor, merge.number
        version = version if survivor == number else merge.originator_version - 1
    members = {**dict(read), "version": version}
    return previewed(MergePreviewRead(**members, survivor=survivor, merged_away=away), version)


@router.post(
    "/{number}/unmerge/preview",
    response_model=CustomerPreviewRead,
    dependencies=[allow(ADMINISTRATORS)],
    responses=LEADS_ON | ETAG,
)
@until_answered
def preview_unmerge(
    write: WritingUnkeyed, number: NUMBER, body: Unmerge, position: AtLeast = None, *, impact: WithImpact = False
) -> Response:
    """Shows what undoing a merge would do to the survivor: the same request to `…/unmerge` does it."""
    return _preview(write, number, body, position, impact=impact)


def _preview(write: Write, number: str, body: _Change, position: int | None, *, impact: bool) -> Response:
    planned, read = _planned(write, number, body, position, impact=impact)
    return previewed(read, planned.version)


def _planned(
    write: Write, number: str, body: _Change, position: int | None, *, impact: bool
) -> tuple[CustomerPlan, CustomerPreviewRead]:
    request = write.ask(body.reason, impact=body.impact)
    role, today = request.origin.role, request.today
    planned = plan(write.services.dossier, number, lambda store: body.decide(store, request, number))
    with Read(write.services, AsOf(), position, None).view("deliveries") as view:
        customer_effect = customer_impact(view, planned, role, today) if impact else None
    return planned, preview_read(planned, role, today, impact=customer_effect)

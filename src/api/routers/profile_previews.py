"""`…/profile/preview`: what a change of a profile would do, with nothing recorded (rules 2.6-2.14, 2.21).

Every write of `account_profiles` has its preview: add `/preview` to its path and leave the rest of the request as it is. It is decided, and
refused, as the write is; it keeps no idempotency key. The ETag is the version that it was decided on, for If-Match of the write.
"""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.account.place import Place
from aggregates.clocks import AsOf
from api.parameters.paths import ACCOUNT, SITE
from api.parameters.previews import ETAG, WithImpact, previewed
from api.parameters.reading import AtLeast, Read
from api.parameters.writing import Write, WritingUnkeyed
from api.routers.account_profiles import Assignment, ProfileChange, ProfileEnd, SiteAssignment
from api.routing.auth import PROFILE_WRITERS, GuardedRoute, allow
from api.routing.queries import until_answered
from projections.accounts.queries import sites_following
from projections.answers import profile_preview
from projections.answers.profile_impact import profile_impact
from projections.answers.profile_preview_models import ProfilePreviewRead

router: Final = APIRouter(prefix="/v1/accounts", tags=["account profiles"], route_class=GuardedRoute)


@router.post(
    "/{account}/profile/preview",
    response_model=ProfilePreviewRead,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=ETAG,
)
@until_answered
def preview_account_assignment(
    write: WritingUnkeyed, account: ACCOUNT, body: Assignment, position: AtLeast = None, *, impact: WithImpact = False
) -> Response:
    """Shows what assigning a class to an account would do: the same request to `…/profile` does it."""
    return _preview(write, Place(account), body, position, impact=impact)


@router.patch(
    "/{account}/profile/preview",
    response_model=ProfilePreviewRead,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=ETAG,
)
@until_answered
def preview_account_update(
    write: WritingUnkeyed,
    account: ACCOUNT,
    body: ProfileChange,
    position: AtLeast = None,
    *,
    impact: WithImpact = False,
) -> Response:
    """Shows what changing details of an account's profile would do: the same request to `…/profile` does it."""
    return _preview(write, Place(account), body, position, impact=impact)


@router.post(
    "/{account}/sites/{site}/profile/preview",
    response_model=ProfilePreviewRead,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=ETAG,
)
@until_answered
def preview_site_assignment(
    write: WritingUnkeyed,
    account: ACCOUNT,
    site: SITE,
    body: SiteAssignment,
    position: AtLeast = None,
    *,
    impact: WithImpact = False,
) -> Response:
    """Shows what assigning a class to a site, or creating its first profile, would do: the same request to `…/profile` does it."""
    return _preview(write, Place(account, site), body, position, impact=impact)


@router.patch(
    "/{account}/sites/{site}/profile/preview",
    response_model=ProfilePreviewRead,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=ETAG,
)
@until_answered
def preview_site_update(
    write: WritingUnkeyed,
    account: ACCOUNT,
    site: SITE,
    body: ProfileChange,
    position: AtLeast = None,
    *,
    impact: WithImpact = False,
) -> Response:
    """Shows what changing details of a site's profile would do: the same request to `…/profile` does it."""
    return _preview(write, Place(account, site), body, position, impact=impact)


@router.post(
    "/{account}/sites/{site}/profile/end/preview",
    response_model=ProfilePreviewRead,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=ETAG,
)
@until_answered
def preview_site_end(
    write: WritingUnkeyed,
    account: ACCOUNT,
    site: SITE,
    body: ProfileEnd,
    position: AtLeast = None,
    *,
    impact: WithImpact = False,
) -> Response:
    """Shows what ending a site's profile would do: the same request to `…/profile/end` does it."""
    return _preview(write, Place(account, site), body, position, impact=impact)


def _preview(
    write: Write, place: Place, body: Assignment | ProfileChange | ProfileEnd, position: int | None, *, impact: bool
) -> Response:
    request = write.ask(body.reason, impact=body.impact)
    preview, version = profile_preview.plan(
        write.services.dossier, place, lambda store: body.decide(store, request, place), request.today
    )
    with Read(write.services, AsOf(), position, None).view("accounts") as view:
        follows = place.site is None and preview.changed
        sites = sites_following(view, place.account, preview.days) if follows else None
        profile_effect = profile_impact(view, preview, place, request.today) if impact else None
    read = profile_preview.preview_read(preview, place, version, request.today, sites, impact=profile_effect)
    return previewed(read, version)

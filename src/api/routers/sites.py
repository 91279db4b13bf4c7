"""`/v1/sites`: the sites of all accounts. Single sites, and those of an account, are under `/v1/accounts`."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters.pages import Paged
from api.parameters.profile_filters import ByProfile
from api.parameters.reading import Reading
from api.routing.auth import PROFILE_READERS, GuardedRoute, allow
from projections.accounts import lists
from projections.accounts.models import SiteListed
from projections.reading.paging import CountedPage, totals

router: Final = APIRouter(prefix="/v1/sites", tags=["accounts"], route_class=GuardedRoute)


@router.get("", response_model=CountedPage[SiteListed], dependencies=[allow(PROFILE_READERS)])
def list_all_sites(read: Reading, page: Paged, by_profile: ByProfile) -> Response:
    """The sites of all accounts, or those with a certain profile of their own, by account, then number (rules 2.7, 2.8).

    By profile, a page may be shorter than its limit although another follows.
    """
    by_profile.check()
    with read.view("accounts") as view:
        if by_profile.filters is not None:
            selected = lists.sites_by_profile(view, by_profile.filters, page.limit, page.cursor, total=by_profile.total)
            return read.answer(selected, view)
        listed = lists.all_sites(view, page.limit, page.cursor)
        counted = totals(lists.count_sites(view)) if by_profile.total else {}
        return read.answer(listed.model_copy(update=counted), view)

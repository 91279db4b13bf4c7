"""`/v1/sites`: the sites of all accounts. Single sites, and those of an account, are under `/v1/accounts`."""

from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters.pages import Paged
from api.parameters.profile_filters import ByProfile
from api.parameters.reading import Explain, Reading
from api.routing.auth import PROFILE_READERS, GuardedRoute, allow
from projections.accounts import lists
from projections.accounts.models import SiteListed
from projections.answers.explained_accounts import explained_sites
from projections.reading.paging import CountedPage, totals

router: Final = APIRouter(prefix="/v1/sites", tags=["accounts"], route_class=GuardedRoute)


@router.get("", response_model=CountedPage[SiteListed], dependencies=[allow(PROFILE_READERS)])
def list_all_sites(read: Reading, page: Paged, by_profile: ByProfile, explain: Explain = False) -> Response:
    """The sites of all accounts, or those with a certain profile of their own, by account, then number (rules 2.7, 2.8).

    By profile, a page may be shorter than its limit although another follows.
    """
    by_profile.check()
    with read.asked("accounts", explain=explain) as view:
        if by_profile.filters is not None:
            listed = lists.sites_by_profile(view, by_profile.filters, page.limit, page.cursor, total=by_profile.total)
        else:
            counted = totals(lists.count_sites(view)) if by_profile.total else {}
            listed = lists.all_sites(view, page.limit, page.cursor).model_copy(update=counted)
        explained = partial(explained_sites, by_profile=by_profile.paths)
        return read.answer(listed.explained(view, explained) if explain else listed, view)

"""`/v1/accounts`: billing accounts and their sites, and the profile that applies to a transaction (rules 2.5, 2.6, 2.12-2.14).

Their profiles are in `account_profiles`. The ETag is the version of the account, or of the site: each is an aggregate of its own.
"""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from aggregates.account import commands
from aggregates.account.account import Account
from aggregates.account.place import Place
from aggregates.account.site import Site
from aggregates.clocks import AsOf
from aggregates.errors import InvalidError
from aggregates.profile_class import currencies
from api.parameters.histories import FILES, Asked
from api.parameters.pages import Paged
from api.parameters.paths import ACCOUNT, SITE
from api.parameters.profile_filters import ByProfile
from api.parameters.reading import READ_MODEL, AnswerSource, Explain, Read, Reading
from api.parameters.shapes import AccountNumber, Body, Currency, CustomerNumber, Day, Reason, SiteNumber
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import PROFILE_READERS, PROFILE_WRITERS, GuardedRoute, allow
from projections.accounts import lists, replay
from projections.accounts import queries as accounts
from projections.accounts.existence import check_exists, check_recorded, existing_account, existing_site, no_account
from projections.accounts.models import AccountListed, AccountRead, Resolution, SiteRead
from projections.accounts.replay import of_place
from projections.answers.explained_accounts import explained_accounts, explained_resolution, explained_sites
from projections.history.models import HistoryEntry
from projections.reading.paging import CountedPage, Page, totals
from projections.reading.questions import json_of

router: Final = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=GuardedRoute)


class NewAccount(Body):
    """A billing account of a customer, which gets the class DEFAULT from its start date on: today where it is left out."""

    account: AccountNumber
    customer: CustomerNumber
    start: Day | None = None
    reason: Reason | None = None


class NewSite(Body):
    """A site, which gets no profile of its own."""

    site: SiteNumber
    reason: Reason | None = None


@router.get("", response_model=CountedPage[AccountListed], dependencies=[allow(PROFILE_READERS)])
def list_accounts(
    read: Reading,
    page: Paged,
    by_profile: ByProfile,
    customer: Annotated[
        CustomerNumber | None, Query(description="Only those of one customer, and of customers merged into it.")
    ] = None,
    explain: Explain = False,
) -> Response:
    """All accounts, or those of a customer, or with a certain profile, by number (rules 2.7, 2.8).

    An account shows the number it was opened under (rule 6.1). By profile, a page may be shorter than its limit although another follows.
    """
    both = customer is not None and by_profile.filters is not None
    by_profile.check(
        *([InvalidError("List by customer or by profile, not by both.", field="customer")] if both else [])
    )
    with read.asked("accounts", explain=explain) as view:
        listed: CountedPage[AccountRead] | CountedPage[AccountListed]
        if by_profile.filters is not None:
            listed = lists.accounts_by_profile(
                view, by_profile.filters, page.limit, page.cursor, total=by_profile.total
            )
        else:
            items = accounts.accounts(view, page.limit, page.cursor, customer)
            counted = totals(lists.count_accounts(view, customer)) if by_profile.total else {}
            listed = CountedPage(items=items.items, next_cursor=items.next_cursor, **counted)
        explained = partial(explained_accounts, by_profile=by_profile.paths)
        return read.answer(listed.explained(view, explained) if explain else listed, view)


@router.post("", status_code=201, response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def open_account(write: Writing, body: NewAccount) -> Response:
    """Opens an account and assigns the class DEFAULT in the same transaction (rule 2.5)."""
    outcome = await write.run(
        commands.open_account,
        write.ask(body.reason, creates=True),
        account=body.account,
        customer=body.customer,
        start=body.start,
    )
    return write.done(outcome, location=f"/v1/accounts/{body.account}")


@router.get("/{account}", response_model=AccountRead, dependencies=[allow(PROFILE_READERS)])
async def read_account(
    read: Reading, account: ACCOUNT, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """An account with its customer and start date."""
    if explain or source != READ_MODEL:
        return await read.in_thread(_account, read, account, explain, source)
    answered = await read.ask(accounts.ACCOUNT, number=account)
    content = accounts.account_content(answered)
    if content is None:
        raise no_account(account)
    return read.answer(json_of(content), answered.seen, version=content["version"])


def _account(read: Read, account: str, explain: bool, source: str) -> Response:
    """Answers from the log, or with explanations."""
    things = partial(of_place, place=Place(account))
    with read.asked("accounts", explain=explain, source=source, things=things) as view:
        account_read = existing_account(view, account)
        [account_read] = explained_accounts(view, [account_read]) if explain else [account_read]
        return read.answer(account_read, view, version=account_read.version)


@router.get(
    "/{account}/events",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def list_account_events(read: Reading, asked: Asked, account: ACCOUNT) -> Response:
    """Every event of an account itself: who, when, why, for which days, and the values before and after."""
    with read.view("accounts", "history") as view:
        check_exists(view, Place(account))
        return asked.answer(read, view, kind=Account.KIND, key=account)


@router.get("/{account}/sites", response_model=Page[SiteRead], dependencies=[allow(PROFILE_READERS)])
def list_sites(read: Reading, account: ACCOUNT, page: Paged, explain: Explain = False) -> Response:
    """The sites of an account, by number."""
    with read.asked("accounts", explain=explain) as view:
        existing_account(view, account)
        listed = accounts.sites(view, account, page.limit, page.cursor)
        return read.answer(listed.explained(view, explained_sites) if explain else listed, view)


@router.post("/{account}/sites", status_code=201, response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def create_site(write: Writing, account: ACCOUNT, body: NewSite) -> Response:
    """Creates a site; it gets neither DEFAULT nor the account's class (rule 2.6)."""
    outcome = await write.run(
        commands.create_site, write.ask(body.reason, creates=True), account=account, site=body.site
    )
    return write.done(outcome, location=f"/v1/accounts/{account}/sites/{body.site}")


@router.get("/{account}/sites/{site}", response_model=SiteRead, dependencies=[allow(PROFILE_READERS)])
def read_site(
    read: Reading, account: ACCOUNT, site: SITE, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """A site, and whether it ever got a profile of its own."""
    things = partial(of_place, place=Place(account, site))
    with read.asked("accounts", explain=explain, source=source, things=things) as view:
        site_read = existing_site(view, account, site)
        [site_read] = explained_sites(view, [site_read]) if explain else [site_read]
        return read.answer(site_read, view, version=site_read.version)


@router.get(
    "/{account}/sites/{site}/events",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def list_site_events(read: Reading, asked: Asked, account: ACCOUNT, site: SITE) -> Response:
    """Every event of a site itself: who, when, why, for which days, and the values before and after."""
    with read.view("accounts", "history") as view:
        check_exists(view, Place(account, site))
        return asked.answer(read, view, kind=Site.KIND, key=Site.key(account, site))


@router.get("/{account}/resolve", response_model=Resolution, dependencies=[allow(PROFILE_READERS)])
def resolve_profile(  # noqa: PLR0917  (query parameters)
    read: Reading,
    account: ACCOUNT,
    site: Annotated[SiteNumber | None, Query(description="The transaction's site, if any.")] = None,
    on: Annotated[
        Day | None, Query(alias="date", description="The transaction's date; `valid_at` means the same.")
    ] = None,
    currency: Annotated[Currency | None, Query(description="Only the amounts of this currency.")] = None,
    explain: Explain = False,
    source: AnswerSource = "read_model",
) -> Response:
    """Which profile applies to a transaction of that date: per value, from which level, class, version and event (rule 2.13)."""
    if on is not None and read.as_of.valid_at not in {None, on}:
        raise InvalidError("date and valid_at mean the same; give only one of them.", field="date")
    read, place = read.at(AsOf(on or read.as_of.valid_at, read.as_of.known_at)), Place(account, site)
    if source == "log":
        return _replayed(read, place, currency, explain=explain)
    with read.asked("accounts", explain=explain) as view:
        check_exists(view, place)
        resolution = accounts.resolution(view, account, site, currency)
        _check_currency(currency, resolution)
        if explain and resolution is not None:
            resolution = explained_resolution(view, resolution)
        return read.answer(resolution, view)


def _replayed(read: Read, place: Place, currency: str | None, *, explain: bool) -> Response:
    """Answers by replaying the log (rule 2.20)."""
    dossier, clocks = read.services.dossier, read.from_log()
    resolution = replay.replay_resolution(dossier, place, clocks, currency)
    if resolution is None:
        check_recorded(dossier, place, clocks.known_at)
    _check_currency(currency, resolution)
    if explain and resolution is not None:
        then = read.at(AsOf(clocks.valid_at, clocks.known_at))
        with then.asked(explain=True, source="log", things=partial(of_place, place=place)) as view:
            resolution = explained_resolution(view, resolution)
    return read.answer_known(resolution, clocks.known_at)


def _check_currency(code: str | None, resolution: Resolution | None) -> None:
    """Refuses an unknown currency code, unless amounts were stored under it while it was known (rule 0.10). Raises `TextError`."""
    if code is not None and (resolution is None or not resolution.amounts):
        currencies.currency(code, field="currency")

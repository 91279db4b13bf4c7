"""`/v1/accounts/{account}/profile` and `…/sites/{site}/profile`: read at two clocks, assign, update, end; history and differences.

Rules 2.6-2.14 and 2.18. An account and its sites have the same surface; only a site's profile is created and can end. The ETag is
the version of the account or site.
"""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from starlette.responses import Response

from aggregates.account import commands
from aggregates.account.place import Place
from aggregates.clocks import AsOf
from aggregates.use_case import Decides, Outcome
from aggregates.use_case import Request as UseCaseRequest
from api.parameters.pages import Paged, Paging
from api.parameters.paths import ACCOUNT, SITE
from api.parameters.points import From, Point, To, two_views
from api.parameters.reading import READ_MODEL, AnswerSource, Explain, Read, Reading
from api.parameters.shapes import ClassWord, Cursor, DatedBody, Day, Reason, SeenImpact
from api.parameters.spellings import WHOLE
from api.parameters.terms import OptionsToKeep, TermsBody
from api.parameters.writing import UNCHANGED, Write, WriteAnswer, Writing
from api.routing.auth import PROFILE_READERS, PROFILE_WRITERS, GuardedRoute, allow
from projections.accounts import queries as accounts
from projections.accounts import replay
from projections.accounts.answers import profile_of
from projections.accounts.existence import check_exists, check_recorded, no_profile_in_force
from projections.accounts.models import ProfileRead
from projections.answers.differences import Diff
from projections.answers.explained_accounts import explained_profile
from projections.answers.profile_history import (
    HISTORY,
    AccountVersions,
    ProfileVersion,
    account_versions,
    profile_diff,
    profile_history,
)
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/accounts", tags=["account profiles"], route_class=GuardedRoute)
MOST_SITES: Final = 50
"""Sites whose versions are given in one answer."""
FewSites = Annotated[int, Field(ge=1, le=MOST_SITES), WHOLE]


class Assignment(SeenImpact, DatedBody):
    """A class to be assigned, by default from today on, open-ended, over everything recorded before (rules 2.9-2.11).

    `keep_later` ends it before the next later-dated version, or before the day on which a site's profile ended;
    `keep_overrides` lets what was set here live on.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"profile_class": "Late payers", "effective_from": "2026-06-01", "reason": "Pays late since May"}
            ]
        }
    )

    profile_class: ClassWord
    keep_overrides: bool = False

    def decide(self, store: Decides, request: UseCaseRequest, place: Place, *, create: bool = False) -> Outcome:
        """Assigns the class. Raises what `assign_class` raises."""
        return commands.assign_class(
            store,
            request,
            place,
            profile_class=self.profile_class,
            when=self.when,
            keep_overrides=self.keep_overrides,
            create=create,
        )


class SiteAssignment(Assignment):
    """A class to be assigned to a site; `create` says that it is to be the site's first profile (rule 2.6)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"profile_class": "Late payers", "create": True, "reason": "First profile of the site"}]
        }
    )

    create: bool = False

    def decide(self, store: Decides, request: UseCaseRequest, place: Place, *, create: bool = False) -> Outcome:
        """Assigns the class. Raises what `assign_class` raises."""
        return super().decide(store, request, place, create=create or self.create)


class ProfileChange(SeenImpact, TermsBody, DatedBody):
    """Details to be changed here only (rule 2.8); `null` removes a value, and the `null` of a currency its row.

    Only they are written, on each day of the range on which there is a profile, whatever its class; days without one stay
    without (rule 2.21). By default from today on, open-ended; `keep_later` ends it before the next later-dated version.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"options": {"tolerance_percent": "5"}, "effective_from": "2026-03-01", "effective_to": "2026-05-31"}
            ]
        }
    )

    options: OptionsToKeep | None = None

    def decide(self, store: Decides, request: UseCaseRequest, place: Place) -> Outcome:
        """Changes the details. Raises what `update_profile` raises."""
        return commands.update_profile(store, request, place, **self.terms, when=self.when)


class ProfileEnd(SeenImpact):
    """The last day of a site's profile: today where it is left out. Later versions end with it, unless `keep_later` keeps them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"effective_to": "2026-12-31", "reason": "The site closes"}]}
    )

    effective_to: Day | None = None
    keep_later: bool = False
    reason: Reason | None = None

    def decide(self, store: Decides, request: UseCaseRequest, place: Place) -> Outcome:
        """Ends the profile. Raises what `end_site_profile` raises."""
        return commands.end_site_profile(store, request, place, last_day=self.effective_to, keep_later=self.keep_later)


@router.get("/{account}/profile", response_model=ProfileRead, dependencies=[allow(PROFILE_READERS)])
async def read_account_profile(
    read: Reading, account: ACCOUNT, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """The account's profile in force, from the read model or by replaying the log."""
    return await _read(read, Place(account), explain, source)


@router.post(
    "/{account}/profile",
    status_code=201,
    response_model=WriteAnswer,
    dependencies=[allow(PROFILE_WRITERS)],
    responses=UNCHANGED,
)
async def assign_account_class(write: Writing, account: ACCOUNT, body: Assignment) -> Response:
    """Assigns a profile class to an account."""
    return await _assign(write, Place(account), body)


@router.patch("/{account}/profile", response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def update_account_profile(write: Writing, account: ACCOUNT, body: ProfileChange) -> Response:
    """Changes details of an account's profile on that account only."""
    return await _update(write, Place(account), body)


@router.get("/{account}/history", response_model=Page[ProfileVersion], dependencies=[allow(PROFILE_READERS)])
def read_account_history(read: Reading, account: ACCOUNT, page: Paged) -> Response:
    """Every version of an account's profile: days, class, what was set here, who, when, why, superseded by what (rule 2.18)."""
    return _history(read, Place(account), page)


@router.get("/{account}/versions", response_model=AccountVersions, dependencies=[allow(PROFILE_READERS)])
def read_versions(
    read: Reading,
    account: ACCOUNT,
    limit: Annotated[FewSites, Query(description="The most sites in the answer.")] = MOST_SITES,
    cursor: Annotated[Cursor | None, Query(description="`next_cursor` of the previous answer.")] = None,
) -> Response:
    """The versions of an account's profile and of its sites' in one answer, the first 100 of each (rule 2.18)."""
    with read.view(*HISTORY) as view:
        check_exists(view, Place(account))
        return read.answer(account_versions(view, account, limit, cursor), view)


@router.get("/{account}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_account_diff(read: Reading, account: ACCOUNT, from_: From, to: To = None) -> Response:
    """The differences in an account's profile between two points of (`valid_at`, `known_at`)."""
    return _diff(read, Place(account), from_, to)


@router.get("/{account}/sites/{site}/profile", response_model=ProfileRead, dependencies=[allow(PROFILE_READERS)])
async def read_site_profile(
    read: Reading, account: ACCOUNT, site: SITE, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """The site's own profile in force; 404 says what applies instead where it has none."""
    return await _read(read, Place(account, site), explain, source)


@router.post(
    "/{account}/sites/{site}/profile",
    status_code=201,
    responses=UNCHANGED,
    response_model=WriteAnswer,
    dependencies=[allow(PROFILE_WRITERS)],
)
async def assign_site_class(write: Writing, account: ACCOUNT, site: SITE, body: SiteAssignment) -> Response:
    """Assigns a profile class to a site, or creates its first profile, “Create Site Profile” (rule 2.6)."""
    return await _assign(write, Place(account, site), body)


@router.patch("/{account}/sites/{site}/profile", response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def update_site_profile(write: Writing, account: ACCOUNT, site: SITE, body: ProfileChange) -> Response:
    """Changes details of a site's profile on that site only."""
    return await _update(write, Place(account, site), body)


@router.post("/{account}/sites/{site}/profile/end", response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def end_site_profile(write: Writing, account: ACCOUNT, site: SITE, body: ProfileEnd) -> Response:
    """Ends a site's profile; its account's applies again (rule 2.14)."""
    request = write.ask(body.reason, impact=body.impact)
    return write.done(await write.run(body.decide, request, Place(account, site)))


@router.get(
    "/{account}/sites/{site}/history", response_model=Page[ProfileVersion], dependencies=[allow(PROFILE_READERS)]
)
def read_site_history(read: Reading, account: ACCOUNT, site: SITE, page: Paged) -> Response:
    """Every version of a site's profile (rule 2.18); one without a class is where it ended."""
    return _history(read, Place(account, site), page)


@router.get("/{account}/sites/{site}/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_site_diff(read: Reading, account: ACCOUNT, site: SITE, from_: From, to: To = None) -> Response:
    """The differences in a site's profile between two points of (`valid_at`, `known_at`)."""
    return _diff(read, Place(account, site), from_, to)


async def _read(read: Read, place: Place, explain: bool, source: str) -> Response:
    if not explain and source == READ_MODEL:
        answered = await read.ask(accounts.PROFILE, **accounts.profile_asked(read.services.dossier.company, place))
        profile = profile_of(answered, place)
        if profile is not None:
            return read.answer(profile, answered.seen, version=profile.version)
    return await read.in_thread(_profile, read, place, explain, source)


def _profile(read: Read, place: Place, explain: bool, source: str) -> Response:
    """Answers from the log, or with explanations, or says why there is none."""
    if source == "log":
        return _replayed(read, place, explain)
    with read.asked("accounts", explain=explain) as view:
        profile = accounts.profile(view, place, explain)
        if profile is not None:
            profile = explained_profile(view, profile) if explain else profile
            return read.answer(profile, view, version=profile.version)
        check_exists(view, place)
        account_profile = None if place.site is None else accounts.profile(view, Place(place.account))
        raise no_profile_in_force(place, view.valid_at, account_profile)


def _replayed(read: Read, place: Place, explain: bool) -> Response:
    """Answers by replaying the log (rule 2.20)."""
    dossier, clocks = read.services.dossier, read.from_log()
    profile = replay.replay_profile(dossier, place, clocks, explain)
    if profile is not None:
        if explain:
            then = read.at(AsOf(clocks.valid_at, clocks.known_at))
            with then.asked(explain=True, source="log", things=partial(replay.of_place, place=place)) as view:
                profile = explained_profile(view, profile)
        return read.answer_known(profile, clocks.known_at, version=profile.version)
    check_recorded(dossier, place, clocks.known_at)
    account_profile = None if place.site is None else replay.replay_profile(dossier, Place(place.account), clocks)
    raise no_profile_in_force(place, clocks.valid_at, account_profile)


async def _assign(write: Write, place: Place, body: Assignment) -> Response:
    outcome = await write.run(body.decide, write.ask(body.reason, impact=body.impact), place)
    site = "" if place.site is None else f"/sites/{place.site}"
    return write.done(outcome, location=f"/v1/accounts/{place.account}{site}/profile")


async def _update(write: Write, place: Place, body: ProfileChange) -> Response:
    return write.done(await write.run(body.decide, write.ask(body.reason, impact=body.impact), place))


def _history(read: Read, place: Place, page: Paging) -> Response:
    with read.view(*HISTORY) as view:
        check_exists(view, place)
        return read.answer(profile_history(view, place, page.limit, page.cursor), view)


def _diff(read: Read, place: Place, from_: Point, to: Point | None) -> Response:
    with two_views(read, from_, to, "accounts") as (before, after):
        differences = profile_diff(before, after, place)
        if differences is None:
            check_exists(after, place)
        return read.answer(differences, after)

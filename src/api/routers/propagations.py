"""`/v1/profile-classes/{name}/propagations`: how a changed class reaches existing profiles (rules 2.15-2.17).

A class version that is meant for existing profiles is *planned*: reading it gives a preview. An administrator starts it, once, and
`dossier work` runs it; reading it then gives progress and counts, and its report what became of each profile.
"""

from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from aggregates.account.holder import Became
from aggregates.profile_class.commands import start_propagation
from aggregates.profile_class.profile_class import ProfileClass
from aggregates.profile_class.propagation import change_of
from api.auth import ADMINISTRATORS, PROFILE_READERS, allow
from api.deciding import DecidingRoute
from api.pages import Paged, page_of
from api.paths import CLASS, CLASS_VERSION
from api.reading import AtLeast, answer_at, as_json
from api.services import services_of
from api.shapes import Body, Day, Reason
from api.writing import JSON, WriteAnswer, Writing
from jobs import states
from jobs.deciding import BEFORE_ALL
from jobs.states import PropagationDetail, PropagationRead, State
from projections.paging import Page, cursor_of, keys_of

router: Final = APIRouter(
    prefix="/v1/profile-classes/{name}/propagations", tags=["profile classes"], route_class=DecidingRoute
)


class Start(Body):
    """How a propagation is to run: from which day on, and whether later-dated versions of the class's profiles are changed too."""

    run_date: Day | None = None
    include_later: bool = False
    reason: Reason | None = None


class Reported(BaseModel):
    """What became of one profile. Without a site it is the account's own; `event_id` is the first event that changed it."""

    model_config = ConfigDict(frozen=True)

    account: str
    site: str | None
    outcome: Became
    reason: str | None
    event_id: UUID | None


@router.get("", response_model=Page[PropagationRead], dependencies=[allow(PROFILE_READERS)])
def list_propagations(request: Request, name: CLASS, page: Paged) -> Response:
    """Every version of a class that is meant for existing profiles, and how far that is."""
    return _answer(page_of(states.propagations_of(services_of(request).dossier, name), page))


@router.get("/{version}", response_model=PropagationDetail, dependencies=[allow(PROFILE_READERS)])
def read_propagation(
    request: Request,
    name: CLASS,
    version: CLASS_VERSION,
    *,
    run_date: Annotated[Day | None, Query(description="Of the preview; today where it is left out.")] = None,
    include_later: Annotated[bool, Query(description="Of the preview: later-dated versions too.")] = False,
    position: AtLeast = None,
) -> Response:
    """One of them: while it is planned with a preview of what it would do, afterwards with its progress and counts."""
    services = services_of(request)
    found = states.propagation(services.dossier, name, version)
    if found.state is State.PLANNED:
        change = change_of(services.dossier.load(ProfileClass, name), name, version)
        day = run_date or services.day.today()
        preview = states.preview(
            services.dossier, services.reads, change, day, include_later=include_later, position=position
        )
        found = found.model_copy(update={"preview": preview})
    return answer_at(found, found.position)


@router.post("/{version}", status_code=202, response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
def begin_propagation(write: Writing, name: CLASS, version: CLASS_VERSION, body: Start | None = None) -> Response:
    """Starts it. From the run date on, today where it is left out, the change is written into the profiles in force."""
    asked = body or Start()
    outcome = start_propagation(
        write.services.dossier,
        write.ask(asked.reason, creates=True),
        name=name,
        version=version,
        run_date=asked.run_date,
        include_later=asked.include_later,
    )
    answer = write.done(outcome)
    answer.status_code = 202
    answer.headers["Location"] = f"/v1/profile-classes/{quote(name, safe='')}/propagations/{version}"
    return answer


@router.get("/{version}/report", response_model=Page[Reported], dependencies=[allow(PROFILE_READERS)])
def read_report(
    request: Request,
    name: CLASS,
    version: CLASS_VERSION,
    page: Paged,
    outcome: Annotated[Became | None, Query(description="Of one outcome.")] = None,
) -> Response:
    """What became of each profile, by account and site; empty while it is planned."""
    place = keys_of(page.cursor, str, str) or BEFORE_ALL
    found = states.outcomes_of(
        services_of(request).dossier, name, version, page.limit + 1, (place[0], place[1]), outcome=outcome
    )
    more, shown = len(found) > page.limit, found[: page.limit]
    items = [
        Reported(
            account=one.account,
            site=one.site or None,
            outcome=Became(one.outcome),
            reason=one.reason,
            event_id=one.event_id,
        )
        for one in shown
    ]
    return _answer(Page(items=items, next_cursor=cursor_of(shown[-1].account, shown[-1].site) if more else None))


def _answer(body: BaseModel) -> Response:
    return Response(as_json(body), media_type=JSON)

"""`/v1/system-options`: the company's own options and amounts, which apply where neither site nor account has a value (rule 2.13).

They are effective-dated. There is one aggregate per company, whose version is the ETag.
"""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.setup import commands
from aggregates.setup.system_options import SystemOptions
from api.parameters.histories import FILES, Asked
from api.parameters.points import From, To, two_views
from api.parameters.reading import AnswerSource, Explain, Reading
from api.parameters.shapes import DatedBody
from api.parameters.terms import TermsBody
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from projections.accounts import queries as accounts
from projections.accounts.models import SystemOptionsRead
from projections.answers.definition_diffs import system_options_diff
from projections.answers.differences import Diff
from projections.answers.explained_accounts import explained_system_options
from projections.history.models import HistoryEntry
from projections.reading.paging import Page
from store.application import Dossier

router: Final = APIRouter(prefix="/v1/system-options", tags=["profile classes"], route_class=GuardedRoute)


class SystemOptionsChange(TermsBody, DatedBody):
    """The changes, by default from today on, open-ended; `null` removes a value, and the `null` of a currency its row.

    Only that is written, on each day of the range; `keep_later` ends it before the next later-dated version.
    """


@router.get("", response_model=SystemOptionsRead, dependencies=[allow(PROFILE_READERS)])
def read_system_options(read: Reading, explain: Explain = False, source: AnswerSource = "read_model") -> Response:
    """The company's own options and amounts in force."""
    with read.asked("accounts", explain=explain, source=source, things=_of_company) as view:
        options = accounts.system_options(view)
        if explain:
            options = explained_system_options(view, options, accounts.system_options_set_by(view))
        return read.answer(options, view, version=options.version)


@router.get(
    "/history",
    response_model=Page[HistoryEntry],
    responses=FILES,
    dependencies=[allow(PROFILE_READERS, stream=True)],
)
def read_system_options_history(read: Reading, asked: Asked) -> Response:
    """Every change of the company's own options and amounts: who, when, why, for which days, and the values before and after."""
    with read.view("history") as view:
        return asked.answer(read, view, kind=SystemOptions.KIND, key=read.services.dossier.company)


@router.get("/diff", response_model=Diff, dependencies=[allow(PROFILE_READERS)])
def read_system_options_diff(read: Reading, from_: From, to: To = None) -> Response:
    """The differences in the company's own options and amounts between two points of (`valid_at`, `known_at`)."""
    with two_views(read, from_, to, "accounts") as (before, after):
        return read.answer(system_options_diff(before, after), after)


@router.patch("", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
async def change_system_options(write: Writing, body: SystemOptionsChange) -> Response:
    """Changes the given options and amounts for a range of days."""
    outcome = await write.run(
        commands.change_system_options,
        write.ask(body.reason),
        **body.terms,
        when=body.when,
    )
    return write.done(outcome)


def _of_company(dossier: Dossier) -> list[UUID]:
    """The one aggregate that the options are."""
    return [SystemOptions.id_of(dossier.company, dossier.company)]

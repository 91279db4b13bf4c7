"""`/v1/system-options`: what the company itself says of options and amounts, where neither site nor account does (rule 2.13).

Effective-dated; one aggregate a company, whose version is the ETag.
"""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.setup import commands
from api.parameters.reading import Reading
from api.parameters.shapes import DatedBody
from api.parameters.terms import TermsBody
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, PROFILE_READERS, GuardedRoute, allow
from projections.accounts import queries as accounts
from projections.accounts.models import SystemOptionsRead

router: Final = APIRouter(prefix="/v1/system-options", tags=["profile classes"], route_class=GuardedRoute)


class SystemOptionsChange(TermsBody, DatedBody):
    """What is to change, by default from today on, open-ended; `null` takes a value away, a currency's `null` its row.

    Only that is written, on each day of the range; `keep_later` ends it before the next later-dated version.
    """


@router.get("", response_model=SystemOptionsRead, dependencies=[allow(PROFILE_READERS)])
def read_system_options(read: Reading) -> Response:
    """The company's own options and amounts in force."""
    with read.view("accounts") as view:
        found = accounts.system_options(view)
        return read.answer(found, view, version=found.version)


@router.patch("", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)])
def change_system_options(write: Writing, body: SystemOptionsChange) -> Response:
    """Changes what is given of them for a range of days."""
    outcome = commands.change_system_options(
        write.services.dossier,
        write.ask(body.reason),
        **body.terms,
        when=body.when,
    )
    return write.done(outcome)

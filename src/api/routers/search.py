"""`/v1/search`: one text for whatever it may be the number, the name or the id of."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from aggregates.upload.upload import UploadNotFoundError
from api.parameters.reading import Reading
from api.parameters.shapes import Query as Words
from api.routing.auth import FACT_READERS, PROFILE_READERS, UPLOADERS, Allowed, GuardedRoute, RoleError, allow
from jobs.upload import progress
from jobs.upload.progress import UploadRead
from projections.answers.search import SEARCHED, Found, Results, id_of, search
from store.application import Dossier

router: Final = APIRouter(prefix="/v1/search", tags=["search"], route_class=GuardedRoute)
MAY_READ_EVENTS: Final = Allowed(FACT_READERS)
MAY_READ_UPLOADS: Final = Allowed(UPLOADERS)
_NONE: Final[dict[str, Any]] = {"items": [], "more": False}


class SearchResults(Found):
    """What a text finds, in groups of five at most. No masked value is searched or shown (rule 5.2)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customers": {
                        "items": [{"number": "1001", "name": "Ada Byron", "found_by": "number", "merged_into": None}],
                        "more": False,
                    },
                    "alternate_numbers": {
                        "items": [
                            {
                                "alternate_number": "10019",
                                "number": "1001",
                                "name": "Ada Byron",
                                "out_of_date": True,
                                "out_of_date_since": "2026-05-03T08:15:00.000000Z",
                                "merged_from": None,
                            }
                        ],
                        "more": False,
                    },
                    "business_fields": {
                        "items": [
                            {
                                "number": "1002",
                                "name": "Bob Ray",
                                "field": "loan_number",
                                "label": "Loan Number",
                                "merged_from": None,
                            }
                        ],
                        "more": False,
                    },
                    "accounts": _NONE,
                    "sites": _NONE,
                    "events": _NONE,
                    "uploads": None,
                }
            ]
        }
    )

    uploads: Results[UploadRead] | None = Field(description="By id; `null` where the caller may not read uploads.")


@router.get("", response_model=SearchResults, dependencies=[allow(PROFILE_READERS)])
def search_everything(
    request: Request,
    read: Reading,
    q: Annotated[
        Words,
        Query(
            description="The beginning of a number, or of words of a name, the whole id of an event or an upload, or the whole value of a"
            " searchable business field, such as a phone number."
        ),
    ],
) -> Response:
    """Customers, alternate numbers, business fields, accounts, sites, events and uploads that a text may mean.

    An alternate number that was replaced finds its customer, and says since when it is out of date; a customer that was merged says into
    whom (rules 1.14, 6.1). Uploads are those of now, whatever the two clocks are.
    """
    with read.view(*SEARCHED) as view:
        results = search(view, q, events=_may(MAY_READ_EVENTS, request))
    uploads = _uploads(read.services.dossier, id_of(q)) if _may(MAY_READ_UPLOADS, request) else None
    return read.answer(SearchResults(**dict(results), uploads=uploads), view)


def _may(allowed: Allowed, request: Request) -> bool:
    """Returns whether one of the caller's roles is among the allowed ones."""
    try:
        allowed.check(request)
    except RoleError:
        return False
    return True


def _uploads(dossier: Dossier, upload: UUID | None) -> Results[UploadRead]:
    try:
        items = [] if upload is None else [progress.upload(dossier, upload)]
    except UploadNotFoundError:
        items = []
    return Results(items=items, more=False)

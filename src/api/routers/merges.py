"""`/v1/customers/{number}/merge` and `/unmerge`: duplicates become one customer, and two again (rule 6.1)."""

from typing import Final, cast

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.customer import commands
from aggregates.customer.events import CustomerMergedAway
from aggregates.use_case import Outcome
from api.parameters.paths import NUMBER
from api.parameters.shapes import Body, CustomerNumber, Reason
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, GuardedRoute, allow
from api.routing.redirects import LEADS_ON
from store.application import Dossier
from store.log import read

router: Final = APIRouter(prefix="/v1/customers", tags=["merging customers"], route_class=GuardedRoute)


class Merge(Body):
    """The duplicate, and who survives: one of the two, the older one where it is left out."""

    other: CustomerNumber
    survivor: CustomerNumber | None = None
    reason: Reason | None = None


class Unmerge(Body):
    """The customer that was merged into this one."""

    other: CustomerNumber
    reason: Reason | None = None


class MergeAnswer(WriteAnswer):
    """The survivor, and the customer whose number leads there from now on. `version` is the survivor's."""

    survivor: str
    merged_away: str


@router.post("/{number}/merge", response_model=MergeAnswer, dependencies=[allow(ADMINISTRATORS)], responses=LEADS_ON)
def merge_customers(write: Writing, number: NUMBER, body: Merge) -> Response:
    """Merges two customers: per field and category the survivor keeps its values where it has any, and takes the other's where it has none.

    The other number leads to the survivor from then on; both histories stay, and the merge can be undone. `If-Match` is the version of
    the customer in the path, whoever survives.
    """
    dossier = write.services.dossier
    outcome = commands.merge_customers(
        dossier,
        write.ask(body.reason),
        number=number,
        other=body.other,
        survivor=body.survivor,
        survivor_named=body.survivor is not None,
    )
    survivor, away = _survivor_and_merged(dossier, outcome) or (number, body.other)
    message = f"Customer {away} was merged into {survivor}." if outcome.changed else "They are merged already."
    return write.done(outcome, message=message, survivor=survivor, merged_away=away)


@router.post("/{number}/unmerge", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)], responses=LEADS_ON)
def unmerge_customers(write: Writing, number: NUMBER, body: Unmerge) -> Response:
    """Undoes a merge: the customer reads as if it had never happened. What was set since stays; what it covered shows again."""
    outcome = commands.unmerge_customers(
        write.services.dossier, write.ask(body.reason), number=number, other=body.other
    )
    return write.done(outcome, message=f"Customer {body.other} is separate again.")


def _survivor_and_merged(dossier: Dossier, outcome: Outcome) -> tuple[str, str] | None:
    """Returns the numbers of the survivor and of the other, from the last fact of the merge; `None` when nothing was merged."""
    if outcome.position is None:
        return None
    with dossier.database.connection() as connection:
        [event] = read(connection, outcome.position - 1, 1)
    merged = cast("CustomerMergedAway", dossier.fact_mapper.to_domain_event(event))
    return merged.survivor, merged.number

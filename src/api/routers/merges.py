"""`/v1/customers/{number}/merge` and `/unmerge`: duplicates become one customer, and two again (rule 6.1)."""

from typing import Final, cast

from fastapi import APIRouter
from pydantic import ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from aggregates.customer import commands
from aggregates.customer.events import CustomerMergedAway
from aggregates.use_case import Decides, Outcome, Request
from api.parameters.paths import NUMBER
from api.parameters.shapes import CustomerNumber, Reason, SeenImpact
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, GuardedRoute, allow
from api.routing.redirects import LEADS_ON
from store.application import Dossier
from store.log import read

router: Final = APIRouter(prefix="/v1/customers", tags=["merging customers"], route_class=GuardedRoute)


class Merge(SeenImpact):
    """The duplicate, and who survives: one of the two, the older one where it is left out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"other": "1002", "survivor": "1001", "reason": "As agreed on the telephone."}]}
    )

    other: CustomerNumber
    survivor: CustomerNumber | None = None
    reason: Reason | None = None

    def decide(self, store: Decides, request: Request, number: str) -> Outcome:
        """Merges the two. Raises what `merge_customers` raises."""
        return commands.merge_customers(
            store,
            request,
            number=number,
            other=self.other,
            survivor=self.survivor,
            survivor_named=self.survivor is not None,
        )


class Unmerge(SeenImpact):
    """The customer that was merged into this one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"other": "1002", "reason": "As agreed on the telephone."}]}
    )

    other: CustomerNumber
    reason: Reason | None = None

    def decide(self, store: Decides, request: Request, number: str) -> Outcome:
        """Undoes the merge. Raises what `unmerge_customers` raises."""
        return commands.unmerge_customers(store, request, number=number, other=self.other)


class MergeAnswer(WriteAnswer):
    """The survivor, and the customer whose number leads there from now on. `version` is the survivor's."""

    survivor: str
    merged_away: str


@router.post("/{number}/merge", response_model=MergeAnswer, dependencies=[allow(ADMINISTRATORS)], responses=LEADS_ON)
async def merge_customers(write: Writing, number: NUMBER, body: Merge) -> Response:
    """Merges two customers: per field and category the survivor keeps its values where it has any, and takes the other's where it has none.

    The other number leads to the survivor from then on; both histories stay, and the merge can be undone. `If-Match` is the version of
    the customer in the path, whoever survives.
    """
    outcome = await write.run(body.decide, write.ask(body.reason, impact=body.impact), number)
    merged = await run_in_threadpool(_survivor_and_merged, write.services.dossier, outcome)
    survivor, away = merged or (number, body.other)
    message = f"Customer {away} was merged into {survivor}." if outcome.changed else "They are merged already."
    return write.done(outcome, message=message, survivor=survivor, merged_away=away)


@router.post("/{number}/unmerge", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)], responses=LEADS_ON)
async def unmerge_customers(write: Writing, number: NUMBER, body: Unmerge) -> Response:
    """Undoes a merge: the customer reads as if it had never happened. What was set since stays; what it covered shows again."""
    outcome = await write.run(body.decide, write.ask(body.reason, impact=body.impact), number)
    return write.done(outcome, message=f"Customer {body.other} is separate again.")


def _survivor_and_merged(dossier: Dossier, outcome: Outcome) -> tuple[str, str] | None:
    """Returns the numbers of the survivor and of the other, from the last fact of the merge; `None` when nothing was merged."""
    if outcome.position is None:
        return None
    with dossier.database.connection() as connection:
        [event] = read(connection, outcome.position - 1, 1)
    merged = cast("CustomerMergedAway", dossier.fact_mapper.to_domain_event(event))
    return merged.survivor, merged.number

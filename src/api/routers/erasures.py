"""`/v1/customers/{number}/erase`: the personal data of a customer are made unreadable for good (rule 5.1)."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from aggregates.customer.commands import erase_customer
from api.parameters.paths import NUMBER
from api.parameters.shapes import Body, Reason
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import ADMINISTRATORS, GuardedRoute, allow
from api.routing.redirects import LEADS_ON

router: Final = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=GuardedRoute)


class Erase(Body):
    """Why the personal data are erased; it stays in the history."""

    reason: Reason


@router.post("/{number}/erase", response_model=WriteAnswer, dependencies=[allow(ADMINISTRATORS)], responses=LEADS_ON)
async def erase_personal_data(write: Writing, number: NUMBER, body: Erase) -> Response:
    """Erases the personal data of a customer, and of all who were merged into it, for good: nothing brings them back (rule 5.1).

    Names and values of personal fields read as `[erased]` from then on, everywhere and at every past point. The rest of the profile and its
    history stay, and can be read, but the customer is not changed any more.
    """
    outcome = await write.run(erase_customer, write.ask(body.reason), number=number)
    message = f"The personal data of customer {number} {'were erased' if outcome.changed else 'are erased already'}."
    return write.done(outcome, message=message)

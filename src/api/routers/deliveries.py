"""`/v1/deliveries` and `/v1/dead-letters`: what was sent, what was not and why, and sending again (rules 4.4, 4.5).

Outcomes of forwarding are not facts of the log, so dead letters have no clocks and a resend has no version: requesting
the same resend twice is refused with 409, and the event id makes sure that it has its effect once on the other side.
"""

from datetime import date, datetime
from types import EllipsisType
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.http import request_context
from api.parameters.pages import Paged, place_after
from api.parameters.paths import EVENT
from api.parameters.reading import Reading, as_json
from api.parameters.shapes import Body, CorrectedValue, CustomerNumber
from api.parameters.writing import JSON
from api.routing.auth import FACT_READERS, FORWARDERS, GuardedRoute, allow
from api.services import services_of
from projections.deliveries import queries as deliveries
from projections.deliveries.models import Delivery
from projections.reading.paging import Page, cursor_of
from store import deliveries as outcomes

router: Final = APIRouter(prefix="/v1", tags=["deliveries"], route_class=GuardedRoute)


class DeadLetter(BaseModel):
    """A forwarding that was refused, or failed to the last try. Without a number it is a message that could not be read.

    `event_id` is the `delivery_id` of the change. The value of a `personal` field is not shown, and cannot be corrected here.
    """

    model_config = ConfigDict(from_attributes=True)

    event_id: UUID
    number: str | None
    attribute: str | None
    value: str | None
    personal: bool
    effective_from: date | None
    effective_to: date | None
    position: int | None
    reason: str
    status_code: int | None
    attempts: int
    died_at: datetime
    state: Literal["dead", "resending", "resent"]
    corrected: bool
    corrected_value: str | None
    resend_requested_by: str | None
    resend_requested_at: datetime | None
    resent_at: datetime | None


class Resend(Body):
    """`value` corrects what is sent, `null` clears the attribute; `force` sends even if a later value was sent already."""

    value: CorrectedValue | None = None
    force: bool = False


@router.get("/deliveries", response_model=Page[Delivery], dependencies=[allow(FACT_READERS)])
def list_deliveries(
    read: Reading,
    page: Paged,
    number: Annotated[CustomerNumber | None, Query(description="Only those of one customer.")] = None,
    status: Annotated[
        Literal["waiting", "sent", "not_sent", "dead"] | None, Query(description="Only those in this status.")
    ] = None,
) -> Response:
    """The outcome of every profile change, the latest first."""
    with read.view("deliveries") as view:
        listed = deliveries.deliveries(view, number=number, status=status, limit=page.limit, cursor=page.cursor)
        return read.answer(listed, view)


@router.get("/dead-letters", response_model=Page[DeadLetter], dependencies=[allow(FACT_READERS)])
def list_dead_letters(
    request: Request,
    page: Paged,
    state: Annotated[
        Literal["dead", "resending", "resent"] | None, Query(description="Only those in this state.")
    ] = None,
) -> Response:
    """Dead letters, in the order in which they failed."""
    with services_of(request).dossier.database.connection() as connection:
        rows = outcomes.dead_letters(connection, page.limit + 1, place_after(page.cursor), state=state)
    more = len(rows) > page.limit
    listed = rows[: page.limit]
    letters = [DeadLetter.model_validate(letter) for letter in listed]
    return _answer({"items": letters, "next_cursor": cursor_of(listed[-1].letter) if more else None})


@router.get("/dead-letters/{event_id}", response_model=DeadLetter, dependencies=[allow(FACT_READERS)])
def read_dead_letter(request: Request, event_id: EVENT) -> Response:
    """One dead letter."""
    with services_of(request).dossier.database.connection() as connection:
        letter = outcomes.dead_letter(connection, event_id)
    if letter is None:
        raise outcomes.DeadLetterNotFoundError(f"There is no dead letter for event {event_id}.")
    return _answer(DeadLetter.model_validate(letter))


@router.post(
    "/dead-letters/{event_id}/resend", status_code=202, response_model=DeadLetter, dependencies=[allow(FORWARDERS)]
)
def resend(request: Request, event_id: EVENT, body: Resend | None = None) -> Response:
    """Requests that a dead letter is sent again, as it was or corrected. Refused if a later value was sent, unless forced."""
    options = body or Resend()
    value: str | EllipsisType | None = options.value if "value" in options.model_fields_set else ...
    actor = request_context.of(request.scope).actor or ""
    with services_of(request).dossier.database.connection() as connection:
        letter = outcomes.request_resend(connection, event_id, actor, value=value, force=options.force)
    return _answer(DeadLetter.model_validate(letter), 202)


def _answer(body: Any, status: int = 200) -> Response:
    return Response(as_json(body), status, media_type=JSON)

"""`/v1/deliveries` and `/v1/dead-letters`: what was sent, what was not and why, and sending again (rules 4.4, 4.5).

Outcomes of forwarding are not facts of the log, so dead letters have no clocks and a resend has no version: requesting
the same resend twice is refused with 409, and the event id makes sure that it has its effect once on the other side.
"""

from datetime import date, datetime
from types import EllipsisType
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from starlette.responses import Response

from aggregates.errors import InvalidError
from api.http import request_context
from api.parameters.pages import Paged, place_after
from api.parameters.paths import EVENT
from api.parameters.reading import Reading, as_json
from api.parameters.shapes import Body, CorrectedValue, CustomerNumber
from api.parameters.spellings import EventId
from api.parameters.writing import JSON
from api.routing.auth import FACT_READERS, FORWARDERS, PROFILE_READERS, GuardedRoute, allow
from api.services import services_of
from projections.deliveries import queries as deliveries
from projections.deliveries.models import Delivery
from projections.reading.paging import Page, cursor_of
from store import deliveries as outcomes
from store import many_resends
from store.many_resends import MOST_RESENT
from store.outcomes import LONGEST_REASON, printable


def _death_reason(value: str) -> str:
    """Returns the text if a dead letter can have it as its reason. Raises `ValueError`."""
    if not value or printable(value) != value:
        raise ValueError("No dead letter has such a reason.")
    return value


DeathReason = Annotated[
    str,
    AfterValidator(_death_reason),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_REASON}),
]
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


class LetterReason(BaseModel):
    """A reason, and the dead letters that have it."""

    model_config = ConfigDict(from_attributes=True)

    reason: str = Field(description="The reason, as every letter has it.")
    dead: int = Field(description="Dead letters with this reason that nobody asked to send again.")
    unreadable: int = Field(
        description="Those of them that are messages which could not be read: they cannot be sent again."
    )
    first_died_at: datetime = Field(description="When the first of them died.")
    last_died_at: datetime = Field(description="When the last of them died.")


class LetterReasons(BaseModel):
    """Dead letters by reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "reason": "422: unknown value",
                            "dead": 214,
                            "unreadable": 0,
                            "first_died_at": "2026-06-20T10:41:03.000000Z",
                            "last_died_at": "2026-06-20T10:42:00.000000Z",
                        }
                    ],
                    "dead": 215,
                }
            ]
        }
    )

    items: list[LetterReason] = Field(description="The 100 most frequent reasons, the most frequent first.")
    dead: int = Field(description="All dead letters that nobody asked to send again, whatever their reason.")


class ManyResends(Body):
    """The dead letters with one reason, or of some events, as many as the caller saw."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "422: unknown value", "count": 214}]})

    count: int = Field(
        ge=1, le=MOST_RESENT, description="How many there are, as the caller saw. Otherwise nothing is sent."
    )
    reason: DeathReason | None = Field(None, description="All dead letters with exactly this reason.")
    event_ids: list[EventId] | None = Field(
        None, min_length=1, max_length=outcomes.MOST_LETTERS, description="The dead letters of these events."
    )
    force: bool = Field(False, description="Send also where a later value was sent already.")


class ResendRefusal(BaseModel):
    """A dead letter that stays dead."""

    event_id: UUID = Field(description="Its event.")
    why: str = Field(description="Why it cannot be sent again as it is.")


class ManyResendsAnswer(BaseModel):
    """What became of the request."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"requested": 214, "refused": 0, "refusals": []}]})

    requested: int = Field(description="Dead letters that are on their way.")
    refused: int = Field(description="Dead letters that stay dead.")
    refusals: list[ResendRefusal] = Field(description="The first 100 of those, and why.")


class ChoiceError(InvalidError):
    """It is not said which dead letters are meant, or said in two ways."""


@router.get("/deliveries", response_model=Page[Delivery], dependencies=[allow(PROFILE_READERS)])
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
    reason: Annotated[DeathReason | None, Query(description="Only those with exactly this reason.")] = None,
) -> Response:
    """Dead letters, in the order in which they failed."""
    with services_of(request).dossier.database.connection() as connection:
        rows = outcomes.dead_letters(connection, page.limit + 1, place_after(page.cursor), state=state, reason=reason)
    more = len(rows) > page.limit
    listed = rows[: page.limit]
    letters = [DeadLetter.model_validate(letter) for letter in listed]
    return _answer({"items": letters, "next_cursor": cursor_of(listed[-1].letter) if more else None})


@router.get("/dead-letters/reasons", response_model=LetterReasons, dependencies=[allow(FACT_READERS)])
def list_reasons(request: Request) -> Response:
    """Dead letters that nobody asked to send again, counted by reason."""
    with services_of(request).dossier.database.connection() as connection:
        reasons = many_resends.reasons(connection)
    items = [LetterReason.model_validate(reason) for reason in reasons]
    return _answer(LetterReasons(items=items, dead=reasons[0].total if reasons else 0))


@router.post(
    "/dead-letters/resend", status_code=202, response_model=ManyResendsAnswer, dependencies=[allow(FORWARDERS)]
)
def resend_many(request: Request, body: ManyResends) -> Response:
    """Requests that many dead letters are sent again, as they were or as last corrected: those with one reason, or of some events.

    409 where they are not as many as the caller saw: nothing is sent, and member `count` says how many there are now.
    """
    if (body.reason is None) == (body.event_ids is None):
        raise ChoiceError("Either reason or event_ids says which dead letters are meant.", field="reason")
    actor = request_context.of(request.scope).actor or ""
    with services_of(request).dossier.database.connection() as connection:
        outcome = many_resends.request_resends(
            connection,
            actor,
            seen=body.count,
            reason=body.reason,
            event_ids=body.event_ids or (),
            force=body.force,
        )
    refusals = [ResendRefusal(event_id=event_id, why=why) for event_id, why in outcome.refusals]
    return _answer(ManyResendsAnswer(requested=outcome.requested, refused=outcome.refused, refusals=refusals), 202)


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

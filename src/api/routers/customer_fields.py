"""`/v1/customers/{number}/fields`: the Customer Profile widget, and Save (rules 3.3-3.9, 5.2).

The ETag is the customer's version. `If-Match` is compared field by field: only a field that somebody else changed since conflicts.
"""

from functools import partial
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aggregates.customer import unmasking_commands
from aggregates.customer.edits import EDITORS
from aggregates.customer.unmasking import UNMASKERS
from aggregates.errors import DomainError
from aggregates.fact import Role
from aggregates.interaction import field_edits
from aggregates.use_case import Decides, Outcome
from aggregates.use_case import Request as UseCaseRequest
from api.http import request_context
from api.parameters.paths import NUMBER
from api.parameters.reading import READ_MODEL, AnswerSource, Explain, Read, Reading
from api.parameters.shapes import DatedBody, FieldEdit, InteractionId, SeenImpact
from api.parameters.spellings import Flag
from api.parameters.writing import NoCallerError, Recording, Write, WriteAnswer, Writing
from api.routing.auth import PROFILE_READERS, Allowed, GuardedRoute, allow
from api.routing.redirects import LEADS_ON
from projections.answers.explained_customers import explained_widget
from projections.answers.widget import (
    WIDGET,
    WIDGET_OF_AGENT,
    Reader,
    Widget,
    question_of,
    widget,
    widget_asked,
    widget_content,
)
from projections.customers.replay import merged_with
from projections.fields import queries as fields
from projections.reading.questions import json_of
from projections.tables.names import no_customer

router: Final = APIRouter(prefix="/v1/customers", tags=["business fields"], route_class=GuardedRoute)
MAY_UNMASK: Final = Allowed(UNMASKERS)
SAVED: Final = "Customer profile changed successfully"
"""The message of rule 3.6 after Save."""
NOTHING_CHANGED: Final = "Nothing changed."


class FieldEdits(SeenImpact, DatedBody):
    """Save in the widget: values by field key; `null` removes one. Either all of them are stored, or none.

    By default from today on, open-ended, over everything recorded before; `keep_later` ends it before the next later-dated value.
    An agent names the open interaction with this customer (rule 3.4).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"fields": {"city": "Vienna"}, "interaction": "I-20260620-17", "reason": "As agreed on the telephone."}
            ]
        }
    )

    fields: dict[str, FieldEdit]
    interaction: InteractionId | None = None

    def decide(self, store: Decides, request: UseCaseRequest, number: str) -> Outcome:
        """Saves the fields. Raises what `edit_fields` raises."""
        return field_edits.edit_fields(
            store, request, number=number, fields=self.fields, interaction=self.interaction, when=self.when
        )


async def _reader(request: Request) -> Reader:
    """Returns the caller in the role in which it may save, where it has one."""
    context = request_context.of(request.scope)
    if context.actor is None or context.role is None:
        raise NoCallerError("The caller is not known.")
    return Reader(context.actor, context.role)


Asking = Annotated[Reader, Depends(_reader)]
"""The caller, taken once: the route may be run again, in another role, after it has shown masked values."""


@router.get("/{number}/fields", response_model=Widget, dependencies=[allow(PROFILE_READERS)], responses=LEADS_ON)
async def read_widget(
    request: Request,
    read: Reading,
    recorded: Recording,
    reader: Asking,
    number: NUMBER,
    *,
    sort: Annotated[
        Literal["label"] | None, Query(description="Ascending by label; by default, in the order of definition.")
    ] = None,
    unmask: Annotated[
        Flag, Query(description="Show masked values, to administrators and auditors only; this is recorded.")
    ] = False,
    explain: Explain = False,
    source: AnswerSource = "read_model",
) -> Response:
    """The Customer Profile widget: Business Fields, and Optional Business Fields, absent if no upload brought one (rule 3.3).

    Each field says whether the caller may edit it and, where not, why not, as a save would decide at the instant of knowledge (rule 3.4);
    not from the log, which is asked what was and not what may be done.
    """
    if unmask:
        MAY_UNMASK.check(request)
    by_label = sort is not None
    if explain or unmask or source != READ_MODEL:
        record = recorded if unmask else None
        return await read.in_thread(_widget, read, number, reader, record, by_label, explain, source)
    values = widget_asked(read.services.dossier.company, number, reader)
    answered = await read.ask(question_of(reader), **values)
    content = widget_content(answered, sort=by_label, reader=reader)
    if content is None:
        raise no_customer(number)
    return read.answer(json_of(content), answered.seen, version=content["version"])


def _widget(  # noqa: PLR0917  (of `read_widget`)
    read: Read, number: str, reader: Reader, recorded: Write | None, by_label: bool, explain: bool, source: str
) -> Response:
    """Answers from the log, with explanations, or with masked values, which is recorded."""
    saver, unmask = reader if source == READ_MODEL else None, recorded is not None
    names = WIDGET_OF_AGENT if saver is not None and saver.role is Role.AGENT else WIDGET
    things = partial(merged_with, number=number)
    with read.asked(*names, explain=explain, source=source, things=things) as view:
        shown_widget = widget(view, number, sort=by_label, unmask=unmask, reader=saver)
        if explain and shown_widget is not None:
            shown_widget = explained_widget(view, shown_widget)
        hidden = set(fields.masked_fields(view)) if unmask else set()
    if shown_widget is None:
        raise no_customer(number)
    unmasked = [field.key for field in shown_widget.fields if field.key in hidden and field.value is not None]
    if recorded is not None and unmasked:
        unmasking_commands.show_masked(read.services.dossier, recorded.ask(), number=number, fields=unmasked)
    return read.answer(shown_widget, view, version=shown_widget.version)


@router.patch("/{number}/fields", response_model=WriteAnswer, dependencies=[allow(EDITORS)], responses=LEADS_ON)
async def edit_fields(write: Writing, number: NUMBER, body: FieldEdits) -> Response:
    """Saves fields of the widget: changes what is given, or refuses all of it, naming every field that is wrong (rules 3.4-3.7, 3.9)."""
    request = write.ask(body.reason, impact=body.impact)
    try:
        outcome = await write.run(body.decide, request, number)
    except DomainError as refusal:
        dossier = write.services.dossier
        await run_in_threadpool(unmasking_commands.record_refusal, dossier, request, number=number, refusal=refusal)
        raise
    return write.done(outcome, message=SAVED if outcome.changed else NOTHING_CHANGED)

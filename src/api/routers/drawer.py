"""`/v1/customers/{number}/drawer`: the Customer Profile drawer, and its OK button (rules 1.4-1.12, 1.15)."""

from functools import partial
from typing import Final

from fastapi import APIRouter
from pydantic import ConfigDict
from starlette.responses import Response

from aggregates.customer import commands
from aggregates.use_case import Decides, Outcome, Request
from api.parameters.paths import NUMBER
from api.parameters.reading import READ_MODEL, AnswerSource, Explain, Read, Reading
from api.parameters.shapes import Answer, CategoryKey, DatedBody, SeenImpact
from api.parameters.writing import WriteAnswer, Writing
from api.routing.auth import PROFILE_READERS, PROFILE_WRITERS, GuardedRoute, allow
from api.routing.redirects import LEADS_ON
from projections.answers.explained_customers import explained_drawer
from projections.customers.replay import merged_with
from projections.drawer import queries as drawer
from projections.drawer.models import Drawer
from projections.reading.questions import json_of
from projections.tables.names import customer_asked, no_customer

router: Final = APIRouter(prefix="/v1/customers", tags=["drawer"], route_class=GuardedRoute)
SAVED: Final = "Profile saved."
NOTHING_CHANGED: Final = "Nothing changed."


class Confirmation(SeenImpact, DatedBody):
    """OK in the drawer: chosen responses by category code, `null` for the blank choice; what is left out stays as it is shown.

    By default from today on, open-ended, over everything recorded before; `keep_later` ends it before the next later-dated response.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"responses": {"1": "EMAIL"}, "effective_from": "2026-07-01", "reason": "As agreed on the telephone."}
            ]
        }
    )

    responses: dict[CategoryKey, Answer | None]

    def decide(self, store: Decides, request: Request, number: str) -> Outcome:
        """Confirms the drawer. Raises what `confirm_drawer` raises."""
        return commands.confirm_drawer(store, request, number=number, responses=self.responses, when=self.when)


@router.get("/{number}/drawer", response_model=Drawer, dependencies=[allow(PROFILE_READERS)], responses=LEADS_ON)
async def read_drawer(
    read: Reading, number: NUMBER, explain: Explain = False, source: AnswerSource = "read_model"
) -> Response:
    """The Profile drawer: categories with their choices and shown values, and whether it is displayed by itself, and why."""
    if explain or source != READ_MODEL:
        return await read.in_thread(_drawer, read, number, explain, source)
    answered = await read.ask(drawer.DRAWER, **customer_asked(read.services.dossier.company, number))
    content = drawer.drawer_content(answered)
    if content is None:
        raise no_customer(number)
    return read.answer(json_of(content), answered.seen, version=content["version"])


def _drawer(read: Read, number: str, explain: bool, source: str) -> Response:
    """Answers from the log, or with explanations."""
    with read.asked("drawer", explain=explain, source=source, things=partial(merged_with, number=number)) as view:
        shown_drawer = drawer.drawer(view, number)
        if shown_drawer is None:
            raise no_customer(number)
        shown_drawer = explained_drawer(view, shown_drawer) if explain else shown_drawer
        return read.answer(shown_drawer, view, version=shown_drawer.version)


@router.put("/{number}/drawer", response_model=WriteAnswer, dependencies=[allow(PROFILE_WRITERS)], responses=LEADS_ON)
async def confirm_drawer(write: Writing, number: NUMBER, body: Confirmation) -> Response:
    """Confirms the drawer with OK: stores what was chosen and every shown default, or refuses all of it (rules 1.8, 1.9)."""
    outcome = await write.run(body.decide, write.ask(body.reason, impact=body.impact), number)
    return write.done(outcome, message=SAVED if outcome.changed else NOTHING_CHANGED)

"""`/v1/interactions`: an agent's calls with customers, as reported by the telephony side: start, wrap-up, close (rules 3.4, 3.5).

The telephony side is an integrator and names the agent; an administrator may stand in for it. An agent's own desktop may end and close
that agent's calls, and start them where the control `agents_start_interactions` says so.
"""

from typing import Annotated, Final
from uuid import uuid4, uuid5

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from aggregates.clocks import AsOf
from aggregates.fact import NAMESPACE
from aggregates.interaction import commands
from aggregates.interaction.interaction import InteractionNotFoundError
from aggregates.use_case import Request
from api.parameters.pages import Paged
from api.parameters.paths import INTERACTION
from api.parameters.reading import Explain, Reading
from api.parameters.shapes import AgentName, Body, CustomerNumber, InteractionId, NextState, Reason
from api.parameters.writing import Write, WriteAnswer, Writing
from api.routing.auth import PROFILE_READERS, PROFILE_WRITERS, GuardedRoute, allow
from projections.answers.explained_interactions import explained_interactions
from projections.answers.explanation import EXPLAINING
from projections.interactions import queries as interactions
from projections.interactions.queries import InteractionRead, StateWord
from projections.reading.paging import Page

router: Final = APIRouter(prefix="/v1/interactions", tags=["interactions"], route_class=GuardedRoute)


class NewInteraction(Body):
    """A call begins. Without an id, one is made; without an agent, it is the calling agent's."""

    interaction: InteractionId | None = None
    customer: CustomerNumber
    agent: AgentName | None = None
    reason: Reason | None = None


class InteractionChange(Body):
    """`wrap_up`: the call ends. `closed`: the interaction is over, and the agent free for another."""

    state: NextState
    reason: Reason | None = None


class InteractionAnswer(WriteAnswer):
    """The result of a write, and its interaction."""

    interaction: str = Field(description="Id of the interaction.")


@router.get("", response_model=Page[InteractionRead], dependencies=[allow(PROFILE_READERS)])
def list_interactions(  # noqa: PLR0917  (query parameters)
    read: Reading,
    page: Paged,
    state: Annotated[StateWord | None, Query(description="`open`: on call or in wrap-up.")] = None,
    agent: Annotated[AgentName | None, Query(description="Only those of one agent.")] = None,
    customer: Annotated[CustomerNumber | None, Query(description="Only those with one customer.")] = None,
    explain: Explain = False,
) -> Response:
    """Interactions as known then, the latest first. They have a known time, but no effective dates."""
    with read.asked("interactions", explain=explain) as view:
        listed = interactions.interactions(view, page.limit, page.cursor, state=state, agent=agent, customer=customer)
        return read.answer(listed.explained(view, explained_interactions) if explain else listed, view)


@router.post("", status_code=201, response_model=InteractionAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def start_interaction(write: Writing, body: NewInteraction) -> Response:
    """Starts an interaction: a call of an agent with a customer begins now, `on_call`.

    One agent has one open interaction at a time (rule 3.5).

    409 names the open one, also in member `interaction`.
    """
    request = write.ask(body.reason, creates=True)
    key = body.interaction or _new_id(write, request)
    outcome = await write.run(
        commands.start_interaction, request, interaction=key, customer=body.customer, agent=body.agent
    )
    return write.done(outcome, location=f"/v1/interactions/{key}", interaction=key)


@router.get("/{interaction_id}", response_model=InteractionRead, dependencies=[allow(PROFILE_READERS)])
def read_interaction(read: Reading, interaction_id: INTERACTION, explain: Explain = False) -> Response:
    """An interaction and its state, from the log."""
    known_at = read.from_log().known_at
    interaction = interactions.interaction(read.services.dossier, interaction_id, known_at)
    if interaction is None:
        raise InteractionNotFoundError(f"Interaction {interaction_id} does not exist.")
    if explain:
        with read.at(AsOf(read.as_of.valid_at, known_at)).view(EXPLAINING) as view:
            [interaction] = explained_interactions(view, [interaction])
    return read.answer_known(interaction, known_at, version=interaction.version)


@router.patch("/{interaction_id}", response_model=InteractionAnswer, dependencies=[allow(PROFILE_WRITERS)])
async def change_interaction(write: Writing, interaction_id: INTERACTION, body: InteractionChange) -> Response:
    """Ends a call, so that its wrap-up begins, or closes the interaction."""
    change = commands.end_interaction if body.state == "wrap_up" else commands.close_interaction
    outcome = await write.run(change, write.ask(body.reason), interaction=interaction_id)
    return write.done(outcome, interaction=interaction_id)


def _new_id(write: Write, request: Request) -> str:
    """Returns an id, which is the same for the same Idempotency-Key, so that a repeated request is answered like the first."""
    if request.idempotency is None:
        return str(uuid4())
    idempotency = request.idempotency
    return str(uuid5(NAMESPACE, f"{write.services.dossier.company}/interaction/{idempotency.actor}/{idempotency.key}"))

"""`/v1/interactions`: an agent's calls with customers, told by the telephony side: start, wrap-up, close (rules 3.4, 3.5).

The telephony side is an integrator and names the agent. An agent's own desktop may tell of that agent's calls only.
"""

from typing import Final
from uuid import uuid4, uuid5

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from aggregates.errors import ForbiddenError, InvalidError
from aggregates.fact import NAMESPACE, Role
from aggregates.interaction import commands
from aggregates.interaction.interaction import Interaction, InteractionNotFoundError
from aggregates.use_case import Request
from api.auth import PROFILE_READERS, PROFILE_WRITERS, allow
from api.deciding import DecidingRoute
from api.paths import INTERACTION
from api.reading import Reading
from api.shapes import AgentName, Body, CustomerNumber, InteractionId, NextState, Reason
from api.writing import Write, WriteAnswer, Writing
from projections.interactions import InteractionRead, interaction

router: Final = APIRouter(prefix="/v1/interactions", tags=["interactions"], route_class=DecidingRoute)


class AgentMissingError(InvalidError):
    """It is not said which agent is on the call."""


class AnotherAgentError(ForbiddenError):
    """An agent tells of another agent's interaction."""


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
    """What a write did to which interaction."""

    interaction: str = Field(description="Id of the interaction.")


@router.post("", status_code=201, response_model=InteractionAnswer, dependencies=[allow(PROFILE_WRITERS)])
def start_interaction(write: Writing, body: NewInteraction) -> Response:
    """A call of an agent with a customer begins: `on_call`. One agent has one open interaction at a time (rule 3.5)."""
    asked = write.ask(body.reason, creates=True)
    key = body.interaction or _made(write, asked)
    outcome = commands.start_interaction(
        write.services.dossier, asked, interaction=key, customer=body.customer, agent=_agent(asked, body.agent)
    )
    return write.done(outcome, location=f"/v1/interactions/{key}", interaction=key)


@router.get("/{interaction_id}", response_model=InteractionRead, dependencies=[allow(PROFILE_READERS)])
def read_interaction(read: Reading, interaction_id: INTERACTION) -> Response:
    """An interaction and its state, from the log."""
    _, known_at = read.from_log()
    found = interaction(read.services.dossier, interaction_id, known_at)
    if found is None:
        raise InteractionNotFoundError(f"Interaction {interaction_id} does not exist.")
    return read.answer_known(found, known_at, version=found.version)


@router.patch("/{interaction_id}", response_model=InteractionAnswer, dependencies=[allow(PROFILE_WRITERS)])
def change_interaction(write: Writing, interaction_id: INTERACTION, body: InteractionChange) -> Response:
    """The call ends and its wrap-up begins, or the interaction is closed."""
    asked = write.ask(body.reason)
    _check_own(write, asked, interaction_id)
    change = commands.end_interaction if body.state == "wrap_up" else commands.close_interaction
    outcome = change(write.services.dossier, asked, interaction=interaction_id)
    return write.done(outcome, interaction=interaction_id)


def _made(write: Write, asked: Request) -> str:
    """An id; the same for the same Idempotency-Key, so that a repeated request is answered like the first."""
    if asked.idempotency is None:
        return str(uuid4())
    told = asked.idempotency
    return str(uuid5(NAMESPACE, f"{write.services.dossier.company}/interaction/{told.actor}/{told.key}"))


def _agent(asked: Request, named: str | None) -> str:
    caller = asked.origin.actor
    if asked.origin.role is not Role.AGENT:
        if named is None:
            raise AgentMissingError("Say which agent is on the call.", field="agent")
        return named
    if named not in {None, caller}:
        raise AnotherAgentError("An agent starts own interactions only.", field="agent")
    return caller


def _check_own(write: Write, asked: Request, key: str) -> None:
    found = write.services.dossier.load(Interaction, key) if asked.origin.role is Role.AGENT else None
    if found is not None and found.agent != asked.origin.actor:
        raise AnotherAgentError(f"Interaction {key} is another agent's.")

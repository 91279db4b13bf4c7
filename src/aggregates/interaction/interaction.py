"""`Interaction`: one call of an agent with a customer: on call, then wrap-up, then closed (rules 3.4, 3.5)."""

from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from aggregates import texts
from aggregates.aggregate import Aggregate, applies
from aggregates.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from aggregates.fact import Origin, Role
from aggregates.interaction.events import InteractionClosed, InteractionEnded, InteractionStarted

LONGEST_ID: Final = 60
LONGEST_AGENT: Final = 100


class InteractionExistsError(ConflictError):
    """The id is taken."""


class InteractionNotFoundError(NotFoundError):
    """There is no interaction with this id."""


class InteractionClosedError(ConflictError):
    """The interaction is closed; it does not begin again."""


class AgentBusyError(ConflictError):
    """The agent has another open interaction (rule 3.5), which is named."""

    def __init__(self, agent: str, interaction: str) -> None:
        super().__init__(f"{agent} has another open interaction, {interaction}.", field="agent")
        self.interaction = interaction


class AgentMissingError(InvalidError):
    """It is not said which agent is on the call."""


class AnotherAgentError(ForbiddenError):
    """An agent tells of another agent's interaction."""


class AgentsDoNotStartError(ForbiddenError):
    """An agent starts an interaction, where only the telephony side does (rule 3.5)."""


class State(StrEnum):
    """How far an interaction is."""

    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"


class Interaction(Aggregate):
    """One interaction. It is open while on call and in wrap-up."""

    KIND: ClassVar[str] = "interaction"

    def __init__(self, id: UUID) -> None:  # noqa: A002
        super().__init__(id)
        self.key = ""
        self.customer = ""
        self.agent = ""
        self.state = State.CLOSED

    def start(self, origin: Origin, *, interaction: str, customer: str, agent: str | None) -> None:
        """The call begins."""
        faults = texts.Faults()
        with faults:
            interaction = interaction_id(interaction)
        with faults:
            if agent is None:
                raise AgentMissingError("Say which agent is on the call.", field="agent")
            agent = texts.text(agent, field="agent", label="The agent", longest=LONGEST_AGENT)
        faults.raise_any()
        if self.version:
            raise InteractionExistsError(f"Interaction {interaction} was started already.", field="interaction")
        self.record(InteractionStarted, origin, interaction=interaction, customer=customer, agent=agent)

    def end(self, origin: Origin) -> None:
        """The call ends and its wrap-up begins; records nothing in the wrap-up. Raises `InteractionClosedError`."""
        if self.state is State.CLOSED:
            raise InteractionClosedError(f"Interaction {self.key} is closed.")
        if self.state is State.ON_CALL:
            self.record(InteractionEnded, origin, interaction=self.key)

    def close(self, origin: Origin) -> None:
        """The interaction is over, from whichever state; records nothing when it is closed."""
        if self.state is not State.CLOSED:
            self.record(InteractionClosed, origin, interaction=self.key)

    def open_for(self, customer: str, agent: str) -> bool:
        """Returns whether this agent may edit this customer now (rule 3.4)."""
        return self.customer == customer and texts.same(self.agent, agent) and self.state is not State.CLOSED

    def check_agent(self, origin: Origin) -> None:
        """Raises `AnotherAgentError` where an agent acts on an interaction that is not that agent's."""
        if origin.role is Role.AGENT and not texts.same(origin.actor, self.agent):
            raise AnotherAgentError(f"Interaction {self.key} is another agent's.")

    @applies(InteractionStarted)
    def _started(self, event: InteractionStarted) -> None:
        self.key, self.customer, self.agent = event.interaction, event.customer, event.agent
        self.state = State.ON_CALL

    @applies(InteractionEnded)
    def _ended(self, event: InteractionEnded) -> None:
        del event
        self.state = State.WRAP_UP

    @applies(InteractionClosed)
    def _closed(self, event: InteractionClosed) -> None:
        del event
        self.state = State.CLOSED


def interaction_id(value: str) -> str:
    """An id of the telephony side: 1 to 60 letters, digits or hyphens. Raises `TextError`."""
    return texts.number(value, field="interaction", label="The interaction", longest=LONGEST_ID)

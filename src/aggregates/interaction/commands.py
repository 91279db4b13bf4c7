"""Use cases of interactions, told by the telephony side; agents tell of their own where a control says so (rule 3.5)."""

from typing import Final
from uuid import UUID

from aggregates.customer.commands import CustomerNotDefinedError, customer_or_survivor
from aggregates.fact import Role
from aggregates.interaction.interaction import (
    AgentBusyError,
    AgentsDoNotStartError,
    AnotherAgentError,
    Interaction,
    InteractionNotFoundError,
    State,
)
from aggregates.setup.catalogue import Setup, SetupStore
from aggregates.setup.controls import AGENTS_START, YES
from aggregates.texts import Faults
from aggregates.use_case import Claim, ClaimTakenError, FactStore, Outcome, Request, StaleDecisionError, command

OPEN_INTERACTION: Final = "open_interaction"
"""Scope of the claims that keep an agent to one open interaction at a time (rule 3.5)."""


@command
def start_interaction(
    store: SetupStore, request: Request, *, interaction: str, customer: str, agent: str | None = None
) -> Outcome:
    """An agent's call with a customer begins now; without `agent` it is the calling agent's.

    A number that was merged away leads to its survivor (rule 6.1).

    Raises:
        AgentsDoNotStartError, AnotherAgentError: an agent starts it who may not, or for somebody else.
        AgentBusyError: the agent has another one open.
    """
    setup = store.setup()
    _check_starter(request, setup, agent)
    interaction, customer = interaction.strip(), customer.strip()
    faults = Faults()
    profile = customer_or_survivor(store, customer)
    if profile is None:
        faults.errors.append(CustomerNotDefinedError(f"Customer {customer[:30]} does not exist.", field="customer"))
    call = store.load(Interaction, interaction) or Interaction.new(store.company, interaction)
    call.expect(request.expected_versions)
    with faults:
        call.start(
            request.origin,
            interaction=interaction,
            customer=profile.number if profile else customer,
            agent=agent or (request.origin.actor if request.origin.role is Role.AGENT else None),
        )
    faults.raise_any()
    try:
        return store.keep(request, call, claims=[Claim(OPEN_INTERACTION, call.agent)], decided_on=setup.position)
    except ClaimTakenError as error:
        raise _busy(store, call.agent, error.owner) from error


@command
def end_interaction(store: FactStore, request: Request, *, interaction: str) -> Outcome:
    """The call ends; its wrap-up begins."""
    call = _interaction(store, request, interaction)
    call.end(request.origin)
    return store.keep(request, call)


@command
def close_interaction(store: FactStore, request: Request, *, interaction: str) -> Outcome:
    """The interaction is over; the agent is free for another."""
    call = _interaction(store, request, interaction)
    call.close(request.origin)
    return store.keep(request, call, releases=[Claim(OPEN_INTERACTION, call.agent)])


def _check_starter(request: Request, setup: Setup, agent: str | None) -> None:
    if request.origin.role is not Role.AGENT:
        return
    if setup.controls.value(AGENTS_START, request.today) != YES:
        raise AgentsDoNotStartError(
            f"Interactions are started by the telephony side; agents start their own where control {AGENTS_START} says so."
        )
    if agent not in {None, request.origin.actor}:
        raise AnotherAgentError("An agent starts own interactions only.", field="agent")


def _busy(store: FactStore, agent: str, owner: UUID | None) -> AgentBusyError:
    """The refusal that names the open interaction. Raises `StaleDecisionError` where that is closed by now."""
    other = None if owner is None else store.load_many([owner]).get(owner)
    if not isinstance(other, Interaction) or other.state is State.CLOSED:
        raise StaleDecisionError("The other interaction was closed meanwhile.")
    return AgentBusyError(agent, other.key)


def _interaction(store: FactStore, request: Request, interaction: str) -> Interaction:
    call = store.load(Interaction, interaction)
    if call is None:
        raise InteractionNotFoundError(f"Interaction {interaction} does not exist.")
    call.check_agent(request.origin)
    call.expect(request.expected_versions)
    return call

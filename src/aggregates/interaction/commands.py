"""Use cases of interactions, told by the telephony side."""

from typing import Final

from aggregates.customer.commands import CustomerNotDefinedError, standing
from aggregates.interaction.interaction import AgentBusyError, Interaction, InteractionNotFoundError
from aggregates.texts import Faults
from aggregates.use_case import Claim, ClaimTakenError, FactStore, Outcome, Request, command

OPEN_INTERACTION: Final = "open_interaction"
"""Scope of the claims that keep an agent to one open interaction at a time (rule 3.5)."""


@command
def start_interaction(store: FactStore, request: Request, *, interaction: str, customer: str, agent: str) -> Outcome:
    """An agent's call with a customer begins. Raises `AgentBusyError` while the agent has another one open.

    A number that was merged away leads to its survivor (rule 6.1).
    """
    interaction, customer = interaction.strip(), customer.strip()
    faults = Faults()
    called = standing(store, customer)
    if called is None:
        faults.found.append(CustomerNotDefinedError(f"Customer {customer[:30]} does not exist.", field="customer"))
    found = store.load(Interaction, interaction) or Interaction.new(store.company, interaction)
    found.expect(request.expected_version)
    with faults:
        found.start(
            request.origin, interaction=interaction, customer=called.number if called else customer, agent=agent
        )
    faults.raise_any()
    try:
        return store.keep(request, found, claims=[Claim(OPEN_INTERACTION, found.agent)])
    except ClaimTakenError as taken:
        raise AgentBusyError(f"{agent} has another open interaction.", field="agent") from taken


@command
def end_interaction(store: FactStore, request: Request, *, interaction: str) -> Outcome:
    """The call ends; its wrap-up begins."""
    found = _interaction(store, request, interaction)
    found.end(request.origin)
    return store.keep(request, found)


@command
def close_interaction(store: FactStore, request: Request, *, interaction: str) -> Outcome:
    """The interaction is over; the agent is free for another."""
    found = _interaction(store, request, interaction)
    found.close(request.origin)
    return store.keep(request, found, releases=[Claim(OPEN_INTERACTION, found.agent)])


def _interaction(store: FactStore, request: Request, interaction: str) -> Interaction:
    found = store.load(Interaction, interaction)
    if found is None:
        raise InteractionNotFoundError(f"Interaction {interaction} does not exist.")
    found.expect(request.expected_version)
    return found

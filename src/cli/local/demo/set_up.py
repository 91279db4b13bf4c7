"""Adds what is missing of the demo company, through the use cases, like any other client of them.

Every step has an idempotency key, so that an interrupted first start goes on at the next one. Keys are forgotten after some weeks; from
then on the first step of each chain is refused, because what it creates is there, and the chain is left alone. So `set_up` may run at
any time: it doubles nothing, and never undoes what somebody changed.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from itertools import count
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from aggregates.errors import DomainError
from aggregates.fact import Origin, Role
from aggregates.interaction.commands import close_interaction, start_interaction
from aggregates.interaction.interaction import Interaction, State
from aggregates.use_case import IdempotencyKey, Request
from cli.local.demo import CUSTOMER
from cli.local.demo.accounts import accounts
from cli.local.demo.company import company
from cli.local.demo.contact_file import contact_file
from cli.local.demo.customers import customers
from cli.local.demo.steps import SET_UP, TELEPHONY, Actor, Calendar, Chain, Step
from store.application import Dossier

AGENT: Final = Role.AGENT.value
"""The agent for whom `dossier up` prints a token."""


def set_up(dossier: Dossier) -> None:
    """Takes every step that was not taken before, and sees to it that the agent is on a call."""
    today = dossier.today()
    for chain in _chains(Calendar(today)):
        _take(dossier, chain, today)
    _put_agent_on_call(dossier, today)


def _chains(calendar: Calendar) -> Iterator[Chain]:
    yield from company()
    yield from customers(calendar)
    yield from accounts(calendar)
    yield contact_file(calendar)


def _take(dossier: Dossier, chain: Chain, today: date) -> None:
    """Takes the steps of a chain. It ends at the first that is refused: its subject was there before, or somebody changed it."""
    for number, step in enumerate(chain.steps, start=1):
        request = _request(f"demo/{chain.name}/{number}", step, today)
        if dossier.outcome_of(request) is not None:
            continue
        try:
            step.run(dossier, request)
        except DomainError:
            return


def _request(name: str, step: Step, today: date) -> Request:
    key = IdempotencyKey(SET_UP.name, name, sha256(name.encode()).digest())
    cause = uuid5(NAMESPACE_URL, f"dossier:{name}")
    origin = Origin(
        actor=step.actor.name,
        role=step.actor.role,
        source=step.actor.source,
        reason=step.reason,
        correlation_id=cause,
        causation_id=cause,
    )
    return Request(origin, today, idempotency=key)


def _put_agent_on_call(dossier: Dossier, today: date) -> None:
    """Starts a call unless the last one, or one that the agent started, is still open. A wrap-up of an earlier run is closed first."""
    for number in count(1):
        interaction = f"CALL-{number}"
        call = dossier.load(Interaction, interaction)
        if call is not None and call.state is State.ON_CALL:
            return
        try:
            if call is None:
                request = _unkeyed(TELEPHONY, today)
                start_interaction(dossier, request, interaction=interaction, customer=CUSTOMER, agent=AGENT)
                return
            if call.state is State.WRAP_UP:
                close_interaction(dossier, _unkeyed(TELEPHONY, today), interaction=interaction)
        except DomainError:
            return


def _unkeyed(actor: Actor, today: date) -> Request:
    cause = uuid4()
    return Request(
        Origin(actor=actor.name, role=actor.role, source=actor.source, correlation_id=cause, causation_id=cause), today
    )

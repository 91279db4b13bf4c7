"""Agents' calls with customers, as known at any instant: lists from the read model, one interaction from the log (rule 3.5)."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from aggregates.interaction.commands import OPEN_INTERACTION
from aggregates.interaction.events import InteractionClosed, InteractionEnded, InteractionStarted
from aggregates.interaction.interaction import Interaction, State
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.view import View
from projections.tables.explanation import Explainable
from store.application import Dossier

StateWord = Literal["open", "on_call", "wrap_up", "closed"]
"""`open`: on call or in wrap-up."""
_NOT_CLOSED: Final = "(closed_at IS NULL OR closed_at > %(known_at)s)"
_ENDED: Final = "ended_at <= %(known_at)s"
_STATES: Final[dict[StateWord, str]] = {
    "open": _NOT_CLOSED,
    "on_call": f"{_NOT_CLOSED} AND ({_ENDED}) IS NOT TRUE",
    "wrap_up": f"{_NOT_CLOSED} AND {_ENDED}",
    "closed": "closed_at <= %(known_at)s",
}
_LIST: Final = """
    SELECT position, interaction, customer, agent, started_at, ended_at, closed_at FROM interactions
    WHERE started_at <= %(known_at)s AND position < %(before)s {conditions} ORDER BY position DESC LIMIT %(rows)s
"""
OPEN_OF_AGENT: Final = f"""
    SELECT interaction, customer, agent, started_at, ended_at, closed_at FROM interactions
    WHERE agent = %(agent)s AND started_at <= %(known_at)s AND {_NOT_CLOSED}
"""
_CLAIMED: Final = """
    SELECT owner, (SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1)
    FROM claims WHERE scope = %s AND key = %s
"""
"""The agent's open interaction, and the instant of the last event, in one snapshot."""
_AFTER_ALL: Final = 2**63 - 1


class InteractionRead(Explainable):
    """An interaction. It is open, and its agent may edit, while `state` is `on_call` or `wrap_up`."""

    interaction: str
    customer: str
    agent: str
    state: str
    version: int
    known_at: datetime
    started_at: datetime
    ended_at: datetime | None
    closed_at: datetime | None


class CurrentInteraction(BaseModel):
    """The caller's open interaction, `null` where the caller has none. An agent has one at a time (rule 3.5)."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "interaction": {
                        "interaction": "I-20260620-17",
                        "customer": "1001",
                        "agent": "ada",
                        "state": "on_call",
                        "version": 1,
                        "known_at": "2026-06-20T10:42:00.000000Z",
                        "started_at": "2026-06-20T10:41:03.000000Z",
                        "ended_at": None,
                        "closed_at": None,
                    }
                }
            ]
        },
    )

    interaction: InteractionRead | None = Field(description="The open interaction, on call or in wrap-up.")


def interactions(
    view: View,
    limit: int = 100,
    cursor: str | None = None,
    *,
    state: StateWord | None = None,
    agent: str | None = None,
    customer: str | None = None,
) -> Page[InteractionRead]:
    """The interactions known then, the latest first; those in one state then, of one agent or customer, where given.

    Raises `InvalidError` for a bad limit or cursor.
    """
    before = keys_of(cursor, int) or (_AFTER_ALL,)
    conditions = [_STATES[state]] if state is not None else []
    conditions += ["agent = %(agent)s"] if agent is not None else []
    conditions += ["customer = %(customer)s"] if customer is not None else []
    query = _LIST.format(conditions="".join(f"AND {condition} " for condition in conditions))
    parameters = {"known_at": view.known_at, "before": before[0], "agent": agent, "customer": customer}
    rows = view.connection.execute(query, {**parameters, "rows": bounded(limit) + 1}).fetchall()
    return page(rows, limit, lambda row: (row[0],), lambda row: interaction_read(view.known_at, *row[1:]))


def open_interaction(view: View, agent: str) -> InteractionRead | None:
    """The agent's open interaction as known then, `None` when there was none. An agent has one at a time (rule 3.5)."""
    row = view.connection.execute(OPEN_OF_AGENT, {"agent": agent, "known_at": view.known_at}).fetchone()
    return None if row is None else interaction_read(view.known_at, *row)


def interaction(dossier: Dossier, key: str, known_at: datetime) -> InteractionRead | None:
    """The interaction, `None` when it had not begun then. Raises `OperationalError` when the database cannot be reached."""
    dossier.log_of_facts.settled(known_at)
    return _from_log(dossier, Interaction.id_of(dossier.company, key), known_at)


def current_interaction(dossier: Dossier, agent: str) -> InteractionRead | None:
    """The agent's open interaction as the log has it now, `None` when there is none. Raises `OperationalError`."""
    with dossier.database.connection() as connection:
        owner, known_at = connection.execute(_CLAIMED, [OPEN_INTERACTION, agent]).fetchone() or (None, None)
    call = None if owner is None else _from_log(dossier, owner, known_at)
    return None if call is None or call.state == State.CLOSED else call


def _from_log(dossier: Dossier, interaction_id: UUID, known_at: datetime) -> InteractionRead | None:
    events = dossier.log_of_facts.select_events(interaction_id)
    facts = [dossier.fact_mapper.to_domain_event(event) for event in events if event.recorded_at <= known_at]
    if not facts:
        return None
    call = Interaction.from_facts(facts)
    at = {type(fact): fact.recorded_at for fact in facts}
    started_at, ended_at, closed_at = (
        at.get(kind) for kind in (InteractionStarted, InteractionEnded, InteractionClosed)
    )
    return interaction_read(known_at, call.key, call.customer, call.agent, started_at, ended_at, closed_at)


def interaction_read(  # noqa: PLR0917  (a row)
    known_at: datetime,
    key: str,
    customer: str,
    agent: str,
    started_at: Any,
    ended_at: datetime | None,
    closed_at: datetime | None,
) -> InteractionRead:
    """Returns an interaction of its row, as known then."""
    ended_at, closed_at = (at if at is not None and at <= known_at else None for at in (ended_at, closed_at))
    return InteractionRead(
        interaction=key,
        customer=customer,
        agent=agent,
        state="closed" if closed_at else "wrap_up" if ended_at else "on_call",
        version=1 + (ended_at is not None) + (closed_at is not None),
        known_at=known_at,
        started_at=started_at,
        ended_at=ended_at,
        closed_at=closed_at,
    )

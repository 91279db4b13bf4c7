"""An interaction as the log tells it, at an instant of knowledge (rule 3.5): a handful of facts, so there is no table of them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from aggregates.interaction.events import InteractionClosed, InteractionEnded, InteractionStarted
from aggregates.interaction.interaction import Interaction
from store.application import Dossier


class InteractionRead(BaseModel):
    """An interaction. It is open, and its agent may edit, while `state` is `on_call` or `wrap_up`."""

    model_config = ConfigDict(frozen=True)

    interaction: str
    customer: str
    agent: str
    state: str
    version: int
    known_at: datetime
    started_at: datetime
    ended_at: datetime | None
    closed_at: datetime | None


def interaction(dossier: Dossier, key: str, known_at: datetime) -> InteractionRead | None:
    """The interaction, `None` when it had not begun then. Raises `OperationalError` when the database cannot be reached."""
    dossier.log_of_facts.settled(known_at)
    events = dossier.log_of_facts.select_events(Interaction.id_of(dossier.company, key))
    facts = [dossier.fact_mapper.to_domain_event(event) for event in events if event.recorded_at <= known_at]
    if not facts:
        return None
    found = Interaction.from_facts(facts)
    at = {type(fact): fact.recorded_at for fact in facts}
    return InteractionRead(
        interaction=found.key,
        customer=found.customer,
        agent=found.agent,
        state=found.state.value,
        version=found.version,
        known_at=known_at,
        started_at=at[InteractionStarted],
        ended_at=at.get(InteractionEnded),
        closed_at=at.get(InteractionClosed),
    )

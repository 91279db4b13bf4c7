"""`interactions`: the read model of agents' calls with customers, as known at any instant (rule 3.5).

One row an interaction with the instants at which it started, ended and was closed: they say which state it was in at each `known_at`.
Read by the API: lists from the table, one interaction from the log. To recover it: `dossier rebuild interactions`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from aggregates.interaction.events import InteractionClosed, InteractionEnded, InteractionStarted
from aggregates.interaction.interaction import Interaction
from projections.engine.projection import Projection, Seen
from projections.reading.paging import Page, bounded, keys_of, page
from projections.reading.read_models import View
from projections.tables.bitemporal import instant_of
from store.application import Dossier
from store.database import Row

StateWord = Literal["open", "on_call", "wrap_up", "closed"]
"""`open`: on call or in wrap-up."""

_START: Final = """
    INSERT INTO interactions (interaction, position, customer, agent, started_at)
    SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::text[], %b::timestamptz[])
"""
_REACH: Final = """
    UPDATE interactions AS one SET {column} = new.at
    FROM unnest(%b::text[], %b::timestamptz[]) AS new (interaction, at) WHERE one.interaction = new.interaction
"""
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
_AFTER_ALL: Final = 2**63 - 1


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


class InteractionsProjection(Projection):
    """Interactions by agent, customer and state."""

    name: ClassVar[str] = "interactions"
    topics: ClassVar[frozenset[str]] = frozenset(
        {InteractionStarted.TOPIC, InteractionEnded.TOPIC, InteractionClosed.TOPIC}
    )
    tables: ClassVar[tuple[str, ...]] = ("interactions",)
    ddl: ClassVar[str] = """
        CREATE TABLE interactions (
            interaction text COLLATE "C" PRIMARY KEY,
            position bigint NOT NULL UNIQUE,
            customer text COLLATE "C" NOT NULL,
            agent text COLLATE "C" NOT NULL,
            started_at timestamptz NOT NULL,
            ended_at timestamptz,
            closed_at timestamptz
        );
        CREATE INDEX interactions_agent ON interactions (agent, closed_at);
        CREATE INDEX interactions_customer ON interactions (customer, closed_at);
        CREATE INDEX interactions_closed ON interactions (closed_at);
    """

    def fold(self, connection: Connection[Row], facts: Sequence[Seen]) -> None:
        """See `Projection`. A call starts before it ends, and ends before it is closed, so the order of kinds is enough."""
        started = [_started(seen) for seen in facts if isinstance(seen.fact, InteractionStarted)]
        if started:
            connection.execute(_START, [list(column) for column in zip(*started, strict=True)])
        for kind, column in ((InteractionEnded, "ended_at"), (InteractionClosed, "closed_at")):
            reached = [(fact.interaction, instant_of(fact.recorded_at)) for fact in _of(facts, kind)]
            if reached:
                columns = [list(values) for values in zip(*reached, strict=True)]
                connection.execute(_REACH.format(column=column), columns)


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
    asked = {"known_at": view.known_at, "before": before[0], "agent": agent, "customer": customer}
    rows = view.connection.execute(query, {**asked, "rows": bounded(limit) + 1}).fetchall()
    return page(rows, limit, lambda row: (row[0],), lambda row: _read(view.known_at, *row[1:]))


def interaction(dossier: Dossier, key: str, known_at: datetime) -> InteractionRead | None:
    """The interaction, `None` when it had not begun then. Raises `OperationalError` when the database cannot be reached."""
    dossier.log_of_facts.settled(known_at)
    events = dossier.log_of_facts.select_events(Interaction.id_of(dossier.company, key))
    facts = [dossier.fact_mapper.to_domain_event(event) for event in events if event.recorded_at <= known_at]
    if not facts:
        return None
    found = Interaction.from_facts(facts)
    at = {type(fact): fact.recorded_at for fact in facts}
    started_at, ended_at, closed_at = (
        at.get(kind) for kind in (InteractionStarted, InteractionEnded, InteractionClosed)
    )
    return _read(known_at, found.key, found.customer, found.agent, started_at, ended_at, closed_at)


def _read(  # noqa: PLR0917  (a row)
    known_at: datetime,
    key: str,
    customer: str,
    agent: str,
    started_at: Any,
    ended_at: datetime | None,
    closed_at: datetime | None,
) -> InteractionRead:
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


def _started(seen: Seen) -> Row:
    fact: Any = seen.fact
    return fact.interaction, seen.position, fact.customer, fact.agent, instant_of(fact.recorded_at)


def _of(facts: Sequence[Seen], kind: type[Any]) -> list[Any]:
    return [seen.fact for seen in facts if isinstance(seen.fact, kind)]

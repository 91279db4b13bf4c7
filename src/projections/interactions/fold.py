"""`interactions`: the read model of agents' calls with customers, as known at any instant (rule 3.5).

One row an interaction with the instants at which it started, ended and was closed: they say which state it was in at each `known_at`.
Folded by the engine; read through `queries`. To recover it: `dossier rebuild interactions`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from psycopg import Connection

from aggregates.interaction.events import InteractionClosed, InteractionEnded, InteractionStarted
from projections.engine.projection import LoggedFact, Projection
from projections.interactions.tables import DDL, TABLES
from projections.tables.bitemporal import instant_of
from store.database import Row

_START: Final = """
    INSERT INTO interactions (interaction, position, customer, agent, started_at)
    SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::text[], %b::timestamptz[])
"""
_REACH: Final = """
    UPDATE interactions AS one SET {column} = new.at
    FROM unnest(%b::text[], %b::timestamptz[]) AS new (interaction, at) WHERE one.interaction = new.interaction
"""


class InteractionsProjection(Projection):
    """Interactions by agent, customer and state."""

    name: ClassVar[str] = "interactions"
    topics: ClassVar[frozenset[str]] = frozenset(
        {InteractionStarted.TOPIC, InteractionEnded.TOPIC, InteractionClosed.TOPIC}
    )
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`. A call starts before it ends, and ends before it is closed, so the order of kinds is enough."""
        started = [_started(logged) for logged in facts if isinstance(logged.fact, InteractionStarted)]
        if started:
            connection.execute(_START, [list(column) for column in zip(*started, strict=True)])
        for kind, column in ((InteractionEnded, "ended_at"), (InteractionClosed, "closed_at")):
            reached = [(fact.interaction, instant_of(fact.recorded_at)) for fact in _of(facts, kind)]
            if reached:
                columns = [list(values) for values in zip(*reached, strict=True)]
                connection.execute(_REACH.format(column=column), columns)


def _started(logged: LoggedFact) -> Row:
    fact: Any = logged.fact
    return fact.interaction, logged.position, fact.customer, fact.agent, instant_of(fact.recorded_at)


def _of(facts: Sequence[LoggedFact], kind: type[Any]) -> list[Any]:
    return [logged.fact for logged in facts if isinstance(logged.fact, kind)]

"""`controls`: the read model of system control values and attribute mappings, at two clocks (rules 4.1, 4.2).

Folded by the engine; read through `queries`. Mappings have no effective dates. To recover it: `dossier rebuild controls`.
"""

from collections.abc import Sequence
from typing import ClassVar

from psycopg import Connection

from aggregates.setup.events import AttributeMapped, AttributeUnmapped, ControlValueSet
from projections.controls.tables import DDL, MAPPINGS, TABLES, VALUES, VERSIONS
from projections.engine.projection import LoggedFact, Projection
from projections.tables.bitemporal import instant_of
from projections.tables.controls import mapping_change
from projections.tables.superseding import Change
from store.database import Row


class ControlsProjection(Projection):
    """System control values and attribute mappings."""

    name: ClassVar[str] = "controls"
    topics: ClassVar[frozenset[str]] = frozenset(
        {ControlValueSet.TOPIC, AttributeMapped.TOPIC, AttributeUnmapped.TOPIC}
    )
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        events = [logged.fact for logged in facts]
        VALUES.fold(connection, [_value_change(fact) for fact in events if isinstance(fact, ControlValueSet)])
        mapping = [fact for fact in events if isinstance(fact, AttributeMapped | AttributeUnmapped)]
        MAPPINGS.fold(connection, [mapping_change(fact) for fact in mapping])
        VERSIONS.fold(connection, [(fact.TOPIC.partition(".")[0], fact) for fact in events])


def _value_change(fact: ControlValueSet) -> Change:
    at = instant_of(fact.recorded_at)
    content = (fact.value, fact.event_id, fact.origin.actor, at, fact.origin.reason)
    return Change((fact.code,), fact.days, content, at)

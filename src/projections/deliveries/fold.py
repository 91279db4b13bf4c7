"""`deliveries`: what is forwarded to Customer Engagement and what is not, and why (rules 4.2, 4.5).

Folded by the engine; read through `queries`. One row for each change of a response or business field that goes out, decided when it is
folded by the controls and mappings as they stood in the log at that event; what one event changes and does not go out for the same reason
is one row. Personal values are not in it (rule 5.1). Facts only: it can be rebuilt (`dossier rebuild deliveries`) and decides the same
again; outcomes live in the store's `delivery_outcomes`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final
from uuid import uuid5

from psycopg import Connection

from aggregates.fact import Fact
from aggregates.setup.controls import L37, L51, YES
from aggregates.setup.events import AttributeMapped, AttributeUnmapped, ControlValueSet
from projections.deliveries.outgoing import CHANGING, Outgoing, changes_of, delivery_id
from projections.deliveries.tables import COLUMNS, CONTROLS, DDL, MAPPINGS, TABLES
from projections.engine.projection import LoggedFact, Projection
from projections.tables.adding import add_lines, line
from projections.tables.bitemporal import instant_of
from projections.tables.controls import ControlsThen, MappingsThen
from store.database import Row

INTERACT: Final = "INTERACT"
NOT_INTERACT: Final = "L37 is not INTERACT"
NOT_YES: Final = "L51 is No"
NOT_MAPPED: Final = "not mapped"


class DeliveriesProjection(Projection):
    """What is forwarded, decided at each change."""

    name: ClassVar[str] = "deliveries"
    topics: ClassVar[frozenset[str]] = CHANGING | {
        ControlValueSet.TOPIC,
        AttributeMapped.TOPIC,
        AttributeUnmapped.TOPIC,
    }
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        controls, mappings = ControlsThen(connection, CONTROLS), MappingsThen(connection, MAPPINGS)
        rows: list[Row] = []
        for logged in facts:
            match logged.fact:
                case ControlValueSet() as fact:
                    controls.see(fact)
                case AttributeMapped() | AttributeUnmapped() as fact:
                    mappings.see(fact)
                case fact:
                    rows.extend(_rows(logged.position, fact, controls, mappings))
        controls.write()
        mappings.write()
        add_lines(connection, self.name, COLUMNS, [line(row) for row in rows])


def _rows(position: int, fact: Fact, controls: ControlsThen, mappings: MappingsThen) -> Iterator[Row]:
    """Rows of `COLUMNS`. The controls in force on the day of recording decide (rule 4.2)."""
    changes = changes_of(fact)
    if not changes:
        return
    recorded_at = instant_of(fact.recorded_at)
    day = controls.day_of(recorded_at)
    off = NOT_INTERACT if controls.value(L37, day) != INTERACT else NOT_YES if controls.value(L51, day) != YES else None
    groups: dict[str | None, list[tuple[Outgoing, str | None]]] = {}
    for change in changes:
        attribute = mappings.attribute(change.mapped)
        groups.setdefault(off or (NOT_MAPPED if attribute is None else None), []).append((change, attribute))
    place = 0
    for reason, group in groups.items():
        for together in [[pair] for pair in group] if reason is None else [group]:
            yield _row(fact, position, place, together, reason)
            place += 1


def _row(
    fact: Any, position: int, place: int, changes: Sequence[tuple[Outgoing, str | None]], reason: str | None
) -> Row:
    """The row of one change, or of several that are not sent for the same reason."""
    change, attribute = changes[0]
    alone = len(changes) == 1
    mapped = " ".join(dict.fromkeys(outgoing.mapped for outgoing, _ in changes))
    return (
        delivery_id(fact, mapped, change.effective_from) if alone else uuid5(fact.event_id, mapped),
        fact.event_id,
        position,
        place,
        fact.number,
        mapped,
        attribute if alone else None,
        change.value if alone and not change.personal else None,
        any(outgoing.personal for outgoing, _ in changes),
        change.effective_from,
        change.effective_to if alone else None,
        reason,
        fact.recorded_at,
    )

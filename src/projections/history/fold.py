"""`history`: every event of every aggregate, for reading: who, when, why, its days, and what became of it (rules 0.2, 0.4, 1.13, 2.22).

Folded by the engine; read through `queries`. What an event says is kept as it was recorded: descriptions are those of the time. Personal
values are sealed with the customer's key. To recover it: `dossier rebuild history`.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from psycopg import Connection

from aggregates.catalogue import FACTS, natural_key
from aggregates.fact import EffectiveFact, Fact
from aggregates.field.events import FieldChanged, FieldDefined
from aggregates.setup.controls import TIME_ZONE
from aggregates.setup.events import ControlValueSet
from projections.engine.projection import LoggedFact, Projection
from projections.history.days import fold_days
from projections.history.tables import DDL, MASKS, MEMBERS, TABLES, ZONE, seal_personal
from projections.tables.bitemporal import ALWAYS, instant_of
from projections.tables.controls import ControlsThen
from projections.tables.plain import json_text
from projections.tables.superseding import Change, copied
from store.database import Row
from store.keys import KeyRing

_COPY: Final = f"COPY history (kind, key, {', '.join(MEMBERS)}, data, personal) FROM STDIN"


class HistoryProjection(Projection):
    """All events, by the aggregate they belong to."""

    name: ClassVar[str] = "history"
    topics: ClassVar[frozenset[str]] = frozenset(FACTS)
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        controls = ControlsThen(connection, ZONE)
        lines: list[str] = []
        for logged in facts:
            if isinstance(logged.fact, ControlValueSet) and logged.fact.code == TIME_ZONE:
                controls.see(logged.fact)
            lines.append(_line(self.keys, logged, controls))
        controls.write()
        MASKS.fold(connection, [change for logged in facts for change in _mask_change(logged.fact)])
        with connection.cursor().copy(_COPY) as copy:
            copy.write("".join(lines))
        fold_days(connection, facts)


def _line(keys: KeyRing, logged: LoggedFact, controls: ControlsThen) -> str:
    """A row in the text format of COPY."""
    fact, origin = logged.fact, logged.fact.origin
    kind = fact.TOPIC.partition(".")[0]
    dated = isinstance(fact, EffectiveFact)
    first, last = (fact.effective_from, fact.effective_to) if isinstance(fact, EffectiveFact) else (None, None)
    common = EffectiveFact.model_fields if dated else Fact.model_fields
    recorded_at = instant_of(fact.recorded_at)
    data = {name: value for name, value in vars(fact).items() if name not in common}
    personal = {name: data.pop(name) for name in fact.personal_fields()}
    values = (
        kind,
        natural_key(kind, fact.company, vars(fact)),
        logged.position,
        fact.event_id,
        fact.TOPIC,
        fact.originator_version,
        recorded_at,
        origin.actor,
        origin.role.value,
        origin.source.value,
        origin.reason,
        origin.correlation_id,
        first,
        last,
        first is not None and first < controls.day_of(recorded_at),
        json_text(data),
        seal_personal(keys, fact, personal),
    )
    return "\t".join(map(copied, values)) + "\n"


def _mask_change(fact: Fact) -> Iterator[Change]:
    """Returns the changes that a fact makes to the masks of fields."""
    if isinstance(fact, FieldDefined | FieldChanged):
        yield Change((fact.key,), ALWAYS, (fact.masked, fact.personal), instant_of(fact.recorded_at))

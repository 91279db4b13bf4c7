"""`history`: every event of every aggregate, for reading: who, when, why, its days, and what became of it (rules 0.2, 0.4, 1.13, 2.22).

Folded by the engine; read through `queries`. What an event says is kept as it was recorded: descriptions are those of the time. Personal
values are sealed with the customer's key. To recover it: `dossier rebuild history`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

import orjson
from psycopg import Connection

from aggregates.catalogue import FACTS, natural_key
from aggregates.fact import EffectiveFact, Fact
from aggregates.field.events import FieldChanged, FieldDefined
from aggregates.setup.controls import TIME_ZONE
from aggregates.setup.events import ControlValueSet
from projections.engine.projection import LoggedFact, Projection, TableRow
from projections.history.days import fold_days
from projections.history.marks import BACK_DATED, day_marks, fold_marks, mark_of, word_marks
from projections.history.statements import Statement, statements
from projections.history.tables import DDL, MASKS, MEMBERS, TABLES, ZONE, opened_rows, seal_personal
from projections.history.values import IN_PLACE_OF, Content, is_of_several, paths_touched
from projections.tables.bitemporal import ALWAYS, instant_of
from projections.tables.controls import ControlsThen
from projections.tables.plain import json_text
from projections.tables.superseding import Change, copied
from store.database import Row
from store.keys import KeyRing

_COPY: Final = f"COPY history ({', '.join(MEMBERS)}, data, personal) FROM STDIN"
_EARLIER: Final = "SELECT position, topic, data FROM history WHERE position = ANY(%b)"


@dataclass(frozen=True, slots=True)
class _Row:
    """An event as a row: the fact, its position, its statements, whether it is back-dated, and its open content as JSON."""

    logged: LoggedFact
    statements: Sequence[Statement]
    back_dated: bool
    data: str

    @property
    def fact(self) -> Fact:
        return self.logged.fact

    @property
    def kind(self) -> str:
        return self.fact.TOPIC.partition(".")[0]


class HistoryProjection(Projection):
    """All events, by the aggregate they belong to."""

    name: ClassVar[str] = "history"
    topics: ClassVar[frozenset[str]] = frozenset(FACTS)
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL
    personal: ClassVar[frozenset[str]] = frozenset({"history.personal"})

    def opened(self, table: str, rows: list[TableRow]) -> list[TableRow]:
        """See `Projection`."""
        return opened_rows(self.keys, self.company, rows) if table == self.name else rows

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        controls = ControlsThen(connection, ZONE)
        rows: list[_Row] = []
        for logged in facts:
            if isinstance(logged.fact, ControlValueSet) and logged.fact.code == TIME_ZONE:
                controls.see(logged.fact)
            rows.append(_row(logged, controls))
        controls.write()
        MASKS.fold(connection, [change for logged in facts for change in _mask_change(logged.fact)])
        with connection.cursor().copy(_COPY) as copy:
            copy.write("".join(_line(self.keys, row) for row in rows))
        superseded = fold_days(connection, [(row.logged, row.statements) for row in rows])
        fold_marks(connection, _positions_by_mark(connection, rows, superseded))


def _row(logged: LoggedFact, controls: ControlsThen) -> _Row:
    fact = logged.fact
    first, _ = _days(fact)
    common = EffectiveFact.model_fields if isinstance(fact, EffectiveFact) else Fact.model_fields
    personal = fact.personal_fields()
    data = {name: value for name, value in vars(fact).items() if name not in common and name not in personal}
    if fact.origin.impact is not None:
        data["impact"] = fact.origin.impact
    back_dated = first is not None and first < controls.day_of(instant_of(fact.recorded_at))
    return _Row(logged, statements(fact), back_dated, json_text(data))


def _line(keys: KeyRing, row: _Row) -> str:
    """A row in the text format of COPY."""
    fact, origin, kind = row.fact, row.fact.origin, row.kind
    first, last = _days(fact)
    personal = fact.personal_fields()
    sealed = seal_personal(keys, fact, {name: vars(fact)[name] for name in personal}) if personal else None
    return (
        f"{row.logged.position}\t{fact.event_id.hex}\t{kind}\t{copied(natural_key(kind, fact.company, vars(fact)))}"
        f"\t{fact.TOPIC}\t{fact.originator_version}\t{instant_of(fact.recorded_at)}\t{copied(origin.actor)}"
        f"\t{origin.role.value}\t{origin.source.value}\t{copied(origin.reason)}"
        f"\t{origin.correlation_id.hex}\t{origin.causation_id.hex}\t{copied(first)}\t{copied(last)}"
        f"\t{row.back_dated}\t{copied(row.data)}\t{copied(sealed)}\n"
    )


def _days(fact: Fact) -> tuple[date | None, date | None]:
    return (fact.effective_from, fact.effective_to) if isinstance(fact, EffectiveFact) else (None, None)


def _positions_by_mark(
    connection: Connection[Row], rows: Sequence[_Row], superseded: Mapping[int, Collection[int]]
) -> Mapping[str, list[int]]:
    """The positions of these events by their marks. `superseded` has the positions of earlier events by that of the one in their place."""
    wanted = {
        position
        for row in rows
        if row.fact.TOPIC in IN_PLACE_OF
        for position in superseded.get(row.logged.position, ())
    }
    earlier: dict[int, tuple[str, Content]] = {}
    if wanted:
        for position, topic, data in connection.execute(_EARLIER, [sorted(wanted)], binary=True):
            earlier[position] = (topic, orjson.loads(data))
    positions: dict[str, list[int]] = {}
    for row in rows:
        contents = [earlier[position] for position in superseded.get(row.logged.position, ()) if position in earlier]
        for mark in _marks(row, contents):
            positions.setdefault(mark, []).append(row.logged.position)
    return positions


def _marks(row: _Row, superseded: Sequence[tuple[str, Content]]) -> Iterator[str]:
    """Everything that this event is found by; no mark comes twice."""
    fact, origin = row.fact, row.fact.origin
    yield mark_of("kind", row.kind)
    yield mark_of("topic", fact.TOPIC)
    yield mark_of("actor", origin.actor)
    yield mark_of("role", origin.role.value)
    yield mark_of("source", origin.source.value)
    if origin.reason is not None:
        yield from word_marks(origin.reason)
    if row.back_dated:
        yield BACK_DATED
    if isinstance(fact, EffectiveFact):
        yield from day_marks(fact.effective_from)
    several = any(is_of_several(statement.family) for statement in row.statements)
    content: Content = orjson.loads(row.data) if several else vars(fact)
    for path in paths_touched(fact.TOPIC, content, row.statements, superseded):
        yield mark_of("field", path)


def _mask_change(fact: Fact) -> Iterator[Change]:
    """Returns the changes that a fact makes to the masks of fields."""
    if isinstance(fact, FieldDefined | FieldChanged):
        yield Change((fact.key,), ALWAYS, (fact.masked, fact.personal), instant_of(fact.recorded_at))

"""`history`: every event of every aggregate, for reading: who, when, why, its days, and what became of it (rules 0.2, 0.4, 1.13, 2.22).

Folded by the engine; read through `queries`. What an event says is kept as it was recorded: descriptions are those of the time. Personal
values are sealed with the customer's key. To recover it: `dossier rebuild history`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import ClassVar, Final

import orjson
from psycopg import Connection

from aggregates.catalogue import FACTS, KEY_FIELDS
from aggregates.fact import EffectiveFact, Fact, Role, Source
from aggregates.field.events import FieldChanged, FieldDefined
from aggregates.setup.controls import TIME_ZONE
from aggregates.setup.events import ControlValueSet
from projections.engine.projection import LoggedFact, Projection, TableRow
from projections.history.days import fold_days
from projections.history.marks import BACK_DATED, Marked, day_marks, fold_marks, mark_of, word_marks
from projections.history.statements import Statement, statements
from projections.history.tables import DDL, MASKS, MEMBERS, TABLES, ZONE, opened_rows, seal_personal
from projections.history.values import IN_PLACE_OF, Content, is_of_several, paths_touched
from projections.tables.adding import add_lines, copied, text_of
from projections.tables.bitemporal import ALWAYS, instant_of
from projections.tables.controls import ControlsThen
from projections.tables.plain import json_text
from projections.tables.superseding import Change
from store.database import Row
from store.keys import KeyRing

_COLUMNS: Final = (*MEMBERS, "data", "personal")
_Shared = tuple[str, str, Role, Source, str | None, bool]
"""Topic, actor, role, source, reason and whether it is back-dated: what many events have in common."""
_EARLIER: Final = "SELECT position, topic, data FROM history WHERE position = ANY(%b)"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of an event class the rows of its events are made by. `key` is empty where a company has one aggregate of the kind."""

    kind: str
    key: Sequence[str]
    open_fields: Sequence[str]
    personal_fields: Sequence[str]
    has_days: bool


@cache
def _shape(fact: type[Fact]) -> _Shape:
    """The shape of an event class, read once."""
    kind = fact.TOPIC.partition(".")[0]
    has_days = issubclass(fact, EffectiveFact)
    personal = fact.personal_fields()
    elsewhere = {*(EffectiveFact if has_days else Fact).model_fields, *personal}
    open_fields = [name for name in fact.model_fields if name not in elsewhere]
    return _Shape(kind, KEY_FIELDS[kind], open_fields, personal, has_days)


@dataclass(slots=True)
class _Row:
    """An event as a row: the fact, its position, its statements, whether it is back-dated, and its open content as JSON."""

    logged: LoggedFact
    shape: _Shape
    statements: Sequence[Statement]
    back_dated: bool
    data: str


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
        add_lines(connection, self.name, _COLUMNS, list(_lines(self.keys, rows)))
        superseded = fold_days(connection, [(row.logged, row.statements) for row in rows])
        fold_marks(connection, _marked(connection, rows, superseded))


def _row(logged: LoggedFact, controls: ControlsThen) -> _Row:
    fact = logged.fact
    shape, values = _shape(type(fact)), vars(fact)
    data = {name: values[name] for name in shape.open_fields}
    if fact.origin.impact is not None:
        data["impact"] = fact.origin.impact
    back_dated = shape.has_days and values["effective_from"] < controls.day_of(instant_of(fact.recorded_at))
    return _Row(logged, shape, statements(fact), back_dated, json_text(data))


def _lines(keys: KeyRing, rows: Iterable[_Row]) -> Iterator[str]:
    """The rows in the text format of COPY."""
    for row in rows:
        fact, shape = row.logged.fact, row.shape
        origin, values = fact.origin, vars(fact)
        key = "/".join([str(values[name]) for name in shape.key]) if shape.key else fact.company
        personal = {name: values[name] for name in shape.personal_fields}
        sealed = seal_personal(keys, fact, personal) if personal else None
        days = (
            f"{text_of(values['effective_from'])}\t{copied(values['effective_to'])}" if shape.has_days else "\\N\t\\N"
        )
        yield (
            f"{row.logged.position}\t{fact.event_id.hex}\t{shape.kind}\t{copied(key)}"
            f"\t{fact.TOPIC}\t{fact.originator_version}\t{text_of(instant_of(fact.recorded_at))}\t{copied(origin.actor)}"
            f"\t{origin.role}\t{origin.source}\t{copied(origin.reason)}"
            f"\t{origin.correlation_id.hex}\t{origin.causation_id.hex}\t{days}"
            f"\t{row.back_dated}\t{copied(row.data)}\t{copied(sealed)}\n"
        )


def _marked(
    connection: Connection[Row], rows: Sequence[_Row], superseded: Mapping[int, Collection[int]]
) -> Iterator[Marked]:
    """Yields the marks of these events. `superseded` has the positions of earlier events by that of the one in their place."""
    earlier = _earlier(connection, rows, superseded)
    shared: dict[_Shared, list[int]] = {}
    from_days: dict[date, list[int]] = {}
    paths: dict[str, list[int]] = {}
    for row in rows:
        position, fact, origin = row.logged.position, row.logged.fact, row.logged.fact.origin
        properties = (fact.TOPIC, origin.actor, origin.role, origin.source, origin.reason, row.back_dated)
        shared.setdefault(properties, []).append(position)
        if isinstance(fact, EffectiveFact):
            from_days.setdefault(fact.effective_from, []).append(position)
        contents = [earlier[place] for place in superseded.get(position, ()) if place in earlier]
        for path in _paths(row, contents):
            paths.setdefault(path, []).append(position)
    for properties, positions in shared.items():
        yield _shared_marks(properties), positions
    for day, positions in from_days.items():
        yield day_marks(day), positions
    for path, positions in paths.items():
        yield [mark_of("field", path)], positions


def _earlier(
    connection: Connection[Row], rows: Iterable[_Row], superseded: Mapping[int, Collection[int]]
) -> Mapping[int, tuple[str, Content]]:
    """Topic and content of the events in whose place some of these came that do not name what they take away, by position."""
    wanted = {
        position
        for row in rows
        if row.logged.fact.TOPIC in IN_PLACE_OF
        for position in superseded.get(row.logged.position, ())
    }
    if not wanted:
        return {}
    earlier_rows = connection.execute(_EARLIER, [sorted(wanted)], binary=True)
    return {position: (topic, orjson.loads(data)) for position, topic, data in earlier_rows}


def _shared_marks(properties: _Shared) -> Iterator[str]:
    """Everything that events with these properties are found by, but for days and paths; no mark comes twice."""
    topic, actor, role, source, reason, back_dated = properties
    yield mark_of("kind", topic.partition(".")[0])
    yield mark_of("topic", topic)
    yield mark_of("actor", actor)
    yield mark_of("role", role.value)
    yield mark_of("source", source.value)
    if reason is not None:
        yield from word_marks(reason)
    if back_dated:
        yield BACK_DATED


def _paths(row: _Row, superseded: Sequence[tuple[str, Content]]) -> Collection[str]:
    """The paths at which an event may have changed something."""
    several = any(is_of_several(statement.family) for statement in row.statements)
    content: Content = orjson.loads(row.data) if several else vars(row.logged.fact)
    return paths_touched(row.logged.fact.TOPIC, content, row.statements, superseded)


def _mask_change(fact: Fact) -> Iterator[Change]:
    """Returns the changes that a fact makes to the masks of fields."""
    if isinstance(fact, FieldDefined | FieldChanged):
        yield Change((fact.key,), ALWAYS, (fact.masked, fact.personal), instant_of(fact.recorded_at))

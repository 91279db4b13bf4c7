"""`fields`: the read model of business fields: definitions and customers' values at two clocks, who set them and how (rules 3.1-3.11).

Folded by the engine; read through `queries`. Personal values are sealed with the customer's key. To recover it: `dossier rebuild fields`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from psycopg import Connection

from aggregates.customer import events as customer
from aggregates.customer.fields import EDITED, MERGED, UPLOADED, personal_values, taken_values
from aggregates.effective import Days
from aggregates.fact import EffectiveFact, Erased, Fact
from aggregates.field.events import FieldChanged, FieldDefined
from projections.engine.projection import LoggedFact, Projection, TableRow
from projections.fields.blind_index import BlindIndex
from projections.fields.tables import (
    DDL,
    DEFINITIONS,
    INDEX,
    MERGES,
    PLACES,
    TABLES,
    UPLOADS,
    VALUES,
    VERSIONS,
    opened_values,
    seal_value,
)
from projections.tables.bitemporal import ALWAYS, Rectangles, instant_of
from projections.tables.plain import json_text
from projections.tables.superseding import Change
from store.database import Row
from store.keys import KeyRing

_COMMON: Final = frozenset(EffectiveFact.model_fields)
Changes = Iterator[tuple[Rectangles, Change]]
_Defined = FieldDefined | FieldChanged
_Row = customer.CustomerRegistered | customer.BusinessFieldsUploaded


class FieldsProjection(Projection):
    """Business fields of every customer."""

    name: ClassVar[str] = "fields"
    topics: ClassVar[frozenset[str]]
    tables: ClassVar[tuple[str, ...]] = TABLES
    ddl: ClassVar[str] = DDL
    personal: ClassVar[frozenset[str]] = frozenset({f"{VALUES.table}.personal", f"{INDEX}.token"})

    def opened(self, table: str, rows: list[TableRow]) -> list[TableRow]:
        """See `Projection`."""
        return opened_values(self.keys, self.company, rows) if table == VALUES.table else rows

    def takes_long(self, facts: Sequence[LoggedFact]) -> bool:
        """See `Projection`. Every value of a field that becomes searchable is indexed."""
        return any(isinstance(logged.fact, _Defined) for logged in facts)

    def fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """See `Projection`."""
        for part in _parts(facts):
            self._fold(connection, part)

    def _fold(self, connection: Connection[Row], facts: Sequence[LoggedFact]) -> None:
        """Folds facts of which only the last one may be a definition."""
        changes: dict[str, list[Change]] = {}
        for logged in facts:
            for table, change in _CHANGES[type(logged.fact)](self.keys, logged.fact):
                changes.setdefault(table.table, []).append(change)
        definition = facts[-1].fact
        index = BlindIndex(connection, self.keys, self.company)
        index.add(changes.get(VALUES.table, ()))
        index.forget([logged.fact for logged in facts if isinstance(logged.fact, customer.PersonalDataErased)])
        for rectangles in (VALUES, DEFINITIONS, MERGES):
            rectangles.fold(connection, changes.get(rectangles.table, ()))
        if isinstance(definition, _Defined):
            index.follow(definition)
        events = [logged.fact for logged in facts]
        VERSIONS.fold(connection, [(fact.key, fact) for fact in events if isinstance(fact, _Defined)])
        _add(
            connection,
            PLACES,
            "text, bigint",
            [_place(logged) for logged in facts if isinstance(logged.fact, FieldDefined)],
        )
        uploaded_rows = [row for fact in events if isinstance(fact, _Row) for row in _uploaded_rows(fact)]
        _add(connection, UPLOADS, "text, timestamptz, text", uploaded_rows)


def _parts(facts: Sequence[LoggedFact]) -> Iterator[Sequence[LoggedFact]]:
    """Yields the facts in order, each definition as the last of its part: what is searchable is the same throughout a part before it."""
    start = 0
    for end, logged in enumerate(facts, start=1):
        if isinstance(logged.fact, _Defined) or end == len(facts):
            yield facts[start:end]
            start = end


def _add(connection: Connection[Row], table: str, kinds: str, rows: Sequence[Row]) -> None:
    if rows:
        arrays = ", ".join(f"%b::{kind}[]" for kind in kinds.split(", "))
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"INSERT INTO {table} SELECT * FROM unnest({arrays})", columns)


def _place(logged: LoggedFact) -> Row:
    fact: Any = logged.fact
    return fact.key, logged.position


def _uploaded_rows(fact: _Row) -> Iterator[Row]:
    """The fields that a row of an upload brought, whether it was taken or withheld; nothing where there were none."""
    fields = [*(fact.values or ()), *personal_values(fact)]
    if fields:
        yield fact.number, instant_of(fact.recorded_at), " ".join(sorted(fields))


def _definition(_: KeyRing, fact: _Defined) -> Changes:
    content = {name: value for name, value in vars(fact).items() if name not in _COMMON}
    content["searchable"] = bool(fact.searchable)
    yield DEFINITIONS, Change((fact.key,), ALWAYS, (json_text(content),), instant_of(fact.recorded_at))


def _row(keys: KeyRing, fact: _Row) -> Changes:
    taken_over = [*taken_values(fact)]
    for personal in (False, True):
        values = [(key, days, value) for key, value, sealed, days in taken_over if sealed is personal]
        yield from _value_changes(keys, fact, UPLOADED, values, personal=personal)


def _edited(keys: KeyRing, fact: customer.BusinessFieldEdited) -> Changes:
    days = fact.days
    if fact.cleared:
        yield _cleared(fact, fact.field, days)
        return
    value = fact.personal_value if fact.is_personal else fact.value
    yield from _value_changes(keys, fact, EDITED, [(fact.field, days, value)], personal=fact.is_personal)


def _merged(keys: KeyRing, fact: customer.CustomerMerged) -> Changes:
    yield from _value_changes(keys, fact, MERGED, _dated_values(fact.fields))
    yield from _value_changes(keys, fact, MERGED, _dated_values(_personal(fact.personal_fields_taken)), personal=True)
    key = (fact.number, fact.other)
    yield MERGES, Change(key, ALWAYS, (fact.event_id,), instant_of(fact.recorded_at))


def _unmerged(_: KeyRing, fact: customer.CustomerUnmerged) -> Changes:
    for key, days, _value in _dated_values(fact.fields):
        yield _cleared(fact, key, days)
    yield MERGES, Change((fact.number, fact.other), ALWAYS, None, instant_of(fact.recorded_at))


def _put_back(keys: KeyRing, fact: customer.CustomerValuesPutBack) -> Changes:
    """Yields the values that reappear after a merge was undone, each with its earlier source; their author is the one who undid it."""
    for values, personal in ((fact.fields, False), (_personal(fact.personal_fields_put_back), True)):
        for source in (EDITED, UPLOADED, MERGED):
            of_source = {
                key: [dated_value for dated_value in dated_values if dated_value.source == source]
                for key, dated_values in values.items()
            }
            yield from _value_changes(keys, fact, source, _dated_values(of_source), personal=personal)


def _value_changes(
    keys: KeyRing,
    fact: Any,
    source: str,
    values: Sequence[tuple[str, Days, str | None]],
    *,
    personal: bool = False,
) -> Changes:
    """The values of a fact, each with its field and days; sealed where they are personal."""
    at = instant_of(fact.recorded_at)
    key = keys.find(fact.originator_id)[1] if personal and values else None
    for field, days, value in values:
        open_, sealed = (None, None) if personal or isinstance(value, Erased) else (value, None)
        if personal and key is not None and value is not None and not isinstance(value, Erased):
            sealed = seal_value(key, fact.originator_id, field, value)
        content = (open_, sealed, source, fact.event_id, fact.origin.actor, at)
        yield VALUES, Change((fact.number, field), days, content, at)


def _cleared(fact: Any, field: str, days: Days) -> tuple[Rectangles, Change]:
    return VALUES, Change((fact.number, field), days, None, instant_of(fact.recorded_at))


def _dated_values(values_by_key: Mapping[str, Sequence[customer.Held]]) -> list[tuple[str, Days, str | None]]:
    return [
        (key, dated_value.days, dated_value.value) for key, values in values_by_key.items() for dated_value in values
    ]


def _personal(values: Any) -> Mapping[str, Any]:
    """The personal values of a fact by field; none once their key is destroyed, which hides the fields, too."""
    return {} if values is None or isinstance(values, Erased) else values


_CHANGES: Final[dict[type[Fact], Callable[[KeyRing, Any], Changes]]] = {
    FieldDefined: _definition,
    FieldChanged: _definition,
    customer.CustomerRegistered: _row,
    customer.BusinessFieldsUploaded: _row,
    customer.BusinessFieldEdited: _edited,
    customer.CustomerMerged: _merged,
    customer.CustomerUnmerged: _unmerged,
    customer.CustomerValuesPutBack: _put_back,
    customer.PersonalDataErased: lambda _keys, _fact: iter(()),
}
FieldsProjection.topics = frozenset(fact.TOPIC for fact in _CHANGES)

"""Compares the tables of a read model with those of the same read model made anew, row by row, in the memory of a few rows.

Called by `rebuild` in a snapshot in which both are at the same position. Both are read in the order of their keys and walked side by side.
What was sealed is opened first (`Projection.opened`): the same value is never sealed twice into the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Final

from psycopg import Connection, sql
from psycopg.rows import dict_row

from aggregates.field.field import MASK
from projections.engine.projection import Projection, TableRow
from store.database import Row

ROWS_AT_A_TIME: Final = 1_000
_COLUMNS: Final = """
    SELECT attribute.attname, attribute.atttypid = 'bytea'::regtype, attribute.attnotnull,
           EXISTS (SELECT FROM pg_index AS index WHERE index.indrelid = attribute.attrelid AND index.indisprimary
                   AND attribute.attnum = ANY(index.indkey))
    FROM pg_attribute AS attribute
    WHERE attribute.attrelid = format('%%I.%%I', %(schema)s::text, %(table)s::text)::regclass
      AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY attribute.attnum
"""


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that differs: its key, and what the row in use and the one made anew say, where they differ; `None`: there is no such row.

    Personal values are masked. Where several rows have one key, all that are in one table only are told.
    """

    table: str
    key: Mapping[str, str]
    in_use: Mapping[str, str | None] | None
    made_anew: Mapping[str, str | None] | None


OnDifference = Callable[[RowDifference], None]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table: its name, its columns with whether each holds bytes, and those that tell its rows apart."""

    name: str
    columns: Mapping[str, bool]
    key: Sequence[str]

    def key_of(self, row: TableRow) -> tuple[Any, ...]:
        return tuple(row[column] for column in self.key)


def compare(
    connection: Connection[Row], projection: Projection, in_use: str, made_anew: str, report: OnDifference
) -> int:
    """Reports every row that differs between the tables in two schemas; returns how many there are. The transaction is the caller's."""
    connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on")  # whole tables are read
    count = 0
    for name in projection.tables:
        table = _table(connection, made_anew, name)
        old, new = (_groups(connection, projection, table, schema) for schema in (in_use, made_anew))
        for difference in _differences(projection, table, old, new):
            count += 1
            report(difference)
    return count


def _table(connection: Connection[Row], schema: str, name: str) -> _Table:
    """Returns a table; without a primary key, its rows are told apart by the columns that are never null."""
    columns = connection.execute(_COLUMNS, {"schema": schema, "table": name}).fetchall()
    primary = [column for column, _, _, in_key in columns if in_key]
    filled = [column for column, is_bytes, never_null, _ in columns if never_null and not is_bytes]
    return _Table(name, {column: is_bytes for column, is_bytes, _, _ in columns}, primary or filled)


_Groups = Iterator[tuple[tuple[Any, ...], list[TableRow]]]


def _groups(connection: Connection[Row], projection: Projection, table: _Table, schema: str) -> _Groups:
    """Yields each key, in order, with the rows that have it."""
    for key, rows in groupby(_rows(connection, projection, table, schema), table.key_of):
        yield key, list(rows)


def _rows(connection: Connection[Row], projection: Projection, table: _Table, schema: str) -> Iterator[TableRow]:
    """Yields the rows in the order of their keys as texts; what was sealed is opened."""
    selected = [
        sql.SQL("{0}" if is_bytes else "{0}::text AS {0}").format(sql.Identifier(column))
        for column, is_bytes in table.columns.items()
    ]
    order = [sql.SQL('one.{}::text COLLATE "C"').format(sql.Identifier(column)) for column in table.key]
    query = sql.SQL("SELECT {} FROM {} AS one ORDER BY {}").format(
        sql.SQL(", ").join(selected), sql.Identifier(schema, table.name), sql.SQL(", ").join(order)
    )
    with connection.cursor(schema, row_factory=dict_row) as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            yield from projection.opened(table.name, rows)


def _differences(projection: Projection, table: _Table, in_use: _Groups, made_anew: _Groups) -> Iterator[RowDifference]:
    """Yields what differs, walking both in the order of their keys."""
    nothing: tuple[None, list[TableRow]] = (None, [])
    old, new = next(in_use, nothing), next(made_anew, nothing)
    while old[0] is not None or new[0] is not None:
        key = min(key for key in (old[0], new[0]) if key is not None)
        old_rows, new_rows = (group[1] if group[0] == key else [] for group in (old, new))
        yield from _of_key(projection, table, old_rows, new_rows)
        if old[0] == key:
            old = next(in_use, nothing)
        if new[0] == key:
            new = next(made_anew, nothing)


def _of_key(
    projection: Projection, table: _Table, in_use: Sequence[TableRow], made_anew: Sequence[TableRow]
) -> Iterator[RowDifference]:
    """Yields what differs between the rows of one key."""
    missing = [row for row in made_anew if row not in in_use or made_anew.count(row) > in_use.count(row)]
    surplus = [row for row in in_use if row not in made_anew or in_use.count(row) > made_anew.count(row)]
    cells = partial(_cells, projection, table)
    if len(missing) == len(surplus) == 1:
        columns = [column for column in table.columns if surplus[0][column] != missing[0][column]]
        yield RowDifference(
            table.name, _key(projection, table, missing[0]), cells(surplus[0], columns), cells(missing[0], columns)
        )
        return
    rest = [column for column in table.columns if column not in table.key]
    for row in surplus:
        yield RowDifference(table.name, _key(projection, table, row), cells(row, rest), None)
    for row in missing:
        yield RowDifference(table.name, _key(projection, table, row), None, cells(row, rest))


def _key(projection: Projection, table: _Table, row: TableRow) -> dict[str, str]:
    return {column: _shown(projection, table, column, row[column]) or "" for column in table.key}


def _cells(projection: Projection, table: _Table, row: TableRow, columns: Sequence[str]) -> dict[str, str | None]:
    """Returns these columns of a row, personal ones masked, bytes as hexadecimal digits."""
    return {column: _shown(projection, table, column, row[column]) for column in columns}


def _shown(projection: Projection, table: _Table, column: str, value: Any) -> str | None:
    if value is None:
        return None
    if f"{table.name}.{column}" in projection.personal:
        return MASK
    return value.hex() if isinstance(value, bytes) else str(value)

"""Bitemporal tables: rectangles of `valid` (business days) x `known` (instants), folded from changes by `aggregates.effective.Timeline`.

Every read model with effective dates writes through `Rectangles` and reads with `in_force`. Promises: one index probe finds what
holds at (`valid_at`, `known_at`); the rectangles of one key never overlap, and PostgreSQL itself refuses it; the same changes give
the same rows in whatever batches they come. `known` is open-ended as `[since, infinity)`. What has no effective dates holds on
all days: `ALWAYS`. Who refuses, and by which index one reads: a trigger and a B-tree (decision 9), or, where one key may have
thousands of rectangles, an exclusion constraint over boxes and its own GiST index, read with `in_force_exclusive` (decision 11).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from psycopg import Connection

from aggregates.effective import EVER, Days, Timeline, Version
from projections.reading.view import View
from projections.tables.adding import add_lines, line
from projections.tables.superseding import NEVER, Change, Content, Folding, Key, Span, last_of, reach_of
from store.database import Row

ALWAYS: Final = EVER
"""The days of what has no effective dates."""

Columns = tuple[tuple[str, str], ...]
"""Names and PostgreSQL types."""
_REACH: Final[Columns] = (("reach_from", "date"), ("reach_to", "date"))
_RANGES: Final[Columns] = (("valid", "text"), ("known", "text"))


def instant_of(recorded_at: datetime | None) -> datetime:
    """The instant from which a fact of the log is known."""
    if recorded_at is None:
        raise ValueError("The fact was not read from the log.")
    return recorded_at


def clocks(view: View) -> dict[str, Any]:
    """The parameters that `in_force` and `known_then` name."""
    return {"valid_at": view.valid_at, "known_at": view.known_at}


def known_then(alias: str) -> str:
    """SQL condition: this rectangle was known at `known_at`."""
    return f"upper({alias}.known) > %(known_at)s AND lower({alias}.known) <= %(known_at)s"


def in_force(alias: str) -> str:
    """SQL condition: this rectangle holds at (`valid_at`, `known_at`)."""
    return f"{alias}.valid @> %(valid_at)s::date AND {known_then(alias)}"


def in_force_exclusive(
    alias: str, valid_at: str = "%(valid_at)s::date", known_at: str = "%(known_at)s::timestamptz"
) -> str:
    """Returns the same condition for an exclusive table, whose index answers it. The clocks are SQL expressions."""
    return f"rectangle({alias}.valid, {alias}.known) && moment({valid_at}, {known_at})"


def met_since(alias: str) -> str:
    """SQL condition: this rectangle of an exclusive table was known at `known_at` and holds on `valid_at` or a later day."""
    moments = (
        "moment(%(valid_at)s::date, %(known_at)s::timestamptz)",
        f"moment('{date.max}', %(known_at)s::timestamptz)",
    )
    return f"rectangle({alias}.valid, {alias}.known) && bound_box({moments[0]}, {moments[1]})"


def met_between(alias: str) -> str:
    """SQL condition: this rectangle of an exclusive table was known at `known_at` and holds on a day from `first` to `last`."""
    moments = (f"moment(%({day})s::date, %(known_at)s::timestamptz)" for day in ("first", "last"))
    return f"rectangle({alias}.valid, {alias}.known) && bound_box({', '.join(moments)})"


@dataclass(frozen=True)
class Rectangles:
    """A bitemporal table: its key and content columns. Content may be null, keys may not.

    `exclusive`: an exclusion constraint guards it, and its index is the one that reading and writing goes by. For short keys only:
    with texts in it the index is several times slower.
    """

    table: str
    key: Columns
    content: Columns
    exclusive: bool = False

    @property
    def ddl(self) -> str:
        """The table, the index that all reading and writing goes by, and the refusal of overlaps."""
        columns = [f"{name} {_column(kind)} NOT NULL" for name, kind in self.key]
        columns += [f"{name} {_column(kind)}" for name, kind in self.content]
        return f"""
            CREATE TABLE {self.table} (
                {", ".join(columns)},
                valid daterange NOT NULL CHECK (NOT isempty(valid)),
                known tstzrange NOT NULL CHECK (NOT isempty(known))
            );
            {self.guard}
        """

    @property
    def guard(self) -> str:
        """The index and the refusal of overlaps, for a table that is there."""
        if self.exclusive:
            keys = ", ".join(f"{name} WITH =" for name, _ in self.key)
            return f"""
                ALTER TABLE {self.table} ADD CONSTRAINT {self.table}_never_overlap
                    EXCLUDE USING gist ({keys}, rectangle(valid, known) WITH &&);
            """
        keys = ", ".join(name for name, _ in self.key)
        return f"""
            CREATE INDEX {self.table}_known ON {self.table} ({keys}, upper(known));
            CREATE TRIGGER {self.table}_never_overlap AFTER INSERT ON {self.table}
                REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlap('{keys}');
        """

    @property
    def changes(self) -> str:
        """SQL query: the instants at which what is known changed, for tables of a few rows."""
        ended = f"SELECT upper(known) FROM {self.table} WHERE upper(known) < 'infinity'"
        return f"SELECT lower(known) FROM {self.table} UNION {ended}"

    def fold(self, connection: Connection[Row], changes: Sequence[Change]) -> None:
        """Writes what these changes, in log order, make of the table, in a handful of statements."""
        if not changes:
            return
        state = self._read(connection, changes)
        for change in changes:
            state.apply(change)
        self._write(connection, state)

    def timelines(self, connection: Connection[Row]) -> dict[Key, Timeline[Content]]:
        """Returns what is known now of every key; for tables of a few keys."""
        rows = connection.execute(self._select_all, binary=True)
        return {key: Timeline(tuple(map(_version, spans))) for key, spans in self._spans(rows).items()}

    def _read(self, connection: Connection[Row], changes: Sequence[Change]) -> Folding:
        """Returns what is known now on the days of the changes, which touch no other days, however long the history."""
        reach = reach_of((change.key, change.days) for change in changes)
        reached = [(*key, days.first, days.last) for key, days in reach.items()]
        columns = [list(column) for column in zip(*reached, strict=True)]
        spans = self._spans(connection.execute(self._select, columns, binary=True))
        return Folding({key: spans.get(key) or [] for key in reach})

    def _spans(self, rows: Iterable[Row]) -> dict[Key, list[Span]]:
        """Rows of key, content, first day, day after the last, known since, place; ascending by first day within a key."""
        keys, end = len(self.key), len(self.key) + len(self.content)
        by_key: dict[Key, list[Span]] = {}
        for row in rows:
            first, past, since, place = row[end:]
            by_key.setdefault(row[:keys], []).append(Span(first, past or NEVER, row[keys:end], since, place))
        return by_key

    def _write(self, connection: Connection[Row], state: Folding) -> None:
        if state.closed:
            connection.execute(self._close, [list(column) for column in zip(*state.closed, strict=True)])
        if state.undone:
            connection.execute(self._delete, [state.undone])
        add_lines(connection, self.table, self._names, [*map(line, state.momentary), *map(line, state.begun())])

    @cached_property
    def _select(self) -> str:
        """OFFSET 0 keeps it one index probe a key, in the order of the keys."""
        keys = " AND ".join(f"one.{name} = wanted.{name}" for name, _ in self.key)
        wanted_columns = ", ".join(f"wanted.{name}" for name, _ in self.key)
        days = "daterange(wanted.reach_from, wanted.reach_to, '[]')"
        reached = f"upper(one.known) = 'infinity' AND one.valid && {days}"
        if self.exclusive:
            reached = f"rectangle(one.valid, one.known) && known_now({days})"
        return f"""
            SELECT {wanted_columns}, {self._found_columns}
            FROM unnest({_arrays((*self.key, *_REACH))})
                AS wanted ({", ".join(name for name, _ in (*self.key, *_REACH))})
            CROSS JOIN LATERAL (
                SELECT {self._columns} FROM {self.table} AS one WHERE {keys} AND {reached} OFFSET 0
            ) AS found
            ORDER BY {wanted_columns}, first
        """

    @cached_property
    def _select_all(self) -> str:
        keys = ", ".join(name for name, _ in self.key)
        return f"""
            SELECT {keys}, {self._found_columns} FROM (
                SELECT {keys}, {self._columns} FROM {self.table} AS one WHERE upper(one.known) = 'infinity'
            ) AS found ORDER BY {keys}, first
        """

    @property
    def _found_columns(self) -> str:
        return ", ".join([*(name for name, _ in self.content), "first, past, since, place"])

    @property
    def _columns(self) -> str:
        content = [f"one.{name}" for name, _ in self.content]
        days = "lower(one.valid) AS first, upper(one.valid) AS past"
        return ", ".join([*content, days, "lower(one.known) AS since, one.ctid::text AS place"])

    # A row's place (ctid) holds until the end of the transaction that read it: nobody else writes to a read model's tables.

    @cached_property
    def _close(self) -> str:
        return f"""
            UPDATE {self.table} AS one SET known = tstzrange(lower(one.known), closed.at)
            FROM unnest(%b::text[]::tid[], %b::timestamptz[]) AS closed (place, at) WHERE one.ctid = closed.place
        """

    @cached_property
    def _delete(self) -> str:
        return f"DELETE FROM {self.table} WHERE ctid = ANY (%b::text[]::tid[])"

    @cached_property
    def _names(self) -> Sequence[str]:
        return [name for name, _ in (*self.key, *self.content, *_RANGES)]


def _version(span: Span) -> Version[Content]:
    return Version(Days(span.first, last_of(span.past)), span.content)


def _column(kind: str) -> str:
    """Texts sort by their code points everywhere: the order of a list must not hang on the server's locale."""
    return 'text COLLATE "C"' if kind == "text" else kind


def _arrays(columns: Columns) -> str:
    return ", ".join(f"%b::{kind}[]" for _, kind in columns)

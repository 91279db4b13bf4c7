"""Bitemporal tables: rectangles of `valid` (business days) x `known` (instants), folded from changes by `aggregates.effective.Timeline`.

Every read model with effective dates writes through `Rectangles` and reads with `in_force`. Promises: one index probe finds what
holds at (`valid_at`, `known_at`), however long the history; the rectangles of one key never overlap, and PostgreSQL itself refuses
it (trigger of migration 0004, looking once a statement: the GiST exclusion constraint that says the same made folding twelve
times slower); the same changes give the same rows in whatever batches they come. `known` is open-ended as `[since, infinity)`.
What has no effective dates holds on all days: `ALWAYS`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from psycopg import Connection

from aggregates.effective import FIRST_DAY, Days, Timeline, Version
from projections.reading import View
from store.database import Row

ALWAYS: Final = Days(FIRST_DAY)
"""The days of what has no effective dates."""
_DAY: Final = timedelta(days=1)
_PROBES_ONLY: Final = "SELECT " + ", ".join(
    f"set_config('enable_{plan}', 'off', true)" for plan in ("seqscan", "bitmapscan", "hashjoin", "mergejoin")
)
"""Until the transaction ends: a table that grows while it is folded has no statistics to plan by, and every row is reached by a probe."""
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

Key = tuple[Any, ...]
Content = tuple[Any, ...]
Columns = tuple[tuple[str, str], ...]
"""Names and PostgreSQL types."""


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on it is known that `content` holds for `key` on `days`; `None`: that nothing does."""

    key: Key
    days: Days
    content: Content | None
    at: datetime


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


@dataclass(frozen=True)
class Rectangles:
    """A bitemporal table: its key and content columns. Content may be null, keys may not."""

    table: str
    key: Columns
    content: Columns

    @property
    def ddl(self) -> str:
        """The table, the index that all reading and writing goes by, and the refusal of overlaps."""
        keys = ", ".join(name for name, _ in self.key)
        columns = [f"{name} {_column(kind)} NOT NULL" for name, kind in self.key]
        columns += [f"{name} {_column(kind)}" for name, kind in self.content]
        return f"""
            CREATE TABLE {self.table} (
                {", ".join(columns)},
                valid daterange NOT NULL CHECK (NOT isempty(valid)),
                known tstzrange NOT NULL CHECK (NOT isempty(known))
            );
            CREATE INDEX {self.table}_known ON {self.table} ({keys}, upper(known));
            CREATE TRIGGER {self.table}_never_overlap AFTER INSERT ON {self.table}
                REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlap('{keys}');
        """

    def fold(self, connection: Connection[Row], changes: Sequence[Change]) -> None:
        """Writes what these changes, in log order, make of the table, in a handful of statements."""
        if not changes:
            return
        connection.execute(_PROBES_ONLY)
        state = self._read(connection, changes)
        for change in changes:
            state.apply(change)
        self._write(connection, state)

    def timelines(self, connection: Connection[Row]) -> dict[Key, Timeline[Content]]:
        """What is known now, of every key; for tables of a few keys."""
        rows = connection.execute(self._select_all, binary=True)
        return {key: current.timeline for key, current in self._currents(rows).items()}

    def _read(self, connection: Connection[Row], changes: Sequence[Change]) -> "_Folding":
        keys = list(dict.fromkeys(change.key for change in changes))
        columns = [list(column) for column in zip(*keys, strict=True)]
        found = self._currents(connection.execute(self._select, columns, binary=True))
        return _Folding({key: found.get(key) or _Current() for key in keys})

    def _currents(self, rows: Iterable[Row]) -> dict[Key, "_Current"]:
        """Rows of key, content, first day, day after the last, known since, place; ascending by first day within a key."""
        keys, end = len(self.key), len(self.key) + len(self.content)
        found: dict[Key, tuple[list[Version[Content]], dict[date, _Since]]] = {}
        for row in rows:
            first, past, since, place = row[end:]
            versions, known = found.setdefault(row[:keys], ([], {}))
            versions.append(Version(Days(first, None if past is None else past - _DAY), row[keys:end]))
            known[first] = _Since(since, place)
        return {key: _Current(Timeline(tuple(versions)), since) for key, (versions, since) in found.items()}

    def _write(self, connection: Connection[Row], state: "_Folding") -> None:
        if state.closed:
            connection.execute(self._close, [list(column) for column in zip(*state.closed, strict=True)])
        if state.undone:
            connection.execute(self._delete, [state.undone])
        lines = "".join([*state.passed, *state.begun()])
        if lines:
            with connection.cursor().copy(self._insert) as copy:
                copy.write(lines)

    @cached_property
    def _select(self) -> str:
        """OFFSET 0 keeps it one index probe a key, in the order of the keys."""
        keys = " AND ".join(f"one.{name} = wanted.{name}" for name, _ in self.key)
        wanted = ", ".join(f"wanted.{name}" for name, _ in self.key)
        return f"""
            SELECT {wanted}, {self._found}
            FROM unnest({_arrays(self.key)}) AS wanted ({", ".join(name for name, _ in self.key)})
            CROSS JOIN LATERAL (
                SELECT {self._columns} FROM {self.table} AS one
                WHERE {keys} AND upper(one.known) = 'infinity' OFFSET 0
            ) AS found
            ORDER BY {wanted}, first
        """

    @cached_property
    def _select_all(self) -> str:
        keys = ", ".join(name for name, _ in self.key)
        return f"""
            SELECT {keys}, {self._found} FROM (
                SELECT {keys}, {self._columns} FROM {self.table} AS one WHERE upper(one.known) = 'infinity'
            ) AS found ORDER BY {keys}, first
        """

    @property
    def _found(self) -> str:
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
    def _insert(self) -> str:
        """COPY: a third of the time of an INSERT. Overlaps are refused all the same."""
        names = ", ".join(name for name, _ in (*self.key, *self.content))
        return f"COPY {self.table} ({names}, valid, known) FROM STDIN"


@dataclass(frozen=True, slots=True)
class _Since:
    """Since when an open rectangle is known, and its place in the table; `None`: it is not written yet."""

    at: datetime
    place: str | None = None


@dataclass(slots=True)
class _Current:
    """What is known now of one key; `since` by first day."""

    timeline: Timeline[Content] = field(default_factory=Timeline)
    since: dict[date, _Since] = field(default_factory=dict)


@dataclass(slots=True)
class _Folding:
    """What a batch of changes makes of the rectangles it touches.

    A rectangle ends by the first change that touches it, even if a later one restores it: so each change alone decides, and
    batches make no difference. One that would begin and end at the same instant was never known, and leaves no row.
    """

    current: dict[Key, _Current]
    closed: list[tuple[str, datetime]] = field(default_factory=list)
    """Rows that end: place and instant."""
    undone: list[str] = field(default_factory=list)
    """Places of rows that were never known."""
    passed: list[str] = field(default_factory=list)
    """Rectangles that began and ended within the batch."""

    def apply(self, change: Change) -> None:
        """Lets one change end and begin rectangles."""
        current = self.current[change.key]
        splice = current.timeline.splice(change.days, change.content)
        for version in splice.gone:
            if version not in splice.come:
                self._end(change, version, current.since.pop(version.days.first))
        for version in splice.come:
            if version not in splice.gone:
                current.since[version.days.first] = _Since(change.at)
        current.timeline = splice.timeline

    def _end(self, change: Change, version: Version[Content], since: _Since) -> None:
        known = since.at < change.at
        if since.place is None:
            if known:
                self.passed.append(_line(change.key, version, since.at, change.at))
        elif known:
            self.closed.append((since.place, change.at))
        else:
            self.undone.append(since.place)

    def begun(self) -> Iterable[str]:
        """Open rectangles that are not written yet."""
        for key, current in self.current.items():
            for version in current.timeline.versions:
                since = current.since[version.days.first]
                if since.place is None:
                    yield _line(key, version, since.at, None)


def _line(key: Key, version: Version[Content], since: datetime, until: datetime | None) -> str:
    """A rectangle in the text format of COPY."""
    first, last = version.days.first, version.days.last
    days = f"[{first},)" if last is None else f"[{first},{last}]"
    return "\t".join([*map(_copied, (*key, *version.content)), days, f"[{since},{until or 'infinity'})\n"])


def _copied(value: Any) -> str:
    if isinstance(value, str):
        return value if value.isalnum() else value.translate(_ESCAPES)
    if value is None:
        return r"\N"
    return rf"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _column(kind: str) -> str:
    """Texts sort by their code points everywhere: the order of a list must not hang on the server's locale."""
    return 'text COLLATE "C"' if kind == "text" else kind


def _arrays(columns: Columns) -> str:
    return ", ".join(f"%b::{kind}[]" for _, kind in columns)

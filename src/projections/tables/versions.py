"""Versions of aggregates as they were known: which version a customer or the setup had at an instant.

Every read model keeps them beside its content, from the same events, so that a version it gives out as an ETag is the version of
what it shows. One row for each instant at which an aggregate changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import Connection

from aggregates.fact import Fact
from projections.reading.view import View
from projections.tables.bitemporal import instant_of
from store.database import Row


@dataclass(frozen=True)
class Versions:
    """A table of `key`, `recorded_at`, `version`; the key is that of the aggregate."""

    table: str

    @property
    def ddl(self) -> str:
        """The table."""
        return f"""
            CREATE TABLE {self.table} (
                key text COLLATE "C" NOT NULL, recorded_at timestamptz NOT NULL, version integer NOT NULL,
                PRIMARY KEY (key, recorded_at)
            );
        """

    @property
    def changes(self) -> str:
        """SQL query: the instants at which a version came about, for tables of a few rows."""
        return f"SELECT recorded_at FROM {self.table}"

    def fold(self, connection: Connection[Row], facts: Iterable[tuple[str, Fact]]) -> None:
        """Writes the versions that these facts, each with its aggregate's key, in log order, made."""
        last = {(key, instant_of(fact.recorded_at)): fact.originator_version for key, fact in facts}
        if last:
            columns = [[key for key, _ in last], [at for _, at in last], list(last.values())]
            connection.execute(
                f"INSERT INTO {self.table} SELECT * FROM unnest(%b::text[], %b::timestamptz[], %b::integer[])"
                " ON CONFLICT (key, recorded_at) DO UPDATE SET version = excluded.version",
                columns,
            )

    def at_known(self, key: str) -> str:
        """SQL expression: the version at `known_at` of the aggregate with the key that the SQL expression `key` gives."""
        return (
            f"(SELECT version FROM {self.table} WHERE key = {key} AND recorded_at <= %(known_at)s"
            " ORDER BY recorded_at DESC LIMIT 1)"
        )

    def at(self, view: View, key: str) -> int:
        """The version of one aggregate as known then; 0 while nothing was."""
        row = view.connection.execute(
            f"SELECT {self.at_known('%(key)s')}", {"key": key, "known_at": view.known_at}
        ).fetchone()
        return row[0] if row and row[0] is not None else 0

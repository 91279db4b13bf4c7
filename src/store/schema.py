"""Schema migrations: numbered SQL files, applied once each, in order, under a lock, each in a transaction with its record.

`dossier migrate` runs them; no other process creates or changes tables, so that many may start at once. A migration that was
applied is never edited: its digest is compared on every run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

from psycopg import Connection, sql

from store.database import Database, Row

LOCK_TIMEOUT_MS: Final = 50_000


class MigrationError(Exception):
    """The schema and the migrations of this version do not go together."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    script: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the script."""
        return sha256(self.script.encode()).digest()


def migrations() -> list[Migration]:
    """All migrations of this version, in order."""
    scripts = [
        Migration(int(entry.name[:4]), entry.name.removesuffix(".sql"), entry.read_text())
        for entry in files("store").joinpath("migrations").iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(scripts, key=lambda migration: migration.number)


def migrate(database: Database, install: Callable[[Connection[Row]], None] | None = None) -> list[str]:
    """Brings the schema up to date and gives the names of what was applied. `install` runs last, in the same lock."""
    applied: list[str] = []
    with database.connect() as connection:
        connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
        connection.execute(sql.SQL("SELECT pg_advisory_lock({})").format(database.lock_key("migrate")))
        _prepare(connection, database.schema)
        done: dict[int, bytes] = dict(connection.execute("SELECT number, digest FROM migrations").fetchall())
        for migration in migrations():
            if migration.number not in done:
                _apply(connection, migration)
                applied.append(migration.name)
            elif done[migration.number] != migration.digest:
                raise MigrationError(f"Migration {migration.name} was changed after it had been applied.")
        if set(done) - {migration.number for migration in migrations()}:
            raise MigrationError("The database was migrated by a newer version of Dossier.")
        if install is not None:
            with connection.transaction():
                install(connection)
    return applied


def _prepare(connection: Connection[Row], schema: str) -> None:
    connection.execute("SET statement_timeout = 0")
    connection.execute("SET lock_timeout = 0")
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    connection.execute("SELECT pg_advisory_lock(hashtextextended('dossier/extensions', 0))")
    connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public")
    connection.execute("SELECT pg_advisory_unlock(hashtextextended('dossier/extensions', 0))")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, name text NOT NULL,"
        " digest bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
    )


def _apply(connection: Connection[Row], migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.script.encode())
        connection.execute(
            "INSERT INTO migrations (number, name, digest) VALUES (%s, %s, %s)",
            [migration.number, migration.name, migration.digest],
        )

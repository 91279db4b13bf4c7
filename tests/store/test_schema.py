"""Migrations run once, in order, under a lock, however many processes start at the same time."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from projections.catalogue import classes
from projections.engine.runner import install
from store.database import Database
from store.schema import MigrationError, migrate, migrations


def test_many_processes_may_migrate_at_once(postgres_url: str, schema: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        applied = list(
            pool.map(lambda _: migrate(Database(postgres_url, schema), partial(install, classes=classes())), range(12))
        )
    assert [name for names in applied for name in names] == [migration.name for migration in migrations()]


def test_an_applied_migration_must_not_be_edited(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("UPDATE migrations SET digest = 'edited' WHERE number = 1")
    with pytest.raises(MigrationError, match="0001_log was changed"):
        migrate(database, partial(install, classes=classes()))


def test_an_older_version_refuses_a_newer_database(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("INSERT INTO migrations (number, name, digest) VALUES (9999, 'future', 'x')")
    with pytest.raises(MigrationError, match="newer version"):
        migrate(database, partial(install, classes=classes()))

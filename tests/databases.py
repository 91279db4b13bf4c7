"""A database for each test, copied from one that was migrated once, which takes a tenth of the time of a migration."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from projections.catalogue import classes
from projections.engine.runner import install
from store.database import Database
from store.schema import migrate

SCHEMA = "migrated"
"""The schema of a copy, until a company takes it."""
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 << 30


def directory() -> Path:
    """A new directory for a server's data: in memory, where there is enough of it, since making databases is mostly making files."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    return Path(tempfile.mkdtemp(prefix="dossier-test-", dir=MEMORY if in_memory else None))


def forget_durability(server: str) -> None:
    """Tells a server of tests not to wait for its disk: what a killed process has written stays with the system."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")


def template(server: str) -> str:
    """The name of a new database that holds one migrated, empty company."""
    name = f"dossier_template_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with closing(Database(make_conninfo(server, dbname=name), SCHEMA)) as database:
        migrate(database, partial(install, classes=classes()))
    return name


def filled(server: str, template: str, fill: Callable[[str, str], None]) -> str:
    """The name of another database that copies can be made of: a copy of the template that was filled, given its address and schema."""
    name = _copy(server, template)
    fill(_at(server, name), SCHEMA)
    return name


@contextmanager
def copied(server: str, template: str) -> Iterator[str]:
    """The address of a copy, dropped afterwards with whatever is in it."""
    name = _copy(server, template)
    yield _at(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def take(url: str, schema: str) -> bool:
    """Gives the tables of a copy to the company of this schema; `False` when somebody has them already, or it is no copy."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regnamespace(%s)", [SCHEMA]).fetchone() == (None,):
            return False
        connection.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(SCHEMA), sql.Identifier(schema))
        )
    return True


def _copy(server: str, template: str) -> str:
    """Makes a copy and gives its name."""
    name = f"dossier_test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        copying = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(copying.format(sql.Identifier(name), sql.Identifier(template)))
    return name


def _at(server: str, name: str) -> str:
    """The address of another database of the server, as a URI: some tests take it apart."""
    head, _, options = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")

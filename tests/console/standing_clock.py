"""A morning that does not pass, for pictures and trees of pages that are the same in every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest

import small_company
from api.services import BusinessDay
from store.application import Dossier
from store.database import Database

MORNING: Final = datetime(2025, 6, 20, 10, tzinfo=UTC)
_STANDING: Final = f"""
    CREATE OR REPLACE FUNCTION standing.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT timestamptz '{MORNING.isoformat()}' $$;
"""
_PASSING: Final = """
    CREATE SEQUENCE standing.reading;
    CREATE OR REPLACE FUNCTION standing.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT timestamptz '{first}' + nextval('standing.reading') * interval '10 minutes' $$;
"""


def let_clocks_stand(patch: pytest.MonkeyPatch, postgres_url: str) -> datetime:
    """Lets the clocks of a database that is not open yet and of its application stand, and ids follow one another. Returns the instant.

    What is recorded is a microsecond later each time. Of what a table fills in by itself the clock goes on.
    """
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA standing; {_STANDING}")
    arguments = vars(Database)["_arguments"]

    def with_clock(database: Database, schemas: tuple[str, ...] = ()) -> dict[str, Any]:
        options: dict[str, Any] = arguments(database, ("standing", "pg_catalog", *schemas))
        return options

    numbers = count(1)
    patch.setattr(Database, "_arguments", with_clock)
    patch.setattr(Dossier, "today", lambda _: MORNING.date())
    patch.setattr(BusinessDay, "today", lambda _: MORNING.date())
    patch.setattr(small_company, "uuid4", lambda: UUID(int=next(numbers)))
    return MORNING


@contextmanager
def ten_minutes_later_each_time(postgres_url: str, first: datetime) -> Iterator[None]:
    """Lets the clock of the database go on by ten minutes each time that it is read, from an instant on; then it stands again."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(_PASSING.format(first=first.isoformat()))
        yield
        connection.execute(_STANDING)

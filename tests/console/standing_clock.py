"""A morning that does not pass, for pictures and trees of pages that are the same in every run."""

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
_CLOCK: Final = f"""
    CREATE SCHEMA standing;
    CREATE FUNCTION standing.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT timestamptz '{MORNING.isoformat()}' $$;
"""


def let_clocks_stand(patch: pytest.MonkeyPatch, postgres_url: str) -> datetime:
    """Lets the clocks of a database that is not open yet and of its application stand, and ids follow one another. Returns the instant.

    What is recorded is a microsecond later each time. Of what a table fills in by itself the clock goes on.
    """
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(_CLOCK)
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

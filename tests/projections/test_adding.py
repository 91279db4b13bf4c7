"""Rows that are added come out of the table as they were, whether few or many are added at once."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from psycopg import Connection

from projections.tables.adding import FEW_ROWS, add_lines, line
from store.application import Dossier
from store.database import Row

COLUMNS = {
    "number": "bigint",
    "name": "text",
    "at": "timestamptz",
    "day": "date",
    "id": "uuid",
    "sealed": "bytea",
    "open": "boolean",
    "valid": "daterange",
}
TEXTS = ["", "plain", "a\tb\nc\rd", r"back\slash \N \t \\x00", r"\N", '{"a": "b\\"c"}', "Müller’s \u2028 😀", "{},()"]


def rows(count: int) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = [
        (
            number,
            TEXTS[number % len(TEXTS)],
            datetime(2026, 1, 1, 12, 30, 59, number, tzinfo=UTC),
            date(1, 1, 1 + number % 9),
            UUID(int=number),
            bytes(range(number % 256)),
            number % 2 == 0,
            "[2026-01-01,)",
        )
        for number in range(count)
    ]
    return [*made, (count, *[None] * (len(COLUMNS) - 1))]


def added(connection: Connection[Row], count: int) -> list[Row]:
    with connection.transaction(force_rollback=True):
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"CREATE TEMPORARY TABLE added ({columns}, left_out text)")
        add_lines(connection, "added", list(COLUMNS), [line(row) for row in rows(count)])
        query = f"SELECT {', '.join(COLUMNS)} FROM added ORDER BY number"
        return connection.execute(query.replace("valid", "valid::text"), binary=True).fetchall()


@pytest.mark.parametrize("count", [1, FEW_ROWS - 1, FEW_ROWS, 300])
def test_rows_are_as_they_were(dossier: Dossier, count: int) -> None:
    with dossier.database.connect() as connection:
        assert added(connection, count) == rows(count)


def test_in_a_pipeline_many_rows_are_as_they_were_too(dossier: Dossier) -> None:
    with dossier.database.connect() as connection, connection.pipeline():
        assert added(connection, 300) == rows(300)


def test_no_rows_take_no_statement(dossier: Dossier) -> None:
    with dossier.database.connect() as connection:
        add_lines(connection, "no_such_table", ["number"], [])

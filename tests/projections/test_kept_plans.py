"""Plans that are kept from when tables were empty find the rows of a key by the index that is meant for it."""

import re
from contextlib import closing
from typing import LiteralString, cast

import pytest

from projections.accounts.tables import PROFILES
from projections.catalogue import classes
from projections.controls import tables as controls
from projections.customers import tables as customers
from projections.deliveries import tables as deliveries
from projections.drawer import tables as drawer
from projections.engine.single import folding_connection
from projections.fields import tables as fields
from projections.history import days, marks
from projections.history import tables as history
from projections.tables.bitemporal import Rectangles
from store.application import Dossier

TABLES = {
    value.table: value
    for module in (controls, customers, deliveries, drawer, fields, history)
    for value in vars(module).values()
    if isinstance(value, Rectangles)
} | {PROFILES.table: PROFILES}
SELECTS = {
    **{
        table: (rectangles._select, f"{table}_never_overlap" if rectangles.exclusive else f"{table}_known")
        for table, rectangles in TABLES.items()
    },
    "history_days": (days._SELECT, "history_days_in_force"),
    "history_marks": (marks._SELECT, "history_marks_pkey"),
}


def test_every_table_of_rectangles_is_here() -> None:
    ddl = "".join(projection.ddl for projection in classes())
    made = set(re.findall(r"CREATE TABLE (\w+) \([^;]*known tstzrange", ddl))
    assert {table for table in made if not table.endswith("_merges") or table in TABLES} == set(TABLES)


@pytest.mark.parametrize("table", sorted(SELECTS))
def test_a_plan_made_for_an_empty_table_probes_the_index_of_the_whole_key(dossier: Dossier, table: str) -> None:
    select, index = SELECTS[table]
    numbered = "".join(
        part if number == 0 else f"${number}{part}" for number, part in enumerate(re.split(r"%[bst]", select))
    )
    with closing(folding_connection(dossier.database)) as connection:
        lines = connection.execute(cast("LiteralString", f"EXPLAIN (GENERIC_PLAN) {numbered}")).fetchall()
    plan = "\n".join(line for (line,) in lines)
    assert re.search(rf"Index Scan using {index}\b", plan), plan
    assert "Seq Scan" not in plan

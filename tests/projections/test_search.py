"""Every group of a search is answered by an index, however large the tables are."""

import re
from hashlib import md5
from typing import Any, Final

import pytest
from psycopg import Connection

from aggregates.clocks import Clocks
from aggregates.field.commands import define_field
from business_fields import request
from conftest import TODAY
from projections.answers import search as searching
from projections.answers.search import SEARCHED, search
from projections.customers import queries as customers
from projections.reading.view import View
from store.application import Dossier

from .fold import reading

ROWS: Final = 30_000
FILL: Final = (
    "INSERT INTO personal_keys (subject, wrapped) SELECT gen_random_uuid(), '' FROM generate_series(1, %s)",
    "INSERT INTO customers SELECT 'C' || n, '2020-01-01' FROM generate_series(1, %s) AS n",
    "INSERT INTO customer_numbers (number, alternate_number, standing, valid, known)"
    " SELECT 'C' || n, 'N' || n, 'primary', '(,)', '[2020-01-01, infinity)' FROM generate_series(1, %s) AS n",
    "INSERT INTO customer_names (number, name, tokens, valid, known)"
    " SELECT 'C' || n, 'x', md5(n::text) || ' ' || md5((n %% 100)::text), '(,)', '[2020-01-01, infinity)' FROM generate_series(1, %s) AS n",
    "INSERT INTO customer_versions SELECT 'C' || n, '2020-01-01', 1 FROM generate_series(1, %s) AS n",
    "INSERT INTO customer_merges (number, survivor, valid, known)"
    " SELECT 'M' || n, 'C' || n, '(,)', '[2020-01-01, infinity)' FROM generate_series(1, %s) AS n",
    "INSERT INTO accounts SELECT 'A' || n, 'C' || n, '2020-01-01', '2020-01-01' FROM generate_series(1, %s) AS n",
    "INSERT INTO account_sites SELECT 'A' || n, 'S' || n, '2020-01-01' FROM generate_series(1, %s) AS n",
    "INSERT INTO field_values (number, field, value, source, valid, known)"
    " SELECT 'C' || n, 'loan', 'LN' || n, 'edit', '(,)', '[2020-01-01, infinity)' FROM generate_series(1, %s) AS n",
    "INSERT INTO history SELECT n + 1, gen_random_uuid(), 'customer', 'C' || n, 'customer.renamed', 1, '2020-01-01', 'ann',"
    " 'agent', 'api', NULL, gen_random_uuid(), gen_random_uuid(), NULL, NULL, false, '{}' FROM generate_series(1, %s) AS n",
)


SCANNED: Final = re.compile(r"Seq Scan on (?!field_definitions|field_places)")
"""All but the definitions of fields, of which a company has some dozens."""


class Explaining:
    """A connection that keeps the plan of every query."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self.plans: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: Any, parameters: Any = None, **kwargs: Any) -> Any:
        self.keep(query, parameters)
        return self._connection.execute(query, parameters, **kwargs)

    def keep(self, query: Any, parameters: Any) -> None:
        lines = self._connection.execute(f"EXPLAIN {query}", parameters).fetchall()
        self.plans.append("\n".join(line for (line,) in lines))


@pytest.fixture
def large(dossier: Dossier) -> Dossier:
    """Read models with many rows, of which the server knows the statistics."""
    with dossier.database.connection() as connection:
        for statement in FILL:
            connection.execute(statement, [ROWS])
        members = {"label": "Loan", "group": "optional", "type": "string", "searchable": True}
        define_field(dossier, request(), key="loan", members=members)
        with reading(dossier, "fields"):
            connection.execute("ANALYZE")
    return dossier


def test_a_search_by_rare_words_goes_by_their_tokens(large: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written last: a scan reads all that is pending in the index, and the planner knows."""
    for number in (777, 29_999):
        digests = [md5(str(n).encode(), usedforsecurity=False).hexdigest() for n in (number, number % 100)]
        monkeypatch.setattr(customers, "search_tokens", lambda _keys, _words, digests=digests: digests)
        with reading(large, "customers") as view:
            connection: Any = Explaining(view.connection)
            clocks = Clocks(TODAY, view.known_at)
            customers.by_name(View(view.keys, view.company, clocks, view.position, connection), "any words")
        plan = connection.plans[0]
        assert not SCANNED.search(plan), plan
        assert "customer_names_tokens" in plan, plan


@pytest.mark.parametrize("query", ["C123", "LN77", "A", "S2999", "N1", "6f1c1a36-5a55-4d4e-8d62-0c3f6f1b7a11"])
def test_no_search_reads_a_whole_table(large: Dossier, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching.customers, "open_names", lambda _view, _table, numbers, _sealed: list(numbers))
    with reading(large, *SEARCHED) as view:
        connection: Any = Explaining(view.connection)
        clocks = Clocks(TODAY, view.known_at)
        found = search(View(view.keys, view.company, clocks, view.position, connection), query, events=True)
    assert len(connection.plans) >= 2
    for plan in connection.plans:
        assert not SCANNED.search(plan), plan
    assert len(found.customers.items) == (searching.MOST if query == "C123" else 0)
    assert [customer.number for customer in found.business_fields.items] == (["C77"] if query == "LN77" else [])

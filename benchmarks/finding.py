"""Customers by the value of a sealed field: milliseconds at p50 for a value of one customer, and for one of a tenth of them.

The rows of `customers` and `fields` are written directly, sealed as a fold seals them: of 20,000 customers, with `FULL=1` of a million. The
peer is a page of all customers, whose names are opened as well.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

from psycopg import Connection

from aggregates.clocks import Clocks
from aggregates.customer.profile import CustomerProfile
from aggregates.fact import Origin, Role, Source
from aggregates.field.commands import define_field
from aggregates.field.types import FieldType
from aggregates.use_case import Request
from benchmarks.progress import Progress
from benchmarks.rows import ROUNDS, Row, at_most
from benchmarks.servers import environment, fold_log
from projections.answers.customers_by_value import customers_by_value
from projections.answers.search import search
from projections.customers.queries import all_customers
from projections.customers.tables import NAMES, VERSIONS
from projections.fields.blind_index import token_of
from projections.fields.by_value import searchable_field
from projections.fields.fold import FieldsProjection
from projections.fields.tables import INDEX, VALUES, seal_value
from projections.reading.paging import MOST_COUNTED
from projections.reading.view import View
from projections.tables.adding import copied
from projections.tables.names import seal_name, tokens_of
from store.application import Dossier
from store.database import Row as Record

CUSTOMERS: Final = 1_000_000 if os.environ.get("FULL") else 20_000
STEP: Final = 10_000
TURNS: Final = 25
PAGE: Final = 50
BOUND_MS: Final = 10.0
COUNTED_MS: Final = 1_000.0
COMMON: Final = "Springfield"
"""The city of one customer in ten."""
_FIELDS: Final = {"phone": FieldType.PHONE, "home_town": FieldType.STRING}
_SINCE: Final = "[2026-01-01, infinity)"
_COPIES: Final = {
    "keys": "COPY personal_keys (subject, wrapped) FROM STDIN",
    "customers": "COPY customers (number, registered_at) FROM STDIN",
    "names": f"COPY {NAMES.table} (number, name, tokens, valid, known) FROM STDIN",
    "versions": f"COPY {VERSIONS.table} (key, recorded_at, version) FROM STDIN",
    "values": f"COPY {VALUES.table} (number, field, personal, source, valid, known) FROM STDIN",
    "index": f"COPY {INDEX} (token, number, field, subject) FROM STDIN",
}


def run(url: str) -> list[Row]:
    """A row for each question."""
    with Dossier(environment(url)) as dossier, closing(dossier.database.connect(autocommit=False)) as connection:
        for key, kind in _FIELDS.items():
            members = {"label": key, "group": "business", "type": kind.value, "personal": True, "searchable": True}
            define_field(dossier, _request(), key=key, members=members)
        fold_log(dossier, FieldsProjection(dossier.fact_mapper.keys, dossier.company))
        _fill(connection, dossier)
        clocks = Clocks(date(2026, 6, 1), datetime(9000, 1, 1, tzinfo=UTC))
        view = View(dossier.fact_mapper.keys, dossier.company, clocks, 0, connection)
        return [row for _ in range(ROUNDS) for row in _rows(view)]


def _rows(view: View) -> Iterator[Row]:
    chance = random.Random(4)
    phone, town = (searchable_field(view, key) for key in _FIELDS)

    def rare() -> str:
        return _phone(chance.randrange(CUSTOMERS))

    everybody = _median(view, lambda: all_customers(view, PAGE))
    asks: dict[str, tuple[Callable[[], Any], float]] = {
        "one customer by a sealed value": (lambda: customers_by_value(view, phone, rare(), PAGE), BOUND_MS),
        "the search field, by a sealed value": (lambda: search(view, rare(), events=True), BOUND_MS),
        f"{PAGE} of many customers by a sealed value": (lambda: customers_by_value(view, town, COMMON, PAGE), BOUND_MS),
        f"the same, counted up to {MOST_COUNTED:,}": (
            lambda: customers_by_value(view, town, COMMON, PAGE, total=True),
            COUNTED_MS,
        ),
    }
    for name, (ask, bound) in asks.items():
        title = f"{name}, {CUSTOMERS:,} customers (peer: {PAGE} of all)"
        yield at_most(title, "ms, p50", _median(view, ask), everybody, bound)


def _median(view: View, ask: Callable[[], Any]) -> float:
    """The median time of a question, which is asked in a transaction of its own, as the API asks it."""
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1_000)
        view.connection.rollback()
    return statistics.median(times)


def _phone(number: int) -> str:
    return f"+44{1_600_000_000 + number}"


def _request() -> Request:
    cause = uuid4()
    origin = Origin(actor="bench", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause)
    return Request(origin, date(2026, 6, 1))


def _fill(connection: Connection[Record], dossier: Dossier) -> None:
    connection.execute("SET synchronous_commit = off")
    progress = Progress("customers", CUSTOMERS)
    for start in range(0, CUSTOMERS, STEP):
        progress.show(start)
        lines: dict[str, list[str]] = {name: [] for name in _COPIES}
        for number in range(start, min(start + STEP, CUSTOMERS)):
            for name, row in _customer(dossier, number):
                lines[name].append("\t".join(map(copied, row)) + "\n")
        for name, statement in _COPIES.items():
            with connection.cursor().copy(statement.encode()) as copy:
                copy.write("".join(lines[name]))
        connection.commit()
    with dossier.database.connect() as vacuuming:  # as the server does by itself after so many rows
        vacuuming.execute("VACUUM ANALYZE")


def _customer(dossier: Dossier, place: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yields the rows of a customer, each with the name of its `COPY`."""
    keys, number = dossier.fact_mapper.keys, f"{place:07}"
    subject = CustomerProfile.id_of(dossier.company, number)
    key, wrapped = keys.fresh(subject)
    keys.remember(subject, key)
    yield "keys", (subject, wrapped)
    yield "customers", (number, "2026-01-01")
    name = f"Ada {place}"
    yield "names", (number, seal_name(keys, NAMES.table, subject, name), tokens_of(keys, name), "(,)", _SINCE)
    yield "versions", (number, "2026-01-01", 1)
    values = {"phone": _phone(place), "home_town": COMMON if place % 10 == 0 else f"Town {place}"}
    for field, value in values.items():
        yield "values", (number, field, seal_value(key, subject, field, value), "upload", "(,)", _SINCE)
        yield "index", (token_of(keys, dossier.company, field, _FIELDS[field], value), number, field, subject)

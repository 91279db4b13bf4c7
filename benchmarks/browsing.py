"""What a person at the console waits for: the index page, and every answer of the API that a page asks for, one after the other.

Measured with the demo company alone, which is the peer, and again with `EVENTS` more events in the same log: 10,000 customers with their
responses, 2,000 accounts, and one account with 500 versions. `FULL=1` makes it a million. `dossier project` folds them while they are
stored, as it does in an installation.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from aggregates.account.account import Account
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class.profile_class import DEFAULT, ProfileClass
from aggregates.setup.commands import define_response
from aggregates.use_case import Request
from benchmarks.catching_up import store_ours
from benchmarks.load import answer, request
from benchmarks.progress import say
from benchmarks.rows import ROUNDS, Row, at_most
from benchmarks.servers import BIN, environment, listening, process_environment, running, token_of, wait_until_folded
from cli.local.demo import CUSTOMER
from cli.local.demo.accounts import ACCOUNT
from cli.local.demo.company import LATE
from cli.local.demo.set_up import set_up
from cli.wiring import record_what_exists_from_the_start
from store.application import Dossier

EVENTS: Final = 1_000_000 if os.environ.get("FULL") else 100_000
FIRST: Final = 1_000_000
"""The number of the first customer who is not of the demo company."""
ACCOUNTS: Final = 2_000
VERSIONS: Final = 500
PUT_EVENTS: Final = 4_000
RESPONSES: Final = {1: ("A0",), 2: ("A0", "A1", "A2", "A3", "A4"), 3: ("A0", "A1", "A2", "A3", "A4")}
TURNS: Final = 40
WARM_UP: Final = 5
INDEX_MS: Final = 5.0
ANSWER_MS: Final = 100.0
INDEX: Final = "/customers"
_START: Final = date(2025, 1, 1)


def run(url: str) -> list[Row]:
    """Two rows in every round: the index page, and the slowest answer of all."""
    environ = environment(url)
    company = environ["DOSSIER_COMPANY"]
    with Dossier(environ) as dossier:
        with running([str(BIN / "dossier"), "project"], process_environment(url, company)):
            record_what_exists_from_the_start(dossier)
            set_up(dossier)
            wait_until_folded(dossier)
        before = _measured(url, company, CUSTOMER, ACCOUNT)
        with running([str(BIN / "dossier"), "project"], process_environment(url, company)):
            _store(dossier)
            wait_until_folded(dossier)
        with dossier.database.connect() as connection:
            connection.execute("ANALYZE")
    after = _measured(url, company, str(FIRST), f"V-{VERSIONS}")
    return [row for rounds in zip(after, before, strict=True) for row in _rows(*rounds)]


def _rows(after: dict[str, float], before: dict[str, float]) -> Iterator[Row]:
    yield at_most("console, index page, p95 (peer: demo company)", "ms", after[INDEX], before[INDEX], INDEX_MS)
    slowest = max(after.keys() - {INDEX}, key=after.__getitem__)
    name = f"console, {EVENTS:,} events, slowest of {len(after) - 1} answers (peer: demo company)"
    yield at_most(name, "ms, p95", after[slowest], before[slowest], ANSWER_MS, limit=f"the slowest is: {slowest}")


def _paths(customer: str, account: str) -> dict[str, str]:
    """What the pages ask for, by a name."""
    customers, accounts = f"/v1/customers/{customer}", f"/v1/accounts/{account}"
    known = quote(datetime.now(UTC).isoformat())
    found = {
        "customers": "/v1/customers?limit=50",
        "customers by name": "/v1/customers?name=Ann&limit=50",
        "customers by response": f"/v1/customers?response={quote('1:A1')}&limit=50",
        "customer": customers,
        "widget": f"{customers}/fields",
        "drawer": f"{customers}/drawer",
        "drawer on a past day": f"{customers}/drawer?valid_at=2026-01-01&known_at={known}",
        "customer's history": f"{customers}/history?limit=50",
        "audit": "/v1/history?limit=50",
        "audit of one actor": "/v1/history?actor=ann&limit=50",
        "customer's accounts": f"/v1/accounts?customer={customer}&limit=50",
        "customer's deliveries": f"/v1/deliveries?number={customer}&limit=50",
        "alternate numbers": f"{customers}/alternate-numbers",
        "accounts": "/v1/accounts?limit=50",
        "account": accounts,
        "account's history": f"{accounts}/history?limit=500",
        "account's versions": f"{accounts}/versions",
        "account's sites": f"{accounts}/sites?limit=50",
        "resolve": f"{accounts}/resolve?date=2025-06-01&valid_at=2025-06-01&known_at={known}",
        "search by number": f"/v1/search?q={customer}",
        "search by name": "/v1/search?q=Wal",
        "search for nothing": "/v1/search?q=nobody+at+all",
        "deliveries": "/v1/deliveries?limit=50",
        "deliveries not sent": "/v1/deliveries?status=not_sent&limit=50",
        "dead letters": "/v1/dead-letters?limit=50",
        "reasons": "/v1/dead-letters/reasons",
        "operations": "/v1/operations",
        "projection": "/v1/projections/drawer",
    }
    lists = ("categories", "fields", "controls", "attribute-mappings", "profile-classes", "uploads", "upload-mappings")
    return found | {name: f"/v1/{name}?limit=500" for name in lists}


def _measured(url: str, company: str, customer: str, account: str) -> list[dict[str, float]]:
    """Milliseconds at p95 from asking to having the whole answer, by name, of each round; the processes run as in an installation."""
    environ = process_environment(url, company)
    with (
        listening([str(BIN / "dossier"), "serve", "--port"], environ) as server,
        running([str(BIN / "dossier"), "project"], environ),
    ):
        headers = {**token_of(company, Role.ADMINISTRATOR), "Accept-Encoding": "gzip, br"}
        asked = {name: request("GET", path, b"", headers) for name, path in _paths(customer, account).items()}
        asked[INDEX] = request("GET", INDEX, b"", {"Accept": "text/html"})
        return [asyncio.run(_ask(server.port, asked)) for _ in range(ROUNDS)]


async def _ask(port: int, asked: dict[str, bytes]) -> dict[str, float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(WARM_UP + TURNS):
        for name, each in asked.items():
            began = time.perf_counter()
            writer.write(each)
            status, _ = await answer(reader)
            times[name].append((time.perf_counter() - began) * 1_000)
            if status != 200:
                raise RuntimeError(f"{name}: {status} {each[:90]!r}")
    writer.close()
    return {name: sorted(each[WARM_UP:])[TURNS * 95 // 100] for name, each in times.items()}


def _define(dossier: Dossier) -> None:
    """Defines the responses that `store_ours` stores and the demo company does not have."""
    for code, responses in RESPONSES.items():
        for response in responses:
            cause = uuid4()
            origin = Origin(
                actor="ann", role=Role.ADMINISTRATOR, source=Source.API, correlation_id=cause, causation_id=cause
            )
            asking = Request(origin, dossier.today())
            define_response(dossier, asking, code=code, response=response, description=response)


def _store(dossier: Dossier) -> None:
    _define(dossier)
    accounts = _accounts(dossier)
    while facts := list(islice(accounts, PUT_EVENTS)):
        dossier.put(facts)
    say(f"  storing {EVENTS:,} events")
    store_ours(dossier, EVENTS - ACCOUNTS, FIRST)


def _accounts(dossier: Dossier) -> Iterator[Fact]:
    default, late = dossier.load(ProfileClass, DEFAULT), dossier.load(ProfileClass, LATE)
    assert default is not None
    assert late is not None
    cause, chance = uuid4(), random.Random(4)
    origin = Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)
    for number in (*(f"X-{each}" for each in range(ACCOUNTS)), f"V-{VERSIONS}"):
        account = Account.new(dossier.company, number)
        account.open(origin, number=number, customer=CUSTOMER, start=_START, default=default)
        yield from account.collect_events()
    while account.version < VERSIONS:
        first = _START + timedelta(chance.randrange(1, 700))
        days = Days(first, first + timedelta(chance.randrange(60)))
        account.assign(
            origin, chance.choice((default, late)), days
        )  # nothing is recorded where it is the class already
        yield from account.collect_events()

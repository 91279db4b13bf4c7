"""Writes and reads over HTTP: against a no-op in the same server, and against the stack that a user would pick instead (`stock`).

*Cold*: any of 100,000 customers, each as likely as the others, so that hardly one is in memory; `FULL=1`: of 2 million, with 10 million
events. *Hot*: the same among 500. The servers take turns in each round; what a round measures of one of them is compared with what it
measures of the others.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aggregates.fact import Role
from benchmarks.over_http import company
from benchmarks.over_http.stage import Measured, Stage, staged
from benchmarks.over_http.wrk import LoadError, Requests
from benchmarks.progress import say
from benchmarks.rows import ROUNDS, Row, at_least, at_most_times

NOOP: Final = "no-op"
STOCK: Final = "stock stack"
DRAWER: Final = '{"responses":{"1":"{v}"}}'
EDIT: Final = '{"fields":{"city":"Town {u}"}}'
ASSIGNMENT: Final = '{"profile_class":"{v}"}'
WORKS: Final[dict[str, tuple[str, str, str, Sequence[str]]]] = {
    "save of a drawer": ("PUT", "/v1/customers/{n}/drawer", DRAWER, tuple(company.RESPONSES)),
    "edit of a field": ("PATCH", "/v1/customers/{n}/fields", EDIT, ()),
    "assign a class": ("POST", "/v1/accounts/{n}/profile", ASSIGNMENT, company.CLASSES),
}
"""Method, path, body and values of each kind of write."""
VALUES: Final = 3
"""Each run writes its own three values in turn, so that it changes what the runs before it wrote, also where two requests change places."""
LEAST_STORED: Final = 0.95
"""Of the writes, those that must have changed something."""
GOALS: Final = {"cold": 0.45, "hot": 0.65}
"""Of the requests a second of the no-op."""
TIMES_STOCK: Final = 8.0
LATENCY: Final = 0.4
READS: Final = 0.4


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    things: int = 2_000_000 if os.environ.get("FULL") else 100_000
    """Customers, and as many accounts: five events each."""
    hot: int = 500
    connections: int = 64
    seconds: int = 10 if os.environ.get("FULL") else 2
    rounds: int = ROUNDS
    works: int = 3


def run(url: str, sizes: Sizes = Sizes()) -> list[Row]:
    """A row for each kind of request, peer, heat and number of connections, in every round."""
    rows: list[Row] = []
    with staged(url, sizes.things, sizes.seconds) as stage:
        _warm_up(stage, sizes)
        for turn in range(sizes.rounds):
            say(f"  reads, round {turn + 1} of {sizes.rounds}")
            rows += _reads(stage, sizes)
        for turn in range(sizes.rounds):
            say(f"  writes, round {turn + 1} of {sizes.rounds}")
            rows += _writes(stage, sizes)
    return rows


def _warm_up(stage: Stage, sizes: Sizes) -> None:
    """Every server makes its connections and its caches."""
    work = _work(stage, next(iter(WORKS)), sizes.things)
    for server, requests in ((stage.noop, _noop(stage)), (stage.ours, work), (stage.stock, work)):
        stage.measure(server, requests, sizes.connections)


def _reads(stage: Stage, sizes: Sizes) -> Iterator[Row]:
    clocks = f"?valid_at={{d}}&known_at={quote(stage.instant.isoformat())}"
    token, things = stage.tokens[Role.AUDITOR], sizes.things
    noop = stage.measure(
        stage.noop, Requests("GET", f"/noop/{{n}}{clocks}", things, token, days=company.DAYS), sizes.connections
    )
    paths = {"drawer": "customers/{n}/drawer", "widget": "customers/{n}/fields", "account": "accounts/{n}"}
    for name, path in list(paths.items())[: sizes.works]:
        requests = Requests("GET", f"/v1/{path}{clocks}", things, token, days=company.DAYS)
        ours = stage.measure(stage.ours, requests, sizes.connections)
        yield _rate(
            f"two-clock read of {name}, cold, {sizes.connections} connections", f"{NOOP} GET", ours, noop, READS
        )


def _writes(stage: Stage, sizes: Sizes) -> Iterator[Row]:
    many, noop = sizes.connections, stage.measure(stage.noop, _noop(stage), sizes.connections)
    for heat, things in (("cold", sizes.things), ("hot", sizes.hot)):
        for name in list(WORKS)[: sizes.works]:
            ours, peer = _written(stage, name, things, many)
            what = f"{name}, {heat}, {many} connections"
            yield _rate(what, f"{NOOP} POST", ours, noop, GOALS[heat])
            yield _rate(what, STOCK, ours, peer, TIMES_STOCK if heat == "cold" else None)
    for name in list(WORKS)[: sizes.works]:
        ours, peer = _written(stage, name, sizes.things, 1)
        yield at_most_times(
            f"{name}, cold, 1 connection, p50 (peer: {STOCK})",
            "ms",
            ours.load.p50_ms,
            peer.load.p50_ms,
            LATENCY,
            limit=ours.limit,
            details=ours.details() | peer.details("peer_"),
        )


def _written(stage: Stage, name: str, things: int, connections: int) -> tuple[Measured, Measured]:
    """Measures one kind of write here and in the stock stack. Raises `LoadError` when too few of ours changed anything."""
    before, work = stage.stored(), _work(stage, name, things)
    ours = stage.measure(stage.ours, work, connections)
    if stage.stored() - before < LEAST_STORED * ours.load.requests:
        raise LoadError(f"{name}: {ours.load.requests} writes stored {stage.stored() - before} events.")
    return ours, stage.measure(stage.stock, work, connections)


def _rate(what: str, peer_name: str, ours: Measured, peer: Measured, goal: float | None) -> Row:
    return at_least(
        f"{what} (peer: {peer_name})",
        "requests/s",
        ours.load.rate,
        peer.load.rate,
        goal,
        limit=ours.limit,
        details=ours.details() | peer.details("peer_"),
    )


def _noop(stage: Stage) -> Requests:
    values = tuple(company.RESPONSES)
    return Requests("POST", "/noop", 1_000, stage.tokens[Role.ADMINISTRATOR], DRAWER, values)


def _work(stage: Stage, name: str, things: int) -> Requests:
    """The requests of the next run of a kind of write."""
    method, path, body, all_values = WORKS[name]
    turn = stage.runs[name]
    stage.runs[name] += 1
    sets = max(len(all_values) // VALUES, 1)
    values = all_values[turn % sets * VALUES :][:VALUES]
    in_order = turn // sets % 2 == 0
    token = stage.tokens[Role.ADMINISTRATOR]
    return Requests(method, path, things, token, body, values if in_order else values[::-1])

"""As many saves a second as everything that follows the log can keep up with: no lag above 250 ms at p99.

Here: all read models, the relay to Kafka, and the forwarder, which sends every tenth save on to Customer Engagement. The peer: the stock
stack with one read model of the library's projection runner. Saves are about any of 10,000 customers and come at a given rate, which is
doubled until something is late, then narrowed down in two steps; later rounds begin at the best rate of the round before.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg

from aggregates.fact import Role
from aggregates.setup.commands import define_category, define_response, map_category, set_control
from aggregates.setup.controls import L37, L51, YES
from aggregates.use_case import Request
from benchmarks.over_http import company as filled
from benchmarks.over_http import stock
from benchmarks.over_http.cores import Cores
from benchmarks.over_http.lags import (
    ENGAGEMENT,
    EVERY_S,
    PEER_EVERY_S,
    Lags,
    PeerLook,
    engagement_lags,
    our_look,
    waiting_deliveries,
    watching,
)
from benchmarks.over_http.stage import UVICORN
from benchmarks.over_http.wrk import Load, LoadError, Requests, send
from benchmarks.peer import PeerApplication
from benchmarks.progress import say
from benchmarks.rows import ROUNDS, Row, at_least, below
from benchmarks.running.company import Company
from benchmarks.servers import library_environment, listening, process_environment, running, token_of, wait_until_folded
from store.application import Dossier

MOST_LAG_MS: Final = 250.0
TIMES_STOCK: Final = 3.0
ENGAGEMENT_MS: Final = 50.0
LEAST_OF_RATE: Final = 0.97
"""Of the rate that a step asks for, what must be reached."""
BISECTIONS: Final = 2
DRAINED_S: Final = 30.0
SAVE: Final = '{"responses":{"{c}":"{v}"}}'
STRIDE: Final = 5
LEAST_STORED: Final = 0.85
"""Of the saves, those that must have changed something."""
NOWHERE: Final = Cores((), (), ())
"""So many processes take part that none is pinned."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    things: int = 10_000
    connections: int = 32
    seconds: int = 60 if os.environ.get("FULL") else 5
    rounds: int = ROUNDS
    first_rate: float = 50.0
    most_rate: float = 6_400.0


@dataclass(frozen=True, slots=True)
class Step:
    """A rate and what was late at it: the worst p99 of all lags, whose it is, and the median from save to Customer Engagement."""

    rate: float
    reached: float
    worst: str
    worst_ms: float
    engagement_ms: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether the rate was reached and nothing was late."""
        return self.worst_ms <= MOST_LAG_MS and self.reached >= LEAST_OF_RATE * self.rate

    @property
    def limit(self) -> str:
        """What kept a higher rate from being sustained."""
        if self.worst_ms > MOST_LAG_MS:
            return f"at {self.rate:,.0f} a second, {self.worst} is {self.worst_ms:,.0f} ms late at p99"
        return f"at {self.rate:,.0f} a second, only {self.reached:,.0f} are answered"


Measure = Callable[[float], Step]


@dataclass(slots=True)
class Saves:
    """The saves of one stack. Each step begins with another value, so that it changes what the steps before it wrote."""

    port: int
    token: str
    body: str
    sizes: Sizes
    turn: int = 0

    def send(self, rate: float) -> Load:
        """Sends so many a second for the seconds of a step. Raises `LoadError`."""
        self.turn += 1
        responses = tuple(filled.RESPONSES)
        first = STRIDE * self.turn % len(responses)
        values = responses[first:] + responses[:first]
        return send(
            self.port,
            Requests("PUT", "/v1/customers/{n}/drawer", self.sizes.things, self.token, self.body, values),
            connections=self.sizes.connections,
            seconds=self.sizes.seconds,
            seed=self.turn,
            cores=NOWHERE,
            rate=rate,
        )


def run(url: str, servers: str, sizes: Sizes = Sizes()) -> list[Row]:
    """A row for the rate, and one for the way to Customer Engagement at this rate, in every round."""
    say("  the stock stack")
    with _stock(url, sizes) as measure:
        peers = list(_rounds(measure, sizes))
    say("  Dossier")
    rows = []
    with _ours(url, servers, sizes) as measure:
        for (peer, _), (best, above) in zip(peers, _rounds(measure, sizes), strict=True):
            name = "sustained saves, no lag above 250 ms at p99 (peer: stock stack with one read model)"
            rows.append(at_least(name, "saves/s", best.rate, peer.rate, TIMES_STOCK, limit=above.limit))
            name = "save to Customer Engagement at this rate, p50"
            rows.append(below(name, "ms", best.engagement_ms, ENGAGEMENT_MS))
    return rows


def _rounds(measure: Measure, sizes: Sizes) -> Iterator[tuple[Step, Step]]:
    """Of each round, the best step that was kept and the lowest that was not."""
    measure(sizes.first_rate)  # everybody connects, and brokers share out their partitions
    best, above = search(measure, sizes.first_rate, sizes.most_rate)
    yield best, above
    for _ in range(sizes.rounds - 1):
        best, above = search(measure, best.rate, sizes.most_rate, factor=2 ** (1 / 2**BISECTIONS), bisections=0)
        yield best, above


def search(
    measure: Measure, first: float, most: float, *, factor: float = 2, bisections: int = BISECTIONS
) -> tuple[Step, Step]:
    """Returns the best step that was kept, and the lowest above it that was not: first by a factor up or down, then in between."""
    step = measure(first)
    if step.kept:
        best, above = step, None
        while above is None and best.rate < most:
            step = measure(min(best.rate * factor, most))
            best, above = (step, None) if step.kept else (best, step)
        if above is None:
            return best, best
    else:
        best, above = step, step
        while not best.kept and best.rate > 1:
            above, best = best, measure(best.rate / factor)
    for _ in range(bisections):
        step = measure((best.rate * above.rate) ** 0.5)
        best, above = (step, above) if step.kept else (best, step)
    return best, above


@contextmanager
def _ours(url: str, servers: str, sizes: Sizes) -> Iterator[Measure]:
    directory = Path(tempfile.mkdtemp(prefix="dossier-bench-sustained-"))
    company = Company(f"sustained_{uuid4().hex[:8]}", directory, url, servers)
    with ExitStack() as opened:
        opened.callback(shutil.rmtree, directory, ignore_errors=True)
        opened.callback(company.stop_all)
        company.start_all()
        company.wait_until_live()
        dossier = opened.enter_context(company.dossier())
        filled.set_up(dossier)
        filled.fill(dossier, sizes.things)
        _map(dossier)
        wait_until_folded(dossier)
        saves = Saves(company.ports["serve"], company.token(Role.ADMINISTRATOR), SAVE, sizes)
        journal = company.directory / f"customer_engagement.{company.name}.jsonl"
        yield lambda rate: _our_step(saves, dossier, journal, rate)


def _map(dossier: Dossier) -> None:
    """Maps one of two categories to Customer Engagement."""

    def request() -> Request:
        return Request(filled.origin(), dossier.today())

    define_category(dossier, request(), code=2, description="Another colour")
    for response, description in filled.RESPONSES.items():
        define_response(dossier, request(), code=2, response=response, description=description)
    map_category(dossier, request(), code=filled.CATEGORY, attribute="colour")
    for control, value in ((L37, "INTERACT"), (L51, YES)):
        set_control(dossier, request(), code=control, value=value)


def _our_step(saves: Saves, dossier: Dossier, journal: Path, rate: float) -> Step:
    before = _end(dossier)
    with our_look(dossier) as look, watching(look, EVERY_S) as lags:
        load = saves.send(rate)
    if _end(dossier) - before < LEAST_STORED * load.requests:
        raise LoadError(f"{load.requests} saves stored {_end(dossier) - before} events.")
    deadline = time.monotonic() + DRAINED_S
    with our_look(dossier) as look:
        while (max(look().values()) or waiting_deliveries(dossier, journal, before)) and time.monotonic() < deadline:
            time.sleep(EVERY_S)
    for lag_ms in engagement_lags(dossier, journal, before) or [1_000 * DRAINED_S]:
        lags.add({ENGAGEMENT: lag_ms})
    return _step(rate, load.rate, lags, lags.percentile(ENGAGEMENT, 50))


def _end(dossier: Dossier) -> int:
    return dossier.log_of_facts.max_notification_id() or 0


@contextmanager
def _stock(url: str, sizes: Sizes) -> Iterator[Measure]:
    name = f"bench_{uuid4().hex[:8]}"
    library = library_environment(url)
    schema, environ = library["POSTGRES_SCHEMA"], {**process_environment(url, name), **library, stock.SERVED: "1"}
    follow = [sys.executable, "-m", "benchmarks.over_http.following"]
    with ExitStack() as opened:
        connection = opened.enter_context(psycopg.connect(url, autocommit=True))
        with PeerApplication(library), running(follow, environ):
            _wait_for_tables(connection, schema)
        with PeerApplication(library) as peer:
            stock.fill(peer, connection, schema, sizes.things)
        look = PeerLook(connection, schema)
        look.begin_at_the_end()
        opened.enter_context(running(follow, environ))
        server = opened.enter_context(listening([*UVICORN, "benchmarks.over_http.stock:app", "--port"], environ))
        token = token_of(name, Role.ADMINISTRATOR)["Authorization"].removeprefix("Bearer ")
        saves = Saves(server.port, token, SAVE.replace("{c}", str(filled.CATEGORY)), sizes)
        yield lambda rate: _peer_step(saves, look, rate)


def _wait_for_tables(connection: psycopg.Connection, schema: str) -> None:
    """Returns when the read model has its table."""
    deadline = time.monotonic() + DRAINED_S
    query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = %s AND table_name LIKE '%%tracking'"
    while connection.execute(query, [schema]).fetchone() == (0,):
        if time.monotonic() > deadline:
            raise RuntimeError("The read model of the stock stack has no table.")
        time.sleep(PEER_EVERY_S)


def _peer_step(saves: Saves, look: PeerLook, rate: float) -> Step:
    with watching(look, PEER_EVERY_S) as lags:
        load = saves.send(rate)
    deadline = time.monotonic() + DRAINED_S
    while max(look().values()) and time.monotonic() < deadline:
        time.sleep(PEER_EVERY_S)
    return _step(rate, load.rate, lags, 0.0)


def _step(rate: float, reached: float, lags: Lags, engagement_ms: float) -> Step:
    worst, worst_ms = lags.worst(99)
    step = Step(rate, reached, worst, worst_ms, engagement_ms)
    say(f"  {rate:,.0f} a second: {reached:,.0f} reached, {worst} {worst_ms:,.0f} ms late at p99")
    return replace(step, rate=round(rate, 1))

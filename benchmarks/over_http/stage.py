"""The servers of one run, with as many customers and accounts in each stack, and what one load costs one of them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import psycopg

from aggregates.fact import Role
from benchmarks.over_http import company, stock
from benchmarks.over_http.cores import Cores, postgres_apart
from benchmarks.over_http.wrk import Load, Requests, send
from benchmarks.peer import PeerApplication
from benchmarks.progress import say
from benchmarks.running.processes import memory_mib, processes_of, processor_seconds, reset_peak
from benchmarks.servers import (
    BIN,
    Server,
    environment,
    library_environment,
    listening,
    process_environment,
    running,
    token_of,
    wait_until_folded,
)
from projections.reading.read_models import newest_instant
from store.application import Dossier

READ: Final = ("drawer", "fields", "customers", "accounts")
"""The read models behind what is read."""
UVICORN: Final = [str(BIN / "uvicorn"), "--no-access-log", "--log-level", "warning"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A load and what it cost: processor time of the server a request, its peak of memory, and how busy each process was, of one core."""

    load: Load
    processor_ms: float
    peak_mib: float
    server: float
    postgres: float
    generator: float

    @property
    def limit(self) -> str:
        """Which of the three was busy, so that it shows what would have to be faster."""
        return (
            f"the server is busy for {self.server:.0%} of its core, PostgreSQL for {self.postgres:.0%} of one, "
            f"the generator for {self.generator:.0%}"
        )

    def details(self, prefix: str = "") -> dict[str, float]:
        """The figures beside the rate, by name."""
        figures = {
            "p50_ms": self.load.p50_ms,
            "p99_ms": self.load.p99_ms,
            "p99.9_ms": self.load.p999_ms,
            "processor_ms": self.processor_ms,
            "peak_mib": self.peak_mib,
        }
        return {prefix + name: round(figure, 3) for name, figure in figures.items() if figure is not None}


@dataclass(slots=True)
class Stage:
    """The three servers, which stand still while another one is measured."""

    url: str
    dossier: Dossier
    noop: Server
    ours: Server
    stock: Server
    cores: Cores
    postmaster: int
    seconds: int
    instant: datetime
    """Everything that was filled in is known since then."""
    tokens: dict[Role, str]
    turn: int = 0
    runs: Counter[str] = field(default_factory=Counter)
    """How many runs there were of each kind of write."""

    def measure(self, server: Server, requests: Requests, connections: int) -> Measured:
        """Sends the requests to one of the servers, after a checkpoint, so that none begins during a run. Raises `LoadError`."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        self.turn += 1
        reset_peak(server.pid)
        before, database = processor_seconds(server.pid), _processor_s(self.postmaster)
        load = send(
            server.port,
            requests,
            connections=connections,
            seconds=self.seconds,
            seed=self.turn,
            cores=self.cores,
        )
        used, served = processor_seconds(server.pid) - before, _processor_s(self.postmaster) - database
        return Measured(
            load=load,
            processor_ms=1_000 * used / load.requests,
            peak_mib=memory_mib(server.pid)[1],
            server=used / load.seconds,
            postgres=served / load.seconds,
            generator=load.generator_s / load.seconds,
        )

    def stored(self) -> int:
        """How many events are in the log."""
        return self.dossier.log_of_facts.max_notification_id() or 0


@contextmanager
def staged(url: str, things: int, seconds: int) -> Iterator[Stage]:
    """Fills both stacks, starts the servers, each pinned to its core, and yields them."""
    cores, environ, library = Cores.here(), environment(url), library_environment(url)
    told = process_environment(url, environ["DOSSIER_COMPANY"])
    with ExitStack() as opened:
        dossier = opened.enter_context(Dossier(environ))
        company.set_up(dossier)
        with running([str(BIN / "dossier"), "project", *READ], told):
            company.fill(dossier, things)
            _fill_stock(url, library, things)
            wait_until_folded(dossier, READ)
        say("  analyzing")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        postmaster = opened.enter_context(postgres_apart(url, cores))
        pinned = cores.pinned(cores.server)
        serves = {**told, **library, stock.SERVED: "1"}
        yield Stage(
            url=url,
            dossier=dossier,
            noop=opened.enter_context(listening([*UVICORN, "benchmarks.noop:app", "--port"], told, pinned)),
            ours=opened.enter_context(listening([str(BIN / "dossier"), "serve", "--port"], told, pinned)),
            stock=opened.enter_context(
                listening([*UVICORN, "benchmarks.over_http.stock:app", "--port"], serves, pinned)
            ),
            cores=cores,
            postmaster=postmaster,
            seconds=seconds,
            instant=newest_instant(dossier.database),
            tokens={role: _bearer(environ["DOSSIER_COMPANY"], role) for role in Role},
        )


def _fill_stock(url: str, library: dict[str, str], things: int) -> None:
    with PeerApplication(library) as peer, psycopg.connect(url, autocommit=True) as connection:
        stock.fill(peer, connection, library["POSTGRES_SCHEMA"], things)


def _bearer(name: str, role: Role) -> str:
    return token_of(name, role)["Authorization"].removeprefix("Bearer ")


def _processor_s(postmaster: int) -> float:
    """Seconds of processor time of PostgreSQL: of the processes that run, which are the same before and after a load."""
    return sum(map(processor_seconds, processes_of(postmaster)))

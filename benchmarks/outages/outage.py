"""The outages: how each part is taken down and restored, and which words report it."""

import functools
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import httpx2

from benchmarks.running.company import Company
from benchmarks.running.servers import Broker, Postgres

STARTED_S: Final = 60.0


@dataclass(frozen=True)
class Outage:
    """Something that is taken away by `begin` and is there again when `end` returns.

    `words` name it; `label` names it in metrics, which have no room for words.
    """

    name: str
    words: re.Pattern[str]
    label: re.Pattern[str]
    begin: Callable[[], None]
    end: Callable[[], None]


def outages(company: Company, postgres: Postgres, broker: Broker | None) -> Iterator[Outage]:
    """Those that are possible here, in the order in which they are to happen."""
    database = _words("database|postgres")
    yield Outage("PostgreSQL", database, database, postgres.kill, postgres.ensure_running)
    if broker is not None:
        yield Outage("Kafka", _words("kafka"), _words("kafka|relay"), broker.kill, broker.ensure_running)
    engagement, forwarding = _words("customer engagement"), _words("engagement|forward")
    start = functools.partial(_start_simulator, company)
    yield Outage("Customer Engagement", engagement, forwarding, _killer(company, "simulator"), start)
    project = _words("project|read model")
    yield Outage("projections killed", project, project, _killer(company, "project"), lambda: company.start("project"))
    freeze, thaw = _sender(company, signal.SIGSTOP), _sender(company, signal.SIGCONT)
    yield Outage("projections frozen", project, project, freeze, thaw)
    if postgres.mounted:
        free = functools.partial(_free_disk, postgres)
        yield Outage("full disk", _words("disk|space"), _words("disk|database"), postgres.fill_disk, free)


def _words(alternatives: str) -> re.Pattern[str]:
    return re.compile(alternatives, re.IGNORECASE)


def _killer(company: Company, part: str) -> Callable[[], None]:
    return lambda: company.kill(part)


def _sender(company: Company, number: signal.Signals) -> Callable[[], None]:
    return lambda: company.send("project", number)


def _free_disk(postgres: Postgres) -> None:
    postgres.free_disk()
    postgres.ensure_running()


def _start_simulator(company: Company) -> None:
    """Returns when it answers."""
    company.start("simulator")
    deadline = time.monotonic() + STARTED_S
    with company.engagement() as engagement:
        while True:
            try:
                engagement.get("/health")
                return
            except httpx2.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

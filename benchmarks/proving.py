"""The proof of the log: events verified a second, the growth of its tree, single proofs, and what writers pay for it.

The log has 100,000 events, `FULL=1` makes it a million, half of them with sealed values. Commits with and without a process that grows the
tree and signs heads, as `dossier work` does, are measured in turn, in as many rounds each, so that both meet the same machine.
"""

import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from multiprocessing.synchronize import Event
from typing import Final
from uuid import uuid4

from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.setup.category import ProfileCategory
from benchmarks.commits import commit_rate, our_facts
from benchmarks.progress import Progress
from benchmarks.rows import ROUNDS, Row, at_least
from benchmarks.servers import environment
from cli.commands.verify import verify
from jobs.signing import HeadSigner
from store.application import Dossier
from store.proof.check import checked_tree
from store.proof.merkle import inclusion_path
from store.proof.tree import stored_node
from store.stopping import Stop

EVENTS: Final = 1_000_000 if os.environ.get("FULL") else 100_000
AT_ONCE: Final = 1_000
PAIRS: Final = 6 if os.environ.get("FULL") else 3
"""Rounds with and without the process that proves."""
WRITERS: Final = 64
COMMITS: Final = 15_000
PROOFS: Final = 200
LEAST_LEFT: Final = 0.98
"""What must remain of the commits a second while the log is proved."""
STARTED_S: Final = 60.0
"""Seconds within which the process that proves has begun."""


def run(url: str) -> list[Row]:
    """A row for each figure."""
    with Dossier(environment(url)) as dossier:
        _fill(dossier)
        rows = [_grown(dossier)]
        for _ in range(ROUNDS):
            rows += [*_verified(dossier), _proved(dossier)]
    return [*rows, *_written(url)]


def _fill(dossier: Dossier) -> None:
    progress = Progress("events", EVENTS)
    for start in range(0, EVENTS, AT_ONCE):
        progress.show(start)
        dossier.put(list(_facts(dossier.company, start, min(AT_ONCE, EVENTS - start))))


def _facts(company: str, start: int, count: int) -> Iterator[Fact]:
    """Yields registered customers, and as many changes of a category."""
    cause = uuid4()
    origin = Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)
    category = ProfileCategory.new(company, str(start))
    category.define(origin, code=1, description="Age", required=False, position=0, active=True)
    for number in range(count - count // 2 - 1):
        category.change(origin, position=number % 2 + 1)
    yield from category.collect_events()
    for number in range(start, start + count // 2):
        customer = CustomerProfile.new(company, str(number))
        customer.register(origin, number=str(number), name=f"Person {number}", days=Days(date(2026, 1, 1), None))
        yield from customer.collect_events()


def _grown(dossier: Dossier) -> Row:
    began = time.perf_counter()
    _catch_up(dossier)
    return _rate(f"tree over {EVENTS:,} events grows", time.perf_counter() - began)


def _catch_up(dossier: Dossier) -> None:
    while dossier.notary.grow():
        pass
    dossier.notary.head()


def _verified(dossier: Dossier) -> Iterator[Row]:
    began = time.perf_counter()
    result = verify(dossier, lambda _done, _total: None)
    took = time.perf_counter() - began
    if (result.signed_position, result.fault) != (EVENTS, None):
        raise RuntimeError(f"Not verified: {result}")
    yield _rate(f"`dossier verify` of {EVENTS:,} events", took)
    began = time.perf_counter()
    *_, state = checked_tree(dossier.database, [dossier.notary.key.public])
    took = time.perf_counter() - began
    if state.fault is not None:
        raise RuntimeError(f"Not verified: {state}")
    yield _rate(f"GET /v1/proof/verification of {EVENTS:,} events", took)


def _rate(name: str, took: float) -> Row:
    return Row(name, "events/s", round(EVENTS / took), None, None, "", None)


def _proved(dossier: Dossier) -> Row:
    chance, times = random.Random(1), []
    with dossier.database.connection() as connection:
        for _ in range(PROOFS):
            began = time.perf_counter()
            inclusion_path(stored_node(connection), chance.randrange(EVENTS), EVENTS)
            times.append((time.perf_counter() - began) * 1_000)
    name = f"inclusion proof among {EVENTS:,} events"
    return Row(name, "ms, p50", round(statistics.median(times), 2), None, None, "", None)


def _written(url: str) -> Iterator[Row]:
    """Commits a second with and without proof, of neighbouring rounds."""
    values = environment(url)
    with Dossier(values) as dossier:
        _commits(dossier)  # the first round makes files and plans
        for _ in range(PAIRS):
            without = _commits(dossier)
            _catch_up(dossier)  # what was written without proof is not this round's
            with _proving(values):
                proved = _commits(dossier)
            without = (without + _commits(dossier)) / 2
            name = f"durable commits, {WRITERS} writers, with the log proved (peer: without)"
            yield at_least(name, "commits/s", proved, without, LEAST_LEFT)


def _commits(dossier: Dossier) -> float:
    commands: list[Sequence[Fact]] = [our_facts() for _ in range(COMMITS)]
    return commit_rate(dossier.put, commands, WRITERS)


@contextmanager
def _proving(values: dict[str, str]) -> Iterator[None]:
    """Runs the process that proves while the block runs."""
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_prove, args=(values, begun), daemon=True)
    process.start()
    try:
        if not begun.wait(STARTED_S):
            raise RuntimeError("The process that proves has not begun.")
        yield
    finally:
        process.terminate()
        process.join()


def _prove(values: dict[str, str], begun: Event) -> None:
    with Dossier(values) as dossier:
        signer = HeadSigner(dossier.notary)
        signer.step()
        begun.set()
        signer.run(Stop())

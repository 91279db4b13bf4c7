"""100,000 past answers compared with today's, each at a day and an instant of its own, against two resolutions for each row.

The accounts have changed since: many of the answers differ and are explained. The list is read from a file and answered as JSON lines, as
the API does it. Memory is what the process holds beyond the first piece.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final
from uuid import uuid4

import orjson

from aggregates.account.account import Account
from aggregates.clocks import AsOf
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class.profile_class import ProfileClass
from api.parameters.resolution_files import check, ndjson_lines, rows
from benchmarks.rows import ROUNDS, Row, at_least, below
from benchmarks.servers import dossier, fold_log
from projections.accounts.queries import resolution
from projections.answers.resolution_models import Question
from projections.answers.resolutions import COMPARED, compared
from projections.catalogue import projections
from projections.reading.read_models import ReadModels, newest_instant
from store.application import Dossier

ROWS: Final = 100_000
ACCOUNTS: Final = 2_000
CHANGES: Final = 10
PEER_ROWS: Final = 2_000
PUT_EVENTS: Final = 4_000
GOAL: Final = 3.0
MOST_GROWN_MB: Final = 20.0
DAYS: Final = 1_000
CLASSES: Final = ("BENCH-1", "BENCH-2", "BENCH-3")
_START: Final = date(2024, 1, 1)


def run(url: str) -> list[Row]:
    """One row for the rate, one for the memory."""
    chance = random.Random(5)
    with dossier(url) as application, TemporaryFile() as file:
        instants = list(_store(application, chance))
        for projection in projections(application):
            if projection.name in COMPARED:
                fold_log(application, projection)
        _write(file, instants, chance)
        with closing(ReadModels(application, projections(application))) as reads:
            newest = newest_instant(application.database)
            measured = []
            for _ in range(ROUNDS):
                peer = _peer_rate(reads, file, newest)
                rate, grown = _rate(reads, file, newest)
                peer = max(peer, _peer_rate(reads, file, newest))
                measured += [
                    at_least(f"{ROWS:,} resolutions (peer: two resolutions a row)", "rows/s", rate, peer, GOAL),
                    below(f"{ROWS:,} resolutions, memory grows by", "MB", grown, MOST_GROWN_MB),
                ]
    return measured


def _rate(reads: ReadModels, file: IO[bytes], newest: datetime) -> tuple[float, float]:
    """Rows a second, and by how many megabytes the process grows after the first piece."""
    began = time.perf_counter()
    check(file, is_csv=False)
    answers = compared(lambda: reads.view(*COMPARED, known_at=newest), rows(file, is_csv=False, newest=newest))
    lines = ndjson_lines(answers)
    first = next(lines)
    before, differing = _resident_mb(), first.count(b'"differs"')
    for line in lines:
        differing += line.count(b'"differs"')
    assert ROWS // 10 < differing < ROWS
    return ROWS / (time.perf_counter() - began), _resident_mb() - before


def _peer_rate(reads: ReadModels, file: IO[bytes], newest: datetime) -> float:
    """Rows a second with two resolutions for each, as two requests would make them, in one view."""
    began, done = time.perf_counter(), 0
    with reads.view(*COMPARED, known_at=newest) as view:
        for question in rows(file, is_csv=False, newest=newest):
            assert isinstance(question, Question)
            for known_at in (question.known_at, newest):
                assert resolution(view.at(AsOf(question.date, known_at)), question.place.account) is not None
            done += 1
            if done == PEER_ROWS:
                break
    return done / (time.perf_counter() - began)


def _write(file: IO[bytes], instants: list[datetime], chance: random.Random) -> None:
    for _ in range(ROWS):
        day = _START + timedelta(chance.randrange(DAYS))
        known_at = chance.choice(instants).isoformat().replace("+00:00", "Z")
        row = {"account": f"A-{chance.randrange(ACCOUNTS)}", "date": day.isoformat(), "known_at": known_at}
        file.write(orjson.dumps(row) + b"\n")


def _store(application: Dossier, chance: random.Random) -> Iterator[datetime]:
    """Stores the accounts, then their changes in turns. Gives the instant after each part."""
    options = {"collector": "EU-1", "allow_discount": True, "payment_terms": "N30", "credit_check": True}
    classes = [ProfileClass.new(application.company, name) for name in CLASSES]
    for tolerance, (name, profile_class) in enumerate(zip(CLASSES, classes, strict=True)):
        values = {**options, "tolerance_percent": str(tolerance)}
        profile_class.define(_origin(), name=name, description=name, active=True, options=values, amounts={})
    accounts = [Account.new(application.company, f"A-{number}") for number in range(ACCOUNTS)]
    for number, account in enumerate(accounts):
        account.open(_origin(), number=f"A-{number}", customer="1", start=_START, default=classes[0])
    for _ in range(CHANGES):
        yield from _put(application, [fact for account in accounts for fact in account.collect_events()])
        for account in accounts:
            first = _START + timedelta(chance.randrange(1, DAYS))
            last = None if chance.random() < 0.1 else first + timedelta(chance.randrange(300))
            account.assign(_origin(), chance.choice(classes), Days(first, last))
    yield from _put(application, [fact for account in accounts for fact in account.collect_events()])


def _put(application: Dossier, facts: list[Fact]) -> Iterator[datetime]:
    for start in range(0, len(facts), PUT_EVENTS):
        positions = application.put(facts[start : start + PUT_EVENTS])
        [last] = application.log_of_facts.select_notifications(positions[-1], 1)
        yield last.recorded_at


def _origin() -> Origin:
    cause = uuid4()
    return Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576

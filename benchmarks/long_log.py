"""What a long log costs: the same work over 1 million events (`FULL=1`: 10 million), against that over 100,000.

Accounts have five events each, and every save and replay is about another account, any of them as likely as the others. Both logs are in
the same server and take turns. The first 100,000 events are stored, the others copied by PostgreSQL: see `fill`.
"""

import itertools
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from aggregates.account.account import Account
from aggregates.account.commands import assign_class
from aggregates.account.place import Place
from aggregates.clocks import Clocks
from aggregates.effective import Days
from aggregates.fact import Fact
from aggregates.profile_class.profile_class import DEFAULT, ProfileClass
from aggregates.use_case import Request
from benchmarks.commits import commit_rate, our_facts
from benchmarks.long_history.filling import without_indexes
from benchmarks.over_http.company import CLASSES, origin, set_up
from benchmarks.progress import Progress
from benchmarks.rows import ROUNDS, Row, at_least
from benchmarks.servers import dossier
from projections.accounts.replay import replay_profile
from store.application import Dossier

ACCOUNTS: Final = 20_000
"""Of the short log, and of each copy."""
COPIES: Final = 100 if os.environ.get("FULL") else 10
EVENTS: Final = 5
"""Of an account."""
FIRST_NUMBER: Final = 1_000_000
LEAST: Final = round(1 / 1.3, 3)
"""Of the rate over the short log."""
WRITERS: Final = 64
SAVERS: Final = 8
COMMITS: Final = 6_000
SAVES: Final = 3_000
REPLAYS: Final = 400
READS: Final = 60
READ_AT_ONCE: Final = 500
START: Final = date(2026, 1, 1)
DAYS: Final = 200
TODAY: Final = date(2026, 11, 1)
_UNITS: Final = {
    "commits": "commits",
    "saves of cold accounts": "saves",
    "profiles of source=log": "profiles",
    "events read in order": "events",
}
"""What is counted, by the name of the work."""
_PUT_EVENTS: Final = 4_000
_STORED: Final = "CREATE TEMP TABLE stored AS SELECT * FROM events WHERE position >= %s"
_COPY: Final = """
    WITH copied AS MATERIALIZED (
        SELECT later.id AS originator_id, originator_version, topic, position + %(events)s AS position,
            convert_to(replace(convert_from(state, 'UTF8'), '"' || later.number || '"', '"' || later.new_number || '"'), 'UTF8')
                AS state,
            md5(event_id::text || %(copy)s::text)::uuid AS event_id,
            md5(correlation_id::text || %(copy)s::text)::uuid AS correlation_id,
            (SELECT max(recorded_at) FROM stored) + make_interval(secs => %(copy)s / 1000.0) AS recorded_at
        FROM stored JOIN unnest(%(ids)s::uuid[], %(later_ids)s::uuid[], %(numbers)s::text[], %(later_numbers)s::text[])
            AS later (first_id, id, number, new_number) ON later.first_id = originator_id
    )
    INSERT INTO events (originator_id, originator_version, topic, position, state, event_id, correlation_id, recorded_at,
        previous_digest)
    SELECT *, coalesce(last_digest(''::bytea, originator_id, originator_version, topic, state, event_id, recorded_at, correlation_id)
        OVER (PARTITION BY originator_id ORDER BY originator_version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '')
    FROM copied ORDER BY position
"""


def run(url: str) -> list[Row]:
    """A row for each kind of work, in every round."""
    with dossier(url) as short, dossier(url) as long:
        fill(short, ACCOUNTS)
        fill(long, ACCOUNTS, COPIES)
        peer, ours = _Work(short, ACCOUNTS), _Work(long, ACCOUNTS * COPIES)
        for work in (peer, ours):
            work.rates()  # connections are made, statements prepared
        return [row for _ in range(ROUNDS) for row in _rows(ours.rates(), peer.rates())]


def _rows(ours: Mapping[str, float], peer: Mapping[str, float]) -> Iterator[Row]:
    for name, unit in _UNITS.items():
        title = f"{ACCOUNTS * COPIES * EVENTS:,} events in the log, {name} (peer: {ACCOUNTS * EVENTS:,})"
        yield at_least(title, f"{unit}/s", ours[name], peer[name], LEAST)


class _Work:
    """What is done with a log of so many accounts."""

    def __init__(self, application: Dossier, accounts: int) -> None:
        self._application, self._accounts = application, accounts
        self._chance = random.Random(5)
        self._instant = datetime.now(UTC)
        self._classes = itertools.cycle(CLASSES)

    def rates(self) -> dict[str, float]:
        """How much is done a second, by name."""
        with self._application.database.connect() as connection:
            connection.execute("CHECKPOINT")
        return {
            "commits": commit_rate(self._application.put, [our_facts() for _ in range(COMMITS)], WRITERS),
            "saves of cold accounts": commit_rate(self._save, self._numbers(SAVES), SAVERS),
            "profiles of source=log": REPLAYS / _seconds(self._replay, self._numbers(REPLAYS)),
            "events read in order": READS * READ_AT_ONCE / _seconds(self._read, self._positions()),
        }

    def _numbers(self, count: int) -> list[str]:
        return [str(FIRST_NUMBER + number) for number in self._chance.sample(range(self._accounts), count)]

    def _positions(self) -> list[int]:
        return [self._chance.randrange(self._accounts * EVENTS - READ_AT_ONCE) for _ in range(READS)]

    def _save(self, number: str) -> None:
        request = Request(origin(), TODAY)
        assign_class(self._application, request, Place(number), profile_class=next(self._classes))

    def _replay(self, number: str) -> None:
        day = START + timedelta(days=self._chance.randrange(DAYS))
        assert replay_profile(self._application, Place(number), Clocks(day, self._instant)) is not None

    def _read(self, position: int) -> None:
        events = self._application.log_of_facts.select_notifications(position, READ_AT_ONCE)
        assert len(events) == READ_AT_ONCE


def _seconds(work: Callable[[Any], None], items: Sequence[Any]) -> float:
    began = time.perf_counter()
    for item in items:
        work(item)
    return time.perf_counter() - began


def fill(application: Dossier, accounts: int, copies: int = 1) -> None:
    """Stores accounts with their events, and copies of them with other numbers, each as if it had been stored after the one before."""
    set_up(application)
    facts = _facts(application, accounts)
    first = (application.log_of_facts.max_notification_id() or 0) + 1
    while batch := list(islice(facts, _PUT_EVENTS)):
        application.put(batch)
    with application.database.connect() as connection:
        connection.execute("SET statement_timeout = 0; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'")
        connection.execute(_STORED, [first])
        with without_indexes(connection, ["events"]):
            progress = Progress("events", copies * accounts * EVENTS)
            for copy in range(1, copies):
                progress.show(copy * accounts * EVENTS)
                connection.execute(_COPY, _parameters(application, accounts, copy))
        connection.execute("VACUUM ANALYZE events")


def _parameters(application: Dossier, accounts: int, copy: int) -> dict[str, Any]:
    numbers = [str(FIRST_NUMBER + number) for number in range(accounts)]
    later_numbers = [str(FIRST_NUMBER + copy * accounts + number) for number in range(accounts)]
    return {
        "copy": copy,
        "events": copy * accounts * EVENTS,
        "numbers": numbers,
        "later_numbers": later_numbers,
        "ids": [Account.id_of(application.company, number) for number in numbers],
        "later_ids": [Account.id_of(application.company, number) for number in later_numbers],
    }


def _facts(application: Dossier, accounts: int) -> Iterator[Fact]:
    default, *others = (application.load(ProfileClass, name) for name in (DEFAULT, *CLASSES[: EVENTS - 2]))
    for number in range(FIRST_NUMBER, FIRST_NUMBER + accounts):
        account = Account.new(application.company, str(number))
        account.open(origin(), number=str(number), customer="1", start=START, default=_present(default))
        for month, profile_class in enumerate(others, 2):
            account.assign(origin(), _present(profile_class), Days(START.replace(month=month)))
        yield from account.collect_events()


def _present(profile_class: ProfileClass | None) -> ProfileClass:
    assert profile_class is not None
    return profile_class

"""Profile reads at two clocks among a million rectangles, against a bare index probe and the library's `repository.get`.

Profiles are read from the read model and by replay, for accounts with 10, 1,000 and 10,000 versions. Their day ranges are random over ten
years, one in ten open-ended; the aggregate decides each version and the engine folds it. The other rectangles are copied in, under the
same exclusion constraint. Every read uses a random day, as known at a random instant.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from aggregates.account.account import Account
from aggregates.account.events import AccountProfileClassAssigned
from aggregates.account.place import Place
from aggregates.clocks import AsOf, Clocks
from aggregates.effective import Days
from aggregates.fact import Fact, Origin, Role, Source
from aggregates.profile_class.profile_class import ProfileClass
from benchmarks.rows import ROUNDS, Row, at_least, at_most_times
from benchmarks.servers import dossier, fold_log, library_environment
from projections.accounts.fold import AccountsProjection
from projections.accounts.queries import profile
from projections.accounts.replay import replay_profile
from projections.accounts.tables import PROFILES, holder_id
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from projections.reading.view import View
from projections.tables.bitemporal import in_force_exclusive
from store.application import Dossier

RECTANGLES: Final = 1_000_000
VERSIONS: Final = (10, 1_000, 10_000)
READS: Final = 700
REPLAYS: Final = 100
GETS: Final = 10
REPLAYED: Final = 1_000
"""Versions of the account that is replayed."""
PUT_EVENTS: Final = 200
PEER_EVENTS: Final = 50
"""Events in one save of the library, whose pipeline stands still when it is given a thousand of this size."""
DAYS: Final = 3_650
CLASSES: Final = ("BENCH-1", "BENCH-2", "BENCH-3")
FLAT: Final = 1.3
OVER_PROBE: Final = 2.0
OVER_LIBRARY: Final = 4.0
_START: Final = date(2020, 1, 1)
_COPIED_SINCE: Final = datetime(2024, 1, 1, tzinfo=UTC)
_PROBE: Final = f"SELECT fact, lower(valid), upper(valid) FROM profiles AS one WHERE holder = %(holder)s AND {in_force_exclusive('one')}"

Ask = Callable[[date, datetime], object]


def run(url: str) -> list[Row]:
    """Rows for reading at two clocks, and for replaying."""
    chance = random.Random(3)
    with dossier(url) as application:
        _copy_others(application, chance)
        instants = {versions: list(_store(application, versions, chance)) for versions in VERSIONS}
        fold_log(application, AccountsProjection(application.fact_mapper.keys, application.company))
        with application.database.connect() as connection:
            connection.execute("VACUUM ANALYZE profiles, profile_facts, account_versions")
        with closing(ReadModels(application, projections(application))) as models, models.view("accounts") as view:
            rows = [row for _ in range(ROUNDS) for row in _reading(view, instants, chance)]
        with PeerAccounts(library_environment(url)) as peer:
            id_ = _store_peer(peer, application)
            for _ in range(ROUNDS):
                gets = _rate(lambda: peer.repository.get(id_), GETS)
                rows += _replaying(application, instants[REPLAYED], chance, gets)
        return rows


def _reading(view: View, instants: dict[int, list[datetime]], chance: random.Random) -> list[Row]:
    """Each account's reads take turns with the others', so that whatever else the machine does meets all alike."""
    asks: dict[tuple[str, int], Ask] = {}
    for versions in VERSIONS:
        place = Place(_number(versions))
        asks["read", versions] = _read(view, place)
        asks["probe", versions] = _probe(view, holder_id(view.company, place))
    took: dict[tuple[str, int], list[float]] = {key: [] for key in asks}
    for turn in range(READS + READS // 10):
        for (kind, versions), ask in asks.items():
            day, at = _day(chance), chance.choice(instants[versions])
            began = time.perf_counter()
            found = ask(day, at)
            if turn >= READS // 10:
                took[kind, versions].append((time.perf_counter() - began) * 1e3)
            assert found is not None
    p50 = {key: statistics.median(times) for key, times in took.items()}
    few, many = p50["read", VERSIONS[0]], VERSIONS[1:]
    rows = [
        at_most_times(
            f"read at two clocks, {versions:,} versions (peer: of {VERSIONS[0]} versions)",
            "ms",
            p50["read", versions],
            few,
            FLAT,
        )
        for versions in many
    ]
    return rows + [
        at_most_times(
            f"read at two clocks, {versions:,} versions (peer: a probe of the index)",
            "ms",
            p50["read", versions],
            p50["probe", versions],
            OVER_PROBE,
        )
        for versions in VERSIONS
    ]


def _read(view: View, place: Place) -> Ask:
    return lambda day, at: profile(view.at(AsOf(day, at)), place)


def _probe(view: View, holder: UUID) -> Ask:
    def probe(day: date, at: datetime) -> object:
        asked = {"holder": holder, "valid_at": day, "known_at": at}
        return view.connection.execute(_PROBE, asked, binary=True).fetchone()

    return probe


def _replaying(application: Dossier, instants: list[datetime], chance: random.Random, peers: float) -> list[Row]:
    """Random days as known last; and the day about which only the oldest fact says something, for which all are read."""
    place, known = Place(_number(REPLAYED)), instants[-1]
    days = [_day(chance) for _ in range(REPLAYS)]
    assert all(replay_profile(application, place, Clocks(day, known)) for day in days)
    ours = _rate(lambda: replay_profile(application, place, Clocks(days.pop(), known)), REPLAYS)
    oldest = _rate(lambda: replay_profile(application, place, Clocks(_START, known)), GETS)
    name = f"source=log, {REPLAYED:,} events"
    return [
        at_least(f"{name}, random days (peer: repository.get)", "profiles/s", ours, peers, OVER_LIBRARY),
        at_least(f"{name}, the oldest says it (peer: repository.get)", "profiles/s", oldest, peers, OVER_LIBRARY),
    ]


def _rate(ask: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        ask()
    return times / (time.perf_counter() - began)


def _number(versions: int) -> str:
    return f"V-{versions}"


def _day(chance: random.Random) -> date:
    return _START + timedelta(chance.randrange(DAYS))


def _copy_others(application: Dossier, chance: random.Random) -> None:
    """Accounts with four rectangles each: a profile, and another one from some day on, known later."""
    lines: list[str] = []
    with application.database.connect() as connection, connection.cursor() as cursor:
        for number in range(RECTANGLES // 4):
            holder = uuid4()
            day, since = _day(chance), _COPIED_SINCE + timedelta(minutes=number)
            then = since + timedelta(days=chance.randrange(1, 300))
            end = day + timedelta(chance.randrange(1, 900))
            for valid, known in (
                ("[2020-01-01,)", f"[{since},{then})"),
                (f"[2020-01-01,{day}]", f"[{then},infinity)"),
                (f"({day},{end}]", f"[{then},infinity)"),
                (f"({end},)", f"[{then},infinity)"),
            ):
                lines.append(f"{holder}\t1\t{valid}\t{known}\n")
            if len(lines) >= 40_000 or number == RECTANGLES // 4 - 1:
                with cursor.copy(f"COPY {PROFILES.table} FROM STDIN") as copy:
                    copy.write("".join(lines))
                lines.clear()


def _store(application: Dossier, versions: int, chance: random.Random) -> Iterator[datetime]:
    """Stores the history of one account; gives instants at which parts of it were known, the last one last."""
    options = {"collector": "EU-1", "allow_discount": True, "payment_terms": "N30", "credit_check": True}
    amounts = {
        code: {"credit_limit": "1000.00", "minimum_receipt": "5", "interest": {"rate": "1.5"}}
        for code in ("EUR", "USD", "GBP")
    }
    classes = [ProfileClass.new(application.company, name) for name in CLASSES]
    for name, profile_class in zip(CLASSES, classes, strict=True):
        profile_class.define(_origin(), name=name, description=name, active=True, options=options, amounts=amounts)
    account = Account.new(application.company, _number(versions))
    account.open(_origin(), number=_number(versions), customer="1", start=_START, default=classes[0])
    while account.version < versions:
        first = _START + timedelta(chance.randrange(1, DAYS))
        last = None if chance.random() < 0.1 else first + timedelta(int(chance.expovariate(1 / 60)))
        account.assign(_origin(), chance.choice(classes), Days(first, last))
    facts = list(account.collect_events())
    for start in range(0, len(facts), PUT_EVENTS):
        yield _put(application, facts[start : start + PUT_EVENTS])


def _put(application: Dossier, facts: list[Fact]) -> datetime:
    positions = application.put(facts)
    [last] = application.log_of_facts.select_notifications(positions[-1], 1)
    return last.recorded_at


def _origin() -> Origin:
    cause = uuid4()
    return Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)


class PeerAccount(Aggregate):
    """An account whose events have the same payload, written the way the library's documentation does."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.versions: list[tuple[str, str | None, dict[str, Any]]] = []

    @event("ProfileClassAssigned")
    def assign(
        self, profile: dict[str, Any], kept_overrides: bool, effective_from: str, effective_to: str | None
    ) -> None:
        """Keeps the version; to answer for a day would be further work."""
        self.versions.append((effective_from, effective_to, profile))


class PeerAccounts(Application[UUID]):
    """Keeps accounts by the library's own means."""

    name = "peer_accounts"


def _store_peer(peer: PeerAccounts, application: Dossier) -> UUID:
    """The same account, with payloads that are plain JSON, which the library reads fastest."""
    account = PeerAccount(_number(REPLAYED))
    for stored in application.log_of_facts.select_events(holder_id(application.company, Place(_number(REPLAYED)))):
        if stored.topic == AccountProfileClassAssigned.TOPIC:
            fact = orjson.loads(stored.state)
            account.assign(
                fact["profile"], fact.get("kept_overrides", False), fact["effective_from"], fact.get("effective_to")
            )
            if len(account.pending_events) >= PEER_EVENTS:
                peer.save(account)
    peer.save(account)
    return account.id

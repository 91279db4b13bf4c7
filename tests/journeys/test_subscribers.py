"""Subscribers of the samples in docs/, which are killed while events flow, have exactly the log in the end; streams need little memory.

DOSSIER_SUBSCRIBED_EVENTS, DOSSIER_SUBSCRIBER_KILLS and DOSSIER_STREAMED_EVENTS make them larger.
"""

import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

import pytest

from aggregates.customer.commands import register_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.fact import Fact, Role
from api.app import create_app
from api.http.tokens import issue_token
from api.settings import ApiSettings
from command_line import CommandLine, company, eventually, free_port, migrated, request, text_of
from conftest import TODAY
from consumer_world import serving, wait_for
from consumers.brokers import Brokers
from consumers.bus import Topics
from consumers.relay import Relay
from consumers.topics import ensure_topics
from projections import catalogue
from projections.history.fold import HistoryProjection
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store import identity
from store.application import Dossier
from store.events import NewEvent
from store.log import read
from store.public import as_json, public_event
from store.stopping import Stop

SAMPLES: Final = Path(__file__).parents[2] / "docs/samples"
SECRET: Final = "a-secret-of-the-tests-with-32-characters"
EVENTS: Final = int(os.environ.get("DOSSIER_SUBSCRIBED_EVENTS", "1500"))
KILLS: Final = int(os.environ.get("DOSSIER_SUBSCRIBER_KILLS", "5"))
STREAMED: Final = int(os.environ.get("DOSSIER_STREAMED_EVENTS", "6000"))
MOST_GROWTH_MB: Final = 20
WARM_LINES: Final = 1_000
"""Lines by which a process has made room for its largest pages."""
MOST_PER_LENGTH_MB: Final = 6
"""What all the lines after those may add, however many they are."""
AT_A_TIME: Final = 1_000
AT_ONCE: Final = 25
PAUSE_S: Final = 0.03
"""Events flow for some time, so that a subscriber is killed meanwhile."""
PATIENCE_S: Final = 240.0
LONGEST_SAMPLE: Final = 35
"""Lines of code without imports: a subscriber is no large program."""


class Subscriber:
    """A sample as a process, and the copy that it keeps."""

    def __init__(self, sample: str, *arguments: str, copy: Path, table: str, **environment: str) -> None:
        self._command = [sys.executable, str(SAMPLES / sample), *arguments, str(copy)]
        self._environment = {**os.environ, **environment}
        self._copy, self._table = copy, table
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._environment, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, "the subscriber has given up"
        self._process.kill()
        self._process.wait(PATIENCE_S)

    @property
    def taken(self) -> list[tuple[int, str]]:
        """Positions and events of the copy, in order."""
        return self._asked(f"SELECT position, event FROM {self._table} ORDER BY position")

    def count(self) -> int:
        rows = self._asked(f"SELECT count(*) FROM {self._table}")
        return int(rows[0][0]) if rows else 0

    def _asked(self, query: str) -> list[tuple[int, str]]:
        if not self._copy.exists():
            return []
        with closing(sqlite3.connect(self._copy, timeout=PATIENCE_S)) as connection:
            known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", [self._table]).fetchone()
            return connection.execute(query).fetchall() if known == (1,) else []


class Flow:
    """Records events of many customers, in parts, while others look on."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        register_customer(dossier, request(), number="first", name="Ada Byron")
        [self._first] = dossier.log_of_facts.select_notifications(1, 1)
        self._thread: threading.Thread | None = None

    def run(self, events: int) -> None:
        """Begins to record so many events."""
        self._thread = threading.Thread(target=self._record, args=(events,))
        self._thread.start()

    def end(self) -> None:
        assert self._thread is not None
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def _record(self, events: int) -> None:
        for start in range(0, events, AT_ONCE):
            self._dossier.log_of_facts.append([self._new() for _ in range(min(AT_ONCE, events - start))])
            time.sleep(PAUSE_S)

    def _new(self) -> NewEvent:
        number = uuid4().hex[:8]
        return NewEvent(
            originator_id=uuid4(),
            originator_version=1,
            topic=self._first.topic,
            state=self._first.state.replace(b'"first"', f'"{number}"'.encode()),
            event_id=uuid4(),
            correlation_id=uuid4(),
        )


def logged(dossier: Dossier) -> list[tuple[int, str]]:
    """What the log says: positions and events, as others get them."""
    events: list[tuple[int, str]] = []
    with dossier.database.connection() as connection:
        while recorded := read(connection, len(events), 5_000):
            events += [(event.id, as_json(public_event(dossier.fact_mapper, event)).decode()) for event in recorded]
    return events


def killed_while_events_flow(dossier: Dossier, subscriber: Subscriber, flow: Flow, kills: int = KILLS) -> float:
    """Kills and starts the subscriber while events are recorded, and waits until it has all. Gives the seconds that this took."""
    began, chance = time.monotonic(), random.Random(7)
    for _ in range(kills):
        before = subscriber.count()
        subscriber.start()
        part = EVENTS // kills
        flow.run(part)
        some = before + chance.randint(1, max(1, part // 2))
        wait_for(lambda enough=some: subscriber.count() >= enough, "the subscriber takes events", PATIENCE_S)
        subscriber.kill()
        flow.end()
    subscriber.start()
    end = dossier.log_of_facts.max_notification_id() or 0
    wait_for(lambda: subscriber.count() >= end, "the subscriber has come to the end of the log", PATIENCE_S)
    took = time.monotonic() - began
    assert subscriber.taken == logged(dossier)
    return took


@contextmanager
def api_of(dossier: Dossier) -> Iterator[tuple[str, str]]:
    """The address of the API, and a token."""
    reads = ReadModels(dossier, catalogue.projections(dossier))
    app = create_app(dossier, reads, replace(ApiSettings(token_secret=SECRET), follow_s=60.0))
    token = issue_token(SECRET, "copy", Role.INTEGRATOR, dossier.company, timedelta(hours=1))
    with closing(reads), serving(app) as address:
        yield address, token


def feed_subscriber(api: tuple[str, str], copy: Path) -> Subscriber:
    address, token = api
    return Subscriber("subscribe_feed.py", address, copy=copy, table="events", DOSSIER_TOKEN=token)


def test_a_subscriber_to_the_feed_that_is_killed_has_exactly_the_log(
    dossier: Dossier, tmp_path: Path, figures: Callable[[str], None]
) -> None:  # rules 4.3, 4.6
    with api_of(dossier) as api, feed_subscriber(api, tmp_path / "copy.db") as subscriber:
        flow = Flow(dossier)
        took = killed_while_events_flow(dossier, subscriber, flow)
        figures(f"{subscriber.count()} events, killed {KILLS} times: the copy is the log after {took:.1f} s")
        flow.run(1)  # and it goes on
        flow.end()
        eventually(lambda: subscriber.taken == logged(dossier), "the subscriber takes what comes later")


def test_a_subscriber_begins_again_when_the_log_has_become_another_one(dossier: Dossier, tmp_path: Path) -> None:
    flow = Flow(dossier)
    copy = tmp_path / "copy.db"
    with api_of(dossier) as api, feed_subscriber(api, copy) as subscriber:
        subscriber.start()
        eventually(lambda: subscriber.taken == logged(dossier), "the subscriber takes the log")
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("INSERT INTO events VALUES (2, 'an event that the restored log has not')")
    with dossier.database.connection() as connection, connection.transaction():
        identity.begin_another(connection)
    del dossier.log_id  # processes are started again
    flow.run(3)
    flow.end()
    with api_of(dossier) as api, feed_subscriber(api, copy) as subscriber:
        subscriber.start()
        eventually(lambda: subscriber.taken == logged(dossier), "the subscriber begins again")


@contextmanager
def relayed(dossier: Dossier, servers: str, topics: Topics) -> Iterator[None]:
    """The relay at work."""
    stop = Stop()
    thread = threading.Thread(target=Relay(dossier, Brokers(servers), topics).run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_a_subscriber_to_kafka_that_is_killed_has_exactly_the_log(
    dossier: Dossier, kafka_servers: str, tmp_path: Path, figures: Callable[[str], None]
) -> None:  # rules 4.3, 4.6
    name = uuid4().hex[:12]
    topics = Topics("demo", f"events-{name}", f"dead-{name}")
    ensure_topics(Brokers(kafka_servers), topics)
    flow = Flow(dossier)
    source = ("subscribe_kafka.py", kafka_servers, topics.events)
    with Subscriber(*source, copy=tmp_path / "copy.db", table="copy") as subscriber:
        with relayed(dossier, kafka_servers, topics):
            took = killed_while_events_flow(dossier, subscriber, flow)
            figures(f"{subscriber.count()} events, killed {KILLS} times: the copy is the log after {took:.1f} s")
        with dossier.database.connection() as connection, connection.transaction():
            identity.begin_another(connection)  # everything comes again, as of another log
        flow.run(10)
        flow.end()
        with relayed(dossier, kafka_servers, topics):
            eventually(lambda: subscriber.taken == logged(dossier), "the subscriber has the log that was sent last")


@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.iterdir()))
def test_a_sample_is_as_short_as_it_is_said_to_be(sample: str) -> None:
    _, _, code = (SAMPLES / sample).read_text().split('"""', 2)
    lines = [line for line in code.splitlines() if line.strip() and not line.startswith(("import ", "from "))]
    assert len(lines) <= LONGEST_SAMPLE


@pytest.fixture
def line(postgres_url: str, tmp_path: Path) -> Iterator[CommandLine]:
    """A company with empty tables."""
    with company(postgres_url, tmp_path / "data") as unmigrated:
        yield migrated(unmigrated)


def test_a_long_history_is_streamed_in_little_memory(line: CommandLine, figures: Callable[[str], None]) -> None:
    with line.dossier() as dossier:
        for start in range(0, STREAMED, AT_A_TIME):
            dossier.put(list(registrations(dossier.company, range(start, min(start + AT_A_TIME, STREAMED)))))
        fold_log(dossier, HistoryProjection(dossier.fact_mapper.keys, dossier.company))
        while dossier.notary.grow():
            pass
        end = dossier.log_of_facts.max_notification_id() or 0
    port = free_port()
    token = issue_token(SECRET, "auditor", Role.AUDITOR, line.company, timedelta(hours=1))
    server = line.process("serve", "--port", str(port), DOSSIER_TOKEN_SECRET=SECRET)
    address = f"http://127.0.0.1:{port}"
    files = ("/v1/history?format=ndjson", "/v1/history?format=csv", "/v1/history?format=ndjson&proof=true")
    feed = f"/v1/events?limit={100_000}"
    try:
        eventually(lambda: text_of(f"{address}/health/live"), "the API answers")
        for document in ("/openapi.json", "/docs", "/asyncapi.yaml"):  # which a process makes once, after its start
            eventually(lambda path=document: text_of(address + path), "the documents are made")
        for path in (*files, feed):
            growth = Growth(server.pid)
            with opened(f"{address}{path}", token) as answer:
                lines = sum(1 for _ in islice(answer, WARM_LINES))
                first_mb = growth.mb
                lines += sum(1 for _ in answer)
            figures(
                f"{path}: {lines} lines, {growth.mb:.1f} MB more memory at most, {first_mb:.1f} MB by line {WARM_LINES}"
            )
            assert lines >= min(end, 100_000)
            assert growth.mb < MOST_GROWTH_MB
            assert growth.mb - first_mb < MOST_PER_LENGTH_MB or path == feed  # whose readers share what is kept
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE_S)


def registrations(company: str, numbers: Iterable[int]) -> Iterator[Fact]:
    """Facts that register customers, each with a key of its own."""
    for number in numbers:
        customer = CustomerProfile.new(company, str(number))
        customer.register(request().origin, number=str(number), name="Ada Byron", days=Days(TODAY, None))
        yield from customer.collect_events()


@contextmanager
def opened(url: str, token: str) -> Iterator[Iterable[bytes]]:
    """The lines of an answer, as they come."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        yield answer


class Growth:
    """How much memory a process has taken at most since now."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before_mb = memory_mb(pid, "VmRSS")
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew

    @property
    def mb(self) -> float:
        return memory_mb(self._pid, "VmHWM") - self._before_mb


def memory_mb(pid: int, name: str) -> float:
    """Memory of a process: `VmRSS` now, `VmHWM` at its peak."""
    found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1_024

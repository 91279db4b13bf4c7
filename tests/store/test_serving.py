"""The loop behind every task: it leads, listens, outlives every fault, and ends at once when asked to."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from store.database import Database
from store.heartbeats import Progress
from store.leadership import Leader
from store.outage_log import POSTGRESQL
from store.outages import AWAY
from store.retrying import Retrying
from store.serving import Faults, Step, keep_serving
from store.stopping import Stop

FAR_S = 30.0
"""Longer than any test waits."""
AT_ONCE_S = 5.0
"""Within which a loop that waits must have ended, however busy the machine is; `FAR_S` is what it would wait."""
FAST = Faults(Retrying(first_s=0.01, longest_s=0.02))


@pytest.fixture
def stop() -> Iterator[Stop]:
    stop = Stop()
    yield stop
    stop.set()


def in_thread(stop: Stop, term: Callable[..., AbstractContextManager[Step]], **options: Any) -> threading.Thread:
    """Serves beside the test."""
    options = {"progress": Progress(), **options}
    thread = threading.Thread(target=keep_serving, args=("test", term, stop), kwargs=options, daemon=True)
    thread.start()
    return thread


def tell(database: Database, *payloads: str) -> None:
    """Signals in one transaction."""
    with database.connection() as connection, connection.transaction():
        for payload in payloads:
            connection.execute("SELECT pg_notify(%s, %s)", [database.channel("log"), payload])


def test_a_step_follows_every_signal_and_is_given_what_they_said(database: Database, stop: Stop) -> None:
    seen: list[list[str]] = []
    begun = threading.Event()

    def step(payloads: Sequence[str]) -> float:
        seen.append(list(payloads))
        begun.set()
        if sum(map(len, seen)) == 2:
            stop.set()
        return FAR_S

    thread = in_thread(stop, lambda: nullcontext(step), database=database, channels=("log",))
    assert begun.wait(FAR_S)
    tell(database, "5", "6")
    thread.join(FAR_S)
    assert seen[0] == []
    assert [payload for payloads in seen for payload in payloads] == ["5", "6"]


@pytest.mark.parametrize("channels", [(), ("log",)])
def test_a_loop_that_waits_ends_at_once_when_asked_to(
    database: Database, stop: Stop, channels: tuple[str, ...]
) -> None:
    begun, closed = threading.Event(), threading.Event()

    @contextmanager
    def term() -> Iterator[Step]:
        yield lambda _: (begun.set(), FAR_S)[1]
        closed.set()

    thread = in_thread(stop, term, database=database, channels=channels)
    assert begun.wait(FAR_S)
    asked_at = time.monotonic()
    stop.set()
    thread.join(FAR_S)
    assert time.monotonic() - asked_at < AT_ONCE_S
    assert closed.is_set()


def test_a_standby_and_a_loop_that_rests_after_a_fault_end_at_once_too(database: Database, stop: Stop) -> None:
    leads, failed = threading.Event(), threading.Event()

    def leading(_: Leader) -> AbstractContextManager[Step]:
        return nullcontext(lambda _: (leads.set(), FAR_S)[1])

    def failing() -> AbstractContextManager[Step]:
        failed.set()
        raise LookupError

    first = in_thread(stop, leading, database=database, lock="test")
    assert leads.wait(FAR_S)
    standing_by = Progress()
    second = in_thread(stop, leading, database=database, lock="test", progress=standing_by)
    third = in_thread(stop, failing, faults=Faults(Retrying(first_s=FAR_S)))
    assert failed.wait(FAR_S)
    while standing_by.state() != ("standby", None):
        time.sleep(0.01)
    asked_at = time.monotonic()
    stop.set()
    for thread in (first, second, third):
        thread.join(FAR_S)
    assert time.monotonic() - asked_at < AT_ONCE_S


def test_only_one_serves_by_a_lock_until_it_ends(
    database: Database, stop: Stop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.leadership.STANDBY_S", 0.01)
    serving_now: list[str] = []
    changed = threading.Condition()

    def term_of(name: str) -> Callable[[Leader], AbstractContextManager[Step]]:
        @contextmanager
        def term(leader: Leader) -> Iterator[Step]:
            assert leader.connection.execute("SELECT 1").fetchone() == (1,)
            with changed:
                serving_now.append(name)
                changed.notify_all()
            yield lambda _: FAR_S
            serving_now.remove(name)

        return term

    end_of_one = Stop()
    one = in_thread(end_of_one, term_of("one"), database=database, lock="test")
    with changed:
        assert changed.wait_for(lambda: serving_now == ["one"], FAR_S)
        in_thread(stop, term_of("two"), database=database, lock="test")
        assert not changed.wait_for(lambda: len(serving_now) > 1, 0.1)
    end_of_one.set()
    one.join(FAR_S)
    with changed:
        assert changed.wait_for(lambda: serving_now == ["two"], FAR_S)


def test_a_fault_ends_the_term_and_the_next_one_begins_after_a_pause(
    stop: Stop, caplog: pytest.LogCaptureFixture
) -> None:
    POSTGRESQL.over()
    caplog.clear()
    terms: list[int] = []
    progress = Progress()
    marks: list[Any] = []

    @contextmanager
    def term() -> Iterator[Step]:
        terms.append(0)
        marks.append(progress.state())

        def step(_: Sequence[str]) -> float:
            terms[-1] += 1
            if len(terms) == 3:
                stop.set()
            elif terms[-1] == 2:
                raise [LookupError("odd"), OperationalError("gone")][len(terms) - 1]
            return 0.0

        yield step

    keep_serving("test", term, stop, progress, faults=FAST)
    assert terms == [2, 2, 1]
    assert marks == [
        ("starting", None),
        ("waiting", "An unexpected LookupError; the log of the process says more."),
        ("waiting", AWAY),
    ]
    assert progress.state() == ("active", None)
    assert [record.message for record in caplog.records] == ["serving.failed", "server.away"]
    POSTGRESQL.over()


def test_a_lost_connection_ends_the_term_of_its_leader(database: Database, stop: Stop) -> None:
    terms: list[int] = []

    def term(leader: Leader) -> AbstractContextManager[Step]:
        terms.append(leader.connection.info.backend_pid)

        def step(_: Sequence[str]) -> float:
            if len(terms) == 2:
                stop.set()
                return 0.0
            with psycopg.connect(database.url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [terms[0]])
            leader.connection.execute("SELECT 1")
            return FAR_S

        return nullcontext(step)

    keep_serving("test", term, stop, Progress(), database=database, lock="test", faults=FAST)
    assert len(set(terms)) == 2

"""The worker: each profile is changed exactly once whatever happens, and what blocks progress is visible (rule 2.17)."""

import threading
from collections.abc import Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY

from aggregates.account.commands import update_profile
from aggregates.account.holder import ProfileHolder
from aggregates.account.place import Place
from aggregates.fact import Fact
from aggregates.profile_class.commands import change_class, start_propagation
from conftest import TODAY, environment
from counting import eventually
from jobs.propagation import progress, records, run, worker
from jobs.propagation.progress import State
from jobs.propagation.worker import PropagationWorker
from projections.catalogue import projections
from projections.reading.read_models import ReadModels
from propagation_helpers import (
    account,
    attempt,
    begin,
    catch_up,
    change,
    company,
    ids,
    propagated,
    read,
    report,
    request,
    told,
    work,
)
from store.application import Dossier
from store.leadership import Leader
from store.stopping import Stop


@contextmanager
def working(dossier: Dossier, workers: int = 1) -> Iterator[threading.Event]:
    """Workers in threads of their own, until the block ends."""
    stop = Stop()
    threads = [
        threading.Thread(
            target=PropagationWorker(dossier, ReadModels(dossier, projections(dossier)), rest_s=0.0).run, args=(stop,)
        )
        for _ in range(workers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two profiles a transaction."""
    monkeypatch.setattr(run, "CHUNK", 2)


class StopAfter(threading.Event):
    """Is set when it has been looked at so often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def is_set(self) -> bool:
        self._looks -= 1
        return self._looks < 0


def counted() -> float:
    """Profiles that this process says it is done with."""
    return sum(
        REGISTRY.get_sample_value("dossier_propagation_profiles_total", {"outcome": outcome}) or 0
        for outcome in ("changed", "unchanged", "skipped")
    )


@pytest.mark.usefixtures("small_chunks")
def test_what_was_stopped_goes_on_where_it_stood(dossier: Dossier) -> None:  # rule 2.17
    company(dossier, accounts=7)
    version = change(dossier)
    begin(dossier, version)
    before = counted()
    work(dossier, StopAfter(3))
    halfway = read(dossier, version)
    assert (halfway.state, halfway.done, halfway.profiles) == (State.RUNNING, 4, 7)
    assert len(propagated(dossier)) == 4
    work(dossier)
    assert read(dossier, version).state is State.FINISHED
    assert [key[:2] for key in told(dossier, version)] == [(f"A-{number}", "") for number in range(1, 8)]
    assert len(set(ids(propagated(dossier)))) == len(propagated(dossier)) == 7
    assert counted() - before == 7


def test_facts_and_outcomes_are_stored_together_or_not_at_all(dossier: Dossier) -> None:  # rules 0.6, 2.17
    company(dossier, accounts=3)
    version = change(dossier)
    begin(dossier, version)
    with dossier.database.connection() as connection:
        connection.execute("ALTER TABLE propagation_outcomes ADD CONSTRAINT none CHECK (account <> 'A-2')")
    work(dossier)
    failed = read(dossier, version)
    assert (failed.state, failed.done) == (State.FAILED, 1)
    assert (failed.error or "").startswith("The profile of A-2 cannot be stored: ")
    assert [one.account for one in report(dossier, version)] == ["A-1"]
    assert [fact.account for fact in propagated(dossier)] == ["A-1"]
    with dossier.database.connection() as connection:
        connection.execute("ALTER TABLE propagation_outcomes DROP CONSTRAINT none")
    work(dossier)
    assert (read(dossier, version).state, len(propagated(dossier))) == (State.FINISHED, 3)


def test_a_profile_changed_by_a_clerk_meanwhile_is_decided_again(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 2.17
    company(dossier, accounts=4)
    version = change(dossier, "unmodified")
    begin(dossier, version)
    put, raced = dossier.put, []

    def after_the_clerk(facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        if not raced:
            raced.append(update_profile(dossier, request("clerk"), Place("A-3"), options={"risk_code": "LOW"}))
        return put(facts, **rows)

    monkeypatch.setattr(dossier, "put", after_the_clerk)
    work(dossier)
    assert raced[0].changed
    assert told(dossier, version) == [
        ("A-1", "", "changed", None),
        ("A-2", "", "changed", None),
        ("A-3", "", "skipped", "Modified here."),
        ("A-4", "", "changed", None),
    ]
    assert len(propagated(dossier)) == 3


def test_a_profile_that_somebody_changes_all_the_time_is_named(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    company(dossier, accounts=2)
    version = change(dossier)
    begin(dossier, version)
    put, turns = dossier.put, iter(range(1_000))

    def after_the_clerk(facts: Sequence[Fact], **rows: Any) -> Sequence[int]:
        if any(getattr(fact, "account", None) == "A-2" for fact in facts) and "along" in rows:
            update_profile(dossier, request("clerk"), Place("A-2"), options={"risk_code": f"R{next(turns)}"})
        return put(facts, **rows)

    monkeypatch.setattr(dossier, "put", after_the_clerk)
    work(dossier)
    failed = read(dossier, version)
    assert (failed.state, failed.done) == (State.FAILED, 1)
    assert (failed.error or "").startswith("The profile of A-2 cannot be stored: ")


@pytest.mark.usefixtures("small_chunks")
def test_two_workers_at_once_change_each_profile_once(dossier: Dossier, postgres_url: str, schema: str) -> None:
    """As when the first has lost its lock with its connection, and does not know it yet."""
    company(dossier, accounts=30)
    version = change(dossier)
    begin(dossier, version)
    catch_up(dossier)
    with dossier.database.connection() as connection:
        [started] = records.unfinished(connection)
    assert progress.unfinished(dossier, 1) == (progress.propagations_of(dossier, "Prompt"), 0)
    assert progress.unfinished(dossier, 0) == ([], 1)
    with Dossier(environment(postgres_url, schema)) as other:

        def at_work(one: Dossier) -> None:
            with closing(one.database.connect()) as connection:
                at_once.wait()
                run.PropagationRun(one, ReadModels(one, projections(one)), Leader(connection), started).run(Stop())

        at_once = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(at_work, (dossier, other)))
    assert progress.unfinished(dossier, 1) == ([], 0)
    finished = read(dossier, version)
    assert (finished.state, finished.position) == (State.FINISHED, dossier.log_of_facts.max_notification_id())
    assert len(set(ids(propagated(dossier)))) == len(propagated(dossier)) == len(report(dossier, version)) == 30


@pytest.mark.usefixtures("small_chunks")
def test_the_loss_of_every_connection_is_waited_for(dossier: Dossier, postgres_url: str) -> None:  # rule 2.17
    company(dossier, accounts=60)
    version = change(dossier)
    catch_up(dossier)
    begin(dossier, version)
    catch_up(dossier)
    with psycopg.connect(postgres_url, autocommit=True) as knife, working(dossier):
        for profiles in (5, 20, 40):
            eventually(lambda at_least=profiles: len(_done(knife, dossier)) >= at_least)  # type: ignore[misc]
            knife.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                [f"dossier/{dossier.database.schema}"],
            )
        eventually(lambda: len(_done(knife, dossier)) == 60)
        eventually(lambda: _finished(knife, dossier))
    assert len(set(ids(propagated(dossier)))) == len(propagated(dossier)) == 60
    assert read(dossier, version).error is None


def _done(connection: Any, dossier: Dossier) -> list[Any]:
    query = f'SELECT account FROM "{dossier.database.schema}".propagation_outcomes'
    return connection.execute(query).fetchall()  # type: ignore[no-any-return]


def _finished(connection: Any, dossier: Dossier) -> bool:
    query = f"SELECT FROM \"{dossier.database.schema}\".events WHERE topic = 'propagation.finished'"
    return connection.execute(query).fetchone() is not None


def test_a_fault_is_shown_logged_and_counted_and_holds_up_later_changes_of_the_same_class_only(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch, log_lines: list[MutableMapping[str, Any]]
) -> None:  # rule 2.17
    company(dossier, accounts=2)
    first, second = change(dossier), change(dossier, payment_terms="NET60")
    begin(dossier, first)
    begin(dossier, second)
    account(dossier, "A-9", profile_class="DEFAULT")
    other = change_class(dossier, request(), name="DEFAULT", options={"risk_code": "LOW"}, apply_to="all").version
    start_propagation(dossier, request(), name="DEFAULT", version=other)
    propagate = ProfileHolder.propagate

    def broken(self: ProfileHolder, origin: Any, what: Any, *rest: Any, **more: Any) -> Any:
        if (what.name, what.version) == ("Prompt", first):
            raise ArithmeticError("the percentage is broken")
        return propagate(self, origin, what, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(ProfileHolder, "propagate", broken)
        work(dossier)
    failed = read(dossier, first)
    assert (failed.state, failed.error, failed.done) == (State.FAILED, "the percentage is broken", 0)
    assert failed.failed_at is not None
    assert [line["log_level"] for line in log_lines if line["event"] == "propagation.failed"] == ["error"]
    assert REGISTRY.get_sample_value("dossier_propagations_failed") == 1
    assert progress.propagation(dossier, "DEFAULT", other).changed == 1
    assert (read(dossier, second).state, read(dossier, second).done) == (State.RUNNING, 0)
    work(dossier)
    mended = read(dossier, first)
    assert (mended.state, mended.error) == (State.FINISHED, None)
    assert read(dossier, second).state is State.FINISHED
    assert REGISTRY.get_sample_value("dossier_propagations_failed") == 0


def test_a_propagation_without_profiles_is_finished_at_once(dossier: Dossier) -> None:
    company(dossier, accounts=0)
    version = change(dossier)
    begin(dossier, version)
    work(dossier)
    done = read(dossier, version)
    assert (done.state, done.profiles, done.changed) == (State.FINISHED, 0, 0)


def test_it_waits_for_the_read_model_and_says_so_when_that_takes_too_long(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:  # rules 0.3, 2.17
    monkeypatch.setattr("projections.reading.read_models.WAIT_S", 0.05)
    company(dossier, accounts=2)
    version = change(dossier)
    begin(dossier, version)
    attempt(dossier)
    assert (read(dossier, version).state, propagated(dossier)) == (State.RUNNING, [])
    monkeypatch.setattr(worker, "PATIENCE_S", 0.0)
    attempt(dossier)
    failed = read(dossier, version)
    assert failed.state is State.FAILED
    assert "accounts" in (failed.error or "")
    work(dossier)
    assert (read(dossier, version).state, read(dossier, version).changed) == (State.FINISHED, 2)


def test_a_worker_finds_what_is_started_while_it_waits_and_a_standby_takes_over(dossier: Dossier) -> None:
    company(dossier, accounts=2)
    with working(dossier, workers=2):
        version = change(dossier)
        begin(dossier, version)
        catch_up(dossier)
        eventually(lambda: read(dossier, version).state is State.FINISHED)
    with working(dossier):
        version = change(dossier, payment_terms="NET60")
        begin(dossier, version)
        catch_up(dossier)
        eventually(lambda: read(dossier, version).state is State.FINISHED)
    assert len(propagated(dossier)) == 4


def test_an_account_opened_after_the_start_is_not_concerned(dossier: Dossier) -> None:  # rules 0.3, 2.16
    company(dossier, accounts=1)
    version = change(dossier)
    begin(dossier, version, run_date=TODAY)

    account(dossier, "A-2")
    work(dossier)
    assert told(dossier, version) == [("A-1", "", "changed", None)]

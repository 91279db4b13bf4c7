"""The engine: every event takes effect exactly once, whatever fails in between."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from psycopg import Connection

from aggregates.use_case import Request
from counting import (
    Counting,
    Renamed,
    add_other,
    eventually,
    installed,
    register,
    register_at_once,
    rows,
    rows_by_the_log,
    state,
)
from projections.catalogue import classes
from projections.engine import folding, pack
from projections.engine import runner as engine
from projections.engine.faults import ProjectionStoppedError
from projections.engine.projection import LoggedFact
from projections.engine.rebuild import rebuild
from projections.engine.runner import Runner, install
from read_models import fold_log
from store.application import Dossier
from store.database import Database
from store.events import NewEvent
from store.keys import MasterKeyError
from store.schema import migrate
from store.signals import Signal
from store.stopping import Stop

Ask = Callable[..., Request]


@pytest.fixture
def counting(dossier: Dossier) -> Counting:
    """The read model, installed."""
    return installed(dossier)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten positions a batch."""
    monkeypatch.setattr(folding, "BATCH_EVENTS", 10)


@contextmanager
def running(*runners: Runner) -> Iterator[Stop]:
    """Runs them in threads; the event stops them."""
    stop = Stop()
    threads = [threading.Thread(target=runner.run, args=[stop]) for runner in runners]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def runner_of(database: Database) -> int | None:
    """The backend that holds a runner's lock."""
    with database.connection() as connection:
        row = connection.execute(
            "SELECT l.pid FROM pg_locks l, (SELECT hashtextextended(%s, 0)) AS k (key)"
            " WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) | objid::bigint = key",
            [f"dossier/{database.schema}/runner/counting"],
        ).fetchone()
    return row[0] if row else None


def terminate(database: Database, pid: int) -> None:
    """Ends a backend, as a crash of its network or server would."""
    with database.connection() as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [pid])


def once(action: Callable[[Connection[Any]], None]) -> Callable[[Connection[Any]], None]:
    """Does something at its first call only."""
    left = [action]

    def do(connection: Connection[Any]) -> None:
        if left:
            left.pop()(connection)

    return do


# Folding


@pytest.mark.usefixtures("small_batches")
def test_events_are_folded_in_log_order_and_unwanted_topics_move_the_position_too(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 25)
    last = add_other(dossier, ask(), 7)
    assert fold_log(dossier, counting) == last
    assert rows(dossier) == rows_by_the_log(dossier)
    assert len(rows(dossier)) == 25
    assert [position for batch in counting.batches for position in batch] == list(range(1, 26))
    assert max(len(batch) for batch in counting.batches) == 10
    assert state(dossier)["position"] == last


def test_catching_up_again_folds_nothing_twice(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 3)
    assert fold_log(dossier, counting) == fold_log(dossier, counting) == 3
    assert rows(dossier) == rows_by_the_log(dossier)


def test_an_empty_log_is_caught_up_at_once(dossier: Dossier, counting: Counting) -> None:
    assert fold_log(dossier, counting) == 0
    assert state(dossier)["recorded_at"] is None


def test_positions_may_be_large_in_spite_of_the_small_integers_that_numbers_are_sent_as(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "BATCH_EVENTS", 32_767)
    register(dossier, ask(), 1, 1)
    fold_log(dossier, counting)
    register(dossier, ask(), 2, 1)
    assert fold_log(dossier, counting) == 2


@pytest.mark.usefixtures("small_batches")
def test_a_batch_never_parts_what_one_commit_recorded(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 3)
    register_at_once(dossier, ask(), 100, 30)
    register(dossier, ask(), 200, 3)
    fold_log(dossier, counting)
    assert [len(batch) for batch in counting.batches] == [33, 3]
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_running_runner_is_woken_by_the_log_and_tells_how_far_it_is(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POLL_S", 60.0)
    projected = Signal(dossier.database, "projected")
    projected.listen()
    register(dossier, ask(), 1, 1)
    with running(Runner(dossier, counting)) as stop:
        assert projected.wait(10, Stop()) == ["counting 1"]
        register(dossier, ask(), 2, 1)
        assert projected.wait(20, Stop()) == ["counting 2"]
        stop.set()
        register(dossier, ask(), 3, 1)
    projected.close()
    assert rows(dossier) == rows_by_the_log(dossier)[:2]


# Crashes


@pytest.mark.usefixtures("small_batches")
def test_a_connection_cut_in_the_middle_of_a_batch_leaves_nothing_of_it_and_is_no_poison(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 35)
    counting.when_written = once(lambda connection: terminate(dossier.database, connection.info.backend_pid))
    with running(Runner(dossier, counting)):
        eventually(lambda: state(dossier)["position"] == 35)
    assert counting.batches[0] == counting.batches[1]
    assert rows(dossier) == rows_by_the_log(dossier)
    assert state(dossier)["state"] == "running"
    assert state(dossier)["error"] is None


@pytest.mark.usefixtures("small_batches")
def test_a_runner_stopped_between_batches_is_continued_by_the_next(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 35)
    stop = Stop()
    counting.when_written = lambda connection: stop.set()
    Runner(dossier, counting).run(stop)
    assert state(dossier)["position"] == 10
    assert fold_log(dossier, counting) == 35
    assert rows(dossier) == rows_by_the_log(dossier)


_KILLED = """
import json, os, sys, threading
from counting import Counting
from projections.engine import folding, pack
from projections.engine.runner import Runner
from store.application import Dossier
from store.stopping import Stop

folding.BATCH_EVENTS = 2
dossier = Dossier(json.loads(sys.argv[1]))
counting = Counting(dossier)

def tell(connection):
    print(len(counting.batches), flush=True)
    if len(counting.batches) > 3:
        threading.Event().wait()

counting.when_written = tell
Runner(dossier, counting).run(Stop())
"""


def test_a_process_killed_in_the_middle_of_a_batch_is_replaced_without_loss_or_double(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    import json

    register(dossier, ask(), 1, 20)
    arguments = [sys.executable, "-c", _KILLED, json.dumps(dict(dossier.env))]
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        arguments, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "4\n":
                break
        process.send_signal(signal.SIGKILL)
    assert state(dossier)["position"] == 6
    assert fold_log(dossier, counting) == 20
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_runner_survives_the_loss_of_all_its_connections(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    with running(Runner(dossier, counting)):
        for first in (1, 11, 21):
            last = register_in_spite(dossier, ask(), first, 3)
            eventually(lambda last=last: position_in_spite(dossier) == last)
            with psycopg.connect(dossier.database.url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = %s AND pid <> pg_backend_pid()",
                    [f"dossier/{dossier.database.schema}"],
                )
        last = register_in_spite(dossier, ask(), 31, 3)
        eventually(lambda: position_in_spite(dossier) == last)
    assert rows(dossier) == rows_by_the_log(dossier)
    assert state(dossier)["error"] is None


def position_in_spite(dossier: Dossier) -> int | None:
    """The position of the read model; `None` where it was asked over a connection that is dead."""
    try:
        position: int = state(dossier)["position"]
    except OperationalError:
        return None
    return position


def register_in_spite(dossier: Dossier, request: Request, first: int, count: int) -> int:
    """Registers customers over connections that may be dead."""
    last = 0
    for number in range(first, first + count):
        while True:
            try:
                last = register(dossier, request, number, 1)
            except OperationalError:
                continue
            break
    return last


def test_a_standby_takes_over_when_the_active_runner_goes(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    first, second = Counting(dossier), Counting(dossier)
    with ExitStack() as stack:
        stop = stack.enter_context(running(Runner(dossier, first)))
        eventually(lambda: runner_of(dossier.database) is not None)
        stack.enter_context(running(Runner(dossier, second)))
        last = register(dossier, ask(), 1, 3)
        eventually(lambda: state(dossier)["position"] == last)
        assert second.batches == []
        stop.set()
        last = register(dossier, ask(), 11, 3)
        eventually(lambda: state(dossier)["position"] == last)
        assert second.batches != []
    assert rows(dossier) == rows_by_the_log(dossier)


# Poison


@pytest.mark.usefixtures("small_batches")
def test_a_poison_event_stops_its_read_model_only_with_everything_before_it_folded(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "STOPPED_POLL_S", 0.05)
    register(dossier, ask(), 1, 35)
    renamed = installed(dossier, Renamed)
    counting.refused = {"27"}
    with running(Runner(dossier, counting), Runner(dossier, renamed)):
        eventually(lambda: state(dossier)["state"] == "stopped")
        eventually(lambda: state(dossier, "renamed")["position"] == 35)
        since = state(dossier)["failed_at"]
        tries = len(counting.batches)
        eventually(lambda: len(counting.batches) > tries + 10)
        found = state(dossier)
        event = dossier.log_of_facts.select_notifications(27, 1)[0]
        assert (found["position"], found["failed_position"], found["failed_topic"]) == (26, 27, "customer.registered")
        assert found["failed_event"] == event.event_id
        assert found["failed_at"] == since
        assert found["recorded_at"] < event.recorded_at
        assert "LookupError in counting.py" in found["error"]
        assert rows(dossier) == rows_by_the_log(dossier)[:26]
        counting.refused = set()
        eventually(lambda: state(dossier)["position"] == 35)
    assert state(dossier)["state"] == "running"
    assert state(dossier)["failed_event"] is None
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_stopped_read_model_goes_on_when_it_is_started_again(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 5)
    counting.refused = {"4"}
    with pytest.raises(ProjectionStoppedError, match="at position 4"):
        fold_log(dossier, counting)
    with pytest.raises(ProjectionStoppedError, match="at position 4"):
        fold_log(dossier, counting)
    assert rows(dossier) == rows_by_the_log(dossier)[:3]
    assert fold_log(dossier, Counting(dossier)) == 5
    assert state(dossier)["state"] == "running"
    assert rows(dossier) == rows_by_the_log(dossier)


def test_an_event_that_cannot_be_decoded_is_poison(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 2)
    id_ = uuid4()
    dossier.log_of_facts.append([NewEvent(id_, 1, "customer.registered", b'{"number": 3}', uuid4(), uuid4())])
    register(dossier, ask(), 4, 2)
    with pytest.raises(ProjectionStoppedError, match="MapperDeserialisationError"):
        fold_log(dossier, counting)
    assert state(dossier)["failed_position"] == 3
    assert rows(dossier) == rows_by_the_log_until(dossier, 2)


def rows_by_the_log_until(dossier: Dossier, count: int) -> list[tuple[int, str]]:
    """What the read model must have after the first events of the log."""
    events = dossier.log_of_facts.select_notifications(1, count)
    facts = [(event.id, dossier.fact_mapper.to_domain_event(event)) for event in events]
    return [(position, str(fact.model_dump()["number"])) for position, fact in facts]


def test_what_is_told_of_a_poison_event_repeats_no_personal_value(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:  # rule 5.1
    from aggregates.customer.commands import register_customer

    register_customer(dossier, ask(), number="1", name="Grace Hopper")

    def reveal(connection: Connection[Any]) -> None:
        raise ValueError("Grace Hopper")

    counting.when_written = reveal
    with pytest.raises(ProjectionStoppedError) as stopped:
        fold_log(dossier, counting)
    assert "Grace" not in str(stopped.value)
    assert "Grace" not in state(dossier)["error"]
    assert "ValueError in test_engine.py" in state(dossier)["error"]


def test_a_log_that_cannot_be_read_stops_the_read_model_visibly_until_it_can(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "STOPPED_POLL_S", 0.05)
    last = register(dossier, ask(), 1, 2)
    refused = [MasterKeyError("not the key")] * 3

    def preload(_subjects: object, **_options: object) -> None:
        if refused:
            raise refused.pop()

    monkeypatch.setattr(dossier.fact_mapper.keys, "preload", preload)
    with pytest.raises(MasterKeyError):
        fold_log(dossier, counting)
    assert state(dossier)["state"] == "stopped"
    assert "MasterKeyError" in state(dossier)["error"]
    with running(Runner(dossier, counting)):
        eventually(lambda: state(dossier)["position"] == last)
    assert state(dossier)["state"] == "running"


def test_a_value_too_long_for_an_index_is_poison_though_the_server_calls_it_operational(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 2)
    counting.when_written = lambda connection: connection.execute(
        "UPDATE counted SET number = (SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 999))"
    )
    with pytest.raises(ProjectionStoppedError, match="ProgramLimitExceeded"):
        fold_log(dossier, counting)
    assert state(dossier)["failed_position"] == 1


def test_a_fault_that_no_single_event_shows_does_not_stop_anything(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 8)

    def refuse_many(connection: Connection[Any]) -> None:
        if len(counting.batches[-1]) > 2:
            raise ValueError("too many")

    counting.when_written = refuse_many
    assert fold_log(dossier, counting) == 8
    assert rows(dossier) == rows_by_the_log(dossier)


# Tables


def test_installing_twice_keeps_what_is_there(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    register(dossier, ask(), 1, 3)
    fold_log(dossier, counting)
    installed(dossier)
    migrate(dossier.database, partial(install, classes=classes()))
    assert state(dossier)["position"] == 3
    assert rows(dossier) == rows_by_the_log(dossier)


class Further(Counting):
    """A later version of the read model, which is folded from one more topic."""

    topics = Counting.topics | {"customer.alternate_number_added"}

    def fold(self, connection: Connection[Any], facts: Sequence[LoggedFact]) -> None:
        """Counts registrations as before."""
        if wanted := [seen for seen in facts if seen.fact.TOPIC in Counting.topics]:
            super().fold(connection, wanted)


def test_a_new_topic_asks_for_no_rebuild_while_no_event_of_it_was_passed(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 3)
    fold_log(dossier, counting)
    last = add_other(dossier, ask(), 2)
    with pytest.raises(ProjectionStoppedError, match="another version"):
        fold_log(dossier, Further(dossier))
    assert fold_log(dossier, installed(dossier, Further)) == last
    assert state(dossier)["topics"] == sorted(Further.topics)
    assert state(dossier)["state"] == "running"
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_new_topic_asks_for_a_rebuild_once_an_event_of_it_was_passed(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 3)
    add_other(dossier, ask(), 2)
    fold_log(dossier, counting)
    with pytest.raises(ProjectionStoppedError, match="dossier rebuild counting"):
        fold_log(dossier, installed(dossier, Further))
    rebuild(dossier, Further(dossier), lambda _position, _target: None)
    assert fold_log(dossier, Further(dossier)) == 4
    assert state(dossier)["topics"] == sorted(Further.topics)


@pytest.mark.parametrize("passed", [True, False])
def test_a_topic_that_is_not_folded_any_more_asks_for_a_rebuild_only_where_an_event_of_it_was(
    dossier: Dossier, ask: Ask, passed: bool
) -> None:
    further = installed(dossier, Further)
    register(dossier, ask(), 1, 3)
    if passed:
        add_other(dossier, ask(), 2)
    fold_log(dossier, further)
    counting = installed(dossier)
    if passed:
        with pytest.raises(ProjectionStoppedError, match="dossier rebuild counting"):
            fold_log(dossier, counting)
    else:
        assert fold_log(dossier, counting) == 3


def test_a_runner_of_an_earlier_version_folds_nothing_once_topics_were_taken_over(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    register(dossier, ask(), 1, 3)
    fold_log(dossier, counting)
    installed(dossier, Further)
    add_other(dossier, ask(), 2)
    with pytest.raises(ProjectionStoppedError, match="another version"):
        fold_log(dossier, counting)
    assert state(dossier)["position"] == 3
    assert fold_log(dossier, Further(dossier)) == 4


def test_how_the_definition_of_tables_is_broken_into_lines_does_not_matter() -> None:
    class Indented(Counting):
        ddl = Counting.ddl.replace("\n", "\n        ")

    assert Indented.definition() == Counting.definition()


def test_tables_made_by_another_definition_are_not_folded_into(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    class Changed(Counting):
        ddl = Counting.ddl + "CREATE INDEX counted_backwards ON counted (number DESC);"

    register(dossier, ask(), 1, 3)
    with pytest.raises(ProjectionStoppedError, match="dossier rebuild counting"):
        fold_log(dossier, Changed(dossier))
    assert state(dossier)["state"] == "stopped"
    assert state(dossier)["position"] == 0
    assert fold_log(dossier, counting) == 3
    assert state(dossier)["state"] == "running"

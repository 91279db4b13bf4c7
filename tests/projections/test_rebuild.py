"""A rebuild gives the same tables again, without disturbing readers and writers."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from aggregates.errors import ConflictError
from aggregates.use_case import Request
from counting import (
    Counting,
    add_other,
    eventually,
    installed,
    register,
    register_at_once,
    rows,
    rows_by_the_log,
    state,
)
from projections.engine import folding, pack
from projections.engine import rebuild as rebuilding
from projections.engine.faults import ProjectionStoppedError
from projections.engine.rebuild import RebuildFailedError, RebuildUnderWayError, rebuild
from projections.engine.runner import Runner
from projections.engine.states import ProjectionState
from projections.reading.read_models import ReadModels
from read_models import fold_log
from store.application import Dossier
from store.stopping import Stop

Ask = Callable[..., Request]


def quietly(position: int, target: int) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def counting(dossier: Dossier, ask: Ask) -> Counting:
    """The read model over thirty customers, caught up."""
    counting = installed(dossier)
    register_at_once(dossier, ask(), 1, 10)
    register(dossier, ask(), 11, 19)
    add_other(dossier, ask(), 5)
    register(dossier, ask(), 30, 1)
    fold_log(dossier, counting)
    return counting


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten positions a batch."""
    monkeypatch.setattr(folding, "BATCH_EVENTS", 10)


@pytest.fixture
def read_models(dossier: Dossier, counting: Counting) -> ReadModels:
    """For reading."""
    return ReadModels(dossier, [counting])


def relations(dossier: Dossier) -> list[tuple[str, str]]:
    """Tables and indexes of the read model, with their schemas, and whatever a rebuild left."""
    with dossier.database.connection() as connection:
        return connection.execute(
            "SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE starts_with(nspname, %s) AND (relname ~ '^counted' OR nspname <> %s) ORDER BY 1, 2",
            [dossier.database.schema, dossier.database.schema],
        ).fetchall()


def counted(read_models: ReadModels) -> ProjectionState:
    """How the read model is doing."""
    (found,) = (state for state in read_models.states() if state.name == "counting")
    return found


def in_thread(action: Callable[[], Any]) -> threading.Thread:
    """Runs it beside the test."""
    thread = threading.Thread(target=action)
    thread.start()
    return thread


# The result


@pytest.mark.usefixtures("small_batches")
def test_a_rebuilt_read_model_is_the_same_as_before(dossier: Dossier, counting: Counting) -> None:
    before, names = rows(dossier), relations(dossier)
    with dossier.database.connection() as connection:
        connection.execute("UPDATE counted SET number = 'spoilt'")
    progress: list[tuple[int, int]] = []
    report = rebuild(dossier, counting, lambda *reached: progress.append(reached))
    assert rows(dossier) == before == rows_by_the_log(dossier)
    assert relations(dossier) == names
    assert progress == [(10, 31), (20, 31), (30, 31), (31, 31)]
    assert (report.name, report.position, report.generation, report.swaps_tried) == ("counting", 31, 2, 1)
    assert state(dossier)["generation"] == 2
    assert rebuild(dossier, counting, quietly).generation == 3
    assert rows(dossier) == before


def test_a_rebuild_over_an_empty_log_is_no_special_case(dossier: Dossier) -> None:
    counting = installed(dossier)
    assert rebuild(dossier, counting, quietly).position == 0
    assert rows(dossier) == []


@pytest.mark.usefixtures("small_batches")
def test_progress_can_be_seen_by_everybody(dossier: Dossier, counting: Counting, read_models: ReadModels) -> None:
    seen = []

    def look(position: int, target: int) -> None:
        found = counted(read_models)
        assert found.rebuild_active
        assert found.rebuild_started_at is not None
        seen.append((found.rebuild_position, found.rebuild_target))

    rebuild(dossier, counting, look)
    assert seen == [(10, 31), (20, 31), (30, 31), (31, 31)]
    found = counted(read_models)
    assert (found.rebuild_position, found.rebuild_target, found.rebuild_active) == (None, None, False)


def test_tables_of_an_earlier_definition_are_replaced_by_those_of_this_one(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    class Changed(Counting):
        tables = ("counted", "counted_in_all", "counted_anew")
        ddl = Counting.ddl + "CREATE TABLE counted_anew (one boolean PRIMARY KEY);"

    rebuild(dossier, Changed(dossier), quietly)
    register(dossier, ask(), 50, 1)
    with pytest.raises(ProjectionStoppedError, match="another version"):
        fold_log(dossier, counting)
    assert fold_log(dossier, Changed(dossier)) == 32
    assert rows(dossier) == rows_by_the_log(dossier)
    rebuild(dossier, counting, quietly)
    assert "counted_anew" not in [name for _, name in relations(dossier)]


def test_a_definition_that_makes_other_tables_than_it_names_is_refused(dossier: Dossier, counting: Counting) -> None:
    class Forgetful(Counting):
        ddl = "CREATE TABLE counted (position bigint PRIMARY KEY, number text NOT NULL);"

    before = rows(dossier)
    with pytest.raises(RebuildFailedError, match="other tables"):
        rebuild(dossier, Forgetful(dossier), quietly)
    assert rows(dossier) == before


# Meanwhile


@pytest.mark.usefixtures("small_batches")
def test_reads_never_fail_nor_go_back_while_models_are_rebuilt_and_events_arrive(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    ended, faults, views = threading.Event(), [], []

    def read() -> None:
        last = 0
        while not ended.is_set():
            try:
                with read_models.view("counting") as view:
                    found = view.connection.execute("SELECT count(*), max(position) FROM counted").fetchone()
                    log = view.connection.execute(
                        "SELECT count(*), max(position) FROM events"
                        " WHERE position <= %s AND topic = 'customer.registered'",
                        [view.position],
                    ).fetchone()
                assert found == log
                assert view.position >= last
                last = view.position
                views.append(last)
            except Exception as error:
                faults.append(error)
                raise

    def write() -> None:
        for number in range(1_000, 1_400):
            if ended.is_set():
                break
            register(dossier, ask(), number, 1)

    threads = [in_thread(read), in_thread(read), in_thread(write)]
    stop = Stop()
    threads.append(in_thread(lambda: Runner(dossier, Counting(dossier)).run(stop)))
    try:
        for generation in range(2, 8):
            assert rebuild(dossier, counting, quietly).generation == generation
    finally:
        ended.set()
        for thread in threads[:3]:
            thread.join()
        eventually(lambda: state(dossier)["position"] == dossier.log_of_facts.max_notification_id())
        stop.set()
        threads[3].join()
    assert not faults
    assert len(views) > 20
    assert rows(dossier) == rows_by_the_log(dossier)


@pytest.mark.usefixtures("small_batches")
def test_events_flow_to_the_old_tables_during_a_rebuild_and_are_in_the_new_ones(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    live = partial(fold_log, dossier, Counting(dossier))

    def record(position: int, target: int) -> None:
        if position <= 31:
            last = register(dossier, ask(), 1_000 + position, 1)
            assert live() == last
            assert rows(dossier) == rows_by_the_log(dossier)

    report = rebuild(dossier, counting, record)
    assert report.position == dossier.log_of_facts.max_notification_id()
    assert rows(dossier) == rows_by_the_log(dossier)
    assert live() == report.position


def test_events_that_come_between_the_last_batch_and_the_swap_are_folded_in_the_swap(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, hold = partial(fold_log, dossier, Counting(dossier)), rebuilding.Rebuild._hold_runner

    def late(self: Any, connection: Any) -> None:
        register(dossier, ask(), 500, 3)
        live()
        hold(self, connection)

    monkeypatch.setattr(rebuilding.Rebuild, "_hold_runner", late)
    report = rebuild(dossier, counting, quietly)
    assert (report.position, report.swaps_tried) == (34, 1)
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_swap_that_too_much_came_before_is_tried_again_later(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, hold, first = partial(fold_log, dossier, Counting(dossier)), rebuilding.Rebuild._hold_runner, iter([500])

    def late(self: Any, connection: Any) -> None:
        for number in first:
            register_at_once(dossier, ask(), number, 5)
            live()
        hold(self, connection)

    monkeypatch.setattr(rebuilding, "SWAP_WITHIN", 4)
    monkeypatch.setattr(rebuilding.Rebuild, "_hold_runner", late)
    assert rebuild(dossier, counting, quietly).swaps_tried == 2
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_view_that_is_open_at_the_swap_keeps_its_tables_and_the_swap_waits(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    reports = []
    with read_models.view("counting") as view:
        thread = in_thread(lambda: reports.append(rebuild(dossier, counting, quietly)))
        eventually(lambda: state(dossier)["rebuild_position"] == 31)
        eventually(lambda: _waits_for_lock(dossier))
        found = view.connection.execute("SELECT count(*) FROM counted").fetchone()
        assert found == (30,)
    thread.join()
    assert reports[0].generation == 2
    with read_models.view("counting") as view:
        assert view.connection.execute("SELECT count(*) FROM counted").fetchone() == (30,)


def _waits_for_lock(dossier: Dossier) -> bool:
    with dossier.database.connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'",
            [f"dossier/{dossier.database.schema}"],
        ).fetchone()
    return row is not None and row[0] > 0


def test_a_swap_gives_up_when_a_reader_never_ends_and_the_old_tables_stay(
    dossier: Dossier, counting: Counting, read_models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "MOST_SWAPS", 2)
    names = relations(dossier)
    with read_models.view("counting"), pytest.raises(RebuildFailedError, match="did not let go"):
        rebuild(dossier, counting, quietly)
    assert relations(dossier) == names
    assert state(dossier)["rebuild_position"] is None
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_statement_prepared_before_the_swap_reads_the_new_tables(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    query = "SELECT number FROM counted WHERE position = %s"
    with dossier.database.connect() as connection:
        connection.prepare_threshold = 0
        assert connection.execute(query, [1]).fetchone() == ("1",)
        rebuild(dossier, counting, quietly)
        last = register(dossier, ask(), 77, 1)
        fold_log(dossier, counting)
        assert connection.execute(query, [last]).fetchone() == ("77",)
        assert connection.execute(query, [1]).fetchone() == ("1",)
        names = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        assert names is not None
        assert names[0] >= 1


def test_a_running_runner_goes_on_in_the_new_tables(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    stop = Stop()
    thread = in_thread(lambda: Runner(dossier, Counting(dossier)).run(stop))
    try:
        for number in range(100, 104):
            last = register(dossier, ask(), number, 1)
            eventually(lambda last=last: state(dossier)["position"] == last)
            rebuild(dossier, counting, quietly)
    finally:
        stop.set()
        thread.join()
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_swap_waits_for_the_batch_that_the_runner_has_begun(dossier: Dossier, ask: Ask, counting: Counting) -> None:
    begun, go_on, live = threading.Event(), threading.Event(), Counting(dossier)

    def hold() -> None:
        begun.set()
        go_on.wait(10)

    live.when_begun = hold
    last = register(dossier, ask(), 100, 1)
    threads = [in_thread(partial(fold_log, dossier, live))]
    try:
        assert begun.wait(10)
        threads.append(in_thread(lambda: rebuild(dossier, counting, quietly)))
        eventually(lambda: _waits_for_lock(dossier))
        assert state(dossier)["generation"] == 1
    finally:
        go_on.set()
        for thread in threads:
            thread.join()
    assert (state(dossier)["generation"], state(dossier)["position"]) == (2, last)
    assert len(live.batches) == 1
    assert rows(dossier) == rows_by_the_log(dossier)


# When it fails


@pytest.mark.usefixtures("small_batches")
def test_a_rebuild_that_was_killed_harms_nothing_and_can_be_started_again(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    def kill(connection: psycopg.Connection[Any]) -> None:
        if len(killed.batches) == 2:
            with dossier.database.connection() as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])

    killed = Counting(dossier)
    killed.when_written = kill
    with pytest.raises((psycopg.OperationalError, OperationalError)):
        rebuild(dossier, killed, quietly)
    eventually(lambda: not counted(read_models).rebuild_active)
    assert counted(read_models).rebuild_position == 10
    register(dossier, ask(), 88, 1)
    fold_log(dossier, Counting(dossier))
    assert rows(dossier) == rows_by_the_log(dossier)
    assert rebuild(dossier, counting, quietly).generation == 2
    assert rows(dossier) == rows_by_the_log(dossier)
    assert counted(read_models).rebuild_position is None
    assert {schema for schema, _ in relations(dossier)} == {dossier.database.schema}


@pytest.mark.usefixtures("small_batches")
def test_a_second_rebuild_of_the_same_read_model_is_refused(dossier: Dossier, counting: Counting) -> None:
    refused: list[ConflictError] = []

    def again(position: int, target: int) -> None:
        with pytest.raises(RebuildUnderWayError, match="being rebuilt already") as raised:
            rebuild(dossier, Counting(dossier), quietly)
        refused.append(raised.value)

    rebuild(dossier, counting, again)
    assert len(refused) == 4
    assert rows(dossier) == rows_by_the_log(dossier)


def test_a_rebuild_over_a_poison_event_names_it_and_leaves_the_old_tables(dossier: Dossier, counting: Counting) -> None:
    names = relations(dossier)
    counting.refused = {"17"}
    with pytest.raises(RebuildFailedError, match="at position 17: LookupError"):
        rebuild(dossier, counting, quietly)
    assert relations(dossier) == names
    assert rows(dossier) == rows_by_the_log(dossier)
    assert state(dossier)["state"] == "running"
    assert state(dossier)["rebuild_position"] is None


def test_a_rebuild_by_mended_code_sets_a_stopped_read_model_going(
    dossier: Dossier, ask: Ask, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "STOPPED_POLL_S", 0.05)
    counting.refused = {"90"}
    register(dossier, ask(), 90, 1)
    with suppress(ProjectionStoppedError):
        fold_log(dossier, counting)
    assert state(dossier)["state"] == "stopped"
    assert rebuild(dossier, Counting(dossier), quietly).position == 32
    assert state(dossier)["state"] == "running"
    assert rows(dossier) == rows_by_the_log(dossier)

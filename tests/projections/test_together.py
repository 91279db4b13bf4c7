"""Read models that one runner keeps up to date: read once, moved together, and each by itself in every other respect."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql

from aggregates.use_case import Request
from counting import Counting, Renamed, eventually, installed, register, register_at_once, rows, rows_by_the_log, state
from projections.engine import members, pack, positions
from projections.engine.projection import LoggedFact
from projections.engine.runner import Runner
from projections.engine.single import Single, folding_connection
from read_models import fold_log
from store import outages
from store.application import Dossier
from store.heartbeats import Progress
from store.stopping import Stop

Ask = Callable[..., Request]


class Third(Renamed):
    """One more."""

    name = "third"
    tables = ("third",)
    ddl = "CREATE TABLE third (position bigint PRIMARY KEY)"

    def fold(self, connection: Connection[Any], facts: Sequence[LoggedFact]) -> None:
        """Inserts the positions; fails as `Counting` does."""
        self.when_begun()
        self.batches.append([seen.position for seen in facts])
        connection.execute("INSERT INTO third SELECT unnest(%s::bigint[])", [self.batches[-1]])
        self.when_written(connection)


@pytest.fixture
def models(dossier: Dossier) -> list[Counting]:
    """Three read models, installed."""
    return [installed(dossier, kind) for kind in (Counting, Renamed, Third)]


@contextmanager
def running(runner: Runner) -> Iterator[None]:
    """Runs it in a thread."""
    stop = Stop()
    thread = threading.Thread(target=runner.run, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def at(dossier: Dossier, *names: str) -> set[int]:
    """The positions of these read models."""
    return {state(dossier, name)["position"] for name in names or ("counting", "renamed", "third")}


def positions_in(dossier: Dossier, table: str) -> list[int]:
    """What a table has."""
    with dossier.database.connection() as connection:
        return [row[0] for row in connection.execute(f"SELECT position FROM {table} ORDER BY position")]


def check_rows(dossier: Dossier, end: int) -> None:
    """Every event has its effect exactly once in each of the three, up to a position."""
    assert rows(dossier) == rows_by_the_log(dossier)
    wanted = [position for position, _ in rows_by_the_log(dossier)]
    assert positions_in(dossier, "renamed") == positions_in(dossier, "third") == wanted
    assert at(dossier) == {end}


@pytest.mark.parametrize("few", [0, 1_000])
def test_each_event_is_decoded_once_for_all_of_them(
    dossier: Dossier, ask: Ask, models: list[Counting], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(pack, "FEW_EVENTS", few)
    end = register(dossier, ask(), 1, 5)
    decode, decoded = dossier.fact_mapper.to_domain_event, []

    def counted(event: Any) -> Any:
        decoded.append(event.id)
        return decode(event)

    monkeypatch.setattr(dossier.fact_mapper, "to_domain_event", counted)
    with closing(folding_connection(dossier.database)) as connection:
        assert Runner(dossier, *models).catch_up(connection, Stop()) == end
    assert decoded == list(range(1, end + 1))
    check_rows(dossier, end)


def test_few_events_move_all_of_them_in_one_transaction(dossier: Dossier, ask: Ask, models: list[Counting]) -> None:
    end = register(dossier, ask(), 1, 5)
    transactions = []
    for model in models[::2]:
        model.when_written = lambda connection: transactions.append(
            connection.execute("SELECT pg_current_xact_id()").fetchone()
        )
    with closing(folding_connection(dossier.database)) as connection:
        Runner(dossier, *models).catch_up(connection, Stop())
    assert len(transactions) == 2
    assert len(set(transactions)) == 1
    check_rows(dossier, end)


@pytest.mark.parametrize("few", [0, 1_000])
def test_an_event_that_one_cannot_be_folded_over_stops_that_one_only(
    dossier: Dossier, ask: Ask, models: list[Counting], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(pack, "FEW_EVENTS", few)
    monkeypatch.setattr(pack, "STOPPED_POLL_S", 0.05)
    models[0].refused = {"4"}
    end = register(dossier, ask(), 1, 6)
    with running(Runner(dossier, *models)):
        eventually(lambda: at(dossier, "renamed", "third") == {end})
        eventually(lambda: state(dossier)["state"] == "stopped")
        assert (state(dossier)["position"], state(dossier)["failed_position"]) == (3, 4)
        assert state(dossier, "third")["state"] == "running"
        end = register(dossier, ask(), 7, 2)
        eventually(lambda: at(dossier, "renamed", "third") == {end})
        assert state(dossier)["position"] == 3
        models[0].refused = set()
        eventually(lambda: at(dossier) == {end})
        assert state(dossier)["state"] == "running"
        end = register(dossier, ask(), 9, 2)
        eventually(lambda: at(dossier) == {end})
    check_rows(dossier, end)


def test_one_that_is_behind_comes_first_and_then_they_go_on_together(
    dossier: Dossier, ask: Ask, models: list[Counting]
) -> None:
    register(dossier, ask(), 1, 3)
    fold_log(dossier, models[0])
    register(dossier, ask(), 4, 3)
    fold_log(dossier, models[1])
    end = register(dossier, ask(), 7, 3)
    for model in models:
        model.batches.clear()
    with closing(folding_connection(dossier.database)) as connection:
        assert Runner(dossier, *models).catch_up(connection, Stop()) == end
    assert models[0].batches == [[4, 5, 6], [7, 8, 9]]
    assert models[2].batches == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    check_rows(dossier, end)


def test_one_that_is_far_behind_catches_up_by_itself_and_joins_the_others(
    dossier: Dossier, ask: Ask, models: list[Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "FAR", 5)
    register(dossier, ask(), 1, 10)
    for model in models[:2]:
        fold_log(dossier, model)
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go_on.wait(20)

    models[2].when_begun = hold
    with running(Runner(dossier, *models)):
        assert begun.wait(20)
        end = register(dossier, ask(), 11, 1)
        eventually(lambda: at(dossier, "counting", "renamed") == {end})
        assert state(dossier, "third")["position"] == 0
        go_on.set()
        eventually(lambda: at(dossier) == {end})
        end = register(dossier, ask(), 12, 1)
        eventually(lambda: at(dossier) == {end})
    check_rows(dossier, end)


def test_one_with_long_work_does_not_hold_up_the_others(
    dossier: Dossier, ask: Ask, models: list[Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models[2], "takes_long", lambda facts: facts[0].fact.number == "1")
    go_on = threading.Event()
    models[2].when_begun = lambda: go_on.wait(20)  # type: ignore[assignment, return-value]
    with running(Runner(dossier, *models)):
        register(dossier, ask(), 1, 1)
        end = register(dossier, ask(), 2, 1)
        eventually(lambda: at(dossier, "counting", "renamed") == {end})
        assert state(dossier, "third")["position"] == 0
        go_on.set()
        eventually(lambda: at(dossier) == {end})
    check_rows(dossier, end)


def test_one_whose_statements_take_too_long_does_not_hold_up_the_others(
    dossier: Dossier, ask: Ask, models: list[Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "RETRY_S", 0.02)
    too_long = threading.Event()
    too_long.set()

    def cancel(connection: Connection[Any]) -> None:
        if too_long.is_set():
            raise psycopg.errors.QueryCanceled("canceling statement due to statement timeout")

    models[2].when_written = cancel
    marks = {"third": Progress()}
    with running(Runner(dossier, *models, progress=marks)):
        for number in range(1, 4):
            end = register(dossier, ask(), number, 1)
            eventually(lambda end=end: at(dossier, "counting", "renamed") == {end})
        eventually(lambda: marks["third"].state() == ("waiting", outages.TOO_SLOW))
        assert state(dossier, "third")["position"] == 0
        too_long.clear()
        eventually(lambda: at(dossier) == {end})
        end = register(dossier, ask(), 4, 1)
        eventually(lambda: at(dossier) == {end})
    assert state(dossier, "third")["state"] == "running"
    check_rows(dossier, end)


def test_one_whose_tables_are_being_swapped_is_left_out_for_that_time(
    dossier: Dossier, ask: Ask, models: list[Counting]
) -> None:
    with running(Runner(dossier, *models)), dossier.database.connect() as swapping:
        lock = positions.tables_lock(dossier.database, "third")
        swapping.execute(sql.SQL("SELECT pg_advisory_lock({})").format(lock))
        end = register(dossier, ask(), 1, 3)
        eventually(lambda: at(dossier, "counting", "renamed") == {end})
        assert state(dossier, "third")["position"] == 0
        swapping.execute(sql.SQL("SELECT pg_advisory_unlock({})").format(lock))
        eventually(lambda: at(dossier) == {end})
    check_rows(dossier, end)


@pytest.mark.parametrize("few", [0, 1_000])
def test_a_connection_cut_while_they_are_folded_leaves_nothing_double_and_nothing_out(
    dossier: Dossier, ask: Ask, models: list[Counting], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(pack, "FEW_EVENTS", few)
    end = register(dossier, ask(), 1, 6)
    cuts = [models[2], models[0]]

    def cut(connection: Connection[Any]) -> None:
        if cuts:
            cuts.pop()
            with dossier.database.connection() as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])

    models[0].when_written = models[2].when_written = cut
    with running(Runner(dossier, *models)):
        eventually(lambda: at(dossier) == {end})
    assert cuts == []
    assert {state(dossier, model.name)["error"] for model in models} == {None}
    check_rows(dossier, end)


_KILLED = """
import json, sys, threading
from counting import Counting, Renamed
from projections.engine import folding, pack
from projections.engine.runner import Runner
from store.application import Dossier
from store.stopping import Stop

folding.BATCH_EVENTS = folding.FAR_EVENTS = 2
pack.FEW_EVENTS = int(sys.argv[2])
dossier = Dossier(json.loads(sys.argv[1]))
counting, renamed = Counting(dossier), Renamed(dossier)

def tell(connection):
    if len(counting.batches) > 3:
        print("now", flush=True)
        threading.Event().wait()

counting.when_written = tell
Runner(dossier, counting, renamed).run(Stop())
"""


@pytest.mark.parametrize("few", [0, 1_000])
def test_a_process_killed_while_it_folds_them_is_replaced_without_loss_or_double(
    dossier: Dossier, ask: Ask, models: list[Counting], few: int
) -> None:
    end = register(dossier, ask(), 1, 20)
    arguments = [sys.executable, "-c", _KILLED, json.dumps(dict(dossier.env)), str(few)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(arguments, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
    assert state(dossier)["position"] == 6
    with running(Runner(dossier, *models)):
        eventually(lambda: at(dossier) == {end})
    check_rows(dossier, end)


def test_a_batch_that_another_process_has_folded_meanwhile_is_not_folded_again(
    dossier: Dossier, ask: Ask, models: list[Counting]
) -> None:
    register(dossier, ask(), 1, 3)
    single = Single(dossier, models[0])
    with closing(folding_connection(dossier.database)) as connection:
        place = single.place(connection)
        batch = single._reader.next(connection, 0)
        assert batch is not None
        fold_log(dossier, models[0])
        single.store(connection, place, batch)
    assert rows(dossier) == rows_by_the_log(dossier)
    assert state(dossier)["state"] == "running"


def test_each_is_led_by_one_process_and_the_others_stand_by_for_it_alone(
    dossier: Dossier, ask: Ask, models: list[Counting]
) -> None:
    marks = {name: Progress() for name in ("counting", "third")}
    first, second = Runner(dossier, models[0], models[1]), Runner(dossier, Counting(dossier), models[2], progress=marks)
    with running(first):
        end = register(dossier, ask(), 1, 1)
        eventually(lambda: at(dossier, "counting", "renamed") == {end})
        with running(second):
            eventually(lambda: at(dossier, "third") == {end})
            eventually(lambda: marks["counting"].state() == ("standby", None))
            assert marks["third"].state() == ("active", None)
    check_rows(dossier, end)


def test_a_set_of_events_in_one_commit_is_not_parted(
    dossier: Dossier, ask: Ask, models: list[Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    from projections.engine import folding

    monkeypatch.setattr(folding, "BATCH_EVENTS", 4)
    monkeypatch.setattr(folding, "FAR_EVENTS", 8)
    register(dossier, ask(), 1, 3)
    register_at_once(dossier, ask(), 100, 12)
    end = register(dossier, ask(), 200, 30)
    with closing(folding_connection(dossier.database)) as connection:
        Runner(dossier, *models).catch_up(connection, Stop())
    assert [len(batch) for batch in models[0].batches] == [15, 8, 8, 8, 6]
    check_rows(dossier, end)

"""Views: they wait for a position, read at two clocks, and always give the same answer."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from eventsourcing.persistence import OperationalError
from psycopg import errors

from aggregates.errors import InvalidError
from aggregates.use_case import Request
from clocks import let_the_clock_have_been_ahead
from counting import Counting, Renamed, eventually, installed, register, register_at_once, rows_by_the_log
from projections.engine.faults import ProjectionStoppedError
from projections.engine.positions import NotInstalledError
from projections.engine.runner import Runner
from projections.reading import read_models as reading
from projections.reading.places import NOTHING_KNOWN
from projections.reading.read_models import ReadModels, as_known_at
from projections.reading.view import BehindError, KnownAtError
from read_models import fold_log
from store.application import Dossier
from store.stopping import Stop

Ask = Callable[..., Request]


@pytest.fixture
def counting(dossier: Dossier) -> Counting:
    """The read model, installed."""
    return installed(dossier)


@pytest.fixture
def read_models(dossier: Dossier, counting: Counting) -> Iterator[ReadModels]:
    """Listening."""
    read_models = ReadModels(dossier, [counting, installed(dossier, Renamed)])
    read_models.start()
    yield read_models
    read_models.close()


@pytest.fixture
def live(dossier: Dossier, counting: Counting) -> Iterator[threading.Event]:
    """A runner at work."""
    stop = Stop()
    thread = threading.Thread(target=Runner(dossier, counting).run, args=[stop])
    thread.start()
    yield stop
    stop.set()
    thread.join()


def instant(dossier: Dossier, position: int) -> datetime:
    """When the event at a position was recorded."""
    return dossier.log_of_facts.select_notifications(position, 1)[0].recorded_at


# Positions


@pytest.mark.usefixtures("live")
def test_a_read_sees_the_write_before_it(dossier: Dossier, ask: Ask, read_models: ReadModels) -> None:
    waited = []
    for number in range(1, 31):
        position = register(dossier, ask(), number, 1)
        begun = time.monotonic()
        with read_models.view("counting", position=position) as view:
            waited.append(time.monotonic() - begun)
            found = view.connection.execute("SELECT number FROM counted WHERE position = %s", [position]).fetchone()
        assert found == (str(number),)
        assert view.position >= position
        assert view.known_at >= instant(dossier, position)
    assert sorted(waited)[15] < reading.POLL_S / 2  # it is told, and need not look


@pytest.mark.usefixtures("live")
def test_a_read_sees_the_write_before_it_even_while_nobody_listens(
    dossier: Dossier, ask: Ask, counting: Counting
) -> None:
    position = register(dossier, ask(), 1, 1)
    with ReadModels(dossier, [counting]).view("counting", position=position) as view:
        assert view.position == position


def test_a_read_of_a_position_that_is_not_reached_is_refused_in_time(
    dossier: Dossier, ask: Ask, read_models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WAIT_S", 0.2)
    position = register(dossier, ask(), 1, 1)
    begun = time.monotonic()
    with pytest.raises(BehindError, match="at position 0, behind 1"), read_models.view("counting", position=position):
        pass
    assert 0.2 <= time.monotonic() - begun < 1.9


def test_a_read_waits_for_every_read_model_it_names(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WAIT_S", 0.2)
    register(dossier, ask(), 1, 2)
    fold_log(dossier, Renamed(dossier))
    register(dossier, ask(), 3, 2)
    fold_log(dossier, counting)
    with read_models.view("counting", "renamed") as view:
        assert view.position == 2
        assert view.known_at == instant(dossier, 2)
    with pytest.raises(BehindError), read_models.view("counting", "renamed", position=3):
        pass
    with read_models.view("counting", position=3) as view:
        assert view.position == 4


def test_a_read_model_that_stopped_before_the_position_is_not_waited_for(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WAIT_S", 30.0)
    register(dossier, ask(), 1, 5)
    counting.refused = {"3"}
    with pytest.raises(ProjectionStoppedError):
        fold_log(dossier, counting)
    begun = time.monotonic()
    with (
        pytest.raises(BehindError, match="counting stopped before position 5"),
        read_models.view("counting", position=5),
    ):
        pass
    assert time.monotonic() - begun < 10
    with read_models.view("counting", position=2) as view:
        assert view.position == 2


def test_positions_are_found_though_the_listening_connection_was_lost(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    with dossier.database.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND application_name = %s",
            [f"dossier/{dossier.database.schema}"],
        )
    last = register(dossier, ask(), 1, 1)
    fold_log(dossier, counting)
    with read_models.view("counting", position=last) as view:
        assert view.position == last


# The two clocks


def test_what_is_known_is_what_all_named_read_models_know(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    with read_models.view("counting") as view:
        assert (view.position, view.known_at) == (0, NOTHING_KNOWN)
    register(dossier, ask(), 1, 2)
    fold_log(dossier, counting)
    with read_models.view("counting") as view:
        assert (view.position, view.known_at) == (2, instant(dossier, 2))
    with read_models.view("counting", "renamed") as view:
        assert (view.position, view.known_at) == (0, NOTHING_KNOWN)


def test_an_instant_before_what_is_known_is_answered_at_once(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    register(dossier, ask(), 1, 2)
    fold_log(dossier, counting)
    register(dossier, ask(), 3, 1)
    naive = instant(dossier, 1).replace(tzinfo=None)
    for known_at in (instant(dossier, 1), naive):
        with read_models.view("counting", known_at=known_at) as view:
            assert view.known_at == instant(dossier, 1)


def test_an_instant_after_what_is_known_waits_for_all_that_was_recorded_until_then(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.3
    monkeypatch.setattr(reading, "WAIT_S", 0.2)
    register(dossier, ask(), 1, 2)
    fold_log(dossier, counting)
    now = datetime.now(UTC)
    with read_models.view("counting", known_at=now) as view:
        assert (view.known_at, view.position) == (now, 2)
    register(dossier, ask(), 3, 1)
    with pytest.raises(BehindError), read_models.view("counting", known_at=datetime.now(UTC)):
        pass
    fold_log(dossier, counting)
    with read_models.view("counting", known_at=datetime.now(UTC)) as view:
        assert view.position == 3


@pytest.mark.usefixtures("live")
def test_an_answer_for_now_waits_for_the_append_under_way(dossier: Dossier, ask: Ask, read_models: ReadModels) -> None:
    for number in range(1, 40, 10):
        register_at_once(dossier, ask(), number, 10)
        now = datetime.now(UTC)
        with read_models.view("counting", known_at=now) as view:
            found = view.connection.execute("SELECT count(*) FROM counted").fetchone()
        assert found == (number + 9,)


def test_the_future_is_not_known(dossier: Dossier, ask: Ask, read_models: ReadModels) -> None:
    known_at = datetime.now(UTC) + timedelta(seconds=5)
    with pytest.raises(KnownAtError) as refused, read_models.view("counting", known_at=known_at):
        pass
    assert isinstance(refused.value, InvalidError)
    assert refused.value.field == "known_at"


def test_what_the_log_holds_is_known_although_the_clock_was_set_back(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:  # rule 0.3
    register(dossier, ask(), 1, 1)
    let_the_clock_have_been_ahead(dossier)
    register(dossier, ask(), 2, 1)
    fold_log(dossier, counting)
    last = instant(dossier, 2)
    assert as_known_at(dossier.database, None) == as_known_at(dossier.database, last) == last
    with read_models.view("counting", known_at=last) as view:
        assert (view.position, view.known_at) == (2, last)
    with pytest.raises(KnownAtError), read_models.view("counting", known_at=last + timedelta(microseconds=1)):
        pass


def test_an_empty_log_is_as_known_now(dossier: Dossier) -> None:
    assert abs(as_known_at(dossier.database, None) - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_read_model_that_stopped_inside_a_commit_does_not_claim_to_know_its_instant(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels, batch: int
) -> None:  # rule 0.3
    register(dossier, ask(), 1, batch)
    register_at_once(dossier, ask(), 10, 5)
    counting.refused = {"13"}
    with pytest.raises(ProjectionStoppedError):
        fold_log(dossier, counting)
    with read_models.view("counting") as view:
        assert view.position == batch + 3
        assert instant(dossier, batch) <= view.known_at < instant(dossier, batch + 1)


def test_the_day_is_today_unless_it_is_named(dossier: Dossier, read_models: ReadModels) -> None:
    with read_models.view("counting") as view:
        assert view.valid_at == dossier.today()
        assert view.company == "demo"
        assert view.keys is dossier.fact_mapper.keys
    with read_models.view("counting", valid_at=date(2020, 2, 29)) as view:
        assert view.valid_at == date(2020, 2, 29)


# One view


def test_a_view_does_not_move_and_writes_nothing(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    register(dossier, ask(), 1, 2)
    fold_log(dossier, counting)
    with read_models.view("counting") as view:
        register(dossier, ask(), 3, 2)
        fold_log(dossier, counting)
        assert view.connection.execute("SELECT count(*) FROM counted").fetchone() == (2,)
        with pytest.raises(errors.ReadOnlySqlTransaction):
            view.connection.execute("DELETE FROM counted")
    with read_models.view("counting") as view:
        assert view.connection.execute("SELECT count(*) FROM counted").fetchone() == (4,)


def test_read_models_without_tables_say_what_to_run(dossier: Dossier, counting: Counting) -> None:
    with dossier.database.connection() as connection:
        connection.execute("DELETE FROM projections WHERE name = 'counting'")
    with pytest.raises(NotInstalledError, match="dossier migrate"), ReadModels(dossier, [counting]).view("counting"):
        pass
    with pytest.raises(NotInstalledError, match="dossier migrate"):
        fold_log(dossier, counting)


def test_read_models_of_an_earlier_version_say_what_to_run(dossier: Dossier, counting: Counting) -> None:
    class Changed(Counting):
        tables = (*Counting.tables, "counted_anew")

    del counting
    with (
        pytest.raises(NotInstalledError, match="dossier rebuild counting"),
        ReadModels(dossier, [Changed(dossier)]).view("counting"),
    ):
        pass


# States


def test_states_tell_position_lag_and_why_one_stopped(
    dossier: Dossier, ask: Ask, counting: Counting, read_models: ReadModels
) -> None:
    register(dossier, ask(), 1, 5)
    counting.refused = {"4"}
    with pytest.raises(ProjectionStoppedError):
        fold_log(dossier, counting)
    fold_log(dossier, Renamed(dossier))
    stopped, running = (state for state in read_models.states() if state.name in {"counting", "renamed"})
    assert (stopped.name, stopped.position, stopped.lag, stopped.state) == ("counting", 3, 2, "stopped")
    assert (stopped.failed_position, stopped.failed_topic) == (4, "customer.registered")
    assert stopped.error is not None
    assert (running.name, running.position, running.lag, running.state) == ("renamed", 5, 0, "running")
    assert running.recorded_at == instant(dossier, 5)
    assert running.error is None
    assert len(rows_by_the_log(dossier)) == 5


@pytest.mark.usefixtures("live")
def test_states_tell_whether_a_runner_is_at_work(read_models: ReadModels) -> None:
    eventually(lambda: {state.name: state.active for state in read_models.states()}["counting"])
    assert not {state.name: state.active for state in read_models.states()}["renamed"]


def test_whoever_stops_listening_leaves_the_others_listening(
    dossier: Dossier, counting: Counting, read_models: ReadModels, ask: Ask
) -> None:
    heard: list[str] = []

    def moved() -> None:
        heard.append("moved")

    with read_models.heard_by(moved):
        with read_models.heard_by(moved):
            pass
        register(dossier, ask(), 1, 1)
        fold_log(dossier, counting)
        eventually(lambda: heard != [])


def test_a_pool_that_is_busy_for_long_does_not_end_the_listening(
    dossier: Dossier, read_models: ReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("No connection is free.")

    with read_models.heard_by(lambda: None):  # so that positions are looked up
        monkeypatch.setattr(dossier.database, "connection", refuse)
        assert read_models._hear(()) == reading.POLL_S
    read_models._hear(("counting 7",))
    assert read_models.reached(("counting",), 7)

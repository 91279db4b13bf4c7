"""Heartbeats come from the loops that do the work, and distinguish a hung loop, a killed process and one that ended."""

import threading
import time
from collections.abc import Callable

import pytest

from store import heartbeats
from store.database import Database
from store.heartbeats import Heart, Progress, Task, beating, tasks
from vital_signs import LONG_S, running

PATIENCE_S = 20.0


def listed(database: Database) -> list[Task]:
    with database.connection() as connection:
        return tasks(connection)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.05)


def test_a_task_runs_while_its_loop_leaves_marks_and_has_ended_afterwards(database: Database) -> None:
    with running(database, {"relay": ("relay",)}) as progress:
        [task] = listed(database)
        assert (task.process, task.task, task.state, task.reason, task.runs) == ("relay", "relay", "active", None, True)
        progress["relay"].mark("waiting", "Kafka\ncannot be\0 reached.", patience_s=LONG_S)
        wait_for(lambda: listed(database)[0].state == "waiting", "the new state")
        assert listed(database)[0].reason == "Kafka cannot be reached."
    [task] = listed(database)
    assert (task.state, task.runs) == ("ended", False)


def test_a_loop_that_hangs_does_not_run_though_its_process_lives(database: Database) -> None:
    hanging, other = Progress(), Progress()
    hanging.mark(patience_s=0.0)
    other.mark(patience_s=LONG_S)
    with beating(database, "work", {"uploads": hanging, "propagations": other}):
        wait_for(lambda: bool(listed(database)), "the first beat")
        assert [task.task for task in listed(database)] == ["propagations"]


def test_a_task_that_was_seen_once_grows_silent(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "ABSENT_S", 0.5)
    progress = Progress()
    progress.mark(patience_s=LONG_S)
    with beating(database, "work", {"uploads": progress}):
        wait_for(lambda: bool(listed(database)), "the first beat")
        progress.mark(patience_s=0.0)
        wait_for(lambda: not listed(database)[0].runs, "silence")
        assert listed(database)[0].state == "active"


def test_what_a_task_waits_for_is_asked_at_each_beat() -> None:
    progress = Progress()
    reasons: list[str | None] = [None, "Customer Engagement has not answered for 3 s."]
    progress.watch(lambda: reasons[-1])
    progress.mark()
    assert progress.state() == ("waiting", reasons[1])
    reasons.pop()
    assert progress.state() == ("active", None)


def test_rows_of_the_dead_do_not_pile_up(database: Database) -> None:
    with database.connection() as connection:
        for place in range(50):
            connection.execute(
                "INSERT INTO processes (instance, task, process, host, pid, state, beat_at)"
                " VALUES (gen_random_uuid(), 'relay', 'relay', 'a', 1, 'active', now() - %s * interval '1 minute')",
                [place + 2],
            )
    with running(database, {"relay": ("relay",)}):
        wait_for(lambda: len(listed(database)) == 1, "the dead are removed")


def test_the_last_one_of_the_dead_is_kept_so_that_its_absence_is_told(database: Database) -> None:
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO processes (instance, task, process, host, pid, state, beat_at)"
            " VALUES (gen_random_uuid(), 'relay', 'relay', 'a', 1, 'active', now() - interval '5 minutes')"
        )
    with running(database, {"work": ("uploads",)}):
        assert sorted(task.task for task in listed(database)) == ["relay", "uploads"]


def test_a_heart_outlives_an_outage(database: Database) -> None:
    away = Database("postgresql://127.0.0.1:1/postgres", database.schema)
    progress = Progress()
    progress.mark(patience_s=LONG_S)
    heart = Heart(away, "relay", {"relay": progress})
    thread = threading.Thread(target=heart.run)
    thread.start()
    away.url = database.url
    wait_for(lambda: bool(listed(database)), "it beats once the database is back")
    heart.end()
    thread.join(PATIENCE_S)


def test_a_few_late_beats_are_no_false_alarm() -> None:
    assert heartbeats.ABSENT_S >= 5 * heartbeats.BEAT_S

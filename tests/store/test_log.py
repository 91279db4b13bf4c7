"""The log: durable, in commit order, with one clock, and a conflict fails only its own command."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError

from aggregates.setup.category import ProfileCategory
from aggregates.use_case import Claim, ClaimTakenError, IdempotencyKey, Request
from conftest import environment
from store.application import Dossier
from store.events import NO_DIGEST, digest_of
from store.log import read

Category = Callable[..., ProfileCategory]
MICROSECOND = timedelta(microseconds=1)


def test_positions_count_from_one_without_gaps_in_commit_order(dossier: Dossier, category: Category) -> None:
    def save(writer: int) -> None:
        for number in range(20):
            dossier.put(category(f"{writer}/{number}", changes=number % 3).pending)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(8)))
    with dossier.database.connection() as connection:
        events = read(connection, 0, 10_000)
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert len(events) == 8 * sum(1 + number % 3 for number in range(20))
    times = [event.recorded_at for event in events]
    assert times == sorted(times)


def test_a_reader_that_tails_the_log_while_others_write_misses_nothing(dossier: Dossier, category: Category) -> None:
    seen: list[int] = []
    written = 8 * 50

    def tail() -> None:
        while len(seen) < written:
            with dossier.database.connection() as connection:
                seen.extend(event.id for event in read(connection, seen[-1] if seen else 0, 100))

    reader = threading.Thread(target=tail)
    reader.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: dossier.put(category(str(key)).pending), range(written)))
    reader.join(30)
    assert seen == list(range(1, written + 1))


def test_a_taken_version_fails_only_its_own_command(dossier: Dossier, category: Category) -> None:
    dossier.put(category("taken").pending)

    def save(key: str) -> str:
        try:
            dossier.put(category(key).pending)
        except IntegrityError:
            return "refused"
        return "stored"

    keys = ["taken" if number % 4 == 0 else f"free-{number}" for number in range(64)]
    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(save, keys))
    assert results == ["refused" if key == "taken" else "stored" for key in keys]


def test_of_many_writers_of_one_version_exactly_one_wins(dossier: Dossier, category: Category) -> None:
    def save(_: int) -> bool:
        try:
            dossier.put(category("same").pending)
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(save, range(16))) == 1


def test_a_command_is_all_or_nothing(dossier: Dossier, category: Category) -> None:  # rule 0.6
    dossier.put(category("old").pending)
    facts = [*category("new").pending, *category("old").pending]
    with pytest.raises(IntegrityError):
        dossier.put(facts)
    assert dossier.log_of_facts.max_notification_id() == 1


def test_one_save_may_hold_many_thousand_events(dossier: Dossier, category: Category) -> None:
    positions = dossier.put(category("long", changes=9_000).pending)
    assert (positions[0], positions[-1]) == (1, 9_001)


def test_a_claim_belongs_to_the_first_of_two_racing_commands(dossier: Dossier, category: Category) -> None:  # rule 1.14
    claim = Claim("alternate_number", "A1")

    def claiming(key: str) -> bool:
        made = category(key)
        try:
            dossier.put(made.collect_events(), claims=[claim], owner=made.id)
        except ClaimTakenError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claiming, map(str, range(8)))) == 1
    assert dossier.log_of_facts.max_notification_id() == 1


def test_a_released_claim_is_free_again(dossier: Dossier, category: Category, ask: Callable[..., Request]) -> None:
    claim = Claim("alternate_number", "A1")
    first = category("1")
    dossier.put(first.collect_events(), claims=[claim], owner=first.id)
    first.change(ask().origin, position=9)
    dossier.put(first.collect_events(), releases=[claim], owner=first.id)
    for key in ("2", "3"):
        other = category(key)
        with pytest.raises(ClaimTakenError) if key == "3" else nullcontext():
            dossier.put(other.collect_events(), claims=[claim], owner=other.id)


def test_an_idempotency_key_is_used_once_even_in_a_race(dossier: Dossier, category: Category) -> None:  # rule 0.7
    def save(number: int) -> bool:
        key = IdempotencyKey("ann", "k1", b"digest")
        try:
            dossier.put(category(str(number)).pending, outcome=(key, True, 1))
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(8))) == 1
    assert dossier.log_of_facts.max_notification_id() == 1


@pytest.mark.parametrize("statement", ["UPDATE events SET topic = 'x'", "DELETE FROM events", "TRUNCATE events"])
def test_nothing_in_the_log_is_ever_changed_or_deleted(
    dossier: Dossier, category: Category, statement: str
) -> None:  # rule 0.1
    dossier.put(category("1").pending)
    with dossier.database.connect() as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(statement)


def test_each_event_holds_the_digest_of_the_one_before_it(dossier: Dossier, category: Category) -> None:
    made = category("1", changes=2)
    dossier.put(made.collect_events())
    made.change(category("x").pending[0].origin, position=50)
    dossier.put(made.pending)
    events = dossier.log_of_facts.select_events(made.id)
    assert [event.previous_digest for event in events] == [NO_DIGEST, *[digest_of(event) for event in events[:-1]]]


def test_settled_waits_for_an_append_under_way(dossier: Dossier, category: Category) -> None:  # rule 0.3
    dossier.put(category("1").pending)
    recorded_at = dossier.log_of_facts.select_notifications(1, 1)[0].recorded_at
    blocker = dossier.database.connect(autocommit=False)
    blocker.execute(b"SELECT pg_advisory_xact_lock(" + dossier.database.lock_key("append").as_bytes(blocker) + b")")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(dossier.log_of_facts.settled, recorded_at)
        with pytest.raises(TimeoutError):
            answer.result(0.2)
        blocker.rollback()
        assert answer.result(5) == 1
    blocker.close()


def test_the_position_of_an_instant_is_that_of_the_last_event_recorded_until_then(
    dossier: Dossier, category: Category
) -> None:  # rule 0.3
    assert dossier.log_of_facts.settled(datetime.now(UTC)) == 0
    for number in range(9):
        dossier.put(category(f"{number}", changes=number % 3).pending)
    with dossier.database.connection() as connection:
        events = read(connection, 0, 1_000)
    instants = sorted({event.recorded_at for event in events})
    for instant in (moment + step for moment in instants for step in (-MICROSECOND, timedelta(), MICROSECOND)):
        expected = max((event.id for event in events if event.recorded_at <= instant), default=0)
        assert dossier.log_of_facts.settled(instant) == expected


def test_a_use_case_that_lost_a_race_decides_anew(dossier: Dossier, ask: Callable[..., Request]) -> None:
    from aggregates.setup.commands import define_category, define_response

    define_category(dossier, ask(), code=1, description="Age")

    def define(number: int) -> int:
        return define_response(dossier, ask(), code=1, response=f"R{number}", description=f"Choice {number}").version

    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(define, range(4)))
    assert sorted(versions) == [2, 3, 4, 5]


def test_a_decision_on_an_old_setup_is_taken_again_on_the_new_one(
    postgres_url: str, schema: str, dossier: Dossier, ask: Callable[..., Request]
) -> None:  # rules 1.5, 1.9
    from aggregates.customer.commands import confirm_drawer, register_customer
    from aggregates.customer.responses import ResponseRequiredError
    from aggregates.setup.commands import change_category, define_category, define_response

    with Dossier(environment(postgres_url, schema)) as elsewhere:
        define_category(dossier, ask(), code=1, description="Age")
        define_response(dossier, ask(), code=1, response="A1", description="18-29")
        register_customer(elsewhere, ask(), number="1001", name="Ann")
        assert not confirm_drawer(elsewhere, ask(), number="1001", responses={}).changed
        define_response(dossier, ask(), code=1, response="A2", description="30-39", default=True)
        assert confirm_drawer(elsewhere, ask(), number="1001", responses={}).changed
        define_response(dossier, ask(), code=1, response="A3", description="40-49")
        assert confirm_drawer(elsewhere, ask(), number="1001", responses={1: "A3"}).changed
        define_category(dossier, ask(), code=2, description="Homeowner")
        define_response(dossier, ask(), code=2, response="OWN", description="Owner")
        change_category(dossier, ask(), code=2, required=True)
        with pytest.raises(ResponseRequiredError):
            confirm_drawer(elsewhere, ask(), number="1001", responses={1: "A1"})

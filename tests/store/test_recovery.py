"""An outage of PostgreSQL: requests are refused at once while it lasts, and answered within seconds of its end, however long it was."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from psycopg import Connection, sql
from psycopg_pool.base import AttemptWithBackoff

from cli.local import supervisor
from consumers import forwarder
from cutting_proxy import CuttingProxy
from store.database import Database, Row
from store.leadership import STANDBY_S
from store.retrying import RESTARTING
from store.signals import PAUSE_WITHOUT_SERVER_S, Signal
from store.stopping import Stop

RECOVERED_S = 5.0
"""Seconds after the end of an outage within which all is well."""
BUSY_S = 20.0
"""The same where other tests take the processor's time: far less than a pool's own pause."""
CONNECTIONS = 6
TOO_MANY = "too many connections"


@contextmanager
def opened(url: str, schema: str) -> Iterator[Database]:
    """A pool of few connections."""
    database = Database(url, schema, 4)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def crowded(postgres_url: str, schema: str) -> Iterator[Database]:
    """As a role that may have few connections."""
    parts = urlsplit(postgres_url)
    host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
    role = sql.Identifier(schema)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'few' CONNECTION LIMIT {}").format(role, CONNECTIONS))
        name = f"{schema}:few@{parts.path}?host={host}&port={connection.info.port}"
        with opened(f"postgresql://{name}", schema) as database:
            yield database
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def read(database: Database) -> None:
    """Something that needs a connection."""
    with database.connection() as connection:
        connection.execute("SELECT 1")


def tries(database: Database) -> int:
    """How often a connection was tried for."""
    return int(database._pool.get_stats()["connections_num"])


def seconds_until(attempt: Callable[[], object]) -> float:
    """How long it takes until an attempt succeeds."""
    start = time.monotonic()
    while True:
        try:
            attempt()
        except OperationalError:
            assert time.monotonic() - start < 60
            time.sleep(0.02)
        else:
            return time.monotonic() - start


def test_an_outage_ends_for_us_when_it_ends_and_is_told_at_once_while_it_lasts(
    postgres_url: str, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AttemptWithBackoff, "INITIAL_DELAY", 100.0)  # the pool's own pause after some minutes
    proxy = CuttingProxy(postgres_url)
    with opened(proxy.url, schema) as database:
        with ExitStack() as held:
            for _ in range(4):
                held.enter_context(database.connection())
        proxy.refusing = True
        end_connections(postgres_url, schema)
        with pytest.raises(OperationalError):
            read(database)
        tried, start, refused = tries(database), time.monotonic(), 0
        while (lasted_s := time.monotonic() - start) < 4:
            with pytest.raises(OperationalError):
                read(database)
            refused += 1
        assert refused > 10  # a request that waited would wait for 3 s
        assert tries(database) - tried < 10 * lasted_s
        proxy.refusing = False
        assert seconds_until(lambda: read(database)) < BUSY_S
    proxy.close()


def end_connections(url: str, schema: str) -> None:
    """Ends those that there are."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [f"dossier/{schema}"]
        )


def take_all(held: ExitStack, database: Database) -> None:
    """Takes every connection that the server has left."""
    while True:
        held.enter_context(database.connect())


def test_too_many_connections_are_an_outage_that_is_waited_for(crowded: Database) -> None:
    with ExitStack() as held:
        with pytest.raises(OperationalError, match=TOO_MANY):
            take_all(held, crowded)
        with pytest.raises(OperationalError):
            read(crowded)
        signal = Signal(crowded, "log")
        assert signal.wait(0.1, Stop()) == []
    assert seconds_until(lambda: read(crowded)) < BUSY_S
    assert seconds_until(signal.listen) < BUSY_S
    signal.close()


def test_a_connection_that_is_in_use_is_waited_for_when_no_further_one_can_be_made(crowded: Database) -> None:
    with ExitStack() as all_others, ThreadPoolExecutor(1) as other:
        with ExitStack() as held:
            held.enter_context(crowded.connection())
            with pytest.raises(OperationalError, match=TOO_MANY):
                take_all(all_others, crowded)
            while crowded._pool.get_stats()["pool_available"]:
                held.enter_context(crowded.connection())
            tried = tries(crowded)
            waiting = other.submit(read, crowded)
            while tries(crowded) < tried + 2 and not waiting.done():
                time.sleep(0.01)
        waiting.result()


@pytest.mark.parametrize(
    "pause_s",
    [
        RESTARTING.longest_s,
        forwarder.SENDING.longest_s,
        supervisor.LONGEST_PAUSE_S,
        STANDBY_S,
        PAUSE_WITHOUT_SERVER_S,
    ],
)
def test_nobody_pauses_beyond_the_end_of_an_outage(pause_s: float) -> None:
    assert pause_s < RECOVERED_S


def test_a_send_is_tried_again_within_two_seconds_of_the_end_of_an_outage() -> None:  # rule 4.4
    sending = forwarder.SENDING
    assert max(sending.delay(attempt) for attempt in range(1, sending.most_attempts)) <= 2.0


def test_a_send_is_tried_again_for_minutes() -> None:  # rule 4.4
    sending = forwarder.SENDING
    assert sum(sending.delay(attempt) for attempt in range(1, sending.most_attempts)) > 120


def test_a_signal_whose_connection_breaks_while_it_begins_to_listen_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = database.connect

    def broken() -> Connection[Row]:
        connection = connect()
        connection.close()
        return connection

    monkeypatch.setattr(database, "connect", broken)
    with pytest.raises(OperationalError):
        Signal(database, "log").listen()

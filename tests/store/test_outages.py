"""Which errors count as an outage of the database: the loss of a server, never an error of a statement or a value."""

import logging
import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import Any
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from psycopg import errors
from psycopg_pool import PoolTimeout

from aggregates.setup.category import ProfileCategory
from aggregates.use_case import Claim
from store import outages
from store.application import Dossier
from store.database import Database
from store.outage_log import POSTGRESQL, tell_waiting
from store.outages import is_not_migrated, is_outage

NOWHERE = "postgresql://127.0.0.1:1/postgres"
UNLIKE_ANY: str = b64encode(os.urandom(9_000)).decode()
"""Too long for a row of an index, and cannot be compressed."""


@pytest.mark.parametrize(
    "error",
    [OperationalError, psycopg.OperationalError, PoolTimeout, errors.AdminShutdown, errors.ReadOnlySqlTransaction],
)
def test_a_server_that_is_gone_is_an_outage(error: type[Exception]) -> None:
    assert is_outage(error())


@pytest.mark.parametrize(
    "error",
    [
        psycopg.ProgrammingError,
        psycopg.DataError,
        psycopg.IntegrityError,
        errors.UndefinedTable,
        errors.ProgramLimitExceeded,
        errors.StatementTooComplex,
        TypeError,
    ],
)
def test_what_is_wrong_with_a_statement_is_none(error: type[Exception]) -> None:
    assert not is_outage(error())


def test_a_schema_that_is_not_migrated_is_known_as_such(database: Database) -> None:
    with database.connection() as connection, pytest.raises(psycopg.ProgrammingError) as caught:
        connection.execute("SELECT * FROM not_there_yet")
    assert is_not_migrated(caught.value)


def test_a_value_that_no_index_takes_does_not_count_as_an_absent_database(database: Database) -> None:
    insert = "INSERT INTO claims (scope, key, owner) VALUES ('x', %s, %s)"
    with pytest.raises(errors.ProgramLimitExceeded), database.connection() as connection:
        connection.execute(insert, [UNLIKE_ANY, UUID(int=1)])


def test_a_claim_that_no_index_takes_fails_its_own_command_by_name(
    dossier: Dossier, category: Callable[..., ProfileCategory]
) -> None:
    made = category("7")
    with pytest.raises(errors.ProgramLimitExceeded):
        dossier.put(made.collect_events(), claims=[Claim("x", UNLIKE_ANY)], owner=made.id)
    assert not dossier.log_of_facts.max_notification_id()
    dossier.put(category("8").collect_events())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.DiskFull("could not extend file"), outages.DISK_FULL),
        (psycopg.OperationalError("FATAL: could not write init file: No space left on device"), outages.DISK_FULL),
        (errors.ReadOnlySqlTransaction(), outages.READ_ONLY),
        (errors.TooManyConnections(), outages.TOO_MANY_CONNECTIONS),
        (psycopg.OperationalError("FATAL: sorry, too many clients already"), outages.TOO_MANY_CONNECTIONS),
        (psycopg.OperationalError("FATAL: remaining connection slots are reserved"), outages.TOO_MANY_CONNECTIONS),
        (psycopg.OperationalError("FATAL: the database system is starting up"), outages.STARTING),
        (errors.QueryCanceled("canceling statement due to statement timeout"), outages.TOO_SLOW),
        (psycopg.OperationalError("server closed the connection unexpectedly"), outages.AWAY),
        (errors.AdminShutdown(), outages.AWAY),
    ],
)
def test_an_outage_says_why(error: Exception, words: str) -> None:
    assert outages.reason(error) == words
    wrapped = OperationalError("It failed.")
    wrapped.__cause__ = error
    assert outages.reason(wrapped) == words
    assert outages.described(error).startswith(words)


@pytest.mark.parametrize("reach", [Database.connect, Database.connection])
def test_a_try_from_before_the_end_of_an_outage_begins_no_other_one(
    database: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    reach: Callable[[Database], AbstractContextManager[Any]],
) -> None:
    monkeypatch.setattr("store.database.POOL_TIMEOUT_S", 0.1)

    def refused() -> OperationalError:
        with closing(Database(NOWHERE, "nobody")) as away, pytest.raises(OperationalError) as caught, reach(away):
            pass
        return caught.value

    def logged() -> list[str]:
        return [record.message for record in caplog.records if record.name == "store.outage_log"]

    POSTGRESQL.over()
    caplog.set_level(logging.INFO, "store.outage_log")
    caplog.clear()
    first, late = refused(), refused()
    tell_waiting(first, "a loop")
    with database.connect():
        tell_waiting(late, "a loop that was refused before the other one was let in")
    assert logged() == ["server.away", "server.back"]
    tell_waiting(refused(), "a loop")
    assert logged() == ["server.away", "server.back", "server.away"]
    POSTGRESQL.over()

"""The log's behaviour when the server, the connection or the process fails."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from os import kill
from pathlib import Path
from signal import SIGKILL
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from aggregates.customer.commands import register_customer, rename_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.effective import Days
from aggregates.setup.category import ProfileCategory
from aggregates.use_case import Outcome, Request
from conftest import MASTER_KEY, TODAY, environment
from cutting_proxy import CuttingProxy, is_alive, pid_of_server
from store import committer, embedded
from store.application import Dossier
from store.committer import OutcomeUnknownError
from store.database import Database
from store.schema import migrate

Category = Callable[..., ProfileCategory]
PATIENCE_S = 20.0
APPEND = b"append_events"
"""In every call that stores events."""
WAITS_FOR_LOCK = b"SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[CuttingProxy]:
    """A proxy in front of the server of this run."""
    proxy = CuttingProxy(postgres_url)
    yield proxy
    proxy.close()


@pytest.fixture
def behind_proxy(proxy: CuttingProxy, schema: str, database: Database) -> Iterator[Dossier]:
    """The application, connected through the proxy."""
    with Dossier(environment(proxy.url, schema)) as application:
        yield application


def test_a_lost_commit_reply_is_looked_up_and_not_reported_as_a_conflict(
    behind_proxy: Dossier, proxy: CuttingProxy, category: Category
) -> None:
    behind_proxy.put(category("warm").pending)
    proxy.cut_after(APPEND)
    assert list(behind_proxy.put(category("1", changes=1).pending)) == [2, 3]
    assert behind_proxy.log_of_facts.max_notification_id() == 3


def test_a_connection_lost_before_commit_stores_nothing_and_says_so(
    behind_proxy: Dossier, proxy: CuttingProxy, category: Category
) -> None:
    behind_proxy.put(category("warm").pending)
    proxy.cut_before(APPEND)
    with pytest.raises(OperationalError, match="Nothing was stored"):
        behind_proxy.put(category("1").pending)
    proxy.late.set()  # what comes to the server now finds its session ended
    assert list(behind_proxy.put(category("2").pending)) == [2]
    assert behind_proxy.load(ProfileCategory, "1") is None


def test_a_lost_append_that_waits_for_the_lock_is_ended_and_never_stored(
    postgres_url: str, behind_proxy: Dossier, proxy: CuttingProxy, category: Category
) -> None:
    behind_proxy.put(category("warm").pending)
    with psycopg.connect(postgres_url, autocommit=True) as blocker:
        lock = behind_proxy.database.lock_key("append").as_string(blocker)
        blocker.execute(f"SELECT pg_advisory_lock({lock})".encode())
        with ThreadPoolExecutor(1) as pool:
            storing = pool.submit(behind_proxy.put, category("1").pending)
            assert _eventually(lambda: blocker.execute(WAITS_FOR_LOCK).fetchone() is not None)
            proxy.cut_all()
            with pytest.raises(OperationalError, match="Nothing was stored"):
                storing.result(PATIENCE_S)
    assert list(behind_proxy.put(category("2").pending)) == [2]
    assert behind_proxy.load(ProfileCategory, "1") is None


def test_an_outcome_that_cannot_be_looked_up_is_called_unknown(
    behind_proxy: Dossier, proxy: CuttingProxy, category: Category
) -> None:
    behind_proxy.put(category("warm").pending)
    proxy.cut_after(APPEND)
    proxy.refusing = True
    with pytest.raises(OutcomeUnknownError):
        behind_proxy.put(category("1").pending)
    proxy.refusing = False
    assert behind_proxy.log_of_facts.max_notification_id() == 2


@pytest.fixture
def behind(behind_proxy: Dossier, dossier: Dossier, ask: Callable[..., Request]) -> Dossier:
    """The application behind the proxy, which knows customer 1001 as it was before another process renamed it."""
    register_customer(behind_proxy, ask(), number="1001", name="Ann")
    rename_customer(dossier, ask(), number="1001", name="Anna")
    return behind_proxy


def test_a_lost_reply_to_the_commit_of_a_second_decision_is_looked_up(
    behind: Dossier, proxy: CuttingProxy, ask: Callable[..., Request]
) -> None:  # rule 0.6
    proxy.cut_after(b"COMMIT")
    assert rename_customer(behind, ask(), number="1001", name="Anne") == Outcome(True, 3, 3)
    assert rename_customer(behind, ask(), number="1001", name="Annie") == Outcome(True, 4, 4)


def test_a_second_decision_that_was_lost_before_its_commit_is_not_stored(
    behind: Dossier, proxy: CuttingProxy, ask: Callable[..., Request]
) -> None:  # rule 0.6
    proxy.cut_before(b"COMMIT")
    with pytest.raises(OperationalError, match="Nothing was stored"):
        rename_customer(behind, ask(), number="1001", name="Anne")
    proxy.late.set()
    assert rename_customer(behind, ask(), number="1001", name="Annie") == Outcome(True, 3, 3)


def test_a_process_that_is_frozen_during_a_second_decision_holds_up_nobody_for_long(
    behind: Dossier, dossier: Dossier, ask: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:  # rule 0.6
    monkeypatch.setattr(committer, "IDLE_TIMEOUT_MS", 300)
    behind.log_of_facts.writer._committer.close()
    rename_customer(behind, ask(), number="1001", name="Anne")
    rename_customer(dossier, ask(), number="1001", name="Ada")
    is_frozen, thawed = threading.Event(), threading.Event()

    def freezing(store: Any) -> Outcome:
        customer = store.load(CustomerProfile, "1001")
        if customer.names.at(TODAY) == "Ada":
            is_frozen.set()
            thawed.wait(PATIENCE_S)
        customer.rename(ask().origin, name="Annie", days=Days(TODAY))
        outcome: Outcome = store.keep(ask(), customer)
        return outcome

    with ThreadPoolExecutor(1) as pool:
        deciding = pool.submit(behind.decide, ask(), freezing)
        assert is_frozen.wait(PATIENCE_S)
        assert rename_customer(dossier, ask(), number="1001", name="Bea").version == 5
        thawed.set()
        with pytest.raises(OperationalError, match="Nothing was stored"):
            deciding.result(PATIENCE_S)
    assert rename_customer(behind, ask(), number="1001", name="Cy").version == 6


def test_writing_and_reading_recover_by_themselves_when_the_server_comes_back(category: Category) -> None:
    with tempfile.TemporaryDirectory(prefix="dossier-fault-") as directory:
        data = Path(directory) / "postgres"
        url = embedded.start(data)
        migrate(Database(url, "demo"))
        with Dossier(environment(url, "demo")) as dossier:
            dossier.put(category("1").pending)
            embedded.stop(data)
            with pytest.raises(OperationalError):
                dossier.put(category("2").pending)
            with pytest.raises(OperationalError):
                dossier.load(ProfileCategory, "1")
            embedded.start(data)
            assert list(dossier.put(category("2").pending)) == [2]
            assert _eventually(lambda: dossier.load(ProfileCategory, "1") is not None)
        embedded.stop(data)


WRITER = """
import sys
from aggregates.fact import Origin, Role, Source
from aggregates.setup.category import ProfileCategory
from store.application import Dossier
from uuid import uuid4
url, key = sys.argv[1:]
dossier = Dossier({"DATABASE_URL": url, "DOSSIER_SCHEMA": "demo", "DOSSIER_COMPANY": "demo", "DOSSIER_MASTER_KEY": key})
number = 0
while True:
    cause = uuid4()
    origin = Origin(actor="ann", role=Role.AGENT, source=Source.API, correlation_id=cause, causation_id=cause)
    made = ProfileCategory.new("demo", str(number))
    made.define(origin, code=7, description="Age", required=False, position=0, active=True)
    dossier.put(made.pending)
    print(number, flush=True)
    number += 1
"""


def test_every_acknowledged_fact_survives_the_death_of_writer_and_server() -> None:  # rule 0.6
    with tempfile.TemporaryDirectory(prefix="dossier-fault-") as directory:
        data = Path(directory) / "postgres"
        url = embedded.start(data)
        migrate(Database(url, "demo"))
        acknowledged = _write_until_killed(url, pid_of_server(data), at_least=300)
        assert _eventually(lambda: not is_alive(pid_of_server(data)))
        with Dossier(environment(_started_again(data), "demo")) as dossier:
            stored = dossier.log_of_facts.max_notification_id() or 0
            assert acknowledged >= 300
            assert acknowledged <= stored <= acknowledged + 1
            assert dossier.load(ProfileCategory, str(acknowledged - 1)) is not None
        embedded.stop(data)


def _write_until_killed(url: str, server: int, at_least: int) -> int:
    writer = subprocess.Popen(  # the writer says each number once it is acknowledged
        [sys.executable, "-c", WRITER, url, MASTER_KEY], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    acknowledged = 0
    for line in writer.stdout:
        acknowledged = int(line) + 1
        if acknowledged == at_least:
            kill(server, SIGKILL)
            kill(writer.pid, SIGKILL)
    writer.wait(PATIENCE_S)
    writer.stdout.close()
    return acknowledged


def _started_again(data: Path) -> str:
    """After SIGKILL of the postmaster its children take a moment to go; the server says so until they have."""
    for _ in range(40):
        try:
            return embedded.start(data)
        except (subprocess.SubprocessError, OSError):
            threading.Event().wait(0.25)
    raise AssertionError("PostgreSQL did not start again.")


def _eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true within the bound."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.1)):
        try:
            if condition():
                return True
        except OperationalError:
            pass
        pause.wait(0.1)
    return False


def test_a_server_that_only_reads_and_a_lost_connection_are_outages(database: Database) -> None:  # rule 0.6
    with pytest.raises(OperationalError), database.connection() as connection:
        connection.execute("BEGIN READ ONLY; INSERT INTO tracking (follower, position) VALUES ('x', 1)")
    with pytest.raises(OperationalError), database.connection():
        raise psycopg.errors.IdleInTransactionSessionTimeout("frozen while it held the append lock")
    with pytest.raises(OperationalError), database.connection():
        raise psycopg.InterfaceError("the connection is lost")
    with pytest.raises(psycopg.errors.UndefinedTable), database.connection() as connection:
        connection.execute("SELECT FROM nowhere")

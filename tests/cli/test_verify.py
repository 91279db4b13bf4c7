"""`dossier verify` detects changes that bypassed the log, and names the first wrong position."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from aggregates.customer.commands import confirm_drawer, register_customer, rename_customer
from aggregates.setup.commands import define_category, define_response
from aggregates.use_case import Request
from cli.commands.verify import verify
from command_line import CommandLine
from store.database import Database
from store.schema import migrate

Ask = Callable[..., Request]
PERSONAL = ('"personal":"....', '"personal":"AAAA')
"""The beginning of sealed values, and another one."""


@pytest.fixture
def filled(line: CommandLine, ask: Ask) -> CommandLine:
    """A log of what exists from the start (ten events), two customers and a category, some of whose aggregates have several events."""
    with line.dossier() as dossier:
        define_category(dossier, ask(), code=7, description="Age")
        define_response(dossier, ask(), code=7, response="A", description="Under 30")
        for number in ("1001", "1002"):
            register_customer(dossier, ask(), number=number, name=f"Name of {number}", alternate_number=f"A{number}")
        confirm_drawer(dossier, ask(), number="1001", responses={7: "A"})
        rename_customer(dossier, ask(), number="1001", name="Another")
        rename_customer(dossier, ask(), number="1002", name="Yet another")
    return line


def tamper(line: CommandLine, statement: str, *values: Any) -> None:
    """Changes the log as only a superuser with bad intentions can."""
    with psycopg.connect(line.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        changed = connection.execute(f'SET search_path = "{line.schema}"') and connection.execute(statement, values)
        assert changed.rowcount == 1


def replaced(old: str, new: str) -> str:
    """SQL for the state with a text replaced in it."""
    return f"convert_to(regexp_replace(convert_from(state, 'UTF8'), '{old}', '{new}'), 'UTF8')"


def test_an_empty_log_is_whole(unmigrated: CommandLine) -> None:
    database = Database(unmigrated.environment["DATABASE_URL"], unmigrated.schema)
    migrate(database)
    database.close()
    assert unmigrated.asked("verify") == {
        "events": 0,
        "last_position": 0,
        "broken_position": None,
        "fault": None,
        "signed_position": 0,
        "signed_at": None,
    }


def test_an_untouched_log_is_whole(filled: CommandLine) -> None:
    result = filled.run("verify")
    assert result.exit_code == 0
    assert result.stdout == "The log is whole: 19 events, the last at position 19; not signed yet.\n"


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_chains_are_followed_from_batch_to_batch(
    filled: CommandLine, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("cli.commands.verify.BATCH", batch)
    told = []
    with filled.dossier() as dossier:
        found = verify(dossier, lambda done, total: told.append((done, total)))
    assert (found.events, found.broken_position) == (19, None)
    assert told[-1] == (19, 19)
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("statement", "position", "words"),
    [
        (f"UPDATE events SET state = {replaced('Age', 'Sex')} WHERE position = 11", 12, "was changed"),
        ("UPDATE events SET event_id = gen_random_uuid() WHERE position = 13", 14, "was changed"),
        ("UPDATE events SET previous_digest = '\\x00' WHERE position = 17", 17, "was changed"),
        ("UPDATE events SET previous_digest = '\\x00' WHERE position = 15", 15, "it was changed"),
        ("UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE position = 16", 16, "which is before position 15"),
        ("DELETE FROM events WHERE position = 14", 14, "Position 14 is missing"),
        ("DELETE FROM events WHERE position = 11", 11, "Position 11 is missing"),
        ("UPDATE events SET originator_version = 12 WHERE position = 18", 18, "Version 11"),
        ("UPDATE events SET state = '{}' WHERE position = 19", 19, "It cannot be read"),
        ("UPDATE events SET topic = 'customer.unheard_of' WHERE position = 19", 19, "It cannot be read"),
        (f"UPDATE events SET state = {replaced(*PERSONAL)} WHERE position = 19", 19, "It cannot be read"),
    ],
)  # fmt: skip
def test_the_first_fault_is_named(filled: CommandLine, statement: str, position: int, words: str) -> None:
    tamper(filled, statement)
    result = filled.run("verify")
    assert result.exit_code == 1
    assert f"The log is broken at position {position}." in result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_a_broken_log_is_told_to_machines_too(filled: CommandLine) -> None:
    tamper(filled, "DELETE FROM events WHERE position = 4")
    result = filled.run("verify", "--json")
    assert result.exit_code == 1
    assert '"broken_position": 4' in result.stdout


def test_another_master_key_is_told_in_plain_words(filled: CommandLine) -> None:
    result = filled.run("verify", DOSSIER_MASTER_KEY="eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=")
    assert result.exit_code == 1
    assert "DOSSIER_MASTER_KEY is not the key that this database was written with." in result.stderr


def test_an_erased_customer_does_not_break_the_log(filled: CommandLine) -> None:  # rule 5.1
    from aggregates.customer.profile import CustomerProfile

    with filled.dossier() as dossier:
        dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(dossier.company, "1001"))
    assert filled.asked("verify")["events"] == 19

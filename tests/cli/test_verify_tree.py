"""`dossier verify` compares the log with its tree and with signed heads: it names the event that was altered, the last one included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from aggregates.customer.commands import register_customer, rename_customer
from aggregates.customer.profile import CustomerProfile
from aggregates.setup.category import ProfileCategory
from aggregates.use_case import Request
from command_line import CommandLine, request
from store.proof import tree
from store.proof.heads import sign_head
from store.proof.notes import SigningKey
from store.proof.tiles import TILE_HASHES

Ask = Callable[..., Request]
LAST = 270
"""Events of the log: more than those of one tile."""
FLIPPED = "UPDATE events SET state = set_bit(state, 100, 1 - get_bit(state, 100)) WHERE position = {}"
SHIFTED = (
    "UPDATE events SET position = -position WHERE position {condition};"
    " UPDATE events SET position = -position {by} WHERE position < 0"
)


@pytest.fixture
def signed(line: CommandLine, ask: Ask) -> CommandLine:
    """A log of `LAST` events, the last five of which are about one customer, under one signed head."""
    with line.dossier() as dossier:
        exist_from_the_start = dossier.log_of_facts.max_notification_id() or 0
        category, origin = ProfileCategory.new(dossier.company, "7"), ask().origin
        category.define(origin, code=7, description="Age", required=False, position=0, active=True)
        for number in range(LAST - 6 - exist_from_the_start):
            category.change(origin, position=number % 2 + 1)
        dossier.put(category.collect_events())
        register_customer(dossier, ask(), number="1001", name="Ada Byron")
        for number in range(4):
            rename_customer(dossier, ask(), number="1001", name=f"Ada {number}")
        assert dossier.notary.head().size == LAST
    return line


def tamper(line: CommandLine, *statements: str) -> None:
    """Changes the log as only a superuser with bad intentions can."""
    with psycopg.connect(line.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'SET search_path = "{line.schema}"')
        connection.execute("SET session_replication_role = replica")
        for statement in "; ".join(statements).split("; "):
            assert connection.execute(statement.encode()).rowcount > 0, statement


def broken(line: CommandLine, *arguments: str) -> tuple[int, str]:
    """The position at fault, and what is wrong there."""
    result = line.asked("verify", *arguments, status=1)
    return result["broken_position"], result["fault"]


def forge_tree(line: CommandLine) -> None:
    """Makes the tree anew from the log as it is, as somebody can who has the database and not the key."""
    tamper(line, "DELETE FROM log_tiles")
    with line.dossier() as dossier, dossier.database.connection() as connection, connection.transaction():
        tree.grow(connection, dossier.database)


def test_a_whole_log_is_signed_up_to_its_last_head(signed: CommandLine) -> None:
    assert signed.run("verify").stdout.endswith(f"the last at position {LAST}; signed up to position {LAST}.\n")
    with signed.dossier() as dossier:
        signed_at = dossier.notary.head().signed_at
    found = signed.asked("verify")
    assert (found["signed_position"], found["events"]) == (LAST, LAST)
    assert found["signed_at"][:19] == f"{signed_at:%Y-%m-%dT%H:%M:%S}"


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        (FLIPPED.format(1), 1),
        (FLIPPED.format(100), 100),
        (FLIPPED.format(TILE_HASHES), TILE_HASHES),
        (FLIPPED.format(TILE_HASHES + 1), TILE_HASHES + 1),
        (FLIPPED.format(LAST), LAST),
        ("UPDATE events SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 200", 200),
        (f"UPDATE events SET recorded_at = recorded_at + interval '1 day' WHERE position = {LAST}", LAST),
        (f"UPDATE events SET correlation_id = gen_random_uuid() WHERE position = {LAST}", LAST),
        (f"UPDATE events SET event_id = gen_random_uuid() WHERE position = {LAST}", LAST),
        ("DELETE FROM events WHERE position = 150", 150),
        (f"DELETE FROM events WHERE position = {LAST}", LAST),
        (f"DELETE FROM events WHERE position > {LAST - 20}", LAST - 19),
    ],
)
def test_the_very_event_that_was_altered_is_named(signed: CommandLine, statement: str, position: int) -> None:
    tamper(signed, statement)
    assert broken(signed)[0] == position


def test_an_event_that_was_removed_and_the_gap_closed_is_named(signed: CommandLine) -> None:
    tamper(signed, "DELETE FROM events WHERE position = 150", SHIFTED.format(condition="> 150", by="- 1"))
    assert broken(signed)[0] == 150


def test_two_events_that_were_swapped_are_named(signed: CommandLine) -> None:
    tamper(
        signed,
        "UPDATE events SET position = -1 WHERE position = 120",
        "UPDATE events SET position = 120 WHERE position = 140",
        "UPDATE events SET position = 140 WHERE position = -1",
    )
    assert broken(signed)[0] == 120


def test_an_event_that_was_inserted_is_named(signed: CommandLine) -> None:
    copied = (
        "INSERT INTO events SELECT 130, gen_random_uuid(), 1, topic, state, gen_random_uuid(), recorded_at, correlation_id,"
        " previous_digest FROM events WHERE position = 129"
    )
    tamper(signed, SHIFTED.format(condition=">= 130", by="+ 1"), copied)
    assert broken(signed)[0] == 130


def test_an_event_that_was_removed_from_the_end_of_log_and_tree_is_missed_by_the_head(signed: CommandLine) -> None:
    tamper(signed, f"DELETE FROM events WHERE position = {LAST}")
    forge_tree(signed)
    position, fault = broken(signed)
    assert position == LAST
    assert f"it had {LAST} events before" in fault


def test_an_altered_log_with_a_forged_tree_is_not_what_was_signed(signed: CommandLine) -> None:
    with signed.dossier() as dossier:
        rename_customer(dossier, request(), number="1001", name="The last one")
        dossier.notary.head()
    tamper(signed, FLIPPED.format(LAST + 1))
    forge_tree(signed)
    position, fault = broken(signed)
    assert position == LAST + 1
    assert f"Up to position {LAST} it is" in fault


def test_a_head_that_was_altered_or_signed_with_another_key_is_refused(signed: CommandLine) -> None:
    tamper(signed, "UPDATE log_heads SET root = sha256('x')")
    assert "other values than were signed" in broken(signed)[1]
    tamper(signed, "UPDATE log_heads SET note = replace(note, 'signed 2', 'signed 1')")
    assert "altered after it was signed" in broken(signed)[1]


def test_an_altered_tile_is_named_too(signed: CommandLine) -> None:
    tamper(signed, "UPDATE log_tiles SET hashes = set_bit(hashes, 8, 1 - get_bit(hashes, 8)) WHERE level = 1")
    assert "Tile 0 at level 1" in broken(signed)[1]
    tamper(signed, "DELETE FROM log_tiles WHERE level = 1")
    assert "has no tile 0 at level 1" in broken(signed)[1]


def test_an_erasure_leaves_the_log_whole(signed: CommandLine) -> None:  # rule 5.1
    with signed.dossier() as dossier:
        dossier.fact_mapper.keys.destroy(CustomerProfile.id_of(dossier.company, "1001"))
    assert signed.asked("verify")["signed_position"] == LAST


def test_a_head_kept_elsewhere_finds_a_log_that_was_made_anew(signed: CommandLine, tmp_path: Path) -> None:
    kept = tmp_path / "head.txt"
    kept.write_text(signed.run("proof", "head").stdout)
    assert signed.asked("verify", "--head", str(kept))["signed_position"] == LAST
    tamper(signed, FLIPPED.format(LAST), "DELETE FROM log_heads")
    forge_tree(signed)
    position, fault = broken(signed, "--head", str(kept))
    assert position == 1
    assert f"whose {LAST} events were signed" in fault
    tamper(signed, f"DELETE FROM events WHERE position = {LAST}")
    forge_tree(signed)
    assert broken(signed, "--head", str(kept))[0] == LAST


def test_only_heads_of_trusted_keys_count(signed: CommandLine, tmp_path: Path) -> None:
    keys, other = tmp_path / "keys.txt", SigningKey(f"dossier/{signed.company}", b"o" * 32)
    keys.write_text(signed.run("proof", "keys").stdout)
    assert signed.asked("verify", "--keys", str(keys))["signed_position"] == LAST
    keys.write_text(f"{other.public}\n")
    assert signed.asked("verify", "--keys", str(keys))["signed_position"] == 0
    forged = tmp_path / "head.txt"
    with signed.dossier() as dossier:
        head = dossier.notary.head()
    forged.write_text(sign_head(other, head.size, b"x" * 32, head.signed_at).note)
    assert "not signed with a key that is trusted" in signed.run("verify", "--head", str(forged)).stderr
    keys.write_text("no key\n")
    assert "Not a public key" in signed.run("verify", "--keys", str(keys)).stderr
    assert "cannot be read" in signed.run("verify", "--head", str(tmp_path / "nowhere")).stderr


def test_heads_of_a_former_key_stay_right_after_a_rotation(signed: CommandLine) -> None:
    new: dict[str, Any] = {"DOSSIER_SIGNING_KEY": "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0="}
    old_keys = signed.run("proof", "keys").stdout.splitlines()
    assert signed.run("verify", **new).stdout.endswith("not signed yet.\n")
    assert signed.run("proof", "head", **new).exit_code == 0
    keys = signed.run("proof", "keys", **new).stdout.splitlines()
    assert keys[1:] == old_keys
    assert signed.run("verify", **new).stdout.endswith(f"signed up to position {LAST}.\n")

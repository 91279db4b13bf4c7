"""The tree over the log of a company: what its leaves are, how it grows, and the heads that are signed over it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import rfc6962
from aggregates.customer.commands import register_customer, rename_customer
from aggregates.setup.category import ProfileCategory
from aggregates.use_case import Request
from jobs.signing import HeadSigner
from store.application import Dossier
from store.events import digest_of
from store.log import read
from store.proof import notary, tree
from store.proof.check import Checked, checked_tree
from store.proof.heads import open_head
from store.proof.notary import BehindLogError, Notary
from store.proof.tiles import NotInTreeError

Ask = Callable[..., Request]


def record(dossier: Dossier, ask: Ask, count: int, first: int = 1001) -> None:
    """Records one event for each of so many customers."""
    for number in range(first, first + count):
        register_customer(dossier, ask(), number=str(number), name=f"Ünï {number}")


def entries(dossier: Dossier) -> list[bytes]:
    """The digest of each event: what the leaves hash."""
    with dossier.database.connection() as connection:
        return [digest_of(event) for event in read(connection, 0, 10_000)]


def test_leaves_hash_the_digests_that_chain_the_events(dossier: Dossier, ask: Ask) -> None:
    record(dossier, ask, 5)
    rename_customer(dossier, ask(), number="1001", name="Another")
    head = dossier.notary.head()
    assert (head.size, head.root) == (6, rfc6962.mth(entries(dossier)))
    assert open_head(head.note, [dossier.notary.key.public]) == head


@pytest.mark.parametrize("at_once", [7, 256, 10_000])
def test_the_tree_grows_in_steps_of_any_size(dossier: Dossier, ask: Ask, at_once: int) -> None:
    category = ProfileCategory.new(dossier.company, "7")
    category.define(ask().origin, code=7, description="Älter als", required=False, position=0, active=True)
    for number in range(299):
        category.change(ask().origin, position=number % 2 + 1)
    dossier.put(category.collect_events())
    with dossier.database.connection() as connection, connection.transaction():
        while tree.grow(connection, dossier.database, at_once).size < 300:
            pass
    assert dossier.notary.head().root == rfc6962.mth(entries(dossier))


def test_a_head_is_signed_on_demand_and_only_once(dossier: Dossier, ask: Ask) -> None:
    record(dossier, ask, 2)
    first = dossier.notary.head()
    assert dossier.notary.head() == first
    record(dossier, ask, 1, first=2001)
    assert dossier.notary.head().size == 3
    with dossier.database.connection() as connection:
        assert [head.size for head in notary.heads(connection)] == [2, 3]


def test_many_may_ask_for_a_head_at_once(dossier: Dossier, ask: Ask) -> None:
    record(dossier, ask, 9)
    with ThreadPoolExecutor(6) as pool:
        heads = list(pool.map(lambda _: dossier.notary.head(), range(12)))
    assert {(head.size, head.root) for head in heads} == {(9, rfc6962.mth(entries(dossier)))}


def test_the_worker_signs_at_intervals_and_when_the_key_has_changed(dossier: Dossier, ask: Ask) -> None:
    record(dossier, ask, 2)
    worker = HeadSigner(dossier.notary)
    worker.step()
    record(dossier, ask, 1, first=2001)
    worker.step()
    with dossier.database.connection() as connection:
        assert [head.size for head in notary.heads(connection)] == [2]
    assert dossier.notary.sign_if_due(timedelta(0)) is not None
    assert dossier.notary.sign_if_due(timedelta(0)) is None
    successor = Notary(dossier.database, dossier.company, b"n" * 32)
    HeadSigner(successor).step()
    with dossier.database.connection() as connection:
        heads = [(head.size, head.key_id) for head in notary.heads(connection)]
    old, new = dossier.notary.key.public, successor.key.public
    assert sorted(heads) == sorted([(2, old.id), (3, old.id), (3, new.id)])
    assert successor.public_keys() == [new, old]


def test_a_head_is_not_signed_over_a_log_with_a_gap(dossier: Dossier, ask: Ask) -> None:
    record(dossier, ask, 4)
    with dossier.database.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM events WHERE position = 2")
    with pytest.raises(NotInTreeError, match="missing"):
        dossier.notary.head()


def test_whoever_asks_for_a_head_does_not_wait_for_a_whole_log(
    dossier: Dossier, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(dossier, ask, 4)
    monkeypatch.setattr("store.proof.notary.MOST_ON_DEMAND", 3)
    with pytest.raises(BehindLogError):
        dossier.notary.head()
    assert dossier.notary.grow() == 0
    assert dossier.notary.head().size == 4


def test_heads_are_never_changed(dossier: Dossier, ask: Ask) -> None:
    record(dossier, ask, 1)
    dossier.notary.head()
    with dossier.database.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute("UPDATE log_heads SET size = 2")


def check(dossier: Dossier) -> Checked:
    """The result of comparing the log with its tree."""
    *_, result = checked_tree(dossier.database, [dossier.notary.key.public])
    return result


def test_the_log_is_compared_with_its_tree_in_steps(
    dossier: Dossier, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(dossier, ask, 8)
    head = dossier.notary.head()
    monkeypatch.setattr("store.proof.check.AT_ONCE", 3)
    steps = list(checked_tree(dossier.database, [dossier.notary.key.public]))
    assert [step.events for step in steps] == [3, 6, 8, 8]
    assert steps[-1] == Checked(8, 8, head, is_result=True)


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE events SET recorded_at = recorded_at + interval '1 second' WHERE position = 8", 8),
        ("UPDATE events SET state = set_bit(state, 9, 1 - get_bit(state, 9)) WHERE position = 2", 2),
        ("DELETE FROM events WHERE position = 1", 1),
        ("DELETE FROM events WHERE position = 5", 5),
        ("DELETE FROM events WHERE position = 8", 8),
    ],
)
def test_the_first_position_that_was_altered_is_named(
    dossier: Dossier, ask: Ask, statement: str, position: int
) -> None:
    record(dossier, ask, 8)
    dossier.notary.head()
    with dossier.database.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement.encode()).rowcount == 1
    assert check(dossier).broken_position == position


def test_tiles_that_were_lost_are_made_again(dossier: Dossier, ask: Ask) -> None:
    record(dossier, ask, 8)
    head = dossier.notary.head()
    with dossier.database.connection() as connection:
        connection.execute("DELETE FROM log_tiles")
    assert check(dossier) == Checked(8, 8, head, is_result=True)
    record(dossier, ask, 1, first=2001)
    assert dossier.notary.head().root == rfc6962.mth(entries(dossier))


def test_an_empty_log_is_whole(dossier: Dossier) -> None:
    assert check(dossier) == Checked(0, 0, is_result=True)

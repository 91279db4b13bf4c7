"""Locks: who has a right alone, and who gets it next."""

from store.database import Database
from store.heartbeats import Progress
from store.leadership import Leader, leading
from store.stopping import Stop

TIMES = 200


def test_a_lock_is_free_as_soon_as_its_leader_has_ended(database: Database) -> None:
    """Otherwise a standby waits once more, and a rebuild that begins after another one is refused."""
    lock = database.lock_key("test")
    with database.connection() as connection:
        for _ in range(TIMES):
            with leading(database, "test", Stop(), Progress()) as leader:
                assert isinstance(leader, Leader)
            assert connection.execute(
                b"SELECT pg_try_advisory_lock(" + lock.as_bytes(connection) + b")"
            ).fetchone() == (True,)
            connection.execute(b"SELECT pg_advisory_unlock(" + lock.as_bytes(connection) + b")")

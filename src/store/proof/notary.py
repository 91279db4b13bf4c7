"""The notary of one company's log: grows the tree, signs its heads, and knows the keys that have signed.

Any process may do this, at any time: growing happens under a lock, and heads of one size are equal. `dossier work` does it all the time,
the API on demand. Writers of the log have no part in it and pay nothing. To recover: nothing has to be done; tiles that were lost are
made again after `DELETE FROM log_tiles`.
"""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, cast

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from store.database import Database, Row
from store.proof import tree
from store.proof.heads import Head, log_name, sign_head
from store.proof.notes import PublicKey, SigningKey, public_key
from store.proof.receipts import Question, sign_receipt
from store.proof.tiles import GrowingTree

MOST_ON_DEMAND: Final = 100_000
"""Events that somebody who asks for a head waits for; where more are missing, `dossier work` is far behind, or does not run."""

_COLUMNS: Final = "size, root, signed_at, key_id, note"
_NEWEST: Final = f"SELECT {_COLUMNS} FROM log_heads ORDER BY size DESC, signed_at DESC LIMIT 1"
_LIST: Final = f"SELECT {_COLUMNS} FROM log_heads WHERE (size, key_id) > (%s, %s) ORDER BY size, key_id LIMIT %s"
_OF_SIZE: Final = f"SELECT {_COLUMNS} FROM log_heads WHERE size = %s ORDER BY signed_at DESC LIMIT 1"
_KEEP: Final = f"INSERT INTO log_heads ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
_KEEP_KEY: Final = "INSERT INTO log_keys (key_id, public_key) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_LAST_POSITION: Final = "SELECT coalesce(max(position), 0) FROM events"


class BehindLogError(Exception):
    """The tree is too far behind the log for a head on demand."""


class Notary:
    """Signs for one company. Safe to share between threads."""

    def __init__(self, database: Database, company: str, seed: bytes) -> None:
        self._database = database
        self._name = log_name(company)
        self._seed = seed

    @cached_property
    def key(self) -> SigningKey:
        """The key that signs now."""
        return SigningKey(self._name, self._seed)

    def grow(self) -> int:
        """Adds a bounded number of events to the tree; returns how many the log has more. Raises `NotInTreeError`."""
        with self._database.connection() as connection, connection.transaction():
            return _last_position(connection) - tree.grow(connection, self._database).size

    def head(self) -> Head:
        """Returns a head over everything that is recorded, signed with the present key: now, unless there is one.

        Raises:
            BehindLogError: the tree is too far behind.
            NotInTreeError: an event or a part of the tree is missing.
        """
        with self._database.connection() as connection:
            end = _last_position(connection)
            newest = newest_head(connection)
            if newest is not None and (newest.size, newest.key_id) == (end, self.key.public.id):
                return newest
            if end - tree.size_of(connection) > MOST_ON_DEMAND:
                raise BehindLogError(f"The tree is more than {MOST_ON_DEMAND:,} events behind the log.")
            while True:
                with connection.transaction():
                    grown = tree.grow(connection, self._database)
                    if grown.size >= end:
                        return self._signed(connection, grown)

    def sign_if_due(self, every: timedelta) -> Head | None:
        """Signs a head over the tree if it has grown and the newest head is as old as that, or was signed with another key."""
        with self._database.connection() as connection:
            newest = newest_head(connection)
            if newest is not None and newest.key_id == self.key.public.id:
                size, now = tree.size_of(connection), _now(connection)
                if newest.size >= size or newest.signed_at + every > now:
                    return None
            with connection.transaction():
                return self._signed(connection, tree.grow(connection, self._database))

    def receipt(self, question: Question, answer: bytes, head: Head | None = None) -> str:
        """Returns the receipt for an answer with this digest, with this head, or one over everything. Raises what `head` raises."""
        head = head or self.head()
        return sign_receipt(self.key, question, answer, head, datetime.now(UTC))

    def public_keys(self) -> list[PublicKey]:
        """Returns the present key and those that have signed before, the present one first."""
        with self._database.connection() as connection:
            return [self.key.public, *(key for key in former_keys(connection) if key != self.key.public)]

    def _signed(self, connection: Connection[Row], grown: GrowingTree) -> Head:
        """Signs the head of a tree and stores it, in the transaction that has locked the tree."""
        head = sign_head(self.key, grown.size, grown.root(), _now(connection))
        connection.execute(_KEEP_KEY, [head.key_id, str(self.key.public)])
        connection.execute(_KEEP, [head.size, head.root, head.signed_at, head.key_id, head.note])
        return head


def newest_head(connection: Connection[Row]) -> Head | None:
    """Returns the head over the most events, the last one signed if there are several."""
    with connection.cursor(row_factory=class_row(Head)) as cursor:
        return cursor.execute(_NEWEST).fetchone()


def heads(connection: Connection[Row], after: tuple[int, str] = (0, ""), most: int = 1_000) -> list[Head]:
    """Returns the heads after one of this size and key, in order of size and key, `most` at most."""
    with connection.cursor(row_factory=class_row(Head)) as cursor:
        return cursor.execute(_LIST, [*after, most]).fetchall()


def head_over(connection: Connection[Row], size: int) -> Head | None:
    """Returns a head over so many events, the last one signed; `None` where none was."""
    with connection.cursor(row_factory=class_row(Head)) as cursor:
        return cursor.execute(_OF_SIZE, [size]).fetchone()


def former_keys(connection: Connection[Row]) -> list[PublicKey]:
    """Returns the public keys that have signed heads, the last one that began first. Raises `NoteError` if one was altered."""
    rows = connection.execute("SELECT public_key FROM log_keys ORDER BY first_used DESC")
    return [public_key(line) for (line,) in rows.fetchall()]


def _last_position(connection: Connection[Row]) -> int:
    row = connection.execute(_LAST_POSITION).fetchone()
    return row[0] if row else 0


def _now(connection: Connection[Row]) -> datetime:
    """Returns the instant by the clock of the database."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        instant = cursor.execute("SELECT clock_timestamp()").fetchone()
    return cast("datetime", instant)

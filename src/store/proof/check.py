"""Compares the log with its tree and with signed heads, stored here or kept elsewhere.

Every event is compared with its leaf, which names the very event that was altered, the last one of the tree included. Who can alter the
tree as well cannot sign it: at each head the root over all events so far must be the one that was signed. `dossier verify` reads the events
and checks more of each; the API leaves the leaves to PostgreSQL (`checked_tree`).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from store.database import Database, Row
from store.proof import notary
from store.proof.heads import Head, open_head
from store.proof.merkle import HASH_BYTES
from store.proof.notes import NoteError, PublicKey
from store.proof.tiles import TILE_HASHES, GrowingTree, NotInTreeError, Tile
from store.proof.tree import AT_ONCE, MissingPositionError, leaves_after, size_of, stored_tiles


class BrokenError(Exception):
    """The log is not what it should be, from this position on."""

    def __init__(self, position: int, fault: str) -> None:
        super().__init__(fault)
        self.position, self.fault = position, fault


class TreeCheck:
    """Takes the leaves of the log in order. `trusted` are the keys whose heads count; `outside` are heads that were kept elsewhere."""

    def __init__(self, connection: Connection[Row], trusted: Sequence[PublicKey], outside: Sequence[Head]) -> None:
        self._connection = connection
        newest = notary.newest_head(connection)
        self._signed_size = newest.size if newest else 0
        self._size = size_of(connection)
        self._claimed = max(self._size, self._signed_size, *(head.size for head in outside), 0)
        self._trusted = {key.id for key in trusted}
        self._keys = [*trusted, *notary.former_keys(connection)]
        self._outside = sorted(outside, key=lambda head: head.size)
        self._heads: deque[Head] = deque()
        self._last_head: tuple[int, str] | None = (0, "")
        """Size and key of the last head that was read; `None` once all were."""
        self._tree = GrowingTree()
        self._read_tile = stored_tiles(connection)
        self._leaves = b""
        self._sound = 0
        """Events under the last head that was right."""
        self.signed: Head | None = None
        """The last head of a trusted key."""

    def take(self, leaf: bytes) -> None:
        """Checks the next leaf. Raises `BrokenError`."""
        if self._tree.size < self._size:
            self._compare_leaf(self._tree.size + 1, leaf)
        for tile in self._tree.append([leaf]):
            if tile.level:
                self._compare_tile(tile)
        for head in self._heads_here():
            self._check_head(head)

    @property
    def events(self) -> int:
        """The number of leaves that were taken."""
        return self._tree.size

    def take_all(self, connection: Connection[Row], end: int) -> Iterator[int]:
        """Checks the leaves of a log that ends at this position, and yields now and then how many were taken. Raises `BrokenError`."""
        most = AT_ONCE
        while self.events < end:
            try:
                leaves = leaves_after(connection, self.events, min(most, end - self.events))
            except MissingPositionError as error:
                most = error.position - 1 - self.events
                if not most:
                    raise BrokenError(error.position, str(error)) from error
                continue
            for leaf in leaves:
                self.take(leaf)
            yield self.events

    def end(self) -> None:
        """Checks what is left at the end of the log. Raises `BrokenError`."""
        last = self._tree.size
        if self._claimed > last:
            raise BrokenError(last + 1, f"The log ends at position {last}, and it had {self._claimed} events before.")
        if last == self._size:
            for tile in self._tree.edge():
                self._compare_tile(tile)

    def _compare_leaf(self, position: int, leaf: bytes) -> None:
        number, place = divmod(position - 1, TILE_HASHES)
        if not place:
            self._leaves = self._tile(0, number)
        if self._leaves[place * HASH_BYTES : (place + 1) * HASH_BYTES] != leaf:
            raise BrokenError(position, "It is not the event that was recorded: it differs from its leaf in the tree.")

    def _compare_tile(self, tile: Tile) -> None:
        if tile.level and not self._tile(tile.level, tile.number).startswith(tile.hashes):
            fault = f"Tile {tile.number} at level {tile.level} of the tree was altered; the events below it are whole."
            raise BrokenError(self._tree.size, fault)

    def _tile(self, level: int, number: int) -> bytes:
        try:
            return self._read_tile(level, number)
        except NotInTreeError as error:
            raise BrokenError(self._tree.size + 1, str(error)) from error

    def _heads_here(self) -> list[Head]:
        """Returns the heads over the events so far."""
        size, here = self._tree.size, []
        while self._outside and self._outside[0].size <= size:
            here.append(self._outside.pop(0))
        if not self._heads and self._last_head is not None:
            self._read_heads(self._last_head)
        while self._heads and self._heads[0].size <= size:
            here.append(self._heads.popleft())
        return here

    def _read_heads(self, after: tuple[int, str]) -> None:
        """Reads the next heads; those that are signed while the log is checked are left out."""
        heads = notary.heads(self._connection, after)
        self._heads.extend(head for head in heads if head.size <= self._signed_size)
        self._last_head = (heads[-1].size, heads[-1].key_id) if heads and heads[-1].size <= self._signed_size else None

    def _check_head(self, head: Head) -> None:
        try:
            signed = open_head(head.note, self._keys)
        except NoteError as error:
            raise BrokenError(head.size, f"The head over {head.size} events is not right: {error}") from error
        if signed != head:
            raise BrokenError(
                head.size, f"The head over {head.size} events is stored with other values than were signed."
            )
        if head.size == self._tree.size and head.root != self._tree.root():
            fault = f"This is not the log whose {head.size} events were signed {_at(head.signed_at)}."
            whole = f" Up to position {self._sound} it is." if self._sound else ""
            raise BrokenError(self._sound + 1, fault + whole)
        self._sound = head.size
        if head.key_id in self._trusted:
            self.signed = head


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a check has come: `events` of the log, which ends at `last_position`.

    `broken_position` is the first position at fault, `None` while there is none. `signed` is the last head of a trusted key so far.
    """

    events: int
    last_position: int
    signed: Head | None = None
    broken_position: int | None = None
    fault: str | None = None
    is_result: bool = False


def checked_tree(database: Database, trusted: Sequence[PublicKey]) -> Iterator[Checked]:
    """Compares the whole log with its tree and heads, and yields how far it has come, and at last the result."""
    with closing(database.connect()) as connection:
        check = TreeCheck(connection, trusted, [])
        row = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        end = row[0] if row else 0
        try:
            for events in check.take_all(connection, end):
                yield Checked(events, end, check.signed)
            check.end()
        except BrokenError as error:
            yield Checked(check.events, end, check.signed, error.position, error.fault, is_result=True)
        else:
            yield Checked(end, end, check.signed, is_result=True)


def _at(instant: datetime) -> str:
    return f"at {instant:%Y-%m-%d %H:%M:%S} UTC"

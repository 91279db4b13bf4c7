"""The tree over one company's log, in table `log_tiles`: how it grows, and what is read from it.

What a leaf hashes is the digest that chains the events of an aggregate (`store.events.digest`), which covers the whole row as it is stored:
sealed values, so that an erasure changes nothing, and the recording time. The position is the place of the leaf. PostgreSQL computes the
leaves, so that the states of events never leave it.
"""

from typing import Final

from psycopg import Connection, sql

from store.database import Database, Row
from store.events import RecordedEvent, digest_of
from store.proof.merkle import HASH_BYTES, Node, leaf_hash
from store.proof.tiles import (
    TILE_HASHES,
    GrowingTree,
    NotInTreeError,
    ReadTile,
    Tile,
    edge_of,
    hashes_in,
    node_from,
)

AT_ONCE: Final = 10_000
"""Events that are added in one transaction."""

_SIZE: Final = f"""
    SELECT number * {TILE_HASHES} + length(hashes) / {HASH_BYTES} FROM log_tiles
    WHERE level = 0 ORDER BY number DESC LIMIT 1
"""
_TILE: Final = "SELECT hashes FROM log_tiles WHERE level = %s AND number = %s"
_DIGEST: Final = """
    event_digest(previous_digest, originator_id, originator_version, topic, state, event_id, recorded_at, correlation_id)
"""
"""`store.events.digest` in SQL."""
_LEAVES: Final = rf"""
    SELECT count(*), max(position), string_agg(sha256('\x00'::bytea || {_DIGEST}), ''::bytea ORDER BY position)
    FROM (SELECT * FROM events WHERE position > %s ORDER BY position LIMIT %s) AS added
"""
_MISSING: Final = """
    SELECT min(expected) FROM (
        SELECT position, %s + row_number() OVER (ORDER BY position) AS expected FROM events WHERE position > %s AND position <= %s
    ) AS numbered WHERE position <> expected
"""
_STORE: Final = """
    INSERT INTO log_tiles (level, number, hashes) SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
    ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
"""


class MissingPositionError(NotInTreeError):
    """The log has no event at this position, and later ones."""

    def __init__(self, position: int) -> None:
        super().__init__(f"Position {position} is missing in the log.")
        self.position = position


def leaf_of(event: RecordedEvent) -> bytes:
    """Returns the leaf hash of an event."""
    return leaf_hash(digest_of(event))


def size_of(connection: Connection[Row]) -> int:
    """Returns the number of events in the tree."""
    row = connection.execute(_SIZE).fetchone()
    return row[0] if row else 0


def grow(connection: Connection[Row], database: Database, most: int = AT_ONCE) -> GrowingTree:
    """Adds up to `most` of the events that the tree does not have, in the caller's transaction, and returns the tree.

    Other processes that do the same wait meanwhile. Raises `NotInTreeError` where an event or a part of the tree is missing.
    """
    connection.execute(sql.SQL("SELECT pg_advisory_xact_lock({})").format(database.lock_key("tree")))
    tree = _right_edge(connection)
    leaves = leaves_after(connection, tree.size, most)
    if leaves:
        _store(connection, [*tree.append(leaves), *tree.edge()])
    return tree


def leaves_after(connection: Connection[Row], position: int, most: int) -> list[bytes]:
    """Returns the leaves of up to `most` events after a position, as the log has them. Raises `MissingPositionError`."""
    count, last, leaves = connection.execute(_LEAVES, [position, most], binary=True).fetchone() or (0, None, b"")
    if count and last != position + count:
        missing = connection.execute(_MISSING, [position, position, last]).fetchone() or (position + 1,)
        raise MissingPositionError(missing[0])
    return hashes_in(leaves or b"")


def _right_edge(connection: Connection[Row]) -> GrowingTree:
    size = size_of(connection)
    read_tile = stored_tiles(connection)
    edge = []
    for level, number, length in edge_of(size):
        hashes = read_tile(level, number) if length else b""
        if len(hashes) != length:
            raise NotInTreeError(f"Tile {number} at level {level} of the tree has {len(hashes)} bytes, not {length}.")
        edge.append(hashes)
    return GrowingTree(size, edge)


def _store(connection: Connection[Row], tiles: list[Tile]) -> None:
    columns = zip(*((tile.level, tile.number, tile.hashes) for tile in tiles), strict=True)
    connection.execute(_STORE, [list(column) for column in columns])


def stored_tiles(connection: Connection[Row]) -> ReadTile:
    """Returns what reads the tiles of the tree through a connection. It raises `NotInTreeError`."""

    def read_tile(level: int, number: int) -> bytes:
        row = connection.execute(_TILE, [level, number], binary=True).fetchone()
        if row is None:
            raise NotInTreeError(f"The tree has no tile {number} at level {level}.")
        return bytes(row[0])

    return read_tile


def stored_node(connection: Connection[Row]) -> Node:
    """Returns the subtrees of the tree, read through a connection and the last of them remembered. They raise `NotInTreeError`."""
    return node_from(stored_tiles(connection))

"""The tree in tiles: the hashes of up to 256 neighbouring subtrees, as they are stored and served.

Pure. A tile of level 0 has leaf hashes, one of level n the roots of the tiles below it that are complete. That takes 32 bytes an event and
an eighth of a byte for all that is above it, and a proof needs one or two tiles a level. Tiles only grow: a reader that knows the size of
the tree is not disturbed by a writer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from store.proof.merkle import HASH_BYTES, Node, root_of

TILE_LEVELS: Final = 8
TILE_HASHES: Final = 1 << TILE_LEVELS
_NODES_REMEMBERED: Final = 4_096
_TILES_REMEMBERED: Final = 16

ReadTile = Callable[[int, int], bytes]
"""Returns the hashes of a tile, one after the other, given its level and its number there."""


class NotInTreeError(Exception):
    """The tree has not got so far, or a part of it is missing."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: its level, its number there, and its hashes one after the other."""

    level: int
    number: int
    hashes: bytes


def hashes_in(joined: bytes) -> list[bytes]:
    """Returns the hashes of a tile."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


class GrowingTree:
    """The right edge of a tree: the tiles that are not complete, from which it grows.

    `edge` has the hashes of those tiles by level, beginning with the leaves.
    """

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        self.size = size
        self._edge = [bytearray(hashes) for hashes in edge]

    def append(self, leaves: Sequence[bytes]) -> Iterator[Tile]:
        """Adds leaf hashes, and yields every tile that becomes complete."""
        start = 0
        while start < len(leaves):
            end = start + TILE_HASHES - self.size % TILE_HASHES
            added = leaves[start:end]
            self.size += len(added)
            yield from self._add(0, b"".join(added))
            start = end

    def _add(self, level: int, added: bytes) -> Iterator[Tile]:
        """Adds hashes to the tile of a level, which has room for them."""
        if level == len(self._edge):
            self._edge.append(bytearray())
        hashes = self._edge[level]
        hashes += added
        if len(hashes) == TILE_HASHES * HASH_BYTES:
            complete = bytes(hashes)
            hashes.clear()
            yield Tile(level, tiles_before(level, self.size) - 1, complete)
            yield from self._add(level + 1, root_of(hashes_in(complete)))

    def edge(self) -> Iterator[Tile]:
        """Yields the tiles that have begun and are not complete."""
        for level, hashes in enumerate(self._edge):
            if hashes:
                yield Tile(level, tiles_before(level, self.size), bytes(hashes))

    def root(self) -> bytes:
        """Returns the root."""
        right: list[bytes] = []
        for hashes in self._edge:
            beginning = [*hashes_in(bytes(hashes)), *right]
            right = [root_of(beginning)] if beginning else []
        return root_of(right)


def tiles_before(level: int, size: int) -> int:
    """Returns how many tiles of a level are complete in a tree of this size: the number of the one at its right edge."""
    return size >> TILE_LEVELS * (level + 1)


def edge_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Yields level, number and bytes of each tile on the right edge of a tree of this size, from the leaves up; of an empty one, none."""
    level = 0
    while subtrees := size >> TILE_LEVELS * level:
        yield level, subtrees >> TILE_LEVELS, subtrees % TILE_HASHES * HASH_BYTES
        level += 1


def node_from(read_tile: ReadTile) -> Node:
    """Returns the subtrees of a stored tree, which must be as large as the one that is asked about; the last tiles are remembered.

    They raise `NotInTreeError`, and so must `read_tile`.
    """
    remembered_tile = lru_cache(_TILES_REMEMBERED)(read_tile)

    @lru_cache(_NODES_REMEMBERED)
    def node(level: int, number: int) -> bytes:
        tile_level, height = divmod(level, TILE_LEVELS)
        tile_number, offset = divmod(number << height, TILE_HASHES)
        tile = remembered_tile(tile_level, tile_number)
        hashes = hashes_in(tile[offset * HASH_BYTES : (offset + (1 << height)) * HASH_BYTES])
        if len(hashes) < 1 << height:
            raise NotInTreeError(f"The tree has no node {number} at level {level}.")
        return root_of(hashes)

    return node

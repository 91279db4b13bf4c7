"""Merkle trees as RFC 6962 defines them: hashes, roots, proofs of inclusion and of consistency, and how these are checked.

Pure. The tree itself is handed in as a `Node`: what knows the hash of every complete subtree, wherever it takes it from. Leaves are
numbered from 0: the event at position p of the log is leaf p - 1. Who checks a proof needs none of the tree (RFC 9162, section 2.1).
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256().digest()
"""The root of a tree without leaves."""

Node = Callable[[int, int], bytes]
"""Returns the hash of a complete subtree, given its level and its number there: `(3, 2)` is the one of the leaves 16 to 23."""


class ProofError(Exception):
    """A proof does not prove what it should."""


def leaf_hash(content: bytes) -> bytes:
    """Returns the hash of a leaf."""
    return sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns the hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Returns the root over neighbouring subtrees of one size, of which the last may be smaller."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def root(node: Node, size: int) -> bytes:
    """Returns the root of the tree over the first `size` leaves."""
    return _subtree(node, 0, size) if size else EMPTY_ROOT


def inclusion_path(node: Node, index: int, size: int) -> list[bytes]:
    """Returns the proof that a leaf is in the tree over the first `size` leaves: the sibling of each node above it, lowest first.

    Raises `ValueError` where that tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    path: list[bytes] = []
    start = 0
    while size > 1:
        left = _left_size(size)
        if index - start < left:
            path.append(_subtree(node, start + left, size - left))
            size = left
        else:
            path.append(_subtree(node, start, left))
            start, size = start + left, size - left
    return path[::-1]


def consistency_path(node: Node, old: int, new: int) -> list[bytes]:
    """Returns the proof that the tree over the first `new` leaves continues the one over the first `old`, which may be empty.

    Raises `ValueError` where the old tree is the larger one.
    """
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {new} leaves does not continue one of {old}.")
    return list(_consistency(node, old, 0, new, known=True)) if old else []


def _consistency(node: Node, old: int, start: int, size: int, *, known: bool) -> Iterator[bytes]:
    """Yields SUBPROOF of RFC 6962. `known`: whoever checks it knows the root of the old tree, if it is this subtree."""
    if old == size:
        if not known:
            yield _subtree(node, start, size)
        return
    left = _left_size(size)
    if old <= left:
        yield from _consistency(node, old, start, left, known=known)
        yield _subtree(node, start + left, size - left)
    else:
        yield from _consistency(node, old - left, start + left, size - left, known=False)
        yield _subtree(node, start, left)


def _left_size(size: int) -> int:
    """Returns the number of leaves on the left side: the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(node: Node, start: int, size: int) -> bytes:
    """Returns the root over `size` leaves from `start` on, which is a multiple of each complete subtree in it."""
    complete = 1 << (size.bit_length() - 1)
    level = size.bit_length() - 1
    first = node(level, start >> level)
    if complete == size:
        return first
    return node_hash(first, _subtree(node, start + complete, size - complete))


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], tree_root: bytes) -> None:
    """Raises `ProofError` unless the path leads from the leaf hash to the root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError(f"A tree of {size} leaves has no leaf {index}.")
    place, last, computed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("The path is too long.")
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            place, last = _up_to_left_sibling(place, last)
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("The path is too short.")
    if computed != tree_root:
        raise ProofError("The path does not lead to the root.")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Raises `ProofError` unless the path proves that the new tree continues the old one (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old <= new:
        raise ProofError(f"A tree of {new} leaves does not continue one of {old}.")
    if old in {0, new}:
        if path or old_root != (new_root if old == new else EMPTY_ROOT):
            raise ProofError("The roots differ." if not path else "The path is too long.")
        return
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        raise ProofError("The path is too short.")
    _check_both_roots(old, old_root, new, new_root, hashes)


def _check_both_roots(old: int, old_root: bytes, new: int, new_root: bytes, hashes: Sequence[bytes]) -> None:
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    computed_old = computed_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("The path is too long.")
        if place & 1 or place == last:
            computed_old, computed_new = node_hash(sibling, computed_old), node_hash(sibling, computed_new)
            place, last = _up_to_left_sibling(place, last)
        else:
            computed_new = node_hash(computed_new, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("The path is too short.")
    if (computed_old, computed_new) != (old_root, new_root):
        raise ProofError("The path does not lead to both roots.")


def _up_to_left_sibling(place: int, last: int) -> tuple[int, int]:
    """Returns the place of the lowest ancestor that is a right child: a last node without right sibling is its own parent."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last

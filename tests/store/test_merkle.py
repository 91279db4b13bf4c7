"""Merkle trees against the test vectors of Certificate Transparency, and against a second implementation written from RFC 6962 alone."""

import random
from hashlib import sha256

import pytest

import rfc6962
from store.proof.merkle import (
    ProofError,
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root,
)
from store.proof.tiles import GrowingTree, NotInTreeError, edge_of, hashes_in, node_from

VECTOR = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
VECTOR_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The entries and roots by which implementations of Certificate Transparency are tested."""
ENTRIES = [number.to_bytes(4) for number in range(600)]
SIZES = [1, 2, 3, 7, 8, 9, 64, 100, 255, 256, 257, 300, 511, 512, 513, 600]


class Memory:
    """A tree whose tiles are kept in memory."""

    def __init__(self, entries: list[bytes]) -> None:
        self.tree = GrowingTree()
        self.tiles: dict[tuple[int, int], bytes] = {}
        for tile in self.tree.append([leaf_hash(entry) for entry in entries]):
            self.tiles[tile.level, tile.number] = tile.hashes
        for tile in self.tree.edge():
            self.tiles[tile.level, tile.number] = tile.hashes
        self.node = node_from(self.read)

    def read(self, level: int, number: int) -> bytes:
        if (level, number) not in self.tiles:
            raise NotInTreeError
        return self.tiles[level, number]


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory(ENTRIES)


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_test_vectors(size: int) -> None:
    assert Memory(VECTOR[:size]).tree.root().hex() == VECTOR_ROOTS[size]
    assert root(Memory(VECTOR).node, size).hex() == VECTOR_ROOTS[size]
    assert rfc6962.mth(VECTOR[:size]).hex() == VECTOR_ROOTS[size]


@pytest.mark.parametrize("size", SIZES)
def test_roots_are_those_of_the_second_implementation(memory: Memory, size: int) -> None:
    assert root(memory.node, size) == rfc6962.mth(ENTRIES[:size])
    assert Memory(ENTRIES[:size]).tree.root() == rfc6962.mth(ENTRIES[:size])


@pytest.mark.parametrize("size", range(1, 20))
def test_every_proof_of_a_small_tree_is_that_of_the_second_implementation(memory: Memory, size: int) -> None:
    entries, tree_root = ENTRIES[:size], rfc6962.mth(ENTRIES[:size])
    for index in range(size):
        audit_path = inclusion_path(memory.node, index, size)
        assert audit_path == rfc6962.path(index, entries)
        assert rfc6962.root_by_path(entries[index], index, size, audit_path) == tree_root
        check_inclusion(leaf_hash(entries[index]), index, size, audit_path, tree_root)
    for old in range(1, size + 1):
        old_root, audit_path = rfc6962.mth(entries[:old]), consistency_path(memory.node, old, size)
        assert audit_path == rfc6962.proof(old, entries)
        assert rfc6962.roots_by_proof(old_root, old, size, audit_path) == (old_root, tree_root)
        check_consistency(old, old_root, size, tree_root, audit_path)


def test_proofs_of_larger_trees_are_those_of_the_second_implementation(memory: Memory) -> None:
    dice = random.Random(6962)
    for _ in range(60):
        size = dice.randint(200, len(ENTRIES))
        entries, tree_root = ENTRIES[:size], rfc6962.mth(ENTRIES[:size])
        index, old = dice.randrange(size), dice.randint(1, size)
        audit_path = inclusion_path(memory.node, index, size)
        assert rfc6962.root_by_path(entries[index], index, size, audit_path) == tree_root
        check_inclusion(leaf_hash(entries[index]), index, size, audit_path, tree_root)
        consistent, old_root = consistency_path(memory.node, old, size), rfc6962.mth(entries[:old])
        assert rfc6962.roots_by_proof(old_root, old, size, consistent) == (old_root, tree_root)
        check_consistency(old, old_root, size, tree_root, consistent)


@pytest.mark.parametrize("size", [1, 5, 8, 13])
def test_no_other_leaf_place_size_or_path_is_accepted(memory: Memory, size: int) -> None:
    tree_root, other = root(memory.node, size), sha256(b"other").digest()
    for index in range(size):
        leaf, path = leaf_hash(ENTRIES[index]), inclusion_path(memory.node, index, size)
        forged = [(other, index, size, path, tree_root), (leaf, index, size, path, other)]
        forged += [(leaf, index, size, [*path, other], tree_root), (leaf, size, size, path, tree_root)]
        forged += [(leaf, index, size, path[:-1], tree_root)] if path else []
        forged += [(leaf, place, size, path, tree_root) for place in range(size) if place != index]
        forged += [(leaf, index, size, [*path[:at], other, *path[at + 1 :]], tree_root) for at in range(len(path))]
        for arguments in forged:
            with pytest.raises(ProofError):
                check_inclusion(*arguments)


@pytest.mark.parametrize("size", [2, 5, 8, 13])
def test_no_other_history_is_accepted(memory: Memory, size: int) -> None:
    tree_root, other = root(memory.node, size), sha256(b"other").digest()
    for old in range(1, size + 1):
        old_root, path = root(memory.node, old), consistency_path(memory.node, old, size)
        forged = [(old, other, size, tree_root, path), (old, old_root, size, other, path)]
        forged += [(old, old_root, size, tree_root, [*path, other]), (size + 1, old_root, size, tree_root, path)]
        forged += [(old, old_root, size, tree_root, path[:-1])] if path else []
        forged += [(old, old_root, size, tree_root, [*path[:at], other, *path[at + 1 :]]) for at in range(len(path))]
        for arguments in forged:
            with pytest.raises(ProofError):
                check_consistency(*arguments)


def test_the_empty_tree_is_continued_by_every_tree(memory: Memory) -> None:
    empty = sha256().digest()
    assert consistency_path(memory.node, 0, 5) == []
    check_consistency(0, empty, 5, root(memory.node, 5), [])
    with pytest.raises(ProofError):
        check_consistency(0, root(memory.node, 1), 5, root(memory.node, 5), [])


def test_what_is_not_in_the_tree_has_no_proof(memory: Memory) -> None:
    with pytest.raises(ValueError, match="no leaf 5"):
        inclusion_path(memory.node, 5, 5)
    with pytest.raises(ValueError, match="does not continue"):
        consistency_path(memory.node, 6, 5)
    with pytest.raises(NotInTreeError):
        inclusion_path(memory.node, 3, len(ENTRIES) + 1)


def test_a_tree_grows_from_its_edge_as_from_its_beginning() -> None:
    leaves = [leaf_hash(number.to_bytes(4)) for number in range(66_000)]
    whole = GrowingTree()
    tiles = {(tile.level, tile.number): tile.hashes for tile in whole.append(leaves[:65_800])}
    tiles |= {(tile.level, tile.number): tile.hashes for tile in whole.edge()}
    assert {level for level, _ in tiles} == {0, 1, 2}
    edge = [tiles[level, number] if length else b"" for level, number, length in edge_of(65_800)]
    assert [len(hashes) for hashes in edge] == [length for _, _, length in edge_of(65_800)]
    continued = GrowingTree(65_800, edge)
    assert list(continued.append(leaves[65_800:])) == list(whole.append(leaves[65_800:]))
    assert continued.root() == whole.root()
    assert hashes_in(tiles[0, 1]) == leaves[256:512]

"""The tree is that of RFC 6962: published vectors, an independent implementation, and every small proof."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    fold,
    inclusion_path,
    leaf_hash,
    node_hash,
    peaks,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)

# The leaves and roots that Certificate Transparency implementations share as test vectors.
VECTOR_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
VECTOR_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 70
LEAVES = [leaf_hash(b"entry %d" % i) for i in range(LARGEST)]


def nodes(height: int, index: int) -> bytes:
    return fold(LEAVES[index << height : (index + 1) << height])


def root(size: int) -> bytes:
    return subtree_root(0, size, nodes)


ROOTS = [root(size) for size in range(LARGEST + 1)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    hashes = [leaf_hash(data) for data in VECTOR_LEAVES]
    found = subtree_root(0, size, lambda height, index: fold(hashes[index << height : (index + 1) << height]))
    assert found.hex() == VECTOR_ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root(0) == EMPTY_ROOT


def test_roots_and_proofs_are_those_of_an_independent_implementation() -> None:
    tree = InmemoryTree(algorithm="sha256")
    for size in range(1, 34):
        tree.append_entry(b"entry %d" % (size - 1))
        assert tree.get_root() == ROOTS[size]
        for index in range(size):
            proof = tree.prove_inclusion(index + 1, size)
            # Their path begins with the leaf itself.
            assert [bytes.fromhex(h) for h in proof.serialize()["path"]][1:] == inclusion_path(index, size, nodes)


def test_the_example_proofs_of_rfc_6962_section_2_1_3() -> None:
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k = node_hash(g, h)
    lower = node_hash(i, j)
    assert node_hash(k, lower) == ROOTS[7]
    assert inclusion_path(0, 7, nodes) == [b, h, lower]
    assert inclusion_path(3, 7, nodes) == [c, g, lower]
    assert inclusion_path(4, 7, nodes) == [f, j, k]
    assert inclusion_path(6, 7, nodes) == [i, k]
    assert consistency_path(3, 7, nodes) == [c, d, g, lower]
    assert consistency_path(4, 7, nodes) == [lower]
    assert consistency_path(6, 7, nodes) == [i, j, k]


def test_every_entry_of_every_small_tree_can_be_proven() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            path = inclusion_path(index, size, nodes)
            assert verify_inclusion(index, size, LEAVES[index], path, ROOTS[size])


def test_every_small_tree_can_be_proven_to_extend_every_smaller_one() -> None:
    for new in range(LARGEST + 1):
        for old in range(new + 1):
            path = consistency_path(old, new, nodes)
            assert verify_consistency(old, new, ROOTS[old], ROOTS[new], path)


@settings(max_examples=300)
@given(st.data())
def test_a_changed_inclusion_proof_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, nodes)
    changed = data.draw(changed_paths(path))
    assert not verify_inclusion(index, size, LEAVES[index], changed, ROOTS[size])


@settings(max_examples=300)
@given(st.data())
def test_a_changed_consistency_proof_proves_nothing(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, LARGEST))
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(changed_paths(consistency_path(old, new, nodes)))
    assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], changed)


@given(st.integers(0, LARGEST), st.integers(0, LARGEST), st.integers(-2, LARGEST + 2))
def test_a_proof_holds_for_its_own_index_only(size: int, other: int, index: int) -> None:
    if other >= size or index == other:
        return
    assert not verify_inclusion(index, size, LEAVES[other], inclusion_path(other, size, nodes), ROOTS[size])


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (6, 7), (8, 64), (33, 70)])
def test_a_rewritten_history_is_not_consistent(old: int, new: int) -> None:
    path = consistency_path(old, new, nodes)
    forged = node_hash(ROOTS[old], ROOTS[old])
    assert not verify_consistency(old, new, forged, ROOTS[new], path)
    assert not verify_consistency(old, new, ROOTS[old], forged, path)
    assert not verify_consistency(new, old, ROOTS[new], ROOTS[old], path)


def test_nothing_is_proven_of_what_is_not_in_the_tree() -> None:
    with pytest.raises(IndexError):
        inclusion_path(5, 5, nodes)
    with pytest.raises(IndexError):
        consistency_path(6, 5, nodes)
    assert not verify_inclusion(5, 5, LEAVES[5], [], ROOTS[5])


def test_a_growing_edge_has_the_root_of_the_whole_tree() -> None:
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES, 1):
        frontier.append(leaf)
        assert frontier.root() == ROOTS[size]
    assert Frontier().root() == EMPTY_ROOT


def test_a_copied_edge_grows_on_its_own() -> None:
    frontier = Frontier()
    frontier.append(LEAVES[0])
    other = frontier.copy()
    other.append(LEAVES[1])
    assert (frontier.root(), other.root()) == (ROOTS[1], ROOTS[2])


@given(st.integers(0, 5000))
def test_peaks_cover_a_tree_without_gap_or_overlap(size: int) -> None:
    covered = [range(index << height, (index + 1) << height) for height, index in peaks(0, size)]
    assert [leaf for part in covered for leaf in part] == list(range(size))
    assert len(covered) == size.bit_count()


def changed_paths(path: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    position = st.integers(0, max(len(path) - 1, 0))
    longer = position.map(lambda at: [*path[:at], b"\x00" * 32, *path[at:]])
    if not path:
        return longer
    shorter = position.map(lambda at: path[:at] + path[at + 1 :])
    other = position.map(lambda at: [*path[:at], leaf_hash(path[at]), *path[at + 1 :]])
    return longer | shorter | other

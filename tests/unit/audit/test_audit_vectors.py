"""Vectors: published proofs, and tables made by a naive reference that follows the text of RFC 6962 word by word."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.export.layout import Tile, bundle_path, pack, parse_path, tile_path, tiles_of, unpack
from audit.merkle import (
    EMPTY_ROOT,
    consistency_path,
    fold,
    inclusion_path,
    leaf_hash,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)
from audit.verifying.edge import Edge

# The eight leaves that the implementations of Certificate Transparency share, and proofs that they publish for them.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOT_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
]
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]


def split(size: int) -> int:
    """Return the largest power of two smaller than a size, found by looking."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def mth(data: list[bytes]) -> bytes:
    """Return MTH(D) as section 2.1 defines it."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\0" + data[0]).digest()
    k = split(len(data))
    return hashlib.sha256(b"\1" + mth(data[:k]) + mth(data[k:])).digest()


def path(m: int, data: list[bytes]) -> list[bytes]:
    """Return PATH(m, D) as section 2.1.1 defines it."""
    if len(data) == 1:
        return []
    k = split(len(data))
    return [*path(m, data[:k]), mth(data[k:])] if m < k else [*path(m - k, data[k:]), mth(data[:k])]


def subproof(m: int, data: list[bytes], whole: bool) -> list[bytes]:
    """Return SUBPROOF(m, D, b) as section 2.1.2 defines it."""
    if m == len(data):
        return [] if whole else [mth(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole), mth(data[k:])]
    return [*subproof(m - k, data[k:], False), mth(data[:k])]


def nodes(data: list[bytes]) -> object:
    hashes = [leaf_hash(one) for one in data]
    return lambda height, index: fold(hashes[index << height : (index + 1) << height])


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_published_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    found = inclusion_path(index, size, nodes(LEAVES))  # type: ignore[arg-type]
    assert [one.hex() for one in found] == proof
    assert verify_inclusion(index, size, leaf_hash(LEAVES[index]), found, mth(LEAVES[:size]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int, proof: list[str]) -> None:
    found = consistency_path(old, new, nodes(LEAVES))  # type: ignore[arg-type]
    assert [one.hex() for one in found] == proof
    assert verify_consistency(old, new, mth(LEAVES[:old]), mth(LEAVES[:new]), found)


def test_the_published_root() -> None:
    assert mth(LEAVES).hex() == ROOT_8
    assert mth([]) == EMPTY_ROOT


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.data())
def test_random_trees_are_those_of_the_naive_reference(size: int, data: st.DataObject) -> None:
    chance = Random(size)
    entries = [chance.randbytes(chance.randrange(40)) for _ in range(size)]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    of = nodes(entries)
    assert subtree_root(0, size, of) == mth(entries)  # type: ignore[arg-type]
    assert inclusion_path(index, size, of) == path(index, entries)  # type: ignore[arg-type]
    assert consistency_path(old, size, of) == subproof(old, entries, True)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=40))
def test_an_edge_that_grows_by_whole_subtrees_has_the_root_of_the_tree(heights: list[int]) -> None:
    edge = Edge()
    entries: list[bytes] = []
    for height in heights:
        if len(entries) % (1 << height):
            continue
        more = [b"%d" % (len(entries) + n) for n in range(1 << height)]
        edge.add(fold([leaf_hash(one) for one in more]), height)
        entries += more
    assert edge.root() == mth(entries)


def test_no_proof_holds_for_hashes_of_another_length() -> None:
    assert not verify_inclusion(0, 1, b"", [], b"")
    assert not verify_consistency(0, 0, b"\7" * 32, b"\7" * 32, [])


# The examples of c2sp.org/tlog-tiles.
PATHS = [
    ("tile/0/x001/x234/067", Tile(0, 1234067), False),
    ("tile/entries/x001/x234/067.p/8", Tile(0, 1234067, 8), True),
    ("tile/63/000", Tile(63, 0), False),
    ("tile/1/255.p/255", Tile(1, 255, 255), False),
]


@pytest.mark.parametrize(("spelled", "tile", "bundle"), PATHS)
def test_paths_are_those_of_the_specification(spelled: str, tile: Tile, bundle: bool) -> None:
    assert parse_path(spelled) == (bundle, tile)
    assert (bundle_path(tile.n, tile.width) if bundle else tile_path(tile)) == spelled


@given(st.integers(0, 3), st.integers(0, 10**12), st.integers(1, 256))
def test_a_path_is_read_as_it_was_written(level: int, n: int, width: int) -> None:
    assert parse_path(tile_path(Tile(level, n, width))) == (False, Tile(level, n, width))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 200_000))
def test_tiles_cover_a_tree_as_the_specification_counts_them(size: int) -> None:
    found = list(tiles_of(size))
    for level in range(4):
        whole = size // 256**level
        widths = [tile.width for tile in found if tile.level == level]
        assert widths == [256] * (whole // 256) + ([whole % 256] if whole % 256 else [])


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=256))
def test_a_bundle_is_read_as_it_was_written(entries: list[bytes]) -> None:
    assert unpack(pack(entries)) == entries

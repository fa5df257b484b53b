"""How much a file repeats the records of a source: pure arithmetic on hashed rows.

Two rare values of an output row that stand together in one source row are a coincidence of some odds; the odds are
counted in bits against chance. A row that only describes a group shares its values with many source rows and does not
count. Figures and reasons: docs/explanation/fingerprints.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from egress_review.fingerprint_index import Index, Keys, among

CERTAIN_BITS = 18.0
"""A row that chance gives once in 260,000 outputs of this size is a record: one row is enough to stop a file."""
LIKELY_BITS = 6.5
"""A row that chance gives once in a hundred: several of them, making up a part of the file, are records too."""
LIKELY_ROWS = 3
LIKELY_SHARE = 0.25
LIKELY_SUM = 30.0
GROUP = 10
"""Source rows that share the same values from which they are a group (rule of 10) and nobody's record."""
FEWEST_NUMBERS = 2
"""Numbers of an identifying column that must stand in a file; one may be a count that happens to be equal."""
MOST_EXPANDED = 2_000_000
"""Pairs of output row and source row that are held in memory at once."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """The hashed rows of one file."""

    sizes: npt.NDArray[np.uint16]
    marks: Keys
    tables: tuple[tuple[int, int, int], ...] = ()
    """Of each table in the file: its first row here, how many rows of it are here, and how many it has."""
    partial: bool = False

    @classmethod
    def beside(cls, parts: Sequence[Self], starts: Sequence[int], count: int) -> Rows:
        """The rows of tables of several files, put beside each other: row 1 with row 1, and so on."""
        placed = list(zip(parts, starts, strict=True))
        bags = [np.unique(np.concatenate([p.bag(s + number) for p, s in placed])) for number in range(count)]
        sizes = np.array([len(bag) for bag in bags], dtype=np.uint16)
        return Rows(sizes, np.concatenate(bags), ((0, count, count),))

    def bag(self, number: int) -> Keys:
        """The values of one row."""
        return self.marks[self._ends[number] : self._ends[number + 1]]

    @cached_property
    def _ends(self) -> Ints:
        return np.concatenate([[0], np.cumsum(self.sizes, dtype=np.int64)])


@dataclass(slots=True)
class Likeness:
    """What a file has in common with a source."""

    rows: int = 0
    certain: int = 0
    likely: int = 0
    bits: float = 0.0
    """Bits of the likely rows together."""
    texts: int = 0
    numbers: int = 0
    matched: set[int] = field(default_factory=set)
    """Source rows that are repeated."""

    @property
    def records(self) -> bool:
        """Whether the file repeats records."""
        several = self.likely >= LIKELY_ROWS and self.likely >= LIKELY_SHARE * self.rows and self.bits >= LIKELY_SUM
        return self.certain > 0 or several

    @property
    def identifiers(self) -> int:
        """How many identifying values stand in the file; numbers only where one alone cannot be chance."""
        return self.texts + (self.numbers if self.numbers >= FEWEST_NUMBERS else 0)

    def add(self, other: Likeness) -> None:
        """Take in what another file of the same request has in common with the same source."""
        self.rows += other.rows
        self.certain += other.certain
        self.likely += other.likely
        self.bits += other.bits
        self.matched |= other.matched


def compare(rows: Rows, keys: Keys, inverse: Ints, index: Index) -> Likeness:
    """What the rows have in common with a source; `keys[inverse]` are the keys of `rows.marks`."""
    found = Likeness(rows=len(rows.sizes))
    found.texts = int(among(keys, index.texts).sum())
    found.numbers = int(among(keys, index.numbers).sum())
    owner = np.repeat(np.arange(len(rows.sizes)), rows.sizes)
    whole = among(keys, index.records)[inverse]
    certain = set(owner[whole].tolist())
    likely: dict[int, float] = {}
    for row, bits, held_by in _alike(rows, keys, inverse, owner, index):
        if bits - math.log2(max(1, found.rows)) >= CERTAIN_BITS:
            certain.add(row)
        if bits >= LIKELY_BITS:
            likely[row] = bits
            found.matched.update(held_by)
    found.certain, found.likely, found.bits = len(certain), len(likely), sum(likely.values())
    return found


def _alike(rows: Rows, keys: Keys, inverse: Ints, owner: Ints, index: Index) -> list[tuple[int, float, list[int]]]:
    """Output rows that share two rare values or more with fewer source rows than make a group, and by how many bits."""
    if not index.total or not len(index.cells):
        return []
    left, count = index.holders(keys)
    chosen = np.flatnonzero(count[inverse] > 0)
    expanded = np.cumsum(count[inverse[chosen]])
    found: list[tuple[int, float, list[int]]] = []
    start = 0
    while start < len(chosen):
        # A piece ends between two rows, so that no row is judged by half of its values.
        limit = (expanded[start - 1] if start else 0) + MOST_EXPANDED
        end = max(start + 1, int(np.searchsorted(expanded, limit)))
        while end < len(chosen) and owner[chosen[end]] == owner[chosen[end - 1]]:
            end += 1
        found += _judged(rows, inverse, owner, index, left, count, chosen[start:end])
        start = end
    return found


def _judged(
    rows: Rows, inverse: Ints, owner: Ints, index: Index, left: Ints, count: Ints, chosen: Ints
) -> list[tuple[int, float, list[int]]]:
    """As `_alike`, for some of the values."""
    which = inverse[chosen]
    sizes = count[which]
    offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    source = index.rows[np.repeat(left[which], sizes) + offsets].astype(np.uint64)
    pairs = (np.repeat(owner[chosen], sizes).astype(np.uint64) << np.uint64(32)) | source
    bits = np.repeat(math.log2(index.total) - np.log2(sizes), sizes)
    order = np.argsort(pairs, kind="stable")
    pairs, first, shared = np.unique(pairs[order], return_index=True, return_counts=True)
    score = np.add.reduceat(bits[order], first)
    several = shared >= 2
    pairs, shared, score = pairs[several], shared[several], score[several]
    if not len(pairs):
        return []
    outer = (pairs >> np.uint64(32)).astype(np.int64)
    return [
        judged
        for row, part in _by_row(outer)
        if (judged := _best(row, int(rows.sizes[row]), pairs[part], shared[part], score[part], index.total))
    ]


def _by_row(outer: Ints) -> list[tuple[int, slice]]:
    firsts, starts = np.unique(outer, return_index=True)
    ends = [*starts[1:].tolist(), len(outer)]
    return [(int(row), slice(int(a), int(b))) for row, a, b in zip(firsts, starts, ends, strict=True)]


def _best(row: int, size: int, pairs: Any, shared: Any, score: Any, total: int) -> tuple[int, float, list[int]] | None:
    """The bits by which one row is more than chance; None for the description of a group."""
    top = float(score.max())
    best = score >= top - 1e-6
    if int(best.sum()) >= GROUP:
        return None
    values = int(shared[best].max())
    chances = math.lgamma(size + 1) - math.lgamma(values + 1) - math.lgamma(size - values + 1)
    bits = top - math.log2(total) - chances / math.log(2)
    return row, bits, (pairs[best] & np.uint64(0xFFFFFFFF)).tolist()

"""Rows drawn from counts: along a tree of the strongest pairs, then changed until all measured pairs fit.

The tree alone keeps what each column has to do with its neighbours and loses the rest, which is what a model of the
rows learns from. So rows are moved from cells that have too many to cells that have too few, pair by pair, in steps
that become smaller (the gradual update of Zhang et al., "PrivSyn", USENIX Security 2021, section 5). Only counts are
looked at: it costs no privacy, and no row of the source is ever copied.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deid.synth.marginals import Codes, Marginals, Pair, dependence
from deid.synth.noise import Counts
from deid.synth.port import Progress

BLOCK = 100_000
"""Rows that are drawn and fitted together: it bounds memory, and each block fits the counts by itself."""
ROUNDS = 12
_SLOWER = 0.9
_COPIED = 0.5
"""The part of moved rows that become like a drawn row of the cell: it keeps what that row's other columns say."""


def spanning_tree(marginals: Marginals) -> list[Pair]:
    """Return pairs that join as many columns as can be joined without a circle, the strongest first (Kruskal)."""
    root = list(range(len(marginals.sizes)))

    def top(column: int) -> int:
        while root[column] != column:
            column = root[column]
        return column

    tree = []
    strength = {pair: dependence(counts) for pair, counts in marginals.pairs.items()}
    for pair in sorted(strength, key=lambda one: strength[one], reverse=True):
        first, second = top(pair[0]), top(pair[1])
        if first != second:
            root[first] = second
            tree.append(pair)
    return tree


def draw(
    marginals: Marginals, rows: int, random: np.random.Generator, progress: Progress = lambda _done, _all: None
) -> Iterator[Codes]:
    """Yield blocks of rows, shape (at most `BLOCK`, columns), each with counts near the measured ones."""
    tree = spanning_tree(marginals)
    for start in range(0, rows, BLOCK):
        block = np.empty((min(BLOCK, rows - start), len(marginals.sizes)), dtype=np.int32)
        _draw_tree(block, marginals, tree, random)
        _fit(block, marginals, random)
        yield block
        progress(start + len(block), rows)


def _draw_tree(block: Codes, marginals: Marginals, tree: list[Pair], random: np.random.Generator) -> None:
    waiting = set(range(len(marginals.sizes)))
    while waiting:
        start = min(waiting)
        waiting.discard(start)
        ones = np.broadcast_to(marginals.ones[start], (1, marginals.sizes[start]))
        block[:, start] = _drawn(ones, np.zeros(len(block), dtype=np.int64), random)
        reached = [start]
        while reached:
            column = reached.pop()
            for pair in tree:
                other = pair[0] + pair[1] - column
                if column in pair and other in waiting:
                    waiting.discard(other)
                    reached.append(other)
                    block[:, other] = _drawn(marginals.joint(column, other), block[:, column], random)


def _drawn(counts: Counts, given: NDArray[np.integer], random: np.random.Generator) -> NDArray[np.int64]:
    """Return one value for each row, by the counts in the line that `given` names; an empty line is even."""
    lines = np.where(counts.sum(axis=1, keepdims=True) > 0.0, counts, 1.0)
    shares = np.cumsum(lines, axis=1)
    shares /= shares[:, -1:]
    width = counts.shape[1]
    steps = (shares + np.arange(len(counts))[:, None]).reshape(-1)
    found = np.searchsorted(steps, random.random(len(given)) + given, side="right") - given.astype(np.int64) * width
    return np.asarray(np.clip(found, 0, width - 1), dtype=np.int64)


def _fit(block: Codes, marginals: Marginals, random: np.random.Generator) -> None:
    step = 1.0
    pairs = list(marginals.pairs)
    for _ in range(ROUNDS):
        for number in random.permutation(len(pairs)):
            _move(block, pairs[number], marginals, step, random)
        step *= _SLOWER


def _move(block: Codes, pair: Pair, marginals: Marginals, step: float, random: np.random.Generator) -> None:
    """Move rows between the cells of one pair, some by changing both values and some by becoming like another row."""
    first, second = pair
    width = marginals.sizes[second]
    wanted = marginals.pairs[pair].reshape(-1) * (len(block) / marginals.total)
    cells = block[:, first].astype(np.int64) * width + block[:, second]
    counts = np.bincount(cells, minlength=len(wanted))
    leave, come = (_whole(step * np.maximum(part, 0.0), random) for part in (counts - wanted, wanted - counts))
    order = random.permutation(len(block))
    order = order[np.argsort(cells[order], kind="stable")]
    starts = np.concatenate(([0], np.cumsum(counts)))
    sorted_cells = cells[order]
    leaving = order[np.arange(len(block)) - starts[sorted_cells] < leave[sorted_cells]]
    coming = np.repeat(np.arange(len(wanted)), come)
    random.shuffle(leaving)
    random.shuffle(coming)
    moved = min(len(leaving), len(coming))
    leaving, coming = leaving[:moved], coming[:moved]
    copied = (random.random(moved) < _COPIED) & (counts[coming] > 0)
    targets = coming[copied]
    models = order[starts[targets] + (random.random(len(targets)) * counts[targets]).astype(np.int64)]
    block[leaving[copied]] = block[models]
    block[leaving[~copied], first] = coming[~copied] // width
    block[leaving[~copied], second] = coming[~copied] % width


def _whole(parts: Counts, random: np.random.Generator) -> NDArray[np.int64]:
    """Return whole numbers that are right on average."""
    return np.floor(parts + random.random(len(parts))).astype(np.int64)

"""Rows drawn from counts: along a tree of the strongest pairs, then changed until all measured pairs fit.

The tree alone keeps what each column has to do with its neighbours and loses the rest, which is what a model of the
rows learns from. So rows are moved from cells that have too many to cells that have too few, pair by pair, in steps
that become smaller (the gradual update of Zhang et al., "PrivSyn", USENIX Security 2021, section 5). Only counts are
looked at: it costs no privacy, and no row of the source is ever copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from deid.synth.marginals import Codes, Marginals, Pair, dependence, surplus
from deid.synth.noise import Counts
from deid.synth.port import Progress

BLOCK = 100_000
"""Rows that are drawn and fitted together: it bounds memory, and each block fits the counts by itself."""
ROUNDS = 12
_SLOWER = 0.9
_COPIED = 0.5
"""The part of moved rows that become like a drawn row of the cell: it keeps what that row's other columns say."""


def spanning_tree(marginals: Marginals, joined: int = 1, strength: Mapping[Pair, float] | None = None) -> list[Pair]:
    """Return pairs that join as many columns as can be joined without a circle, the strongest first (Kruskal).

    The first `joined` columns count as joined already.
    """
    root = [0 if column < joined else column for column in range(len(marginals.sizes))]

    def top(column: int) -> int:
        while root[column] != column:
            column = root[column]
        return column

    tree = []
    strengths = strength or {pair: dependence(counts) for pair, counts in marginals.pairs.items()}
    for pair in sorted(marginals.pairs, key=lambda one: strengths[one], reverse=True):
        first, second = top(pair[0]), top(pair[1])
        if first != second:
            root[first] = second
            tree.append(pair)
    return tree


def draw_given(given: Codes, marginals: Marginals, random: np.random.Generator) -> Codes:
    """Return rows whose first columns are as they are given and whose others fit them, shape (rows, columns).

    `marginals` count the given columns and the others together; pairs of two given columns are not looked at.
    """
    fixed = given.shape[1]
    said = {pair: surplus(counts) for pair, counts in marginals.pairs.items() if pair[1] >= fixed}
    pairs = {pair: marginals.pairs[pair] for pair, strength in said.items() if pair[0] >= fixed or strength > 0.0}
    known = Marginals(marginals.sizes, marginals.total, marginals.ones, pairs)
    block = np.empty((len(given), len(marginals.sizes)), dtype=np.int32)
    block[:, :fixed] = given
    _draw_tree(block, known, spanning_tree(known, joined=fixed, strength=said), random, fixed)
    _fit(block, known, random, fixed)
    # What a row owes to those above it comes last and in full, the strongest at the end: a ward that takes only women
    # must not be left with a tenth of men.
    bound = [pair for pair in pairs if pair[0] < fixed]
    for pair in sorted(bound, key=lambda one: said[one]):
        _move(block, pair, known, 1.0, random, fixed)
    return block


def draw(
    marginals: Marginals, rows: int, random: np.random.Generator, progress: Progress = lambda _done, _all: None
) -> Iterator[Codes]:
    """Yield blocks of rows, shape (at most `BLOCK`, columns), each with counts near the measured ones."""
    tree = spanning_tree(marginals)
    for start in range(0, rows, BLOCK):
        block = np.empty((min(BLOCK, rows - start), len(marginals.sizes)), dtype=np.int32)
        _draw_tree(block, marginals, tree, random)
        _fit(block, marginals, random)
        # What is moved for one pair disturbs the others. Those that say most come last and in full, the strongest at
        # the end: what follows from another column must not be left to one row in thirty.
        for pair in reversed(tree):
            _move(block, pair, marginals, 1.0, random, 0)
        yield block
        progress(start + len(block), rows)


def _draw_tree(
    block: Codes, marginals: Marginals, tree: list[Pair], random: np.random.Generator, fixed: int = 0
) -> None:
    waiting = set(range(fixed, len(marginals.sizes)))
    reached = list(range(fixed))
    while waiting or reached:
        if not reached:
            start = min(waiting)
            waiting.discard(start)
            ones = marginals.ones[start]
            block[:, start] = _drawn(ones[None, :], np.zeros(len(block), dtype=np.int64), random, ones)
            reached.append(start)
        while reached:
            column = reached.pop()
            for pair in tree:
                other = pair[0] + pair[1] - column
                if column in pair and other in waiting:
                    waiting.discard(other)
                    reached.append(other)
                    counts, alone = marginals.joint(column, other), marginals.ones[other]
                    block[:, other] = _drawn(counts, block[:, column], random, alone)


def _drawn(counts: Counts, given: NDArray[np.integer], random: np.random.Generator, alone: Counts) -> NDArray[np.int64]:
    """Return one value for each row, by the counts in the line that `given` names; for an empty line by those alone.

    Never evenly, where anything was counted: a value that is not to be drawn would come out of it.
    """
    lines = np.where(counts.sum(axis=1, keepdims=True) > 0.0, counts, alone if alone.any() else 1.0)
    shares = np.cumsum(lines, axis=1)
    shares /= shares[:, -1:]
    width = counts.shape[1]
    steps = (shares + np.arange(len(counts))[:, None]).reshape(-1)
    found = np.searchsorted(steps, random.random(len(given)) + given, side="right") - given.astype(np.int64) * width
    return np.asarray(np.clip(found, 0, width - 1), dtype=np.int64)


def _fit(block: Codes, marginals: Marginals, random: np.random.Generator, fixed: int = 0) -> None:
    step = 1.0
    pairs = list(marginals.pairs)
    for _ in range(ROUNDS):
        for number in random.permutation(len(pairs)):
            _move(block, pairs[number], marginals, step, random, fixed)
        step *= _SLOWER


def _move(block: Codes, pair: Pair, marginals: Marginals, step: float, random: np.random.Generator, fixed: int) -> None:
    """Move rows between the cells of one pair, some by changing both values and some by becoming like another row.

    A value of the first `fixed` columns is never changed: rows move between the cells of one such value.
    """
    first, second = pair
    width = marginals.sizes[second]
    cells = block[:, first].astype(np.int64) * width + block[:, second]
    counts = np.bincount(cells, minlength=marginals.sizes[first] * width)
    if first < fixed:
        wanted = _spread(marginals.pairs[pair], counts.reshape(-1, width)).reshape(-1)
    else:
        wanted = marginals.pairs[pair].reshape(-1) * (len(block) / marginals.total)
    leave, come = (_whole(step * np.maximum(part, 0.0), random) for part in (counts - wanted, wanted - counts))
    order = random.permutation(len(block))
    order = order[np.argsort(cells[order], kind="stable")]
    starts = np.concatenate(([0], np.cumsum(counts)))
    sorted_cells = cells[order]
    leaving = order[np.arange(len(block)) - starts[sorted_cells] < leave[sorted_cells]]
    coming = np.repeat(np.arange(len(wanted)), come)
    random.shuffle(leaving)
    random.shuffle(coming)
    if first < fixed:
        leaving, coming = _matched(leaving, block[leaving, first], coming, coming // width)
    moved = min(len(leaving), len(coming))
    leaving, coming = leaving[:moved], coming[:moved]
    copied = (random.random(moved) < _COPIED) & (counts[coming] > 0)
    targets = coming[copied]
    models = order[starts[targets] + (random.random(len(targets)) * counts[targets]).astype(np.int64)]
    block[leaving[copied], fixed:] = block[models, fixed:]
    if first >= fixed:
        block[leaving[~copied], first] = coming[~copied] // width
    block[leaving[~copied], second] = coming[~copied] % width


def _spread(counts: Counts, drawn: NDArray[np.integer]) -> Counts:
    """Return the counts with as many rows in each line as were drawn there; an empty line stays as it was drawn."""
    lines, there = counts.sum(axis=1, keepdims=True), drawn.sum(axis=1, keepdims=True)
    return np.asarray(np.where(lines > 0.0, counts * (there / np.maximum(lines, 1e-12)), drawn), dtype=np.float64)


def _matched(
    leaving: NDArray[np.int64], where: NDArray[np.integer], coming: NDArray[np.int64], wanted: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows that leave and cells they come to, one by one, of the same line."""
    ends = max(int(where.max(initial=-1)), int(wanted.max(initial=-1))) + 1
    ranked = []
    for lines in (where, wanted):
        order = np.argsort(lines, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(lines, minlength=ends))))
        rank = np.empty(len(lines), dtype=np.int64)
        rank[order] = np.arange(len(lines)) - starts[lines[order]]
        ranked.append(lines.astype(np.int64) * (len(leaving) + len(coming) + 1) + rank)
    _, one, other = np.intersect1d(ranked[0], ranked[1], assume_unique=True, return_indices=True)
    return leaving[one], coming[other]


def _whole(parts: Counts, random: np.random.Generator) -> NDArray[np.int64]:
    """Return whole numbers that are right on average."""
    return np.floor(parts + random.random(len(parts))).astype(np.int64)

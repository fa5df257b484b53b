"""What is learnt of a table: how often each value and each pair of values stands in it, exactly or with noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from deid.synth.accounting import sigma_of
from deid.synth.noise import Counts, discrete_gaussian, noisy, without_negatives

Codes = NDArray[np.int32]
"""Rows as numbers of values, shape (rows, columns)."""

Pair = tuple[int, int]
"""Two columns by number, the lower first."""

SHARE_ONE_WAY = 0.1
SHARE_CHOICE = 0.1
"""Parts of the privacy budget for single columns and for choosing pairs; the rest measures the pairs."""
LEAST_KEPT = 0.75
"""The part of the rows that has to be left in the cells of a pair."""
MOST_CELLS = 2_000_000
"""Cells of one pair; a pair of two columns with more is not measured."""


@dataclass(frozen=True, slots=True)
class Marginals:
    """Counts by value of each column and of some pairs, all with the same total."""

    sizes: tuple[int, ...]
    """How many values each column can have."""
    total: float
    ones: tuple[Counts, ...]
    pairs: dict[Pair, Counts]
    """Counts of shape (values of the first, values of the second)."""

    def joint(self, first: int, second: int) -> Counts:
        """Return the counts of a measured pair, the first column along the rows."""
        return self.pairs[first, second] if first < second else self.pairs[second, first].T


@dataclass(frozen=True, slots=True)
class Rule:
    """What is held back where no budget says how much noise there is."""

    least_value: int = 1
    """Rows (people) behind a value; one of fewer is not drawn, though the policy names it."""
    least_cell: int = 1
    """Rows (people) behind a combination of two values; one of fewer counts as none."""
    noise: float = 0.0
    """Scale of the noise on every count."""
    least_kept: float = 0.0
    """Noisy counts below are not kept at all: for counts that are saved."""


def measure(
    codes: Codes,
    sizes: Sequence[int],
    rule: Rule,
    random: np.random.Generator,
    people: NDArray[np.int64] | None = None,
) -> Marginals:
    """Return counts of all pairs, held back by a rule.

    A value that the policy names may still be that of one person. A combination of one or two people is not reproduced
    from a count of it, though chance may make it again. A pair that loses too many rows so is not used at all: the few
    cells that are left would be drawn again and again. `people` says whose each row is, where a person can have
    several: then who has a value or a combination is counted, and not how often.
    """
    total = float(len(codes))
    counted = [_count(codes[:, n], size) for n, size in enumerate(sizes)]
    shown = [owners(codes[:, n], size, people) >= rule.least_value for n, size in enumerate(sizes)]
    ones = []
    for counts, kept in zip(counted, shown, strict=True):
        ones.append(_scaled(_blurred(np.where(kept, counts, 0.0), kept, rule, random), total))
    pairs = {}
    for first, second in _possible(sizes):
        counts = _count_pair(codes, first, second, sizes)
        allowed = shown[first][:, None] & shown[second][None, :]
        few = counts < rule.least_cell
        if people is not None and rule.least_cell > 1:
            cells = codes[:, first].astype(np.int64) * sizes[second] + codes[:, second]
            few = owners(cells, counts.size, people).reshape(counts.shape) < rule.least_cell
        counts[few | ~allowed] = 0.0
        if counts.sum() < LEAST_KEPT * total:
            continue
        found = _blurred(counts, allowed, rule, random)
        if rule.noise:
            if np.abs(found - counts).sum() > 2.0 * (1.0 - LEAST_KEPT) * total:
                # Many cells and few rows: noise on the empty ones would drown what there is.
                found = _blurred(counts, counts > 0.0, rule, random)
            found = _agreeing(found, ones[first], ones[second])
            found[found < max(rule.least_kept, 1e-3)] = 0.0
        if found.sum() >= LEAST_KEPT * total:
            pairs[first, second] = _scaled(found, total)
    return Marginals(tuple(sizes), total, tuple(ones), pairs)


def _blurred(counts: Counts, allowed: NDArray[np.bool_], rule: Rule, random: np.random.Generator) -> Counts:
    """Return counts with noise in the cells that are allowed, none of them negative, with the total they had."""
    if not rule.noise:
        return counts
    drawn = counts + discrete_gaussian(rule.noise, counts.size, random).reshape(counts.shape)
    found = np.zeros_like(counts)
    found[allowed] = without_negatives(drawn[allowed], float(counts.sum()))
    found[found < rule.least_kept] = 0.0
    return found


def measure_privately(codes: Codes, sizes: Sequence[int], rho: float, random: np.random.Generator) -> Marginals:
    """Return noisy counts that cost `rho` in all, of the pairs that tell most for it.

    Adding or removing one person changes one cell of each table by one, so tables add up their costs. Which pairs are
    measured is chosen from noisy scores: the distance of the pair's counts from those of independent columns, which
    one person changes by at most 4 (Zhang et al., "PrivSyn", USENIX Security 2021, lemma 3).
    """
    columns = len(sizes)
    each = rho * SHARE_ONE_WAY / columns
    ones = [noisy(_count(codes[:, n], size), sigma_of(each), random) for n, size in enumerate(sizes)]
    total = max(1.0, float(np.median([counts.sum() for counts in ones])))
    ones = [without_negatives(counts, total) for counts in ones]
    budgets = rho * SHARE_CHOICE, rho * (1.0 - SHARE_ONE_WAY - SHARE_CHOICE)
    chosen = _chosen(codes, sizes, total, budgets, random)
    pairs = {}
    if chosen:
        sigma = sigma_of(budgets[1] / len(chosen))
        for first, second in chosen:
            counts = noisy(_count_pair(codes, first, second, sizes), sigma, random)
            pairs[first, second] = _agreeing(counts, ones[first], ones[second])
    return Marginals(tuple(sizes), total, tuple(ones), pairs)


def dependence(counts: Counts) -> float:
    """Return the mutual information of two columns in nats; 0 where they say nothing of each other."""
    total = counts.sum()
    if total <= 0.0:
        return 0.0
    joint = counts / total
    expected = joint.sum(axis=1, keepdims=True) @ joint.sum(axis=0, keepdims=True)
    found = joint > 0.0
    return float((joint[found] * np.log(joint[found] / expected[found])).sum())


def surplus(counts: Counts) -> float:
    """Return the mutual information beyond what as many rows of independent columns would show by chance, in nats.

    The bias is that of Miller (1955): (values - 1)(values - 1) / (2 rows). Without taking it away, columns of many
    values always seem to say most of each other in a small table.
    """
    lines, columns = (int((counts.sum(axis=axis) > 0.0).sum()) for axis in (1, 0))
    return dependence(counts) - (lines - 1) * (columns - 1) / (2.0 * max(float(counts.sum()), 1.0))


def _chosen(
    codes: Codes, sizes: Sequence[int], total: float, budgets: tuple[float, float], random: np.random.Generator
) -> list[Pair]:
    """Return the pairs for which what is gained by measuring them outweighs the noise that all then carry.

    `total` is the noisy number of rows; `budgets` are what choosing and what measuring may cost.
    """
    possible = list(_possible(sizes))
    if not possible:
        return []
    sigma = 4.0 * sigma_of(budgets[0] / len(possible))
    scores = {p: _distance(_count_pair(codes, *p, sizes)) + random.normal(0.0, sigma) for p in possible}
    chosen: list[Pair] = []
    best = np.inf
    for pair in sorted(possible, key=lambda one: scores[one], reverse=True):
        trial = [*chosen, pair]
        each = sigma_of(budgets[1] / len(trial))
        # An absolute error of noise in every cell, against the distance of every pair that is left independent.
        error = sum(min(each * np.sqrt(2.0 / np.pi) * sizes[a] * sizes[b], 2.0 * total) for a, b in trial)
        error += sum(max(scores[one], 0.0) for one in possible if one not in trial)
        if error < best:
            chosen, best = trial, error
    return chosen


def _distance(counts: Counts) -> float:
    expected = counts.sum(axis=1, keepdims=True) @ counts.sum(axis=0, keepdims=True) / max(counts.sum(), 1.0)
    return float(np.abs(counts - expected).sum())


def _agreeing(counts: Counts, rows: Counts, columns: Counts, rounds: int = 30) -> Counts:
    """Return a table with given sums of rows and columns, near the one given (iterative proportional fitting)."""
    table = counts + 1e-9
    for _ in range(rounds):
        table = table * (rows / np.maximum(table.sum(axis=1), 1e-12))[:, None]
        table = table * (columns / np.maximum(table.sum(axis=0), 1e-12))[None, :]
    return table


def _scaled(counts: Counts, total: float) -> Counts:
    found = counts.sum()
    return counts * (total / found) if found > 0.0 else counts


def _possible(sizes: Sequence[int]) -> list[Pair]:
    return [(a, b) for a, b in combinations(range(len(sizes)), 2) if sizes[a] * sizes[b] <= MOST_CELLS]


def _count(column: NDArray[np.integer], size: int) -> Counts:
    return np.bincount(column, minlength=size).astype(np.float64)


def owners(column: NDArray[np.integer], size: int, people: NDArray[np.int64] | None) -> Counts:
    """Return how many people have each value; rows, where each is a person's only one."""
    if people is None or not len(column):
        return _count(column, size)
    who = int(people.max()) + 1
    return _count(np.unique(column.astype(np.int64) * who + people) // who, size)


def _count_pair(codes: Codes, first: int, second: int, sizes: Sequence[int]) -> Counts:
    cells = codes[:, first].astype(np.int64) * sizes[second] + codes[:, second]
    counts = np.bincount(cells, minlength=sizes[first] * sizes[second]).astype(np.float64)
    return counts.reshape(sizes[first], sizes[second])

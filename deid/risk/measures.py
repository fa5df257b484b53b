"""k-anonymity, l-diversity, t-closeness and the chances of the three attackers.

Sources: Sweeney 2002 (k); Machanavajjhala et al. 2007 (distinct and entropy l); Li, Li and Venkatasubramanian 2007 (t:
equal distance for words, ordered distance for numbers); El Emam 2013 (prosecutor, journalist, marketer). What cannot
be computed is `NotComputed` with its reason, never a number that looks harmless.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from audit.text import Text
from deid.risk.classes import Classes, codes, combine


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A measure that could not be computed, and why."""

    reason: Text


Figure = float | NotComputed

NO_ROWS = NotComputed(Text("자료에 행이 없습니다.", "the table has no rows."))
NO_QUASI = NotComputed(Text("식별가능정보 열이 없습니다.", "no column is a quasi-identifier."))
NO_POPULATION = NotComputed(Text("모집단 자료가 주어지지 않았습니다.", "no population table was given."))


@dataclass(frozen=True, slots=True)
class Attackers:
    """The chance that an attacker names a row's person right."""

    prosecutor_highest: Figure
    """For someone known to be in the table: the worst row."""
    prosecutor_average: Figure
    journalist_highest: Figure
    """For someone only known to be in the population."""
    marketer: Figure
    """The share of rows named right if every row is tried."""


def k_anonymity(found: Classes) -> Figure:
    """Return the size of the smallest class."""
    return float(found.sizes.min()) if found.rows else NO_ROWS


def distinct_l(found: Classes, sensitive: pa.ChunkedArray) -> Figure:
    """Return the least number of different sensitive values in a class."""
    if not found.rows:
        return NO_ROWS
    owners, _counts = _pairs(found, sensitive)
    return float(np.bincount(owners, minlength=len(found.sizes)).min())


def entropy_l(found: Classes, sensitive: pa.ChunkedArray) -> Figure:
    """Return e to the least entropy of sensitive values in a class."""
    if not found.rows:
        return NO_ROWS
    owners, counts = _pairs(found, sensitive)
    share = counts / found.sizes[owners]
    entropy = np.bincount(owners, weights=-share * np.log(share), minlength=len(found.sizes))
    return float(math.exp(max(0.0, entropy.min())))


def t_closeness(found: Classes, sensitive: pa.ChunkedArray) -> Figure:
    """Return the greatest distance between the sensitive values of a class and those of the whole table, 0 to 1."""
    if not found.rows:
        return NO_ROWS
    ordered = pa.types.is_integer(sensitive.type) or pa.types.is_floating(sensitive.type)
    values, count = _ranked(sensitive) if ordered else codes(sensitive)
    table = np.zeros((len(found.sizes), count)) if len(found.sizes) * count <= _DENSE_CELLS else None
    overall = np.bincount(values, minlength=count) / found.rows
    if table is None:
        return _t_by_class(found, values, overall, ordered=ordered)
    np.add.at(table, (found.of_row, values), 1.0)
    difference = table / found.sizes[:, None] - overall
    return float(_distance(difference, ordered=ordered).max())


def attackers(found: Classes, smallest_outside: Figure = NO_POPULATION) -> Attackers:
    """Return the chances of the three attackers.

    `smallest_outside` is the size, in the population, of the smallest class that the table touches.
    """
    if not found.rows:
        return Attackers(NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS)
    average = len(found.sizes) / found.rows
    journalist = smallest_outside if isinstance(smallest_outside, NotComputed) else 1.0 / smallest_outside
    return Attackers(1.0 / float(found.sizes.min()), average, journalist, average)


def uniques(found: Classes) -> int:
    """Return how many rows share their quasi-identifiers with no other."""
    return int((found.sizes == 1).sum())


_DENSE_CELLS = 20_000_000


def _pairs(found: Classes, sensitive: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for every pair of class and sensitive value that occurs the class and how often."""
    values, count = codes(sensitive)
    both, _ = combine([(found.of_row, len(found.sizes)), (values, count)])
    pairs, counts = np.unique(both, return_counts=True)
    return pairs // count, counts


def _ranked(sensitive: pa.ChunkedArray) -> tuple[NDArray[np.int64], int]:
    values = sensitive.to_numpy().astype(np.float64)
    found, inverse = np.unique(values, return_inverse=True)
    return inverse.astype(np.int64), len(found)


def _distance(difference: NDArray[np.float64], *, ordered: bool) -> NDArray[np.float64]:
    if not ordered:
        return np.asarray(np.abs(difference).sum(axis=-1) / 2.0)
    steps = max(1, difference.shape[-1] - 1)
    return np.asarray(np.abs(np.cumsum(difference, axis=-1)).sum(axis=-1) / steps)


def _t_by_class(found: Classes, values: NDArray[np.int64], overall: NDArray[np.float64], *, ordered: bool) -> Figure:
    """Return the greatest distance without a table of all classes by all values."""
    order = np.argsort(found.of_row, kind="stable")
    ends = np.cumsum(found.sizes)
    worst = 0.0
    for start, end in zip(np.concatenate(([0], ends[:-1])), ends, strict=True):
        share = np.bincount(values[order[start:end]], minlength=len(overall)) / (end - start)
        worst = max(worst, float(_distance(share - overall, ordered=ordered)))
    return worst

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
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.plain_numbers import as_numbers
from deid.risk.classes import Classes, codes, combine, occurring


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
    # Words have no order; the equal distance that they get is never the smaller one.
    sensitive = as_numbers(sensitive)
    ordered = is_ordered(sensitive.type)
    values, _ = ranked(sensitive) if ordered else codes(sensitive)
    return float(distances(found, values, ordered=ordered).max())


def distances(found: Classes, values: NDArray[np.int64], *, ordered: bool) -> NDArray[np.float64]:
    """Return the earth mover's distance of each class from the whole table.

    `values` numbers the sensitive value of each row, from 0 and, where `ordered`, in their order. Only what occurs is
    looked at, so neither many classes nor many values need much memory.
    """
    count = int(values.max()) + 1
    overall = np.bincount(values, minlength=count) / found.rows
    return _ordered(found, values, overall) if ordered else _equal(found, values, overall)


def _equal(found: Classes, values: NDArray[np.int64], overall: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the sum of |p - q|: a value that a class lacks adds q, and all q together are 1."""
    pairs, counts = occurring(found.of_row * len(overall) + values, len(found.sizes) * len(overall))
    owners, shares = pairs // len(overall), overall[pairs % len(overall)]
    there = np.abs(counts / found.sizes[owners] - shares) - shares
    return np.asarray((np.bincount(owners, weights=there, minlength=len(found.sizes)) + 1.0) / 2.0)


def _ordered(found: Classes, values: NDArray[np.int64], overall: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum |P - Q| of the cumulated shares over all values: between two values of a class P is level and Q rises."""
    count = len(overall)
    whole = np.cumsum(overall)
    below = np.concatenate(([0.0], np.cumsum(whole)))
    order = np.lexsort((values, found.of_row))
    owners, places = found.of_row[order], values[order]
    starts = np.cumsum(found.sizes) - found.sizes
    level = (np.arange(found.rows) - starts[owners] + 1) / found.sizes[owners]
    last = np.append(owners[1:] != owners[:-1], True)
    ends = np.where(last, count, np.append(places[1:], count))
    meet = np.clip(np.searchsorted(whole, level, side="left"), places, ends)
    under = level * (meet - places) - (below[meet] - below[places])
    over = below[ends] - below[meet] - level * (ends - meet)
    total = np.bincount(owners, weights=under + over, minlength=len(found.sizes)) + below[places[starts]]
    return np.asarray(total / max(1, count - 1))


def attackers(
    found: Classes, smallest_outside: Figure = NO_POPULATION, named_right: Figure = NO_POPULATION
) -> Attackers:
    """Return the chances of the three attackers.

    `smallest_outside` is the size, in the population, of the smallest class that the table touches, `named_right` the
    share of rows that a marketer names right there. Without a population the marketer's is that of the table itself,
    which is never smaller.
    """
    if not found.rows:
        return Attackers(NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS)
    average = len(found.sizes) / found.rows
    journalist = smallest_outside if isinstance(smallest_outside, NotComputed) else 1.0 / smallest_outside
    marketer = average if isinstance(named_right, NotComputed) else named_right
    return Attackers(1.0 / float(found.sizes.min()), average, journalist, marketer)


def uniques(found: Classes) -> int:
    """Return how many rows share their quasi-identifiers with no other."""
    return int((found.sizes == 1).sum())


def _pairs(found: Classes, sensitive: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for every pair of class and sensitive value that occurs the class and how often."""
    values, count = codes(sensitive)
    both, wide = combine([(found.of_row, len(found.sizes)), (values, count)])
    pairs, counts = occurring(both, wide)
    return pairs // count, counts


def is_ordered(kind: pa.DataType) -> bool:
    """Return whether values of a kind have an order in which they can be near to each other."""
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_date, pa.types.is_timestamp)
    return any(check(kind) for check in checks)


def ranked(sensitive: pa.ChunkedArray) -> tuple[NDArray[np.int64], int]:
    """Return the place of each value in the order of its column, and how many places there are."""
    if pa.types.is_date32(sensitive.type):
        sensitive = pc.cast(sensitive, pa.int32())
    elif pa.types.is_temporal(sensitive.type):
        sensitive = pc.cast(sensitive, pa.int64())
    values = pc.cast(sensitive, pa.float64(), safe=False).to_numpy()
    found, inverse = np.unique(values, return_inverse=True)
    return inverse.astype(np.int64), len(found)

"""Special uniques: rows that already a few of their quasi-identifiers single out (Elliot, Manning and Ford 2002).

A minimal unique is a set of columns in which the row is the only one of its kind, and no smaller part of which
already is. The fewer columns it takes, the higher the row's score: a set of k of all ATT columns, searched up to M,
adds (ATT - k)(ATT - k - 1)...(ATT - M) (Elliot, Manning, Mayes, Gurd and Bane 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deid.risk.classes import Codes, codes, combine

MAX_COLUMNS = 4
"""How many columns a set may have: a unique of five or more tells little that k does not."""


@dataclass(frozen=True, slots=True)
class SpecialUniques:
    """What singles rows out."""

    rows: int
    """How many rows have a minimal unique."""
    scores: NDArray[np.float64]
    """The SUDA score of each row; 0 where nothing singles it out."""
    by_column: dict[str, int]
    """In how many minimal uniques each column takes part."""
    by_size: dict[int, int]
    """How many minimal uniques have 1, 2, … columns."""


def special_uniques(table: pa.Table, quasi: tuple[str, ...], *, most: int = MAX_COLUMNS) -> SpecialUniques:
    """Return the special uniques of a table, in sets of at most `most` columns."""
    numbered = {name: codes(table.column(name)) for name in quasi}
    most = min(most, len(quasi))
    covered: dict[tuple[str, ...], NDArray[np.bool_]] = {}
    scores = np.zeros(table.num_rows)
    by_column, by_size = dict.fromkeys(quasi, 0), dict.fromkeys(range(1, most + 1), 0)
    for size in range(1, most + 1):
        for names in combinations(quasi, size):
            already = _or(table.num_rows, [covered[part] for part in combinations(names, size - 1) if part])
            alone = _alone([numbered[name] for name in names])
            minimal = alone & ~already
            found = int(minimal.sum())
            covered[names] = alone
            by_size[size] += found
            for name in names:
                by_column[name] += found
            scores[minimal] += _score(size, most, len(quasi))
    return SpecialUniques(int((scores > 0).sum()), scores, by_column, by_size)


def _score(size: int, most: int, every: int) -> int:
    """Return what one minimal unique adds; M never is all columns, or every score would be zero."""
    return prod(every - i for i in range(size, min(most, every - 1) + 1))


def _alone(columns: list[tuple[Codes, int]]) -> NDArray[np.bool_]:
    numbers, _ = combine(columns)
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] == 1)


def _or(rows: int, parts: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.logical_or.reduce(parts) if parts else np.zeros(rows, dtype=bool)

"""Distributions of synthetic rows beside held-out ones, counted so that a picture of them tells of nobody.

Groups and their names come from the synthetic rows alone, which hold no rare value and no extreme. Real rows are only
counted in them: a group with fewer than `LEAST_SHOWN` real rows is joined with others, and what is shown is rounded, so
that two reports on sources that differ by one person look the same but by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deid.synth.coding import LEAST_ROWS
from deid.synth.matrix import Space, Tables, Values
from deid.synth.policy import ColumnKind
from deid.synth.shape import NONE, REST, Shape

LEAST_SHOWN = LEAST_ROWS
ROUNDED_TO = 5
MOST_GROUPS = 8
_EPOCH = date(1970, 1, 1)
Counts = NDArray[np.int64]


def shapes(tables: Tables, columns: Sequence[ColumnKind]) -> tuple[Shape, ...]:
    """Return the shape of every column; none without rows on either side."""
    if not len(tables.synthetic) or len(tables.held_out) < LEAST_SHOWN:
        return ()
    return tuple(_shape(tables, n, column) for n, column in enumerate(columns))


def _shape(tables: Tables, number: int, column: ColumnKind) -> Shape:
    made, real = tables.synthetic[:, number], tables.held_out[:, number]
    if tables.space.categorical[number]:
        labels, counts = _of_categories(tables.space, number, made, real)
    else:
        labels, counts = _of_numbers(column, made, real)
    gone = np.array([[int(np.isnan(part).sum())] for part in (real, made)])
    # Few real rows without a value are left out: as a group of their own they would be counted.
    if (gone[0, 0] == 0 and gone[1, 0] > 0) or gone[0, 0] >= LEAST_SHOWN:
        labels, counts = [*labels, NONE], np.concatenate([counts, gone], axis=1)
    real_shares = _shares(np.round(counts[0] / ROUNDED_TO) * ROUNDED_TO)
    return Shape(column.name, tuple(labels), real_shares, _shares(counts[1]))


def _of_categories(space: Space, number: int, made: Values, real: Values) -> tuple[list[str], Counts]:
    """Return the most frequent values and how many rows have each, real ones first, shape (2, groups)."""
    width = len(space.lists[number])
    counts = np.stack([_counted(part, width) for part in (real, made)])
    order = [n for n in np.argsort(-counts[1], kind="stable") if counts[0, n] >= LEAST_SHOWN and counts[1, n] > 0]
    shown = order[:MOST_GROUPS]
    rest = counts.sum(axis=1) - counts[:, shown].sum(axis=1)
    while shown and 0 < rest[0] < LEAST_SHOWN:  # what is left would be counted by taking the others away
        rest = rest + counts[:, shown.pop()]
    labels, found = [space.lists[number][n] for n in shown], counts[:, shown]
    if rest.any():
        labels, found = [*labels, REST], np.concatenate([found, rest[:, None]], axis=1)
    return labels, found


def _of_numbers(column: ColumnKind, made: Values, real: Values) -> tuple[list[str], Counts]:
    """Return ranges between even ends and how many rows lie in each; what lies outside is in the outermost ones."""
    whole = column.kind == "date" or column.decimals == 0
    ends = _ends(made[~np.isnan(made)], whole=whole)
    counts = np.stack([np.histogram(np.clip(p[~np.isnan(p)], ends[0], ends[-1]), ends)[0] for p in (real, made)])
    kept, groups = [ends[0]], []
    waiting = np.zeros(2, dtype=np.int64)
    for n, end in enumerate(ends[1:]):
        waiting = waiting + counts[:, n]
        if waiting[0] >= LEAST_SHOWN:
            kept.append(end)
            groups.append(waiting)
            waiting = np.zeros(2, dtype=np.int64)
    if waiting.any() or not groups:
        if groups:
            kept[-1], groups[-1] = ends[-1], groups[-1] + waiting
        else:
            kept, groups = [ends[0], ends[-1]], [waiting]
    last = len(groups) - 1
    labels = [_range(column, low, high, n == last) for n, (low, high) in enumerate(pairwise(kept))]
    return labels, np.stack(groups, axis=1)


def _ends(numbers: Values, *, whole: bool) -> Values:
    """Return at most nine even ends around the middle of the numbers, at 1, 2 or 5 times a power of ten."""
    low, high = (float(end) for end in np.quantile(numbers, [0.01, 0.99])) if numbers.size else (0.0, 1.0)
    wanted = max((high - low) / (MOST_GROUPS - 1), 1.0 if whole else 1e-9)
    power = 10.0 ** np.floor(np.log10(wanted))
    step = float(next(power * n for n in (1, 2, 5, 10) if power * n >= wanted * 0.999))
    first = np.floor(low / step)
    return np.asarray((first + np.arange(max(1, int(np.floor(high / step) - first) + 1) + 1)) * step)


def _range(column: ColumnKind, low: float, high: float, last: bool) -> str:
    if column.kind == "date":
        begin, end = (_EPOCH + timedelta(days=int(n)) for n in (low, high - 1))
        return f"{begin:%Y-%m-%d} –" if last else f"– {end:%Y-%m-%d}"
    if column.decimals == 0:
        return f"{low:,.0f} –" if last else f"{low:,.0f} – {high - 1:,.0f}"
    return f"{low:,.{column.decimals}f} –" if last else f"{low:,.{column.decimals}f} – {high:,.{column.decimals}f}"


def _counted(part: Values, width: int) -> Counts:
    return np.bincount(part[~np.isnan(part)].astype(np.int64), minlength=width)


def _shares(counts: NDArray[np.number]) -> tuple[float, ...]:
    total = float(counts.sum())
    return tuple(round(float(count) / total, 4) if total else 0.0 for count in counts)

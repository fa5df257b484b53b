"""Distributions of synthetic rows beside held-out ones, counted so that a picture of them tells of nobody.

Groups and their names come from the synthetic rows alone, which hold no rare value and no extreme. Real people are only
counted in them, each once in a group however many rows of it they have: a group with fewer than `LEAST_SHOWN` is joined
with others, and what is shown is rounded, so that two reports on sources that differ by one person look the same but by
chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deid.synth.coding import LEAST_ROWS, People, joined
from deid.synth.marginals import owners
from deid.synth.matrix import Space, Tables, Values
from deid.synth.policy import ColumnKind
from deid.synth.shape import NONE, REST, Shape

LEAST_SHOWN = LEAST_ROWS
ROUNDED_TO = 5
MOST_GROUPS = 8
_MONTH = 28
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 12_000, 24_000)
"""Months between two ends."""
Counts = NDArray[np.int64]


def shapes(tables: Tables, columns: Sequence[ColumnKind], people: People | None = None) -> tuple[Shape, ...]:
    """Return the shape of every column; none without rows on either side.

    `people` says whose each held-out row is, where a person can have several: people are counted, not rows.
    """
    whose = np.arange(len(tables.held_out)) if people is None else people
    if not len(tables.synthetic) or len(np.unique(whose)) < LEAST_SHOWN:
        return ()
    return tuple(_shape(tables, n, column, whose) for n, column in enumerate(columns))


def _shape(tables: Tables, number: int, column: ColumnKind, people: People) -> Shape:
    made, real = tables.synthetic[:, number], tables.held_out[:, number]
    absent = np.isnan(real)
    shown, whose = real[~absent], people[~absent]
    if tables.space.categorical[number]:
        labels, counts = _of_categories(tables.space, number, made, shown, whose)
    else:
        labels, counts = _of_numbers(column, made, shown, whose)
    gone = np.array([[len(np.unique(people[absent]))], [int(np.isnan(made).sum())]])
    # Few real people without a value are left out: as a group of their own they would be counted.
    if (gone[0, 0] == 0 and gone[1, 0] > 0) or gone[0, 0] >= LEAST_SHOWN:
        labels, counts = [*labels, NONE], np.concatenate([counts, gone], axis=1)
    real_shares = _shares(np.round(counts[0] / ROUNDED_TO) * ROUNDED_TO)
    return Shape(column.name, tuple(labels), real_shares, _shares(counts[1]))


def _of_categories(space: Space, number: int, made: Values, real: Values, people: People) -> tuple[list[str], Counts]:
    """Return the most frequent values and how many have each: real people and synthetic rows, shape (2, groups)."""
    width = len(space.lists[number])
    counts = np.stack([owners(real.astype(np.int64), width, people), _counted(made, width)])
    order = [n for n in np.argsort(-counts[1], kind="stable") if counts[0, n] >= LEAST_SHOWN and counts[1, n] > 0]
    shown = order[:MOST_GROUPS]
    # What is left would be counted by taking the others away.
    while shown and 0 < _others(real, shown, people) < LEAST_SHOWN:
        shown.pop()
    rest = np.array([_others(real, shown, people), counts[1].sum() - counts[1, shown].sum()])
    labels, found = [space.lists[number][n] for n in shown], counts[:, shown]
    if rest.any():
        labels, found = [*labels, REST], np.concatenate([found, rest[:, None]], axis=1)
    return labels, found


def _of_numbers(column: ColumnKind, made: Values, real: Values, people: People) -> tuple[list[str], Counts]:
    """Return ranges between even ends and how many people and rows lie in each, outliers in the outermost ones."""
    drawn = made[~np.isnan(made)]
    ends = _days(drawn) if column.kind == "date" else _ends(drawn, whole=column.decimals == 0)
    bins = np.clip(np.searchsorted(ends, real, side="right") - 1, 0, len(ends) - 2)
    kept = joined(ends, bins, people)
    last = len(kept) - 2
    found, lies = (np.clip(np.searchsorted(kept, part, side="right") - 1, 0, last) for part in (real, drawn))
    counts = np.stack([owners(found, last + 1, people), np.bincount(lies, minlength=last + 1)])
    labels = [_range(column, low, high, n, last) for n, (low, high) in enumerate(pairwise(kept))]
    return labels, counts


def _ends(numbers: Values, *, whole: bool) -> Values:
    """Return at most nine even ends around the middle of the numbers, at 1, 2 or 5 times a power of ten."""
    low, high = (float(end) for end in np.quantile(numbers, [0.01, 0.99])) if numbers.size else (0.0, 1.0)
    wanted = max((high - low) / (MOST_GROUPS - 1), 1.0 if whole else 1e-9)
    power = 10.0 ** np.floor(np.log10(wanted))
    step = float(next(power * n for n in (1, 2, 5, 10) if power * n >= wanted * 0.999))
    first = np.floor(low / step)
    return np.asarray((first + np.arange(max(1, int(np.floor(high / step) - first) + 1) + 1)) * step)


def _days(days: Values) -> Values:
    """Return at most nine ends around the middle of days: where they lie far apart, beginnings of months or years."""
    middle = np.quantile(days, [0.01, 0.99]) if days.size else np.zeros(2)
    if middle[1] - middle[0] < _MONTH * (MOST_GROUPS - 1):
        return _ends(days, whole=True)
    first, last = middle.astype(np.int64).astype("M8[D]").astype("M8[M]").astype(np.int64).tolist()
    step = next(n for n in (*_MONTHS, last - first + 1) if n * (MOST_GROUPS - 1) >= last - first)
    months = np.arange(first - first % step, last + step + 1, step).astype("M8[M]")
    return np.asarray(months.astype("M8[D]").astype(np.float64))


def _dates(low: float, high: float, number: int, last: int) -> str:
    """Return what a range of days is called: by years or months where it is made of whole ones."""
    begin, end = (np.datetime64(int(day), "D") for day in (low, high - 1))
    if last and number in (0, last):
        return f"{begin} –" if number else f"– {end}"
    for unit in ("Y", "M", "D"):
        first, final = begin.astype(f"M8[{unit}]"), end.astype(f"M8[{unit}]")
        if (first.astype("M8[D]"), (final + 1).astype("M8[D]")) == (begin, end + 1):
            break
    return str(first) if first == final else f"{first} – {final}"


def _range(column: ColumnKind, low: float, high: float, number: int, last: int) -> str:
    if column.kind == "date":
        return _dates(low, high, number, last)
    # Four digits without a comma: they may be years.
    comma = "," if max(abs(low), abs(high)) >= 10_000 else ""
    shown = f"{comma}.{column.decimals}f"
    begins, final = f"{low:{shown}} –", high - 1 if column.decimals == 0 else high
    return begins if number == last else f"{begins} {final:{shown}}"


def _others(real: Values, shown: Sequence[int], people: People) -> int:
    """Return how many real people have a value beside those that are shown."""
    return len(np.unique(people[~np.isin(real, shown)]))


def _counted(part: Values, width: int) -> Counts:
    return np.bincount(part[~np.isnan(part)].astype(np.int64), minlength=width)


def _shares(counts: NDArray[np.number]) -> tuple[float, ...]:
    total = float(counts.sum())
    return tuple(round(float(count) / total, 4) if total else 0.0 for count in counts)

"""Singling out: conditions that fit one synthetic row and no other, held against the people behind the table.

The attack follows Giomi et al. (PoPETs 2023, section 4.1). How many conditions fit exactly one person depends on how
many people there are, and fewer are held out than were learnt from; so the control is raised to what the same
conditions would find among as many people who were not learnt from. Without memory both find the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.synth.matrix import Space, Tables, Values
from deid.synth.shares import Excess, Share

SINGLED_BY = 4
"""Columns in a condition."""
LEAST_CONDITIONS = 100
"""Conditions by which a share is at least told: who finds fewer has failed with the rest."""
TRIES = 100
"""Synthetic rows that are looked at for each condition that is wanted."""
AT_ONCE = 200
Columns = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Conditions:
    """How many real people each condition fits that fits one synthetic row and no other."""

    learnt: NDArray[np.int64]
    """Among those who were learnt from."""
    others: NDArray[np.int64]
    """Among those held out."""
    times: float
    """How many times as many were learnt from as held out."""

    def excess(self, least: int) -> Excess:
        """Return how often they fit one learnt person only; of `least` conditions at least, which all failed."""
        of = max(len(self.learnt), least)
        attack, other = (Share(int((counts == 1).sum()), of) for counts in (self.learnt, self.others))
        return Excess(attack, other, _scale(self.others, self.times))


def singling_out(tables: Tables, attacks: int, random: np.random.Generator) -> Excess:
    """Return how often a condition that fits one synthetic row only fits one learnt person only."""
    return conditions(tables, attacks, random).excess(min(attacks, LEAST_CONDITIONS))


def conditions(tables: Tables, attacks: int, random: np.random.Generator) -> Conditions:
    """Return as many conditions as are asked for, or as many as are found."""
    space = tables.space
    middles = np.nan_to_num(np.nanmedian(tables.synthetic, axis=0))
    synthetic, learnt, control = (np.asfortranarray(t) for t in (tables.synthetic, tables.learnt, tables.held_out))
    found: list[tuple[int, int]] = []
    known: set[tuple[object, ...]] = set()
    for columns, row in _candidates(synthetic, attacks * TRIES, random):
        said = (columns.tobytes(), row[columns].tobytes())
        if said in known or _fitting(row, synthetic, columns, space, middles) != 1:
            continue
        known.add(said)
        found.append((_fitting(row, learnt, columns, space, middles), _fitting(row, control, columns, space, middles)))
        if len(found) == attacks:
            break
    among_learnt, among_others = (np.array([pair[n] for pair in found], dtype=np.int64) for n in (0, 1))
    return Conditions(among_learnt, among_others, len(learnt) / max(1, len(control)))


def _candidates(synthetic: Values, most: int, random: np.random.Generator) -> Iterator[tuple[Columns, Values]]:
    """Yield columns with a row that no other equals in them: what has an equal cannot be singled out."""
    codes, sizes = _codes(synthetic)
    rows, width = synthetic.shape
    alone: dict[bytes, NDArray[np.bool_]] = {}
    for _ in range(0, most, AT_ONCE):
        columns = np.sort(random.choice(width, min(SINGLED_BY, width), replace=False))
        single = alone.get(columns.tobytes())
        if single is None:
            single = alone[columns.tobytes()] = _alone(codes, sizes, columns)
        for number in random.integers(rows, size=AT_ONCE):
            if single[number]:
                yield columns, synthetic[number]


def _codes(values: Values) -> tuple[NDArray[np.int64], list[int]]:
    found, sizes = np.empty(values.shape, dtype=np.int64), []
    for n in range(values.shape[1]):
        seen, codes = np.unique(values[:, n], return_inverse=True)  # equal_nan: all that is missing is alike
        found[:, n] = codes
        sizes.append(len(seen))
    return found, sizes


def _alone(codes: NDArray[np.int64], sizes: list[int], columns: Columns) -> NDArray[np.bool_]:
    cells = np.zeros(len(codes), dtype=np.int64)
    for n in columns:
        cells = np.unique(cells * sizes[n] + codes[:, n], return_inverse=True)[1].reshape(-1)
    return np.asarray(np.bincount(cells)[cells] == 1)


def _scale(counts: NDArray[np.int64], times: float) -> float:
    """Return how many times more often conditions would fit one person only, among `times` as many who are not learnt.

    Read off the held-out people alone, so that nothing an engine remembers can raise it: the chances that a person fits
    are taken to spread as a gamma distribution, which has the observed shares of conditions that fit nobody and one.
    """
    nobody, one = (float((counts == n).mean()) if len(counts) else 0.0 for n in (0, 1))
    if times <= 1.0 or not nobody or not one:
        return max(times, 1.0)
    few = one / nobody
    if -np.log(nobody) <= few:  # no more spread than chance has: all conditions are alike (Poisson)
        return float(times * np.exp(-few * (times - 1.0)))
    low, high = 1e-12, 1.0 - 1e-12
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if few * np.log(middle) / (1.0 - middle) < np.log(nobody) else (low, middle)
    shape = few / (1.0 - low)
    mean = shape * (1.0 - low) / low
    return float(times * ((shape + mean) / (shape + mean * times)) ** (shape + 1.0))


def _fitting(row: Values, real: Values, columns: Columns, space: Space, middles: Values) -> int:
    """Return how many rows fit a condition: equal categories, and numbers on the same side as the row's is."""
    places: NDArray[np.intp] | None = None
    for n in columns:
        column = real[:, n] if places is None else real[places, n]
        if np.isnan(row[n]):
            fits = np.isnan(column)
        elif space.categorical[n]:
            fits = column == row[n]
        else:
            fits = column >= row[n] if row[n] > middles[n] else column <= row[n]
        places = np.flatnonzero(fits) if places is None else places[fits]
    return 0 if places is None else len(places)

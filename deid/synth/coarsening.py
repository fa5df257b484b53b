"""Numbers in as many bins as pairs of columns can be told by, and drawn within a bin by the finer ones it had.

A pair of two columns of 32 bins has a thousand cells. Where the table is small, each has a row or two, and noise and
what is held back leave a pair that says more of chance than of the source. So a column is learnt in fewer bins, each of
about as many rows, and how rows lie within a bin is counted for the column alone.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deid.synth.coding import LEAST_ROWS, Coder, Coding, Fine, Numbers, People
from deid.synth.marginals import Codes, owners
from deid.synth.noise import discrete_gaussian

IN_A_CELL = 30.0
"""Rows that a cell of two coarse columns has on average, at least."""
NOISE_IN_A_CELL = 3.0
"""How many times the scale of the noise they are, at least."""
LEAST_BINS = 4


def bins_for(rows: int, noise: float) -> int:
    """Return how many bins of a column so many rows can be told by, beside another with as many."""
    return max(LEAST_BINS, int(math.sqrt(rows / max(IN_A_CELL, NOISE_IN_A_CELL * noise))))


def coarsened(
    coding: Coding, codes: Codes, noise: float, random: np.random.Generator, people: People | None = None
) -> Coding:
    """Return columns of numbers with no more bins than rows can tell, given the rows in the bins they have now.

    `people` says whose each row is, where a person can have several: then a fine bin is held back by its people.
    """
    most = bins_for(len(codes), noise)
    coders = tuple(_coarser(coder, codes[:, n], most, noise, random, people) for n, coder in enumerate(coding.coders))
    return Coding(coding.names, coders)


def _coarser(
    coder: Coder,
    codes: NDArray[np.int32],
    most: int,
    noise: float,
    random: np.random.Generator,
    people: People | None,
) -> Coder:
    if not isinstance(coder, Numbers) or len(coder.edges) - 1 <= most:
        return coder
    width = len(coder.edges) - 1
    there = codes < width
    counts = np.bincount(codes[there], minlength=width).astype(np.float64)
    held = owners(codes[there], width, None if people is None else people[there])
    noisy = counts + discrete_gaussian(noise, width, random)
    # A bin of fewer is not drawn by itself; only within a coarse one without any other is it as good as the rest.
    weights = np.where(held >= LEAST_ROWS, np.maximum(noisy, float(LEAST_ROWS)), 0.0)
    ends = _ends(weights, most)
    for low, high in pairwise(ends.tolist()):
        if not weights[low:high].any():
            weights[low:high] = float(LEAST_ROWS)
    return replace(coder, edges=coder.edges[ends], fine=Fine(coder.edges, weights))


def _ends(weights: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return where `most` bins or fewer begin and end, by number of the fine bin, each with about as many rows."""
    reached = np.concatenate(([0.0], np.cumsum(weights)))
    wanted = np.linspace(0.0, reached[-1], most + 1)
    found = np.unique(np.searchsorted(reached, wanted[1:-1] - reached[-1] / (2.0 * most) ** 2))
    return np.unique(np.concatenate(([0], found, [len(weights)]))).astype(np.int64)

"""Noise of the discrete Gaussian distribution on whole tables of counts.

The sampler is that of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020),
algorithm 3: draws of the discrete Laplace distribution, of which some are thrown away. Draws come in blocks; chances
are compared in double precision, so the distribution is exact to about one part in 2^53 of each decision, not beyond.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]


def discrete_gaussian(sigma: float, size: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return draws, shape (size,): the chance of x is in proportion to exp(-x² / (2 sigma²)).

    `random` must be fed by the operating system for a release, and by a seed only in tests.

    Raises: ValueError — if sigma is not positive.
    """
    if sigma <= 0.0:
        raise ValueError("a scale is more than 0")
    scale = math.floor(sigma) + 1
    kept: list[NDArray[np.int64]] = []
    missing = size
    while missing > 0:
        block = max(64, 2 * missing)
        drawn = _discrete_laplace(scale, block, random)
        chance = np.exp(-((np.abs(drawn) - sigma * sigma / scale) ** 2) / (2.0 * sigma * sigma))
        drawn = drawn[random.random(block) < chance]
        kept.append(drawn)
        missing -= len(drawn)
    return np.concatenate(kept)[:size] if kept else np.empty(0, dtype=np.int64)


def _discrete_laplace(scale: int, size: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return the difference of two geometric draws: the chance of x is in proportion to exp(-|x| / scale)."""
    stop = -math.expm1(-1.0 / scale)
    return np.asarray(random.geometric(stop, size) - random.geometric(stop, size), dtype=np.int64)


def noisy(counts: Counts, sigma: float, random: np.random.Generator) -> Counts:
    """Return counts with noise, none of them below zero, with the total that the noise left.

    What is below zero is set to zero and taken evenly from the rest ("norm-sub": the nearest table without negative
    counts), which costs no privacy: it looks at the noisy counts alone.
    """
    drawn = discrete_gaussian(sigma, counts.size, random).reshape(counts.shape)
    return without_negatives(counts + drawn, max(0.0, float((counts + drawn).sum())))


def without_negatives(counts: Counts, total: float) -> Counts:
    """Return the nearest table (least squares) without negative cells that has the given total."""
    flat = counts.reshape(-1)
    if not flat.size or total <= 0.0:
        return np.zeros_like(counts)
    ordered = np.sort(flat)[::-1]
    above = (np.cumsum(ordered) - total) / np.arange(1, flat.size + 1)
    last = int(np.nonzero(ordered >= above)[0][-1])
    return np.asarray(np.maximum(flat - above[last], 0.0).reshape(counts.shape))

"""Zero-concentrated differential privacy: what noise a budget buys, and what epsilon it comes to.

Noise of the discrete Gaussian distribution with scale sigma on counts in which one person changes one cell by one
costs rho = 1 / (2 sigma²), and costs add up (Bun and Steinke, TCC 2016, lemma 1.7 and proposition 2.5; Canonne, Kamath
and Steinke, NeurIPS 2020, theorem 4 for the discrete distribution).
"""

from __future__ import annotations

import math

_STEPS = 70
"""Halvings (or cuts to two thirds) of an interval: more change nothing that counts in double precision."""


def sigma_of(rho: float) -> float:
    """Return the scale of noise that costs `rho` where one person changes one count by one."""
    return math.sqrt(1.0 / (2.0 * rho))


def epsilon_of(rho: float, delta: float) -> float:
    """Return the least epsilon for which rho-zCDP is known to give (epsilon, delta)-differential privacy.

    It is the conversion of Canonne, Kamath and Steinke, proposition 12 (corollary 13): the least over alpha > 1 of
    delta(alpha) = exp((alpha - 1)(alpha rho - epsilon)) / (alpha - 1) · (1 - 1/alpha)^alpha, solved for epsilon.
    """
    if rho <= 0.0:
        return 0.0
    low, high = 1.0 + 1e-9, 2.0 + 2.0 * math.sqrt(math.log(1.0 / delta) / rho)
    for _ in range(_STEPS):
        first, second = low + (high - low) / 3.0, high - (high - low) / 3.0
        if _epsilon_at(first, rho, delta) <= _epsilon_at(second, rho, delta):
            high = second
        else:
            low = first
    return max(0.0, _epsilon_at((low + high) / 2.0, rho, delta))


def rho_of(epsilon: float, delta: float) -> float:
    """Return the largest rho whose `epsilon_of` is at most `epsilon`.

    Raises: ValueError — if epsilon or delta mean nothing.
    """
    if epsilon <= 0.0 or not 0.0 < delta < 1.0:
        raise ValueError("epsilon is more than 0, delta between 0 and 1")
    low, high = 0.0, epsilon + 1.0
    while epsilon_of(high, delta) < epsilon:
        high *= 2.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if epsilon_of(middle, delta) <= epsilon:
            low = middle
        else:
            high = middle
    return low


def _epsilon_at(alpha: float, rho: float, delta: float) -> float:
    return alpha * rho + (math.log(1.0 / (alpha * delta)) + (alpha - 1.0) * math.log(1.0 - 1.0 / alpha)) / (alpha - 1.0)

"""Exact random noise of the discrete Laplace distribution, in whole numbers and without floating point.

Floating-point noise shows through its gaps which number was noised (Mironov, CCS 2012). This is the sampler of
Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020), algorithm 2: the chance of
x is (1 - p) / (1 + p) * p^|x| with p = exp(-1 / scale).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from fractions import Fraction

Below = Callable[[int], int]
"""Draws a whole number from 0 to less than its argument, each as likely; a test gives one of its own."""


def discrete_laplace(scale: Fraction, below: Below = secrets.randbelow) -> int:
    """Return one draw; `scale` is sensitivity divided by epsilon.

    Raises: ValueError — if the scale is not positive.
    """
    if scale <= 0:
        raise ValueError("a scale is more than 0")
    t, s = scale.numerator, scale.denominator
    while True:
        u = below(t)
        if not _exp_minus(Fraction(u, t), below):
            continue
        v = 0
        while _exp_minus(Fraction(1), below):
            v += 1
        size = (u + t * v) // s
        negative = below(2) == 1
        if negative and size == 0:
            continue  # zero has one sign
        return -size if negative else size


def _exp_minus(gamma: Fraction, below: Below) -> bool:
    """Return true with the chance exp(-gamma), for 0 <= gamma <= 1."""
    k = 1
    while below(gamma.denominator * k) < gamma.numerator:
        k += 1
    return k % 2 == 1

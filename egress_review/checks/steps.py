"""Stairs in a drawing: curves of survival and of cumulative shares, whose every step is an event."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from egress_review.checks.marks import Place

NEAR = 0.01
"""Units of a drawing within which two corners are at one height or in one column."""
EVEN = 0.5
"""Units within which two treads are of one length."""
FEWEST = 4


def stairs(corners: Sequence[Place]) -> int:
    """How many steps a line has that only rises or only falls, at uneven places; 0 for any other line."""
    treads: list[float] = []
    rises: list[float] = []
    length = 0.0
    for (x, y), (right, top) in pairwise(corners):
        if abs(top - y) <= NEAR:
            length += right - x
        elif abs(right - x) <= NEAR:
            rises.append(top - y)
            treads.append(length)
            length = 0.0
        else:
            return 0
    if len(rises) < FEWEST or not (all(rise > 0 for rise in rises) or all(rise < 0 for rise in rises)):
        return 0
    lengths = {round(tread / EVEN) for tread in treads[1:]}
    return len(rises) if len(lengths) > len(rises) / FEWEST else 0

"""Marks of a drawing that stand for one record each: points that nothing joins, nothing names and no step explains.

A series is joined by a line or stands at even steps, an estimate has its interval through it, a region has its name
beside it. What is left over is a scatter, and each of its marks is as a rule one person.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Place = tuple[float, float]

FEWEST_LOOSE = 5
"""Loose marks from which a drawing is taken for a scatter of records."""
FEWEST_BEYOND = 2
"""Loose marks one above another, as those beyond the whiskers of a box plot."""
MOST_PLACES = 5_000
"""Marks up to which their places are compared with lines and names; more are a scatter by their number alone."""

EXPLAINED = 0.8
"""Share of the marks that lines or names must explain for the drawing to be one of groups."""
NEAR = 0.75
"""Units of a drawing within which a mark lies on a line; programs write places to a hundredth."""
BESIDE = 25.0
"""Units of a drawing within which a name stands beside its mark; letters are about ten high."""
EVEN = 0.02
"""Doubt, as a part of the step, within which steps are even."""
FEWEST_STEPS = 4
"""Different places from which even steps say something; two and three are even by chance."""


@dataclass(frozen=True, slots=True)
class Name:
    """A label of a drawing and where it stands."""

    place: Place
    text: str


def loose(places: Sequence[Place], lines: Sequence[Sequence[Place]] = (), names: Sequence[Name] = ()) -> int:
    """How many marks of one shape stand for one record each; 0 where the drawing explains them as groups."""
    different = sorted(set(places))
    if not FEWEST_BEYOND <= len(different) <= MOST_PLACES:
        return 0
    spread = _spread(different)
    if min(spread) < NEAR:
        along = [point[spread.index(max(spread))] for point in different]
        beyond = len(different) if not _even(along) else 0
        return 0 if _explained(different, lines, names) else beyond
    if len(different) < FEWEST_LOOSE:
        above = max(Counter(round(x, 1) for x, _ in different).values()) >= FEWEST_BEYOND
        return len(different) if above and not _explained(different, lines, names) else 0
    if _in_steps(different) or _explained(different, lines, names):
        return 0
    return len(different)


def joined(places: Sequence[Place], lines: Sequence[Sequence[Place]]) -> bool:
    """Whether lines run through nearly all of some marks, as through those of a series."""
    different = sorted(set(places))
    return 1 < len(different) <= MOST_PLACES and _joined(different, lines) >= EXPLAINED * len(different)


def _spread(places: Sequence[Place]) -> tuple[float, float]:
    xs, ys = zip(*places, strict=True)
    return max(xs) - min(xs), max(ys) - min(ys)


def _in_steps(places: Sequence[Place]) -> bool:
    """Whether the marks stand at even steps, one for each step and series, or fill a grid of such steps."""
    at = [Counter(round(point[axis], 1) for point in places) for axis in (0, 1)]
    even = [_even(sorted(one)) for one in at]
    few = [2 * max(one.values()) <= max(len(one), FEWEST_STEPS) for one in at]
    return all(even) or any(steps and single for steps, single in zip(even, few, strict=True))


def _even(values: Sequence[float]) -> bool:
    ordered = sorted(values)
    steps = [b - a for a, b in pairwise(ordered)]
    if len(ordered) < FEWEST_STEPS:
        return False
    usual = sum(steps) / len(steps)
    return max(abs(step - usual) for step in steps) <= max(EVEN * usual, 0.11)


def _explained(places: Sequence[Place], lines: Sequence[Sequence[Place]], names: Sequence[Name]) -> bool:
    needed = EXPLAINED * len(places)
    return _named(places, names) >= needed or _joined(places, lines) >= needed


def _joined(places: Sequence[Place], lines: Sequence[Sequence[Place]]) -> int:
    """How many marks lie on a line that runs one way, as a series, an interval or a step does."""
    xs = [x for x, _ in places]
    found: set[int] = set()
    wide, high = _extent(lines)
    for line in lines:
        if not _runs_one_way(line) or _is_of_the_grid(line, wide, high):
            continue
        for (ax, ay), (bx, by) in pairwise(line):
            first = bisect_left(xs, min(ax, bx) - NEAR)
            for index in range(first, len(xs)):
                if xs[index] > max(ax, bx) + NEAR:
                    break
                if index not in found and _from_stretch(places[index], (ax, ay), (bx, by)) <= NEAR:
                    found.add(index)
    return len(found)


def _extent(lines: Sequence[Sequence[Place]]) -> Place:
    """How wide and how high all lines together are."""
    corners = [point for line in lines for point in line]
    return _spread(corners) if corners else (0.0, 0.0)


def _is_of_the_grid(line: Sequence[Place], wide: float, high: float) -> bool:
    """Whether a line only leads the eye: straight, along an axis, and nearly as long as the drawing."""
    across, down = _spread(line)
    return (down < NEAR and across > LONG * wide) or (across < NEAR and down > LONG * high)


LONG = 0.6
"""Part of a drawing from which a straight line along an axis belongs to its grid."""


def _runs_one_way(line: Sequence[Place]) -> bool:
    """Whether a line never turns back across, or never turns back up and down."""
    for axis in (0, 1):
        along = [point[axis] for point in line]
        if all(a <= b + NEAR for a, b in pairwise(along)) or all(a >= b - NEAR for a, b in pairwise(along)):
            return True
    return False


def _from_stretch(point: Place, a: Place, b: Place) -> float:
    """How far a place is from the stretch between two others."""
    (px, py), (ax, ay), (bx, by) = point, a, b
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0.0 if length == 0 else max(0.0, min(1.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length))
    return math.hypot(px - ax - share * (bx - ax), py - ay - share * (by - ay))


def _named(places: Sequence[Place], names: Sequence[Name]) -> int:
    """How many marks have a name of their own beside them; a number beside a mark names nobody but a record."""
    said = [name for name in names if any(map(str.isalpha, name.text)) and not _numbers(name.text)]
    taken: set[int] = set()
    for x, y in places:
        near = ((math.hypot(x - n.place[0], y - n.place[1]), i) for i, n in enumerate(said) if i not in taken)
        distance, index = min(near, default=(math.inf, -1))
        if distance <= BESIDE:
            taken.add(index)
    return len({said[index].text for index in taken})


def _numbers(text: str) -> bool:
    """Whether a label numbers a record: four digits or more, as in `P-10432`."""
    return sum(map(str.isdigit, text)) >= LEAST_NUMBER


LEAST_NUMBER = 4

"""Attacks by nearness on a synthetic table: does it say more about the people it was learnt from than about others?

Singling out, linkability and inference are the three risks of anonymisation that Opinion 05/2014 of the Article 29
Working Party names; the attacks follow Giomi et al. (PoPETs 2023). Each runs twice, against rows that the engine learnt
from and against rows it never saw (the control): what succeeds against both is knowledge about people in general. An
attack that could not be made has no result, and no result is no permission. `deid.synth.singling` is the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deid.synth.matrix import Space, Tables, Values
from deid.synth.shares import Excess, Share

NEAR = 0.05
"""How near a guessed number must be, as a part of what is guessed, and of how far the middle 90 of 100 lie apart: a day
or a year of birth is not told by another of the same decades."""


def linkability(tables: Tables, attacks: int, random: np.random.Generator) -> Excess:
    """Return how often two halves of one person's columns lead to the same synthetic row."""
    order = random.permutation(len(tables.space.names))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    found = []
    for real in (tables.learnt, tables.held_out):
        targets = real[random.permutation(len(real))[:attacks]]
        hits = 0
        for row in targets:
            nearest = [_nearest(tables.space.distances(row, tables.synthetic, half), random) for half in halves]
            hits += nearest[0] == nearest[1]
        found.append(Share(hits, len(targets)))
    return Excess(found[0], found[1])


def inference(tables: Tables, secrets: Sequence[int], attacks: int, random: np.random.Generator) -> Excess:
    """Return how often the nearest synthetic row tells a person's secret, by all other columns.

    Of several secrets each attack is after one, and a person is attacked for several where there are few people.
    """
    width = len(tables.space.names)
    others = {secret: np.array([n for n in range(width) if n != secret], dtype=np.intp) for secret in secrets}
    found = []
    for real in (tables.learnt, tables.held_out):
        wanted = random.permutation(len(real) * len(secrets))[:attacks]
        hits = 0
        for place, which in zip(*np.divmod(wanted, len(secrets)), strict=True):
            row, secret = real[place], secrets[which]
            nearest = _nearest(tables.space.distances(row, tables.synthetic, others[secret]), random)
            hits += _tells(tables.synthetic[nearest, secret], row[secret], tables.space, secret)
        found.append(Share(hits, len(wanted)))
    return Excess(found[0], found[1])


@dataclass(frozen=True, slots=True)
class Membership:
    """How well the distance to the nearest synthetic row tells who was learnt from: 0.5 is chance, 1 is always."""

    area: float
    half: float
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return the least and the most that the true area is likely to be."""
        return max(0.0, self.area - self.half), min(1.0, self.area + self.half)


def membership(tables: Tables, attacks: int, random: np.random.Generator) -> Membership:
    """Return the area below the curve of guesses, with the interval of Hanley and McNeil (1982)."""
    every = np.arange(len(tables.space.names), dtype=np.intp)
    nearest = []
    for real in (tables.learnt, tables.held_out):
        targets = real[random.permutation(len(real))[:attacks]]
        nearest.append(np.array([tables.space.distances(row, tables.synthetic, every).min() for row in targets]))
    inside, outside = nearest
    if not len(inside) or not len(outside):
        return Membership(1.0, 1.0, 0)
    apart = outside[None, :] - inside[:, None]
    area = float((apart > 0.0).mean() + 0.5 * (apart == 0.0).mean())
    first, second = area / (2.0 - area), 2.0 * area * area / (1.0 + area)
    one, other = len(inside), len(outside)
    variance = area * (1.0 - area) + (one - 1) * (first - area * area) + (other - 1) * (second - area * area)
    return Membership(area, 1.96 * float(np.sqrt(max(variance, 0.0) / (one * other))), min(one, other))


def _nearest(distances: Values, random: np.random.Generator) -> int:
    """Return one of the nearest rows; among equal ones, any."""
    return int(random.choice(np.flatnonzero(distances == distances.min())))


def _tells(guess: float, truth: float, space: Space, secret: int) -> bool:
    if np.isnan(guess) or np.isnan(truth):
        return bool(np.isnan(guess) and np.isnan(truth))
    if space.categorical[secret]:
        return bool(guess == truth)
    return bool(abs(guess - truth) <= NEAR * min(max(abs(truth), 1e-9), float(space.spans[secret])))

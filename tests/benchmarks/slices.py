"""Paired measurement: the arms take turns in short slices, in random order, so that all of them meet the same disk."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Slice = Callable[[], Sequence[float]]
"""Runs one slice and returns the seconds of each operation in it."""

WIDEST_IQR = 0.3


@dataclass(frozen=True, slots=True)
class Paired:
    """What the slices of two arms say of each other: rates of `arm` divided by rates of `base`, pair by pair."""

    ratios: tuple[float, ...]
    arm: tuple[float, ...]
    """Seconds of each operation."""
    base: tuple[float, ...]
    processor: float | None = None
    """The same ratio of processor times, where these were taken."""

    @property
    def ratio(self) -> float:
        """Return the median of the pairs."""
        return statistics.median(self.ratios)

    @property
    def iqr(self) -> float:
        """Return the distance of the quartiles of the pairs."""
        low, _, high = statistics.quantiles(self.ratios, n=4)
        return high - low

    @property
    def lower_quartile(self) -> float:
        """Return what three of four pairs reach."""
        return statistics.quantiles(self.ratios, n=4)[0]

    @property
    def void(self) -> bool:
        """Return whether the machine was too restless for the ratio to say anything."""
        return self.iqr > WIDEST_IQR


def take_turns(arms: Mapping[str, Slice], pairs: int, *, warm: int = 3) -> dict[str, list[list[float]]]:
    """Run every arm `pairs` times, each round in a new random order; the first `warm` rounds are not counted."""
    order, chance = list(arms), random.Random(6962)
    seconds: dict[str, list[list[float]]] = {name: [] for name in arms}
    for number in range(warm + pairs):
        chance.shuffle(order)
        for name in order:
            taken = list(arms[name]())
            if number >= warm:
                seconds[name].append(taken)
    return seconds


def compare(
    arm: Sequence[Sequence[float]], base: Sequence[Sequence[float]], *, processor: float | None = None
) -> Paired:
    """Return what the slices of an arm say beside those of its base."""
    ratios = tuple(sum(b) / sum(a) for a, b in zip(arm, base, strict=True))
    return Paired(ratios, tuple(s for one in arm for s in one), tuple(s for one in base for s in one), processor)


def timed(act: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
